"""Gaps come back from histories that were made with known ones."""

import math
import random
from collections.abc import Callable
from datetime import timedelta
from itertools import accumulate

import pytest

from elvisbot.bots import Pairing
from elvisbot.conversation import ME, Message
from elvisbot.pairs.gaps import SESSION, TURN, Gap, gaps_of
from tests.histories import said

Waits = Callable[[random.Random], float]

BURST = (12.0, 0.9)
"""The median of the waits within a burst, in seconds, and the spread of their logarithms."""


def mixed(share: float, short: tuple[float, float], long: tuple[float, float]) -> Waits:
    """Waits of two modes; `share` of them are short."""

    def wait(chance: random.Random) -> float:
        median, spread = short if chance.random() < share else long
        return chance.lognormvariate(math.log(median), spread)

    return wait


def meeting_point(share: float, short: tuple[float, float], long: tuple[float, float]) -> float:
    """Where both modes are equally likely: the gap that misplaces the fewest waits."""

    def surplus(log_wait: float) -> float:
        (one, spread), (other, wide) = short, long
        return (
            math.log(share / spread / ((1 - share) / wide))
            - ((log_wait - math.log(one)) / spread) ** 2 / 2
            + ((log_wait - math.log(other)) / wide) ** 2 / 2
        )

    low, high = math.log(short[0]), math.log(long[0])
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if surplus(middle) > 0 else (low, middle)
    return math.exp(low)


