"""The two gaps that cut a history into turns and sessions, learned from its own times.

How long one waits between two messages spans from seconds to months, and on a logarithmic scale
most histories show two modes: within a burst and after it, within a conversation and before the
next. The gap is the threshold between the two modes that misplaces the fewest waits if both are
normal distributions of log-seconds: minimum error thresholding (J. Kittler and J. Illingworth,
Pattern Recognition 19, 1986, pp. 41–47).
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import accumulate
from typing import Final, Literal

from elvisbot.bots import Pairing
from elvisbot.conversation import Message

Origin = Literal["learned", "set", "default"]

MIN_WAITS: Final = 100
"""Fewer waits between messages tell nothing."""

MIN_SIDE: Final = 20
"""So many waits belong to each mode at least."""

MIN_DIP: Final = 1.5
"""Of the smoothed histogram, the lower mode is so many times as high as the dip between both. Waits
with one skewed mode, which the normal distributions of the threshold fit badly, show no dip."""

_PER_OCTAVE: Final = 8
_BINS: Final = 24 * _PER_OCTAVE
"""Of the histogram: from 1 second to 194 days; waits beyond count as the shortest or longest."""

_MINUTE: Final = int(_PER_OCTAVE * math.log2(60))
_HALF_MINUTE: Final = int(_PER_OCTAVE * math.log2(30))

_SMOOTHING: Final = [
    math.exp(-((offset / _PER_OCTAVE / 0.5) ** 2) / 2)
    for offset in range(-2 * _PER_OCTAVE, 2 * _PER_OCTAVE + 1)
]
"""A Gaussian with a standard deviation of half an octave."""

_MIN_VARIANCE: Final = 0.25**2
"""Of a mode, in squared log-seconds: one bin's width must not become a mode by itself."""


@dataclass(frozen=True)
class Limits:
    """What a gap can be where it is not set: learned ones are clipped to the limits."""

    shortest: timedelta
    default: timedelta
    longest: timedelta


TURN: Final = Limits(timedelta(minutes=1), timedelta(minutes=10), timedelta(minutes=30))
SESSION: Final = Limits(timedelta(minutes=20), timedelta(hours=1), timedelta(hours=8))


@dataclass(frozen=True)
class Gap:
    """The longest wait that does not yet part two messages, and where it was got from."""

    length: timedelta
    origin: Origin


@dataclass(frozen=True)
class Gaps:
    """Of a history.

    Attributes:
        turn: Messages of one sender further apart are two turns.
        session: Messages further apart do not answer each other; never shorter than `turn`.
    """

    turn: Gap
    session: Gap


def gaps_of(messages: Iterable[Message], pairing: Pairing) -> Gaps:
    """The gaps of a history: as they are set, else as its times tell, else the defaults.

    Of two gaps in the wrong order, the one that is not set gives way; if neither is, the turn's.

    Args:
        messages: Oldest first; several chats may be interleaved.
    """
    same_sender, anyone = _waits(messages)
    turn = _gap(pairing.turn_gap_minutes, same_sender, TURN)
    session = _gap(pairing.session_gap_minutes, anyone, SESSION)
    if turn.length > session.length and turn.origin == "set":
        session = Gap(turn.length, session.origin)
    elif turn.length > session.length:
        turn = Gap(session.length, turn.origin)
    return Gaps(turn, session)


def _gap(minutes: float, waits: "_Histogram", limits: Limits) -> Gap:
    if minutes:
        return Gap(timedelta(minutes=minutes), "set")
    seconds = waits.threshold(above=limits.shortest.total_seconds() / 4)
    if seconds is None:
        return Gap(limits.default, "default")
    learned = timedelta(seconds=round(seconds))
    return Gap(min(max(learned, limits.shortest), limits.longest), "learned")


def _waits(messages: Iterable[Message]) -> "tuple[_Histogram, _Histogram]":
    """The waits between neighbouring messages of each chat: of one sender, and of anyone."""
    same_sender, anyone = _Histogram(), _Histogram()
    last: dict[str, tuple[str, datetime]] = {}
    for message in messages:
        if message.chat in last:
            sender, moment = last[message.chat]
            seconds = (message.sent_at - moment).total_seconds()
            anyone.add(seconds)
            if message.sender == sender:
                same_sender.add(seconds)
        last[message.chat] = (message.sender, message.sent_at)
    return same_sender, anyone


