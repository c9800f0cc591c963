"""Which exchanges a round asks about, and which of the two replies is called A."""

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random
from typing import Final, Literal

from elvisbot.conversation import Line, Pair
from elvisbot.quiz.exchanges import Exchange, shown

QUESTIONS: Final = 40
"""In a round, at most: ten minutes' work, and an interval of 15 points to either side."""

MIN_QUESTIONS: Final = 20
"""Fewer give no figure worth the name."""

Side = Literal["a", "b"]


@dataclass(frozen=True, slots=True)
class Question:
    """Which of two replies did the person write?

    Attributes:
        exchange: Its number among all that could be asked about.
        bot: Where the bot's reply stands.
    """

    exchange: int
    bot: Side


def questions(exchanges: Sequence[Exchange], random: Random) -> list[Question]:
    """A round: exchanges drawn at random, as many from each part of the time, oldest first.

    In half of them, chosen at random, the bot's reply is A. Where fewer than `QUESTIONS` tell
    something, all of those are asked about.
    """
    telling = [number for number, each in enumerate(exchanges) if each.tells_something]
    telling.sort(key=lambda number: exchanges[number].pair.sent_at)
    drawn = _evenly(telling, min(QUESTIONS, len(telling)), random)
    sides: list[Side] = ["a" if place % 2 else "b" for place in range(len(drawn))]
    random.shuffle(sides)
    return [Question(number, side) for number, side in zip(drawn, sides, strict=True)]


def _evenly(numbers: Sequence[int], count: int, random: Random) -> list[int]:
    """One at random out of each of `count` parts of `numbers`, which differ by one in size."""
    bounds = [len(numbers) * part // count for part in range(count)] if count else []
    ends = [*bounds[1:], len(numbers)]
    return [random.choice(numbers[begin:end]) for begin, end in zip(bounds, ends, strict=False)]


def visible_context(pair: Pair, asked: Sequence[Pair], turns: int) -> tuple[Line, ...]:
    """The turns before a reply that may be seen beside it: the last `turns`, as the bot sees them.

    They begin after the latest reply that is asked about as well; otherwise the context of one
    question would give another one away. The last turn, which is theirs, always remains.
    """
    begin = max(
        (each.turn + 1 for each in asked if each.session == pair.session and each.turn < pair.turn),
        default=0,
    )
    allowed = min(turns, pair.turn - begin)
    lines = (Line(line.sender, shown(line.texts)) for line in pair.context[-allowed:])
    return tuple(line for line in lines if line.texts)
