"""`elvisbot quiz`, and what it needs."""

import json
import subprocess
import sys

import pytest
from flask import Flask

from elvisbot import engines
from elvisbot.bots import Bot
from elvisbot.engines.echo import Echo
from elvisbot.evaluation.answers import EXCHANGES, heldout_pairs
from elvisbot.web import serving
from tests.commands import Here
from tests.quiz.quizzes import new_bot

TRAINING = ("gguf", "numpy", "peft", "safetensors", "sklearn", "torch", "transformers")


def held_out(count: int) -> Bot:
    """A bot that looks trained, with so many held-out pairs."""
    bot = new_bot()
    for path in (bot.gguf, bot.tokenizer, bot.heldout_pairs):
        path.parent.mkdir(exist_ok=True)
        path.touch()
    with bot.heldout_pairs.open("w") as file:
        for number in range(count):
            pair = {
                "context": [{"from": "Ana", "messages": [f"question {number}"]}],
                "reply": [f"real {number}"],
                "sent_at": "2026-01-01T00:00:00Z",
                "session": number,
                "turn": 1,
            }
            file.write(json.dumps(pair) + "\n")
    return bot


def test_it_draws_what_is_missing_serves_the_quiz_and_tells_the_result(
    elvisbot: Here, monkeypatch: pytest.MonkeyPatch
) -> None:
    loads = []

    def load(key: str, bot: Bot) -> Echo:
        loads.append(key)
        return Echo()

    def serve(app: Flask, listener: object) -> None:
        client = app.test_client()
        for number in range(client.get("/api/quiz").get_json()["asked"]):
            client.post("/api/choice", json={"number": number, "choice": "a"})
        client.post("/api/restart", json={})

    monkeypatch.setattr(engines, "load", load)
    monkeypatch.setattr(serving, "serve", serve)
    bot = held_out(60)
    for _ in range(2):
        ended = elvisbot("quiz", "ana", "--no-browser", "--port", "0")
        assert ended.code == 0
        address, figure, meaning = ended.out.splitlines()
        assert address.startswith("Take the quiz at http://127.0.0.1:")
        assert figure.startswith("You took the bot for ana 20 out of 40 times: 50%")
        assert meaning.endswith("The target, 44%, is reached.")
    assert loads == ["llama_cpp"]
    assert len(json.loads(bot.quiz.read_text())["results"]) == 2


def test_the_terminal_says_what_is_being_waited_for(
    elvisbot: Here, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engines, "load", lambda key, bot: Echo())
    monkeypatch.setattr(serving, "serve", lambda app, listener: None)
    held_out(60)
    assert "first answers 60 held-out messages" in elvisbot("quiz", "ana", "--port", "0").err
    assert "first answers" not in elvisbot("quiz", "ana", "--port", "0").err


def test_too_short_a_history_is_told_with_a_remedy(
    elvisbot: Here, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engines, "load", lambda key, bot: Echo())
    held_out(19)
    ended = elvisbot("quiz", "ana", "--port", "0")
    assert ended.code == 1
    assert "19 can be asked about" in " ".join(ended.err.split())
    assert "elvisbot import ana --with everyone" in " ".join(ended.err.split())


def test_it_needs_a_trained_bot(elvisbot: Here) -> None:
    new_bot()
    ended = elvisbot("quiz", "ana")
    assert ended.code == 1
    assert "Train it first: elvisbot train ana" in ended.err


@pytest.mark.usefixtures("home")
def test_it_asks_about_the_exchanges_that_the_bot_is_scored_on() -> None:
    pairs = heldout_pairs(held_out(EXCHANGES + 5))
    assert len(pairs) == EXCHANGES
    assert pairs[-1].reply == (f"real {EXCHANGES + 4}",)


def test_it_needs_no_training_library() -> None:
    code = "import elvisbot.quiz, elvisbot.evaluation.answers, elvisbot.engines.llama_cpp, sys"
    ended = subprocess.run(
        [sys.executable, "-c", f"{code}; print(*sys.modules)"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert set(TRAINING).isdisjoint(ended.stdout.split())
