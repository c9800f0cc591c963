"""The rows of a WhatsApp chat as they stand in its text file.

    1/4/23, 7:02 PM - Ann: hi              Android
    1/4/23, 7:02 PM - You blocked Ann.     a line of the app itself
    [04.01.23, 19:02:33] Ann: hi           iPhone
    [04.01.23, 19:02:40] Ann: a message
    of two lines

All rows of a file have one format, that of its first row; a line in any other format belongs to the
message above it, whatever date it begins with. An iPhone ends rows with CR LF and breaks the lines
within a message with LF alone, so there a copied row in a message is told from a row.
"""

import io
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final

from elvisbot.errors import SourceUnreadableError
from elvisbot.sources._whatsapp_dates import Header, header

MAX_TEXT: Final = 1 << 20
"""Characters of a line, and of a message. The app allows 65,536."""

MAX_ROWS: Final = 2_000_000
MAX_CHAT: Final = 1 << 28
"""Characters. Larger files are refused; a chat is held in memory as a whole."""

_LONGEST_NAME: Final = 120
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
        is_attachment: Whether an iPhone marked it as something attached. It puts the mark of
            direction that it puts before its own words (U+200E, in Arabic and Hebrew U+200F)
            before the whole row too.
    """

    header: Header | None
    sender: str | None
    text: str
    is_whole: bool = True
    is_attachment: bool = False

    @property
    def is_from_iphone(self) -> bool:
        return self.header is not None and self.header.form.is_bracketed


@dataclass(frozen=True, slots=True)
class Layout:
    """How a file is written.

    Attributes:
        codec: UTF-8, unless its beginning shows that it is UTF-16.
        has_returns: Whether its rows end with CR LF, if an iPhone wrote it.
    """

    codec: str
    has_returns: bool


def layout(beginning: bytes) -> Layout:
    """How a file with this beginning is written."""
    codec = _codec(beginning)
    return Layout(codec, "\r\n" in beginning.decode(codec, "replace"))


def is_chat(beginning: bytes) -> bool:
    """Whether a file with this beginning is a chat: its first line is a row."""
    text = beginning.decode(_codec(beginning), "replace").lstrip("\ufeff\r\n")
    return header(text.partition("\n")[0]) is not None


def _codec(beginning: bytes) -> str:
    if beginning.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "utf-16"
    if beginning[1:2] == b"\x00":
        return "utf-16-le"
    return "utf-16-be" if beginning[:1] == b"\x00" else "utf-8-sig"


def visible(name: str) -> str:
    """A name without the invisible marks of an export, and without the `~` before the names that
    are not from my contacts."""
    return " ".join(name.translate(_INVISIBLE).removeprefix("~").split())


def rows(file: BinaryIO, written: Layout, path: Path, *, most: int = MAX_ROWS) -> Iterator[Row]:
    """The rows of a chat, in their order.

    Args:
        file: Is closed at the end.
        written: What `layout` found.
        path: What to call it in errors.

    Raises:
        SourceUnreadableError: if there are more than `most`, or more than `MAX_CHAT` characters.
    """
    count = 0
    for count, draft in enumerate(_drafts(file, written, path), start=1):
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
        is_attachment = self._found.form.is_bracketed and self._is_marked
        return Row(self._found, sender, text, is_attachment=is_attachment)


def _parted(line: str) -> tuple[str | None, str]:
    """Who sent it, if it looks as if somebody did, and what follows."""
    colon = line.find(":", 0, _LONGEST_NAME)
    while colon >= 0 and line[colon + 1 : colon + 2] not in ("", " "):
        colon = line.find(":", colon + 1, _LONGEST_NAME)
    name = visible(line[: max(colon, 0)])
    if colon < 0 or (name and line.startswith(_MARKS)):
        return None, line
    return name or _NAMELESS, line[colon + 2 :]


def _drafts(file: BinaryIO, written: Layout, path: Path) -> Iterator[_Draft]:
    form = None
    draft: _Draft | None = None
    ends = True  # the row above
    for line, is_whole in _lines(file, written.codec, path):
        bare = line.removesuffix("\n").removesuffix("\r")
        found = header(bare, form) if ends else None
        form = found.form if found else form
        ends = not (written.has_returns and form and form.is_bracketed) or line.endswith("\r\n")
        if found or (draft is None and bare):
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
            yield (line, True) if is_whole else (line[:_LONGEST_NAME] + piece[-2:], False)


def _too_large(path: Path) -> SourceUnreadableError:
    return SourceUnreadableError(
        f"{path} is longer than any chat.",
        remedy="Pass the file as WhatsApp exported it; this one may have been made to do harm.",
    )
