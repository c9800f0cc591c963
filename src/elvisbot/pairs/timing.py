"""How long the person takes to type and to begin, learned from the times of their messages.

A further message of a burst of mine comes `pause + n / characters_per_second` seconds after the one
before, n characters long, give or take. A line is laid through the medians of messages of like
length, which a coffee in between does not move. What passes between their last message and my first
one, without the time of typing that, is how long I take to begin.

Two moments that are both whole minutes tell no seconds, so that a history which knows minutes alone
teaches nothing here, and of a mixed one the rest does.
"""

import math
from array import array
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import chain, pairwise
from statistics import fmean, median, median_grouped
from typing import Final

from elvisbot.bots import HOURS, MAX_SPREAD, Timing
from elvisbot.conversation import Message, Session, Turn
from elvisbot.pairs.targets import unfit

MIN_SAMPLES: Final = 100
"""Fewer pauses within bursts, or before answers, tell nothing."""

MIN_BIN: Final = 25
"""So many messages of like length have a median worth fitting a line to."""

BINS: Final = 20
"""Of messages of like length, at most."""

MIN_HOUR: Final = 30
"""An hour with fewer answers is taken together with the hours around it."""

MAX_PAUSE: Final = 60.0
"""Seconds. Whoever takes longer for a short message was doing something else."""

SLOWEST: Final = 0.5
"""Characters a second; who hunts for each key takes one second for one, or two."""

FASTEST: Final = 50.0
"""Characters a second; nobody types faster than a third of it, but some dictate and paste."""

MAX_CHARACTERS: Final = 0xFFFF
"""A longer message counts as one of this length."""

_LEAST: Final = 0.5
"""Seconds. Times are cut to whole seconds, and a wait of none has no logarithm."""

_MAD: Final = 1.4826
"""A normal distribution's standard deviation, in median absolute deviations."""


class Waits:
    """Gathers the waits of a history, 15 bytes of each, and tells what they say."""

    def __init__(self) -> None:
        self._gaps = array("f")
        self._lengths = array("H")
        self._answer_waits = array("f")
        self._first_lengths = array("H")
        self._hours = array("B")

    def add(self, session: Session) -> None:
        """Take in a session, in any order."""
        for turn in session.turns:
            if turn.is_mine:
                self._add_burst(turn)
        for heard, answer in pairwise(session.turns):
            if answer.is_mine and not heard.is_mine:
                self._add_answer(heard.messages[-1], answer.messages[0])

    def timing(self, before: Timing) -> Timing:
        """What was learned, the defaults for the rest, and the patience of `before`."""
        timing = Timing(patience=before.patience)
        if len(self._gaps) >= MIN_SAMPLES:
            timing = _with_typing(timing, self._gaps, self._lengths)
        if len(self._answer_waits) >= MIN_SAMPLES:
            timing = _with_begin(timing, list(self._begins(timing)))
        return timing

    def _add_burst(self, turn: Turn) -> None:
        for earlier, later in pairwise(turn.messages):
            if _tells_seconds(earlier, later) and _is_typed(later):
                self._gaps.append(_seconds(earlier.sent_at, later.sent_at))
                self._lengths.append(_characters(later))

    def _add_answer(self, heard: Message, answer: Message) -> None:
        if _tells_seconds(heard, answer) and _is_typed(answer):
            self._answer_waits.append(_seconds(heard.sent_at, answer.sent_at))
            self._first_lengths.append(_characters(answer))
            self._hours.append(heard.sent_at.hour)

    def _begins(self, timing: Timing) -> Iterator[tuple[int, float]]:
        """Hours, and the waits in them without the time of typing, down to 0."""
        for hour, wait, length in zip(
            self._hours, self._answer_waits, self._first_lengths, strict=True
        ):
            yield hour, max(0.0, wait - timing.typing(length))


def _tells_seconds(earlier: Message, later: Message) -> bool:
    return any(each.sent_at.second or each.sent_at.microsecond for each in (earlier, later))


