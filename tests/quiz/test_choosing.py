from collections import Counter
from random import Random

import pytest

from elvisbot.conversation import ME, Line
from elvisbot.quiz.choosing import QUESTIONS, questions, visible_context
from tests.quiz.quizzes import exchange, exchanges, one_session


def test_a_round_asks_forty_questions_each_about_another_exchange() -> None:
    numbers = [each.exchange for each in questions(exchanges(300), Random(1))]
    assert len(set(numbers)) == len(numbers) == QUESTIONS


@pytest.mark.parametrize("seed", range(5))
def test_the_questions_are_spread_evenly_over_time(seed: int) -> None:
    numbers = [each.exchange for each in questions(exchanges(400), Random(seed))]
    assert [number // 10 for number in numbers] == list(range(40))


def test_time_and_not_the_place_in_the_file_decides() -> None:
    backwards = exchanges(200)[::-1]
    numbers = [each.exchange for each in questions(backwards, Random(1))]
    assert numbers == sorted(numbers, reverse=True)


def test_other_exchanges_are_drawn_each_time() -> None:
    assert questions(exchanges(300), Random(1)) != questions(exchanges(300), Random(2))


def test_all_that_can_be_asked_are_asked_if_they_are_few() -> None:
    assert [each.exchange for each in questions(exchanges(23), Random(1))] == list(range(23))


@pytest.mark.parametrize(
    ("reply", "answer"),
    [
        (["yes"], []),
        (["yes"], ["  ", ""]),
        (["  "], ["yes"]),
        (["yes"], ["yes"]),
        (["Yes "], [" yES"]),
        (["STRASSE"], ["straße"]),
        (["yes", "", "no"], ["yes", "no"]),
    ],
)
def test_silence_and_ties_are_left_out(reply: list[str], answer: list[str]) -> None:
    asked = [*exchanges(20), exchange(20, reply=reply, answer=answer)]
    assert 20 not in [each.exchange for each in questions(asked, Random(1))]


@pytest.mark.parametrize(
    ("reply", "answer"),
    [(["yes"], ["yes."]), (["yes", "no"], ["yes no"]), (["a  b"], ["a b"])],
)
def test_a_difference_that_can_be_seen_is_asked_about(reply: list[str], answer: list[str]) -> None:
    assert exchange(0, reply=reply, answer=answer).tells_something


@pytest.mark.parametrize(("count", "bot_first"), [(300, 20), (40, 20), (21, 10)])
def test_the_bot_is_first_in_half_of_the_questions(count: int, bot_first: int) -> None:
    for seed in range(5):
        sides = Counter(each.bot for each in questions(exchanges(count), Random(seed)))
        assert sides["a"] == bot_first


def test_where_the_bot_stands_does_not_depend_on_the_place() -> None:
    first = Counter(
        place
        for seed in range(400)
        for place, each in enumerate(questions(exchanges(20), Random(seed)))
        if each.bot == "a"
    )
    assert all(140 < first[place] < 260 for place in range(20))


# The context


def test_as_much_of_the_context_is_shown_as_the_bot_is_given() -> None:
    pair = one_session(20)[10].pair
    assert visible_context(pair, [pair], 7) == pair.context[-7:]
    assert visible_context(pair, [pair], 1) == (Line("Ana", ("question 10",)),)
    assert visible_context(pair, [pair], 99) == pair.context


def test_no_context_shows_a_reply_that_is_asked_about_as_well() -> None:
    first, second, *_ = (one_session(20)[number].pair for number in (8, 10))
    assert visible_context(second, [first, second], 7) == (
        Line("Ana", ("question 9",)),
        Line(ME, ("real 9",)),
        Line("Ana", ("question 10",)),
    )
    assert visible_context(first, [first, second], 7) == first.context[-7:]


def test_other_sessions_cut_no_context() -> None:
    pair = one_session(20)[10].pair
    other = exchange(1, session=1, turn=19).pair
    assert visible_context(pair, [pair, other], 7) == pair.context[-7:]


def test_what_cannot_be_seen_is_left_out_of_the_context() -> None:
    context = [Line(ME, ("", " ")), Line("Ana", (" hey ", ""))]
    pair = exchange(0, context=context, turn=2).pair
    assert visible_context(pair, [pair], 7) == (Line("Ana", ("hey",)),)
