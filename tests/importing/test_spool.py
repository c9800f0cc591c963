"""Messages in order, each with the reactions to it."""

import random
import tempfile
from collections.abc import Sequence
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from elvisbot.conversation import ME, Message, Reaction
from elvisbot.importing.spool import Spool
from elvisbot.messages import decoded, encoded
from elvisbot.sources import ReactionTo
from tests.histories import START, said


def spooled(messages: Sequence[Message], reactions: Sequence[ReactionTo] = ()) -> list[Message]:
    with tempfile.TemporaryFile() as file:
        spool = Spool(file)
        for message in messages:
            spool.add(message)
        for reaction in reactions:
            spool.react(reaction)
        return [decoded(line) for line in spool.lines()]


def reaction(kind: str, seconds: float, *, to: str = "ana-0", back: bool = False) -> ReactionTo:
    moment = START + timedelta(seconds=seconds)
    return ReactionTo(to, Reaction(kind, "ana", moment), is_removal=back)


def test_messages_come_back_oldest_first() -> None:
    sent = said(("ana", 5, "b"), (ME, 9, "c"), ("ana", 1, "a"))
    assert [message.text for message in spooled(sent)] == ["a", "b", "c"]


def test_messages_of_one_moment_stay_in_the_order_given() -> None:
    sent = said(("ana", 5, "1"), (ME, 5, "2"), ("ana", 1, "0"), (ME, 5, "3"))
    assert [message.text for message in spooled(sent)] == ["0", "1", "2", "3"]


def test_nothing_gives_nothing() -> None:
    assert spooled([]) == []


def test_reactions_stand_in_the_order_in_which_they_came() -> None:
    (message,) = spooled(said((ME, 0, "hi")), [reaction("liked", 9), reaction("🎉", 3)])
    assert [each.kind for each in message.reactions] == ["🎉", "liked"]


def test_a_reaction_taken_back_is_gone() -> None:
    events = [reaction("liked", 3), reaction("loved", 4), reaction("liked", 5, back=True)]
    (message,) = spooled(said((ME, 0, "hi")), events)
    assert [each.kind for each in message.reactions] == ["loved"]


def test_a_reaction_that_came_twice_stands_once() -> None:
    (message,) = spooled(said((ME, 0, "hi")), [reaction("liked", 3), reaction("liked", 4)])
    assert len(message.reactions) == 1


def test_a_reaction_to_nothing_known_is_left_out() -> None:
    assert spooled(said((ME, 0, "hi")), [reaction("liked", 3, to="gone")])[0].reactions == ()


@given(st.lists(st.tuples(st.integers(0, 50), st.text(max_size=5)), max_size=30), st.randoms())
def test_any_order_of_rows_gives_the_same_lines(
    sent: list[tuple[int, str]], shuffle: random.Random
) -> None:
    times = {index: seconds for index, (seconds, _) in enumerate(sent)}
    assert len(times) == len(sent)
    messages = said(
        *((ME, index * 100 + seconds, text) for index, (seconds, text) in enumerate(sent))
    )
    expected = list(map(encoded, messages))
    shuffle.shuffle(messages)
    assert list(map(encoded, spooled(messages))) == expected
