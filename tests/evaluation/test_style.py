import math

import numpy as np
import pytest

from elvisbot.evaluation import style
from elvisbot.evaluation.style import HABITS, Habits, divergence
from tests.evaluation import people


def test_the_divergence_is_that_of_the_definition() -> None:
    # P = (1/2, 1/2), Q = (1, 0), M = (3/4, 1/4); in bits.
    wanted = (0.5 * math.log2(0.5 / 0.75) + 0.5 * math.log2(0.5 / 0.25) + math.log2(1 / 0.75)) / 2
    assert divergence(np.array([2.0, 2.0]), np.array([5.0, 0.0])) == pytest.approx(
        math.sqrt(wanted)
    )


def test_the_divergence_of_the_same_is_0_and_of_what_shares_nothing_1() -> None:
    assert divergence(np.array([3.0, 1.0]), np.array([6.0, 2.0])) == 0
    assert divergence(np.array([1.0, 0.0]), np.array([0.0, 1.0])) == pytest.approx(1)


@pytest.mark.parametrize(("ours", "theirs", "far"), [([0, 0], [0, 0], 0), ([0, 0], [1, 0], 1)])
def test_who_never_shows_a_habit_differs_only_from_who_does(
    ours: list[float], theirs: list[float], far: float
) -> None:
    assert divergence(np.array(ours, dtype=float), np.array(theirs, dtype=float)) == far


@pytest.mark.parametrize(
    ("habit", "reply", "shown"),
    [
        ("messages a turn", ("a", "b"), [2]),
        ("endings", ("hi.", "no...", "ok 😂", "what?!", "yes", "at 5", "hm :)"), None),
        ("first letters", ("Hi", "no", "5", "😂"), ["upper", "lower", "other", "other"]),
        ("capitals", ("NO WAY", "so BAD", "I do"), ["all", "some", "none"]),
        ("stretched words", ("sooo", "so", "1000"), [True, False, False]),
        ("laughs", ("HAHAHA lol", "ok"), ["hahaha", "lol", "none"]),
        ("emoji", ("😂👍🏽", "ok"), ["😂", "👍🏽", "none"]),
        ("emoticons", ("ok :) <3", "a: b"), [":)", "<3", "none"]),
        ("apostrophes", ("don’t can't", "cant"), ["’", "'"]),
        ("questions", ("what?", "ok"), [True]),
        ("first words", ("Oh no", "ok"), ["oh"]),
        ("last words", ("oh no", "ok!"), ["!"]),
        ("repeated punctuation", ("no!!!! ?!", "ok."), ["!!!", "?!", "none"]),
    ],
)
def test_habits(habit: str, reply: tuple[str, ...], shown: list[object] | None) -> None:
    found = list(HABITS[habit](reply))
    if shown is None:
        shown = [".", "…", "emoji", "!", "letter", "digit", "emoticon"]
    assert found == shown


def test_every_habit_takes_any_text() -> None:
    odd = ("", " ", "\n", "\u200b", "😂", "שלום", "日本語", "…", "a" * 5000, "'", "’", ":", "1️⃣")
    for name, habit in HABITS.items():
        assert all(isinstance(hash(value), int) for value in habit(odd)), name


def test_two_halves_of_a_person_are_nearer_than_two_people() -> None:
    first, second = people.casual(200, seed=1), people.casual(200, seed=2)
    habits = Habits(people.casual(500, seed=3))
    mine, again, others = habits.tables(first, second, people.formal(200, seed=4))
    near, far = style.distance(mine, again), style.distance(mine, others)
    assert 0 < near < 0.15 < 0.4 < far < 1


def test_counting_a_reply_twice_is_the_same_as_having_it_twice() -> None:
    replies, others = people.casual(30, seed=1), people.casual(30, seed=2)
    habits = Habits(others)
    once, theirs = habits.tables(replies, others)
    twice, _ = habits.tables([*replies, replies[0]], others)
    times = np.ones(30), np.ones(30)
    times[0][0] = 2
    assert style.distance(once, theirs, times) == pytest.approx(style.distance(twice, theirs))
