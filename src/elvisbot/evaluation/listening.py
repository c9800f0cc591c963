"""Whether a model's replies fit what they answer: likelihoods of true replies and of others."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from random import Random
from typing import Final

import numpy as np
from numpy.typing import NDArray

from elvisbot.conversation import Pair
from elvisbot.training.network import Network

CANDIDATES: Final = 10
"""Replies that are compared in each context, the true one among them."""


@dataclass(frozen=True)
class Listening:
    """What came out, for each exchange.

    Attributes:
        gained: How many bits likelier the true reply is in its own context than, on average, in
            those of other replies to the same contact.
        hits: Whether it is ranked first of `CANDIDATES`, by how much likelier each becomes through
            the context.
    """

    gained: NDArray[np.float64]
    hits: NDArray[np.bool_]


def listen(network: Network, pairs: Sequence[Pair], *, turns: int, max_tokens: int) -> Listening:
    """Measure how much the context matters to the model.

    Args:
        turns: So many turns before the one that is answered are given.
        max_tokens: The longest sequence.

    Raises:
        ValueError: if there are fewer than `CANDIDATES` pairs.
    """
    if len(pairs) < CANDIDATES:
        raise ValueError(f"{CANDIDATES} pairs are needed")
    form = network.format
    replies = [form.reply(pair.reply)[: max_tokens // 2] for pair in pairs]
    neutral = np.concatenate(
        [
            network.likelihoods([form.start_id, form.answer_id], replies[at : at + CANDIDATES])
            for at in range(0, len(replies), CANDIDATES)
        ]
    )
    own = np.zeros(len(pairs))
    elsewhere: dict[int, list[float]] = defaultdict(list)
    hits = np.zeros(len(pairs), dtype=bool)
    for index, candidates in _candidates(pairs):
        context = form.prompt(pairs[index].context[-turns - 1 :])[-(max_tokens // 2) :]
        logs = network.likelihoods(context, [replies[each] for each in candidates])
        gains = logs - neutral[candidates]
        own[index] = logs[0]
        hits[index] = _is_first(gains, [pairs[each].reply for each in candidates])
        for each, log in zip(candidates[1:], logs[1:], strict=True):
            elsewhere[each].append(log)
    others = np.array([np.mean(elsewhere[index]) for index in range(len(pairs))])
    return Listening((own - others) / np.log(2), hits)


def _is_first(gains: NDArray[np.float64], replies: Sequence[Sequence[str]]) -> bool:
    """Whether the first gains most; those that say the same do not compete."""
    others = [
        gain
        for gain, reply in zip(gains[1:], replies[1:], strict=True)
        if tuple(reply) != tuple(replies[0])
    ]
    return bool(gains[0] > max(others, default=np.inf))


def _candidates(pairs: Sequence[Pair]) -> Iterator[tuple[int, list[int]]]:
    """Each exchange, and the replies to compare there: its own first, then those to the same
    contact, or to anybody where that contact got too few. Each is compared elsewhere as often."""
    groups: dict[str, list[int]] = defaultdict(list)
    for index, pair in enumerate(pairs):
        groups[pair.context[-1].sender].append(index)
    small = [index for group in groups.values() if len(group) < CANDIDATES for index in group]
    large = [group for group in groups.values() if len(group) >= CANDIDATES]
    if small and len(small) < CANDIDATES and large:
        small += large.pop()
    for group in [*large, small] if small else large:
        Random(0).shuffle(group)
        for place, index in enumerate(group):
            steps = range(1, CANDIDATES)
            yield index, [index, *(group[(place + step) % len(group)] for step in steps)]
