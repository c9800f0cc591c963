"""Whether replies are words of their own, and how varied they are."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from typing import Final

from elvisbot.evaluation.figures import Times
from elvisbot.evaluation.style import Reply
from elvisbot.evaluation.words import tokens, words

COPIED: Final = 6
"""Words in a row that stand in the training replies: shorter runs are what everybody says."""

Pairs = list[tuple[str, str]]
"""Neighbouring tokens."""


def copied(replies: Sequence[Reply], learnt: Iterable[Reply]) -> list[bool]:
    """For every reply of at least `COPIED` words, whether so many of them in a row were learnt."""
    known = {run for reply in learnt for run in _runs(reply)}
    able = [runs for reply in replies if (runs := list(_runs(reply)))]
    return [any(run in known for run in runs) for runs in able]


def token_pairs(replies: Sequence[Reply]) -> list[Pairs]:
    """The pairs of neighbouring tokens of each reply."""
    return [list(pairwise(tokens("\n".join(reply)))) for reply in replies]


def repeated(replies: Sequence[Pairs], times: Times) -> Pairs:
    """The pairs of all replies, each as often as it counts."""
    return [
        pair
        for pairs, count in zip(replies, times, strict=True)
        for _ in range(int(count))
        for pair in pairs
    ]


def distinct(pairs: Pairs) -> float:
    """The share of different ones. It falls with their number: compare it for equal numbers."""
    return len(set(pairs)) / len(pairs) if pairs else 0.0


def variety(ours: Pairs, theirs: Pairs) -> float:
    """The share of different ones, over that of as many of theirs."""
    count = min(len(ours), len(theirs))
    return distinct(ours[:count]) / (distinct(theirs[:count]) or 1.0)


def commonest_share(replies: Sequence[Reply]) -> float:
    """The share of the reply that is given most often."""
    said = Counter(" ".join(tokens("\n".join(reply))) for reply in replies)
    return said.most_common(1)[0][1] / len(replies)


def _runs(reply: Reply) -> Iterator[tuple[str, ...]]:
    said = words("\n".join(reply))
    return (tuple(said[at : at + COPIED]) for at in range(len(said) - COPIED + 1))
