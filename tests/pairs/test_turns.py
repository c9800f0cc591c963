from datetime import timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from elvisbot.conversation import ME
from elvisbot.errors import UnsortedMessagesError
from elvisbot.pairs.turns import sessions, turns
from tests.histories import said

FIVE = timedelta(minutes=5)
HOUR = timedelta(hours=1)


def test_a_burst_of_three_messages_is_one_turn() -> None:
    chat = said(("ana", 0, "hey"), ("ana", 4, "u up?"), ("ana", 9, "hello??"), (ME, 30, "yeah"))
    first, second = turns(chat, max_gap=FIVE)
    assert first.line.texts == ("hey", "u up?", "hello??")
    assert second.line.texts == ("yeah",)
    assert (first.is_mine, second.is_mine) == (False, True)


@pytest.mark.parametrize(("seconds", "expected"), [(299.999, 1), (300, 1), (300.001, 2)])
def test_a_message_exactly_the_gap_later_still_joins(seconds: float, expected: int) -> None:
    chat = said(("ana", 0, "hey"), ("ana", seconds, "u up?"))
    assert len(list(turns(chat, max_gap=FIVE))) == expected


def test_the_gap_counts_from_the_message_before_not_from_the_first() -> None:
    chat = said(("ana", 0, "a"), ("ana", 200, "b"), ("ana", 400, "c"))
    (only,) = turns(chat, max_gap=FIVE)
    assert only.line.texts == ("a", "b", "c")


def test_interleaved_chats_are_taken_apart() -> None:
    ana = said(("ana", 0, "hey"), (ME, 20, "hi"), chat="ana")
    ben = said(("ben", 10, "yo"), (ME, 30, "sup"), chat="ben")
    mixed = sorted(ana + ben, key=lambda message: message.sent_at)
    assert [turn.line.texts for turn in turns(mixed, max_gap=FIVE)] == [
        ("hey",),
        ("hi",),
        ("yo",),
        ("sup",),
    ]


def test_a_message_older_than_the_one_before_is_refused() -> None:
    chat = said(("ana", 10, "hey"), ("ana", 9, "u up?"))
    with pytest.raises(UnsortedMessagesError, match="ana-1"):
        list(turns(chat, max_gap=FIVE))


@pytest.mark.parametrize(("seconds", "expected"), [(3599.9, 1), (3600, 1), (3600.1, 2)])
def test_a_silence_of_exactly_the_gap_does_not_end_a_session(seconds: float, expected: int) -> None:
    chat = said(("ana", 0, "hey"), (ME, seconds, "hi"))
    assert len(list(sessions(turns(chat, max_gap=FIVE), max_gap=HOUR))) == expected


def test_the_silence_counts_from_the_end_of_the_turn_before() -> None:
    chat = said(("ana", 0, "hey"), ("ana", 250, "u up?"), (ME, 3800, "hi"))
    assert len(list(sessions(turns(chat, max_gap=FIVE), max_gap=HOUR))) == 1


def test_two_chats_are_never_one_session() -> None:
    ana, ben = said(("ana", 0, "hey"), chat="ana"), said(("ben", 1, "yo"), chat="ben")
    assert len(list(sessions(turns(ana + ben, max_gap=FIVE), max_gap=HOUR))) == 2


@given(
    st.lists(st.tuples(st.sampled_from(["ana", ME]), st.floats(0, 9000)), max_size=40).map(
        lambda steps: [(who, gap, str(index)) for index, (who, gap) in enumerate(steps)]
    )
)
def test_nothing_is_lost_reordered_or_joined_across_a_gap(
    steps: list[tuple[str, float, str]],
) -> None:
    moment, lines = 0.0, []
    for who, gap, text in steps:
        moment += gap
        lines.append((who, moment, text))
    chat = said(*lines)
    found = list(sessions(turns(chat, max_gap=FIVE), max_gap=HOUR))
    every_turn = [turn for session in found for turn in session.turns]
    assert [message for turn in every_turn for message in turn.messages] == chat
    for turn in every_turn:
        assert len({message.sender for message in turn.messages}) == 1
        assert all(b.sent_at - a.sent_at <= FIVE for a, b in pairwise(turn.messages))
    for before, after in pairwise(every_turn):
        joined = before.sender == after.sender
        assert not joined or after.sent_at - before.messages[-1].sent_at > FIVE
