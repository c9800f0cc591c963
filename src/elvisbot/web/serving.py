"""Serving the app with waitress."""

import contextlib
import errno
import ipaddress
import logging
import signal
import socket
import sys
import threading
from collections.abc import Iterator
from typing import Any, Final, NoReturn

import waitress
from flask import Flask

from elvisbot.errors import PortTakenError, UsageError
from elvisbot.web.streams import STOPPING

HOST: Final = "127.0.0.1"
PORT: Final = 5000

TRIES: Final = 20
"""So many ports are tried from the default one upwards."""

THREADS: Final = 16
"""More than the replies that can wait, so that pages are served beside them."""

CONNECTIONS: Final = 400
"""Open at the same time: those who send slowly take no thread, but one of these. `select` takes no
more than some thousand files."""

_MAX_BODY: Final = 8 * 1024 * 1024
"""Bytes that waitress takes in; the app refuses far smaller ones, with a better explanation."""


def listen(host: str = HOST, port: int | None = None, *, to_others: bool = False) -> socket.socket:
    """A socket to serve on, already open: visitors who come too early wait.

    Args:
        host: An address of this machine.
        to_others: Whether it may be one that others can reach.
        port: None for the default port, or the next free one after it. 0 for any.

    Raises:
        UsageError: if `host` is no address of this machine, or one that it may not be.
        PortTakenError: if `port` is taken, or all that were tried.
    """
    address = _address(host, to_others=to_others)
    for candidate in range(PORT, PORT + TRIES) if port is None else (port,):
        if candidate and _answers(candidate):
            continue
        try:
            return _bound(address, candidate)
        except OSError as error:
            if error.errno in (errno.EACCES, errno.EPERM):
                raise UsageError(
                    f"This account may not serve on port {candidate}.",
                    remedy="Choose a port from 1024 upwards.",
                ) from error
            if error.errno in (errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT):
                raise UsageError(
                    f"{host} is no address of this machine.", remedy=f"Use {HOST} or 0.0.0.0."
                ) from error
            if error.errno != errno.EADDRINUSE and getattr(error, "winerror", None) is None:
                raise
        except OverflowError as error:
            raise UsageError(f"{port} is not a port.", remedy="Use 0 to 65535.") from error
    raise PortTakenError(
        f"Port {port} is taken." if port else f"Ports {PORT} to {PORT + TRIES - 1} are taken.",
        remedy="Choose another one with --port, or stop the program that uses it.",
    )


def url(listener: socket.socket) -> str:
    """Where a browser finds what is served on `listener`."""
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def make_server(app: Flask, listener: socket.socket) -> Any:
    """A waitress server with `run()` and `close()`, which does not own the process."""
    return waitress.create_server(
        app,
        sockets=[listener],
        threads=THREADS,
        connection_limit=CONNECTIONS,
        channel_request_lookahead=1,  # lets it notice that a visitor has gone
        max_request_body_size=_MAX_BODY,
        ident="ElvisBot",
    )


def serve(app: Flask, listener: socket.socket) -> None:
    """Serve until Ctrl-C or SIGTERM; then cut off the replies under way, and return."""
    # Otherwise it warns whenever a request waits for a moment.
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)
    server = make_server(app, listener)
    with _interruptible(app):
        server.run()
    server.close()


@contextlib.contextmanager
def _interruptible(app: Flask) -> Iterator[None]:
    """Make both signals end `run()`, whatever handlers other libraries have installed."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def stop(number: int, frame: object) -> NoReturn:
        app.extensions[STOPPING].set()
        raise KeyboardInterrupt  # which waitress takes for the wish to shut down

    before = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        with contextlib.suppress(KeyboardInterrupt):
            yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler or signal.SIG_DFL)


def _address(host: str, *, to_others: bool) -> str:
    with contextlib.suppress(ValueError):
        address = ipaddress.ip_address(HOST if host == "localhost" else host)
        if address.is_loopback or to_others:
            return str(address)
        raise UsageError(
            f"Whoever reaches {host} could talk to the bot.",
            remedy="Invite somebody first: elvisbot invite NAME --for WHO --url URL",
        )
    raise UsageError(f"{host} is no address.", remedy=f"Use {HOST} or 0.0.0.0.")


def _answers(port: int) -> bool:
    """Whether a program answers on `port` already.

    Binding alone does not tell: macOS lets us take 127.0.0.1:5000 beside AirPlay, which listens on
    all addresses, and a browser sent to localhost would end up there.
    """
    for address in ("127.0.0.1", "::1"):
        with contextlib.suppress(OSError), socket.create_connection((address, port), timeout=0.2):
            return True
    return False


def _bound(address: str, port: int) -> socket.socket:
    listener = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET)
    try:
        if sys.platform == "win32":
            # There SO_REUSEADDR lets two programs share a port.
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_EXCLUSIVEADDRUSE, 1)
        else:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((address, port))
        listener.listen(128)
    except BaseException:
        listener.close()
        raise
    return listener
