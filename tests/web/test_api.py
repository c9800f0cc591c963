import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from elvisbot.bots import Settings, Timing
from elvisbot.reactions import Reactions
from elvisbot.web.api import initials
from tests.scripted import ScriptedEngine
from tests.web.conftest import HELLO


def events(data: bytes) -> list[dict[str, Any]]:
    return [json.loads(line) for line in data.splitlines() if line]


def is_problem(answer: Any, status: int) -> bool:
    document = answer.get_json()
    complete = {"title", "detail", "remedy"} <= document.keys() and all(document.values())
    kind = answer.mimetype == "application/problem+json"
    return bool(answer.status_code == status == document["status"] and complete and kind)


def test_the_bot_introduces_itself(client: FlaskClient) -> None:
    assert client.get("/api/bot").get_json() == {
        "name": "Ana Lima",
        "initials": "AL",
        "flush_seconds": 5.0,
        "model": "a script",
    }


@pytest.mark.parametrize(
    ("name", "letters"),
    [
        ("ana", "A"),
        ("Ana Lima", "AL"),
        ("ana maria de lima", "AL"),
        ("jean-luc", "JL"),
        ("my_bot", "MB"),
        ("élan", "É"),
        ("  ", ""),
        ("2pac", "2"),
        ("李 雷", "李雷"),
    ],
)
def test_initials_are_of_the_first_and_last_word(name: str, letters: str) -> None:
    assert initials(name) == letters


def test_a_reply_is_a_stream_of_events(client: FlaskClient) -> None:
    answer = client.post("/api/reply", json=HELLO)
    assert answer.status_code == 200
    assert answer.mimetype == "application/x-ndjson"
    typing, typing1, first, typing2, second, done = events(answer.data)
    assert typing == {"event": "typing", "seconds": 0.0}
    assert (typing1["event"], typing2["event"]) == ("typing", "typing")
    assert first == {"event": "bubble", "id": first["id"], "text": "hey"}
    assert second == {"event": "bubble", "id": second["id"], "text": "you"}
    assert done == {"event": "done"}


def test_the_stream_tells_of_reactions_and_of_the_time_until_the_person_begins(
    make_app: Callable[..., Flask],
) -> None:
    timed = Settings(timing=Timing(begin=(3600.0,) * 24))
    loving = Reactions(0.0, ("", "loved"), (-50.0, 50.0), {})
    answer = make_app(settings=timed, reactions=loving).test_client().post("/api/reply", json=HELLO)
    reaction, typing, *_ = events(answer.data)
    assert reaction == {"event": "reaction", "to": "1", "kind": "loved", "after": 3.0}
    assert typing == {"event": "typing", "seconds": 0.0}
    answer = make_app(settings=timed).test_client().post("/api/reply", json=HELLO)
    assert events(answer.data)[0] == {"event": "typing", "seconds": 0.0, "after": 3.0}


def test_a_reaction_may_be_all_of_the_reply(make_app: Callable[..., Flask]) -> None:
    loving = Reactions(1.0, ("", "loved"), (-50.0, 50.0), {})
    answer = make_app(reactions=loving).test_client().post("/api/reply", json=HELLO)
    assert [event["event"] for event in events(answer.data)] == ["reaction", "done"]


def test_a_reply_that_fails_ends_without_done(make_app: Callable[..., Flask]) -> None:
    client = make_app(ScriptedEngine("")).test_client()
    answer = client.post("/api/reply", json=HELLO)
    assert [event["event"] for event in events(answer.data)] == ["typing"]


def test_after_a_failure_the_next_reply_is_made(make_app: Callable[..., Flask]) -> None:
    client = make_app(ScriptedEngine("", "", "", "", "hey")).test_client()
    client.post("/api/reply", json=HELLO)
    answer = client.post("/api/reply", json=HELLO)
    assert events(answer.data)[-1] == {"event": "done"}


def test_the_bots_own_messages_are_its_turns(make_app: Callable[..., Flask]) -> None:
    engine = ScriptedEngine("ok")
    message = HELLO["messages"][0]
    talk = [message, message | {"from": "me", "text": "yo"}, message | {"text": "sup"}]
    make_app(engine).test_client().post("/api/reply", json={"messages": talk})
    assert engine.heard() == "<|startoftext|>hello<|answer|>yo<|endoftext|>sup<|answer|>"


@pytest.mark.parametrize(
    "text", ["<|endoftext|>", "\x00", "\u202e\u2066", "\U0001f469\u200d\U0001f680" * 500, "\ufffd"]
)
def test_no_text_makes_the_server_fail(client: FlaskClient, text: str) -> None:
    messages = [HELLO["messages"][0] | {"text": text}]
    answer = client.post("/api/reply", json={"messages": messages})
    assert events(answer.data)[-1] == {"event": "done"}


def test_the_server_is_healthy_once_it_serves(client: FlaskClient) -> None:
    assert client.get("/healthz").status_code == 200


# Problems


def test_a_body_that_makes_no_sense_is_a_problem(client: FlaskClient) -> None:
    answer = client.post("/api/reply", data=b"[" * 15_000, content_type="application/json")
    assert is_problem(answer, 400)


@pytest.mark.parametrize(("excess", "status"), [(0, 400), (1, 413)])
def test_a_body_of_more_than_64_kib_is_a_problem(
    client: FlaskClient, excess: int, status: int
) -> None:
    body = b" " * (64 * 1024 + excess)
    answer = client.post("/api/reply", data=body, content_type="application/json")
    assert is_problem(answer, status)


def test_nothing_there_is_a_problem(client: FlaskClient) -> None:
    assert is_problem(client.get("/api/nothing"), 404)


@pytest.mark.parametrize(
    ("method", "path"), [("GET", "/api/reply"), ("POST", "/api/bot"), ("DELETE", "/")]
)
def test_a_method_that_does_not_fit_is_a_problem(
    client: FlaskClient, method: str, path: str
) -> None:
    answer = client.open(path, method=method)
    assert is_problem(answer, 405)
    assert answer.headers["Allow"]


def test_json_by_another_name_is_a_problem(client: FlaskClient) -> None:
    assert is_problem(client.post("/api/reply", data="{}", content_type="text/plain"), 415)


# Files


def test_the_page_is_served_and_asked_for_anew_each_time(client: FlaskClient) -> None:
    answer = client.get("/", buffered=True)
    assert answer.data.startswith(b"<!doctype html>")
    assert answer.headers["Cache-Control"] == "no-cache"


def test_assets_are_kept_for_long(client: FlaskClient) -> None:
    answer = client.get("/assets/index-1a2b.js", buffered=True)
    assert answer.mimetype == "text/javascript"
    assert "immutable" in answer.headers["Cache-Control"]


def test_without_a_built_front_end_the_page_says_how_to_build_it(
    make_app: Callable[..., Flask], tmp_path: Path
) -> None:
    answer = make_app(static=tmp_path / "nothing").test_client().get("/")
    assert is_problem(answer, 503)
    assert "make setup" in answer.get_json()["remedy"]


# Weight


def test_serving_loads_no_heavy_library() -> None:
    script = (
        "import sys\n"
        "import elvisbot.web, elvisbot.web.serving, elvisbot.replies, elvisbot.terminal\n"
        "import elvisbot.engines.llama_cpp, elvisbot.engines.echo\n"
        "print({'torch', 'transformers', 'numpy', 'peft', 'gguf'} & set(sys.modules))\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, check=True)
    assert done.stdout.decode().strip() == "set()"
