"""Pairs on their way to `train.jsonl` and `heldout.jsonl`.

Which pairs are held out is known only after the last one. Until then their lines wait in a file,
while 16 bytes of each are held.
"""

from array import array
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import BinaryIO, Final, Literal

from elvisbot.pairs.duplicates import MAX_DUPLICATES

HELD_OUT: Final = 0.1
"""Share of the pairs, the latest, that training never sees."""

MIN_HELD_OUT: Final = 50
"""So many at least, of `ENOUGH` pairs: with fewer there is no score."""

ENOUGH: Final = 250
"""Pairs of which a fifth can be spared."""

Part = Literal["train", "heldout", "near_duplicate"]


class Candidates:
    """Takes pairs in the order of their sessions, and gives each back with what becomes of it."""

    def __init__(self, file: BinaryIO) -> None:
        """Keep the lines in `file`, which is empty, and open for writing and reading."""
        self._file = file
        self._sessions = array("q")
        self._fingerprints = array("Q")

    def add(self, line: bytes, *, session: int, fingerprint: int) -> None:
        self._file.write(line)
        self._sessions.append(session)
        self._fingerprints.append(fingerprint)

    def decided(self) -> Iterator[tuple[Part, bytes]]:
        """Every line, in the order in which they came.

        Held out are whole sessions, duplicates included, since they are to be as life is. Of the
        others, each fingerprint is for training `MAX_DUPLICATES` times.
        """
        first_held_out = held_out_from(self._sessions)
        seen: Counter[int] = Counter()
        self._file.seek(0)
        for index, (line, same) in enumerate(zip(self._file, self._fingerprints, strict=True)):
            if index >= first_held_out:
                yield "heldout", line
            elif seen[same] < MAX_DUPLICATES:
                seen[same] += 1
                yield "train", line
            else:
                yield "near_duplicate", line


def held_out_from(sessions: Sequence[int]) -> int:
    """The index of the first pair of the last sessions: as few as together make up a tenth, or
    `MIN_HELD_OUT` pairs.

    Args:
        sessions: The number of each pair's session, in ascending order.

    Returns:
        The number of pairs if there is a single session: nothing can be held out then without
        taking it whole, so everything is for training.
    """
    wanted = HELD_OUT * len(sessions)
    if len(sessions) >= ENOUGH:
        wanted = max(wanted, MIN_HELD_OUT)
    first = len(sessions)
    while first > 0 and len(sessions) - first < wanted:
        number = sessions[first - 1]
        while first > 0 and sessions[first - 1] == number:
            first -= 1
    return first or len(sessions)
