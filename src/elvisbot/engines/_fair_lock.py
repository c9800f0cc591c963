"""A lock that is handed on in the order of asking."""

import threading
from collections import deque


class FairLock:
    """Use with `with`. Whoever leaves a `threading.Lock` and asks for it again at once gets it
    again, and those who wait may wait for long; here each gets a turn."""

    def __init__(self) -> None:
        self._own = threading.Lock()
        self._waiting: deque[threading.Lock] = deque()
        self._is_held = False

    def __enter__(self) -> None:
        with self._own:
            if not self._is_held:
                self._is_held = True
                return
            turn = threading.Lock()
            turn.acquire()
            self._waiting.append(turn)
        turn.acquire()

    def __exit__(self, *error: object) -> None:
        with self._own:
            if self._waiting:
                self._waiting.popleft().release()
            else:
                self._is_held = False
