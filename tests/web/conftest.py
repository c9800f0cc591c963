"""Apps and servers around scripted engines."""

import contextlib
import http.client
import json
import socket
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from playwright.sync_api import Browser, expect
from waitress import wasyncore

from elvisbot.bots import Settings
from elvisbot.engines.echo import Echo
from elvisbot.reactions import NEVER, Reactions
from elvisbot.replies import Replier
from elvisbot.web import STATIC, api, create_app
from elvisbot.web.serving import listen, make_server
from elvisbot.web.turnstile import Turnstile
from tests.scripted import ScriptedEngine
from tests.web.browsing import SIZES, Open, Scheme, fill

HELLO = {
    "messages": [
        {"id": "1", "from": "them", "text": "hello", "sent_at": "2026-03-01T09:00:00.000Z"},
    ]
}


@pytest.fixture
def static(tmp_path: Path) -> Path:
    folder = tmp_path / "static"
    (folder / "assets").mkdir(parents=True)
    (folder / "index.html").write_text("<!doctype html><title>ElvisBot</title>")
    (folder / "assets" / "index-1a2b.js").write_text("export {}")
    return folder


@pytest.fixture
def make_app(static: Path) -> Callable[..., Flask]:
    def make(
        engine: ScriptedEngine | None = None,
        *,
        settings: Settings | None = None,
        reactions: Reactions = NEVER,
        **options: Any,
    ) -> Flask:
        engine = engine or ScriptedEngine("hey<|brk|>you")
        replier = Replier(engine, settings or Settings(), reactions=reactions)
        defaults: dict[str, Any] = {"static": static, "name": "Ana Lima", "model": "a script"}
        return create_app(replier, **(defaults | options))

    return make


@pytest.fixture
def client(make_app: Callable[..., Flask]) -> FlaskClient:
    return make_app().test_client()


class Gate:
    """Holds an engine up before its tokens, until it is opened or tokens are let through."""

    def __init__(self) -> None:
        self._permits = threading.Semaphore(0)
        self._open = False

    def wait(self) -> None:
        if not self._open and not self._permits.acquire(timeout=20):
            raise TimeoutError

    def let(self, tokens: int) -> None:
        self._permits.release(tokens)

    def open(self) -> None:
        self._open = True
        self._permits.release(10_000)


class Visitor:
    """One HTTP connection to a running server."""

    def __init__(self, port: int) -> None:
        self.port = port
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
        self.response: http.client.HTTPResponse

    def ask(self) -> "Visitor":
        self.send()
        self.response = self._connection.getresponse()
        return self

    def send(self) -> None:
        headers = {"Content-Type": "application/json"}
        self._connection.request("POST", "/api/reply", json.dumps(HELLO), headers)

    def event(self) -> dict[str, Any]:
        """The next event, heartbeats skipped; {} at the end."""
        while (line := self.response.readline()) == b"\n":
            pass
        event: dict[str, Any] = json.loads(line or b"{}")
        return event

    def leave(self) -> None:
        if hasattr(self, "response"):
            self.response.close()
        self._connection.close()


@pytest.fixture
def run(make_app: Callable[..., Flask]) -> Iterator[Callable[..., Callable[[], Visitor]]]:
    """Runs a server of an app with the given options; gives a maker of visitors."""
    with contextlib.ExitStack() as stack:

        def start(engine: ScriptedEngine, **options: Any) -> Callable[[], Visitor]:
            limits = {"through", "waiting", "patience"} & options.keys()
            options["turnstile"] = Turnstile(**{limit: options.pop(limit) for limit in limits})
            return stack.enter_context(_running(make_app(engine, **options)))

        yield start


@contextlib.contextmanager
def _running(app: Flask) -> Iterator[Callable[[], Visitor]]:
    """Serves an app on a port of its own; gives a maker of visitors."""
    visitors: list[Visitor] = []

    def visitor() -> Visitor:
        visitors.append(Visitor(port))
        return visitors[-1]

    with _served(app, listen(port=0)) as port:
        try:
            yield visitor
        finally:
            for each in visitors:
                each.leave()


@contextlib.contextmanager
def _served(app: Flask, listener: socket.socket) -> Iterator[int]:
    """Serves an app in a thread; gives the port."""
    port = listener.getsockname()[1]
    server = make_server(app, listener)
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        yield port
    finally:
        server.trigger.pull_trigger(lambda: wasyncore.close_all(server._map))
        thread.join(10)
        server.task_dispatcher.shutdown()
        assert not thread.is_alive()


@pytest.fixture
def serve(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., str]]:
    """Serves the built app with a replier of the test's, and gives its address.

    A burst rests for `flush` seconds, by default so few that nobody has to wait.
    """
    assert (STATIC / "index.html").is_file(), "The web app is not built: make setup"
    with contextlib.ExitStack() as stack:

        def start(replier: Any, *, name: str = "Elvis", flush: float = 0.2, **options: Any) -> str:
            monkeypatch.setattr(api, "FLUSH_SECONDS", flush)
            app = create_app(replier, name=name, model="a test", **options)
            return f"http://127.0.0.1:{stack.enter_context(_served(app, listen(port=0)))}"

        yield start


@pytest.fixture
def open_app(chromium: Browser, serve: Callable[..., str]) -> Iterator[Open]:
    """Opens the app in a fresh profile; at the end, nothing may have gone wrong in it.

    Without an address, that of a server with the echo engine, where a burst rests for `flush`
    seconds. What the browser complains about with a `tolerated` word is no fault. What else is not
    an option of the browser goes to `fill`.
    """
    contexts, complaints, excused = [], [], list[str]()

    def opened(
        address: str | None = None,
        *,
        size: str = "phone",
        scheme: Scheme = "light",
        scale: float = 2,
        permissions: Sequence[str] = (),
        flush: float = 0.2,
        tolerated: Sequence[str] = (),
        browser_options: Mapping[str, Any] = MappingProxyType({}),
        **what: Any,
    ) -> Any:
        width, height = SIZES[size]
        excused.extend(tolerated)
        context = chromium.new_context(
            **{
                "viewport": {"width": width, "height": height},
                "device_scale_factor": scale,
                "color_scheme": scheme,
                "permissions": list(permissions),
                "locale": "en-US",
                **browser_options,
            }
        )
        contexts.append(context)
        page = context.new_page()
        address = address or serve(Replier(Echo(), Settings()), flush=flush)
        fill(page, address, **what)
        page.on(
            "console",
            lambda line: line.type in {"error", "warning"} and complaints.append(line.text),
        )
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("dialog", lambda dialog: complaints.append(f"a script ran: {dialog.message}"))
        page.goto(address)
        expect(page.locator("textarea")).to_be_visible()
        return page

    yield opened
    for context in contexts:
        context.close()
    assert [each for each in complaints if not any(word in each for word in excused)] == []
