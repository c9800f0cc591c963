"""How long the bot waits and types: the person's own times, or those that a visitor bears."""

import math
from datetime import UTC, datetime
from random import Random
from typing import Final

from elvisbot.bots import Timing

LONGEST: Final = 8 * 3600
"""Seconds until an answer begins, at most: what is further apart belongs to no session."""

_HOUR: Final = 3600
"""Seconds. Whoever takes an hour to begin has a visitor wait as long as they are patient."""


class Pace:
    """Draws how long one person takes."""

    def __init__(self, timing: Timing, random: Random, *, real_time: bool) -> None:
        """Draw from `timing`.

        Args:
            real_time: Whether the times are the person's own; else they are squeezed into
                `timing.patience`, such that what takes longer for the person still does.
        """
        self._timing = timing
        self._random = random
        self._real_time = real_time

    def begin(self, heard_at: datetime, now: datetime | None = None) -> float:
        """Seconds until the answer to what was heard then begins.

        Args:
            now: In real time, from when they are counted: who reloads the page does not wait anew.
                None for when it was heard.
        """
        if not self._timing.begin:
            return 0.0
        usual = self._timing.begin[heard_at.astimezone(UTC).hour]
        seconds = min(LONGEST, self._drawn(usual, self._timing.begin_spread))
        if self._real_time:
            waited = (now - heard_at).total_seconds() if now else 0.0
            return max(0.0, seconds - max(0.0, waited))
        patience = self._timing.patience
        return min(patience, patience * math.log1p(seconds) / math.log1p(_HOUR))

    def typing(self, text: str) -> float:
        """Seconds that typing `text` takes."""
        seconds = self._drawn(self._timing.typing(len(text)), self._timing.spread)
        if self._real_time:
            return seconds
        patience = self._timing.patience
        return -patience * math.expm1(-seconds / patience) if patience else 0.0

    def _drawn(self, usual: float, spread: float) -> float:
        return usual * self._random.lognormvariate(0.0, spread)
