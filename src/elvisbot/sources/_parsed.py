"""A `History` for the sources that are read chat by chat: everything but a chat.db.

A parser yields one `Chat` after another and knows nothing of what was asked for. It is run anew for
each pass over the history, so that one chat at a time is held in memory.
"""

import contextlib
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime

from elvisbot.conversation import ME, Message
from elvisbot.sources import ANOTHER, GROUP_CHAT, Entry, Person, Span


@dataclass(frozen=True)
class Chat:
    """One conversation as it was found.

    Attributes:
        person: With whom; None in a group.
        entries: Every row of it, each with its bucket. `Message.chat` is the person's key.
        is_loose: Whether these are the rows that belong to no conversation: they keep their
            buckets, and nothing else of them is kept.
    """

    person: Person | None
    entries: list[Entry]
    is_loose: bool = False


@dataclass
class Notes:
    """What a parser could not do, each thing once, in words for the user."""

    lines: list[str] = field(default_factory=list)

    def add(self, line: str) -> None:
        if line not in self.lines:
            self.lines.append(line)


class Parsed:
    """See `History`."""

    def __init__(self, parse: Callable[[Notes], Iterable[Chat]]) -> None:
        self._parse = parse
        self._notes = Notes()
        self._people: dict[str, Person] = {}
        self._spans: dict[str, Span] = {}
        self._survey()

    @property
    def people(self) -> list[Person]:
        return list(self._people.values())

    @property
    def notes(self) -> list[str]:
        return self._notes.lines

    def spans(self) -> dict[str, Span]:
        return self._spans

    def entries(self, person: Person | None) -> Iterator[Entry]:
        for chat in self._parse(self._notes):
            if chat.is_loose:
                yield from ((bucket, None) for bucket, _ in chat.entries)
            elif chat.person is None:
                yield from ((GROUP_CHAT, None) for _ in chat.entries)
            elif person is None or chat.person.key == person.key:
                yield from chat.entries
            else:
                yield from ((ANOTHER, None) for _ in chat.entries)

    def _survey(self) -> None:
        """One pass: who is there, and how much we wrote."""
        said: dict[str, _Count] = defaultdict(_Count)
        for chat in self._parse(self._notes):
            if chat.person is None:
                continue
            known = self._people.setdefault(chat.person.key, chat.person)
            handles = tuple(dict.fromkeys((*known.handles, *chat.person.handles)))
            self._people[known.key] = Person(known.key, known.name, handles)
            for _, content in chat.entries:
                if isinstance(content, Message):
                    said[known.key].add(content)
        self._spans = {key: count.span() for key, count in said.items()}


@contextlib.contextmanager
def parsed(parse: Callable[[Notes], Iterable[Chat]]) -> Iterator[Parsed]:
    """The history of a parser; what `Source.opened` gives.

    Args:
        parse: Called once for each pass; yields the chats, and notes what it could not do.
    """
    yield Parsed(parse)


def oldest_first(entries: list[Entry]) -> list[Entry]:
    """`entries` turned round if they are newest first, so that those of one moment are in order."""
    moments = [content.sent_at for _, content in entries if isinstance(content, Message)]
    return entries[::-1] if moments and moments[0] > moments[-1] else entries


class _Count:
    """Adds up a `Span`."""

    def __init__(self) -> None:
        self._services: Counter[str] = Counter()
        self._mine = 0
        self._first: datetime | None = None
        self._last: datetime | None = None

    def add(self, message: Message) -> None:
        self._services[message.service or ""] += 1
        self._mine += message.sender == ME
        self._first = min(self._first or message.sent_at, message.sent_at)
        self._last = max(self._last or message.sent_at, message.sent_at)

    def span(self) -> Span:
        assert self._first is not None
        assert self._last is not None
        return Span(dict(self._services.most_common()), self._mine, self._first, self._last)
