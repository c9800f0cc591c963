"""Sources: where message histories come from, one module for each kind.

The module's name is the source's key, and it offers what `Source` describes: `TITLE`, `recognises`
and `opened`. Modules whose names begin with `_` are parts of sources.
"""

import importlib
import pkgutil
from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final, Protocol, cast

from elvisbot.conversation import Message, Reaction
from elvisbot.errors import SourceUnreadableError

USED: Final = "used"
"""The bucket of the rows whose words are kept."""

CONTEXT: Final = "context"
"""The bucket of the rows kept for what they stand for: pictures, apps, transcribed voices."""

REACTION: Final = "reaction"
"""The bucket of the rows that react to another one, or take a reaction back."""

EVENT: Final = "event"
"""Somebody joined, a name changed, encryption began: what no person wrote."""

GROUP_CHAT: Final = "group chat"
ANOTHER: Final = "another conversation"
UNSENT: Final = "unsent"
FAILED: Final = "not sent"
BLANK: Final = "blank"
AUTOMATIC: Final = "automatic"
"""Written by a bot or an app in somebody's name."""

DUPLICATE: Final = "duplicate"
"""In two files of one export."""

TO_SELF: Final = "note to self"
DELETED: Final = "deleted"
"""In no chat any more, or in Recently Deleted."""

JUNK: Final = "junk"
SCHEDULED: Final = "not sent yet"
NO_DATE: Final = "no date"
UNREADABLE: Final = "unreadable"
"""Damaged, or longer than any message can be."""


@dataclass(frozen=True)
class Answers:
    """What some histories do not tell by themselves, so that their owner has to.

    Attributes:
        me: My name in the history; several, if it changed. Empty where nobody was asked.
        day_first: Whether 1/2 is the first of February; None where nobody was asked.
        password: Of an encrypted backup.
    """

    me: tuple[str, ...] = ()
    day_first: bool | None = None
    password: str | None = None


@dataclass(frozen=True)
class Person:
    """Somebody whom I text, one to one.

    Attributes:
        key: What `Message.chat` holds for the conversation with them.
        name: What to call them; where nothing better is known, a number or address.
        handles: Every number, address and account that is theirs, as spelled in the history.
    """

    key: str
    name: str
    handles: tuple[str, ...]


@dataclass(frozen=True)
class Span:
    """How much we wrote to each other.

    Attributes:
        services: How many messages each service carried, theirs and mine; reactions and events
            are not counted.
        mine: How many of them are mine.
        first, last: When the oldest and the newest of them were sent, in UTC.
    """

    services: dict[str, int]
    mine: int
    first: datetime
    last: datetime

    @property
    def messages(self) -> int:
        return sum(self.services.values())


@dataclass(frozen=True, slots=True)
class ReactionTo:
    """A reaction that has a row of its own.

    Attributes:
        message: The id of the message reacted to, which may be gone.
        is_removal: Whether the sender takes back their reaction of this kind.
    """

    message: str
    reaction: Reaction
    is_removal: bool = False


Entry = tuple[str, Message | ReactionTo | None]
"""One row of a history: its bucket, and what is kept of it.

A message comes with the buckets `USED` and `CONTEXT`, a `ReactionTo` with `REACTION`, and nothing
with any other."""


class History(Protocol):
    """A message history that is open for reading."""

    @property
    def people(self) -> list[Person]:
        """Everybody whom I text one to one."""
        ...

    @property
    def notes(self) -> list[str]:
        """What the reader could not do, in words for the user; complete after reading."""
        ...

    def spans(self) -> dict[str, Span]:
        """How much we wrote to each other, by the person's key; people without a message lack."""
        ...

    def entries(self, person: Person | None) -> Iterator[Entry]:
        """Every row of the history exactly once, in any order; messages sent in the same second
        in the order in which they were sent.

        Args:
            person: One of `people`, whose conversation is kept, while other rows have the bucket
                `ANOTHER` or `GROUP_CHAT`. None keeps all one-to-one conversations.
        """
        ...


class Source(Protocol):
    """One kind of message history.

    Attributes:
        TITLE: What to call it: `WhatsApp`.
    """

    TITLE: str

    def recognises(self, path: Path) -> bool:
        """Whether what lies at `path` is of this kind, judged by its beginning.

        Raises:
            OSError: if it cannot be read.
        """
        ...

    def opened(self, path: Path, answers: Answers) -> AbstractContextManager[History]:
        """Open a history that this source recognises.

        Raises:
            SourceUnreadableError: if it cannot be read, on opening or while reading.
            NeedsAnswerError: if `answers` lacks one that is needed.
        """
        ...


def sources() -> list[str]:
    """Every source's key."""
    names = (module.name for module in pkgutil.iter_modules(__path__))
    return sorted(name for name in names if not name.startswith("_"))


def load(key: str) -> Source:
    """The source called `key`, one of `sources()`."""
    return cast(Source, importlib.import_module(f"{__name__}.{key}"))


def recognised(path: Path) -> str:
    """The key of the source that can read `path`.

    Raises:
        SourceUnreadableError: if there is nothing there, nothing that any source knows, or the
            exports of several apps.
    """
    try:
        found = [key for key in sources() if load(key).recognises(path)]
        if not found:
            raise _unknown(path)
    except OSError as error:
        raise unreadable(path, error) from error
    if len(found) > 1:
        titles = ", ".join(load(key).TITLE for key in found)
        raise SourceUnreadableError(
            f"{path} holds the histories of several apps: {titles}.",
            remedy="Pass them one after the other: all of them can go into one bot.",
        )
    return found[0]


def _unknown(path: Path) -> SourceUnreadableError:
    """Why nobody knows what lies at `path`, as far as its beginning tells."""
    from elvisbot.sources._files import beginning

    start = beginning(path).lstrip(b"\xef\xbb\xbf \r\n\t").lower()
    what = "is no message history of a kind that ElvisBot knows"
    if path.is_dir() and not any(path.iterdir()):
        what = "is an empty folder"
    elif path.is_file() and not start:
        what = "is empty"
    elif start.startswith((b"<!doctype html", b"<html")):
        what = "is a web page; exports have to be JSON, not HTML"
    titles = ", ".join(load(key).TITLE for key in sources())
    return SourceUnreadableError(
        f"{path} {what}.",
        remedy=f"Pass one of: {titles}. The page docs/sources.md tells how to get each.",
    )


def default_path() -> Path:
    """Where the Messages app of this Mac keeps its history.

    Raises:
        SourceUnreadableError: if this is not a Mac.
    """
    from elvisbot.sources import imessage

    return imessage.default_path()


def unreadable(path: Path, error: OSError) -> SourceUnreadableError:
    """The problem that the system has with reading `path`, and its remedy."""
    from elvisbot.sources._files import explained

    return explained(path, error)
