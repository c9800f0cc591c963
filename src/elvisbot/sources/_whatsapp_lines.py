"""The rows of a WhatsApp chat as they stand in its text file.

    1/4/23, 7:02 PM - Ann: hi              Android
    1/4/23, 7:02 PM - You blocked Ann.     a line of the app itself
    [04.01.23, 19:02:33] Ann: hi           iPhone
    [04.01.23, 19:02:40] Ann: a message
    of two lines

All rows of a file have one format, that of its first row; a line in any other format belongs to the
message above it, whatever date it begins with. An iPhone ends rows with CR LF and breaks the lines
within a message with LF alone, so there a copied row in a message is told from a row.

Files are in UTF-8. Some were saved anew by an editor, in UTF-16 or Windows-1252.
"""

import codecs
import io
import re
from collections.abc import Container, Iterable, Iterator
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path
from typing import BinaryIO, Final

from elvisbot.errors import SourceUnreadableError
from elvisbot.sources._whatsapp_dates import Header, header

MAX_TEXT: Final = 1 << 20
"""Characters of a line, and of a message. The app allows 65,536."""

MAX_ROWS: Final = 2_000_000
MAX_CHAT: Final = 1 << 28
"""Characters. Larger files are refused; a chat is held in memory as a whole."""

LONGEST_NAME: Final = 120
WINDOWS: Final = "cp1252"
"""Latin-1 is read so too: it has no letters where the two differ."""

_PIECE: Final = 1 << 16
_NOT_UTF8: Final = re.compile("[\udc80-\udcff]")
"""What Python's `surrogateescape` makes of such bytes."""

_NAMELESS: Final = "?"
"""Stands for a name of invisible characters alone."""

_MARKS: Final = ("\u200e", "\u200f")
_INVISIBLE: Final = {
    **dict.fromkeys(map(ord, "\u200b\u200e\u200f\u061c\u2060\ufeff")),
    **dict.fromkeys((*range(0x202A, 0x202F), *range(0x2066, 0x206A))),
    0x00A0: " ",
    0x202F: " ",
}


@dataclass(frozen=True, slots=True)
class Row:
    """One row.

    Attributes:
        header: When it was sent, as it is written; None of what stands before the first row.
        sender: What stands before the first colon, which need not be a name; None without one.
        text: With its line breaks.
        is_whole: Whether it was short enough to be read.
        is_marked: Whether an iPhone put the mark of direction that it puts before its own words
            (U+200E, in Arabic and Hebrew U+200F) before the whole row too: something was attached,
            or the app says something.
    """

    header: Header | None
    sender: str | None
    text: str
    is_whole: bool = True
    is_marked: bool = False

    @property
    def is_from_iphone(self) -> bool:
        return self.header is not None and self.header.form.is_bracketed


@dataclass(frozen=True, slots=True)
class Layout:
    """How a file is written.

    Attributes:
        codec: UTF-8, unless its beginning shows that it is UTF-16; or Windows-1252, if it cannot be
            UTF-8.
        has_returns: Whether its rows end with CR LF, if an iPhone wrote it.
    """

    codec: str
    has_returns: bool


