"""Apps and servers around scripted engines."""

import contextlib
import http.client
import json
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from waitress import wasyncore

from elvisbot.bots import Settings
from elvisbot.replies import Replier
from elvisbot.web import create_app
from elvisbot.web.serving import listen, make_server
from elvisbot.web.turnstile import Turnstile
from tests.scripted import ScriptedEngine

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
    def make(engine: ScriptedEngine | None = None, **options: Any) -> Flask:
        replier = Replier(engine or ScriptedEngine("hey<|brk|>you"), Settings())
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
    listener = listen(port=0)
    port = listener.getsockname()[1]
    server = make_server(app, listener)
    thread = threading.Thread(target=server.run)
    thread.start()
    visitors: list[Visitor] = []

    def visitor() -> Visitor:
        visitors.append(Visitor(port))
        return visitors[-1]

    try:
        yield visitor
    finally:
        for each in visitors:
            each.leave()
        server.trigger.pull_trigger(lambda: wasyncore.close_all(server._map))
        thread.join(10)
        server.task_dispatcher.shutdown()
        assert not thread.is_alive()
