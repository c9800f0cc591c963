"""Sources: where message histories come from, one module for each kind.

The module's name is the source's key, and it offers three functions: `default_path`, `people` and
`read`, as `Source` describes them. Modules whose names begin with `_` are parts of sources.
"""

import importlib
import pkgutil
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final, Protocol, cast

from elvisbot.conversation import Message
from elvisbot.errors import UsageError

DEFAULT: Final = "imessage"

USED: Final = "used"
"""The bucket of the rows that became messages, in every source."""


@dataclass(frozen=True)
class Person:
    """Somebody whom I text, one to one.

    Attributes:
        name: What to call them; as long as nothing better is known, their number or address.
        handles: Every number and address that is theirs, as spelled in the history.
        messages: How many messages with text we exchanged, mine included.
        first, last: When the oldest and the newest of them were sent, in UTC.
    """

    name: str
    handles: tuple[str, ...]
    messages: int
    first: datetime
    last: datetime


@dataclass(frozen=True)
class Reading:
    """What was read, and what became of every row.

    Attributes:
        messages: Oldest first.
        rows: How many rows the history holds.
        buckets: How many of the rows were used, or dropped for which reason. Every row is in
            exactly one bucket; they sum to `rows`.
        contacts: Numbers and addresses of the people in `messages`, most messages first.
    """

    messages: list[Message]
    rows: int
    buckets: dict[str, int]
    contacts: tuple[str, ...]


class Source(Protocol):
    """One kind of message history."""

    def default_path(self) -> Path:
        """Where the history lies on this machine.

        Raises:
            SourceUnreadableError: if there is no such place on this kind of machine.
        """
        ...

    def people(self, path: Path) -> list[Person]:
        """Everybody whom I text one to one, most messages first.

        Raises:
            SourceUnreadableError: if the history cannot be read.
        """
        ...

    def read(self, path: Path, who: str | None) -> Reading:
        """My conversation with `who`, or all one-to-one conversations.

        Args:
            who: A number or address in any spelling, or a part of one; None for everyone.

        Raises:
            SourceUnreadableError: if the history cannot be read.
            PersonNotFoundError: if nobody matches.
            AmbiguousPersonError: if several people match.
            EmptyConversationError: if no message with text is left.
        """
        ...


def sources() -> list[str]:
    """Every source's key."""
    names = (module.name for module in pkgutil.iter_modules(__path__))
    return sorted(name for name in names if not name.startswith("_"))


def load(key: str) -> Source:
    """The source called `key`.

    Raises:
        UsageError: if there is none.
    """
    if key not in sources():
        raise UsageError(
            f"There is no source called {key!r}.",
            remedy=f"Choose one of: {', '.join(sources())}.",
        )
    return cast(Source, importlib.import_module(f"{__name__}.{key}"))
