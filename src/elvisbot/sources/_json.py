"""Streams the values of a JSON file that may be larger than memory, and may be hostile.

What is not JSON, but found in exports, is mended before it is parsed: a byte order mark, bytes that
are not UTF-8, halves of surrogate pairs (both become U+FFFD), and `\\x0B`, which is how Telegram
writes control characters.
"""

import codecs
import contextlib
import math
import re
from collections.abc import Collection, Iterator
from itertools import chain
from pathlib import Path
from typing import Any, BinaryIO, Final

import ijson

from elvisbot.errors import SourceUnreadableError
from elvisbot.sources._files import damaged

MAX_VALUE: Final = 32 << 20
"""Bytes. A file in which one value, wanted or not, is longer is refused (give or take a chunk)."""

MAX_PARTS: Final = 1_000_000
"""Keys, brackets, texts and numbers in one wanted value: a bracket takes more memory than disk."""

MAX_DEPTH: Final = 64
"""Brackets within brackets."""

CHUNK: Final = 512 << 10
"""Bytes parsed at once. A text that crosses chunks is begun anew with each: smaller ones would
take more time, bigger ones more memory."""

_MAX_KEY: Final = 256
"""Characters kept of a key outside of wanted values."""

_STARTS: Final = ("start_map", "start_array")
_ENDS: Final = ("end_map", "end_array")

_Event = tuple[str, Any]


def values(
    file: BinaryIO,
    path: Path,
    prefixes: Collection[str],
    *,
    ends: Collection[str] = (),
    backend: str = ijson.backend,
) -> Iterator[tuple[str, Any]]:
    """Every value at one of `prefixes`, with its prefix, in the order of the file.

    Numbers are int (of 64 bits) or float. Texts can always be encoded.

    Args:
        file: Open for reading, at its beginning.
        path: Named in errors.
        prefixes: Keys joined by dots, `item` for any element of a list: `chats.list.item.name`;
            empty for the whole file. None of them within another.
        ends: The prefixes of objects and lists whose end is to be told, as the prefix and None.
        backend: One of `ijson.ALL_BACKENDS`.

    Raises:
        SourceUnreadableError: if it is no JSON, or beyond the limits above.
    """
    reader = _Reader(file, path)
    try:
        yield from _found(reader.events(backend), reader, prefixes, ends)
    except (ijson.JSONError, ValueError, OverflowError):
        # Without its cause, which quotes the file.
        raise damaged(path, "it is no JSON, or was cut short") from None


def _found(
    events: Iterator[_Event], reader: "_Reader", prefixes: Collection[str], ends: Collection[str]
) -> Iterator[tuple[str, Any]]:
    wanted = {_path(prefix): prefix for prefix in prefixes}
    closing = {_path(prefix): prefix for prefix in ends}
    path: list[str] = []
    for event, value in events:
        reader.begin_value()
        if event == "map_key":
            path[-1] = value[:_MAX_KEY]
        elif event in _ENDS:
            path.pop()
            if (prefix := closing.get(tuple(path))) is not None:
                yield prefix, None
        elif (prefix := wanted.get(tuple(path))) is not None:
            yield prefix, _built(chain([(event, value)], events), reader, len(path))
        elif event in _STARTS:
            path.append("item" if event == "start_array" else "")
            reader.check_depth(len(path))


def _path(prefix: str) -> tuple[str, ...]:
    return tuple(prefix.split(".")) if prefix else ()


def _built(events: Iterator[_Event], reader: "_Reader", depth: int) -> Any:
    """The value that begins with the next event, at a depth of `depth` brackets."""
    builder = ijson.ObjectBuilder()
    level = depth
    for count, (event, value) in enumerate(events):
        if count >= MAX_PARTS:
            raise reader.refusal(f"it holds a value of more than {MAX_PARTS:,} parts")
        if event == "number" and not math.isfinite(value):
            raise OverflowError
        builder.event(event, value)
        if event in _STARTS:
            level += 1
            reader.check_depth(level)
        elif event in _ENDS:
            level -= 1
        if level == depth:
            return builder.value
    raise ijson.IncompleteJSONError


class _Reader:
    """Reads a file for a parser: mended, and no further than one value may reach."""

    def __init__(self, file: BinaryIO, path: Path) -> None:
        self._file = file
        self._path = path
        self._since_value = 0

    def events(self, backend: str) -> Iterator[_Event]:
        """Every event of the parser."""
        batch = ijson.sendable_list()
        parser = ijson.get_backend(backend).basic_parse_coro(batch, use_float=True)
        try:
            for chunk in self._mended_chunks():
                parser.send(chunk)
                yield from batch
                batch.clear()
            parser.close()
            yield from batch
        finally:
            # Else it would complain of the rest when it is collected, and quote it.
            with contextlib.suppress(ijson.JSONError, ValueError):
                parser.close()

    def begin_value(self) -> None:
        self._since_value = 0

    def check_depth(self, depth: int) -> None:
        if depth > MAX_DEPTH:
            raise self.refusal(f"it is nested more than {MAX_DEPTH} deep")

    def refusal(self, reason: str) -> SourceUnreadableError:
        return damaged(self._path, reason)

    def _mended_chunks(self) -> Iterator[bytes]:
        decoder = codecs.getincrementaldecoder("utf-8-sig")("replace")
        rest = ""
        while chunk := self._file.read(CHUNK):
            self._since_value += len(chunk)
            if self._since_value > MAX_VALUE:
                raise self.refusal(f"it holds a value of more than {MAX_VALUE >> 20} MiB")
            whole, rest = _mended(rest + decoder.decode(chunk))
            if whole:
                yield whole.encode()
        if rest := rest + decoder.decode(b"", final=True):
            yield rest.encode()


_HEX: Final = "[0-9a-fA-F]{2}"
_SOUND: Final = re.compile(
    r"(?:[^\\]++|\\[^ux]|\\u(?:[^dD]|[dD][^89a-fA-F])"
    rf"|\\u[dD][89abAB]{_HEX}\\u[dD][c-fC-F]{_HEX})*+"
)
"""What needs no mending. Possessive, so that it takes time in proportion to its length."""

_LONE: Final = re.compile(
    rf"\\u[dD](?:[c-fC-F]{_HEX}|[89abAB]{_HEX}(?=[^\\]|\\[^u]|\\u[^dD]|\\u[dD][^c-fC-F]))"
)
_CONTROL: Final = re.compile(rf"\\x({_HEX})")
_LONGEST: Final = len(r"\ud83d\ude00")


def _mended(text: str) -> tuple[str, str]:
    """`text` with its escapes mended, up to the one that may go on after it; and the rest."""
    parts: list[str] = []
    at = 0
    while True:
        sound = _SOUND.match(text, at)
        assert sound is not None  # it matches nothing, too
        parts.append(sound[0])
        at = sound.end()
        if lone := _LONE.match(text, at):
            parts.append(r"\ufffd")
            at = lone.end()
        elif control := _CONTROL.match(text, at):
            parts.append(rf"\u00{control[1]}")
            at = control.end()
        elif len(text) - at < _LONGEST:
            return "".join(parts), text[at:]
        else:  # no escape that anybody knows: the parser will say so
            parts.append(text[at : at + 2])
            at += 2
