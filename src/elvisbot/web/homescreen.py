"""What a phone needs to put the bot on its home screen: a manifest with its name, and its icon.

The manifest: https://www.w3.org/TR/appmanifest/
"""

from typing import Final

from flask import Blueprint, Response, json, redirect
from markupsafe import escape
from werkzeug.wrappers import Response as BaseResponse

MANIFEST: Final = "application/manifest+json"
ICON: Final = "image/svg+xml"

_SVG: Final = """<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 512 512">
<linearGradient id="sky" x2="0" y2="1"><stop stop-color="#a5abb9"/><stop offset="1" \
stop-color="#858994"/></linearGradient>
<rect width="512" height="512" fill="url(#sky)"/>
<text x="256" y="256" dy=".36em" text-anchor="middle" fill="#fff" font-size="200" \
font-family="-apple-system, system-ui, sans-serif">{letters}</text>
</svg>
"""
"""A platform cuts its own corners; all that counts lies within the circle that none cuts into."""


def blueprint(name: str, letters: str) -> Blueprint:
    """`GET /manifest.webmanifest`, `GET /icon.svg`, and the name under which browsers look for it.

    Args:
        name: The bot's, as shown.
        letters: Its initials; empty where the name has none.
    """
    routes = Blueprint("homescreen", __name__)
    document = json.dumps(
        {
            "id": "/",
            "name": name,
            "short_name": name,
            "description": f"A bot that imitates how {name} texts.",
            "start_url": "/",
            "scope": "/",
            "display": "standalone",
            "background_color": "#ffffff",
            "theme_color": "#f9f9f9",
            "icons": [
                {"src": "/icon.svg", "sizes": "any", "type": ICON, "purpose": purpose}
                for purpose in ("any", "maskable")
            ],
        }
    )
    icon = _SVG.format(letters=escape(letters or name[:1].upper()))

    @routes.get("/manifest.webmanifest")
    def manifest() -> Response:
        return _fresh(document, MANIFEST)

    @routes.get("/icon.svg")
    def picture() -> Response:
        return _fresh(icon, ICON)

    @routes.get("/favicon.ico")
    def old_name() -> BaseResponse:
        # Browsers ask for it on their own wherever a page names no icon.
        return redirect("/icon.svg", 301)

    return routes


def _fresh(text: str, mimetype: str) -> Response:
    response = Response(text, mimetype=mimetype)
    response.headers["Cache-Control"] = "no-cache"
    return response
