"""The door of a bot that others can reach: only those with an invite get past it."""

import base64
import hashlib
from typing import Final

from flask import Blueprint, Flask, Response, render_template_string, request
from werkzeug.exceptions import Unauthorized

from elvisbot.web.invites import Invites

COOKIE_AGE: Final = 365 * 24 * 3600
"""Seconds; browsers allow some 400 days."""

OPEN_TO_ALL: Final = frozenset({"doors.join", "doors.enter", "api.health"})
"""Endpoints without a cookie: the links of the invites, and whether the server is up."""

_STYLE: Final = """
:root { color-scheme: light dark; font: 17px/1.3 -apple-system, system-ui, sans-serif }
body { max-width: 22em; margin: 20vh auto 0; padding: 0 1.5em; text-align: center }
p { color: GrayText }
button { font: inherit; color: #fff; background: #0040dd; border: 0; border-radius: 18px;
  padding: .5em 1.4em }
"""

_STYLE_HASH: Final = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()

_POLICY: Final = (
    f"default-src 'none'; style-src 'sha256-{_STYLE_HASH}'; form-action 'self'; "
    "frame-ancestors 'none'; base-uri 'none'"
)

_PAGE: Final = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>{{ title }}</title>
<style>{{ style|safe }}</style>
<h1>{{ title }}</h1>
<p>{{ text }}</p>
{% if button %}<form method="post"><button>{{ button }}</button></form>{% endif %}
</html>
"""


def register(app: Flask, invites: Invites, *, name: str, is_secure: bool) -> None:
    """Let nobody into `app` without an invite.

    Args:
        name: The bot's, as shown.
        is_secure: Whether visitors come by HTTPS; the cookie then travels by nothing else.
    """
    cookie = cookie_name(name)
    routes = Blueprint("doors", __name__)

    @app.before_request
    def refuse_the_uninvited() -> Response | None:
        if request.endpoint in OPEN_TO_ALL or invites.admits(request.cookies.get(cookie, "")):
            return None
        if request.accept_mimetypes.best_match(["application/json", "text/html"]) == "text/html":
            return _page(401, name, "To text with this bot you need a link from its owner.")
        raise Unauthorized

    @routes.get("/join/<token>")
    def join(token: str) -> Response:
        if not invites.is_open(token):
            return _used_up(name)
        return _page(
            200,
            name,
            f"You are invited to text with a bot that imitates {name}. The link works once, for "
            "the browser that you open it in.",
            button="Open",
        )

    @routes.post("/join/<token>")
    def enter(token: str) -> Response:
        given = invites.redeem(token)
        if given is None:
            return _used_up(name)
        response = Response(status=303, headers={"Location": "/", "Cache-Control": "no-store"})
        response.set_cookie(
            cookie, given, max_age=COOKIE_AGE, httponly=True, secure=is_secure, samesite="Lax"
        )
        return response

    app.register_blueprint(routes)


def cookie_name(name: str) -> str:
    """One for each bot: cookies do not tell the ports of one host apart."""
    return f"elvisbot-{hashlib.sha256(name.encode()).hexdigest()[:8]}"


def _used_up(name: str) -> Response:
    return _page(404, name, "This link is used up, or was taken back. Ask for another one.")


def _page(status: int, title: str, text: str, *, button: str = "") -> Response:
    page = render_template_string(_PAGE, title=title, text=text, button=button, style=_STYLE)
    response = Response(page, status, mimetype="text/html")
    response.headers["Cache-Control"] = "no-store"
    response.headers["Content-Security-Policy"] = _POLICY
    # Without it a browser says of its form that it comes from nowhere, which is refused.
    response.headers["Referrer-Policy"] = "strict-origin"
    return response