class _Histogram:
    """Counts waits by their logarithm."""

    def __init__(self) -> None:
        self._bins = [0] * _BINS

    def add(self, seconds: float) -> None:
        self._bins[min(int(_PER_OCTAVE * math.log2(max(seconds, 1))), _BINS - 1)] += 1

    def threshold(self, *, above: float) -> float | None:
        """The seconds that part two modes best; None if there is no telling.

        Args:
            above: Seconds; thresholds below are those of a mode's own fine structure.
        """
        bins = _without_whole_minutes(self._bins)
        if sum(bins) < MIN_WAITS:
            return None
        errors, error_of_one_mode = _errors(bins)
        edges = range(math.ceil(_PER_OCTAVE * math.log2(above)), _BINS)
        candidates = [
            edge
            for edge in edges
            if errors[edge] <= min(errors[edge - 1], errors[edge + 1], error_of_one_mode)
        ]
        best = min(candidates, key=errors.__getitem__, default=None)
        if best is None or not _has_dip(bins, best):
            return None
        return float(2 ** (_centre(bins, best) / _PER_OCTAVE))


def _without_whole_minutes(bins: list[int]) -> list[int]:
    """The same, with waits of 0 as half a minute where a history knows no seconds."""
    if any(bins[1:_MINUTE]):
        return bins
    spread = [0, *bins[1:]]
    spread[_HALF_MINUTE] += bins[0]
    return spread


def _errors(bins: list[int]) -> tuple[list[float], float]:
    """The criterion of Kittler and Illingworth for a cut before each bin, and for no cut.

    Infinite where too few waits are on one side.
    """
    middles = [(index + 0.5) * math.log(2) / _PER_OCTAVE for index in range(len(bins))]
    terms = [(n, n * x, n * x * x) for n, x in zip(bins, middles, strict=True)]
    below = [list(accumulate((term[power] for term in terms), initial=0.0)) for power in range(3)]
    total = (below[0][-1], below[1][-1], below[2][-1])
    errors = []
    for left in zip(*below, strict=True):
        right = (total[0] - left[0], total[1] - left[1], total[2] - left[2])
        enough = min(left[0], right[0]) >= MIN_SIDE
        cost = (_cost(left, total[0]) + _cost(right, total[0])) if enough else math.inf
        errors.append(cost)
    return errors, _cost(total, total[0])


def _cost(moments: tuple[float, ...], total: float) -> float:
    """What one mode adds to the criterion: P·log σ² − 2·P·log P, with its share P of the waits."""
    count, first, second = moments
    variance = max(second / count - (first / count) ** 2, _MIN_VARIANCE)
    share = count / total
    return share * (math.log(variance) - 2 * math.log(share))


def _has_dip(bins: list[int], threshold: int) -> bool:
    """Whether the smoothed histogram falls after its mode below the threshold, and rises again."""
    heights = _smoothed(bins)
    mode = max(range(threshold), key=heights.__getitem__)
    lowest, beyond = heights[mode], sum(bins[mode:])
    beyond_lowest = beyond
    for index in range(mode, len(bins)):
        if heights[index] < lowest:
            lowest, beyond_lowest = heights[index], beyond
        rises = min(heights[index], heights[mode]) >= MIN_DIP * lowest
        if index >= threshold and rises and beyond_lowest >= MIN_SIDE:
            return True
        beyond -= bins[index]
    return False


def _smoothed(bins: list[int]) -> list[float]:
    reach = len(_SMOOTHING) // 2
    padded = [0] * reach + bins + [0] * reach
    return [
        sum(weight * padded[index + offset] for offset, weight in enumerate(_SMOOTHING))
        for index in range(len(bins))
    ]


def _centre(bins: list[int], edge: int) -> float:
    """The middle of the empty bins around an edge, which all part the waits alike."""
    first = last = edge
    while first > 1 and not bins[first - 1]:
        first -= 1
    while last < len(bins) - 1 and not bins[last]:
        last += 1
    return (first + last) / 2
