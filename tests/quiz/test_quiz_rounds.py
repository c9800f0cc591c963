"""A round from its beginning to its end, left and resumed."""

import json
import stat
import sys
from pathlib import Path

import pytest

from elvisbot.errors import DamagedBotError, StorageError, TooFewMessagesError
from elvisbot.quiz import Result
from tests.quiz.quizzes import (
    exchange,
    exchanges,
    finish,
    new_bot,
    new_quiz,
    one_session,
    real_side,
)

pytestmark = pytest.mark.usefixtures("home")


def test_a_question_shows_the_context_and_both_replies() -> None:
    state = new_quiz(new_bot()).state()
    assert (state["name"], state["asked"], state["answered"]) == ("ana", 20, 0)
    question = state["question"]
    assert question["context"] == [{"from": "them", "texts": ["question 0"]}]
    assert {*question["a"], *question["b"]} == {"real 0", "made 0"}


def test_the_truth_is_told_at_the_end_and_not_before() -> None:
    quiz = new_quiz(new_bot())
    for number in range(20):
        state = quiz.choose(number, "a")
        if number < 19:
            assert set(state) == {"name", "asked", "answered", "question"}
            assert set(state["question"]) == {"context", "a", "b"}
    told = state["result"]["questions"]
    assert all(each[each["bot"]][0].startswith("made") for each in told)
    assert {each["choice"] for each in told} == {"a"}


def test_what_is_told_of_a_round_does_not_depend_on_whose_reply_is_whose() -> None:
    """Two bots whose replies are each other's: nothing but the order may differ."""
    swapped = [exchange(n, reply=[f"made {n}"], answer=[f"real {n}"]) for n in range(20)]
    one, other = new_quiz(new_bot("one")), new_quiz(new_bot("other"), swapped)
    first, second = one.state(), other.state()
    for number in range(19):
        assert (first["question"]["a"], first["question"]["b"]) == (
            second["question"]["b"],
            second["question"]["a"],
        )
        assert first["question"]["context"] == second["question"]["context"]
        first, second = one.choose(number, "a"), other.choose(number, "a")


def test_no_question_gives_another_one_away() -> None:
    """In one long session the replies asked about are part of what was said before the others."""
    quiz = new_quiz(new_bot(), one_session(60))
    contexts, replies = [], []
    state = quiz.state()
    while "question" in state:
        question = state["question"]
        contexts += [text for turn in question["context"] for text in turn["texts"]]
        replies += question[real_side(state)]
        state = quiz.choose(state["answered"], "a")
    assert set(contexts).isdisjoint(replies)


def test_outer_whitespace_does_not_tell_the_replies_apart() -> None:
    asked = [exchange(n, reply=[f" real {n}\n", " "]) for n in range(20)]
    question = new_quiz(new_bot(), asked).state()["question"]
    assert {*question["a"], *question["b"]} == {"real 0", "made 0"}


def test_the_result_counts_how_often_the_bot_was_taken_for_the_person() -> None:
    results: list[Result] = []
    outcome = finish(new_quiz(new_bot(), results=results), mistaken=9)["result"]
    assert (outcome["mistaken"], outcome["asked"], outcome["share"]) == (9, 20, 0.45)
    assert outcome["is_reached"]
    assert [(each.mistaken, each.asked) for each in results] == [(9, 20)]
    assert sum(each["choice"] == each["bot"] for each in outcome["questions"]) == 9


def test_an_answer_counts_once() -> None:
    quiz = new_quiz(new_bot())
    once = quiz.choose(0, "a")
    assert quiz.choose(0, "b") == once
    assert quiz.choose(5, "b") == once
    assert quiz.state()["answered"] == 1


def test_a_round_is_resumed_where_it_was_left() -> None:
    bot = new_bot()
    quiz = new_quiz(bot, exchanges(100))
    for number in range(7):
        quiz.choose(number, "b")
    assert new_quiz(bot, exchanges(100)).state() == quiz.state()


