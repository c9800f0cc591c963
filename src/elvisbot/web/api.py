"""The API: who the bot is, its replies, and whether it is up."""

import logging
import threading
import uuid
from collections.abc import Callable
from typing import Any, Final

from flask import Blueprint, Response, jsonify, request
from werkzeug.exceptions import MethodNotAllowed, UnsupportedMediaType

from elvisbot.replies import Replier
from elvisbot.web.description import description
from elvisbot.web.streams import MIMETYPE, ReplyStream
from elvisbot.web.turnstile import Turnstile
from elvisbot.web.validation import conversation

FLUSH_SECONDS: Final = 5.0
"""So long the front end waits for more, after the last key, before it asks for a reply."""

_log = logging.getLogger(__name__)


def blueprint(
    replier: Replier,
    name: str,
    model: str,
    *,
    turnstile: Turnstile,
    heartbeat: float,
    stopping: threading.Event,
) -> Blueprint:
    """The routes below /api, and /healthz.

    Args:
        stopping: Cuts off every reply when set.
    """
    routes = Blueprint("api", __name__)
    about = {
        "name": name,
        "initials": initials(name),
        "flush_seconds": FLUSH_SECONDS,
        "model": model,
    }

    described = description()

    @routes.get("/api/bot")
    def bot() -> Response:
        return _not_stored(jsonify(about))

    @routes.post("/api/reply", provide_automatic_options=False)
    def reply() -> Response:
        if request.mimetype != "application/json":
            raise UnsupportedMediaType
        messages = conversation(request.get_data(), name)
        leave = turnstile.enter(_departure(request.environ))
        key = uuid.uuid4().hex[:8]
        _log.info("reply %s: to %d messages", key, len(messages))
        stream = ReplyStream(
            replier, messages, key=key, stopping=stopping, when_over=leave, heartbeat=heartbeat
        )
        response = Response(iter(stream), mimetype=MIMETYPE)
        # Also called when the response is dropped before its first line, where a generator's
        # own finally would not run.
        response.call_on_close(stream.close)
        response.headers["X-Accel-Buffering"] = "no"
        return _not_stored(response)

    @routes.route("/api/reply", methods=["GET", "OPTIONS"])
    def not_to_get() -> Response:
        # Without it the files' route would take this for the name of a file.
        raise MethodNotAllowed(["POST"])

    @routes.get("/api/openapi.json")
    def openapi() -> Response:
        return _not_stored(jsonify(described))

    @routes.get("/healthz")
    def health() -> Response:
        return _not_stored(jsonify(status="ok"))

    return routes


def initials(name: str) -> str:
    """Two letters at most, for the round picture: of the first and the last word."""
    words = [word for word in name.replace("-", " ").replace("_", " ").split() if word[0].isalnum()]
    return "".join(word[0].upper() for word in (words[:1] + words[1:][-1:]))


def _departure(environ: dict[str, Any]) -> Callable[[], bool]:
    """Tells whether the visitor has gone; waitress knows, other servers may not."""
    known: Callable[[], bool] = environ.get("waitress.client_disconnected", lambda: False)
    return known


def _not_stored(response: Response) -> Response:
    response.headers["Cache-Control"] = "no-store"
    return response