def history(wait: Waits, *, messages: int = 6000, seed: int = 0, whole: int = 1) -> list[Message]:
    """One sender's messages, so that both gaps are learned from the same waits.

    Args:
        whole: Times are cut to so many whole seconds.
    """
    chance = random.Random(seed)
    moments = accumulate(wait(chance) for _ in range(messages))
    return said(*(("ana", moment // whole * whole, "x") for moment in moments))


def learned(messages: list[Message]) -> tuple[Gap, Gap]:
    found = gaps_of(messages, Pairing())
    return found.turn, found.session


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize(
    ("share", "short", "long"),
    [
        (0.8, (8, 1.0), (6 * 3600, 1.2)),
        (0.9, (15, 0.9), (3600, 1.0)),
        (0.6, (20, 0.8), (1800, 0.9)),
    ],
)
def test_a_turn_gap_comes_back_within_a_factor_of_one_and_a_half(
    share: float, short: tuple[float, float], long: tuple[float, float], seed: int
) -> None:
    turn, _ = learned(history(mixed(share, short, long), seed=seed))
    assert turn.origin == "learned"
    ratio = turn.length.total_seconds() / meeting_point(share, short, long)
    assert 1 / 1.5 <= ratio <= 1.5


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize(
    ("share", "short", "long"),
    [
        (0.9, (30, 1.3), (10 * 3600, 1.2)),
        (0.7, (150, 1.2), (18 * 3600, 1.5)),
        (0.5, (300, 1.0), (14 * 3600, 1.0)),
        (0.6, (600, 0.8), (48 * 3600, 0.8)),
    ],
)
def test_a_session_gap_comes_back_within_a_factor_of_one_and_a_half(
    share: float, short: tuple[float, float], long: tuple[float, float], seed: int
) -> None:
    _, session = learned(history(mixed(share, short, long), seed=seed))
    assert session.origin == "learned"
    ratio = session.length.total_seconds() / meeting_point(share, short, long)
    assert 1 / 1.5 <= ratio <= 1.5


@pytest.mark.parametrize(
    "wait",
    [
        mixed(1.0, (20, 1.0), (1, 1)),
        mixed(1.0, (300, 2.0), (1, 1)),
        lambda chance: chance.expovariate(1 / 60),
        lambda chance: chance.expovariate(1 / 3600),
        lambda chance: 5 * chance.paretovariate(1),
        lambda chance: chance.uniform(0, 7200),
        lambda chance: 30.0,
        lambda chance: 0.0,
    ],
    ids=["narrow", "wide", "quick", "slow", "long tail", "even", "always the same", "at once"],
)
def test_waits_with_one_mode_leave_the_defaults(wait: Waits) -> None:
    assert learned(history(wait, messages=2000)) == (
        Gap(timedelta(minutes=10), "default"),
        Gap(timedelta(hours=1), "default"),
    )


@pytest.mark.parametrize(("messages", "origin"), [(100, "default"), (101, "learned")])
def test_fewer_than_a_hundred_waits_leave_the_defaults(messages: int, origin: str) -> None:
    waits = iter([10.0, 86_400.0] * 60)
    turn, session = learned(history(lambda chance: next(waits), messages=messages))
    assert (turn.origin, session.origin) == (origin, origin)


@pytest.mark.parametrize(("long", "origin"), [(19, "default"), (20, "learned")])
def test_fewer_than_twenty_long_waits_are_no_mode(long: int, origin: str) -> None:
    waits = iter([0.0, *[10.0] * 500, *[86_400.0] * long])
    _, session = learned(history(lambda chance: next(waits), messages=501 + long))
    assert session.origin == origin


@pytest.mark.parametrize(
    ("short", "long", "turn"),
    [
        ((5, 0.5), (120, 0.5), TURN.shortest),
        ((3600, 0.5), (10 * 86_400, 0.5), TURN.longest),
    ],
)
def test_a_learned_turn_gap_stays_within_the_limits(
    short: tuple[float, float], long: tuple[float, float], turn: timedelta
) -> None:
    assert learned(history(mixed(0.7, short, long)))[0] == Gap(turn, "learned")


@pytest.mark.parametrize(
    ("short", "long", "session"),
    [
        ((60, 0.5), (3600, 0.5), SESSION.shortest),
        ((7200, 0.5), (60 * 86_400, 0.5), SESSION.longest),
    ],
)
def test_a_learned_session_gap_stays_within_the_limits(
    short: tuple[float, float], long: tuple[float, float], session: timedelta
) -> None:
    assert learned(history(mixed(0.7, short, long)))[1] == Gap(session, "learned")


def test_the_gap_lies_in_the_middle_where_nothing_lies_between_the_modes() -> None:
    waits = iter([10.0, 10.0, 10.0, 40_000.0] * 100)
    turn, _ = learned(history(lambda chance: next(waits), messages=400))
    assert turn.length.total_seconds() == pytest.approx(math.sqrt(10 * 40_000), rel=0.1)


def test_the_turn_gap_is_learned_from_waits_between_messages_of_one_sender() -> None:
    chance = random.Random(1)
    burst, reply, pause = mixed(0.8, BURST, (4000, 0.5)), (300.0, 0.3), (86_400.0, 0.5)
    moment, lines = 0.0, []
    for index in range(6000):
        sender = "ana" if index // 3 % 2 else ME
        if index % 3:
            moment += burst(chance)
        else:
            moment += mixed(0.9, reply, pause)(chance)
        lines.append((sender, moment, "x"))
    turn = gaps_of(said(*lines), Pairing()).turn
    ratio = turn.length.total_seconds() / meeting_point(0.8, BURST, (4000, 0.5))
    assert 1 / 1.5 <= ratio <= 1.5


def test_waits_between_chats_are_none() -> None:
    one = history(lambda chance: 10.0, messages=300)
    other = [
        message._replace(chat="ben", sent_at=message.sent_at + timedelta(seconds=3000))
        for message in history(lambda chance: 10.0, messages=300, seed=1)
    ]
    assert learned(one + other)[1].origin == "default"


def test_a_history_that_knows_minutes_alone_is_cut_between_minutes_and_not_within() -> None:
    exact = mixed(0.7, (150, 1.2), (18 * 3600, 1.5))
    _, session = learned(history(exact, whole=60))
    assert session.origin == "learned"
    assert timedelta(minutes=20) <= session.length <= timedelta(hours=2)


def test_gaps_that_are_set_are_taken_and_not_clipped() -> None:
    found = gaps_of(history(mixed(0.8, BURST, (20_000, 1))), Pairing(0.5, 2))
    assert found.turn == Gap(timedelta(seconds=30), "set")
    assert found.session == Gap(timedelta(minutes=2), "set")


@pytest.mark.parametrize(
    ("pairing", "turn", "session"),
    [
        (Pairing(turn_gap_minutes=90), (90, "set"), (90, "default")),
        (Pairing(turn_gap_minutes=60), (60, "set"), (60, "default")),
        (Pairing(session_gap_minutes=5), (5, "default"), (5, "set")),
        (Pairing(session_gap_minutes=10), (10, "default"), (10, "set")),
        (Pairing(session_gap_minutes=11), (10, "default"), (11, "set")),
    ],
)
def test_the_gap_that_is_not_set_gives_way(
    pairing: Pairing, turn: tuple[int, str], session: tuple[int, str]
) -> None:
    found = gaps_of([], pairing)
    assert (found.turn.length / timedelta(minutes=1), found.turn.origin) == turn
    assert (found.session.length / timedelta(minutes=1), found.session.origin) == session


def test_of_two_learned_gaps_the_turn_is_never_the_longer_one() -> None:
    found = gaps_of(history(mixed(0.5, (300, 0.5), (5000, 0.5))), Pairing())
    assert found.turn.origin == "learned"
    assert found.turn.length <= found.session.length
