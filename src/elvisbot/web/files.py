"""The built front end's files."""

from pathlib import Path
from typing import Final

from flask import Blueprint, Response, send_file
from werkzeug.exceptions import NotFound
from werkzeug.security import safe_join

from elvisbot.web.problems import problem

_TYPES: Final = {
    # Windows takes these from its registry, where they are often wrong; with nosniff that is fatal.
    ".css": "text/css",
    ".html": "text/html",
    ".js": "text/javascript",
    ".json": "application/json",
    ".svg": "image/svg+xml",
    ".webmanifest": "application/manifest+json",
    ".woff2": "font/woff2",
}
_YEAR: Final = 365 * 24 * 3600


def blueprint(static: Path) -> Blueprint:
    """`GET /` and every file below `static`."""
    routes = Blueprint("files", __name__)

    @routes.get("/")
    def index() -> Response:
        page = served_file(static, "index.html")
        if page is None:
            return problem(
                503,
                "The web app has not been built.",
                "Build it from the repository: make setup. Or install ElvisBot from its wheel.",
            )
        return _sent(page, max_age=0)

    @routes.get("/<path:path>")
    def file(path: str) -> Response:
        found = served_file(static, path)
        if found is None:
            raise NotFound
        # The build puts a hash of the contents into the names of assets.
        return _sent(found, max_age=_YEAR if path.startswith("assets/") else 0)

    return routes


def served_file(static: Path, path: str) -> Path | None:
    """The file at `path` below `static`; None if there is none, or a link leads out of there."""
    joined = safe_join(str(static), path)
    if joined is None:
        return None
    try:
        real = Path(joined).resolve(strict=True)
    except (OSError, RuntimeError, ValueError):  # missing or too long; a loop; a null byte
        return None
    return real if real.is_relative_to(static.resolve()) and real.is_file() else None


def _sent(file: Path, max_age: int) -> Response:
    response = send_file(file, mimetype=_TYPES.get(file.suffix), max_age=max_age)
    response.headers["Cache-Control"] = (
        f"public, max-age={max_age}, immutable" if max_age else "no-cache"
    )
    return response