def _is_typed(message: Message) -> bool:
    return message.placeholder is None and unfit(message) is None


def _seconds(earlier: datetime, later: datetime) -> float:
    return (later - earlier).total_seconds()


def _characters(message: Message) -> int:
    return min(len(message.text), MAX_CHARACTERS)


def _with_typing(timing: Timing, gaps: Sequence[float], lengths: Sequence[int]) -> Timing:
    pause, slope = _line(gaps, lengths)
    learned = replace(timing, pause=round(pause, 2), characters_per_second=round(1 / slope, 2))
    usual = map(learned.typing, lengths)
    return replace(learned, spread=_spread(zip(gaps, usual, strict=True)))


def _line(gaps: Sequence[float], lengths: Sequence[int]) -> tuple[float, float]:
    """The pause, and the seconds a character, of the line nearest to the medians of messages of
    like length, within the bounds.

    What it misses counts in proportion to the median, since longer times spread more.
    """
    points = list(_medians(gaps, lengths))
    weights = [count / max(gap, _LEAST) ** 2 for _, gap, count in points]
    mean_length = _mean([length for length, _, _ in points], weights)
    mean_gap = _mean([gap for _, gap, _ in points], weights)
    moments = [
        (weight * (length - mean_length) ** 2, weight * (length - mean_length) * (gap - mean_gap))
        for weight, (length, gap, _) in zip(weights, points, strict=True)
    ]
    square, product = (sum(column) for column in zip(*moments, strict=True))
    slope = _clipped(product / square if square else 0.0, 1 / FASTEST, 1 / SLOWEST)
    pause = mean_gap - slope * mean_length
    if pause < 0:
        pause, slope = 0.0, _clipped(mean_gap / mean_length, 1 / FASTEST, 1 / SLOWEST)
    return min(pause, MAX_PAUSE), slope


def _medians(gaps: Sequence[float], lengths: Sequence[int]) -> Iterator[tuple[float, float, int]]:
    """Length, median gap and number of messages of like length, as many in each bin.

    Gaps of whole seconds are taken to be spread evenly around them.
    """
    by_length = sorted(zip(lengths, gaps, strict=True))
    size = max(MIN_BIN, math.ceil(len(by_length) / BINS))
    for start in range(0, len(by_length), size):
        chosen = by_length[start : start + size]
        if len(chosen) >= MIN_BIN:
            yield (
                fmean(each for each, _ in chosen),
                median_grouped(gap for _, gap in chosen),
                len(chosen),
            )


def _with_begin(timing: Timing, begins: Sequence[tuple[int, float]]) -> Timing:
    by_hour: list[list[float]] = [[] for _ in range(HOURS)]
    for hour, seconds in begins:
        by_hour[hour].append(seconds)
    usual = tuple(round(median(_around(hour, by_hour)), 1) for hour in range(HOURS))
    spread = _spread((seconds, usual[hour]) for hour, seconds in begins)
    return replace(timing, begin=usual, begin_spread=spread)


def _around(hour: int, by_hour: Sequence[Sequence[float]]) -> list[float]:
    """What is known of an hour, or of as few around it as give `MIN_HOUR` answers."""
    for reach in range(HOURS // 2 + 1):
        near = {(hour + offset) % HOURS for offset in range(-reach, reach + 1)}
        if sum(len(by_hour[each]) for each in near) >= MIN_HOUR:
            break
    return list(chain.from_iterable(by_hour[each] for each in near))


def _spread(times: Iterator[tuple[float, float]]) -> float:
    """The robust standard deviation of the logarithm of real times about the usual ones."""
    off = [abs(math.log(max(real, _LEAST) / max(usual, _LEAST))) for real, usual in times]
    return round(min(_MAD * median(off), MAX_SPREAD), 2)


def _mean(values: Sequence[float], weights: Sequence[float]) -> float:
    weighted = (value * weight for value, weight in zip(values, weights, strict=True))
    return sum(weighted) / sum(weights)


def _clipped(value: float, least: float, most: float) -> float:
    return min(max(value, least), most)
