"""A `History` for the sources that are read chat by chat: everything but a chat.db.

A parser yields one `Chat` after another and knows nothing of what was asked for. It is run anew for
each pass over the history, so that one chat at a time is held in memory.
"""

import contextlib
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from elvisbot.conversation import ME, Message
from elvisbot.errors import SourceUnreadableError
from elvisbot.sources import ANOTHER, DUPLICATE, GROUP_CHAT, Entry, Person, Span
from elvisbot.sources._files import Files

MAX_ROWS: Final = 10_000_000
"""More rows are refused. The busiest accounts, groups included, have a few million."""


@dataclass
class Rows:
    """The rows of a conversation as they are read, those that are dropped only counted: a file of
    a few bytes may unpack to millions of them.

    Attributes:
        kept: Those of which something is kept, in their order.
        dropped: How many of the others there are, by their buckets.
    """

    kept: list[Entry] = field(default_factory=list)
    dropped: Counter[str] = field(default_factory=Counter)

    def add(self, entry: Entry) -> None:
        bucket, content = entry
        if content is not None:
            self.kept.append(entry)
            return
        self.dropped[bucket] += 1
        if self.dropped[bucket] > MAX_ROWS:
            raise _too_many()


def joined(exports: Iterable[Rows]) -> Rows:
    """The rows of one conversation out of several exports, the oldest export first.

    Of a message in several of them the last copy counts, which knows of edits and reactions, in the
    place of the first one.
    """
    found = Rows()
    places: dict[str, int] = {}
    for rows in exports:
        found.dropped.update(rows.dropped)
        for entry in rows.kept:
            place = next_place = len(found.kept)
            if isinstance(entry[1], Message):
                place = places.setdefault(entry[1].id, next_place)
            if place == next_place:
                found.kept.append(entry)
            else:
                found.kept[place] = entry
                found.dropped[DUPLICATE] += 1
    return found


@dataclass(frozen=True)
class Chat:
    """One conversation as it was found.

    Attributes:
        person: With whom; None in a group.
        entries: Every row of it that is not counted in `dropped`, each with its bucket.
            `Message.chat` is the person's key.
        dropped: How many more rows each bucket holds of which nothing is kept.
        is_loose: Whether these are the rows that belong to no conversation: they keep their
            buckets, and nothing else of them is kept.
    """

    person: Person | None
    entries: list[Entry]
    dropped: Counter[str] = field(default_factory=Counter)
    is_loose: bool = False

    @property
    def rows(self) -> int:
        return len(self.entries) + self.dropped.total()

    def shown(self, person: Person | None) -> Iterator[Entry]:
        """Its rows as `History.entries` gives them for `person`."""
        dropped = ((bucket, None) for bucket in self.dropped.elements())
        if self.is_loose:
            yield from ((bucket, None) for bucket, _ in self.entries)
            yield from dropped
        elif self.person is None:
            yield from ((GROUP_CHAT, None) for _ in range(self.rows))
        elif person is None or self.person.key == person.key:
            yield from self.entries
            yield from dropped
        else:
            yield from ((ANOTHER, None) for _ in range(self.rows))


@dataclass
class Notes:
    """What a parser could not do, each thing once, in words for the user."""

    lines: list[str] = field(default_factory=list)

    def add(self, line: str) -> None:
        if line not in self.lines:
            self.lines.append(line)

    def add_links(self, files: Files) -> None:
        """Tell of the links that were not followed, if there are any."""
        if files.links:
            self.add(f"Symbolic links in the folder were left alone: {files.links:,}.")


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
        for chat in self._chats():
            yield from chat.shown(person)

    def _chats(self) -> Iterator[Chat]:
        """One pass over the history.

        Raises:
            SourceUnreadableError: if it has more than `MAX_ROWS` rows.
        """
        rows = 0
        for chat in self._parse(self._notes):
            rows += chat.rows
            if rows > MAX_ROWS:
                raise _too_many()
            yield chat

    def _survey(self) -> None:
        """One pass: who is there, and how much we wrote."""
        said: dict[str, _Count] = defaultdict(_Count)
        for chat in self._chats():
            if chat.person is None:
                continue
            known = self._people.setdefault(chat.person.key, chat.person)
            self._people[known.key] = with_handles_of(known, chat.person)
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


def with_handles_of(one: Person, other: Person) -> Person:
    """`one`, who has the handles of `other` as well."""
    return Person(one.key, one.name, tuple(dict.fromkeys((*one.handles, *other.handles))))


def oldest_first(entries: list[Entry]) -> list[Entry]:
    """`entries` turned round if they are newest first, so that those of one moment are in order."""
    moments = [content.sent_at for _, content in entries if isinstance(content, Message)]
    return entries[::-1] if moments and moments[0] > moments[-1] else entries


def _too_many() -> SourceUnreadableError:
    return SourceUnreadableError(
        f"The history has more than {MAX_ROWS:,} rows.",
        remedy="Pass the file as the app exported it; this one may have been made to do harm.",
    )


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
