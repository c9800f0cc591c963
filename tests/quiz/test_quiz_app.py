"""The quiz's API and its defences."""

import json
from typing import Any

import pytest
from flask.testing import FlaskClient

from elvisbot.quiz import create_app
from tests.quiz.quizzes import new_bot, new_quiz

CHOICE = {"number": 0, "choice": "a"}


@pytest.fixture
def client(home: object) -> FlaskClient:
    return create_app(new_quiz(new_bot())).test_client()


def test_the_page_and_its_parts_are_served(client: FlaskClient) -> None:
    kinds = {"/": "text/html", "/quiz.css": "text/css", "/icon.svg": "image/svg+xml"}
    kinds |= {"/quiz.js": "text/javascript", "/bubbles.js": "text/javascript"}
    for path, kind in kinds.items():
        response = client.get(path, buffered=True)
        assert (response.status_code, response.mimetype) == (200, kind)


def test_a_round_over_the_api(client: FlaskClient) -> None:
    state = client.get("/api/quiz").get_json()
    for number in range(20):
        assert state["answered"] == number
        assert set(state) == {"name", "asked", "answered", "question"}
        state = client.post("/api/choice", json={"number": number, "choice": "b"}).get_json()
    assert state["result"]["asked"] == 20
    assert client.get("/api/quiz").get_json() == state
    assert client.post("/api/restart", json={}).get_json()["answered"] == 0


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"{",
        b"[" * 15_000,
        b"\xff",
        b'{"number": NaN, "choice": "a"}',
        b'{"number": 0, "number": 0, "choice": "a"}',
        b'{"choice": "a"}',
        b'{"number": true, "choice": "a"}',
        b'{"number": 0.0, "choice": "a"}',
        b'{"number": -1, "choice": "a"}',
        b'{"number": 40, "choice": "a"}',
        b'{"number": 0}',
        b'{"number": 0, "choice": "A"}',
        b'{"number": 0, "choice": ["a"]}',
        b'{"number": 0, "choice": "\\ud800"}',
    ],
    ids=lambda body: repr(body[:40]),
)
def test_what_is_no_choice_is_refused(client: FlaskClient, body: bytes) -> None:
    response = client.post("/api/choice", data=body, content_type="application/json")
    assert (response.status_code, response.mimetype) == (400, "application/problem+json")
    assert client.get("/api/quiz").get_json()["answered"] == 0


@pytest.mark.parametrize("path", ["/api/choice", "/api/restart"])
def test_only_json_is_taken_and_not_too_much_of_it(client: FlaskClient, path: str) -> None:
    assert client.post(path, data="{}", content_type="text/plain").status_code == 415
    assert client.post(path, data=json.dumps(CHOICE)).status_code == 415
    long = b'{"x": "' + b"x" * 65_536 + b'"}'
    assert client.post(path, data=long, content_type="application/json").status_code == 413


@pytest.mark.parametrize("host", ["", "evil.example", "localhost.evil.example", "192.168.1.5:5000"])
@pytest.mark.parametrize("path", ["/", "/quiz.js", "/api/quiz"])
def test_strangers_names_are_refused(client: FlaskClient, host: str, path: str) -> None:
    response = client.get(path, environ_overrides={"HTTP_HOST": host})
    assert response.status_code == 403
    assert "question" not in response.get_data(as_text=True)


@pytest.mark.parametrize("path", ["/api/choice", "/api/restart"])
@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "https://evil.example"},
        {"Origin": "http://localhost:1"},
        {"Origin": "null"},
    ],
    ids=str,
)
def test_other_pages_cannot_answer(client: FlaskClient, path: str, headers: dict[str, str]) -> None:
    assert client.post(path, json=CHOICE, headers=headers).status_code == 403
    assert client.get("/api/quiz").get_json()["answered"] == 0


@pytest.mark.parametrize("path", ["/", "/quiz.js", "/api/quiz", "/nowhere"])
def test_every_response_carries_the_headers(client: FlaskClient, path: str) -> None:
    headers = client.get(path, buffered=True).headers
    policy = headers["Content-Security-Policy"]
    assert "default-src 'self'" in policy
    assert "unsafe" not in policy
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "no-referrer"


def test_nothing_of_the_round_is_stored_by_the_browser(client: FlaskClient) -> None:
    answers: list[Any] = [client.get("/api/quiz"), client.post("/api/choice", json=CHOICE)]
    assert [each.headers["Cache-Control"] for each in answers] == ["no-store"] * 2