def test_a_finished_round_is_still_there_after_a_restart_of_the_server() -> None:
    bot = new_bot()
    ended = finish(new_quiz(bot), mistaken=3)
    assert new_quiz(bot).state() == ended


def test_another_model_begins_another_round_and_keeps_the_results() -> None:
    bot = new_bot()
    finish(new_quiz(bot), mistaken=3)
    other = [exchange(n, answer=[f"made otherwise {n}"]) for n in range(20)]
    quiz = new_quiz(bot, other)
    assert quiz.state()["answered"] == 0
    outcome = finish(quiz, mistaken=8)["result"]
    assert outcome["mistaken"] == 8
    assert [each["mistaken"] for each in outcome["earlier"]] == [3]


def test_a_restart_keeps_the_results_before() -> None:
    quiz = new_quiz(new_bot())
    finish(quiz, mistaken=3)
    assert quiz.restart()["answered"] == 0
    finish(quiz, mistaken=4)
    quiz.restart()
    outcome = finish(quiz, mistaken=5)["result"]
    assert outcome["mistaken"] == 5
    assert [each["mistaken"] for each in outcome["earlier"]] == [3, 4]


def test_a_round_under_way_is_not_thrown_away() -> None:
    quiz = new_quiz(new_bot())
    quiz.choose(0, "a")
    assert quiz.restart()["answered"] == 1


def test_there_must_be_twenty_exchanges_to_ask_about() -> None:
    asked = [*exchanges(19), *(exchange(n, answer=[]) for n in range(19, 300))]
    with pytest.raises(TooFewMessagesError, match=r"Of ana's 300 .* 19 can be") as raised:
        new_quiz(new_bot(), asked)
    assert "elvisbot import ana" in raised.value.remedy


# quiz.json


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such modes")
def test_the_record_is_private() -> None:
    bot = new_bot()
    new_quiz(bot).choose(0, "a")
    assert stat.S_IMODE(bot.quiz.stat().st_mode) == 0o600


def test_the_record_holds_no_message() -> None:
    bot = new_bot()
    finish(new_quiz(bot), mistaken=1)
    kept = bot.quiz.read_text()
    assert not any(word in kept for word in ("real", "made", "question 0"))


@pytest.mark.parametrize(
    "content",
    [
        "",
        "{",
        "[]",
        "null",
        "[" * 20_000,
        '{"fingerprint": "x", "questions": [], "choices": []}',
        '{"fingerprint": "x", "questions": [], "choices": [], "results": []}',
        '{"fingerprint": "x", "questions": [], "choices": ["a"], "results": []}',
        '{"fingerprint": "x", "questions": [{"exchange": 1, "bot": "c"}], "choices": [], '
        '"results": []}',
    ],
    ids=lambda content: content[:40],
)
def test_a_damaged_record_is_told_with_a_remedy(content: str) -> None:
    bot = new_bot()
    bot.quiz.write_text(content)
    with pytest.raises(DamagedBotError, match=r"quiz\.json is damaged") as raised:
        new_quiz(bot)
    assert "Delete that file" in raised.value.remedy


def test_a_record_of_exchanges_that_are_not_there_begins_another_round() -> None:
    bot = new_bot()
    new_quiz(bot).choose(0, "a")
    record = json.loads(bot.quiz.read_text())
    record["questions"][1]["exchange"] = 999
    bot.quiz.write_text(json.dumps(record))
    assert new_quiz(bot).state()["answered"] == 0


def test_a_choice_that_cannot_be_kept_is_not_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    quiz = new_quiz(new_bot())

    def full(self: Path, target: Path) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(Path, "replace", full)
        with pytest.raises(StorageError):
            quiz.choose(0, "a")
    assert quiz.state()["answered"] == 0
    assert quiz.choose(0, "a")["answered"] == 1
