import logging
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import EnvironBuilder, run_wsgi_app

from elvisbot.bots import Settings
from elvisbot.replies import Replier
from elvisbot.web import create_app
from tests.scripted import ScriptedEngine
from tests.web.conftest import HELLO


def status(client: FlaskClient, host: str, path: str = "/healthz") -> int:
    return client.get(path, environ_overrides={"HTTP_HOST": host}).status_code


# Host


@pytest.mark.parametrize(
    "host",
    [
        "localhost",
        "LOCALHOST:5000",
        "localhost.",
        "localhost.:80",
        "127.0.0.1:5000",
        "[::1]:5000",
        "[::1]",
    ],
)
def test_the_servers_own_names_are_allowed(client: FlaskClient, host: str) -> None:
    assert status(client, host) == 200


@pytest.mark.parametrize(
    "host",
    [
        "",
        " ",
        ":5000",
        ".",
        "evil.example",
        "evil.example:5000",
        "localhost.evil.example",
        "127.0.0.1.evil.example",
        "evil.example@localhost",
        "localhost@evil.example",
        "localhost:x",
        "localhost:99999",
        "localhost/",
        "localhost?",
        "localhost#",
        "localhost, evil.example",
        "[::1",
        "::1]",
        "0.0.0.0",
        "192.168.1.5:5000",
    ],
)
def test_any_other_name_is_refused(client: FlaskClient, host: str) -> None:
    assert status(client, host) == 403
    assert status(client, host, "/") == 403
    assert status(client, host, "/api/bot") == 403


def test_a_request_without_a_host_is_refused(make_app: Callable[..., Flask]) -> None:
    environ = EnvironBuilder("/healthz").get_environ()
    del environ["HTTP_HOST"]
    _, status, _ = run_wsgi_app(make_app(), environ)
    assert status == "403 FORBIDDEN"


@pytest.mark.parametrize("option", ["bot.home", "BOT.HOME.", "127.0.0.2", "::1", "[::1]"])
def test_hosts_are_allowed_as_options_spell_them(
    make_app: Callable[..., Flask], option: str
) -> None:
    host = "[::1]:1" if "::1" in option else f"{option}:1".lower()
    client = make_app(allowed_hosts=[option]).test_client()
    assert status(client, host) == 200
    assert status(client, "localhost") == 403


# Origin


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Sec-Fetch-Site": "same-origin"},
        {"Sec-Fetch-Site": "none"},
        {"Sec-Fetch-Site": "same-origin", "Origin": "http://localhost"},
        {"Origin": "http://localhost"},
        {"Origin": "https://LOCALHOST"},
    ],
    ids=str,
)
def test_our_own_page_may_ask_for_a_reply(client: FlaskClient, headers: dict[str, str]) -> None:
    assert client.post("/api/reply", json=HELLO, headers=headers).status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": ""},
        {"Sec-Fetch-Site": "same-origin, cross-site"},
        {"Origin": "http://evil.example"},
        {"Origin": "http://localhost:8000"},
        {"Origin": "http://localhost.evil.example"},
        {"Origin": "null"},
        {"Origin": ""},
        {"Origin": "file://localhost"},
        {"Origin": "http://[localhost"},
        {"Sec-Fetch-Site": "same-origin", "Origin": "http://evil.example"},
    ],
    ids=str,
)
def test_no_other_page_may(client: FlaskClient, headers: dict[str, str]) -> None:
    answer = client.post("/api/reply", json=HELLO, headers=headers)
    assert answer.status_code == 403
    assert answer.mimetype == "application/problem+json"


@pytest.mark.parametrize(
    "mimetype",
    ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "", "text/json"],
)
def test_a_reply_is_given_to_json_alone(client: FlaskClient, mimetype: str) -> None:
    answer = client.post("/api/reply", data=b"{}", content_type=mimetype)
    assert answer.status_code == 415


def test_no_page_is_told_that_it_may_read_across_origins(client: FlaskClient) -> None:
    answer = client.options("/api/reply", headers={"Origin": "http://evil.example"})
    assert answer.status_code == 403
    assert "Access-Control-Allow-Origin" not in client.get("/api/bot").headers


# Headers


@pytest.mark.parametrize("path", ["/", "/assets/index-1a2b.js", "/api/bot", "/nowhere", "/healthz"])
def test_every_answer_carries_the_headers(client: FlaskClient, path: str) -> None:
    headers = client.get(path, buffered=True).headers
    policy = (
        "default-src 'self'; img-src 'self' data:; style-src 'self'; "
        "frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
    )
    assert headers["Content-Security-Policy"] == policy
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "no-referrer"


def test_replies_are_neither_stored_nor_held_back(client: FlaskClient) -> None:
    headers = client.post("/api/reply", json=HELLO).headers
    assert headers["Cache-Control"] == "no-store"
    assert headers["X-Accel-Buffering"] == "no"


# Files


@pytest.mark.parametrize(
    "path",
    [
        "/../secret",
        "/assets/../../secret",
        "/%2e%2e/secret",
        "/..%2fsecret",
        "/assets",
        "/assets/",
        "/nul%00byte",
        "/" + "x" * 5000,
        "/C:/windows",
        "/__init__.py",
    ],
)
def test_nothing_outside_the_folder_is_served(client: FlaskClient, static: Path, path: str) -> None:
    (static.parent / "secret").write_text("secret")
    assert client.get(path).status_code == 404


@pytest.mark.skipif(not hasattr(os, "symlink"), reason="no links here")
def test_no_link_out_of_the_folder_is_followed(client: FlaskClient, static: Path) -> None:
    (static.parent / "secret").write_text("secret")
    (static / "leak.txt").symlink_to(static.parent / "secret")
    (static / "up").symlink_to(static.parent)
    (static / "loop").symlink_to(static / "loop")
    (static / "inside.js").symlink_to(static / "assets" / "index-1a2b.js")
    assert client.get("/leak.txt").status_code == 404
    assert client.get("/up/secret").status_code == 404
    assert client.get("/loop").status_code == 404
    assert client.get("/inside.js", buffered=True).status_code == 200


# Text


def test_the_log_holds_lengths_and_no_text(
    make_app: Callable[..., Flask], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    client = make_app(ScriptedEngine("a secret answer")).test_client()
    secret = {"messages": [HELLO["messages"][0] | {"text": "a secret question"}]}
    assert b"answer" in client.post("/api/reply", json=secret).data
    client.post("/api/reply", json={"messages": [{"text": "a secret question"}]})
    assert "[15] characters" in caplog.text
    assert "secret" not in caplog.text


def test_a_bug_is_logged_and_answered_without_text(
    static: Path, caplog: pytest.LogCaptureFixture
) -> None:
    def fail() -> None:
        raise ZeroDivisionError

    engine = ScriptedEngine("x", before_token=fail)
    app = create_app(Replier(engine, Settings()), name="A", model="m", static=static)
    answer = app.test_client().post("/api/reply", json=HELLO)
    assert answer.data == b'{"event": "typing", "seconds": 0.0}\n'
    assert "ZeroDivisionError" in caplog.text
