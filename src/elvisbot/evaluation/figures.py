"""A measured number, with the interval in which it lies 95 times of 100."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

DRAWS: Final = 1000
"""Bootstrap samples for an interval."""

Times = NDArray[np.float64]
"""How often each reply counts in a bootstrap sample."""


@dataclass(frozen=True)
class Figure:
    """A number and the bounds of its 95 % interval."""

    value: float
    low: float
    high: float


def bootstrapped(statistic: Callable[..., float], *sizes: int, draws: int = DRAWS) -> Figure:
    """The figure of `statistic`, which is given how often each member of each set counts.

    Args:
        sizes: Of the sets; each is drawn anew, with replacement, by itself.
    """
    random = np.random.default_rng(0)
    value = statistic(*(np.ones(size) for size in sizes))
    drawn = [
        statistic(*(random.multinomial(size, np.full(size, 1 / size)) for size in sizes))
        for _ in range(draws)
    ]
    low, high = np.nanpercentile(drawn, [2.5, 97.5])
    return Figure(float(value), float(low), float(high))


def exactly(value: float) -> Figure:
    """The figure of what is known without measuring."""
    return Figure(value, value, value)


def share(members: Sequence[bool]) -> Figure:
    """The figure of the share of `members` that are true; 0 where there are none."""
    return mean(np.array(members, dtype=np.float64))


def mean(members: NDArray[np.float64]) -> Figure:
    """The figure of the mean of `members`; 0 where there are none."""
    if not len(members):
        return Figure(0.0, 0.0, 0.0)
    return bootstrapped(lambda times: float(times @ members / times.sum()), len(members))


def ratio_of_sums(above: NDArray[np.float64], below: NDArray[np.float64]) -> Figure:
    """The figure of the sum of `above` over that of `below`; both belong to the same members."""
    return bootstrapped(lambda times: float(times @ above / (times @ below)), len(above))
