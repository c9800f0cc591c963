"""What keeps other websites and other machines out.

A page on any website can make a visitor's browser send requests to 127.0.0.1. So a request is
refused unless it calls this server by a name that is its own (against DNS rebinding), and a POST
unless it comes from this server's own page (against cross-site request forgery).
"""

import re
from collections.abc import Collection, Mapping
from typing import Final
from urllib.parse import urlsplit

from flask import Flask, Response, request
from werkzeug.datastructures import Headers
from werkzeug.exceptions import Forbidden

LOOPBACK_NAMES: Final = frozenset({"localhost", "127.0.0.1", "::1"})

HEADERS: Final[Mapping[str, str]] = {
    "Content-Security-Policy": "default-src 'self'; img-src 'self' data:; style-src 'self'; "
    "frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}


_HOST: Final = re.compile(
    r"(?:\[(?P<address>[0-9A-Fa-f:.]+)\]|(?P<name>[0-9A-Za-z_.-]*[0-9A-Za-z_-]\.?))"
    r"(?::(?P<port>[0-9]{1,5}))?"
)


def register(app: Flask, allowed_hosts: Collection[str]) -> None:
    """Guard every request to `app`, errors included.

    Args:
        allowed_hosts: Names and addresses; those of IPv6 with or without brackets.
    """
    allowed = {host_name(host) or host_name(f"[{host}]") for host in allowed_hosts} - {None}

    @app.before_request
    def refuse_strangers() -> None:
        host = request.environ.get("HTTP_HOST", "")
        if host_name(host) not in allowed:
            raise Forbidden
        if request.method not in ("GET", "HEAD") and not _is_own_page(request.headers, host):
            raise Forbidden

    @app.after_request
    def add_headers(response: Response) -> Response:
        for header, value in HEADERS.items():
            response.headers.setdefault(header, value)
        return response


def host_name(host: str) -> str | None:
    """The name or address in a Host header, in one spelling; None if it is no such header.

    `LOCALHOST:5000` and `localhost.` are localhost, `[::1]:5000` is ::1.
    """
    found = _HOST.fullmatch(host)
    if not found or int(found["port"] or 0) > 65535:
        return None
    return (found["address"] or found["name"].removesuffix(".")).lower()


def _is_own_page(headers: Headers, host: str) -> bool:
    """Whether a request was made by our own page, or by no browser at all."""
    if headers.get("Sec-Fetch-Site", "none") not in ("same-origin", "none"):
        return False
    origin = headers.get("Origin")
    return origin is None or _netloc(origin) == host.lower()


def _netloc(origin: str) -> str | None:
    """Host and port of an Origin header; None for `null` and for what is no origin."""
    try:
        parts = urlsplit(origin)
    except ValueError:
        return None
    return parts.netloc.lower() if parts.scheme in ("http", "https") else None