def layout(file: BinaryIO) -> Layout:
    """How a chat is written.

    Args:
        file: Is closed at the end.
    """
    with file:
        beginning = file.read(_PIECE)
        rest = islice(iter(lambda: file.read(_PIECE), b""), MAX_CHAT // _PIECE)
        codec = _codec(beginning)
        if codec == "utf-8-sig" and not _is_utf8(chain([beginning], rest)):
            codec = WINDOWS
    return Layout(codec, "\r\n" in beginning.decode(codec, "replace"))


def first_header(beginning: bytes) -> Header | None:
    """What the first line of a file with this beginning begins with, if it is a chat."""
    for codec in (_codec(beginning), WINDOWS):
        text = beginning.decode(codec, "replace").lstrip("\ufeff\r\n")
        if found := header(text.partition("\n")[0]):
            return found
    return None


def _codec(beginning: bytes) -> str:
    if beginning.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "utf-16"
    if beginning[1:2] == b"\x00":
        return "utf-16-le"
    return "utf-16-be" if beginning[:1] == b"\x00" else "utf-8-sig"


def _is_utf8(pieces: Iterable[bytes]) -> bool:
    """Whether more characters than bytes speak for it; of another encoding, hardly any letter
    looks like one of UTF-8."""
    decoder = codecs.getincrementaldecoder("utf-8")("surrogateescape")
    characters = wrong = 0
    for piece in pieces:
        text = decoder.decode(piece)
        if not text.isascii():
            wrong += len(_NOT_UTF8.findall(text))
            characters += len(text) - len(text.encode("ascii", "ignore"))
    return characters - wrong >= wrong


def visible(name: str) -> str:
    """A name without the invisible marks of an export, and without the `~` before the names that
    are not from my contacts."""
    return " ".join(name.translate(_INVISIBLE).removeprefix("~").split())


def rows(
    file: BinaryIO,
    written: Layout,
    path: Path,
    *,
    pasted: Container[int] = (),
    most: int = MAX_ROWS,
) -> Iterator[Row]:
    """The rows of a chat, in their order.

    Args:
        file: Is closed at the end.
        written: What `layout` found.
        path: What to call it in errors.
        pasted: Which of them, by their numbers, the first being 0, are lines of the one above.

    Raises:
        SourceUnreadableError: if there are more than `most`, or more than `MAX_CHAT` characters.
    """
    count = 0
    for count, draft in enumerate(_drafts(file, written, path, pasted), start=1):
        if count > most:
            raise _too_large(path)
        yield draft.row()


class _Draft:
    """A row whose lines are still coming."""

    def __init__(self, found: Header | None, line: str, is_whole: bool) -> None:
        self._found = found
        self._is_marked = line.startswith(_MARKS)
        self._lines = [line[found.end :] if found else ""]
        self._size = len(line)
        self._is_whole = is_whole and found is not None

    def add(self, line: str, is_whole: bool) -> None:
        self._size += len(line) + 1
        self._is_whole = self._is_whole and is_whole and self._size <= MAX_TEXT
        if self._is_whole:
            self._lines.append(line)
        else:
            self._lines.clear()

    def row(self) -> Row:
        if self._found is None or not self._is_whole:
            return Row(self._found, None, "", is_whole=False)
        sender, first = _parted(self._lines[0])
        text = "\n".join((first, *self._lines[1:])).rstrip("\n")
        is_marked = self._found.form.is_bracketed and self._is_marked
        return Row(self._found, sender, text, is_marked=is_marked)


def _parted(line: str) -> tuple[str | None, str]:
    """Who sent it, if it looks as if somebody did, and what follows."""
    colon = line.find(":", 0, LONGEST_NAME)
    while colon >= 0 and line[colon + 1 : colon + 2] not in ("", " "):
        colon = line.find(":", colon + 1, LONGEST_NAME)
    name = visible(line[: max(colon, 0)])
    if colon < 0 or (name and line.startswith(_MARKS)):
        return None, line
    return name or _NAMELESS, line[colon + 2 :]


def _drafts(
    file: BinaryIO, written: Layout, path: Path, pasted: Container[int]
) -> Iterator[_Draft]:
    form = None
    draft: _Draft | None = None
    number = -1
    ends = True  # the row above
    for line, is_whole in _lines(file, written.codec, path):
        bare = line.removesuffix("\n").removesuffix("\r")
        found = header(bare, form) if ends else None
        form = found.form if found else form
        ends = not (written.has_returns and form and form.is_bracketed) or line.endswith("\r\n")
        begins = bool(found) or (draft is None and bare != "")
        number += begins
        if begins and number not in pasted:
            if draft:
                yield draft
            draft = _Draft(found, bare, is_whole)
        elif draft:
            draft.add(bare, is_whole)
    if draft:
        yield draft


def _lines(file: BinaryIO, codec: str, path: Path) -> Iterator[tuple[str, bool]]:
    """The lines with their ends, and whether they are whole; of longer ones only the beginning."""
    size = 0
    with io.TextIOWrapper(file, encoding=codec, errors="replace", newline="\n") as text:
        while line := text.readline(MAX_TEXT):
            size += len(line)
            is_whole = line.endswith("\n") or len(line) < MAX_TEXT
            piece = line
            while not piece.endswith("\n") and (piece := text.readline(MAX_TEXT)):
                size += len(piece)
                if size > MAX_CHAT:
                    raise _too_large(path)
            if size > MAX_CHAT:
                raise _too_large(path)
            yield (line, True) if is_whole else (line[:LONGEST_NAME] + piece[-2:], False)


def _too_large(path: Path) -> SourceUnreadableError:
    return SourceUnreadableError(
        f"{path} is longer than any chat.",
        remedy="Pass the file as WhatsApp exported it; this one may have been made to do harm.",
    )
