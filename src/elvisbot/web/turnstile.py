"""A few replies at a time: more would only make all of them slower."""

import threading
import time
from collections.abc import Callable
from typing import Final

from werkzeug.exceptions import ServiceUnavailable

POLL: Final = 0.25
"""Seconds between two looks whether somebody in the queue has gone away."""

RETRY_AFTER: Final = 5
"""Seconds, as advice to those who are turned away."""


class Turnstile:
    """Lets a few through at a time, in the order of their coming."""

    def __init__(self, *, through: int = 1, waiting: int = 8, patience: float = 30.0) -> None:
        """At most `through` are through, and `waiting` wait, for at most `patience` seconds."""
        self._through = through
        self._waiting = waiting
        self._patience = patience
        self._queue: list[object] = []  # those who stand first are through
        self._changed = threading.Condition()

    def enter(self, is_gone: Callable[[], bool]) -> Callable[[], None]:
        """Wait for one's turn.

        Args:
            is_gone: Asked while waiting; gives the place up when true.

        Returns:
            What to call at the end, from any thread, once or more often.

        Raises:
            ServiceUnavailable: if too many are waiting, or it takes too long, or `is_gone`.
        """
        place = object()
        with self._changed:
            if len(self._queue) >= self._through + self._waiting:
                raise ServiceUnavailable(retry_after=RETRY_AFTER)
            self._queue.append(place)
        until = time.monotonic() + self._patience
        try:
            with self._changed:
                while place not in self._queue[: self._through]:
                    if is_gone() or time.monotonic() >= until:
                        raise ServiceUnavailable(retry_after=RETRY_AFTER)
                    self._changed.wait(min(POLL, self._patience))
        except BaseException:
            self._leave(place)
            raise
        return lambda: self._leave(place)

    def _leave(self, place: object) -> None:
        with self._changed:
            if place in self._queue:
                self._queue.remove(place)
                self._changed.notify_all()
