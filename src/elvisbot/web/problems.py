"""Errors as `application/problem+json` (RFC 9457): a title, a detail and a remedy.

Neither holds a word of anybody's messages.
"""

import json
from http import HTTPStatus
from typing import Final

from flask import Flask, Response
from werkzeug.exceptions import HTTPException

from elvisbot.errors import ElvisBotError, InvalidRequestError

MIMETYPE: Final = "application/problem+json"

_EXPLANATIONS: Final = {
    400: ("The request cannot be understood.", "Send a JSON object as the front end does."),
    401: ("This browser has no invite.", "Ask the bot's owner for a link."),
    403: ("The request comes from somewhere else.", "Open the address that ElvisBot printed."),
    404: ("There is nothing at this address.", "Open / for the conversation."),
    405: ("This address takes no such request.", "Use the method named in the header Allow."),
    409: ("Another bot is here now.", "Reload the page to text with it."),
    413: ("The request is too large.", "Send fewer or shorter messages, 64 KiB at most."),
    415: ("The request is not JSON.", "Send it as application/json."),
    503: ("The bot is talking to too many people.", "Try again in a few seconds."),
}
_OTHERWISE: Final = ("The server failed.", "Look for the reason in the terminal ElvisBot runs in.")


def register(app: Flask) -> None:
    """Make every error of `app` a problem document."""
    app.register_error_handler(ElvisBotError, _from_elvisbot)
    app.register_error_handler(HTTPException, _from_http)


def problem(status: int, detail: str, remedy: str) -> Response:
    """One problem document."""
    document = {"title": HTTPStatus(status).phrase, "detail": detail, "remedy": remedy}
    body = json.dumps({"status": status, **document})
    return Response(body, status, mimetype=MIMETYPE)


def _from_elvisbot(error: ElvisBotError) -> Response:
    status = 400 if isinstance(error, InvalidRequestError) else 503
    return problem(status, error.problem, error.remedy)


def _from_http(error: HTTPException) -> Response:
    response = error.get_response()
    if error.code is None or error.code < 400:  # a redirect
        return Response(response.get_data(), response.status_code, response.headers)
    document = problem(error.code, *_EXPLANATIONS.get(error.code, _OTHERWISE))
    for header in ("Allow", "Retry-After"):
        if header in response.headers:
            document.headers[header] = response.headers[header]
    return document
