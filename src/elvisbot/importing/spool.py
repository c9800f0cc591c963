"""Puts the messages of a history in order, each with the reactions to it, in little memory.

Rows come in any order, and a reaction often has a row of its own, long after the message. So the
lines wait in a file, while only their times and places are held.
"""

from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import BinaryIO, Final

from elvisbot.conversation import Message, Reaction
from elvisbot.messages import decoded, encoded
from elvisbot.sources import ReactionTo

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


class Spool:
    """Takes messages and reactions, and gives back lines of `messages.jsonl`, oldest first."""

    def __init__(self, file: BinaryIO) -> None:
        """Spool into `file`, which is empty, and open for writing and reading."""
        self._file = file
        self._end = 0
        self._lines: list[tuple[datetime, int, int]] = []  # when, where, and the hash of the id
        self._reactions: dict[str, list[ReactionTo]] = defaultdict(list)

    def add(self, message: Message) -> None:
        line = encoded(message)
        self._file.write(line)
        self._lines.append((message.sent_at, self._end, hash(message.id)))
        self._end += len(line)

    def react(self, reaction: ReactionTo) -> None:
        self._reactions[reaction.message].append(reaction)

    def lines(self) -> Iterator[bytes]:
        """Every message, oldest first; of those sent at the same moment, the one added first."""
        reacted_to = {hash(message) for message in self._reactions}
        next_place = 0
        self._file.seek(0)
        for _, place, id_ in sorted(self._lines):
            if place != next_place:
                self._file.seek(place)
            line = self._file.readline()
            next_place = place + len(line)
            yield self._with_reactions(line) if id_ in reacted_to else line

    def _with_reactions(self, line: bytes) -> bytes:
        message = decoded(line)
        came = sorted(self._reactions.get(message.id, ()), key=_when)
        standing = list(message.reactions)
        for each in came:
            same = [one for one in standing if _is_same(one, each.reaction)]
            if each.is_removal:
                standing = [one for one in standing if one not in same]
            elif not same:
                standing.append(each.reaction)
        return encoded(message._replace(reactions=tuple(standing)))


def _when(reaction: ReactionTo) -> datetime:
    return reaction.reaction.sent_at or _EPOCH


def _is_same(one: Reaction, other: Reaction) -> bool:
    return (one.kind, one.sender) == (other.kind, other.sender)
