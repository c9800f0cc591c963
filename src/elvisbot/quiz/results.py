"""What a round says about the bot: a share, the interval around it, and plain words."""

import math
from dataclasses import dataclass
from datetime import datetime
from typing import Final

TARGET: Final = 0.44
"""How often the bot should be taken for the person. The best figure that is published for a tuned
model and people who know the person is 44.44%: IMPersona, arXiv 2504.04332."""

GUESSING: Final = 0.5

_Z: Final = 1.959963984540054
"""The 97.5th percentile of the normal distribution."""


@dataclass(frozen=True, slots=True)
class Result:
    """How one round ended.

    Attributes:
        finished_at: In UTC.
        asked: How many questions there were; never 0.
        mistaken: How often the bot's reply was taken for the person's.
    """

    finished_at: datetime
    asked: int
    mistaken: int

    @property
    def share(self) -> float:
        return self.mistaken / self.asked

    @property
    def interval(self) -> tuple[float, float]:
        """In which the share lies 95 times of 100."""
        return wilson(self.mistaken, self.asked)

    @property
    def is_reached(self) -> bool:
        return self.share >= TARGET

    def figure(self, name: str) -> str:
        """The figure in one sentence."""
        low, high = (percent(bound) for bound in self.interval)
        return (
            f"You took the bot for {name} {self.mistaken} out of {self.asked} times: "
            f"{percent(self.share, digits=1)} (95% interval: {low} to {high})."
        )

    def meaning(self, name: str) -> str:
        """What the figure means, beside guessing and beside the target."""
        low, high = self.interval
        guessing = percent(GUESSING)
        if high < GUESSING:
            told = f"You can tell {name} from the bot: mere guessing would come to {guessing}."
        elif low > GUESSING:
            told = (
                f"You took the bot for {name} more often than {name}: guessing comes to {guessing}."
            )
        else:
            told = f"You could have been guessing: the interval holds {guessing}, where nobody can "
            told += f"tell {name} from the bot."
        reached = "is reached" if self.is_reached else "is not reached"
        return f"{told} The target, {percent(TARGET)}, {reached}."


def wilson(successes: int, trials: int) -> tuple[float, float]:
    """The bounds of the 95% score interval of a share (Wilson, 1927), without correction.

    Args:
        trials: 1 or more.
    """
    share, square = successes / trials, _Z * _Z / trials
    middle = share + square / 2
    half = _Z * math.sqrt(share * (1 - share) / trials + square / (4 * trials))
    low, high = ((middle + sign * half) / (1 + square) for sign in (-1, 1))
    return max(0.0, low), min(1.0, high)


def percent(share: float, *, digits: int = 0) -> str:
    """`43%`; with one digit `42.5%`, and `45%` where nothing follows the point."""
    return f"{100 * share:.{digits}f}".removesuffix(".0") + "%"
