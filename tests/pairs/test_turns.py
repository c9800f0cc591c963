from collections.abc import Iterator
from datetime import timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from elvisbot.conversation import ME, Message, Session, Turn
from elvisbot.errors import UnsortedMessagesError
from elvisbot.pairs import turns as stage
from elvisbot.pairs.turns import turns
from tests.histories import said

FIVE = timedelta(minutes=5)
HOUR = timedelta(hours=1)


def sessions(messages: list[Message]) -> list[Session]:
    return list(stage.sessions(messages, turn_gap=FIVE, session_gap=HOUR))


def texts(turn: Turn) -> list[str]:
    return [message.text for message in turn.messages]


def by_time(messages: list[Message]) -> list[Message]:
    return sorted(messages, key=lambda message: message.sent_at)


def test_a_burst_of_three_messages_is_one_turn() -> None:
    chat = said(("ana", 0, "hey"), ("ana", 4, "u up?"), ("ana", 9, "hello??"), (ME, 30, "yeah"))
    first, second = turns(chat, max_gap=FIVE)
    assert texts(first) == ["hey", "u up?", "hello??"]
    assert texts(second) == ["yeah"]
    assert (first.is_mine, second.is_mine) == (False, True)


def test_no_messages_are_no_turns() -> None:
    assert list(turns([], max_gap=FIVE)) == []
    assert sessions([]) == []


@pytest.mark.parametrize(("seconds", "expected"), [(299.999, 1), (300, 1), (300.001, 2)])
def test_a_message_exactly_the_gap_later_still_joins(seconds: float, expected: int) -> None:
    chat = said(("ana", 0, "hey"), ("ana", seconds, "u up?"))
    assert len(list(turns(chat, max_gap=FIVE))) == expected


def test_the_gap_counts_from_the_message_before_not_from_the_first() -> None:
    chat = said(("ana", 0, "a"), ("ana", 200, "b"), ("ana", 400, "c"))
    (only,) = turns(chat, max_gap=FIVE)
    assert texts(only) == ["a", "b", "c"]


def test_interleaved_chats_are_taken_apart() -> None:
    ana = said(("ana", 0, "hey"), (ME, 20, "hi"), chat="ana")
    ben = said(("ben", 10, "yo"), (ME, 30, "sup"), chat="ben")
    assert [[texts(turn) for turn in found.turns] for found in sessions(by_time(ana + ben))] == [
        [["hey"], ["hi"]],
        [["yo"], ["sup"]],
    ]


def test_sessions_come_in_the_order_in_which_they_begin_and_not_in_that_of_their_ends() -> None:
    ana = said(("ana", 0, "first"), (ME, 3000, "a"), ("ana", 6000, "b"), (ME, 9000, "c"))
    ben = said(("ben", 10, "second"), ("ben", 7000, "third"), chat="ben")
    found = sessions(by_time(ana + ben))
    assert [each.turns[0].messages[0].text for each in found] == ["first", "second", "third"]
    assert len(found[0].turns) == 4


def test_a_session_is_told_as_soon_as_it_is_over_and_begun_first() -> None:
    read = []

    def messages() -> Iterator[Message]:
        for message in said(("ana", 0, "a"), (ME, 5, "b"), ("ana", 3606, "c"), (ME, 9999, "d")):
            read.append(message.text)
            yield message

    first = next(stage.sessions(messages(), turn_gap=FIVE, session_gap=HOUR))
    assert len(first.turns) == 2
    assert read == ["a", "b", "c"]


@pytest.mark.parametrize("other", ["ana", "ben"])
def test_a_message_older_than_the_one_before_is_refused(other: str) -> None:
    chat = said(("ana", 10, "hey")) + said((other, 9, "u up?"), chat=f"{other} again")
    with pytest.raises(UnsortedMessagesError, match=f"{other} again-0"):
        sessions(chat)


@pytest.mark.parametrize(("seconds", "expected"), [(3599.9, 1), (3600, 1), (3600.1, 2)])
def test_a_silence_of_exactly_the_gap_does_not_end_a_session(seconds: float, expected: int) -> None:
    assert len(sessions(said(("ana", 0, "hey"), (ME, seconds, "hi")))) == expected


def test_the_silence_counts_from_the_end_of_the_turn_before() -> None:
    chat = said(("ana", 0, "hey"), ("ana", 250, "u up?"), (ME, 3800, "hi"))
    assert len(sessions(chat)) == 1


def test_two_chats_are_never_one_session() -> None:
    ana, ben = said(("ana", 0, "hey"), chat="ana"), said(("ben", 1, "yo"), chat="ben")
    assert len(sessions(ana + ben)) == 2


steps = st.lists(
    st.tuples(
        st.sampled_from(["ana", "ben"]),
        st.booleans(),
        st.sampled_from([0, 1, 299, 300, 301, 3599, 3600, 3601]) | st.floats(0, 9000),
    ),
    max_size=40,
)


@given(steps)
def test_nothing_is_lost_reordered_or_joined_across_a_gap(
    steps: list[tuple[str, bool, float]],
) -> None:
    moment, sent = 0.0, list[Message]()
    for chat, is_mine, gap in steps:
        moment += gap
        sent += said((ME if is_mine else chat, moment, str(len(sent))), chat=chat)
    found = sessions(sent)
    assert [each.started_at for each in found] == sorted(each.started_at for each in found)
    for chat in ("ana", "ben"):
        of_chat = [each for each in found if each.turns[0].messages[0].chat == chat]
        every_turn = [turn for session in of_chat for turn in session.turns]
        kept = [message for turn in every_turn for message in turn.messages]
        assert kept == [message for message in sent if message.chat == chat]
        for turn in every_turn:
            assert len({message.sender for message in turn.messages}) == 1
            assert all(b.sent_at - a.sent_at <= FIVE for a, b in pairwise(turn.messages))
        for before, after in pairwise(every_turn):
            joined = before.sender == after.sender
            assert not joined or after.sent_at - before.messages[-1].sent_at > FIVE
        for session in of_chat:
            for before, after in pairwise(session.turns):
                assert after.sent_at - before.messages[-1].sent_at <= HOUR
        for one, other in pairwise(of_chat):
            assert other.started_at - one.turns[-1].messages[-1].sent_at > HOUR
