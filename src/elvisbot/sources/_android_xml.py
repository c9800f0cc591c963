"""Streams the records of an XML file of SMS Backup & Restore, which may be larger than memory, and
may be hostile."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, Final
from xml.parsers import expat

from elvisbot.errors import SourceUnreadableError
from elvisbot.sources._android_mending import mended
from elvisbot.sources._files import damaged

MAX_RECORD: Final = 16 << 20
"""Characters of a record without its pictures, give or take a chunk. A file with more in one is
refused. The text of a message has a few thousand."""

MAX_CHILDREN: Final = 10_000
"""Elements in a record. A message has a few parts, and a few addresses."""

MAX_DEPTH: Final = 16
"""Elements within elements. The app writes four."""

MAX_NAMES: Final = 1000
"""Names of elements and attributes in a file: the parser keeps them all. The app has about 80."""

ROOT: Final = "smses"

Attributes = dict[str, str]


@dataclass(frozen=True, slots=True)
class Record:
    """An element right below the root: `sms` or `mms`.

    Attributes:
        name: Of the element.
        attributes: Their values by name.
        children: Every element in it, however deep, in order.
    """

    name: str
    attributes: Attributes
    children: list[tuple[str, Attributes]] = field(default_factory=list)


def records(file: BinaryIO, path: Path) -> Iterator[Record]:
    """Every record of a file.

    Args:
        file: Open for reading, at its beginning.
        path: Named in errors.

    Raises:
        SourceUnreadableError: if it is no XML even when mended, declares a document type (which
            could hold an entity bomb), has another root, or goes beyond the limits above.
    """
    parser = _Parser(path)
    try:
        for text in mended(file):
            yield from parser.records(text)
        yield from parser.records("", is_last=True)
    except expat.ExpatError as error:
        raise damaged(path, f"it is no XML ({expat.ErrorString(error.code)})") from error


class _Parser:
    """Builds records from what expat tells."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._depth = 0
        self._since_record = 0
        self._names: set[str] = set()
        self._open: Record | None = None
        self._complete: list[Record] = []
        self._expat = expat.ParserCreate()
        self._expat.StartElementHandler = self._start
        self._expat.EndElementHandler = self._end
        self._expat.StartDoctypeDeclHandler = self._refuse_doctype

    def records(self, text: str, *, is_last: bool = False) -> list[Record]:
        """Those that end within `text`, which goes on where the last one stopped."""
        self._since_record += len(text)
        self._complete.clear()
        self._expat.Parse(text, is_last)
        if self._since_record > MAX_RECORD:
            raise damaged(self._path, f"a message in it is longer than {MAX_RECORD >> 20} MiB")
        return self._complete

    def _start(self, name: str, attributes: Attributes) -> None:
        self._depth += 1
        if self._depth == 1 and name != ROOT:
            raise damaged(self._path, "it holds no messages")
        if self._depth > MAX_DEPTH:
            raise damaged(self._path, f"it is nested more than {MAX_DEPTH} deep")
        self._check_names(name, attributes)
        if self._depth == 2:
            self._open = Record(name, attributes)
        elif self._open is not None:
            self._open.children.append((name, attributes))
            if len(self._open.children) > MAX_CHILDREN:
                raise damaged(self._path, f"a message in it has more than {MAX_CHILDREN:,} parts")

    def _end(self, name: str) -> None:
        if self._depth == 2 and self._open is not None:
            self._complete.append(self._open)
            self._open = None
            self._since_record = 0
        self._depth -= 1

    def _check_names(self, name: str, attributes: Attributes) -> None:
        self._names.add(name)
        self._names.update(attributes)
        if len(self._names) > MAX_NAMES:
            raise damaged(self._path, f"it has more than {MAX_NAMES:,} kinds of attributes")

    def _refuse_doctype(self, *_: object) -> None:
        raise SourceUnreadableError(
            f"{self._path} declares a document type, which no backup does.",
            remedy="Pass the file as the app wrote it; this one may have been made to do harm.",
        )
