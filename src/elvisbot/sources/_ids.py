"""Ids for the messages of formats that have none: the same in every export of a history."""

import hashlib
from collections import Counter
from typing import Final

_HEX_DIGITS: Final = 20


class Ids:
    """Derives an id from what a message is made of.

    Messages that are alike are told apart by their number, in the order in which they come. Those
    of another file are the same messages once more: an export often holds an older one.
    """

    def __init__(self, source: str) -> None:
        """Ids that begin with the key of `source`."""
        self._source = source
        self._alike: Counter[str] = Counter()
        self._given: set[str] = set()

    def begin_file(self) -> None:
        """To be called before the messages of another file."""
        self._alike.clear()

    def new(self, *parts: str) -> str | None:
        """The id of a message that is made of `parts`; None if an earlier file had it."""
        name = self.of(*parts)
        if name in self._given:
            return None
        self._given.add(name)
        return name

    def of(self, *parts: str) -> str:
        """The id of a message that is made of `parts`, whether or not an earlier file had it."""
        name = self._derived(*parts)
        self._alike[name] += 1
        if (number := self._alike[name]) > 1:
            name = self._derived(*parts, str(number))
        return name

    def _derived(self, *parts: str) -> str:
        digest = hashlib.sha256("\0".join(parts).encode()).hexdigest()
        return f"{self._source}:{digest[:_HEX_DIGITS]}"
