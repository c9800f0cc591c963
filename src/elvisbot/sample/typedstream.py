"""Writes `attributedBody` as macOS does: an attributed string, archived by NSArchiver.

The counterpart of the reader in `elvisbot.sources`, which explains the format. What it writes is
checked against an independent reader in the tests.
"""

from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType
from typing import Final

ATTACHMENT_MARK: Final = "\ufffc"
"""Stands for an attachment in the text."""

_NEW, _NIL, _END = b"\x84", b"\x85", b"\x86"
_FIRST_REFERENCE: Final = -110

_OBJECT: Final = ("NSObject", 0)
_ATTRIBUTED: Final = (("NSAttributedString", 0), _OBJECT)
_MUTABLE_ATTRIBUTED: Final = (("NSMutableAttributedString", 0), *_ATTRIBUTED)
_STRING: Final = (("NSString", 1), _OBJECT)
_DICTIONARY: Final = (("NSDictionary", 0), _OBJECT)
_NUMBER: Final = (("NSNumber", 0), ("NSValue", 0), _OBJECT)

_Lineage = tuple[tuple[str, int], ...]
"""A class and its ancestors, each with its version."""


def attributed_body(
    text: str,
    *,
    mutable: bool = True,
    attachment: str = "",
    attributes: Mapping[str, str] = MappingProxyType({}),
) -> bytes:
    """`text` as an archived attributed string, with the attributes that Messages gives to parts.

    Args:
        text: Lone surrogates are written as three bytes each, which is not UTF-8.
        mutable: Whether the class is NSMutableAttributedString, as in texts that were typed, or
            NSAttributedString.
        attachment: The guid of the attachment that U+FFFC stands for.
        attributes: Further attributes of every part.
    """
    writer = _Writer()
    runs = [(length, usual | dict(attributes)) for length, usual in _parts(text, attachment)]
    writer.root(_MUTABLE_ATTRIBUTED if mutable else _ATTRIBUTED, text, runs)
    return bytes(writer.written)


def _parts(text: str, attachment: str) -> Iterator[tuple[int, dict[str, int | str]]]:
    """Runs of one part each: how many UTF-16 units, and the attributes."""
    pieces = text.split(ATTACHMENT_MARK)
    number = 0
    for index, piece in enumerate(pieces):
        if index:
            yield 1, {_PART: number, "__kIMFileTransferGUIDAttributeName": attachment}
            number += 1
        if piece:
            yield utf16_units(piece), {_PART: number}
            number += 1


def utf16_units(text: str) -> int:
    """The length of `text` as Foundation counts it: characters beyond U+FFFF count twice."""
    return len(text) + sum(character > "\uffff" for character in text)


_PART: Final = "__kIMMessagePartAttributeName"


class _Writer:
    """Numbers strings and objects in the order in which they are written."""

    def __init__(self) -> None:
        self.written = bytearray(b"\x04\x0bstreamtyped" + integer(1000))
        self._strings: dict[bytes, int] = {}
        self._classes: dict[str, int] = {}
        self._c_strings: dict[bytes, int] = {}
        self._keys: dict[str, int] = {}
        self._objects = 0

    def root(
        self, lineage: _Lineage, text: str, runs: list[tuple[int, dict[str, int | str]]]
    ) -> None:
        self._types(b"@")
        self._object(lineage, lambda: self._attributed(text, runs))

    def _attributed(self, text: str, runs: list[tuple[int, dict[str, int | str]]]) -> None:
        self._types(b"@")
        self._string(text)
        for number, (length, attributes) in enumerate(runs, start=1):
            self._types(b"iI")
            self.written += integer(number) + integer(length)
            self._types(b"@")
            self._dictionary(attributes)

    def _dictionary(self, entries: dict[str, int | str]) -> None:
        def content() -> None:
            self._types(b"i")
            self.written += integer(len(entries))
            for key, value in entries.items():
                self._types(b"@")
                self._key(key)
                self._types(b"@")
                self._number(value) if isinstance(value, int) else self._string(value)

        self._object(_DICTIONARY, content)

    def _key(self, key: str) -> None:
        """A string written in full once, and referred to afterwards."""
        if key in self._keys:
            self.written += _reference(self._keys[key])
        else:
            self._keys[key] = self._objects
            self._string(key)

    def _string(self, text: str) -> None:
        def content() -> None:
            self._types(b"+")
            self._unshared(text.encode("utf-8", "surrogatepass"))

        self._object(_STRING, content)

    def _number(self, value: int) -> None:
        def content() -> None:
            self._types(b"*")
            self._c_string(b"i")
            self._types(b"i")
            self.written += integer(value)

        self._object(_NUMBER, content)

    def _object(self, lineage: _Lineage, content: Callable[[], None]) -> None:
        self.written += _NEW
        self._objects += 1
        self._class(lineage)
        content()
        self.written += _END

    def _class(self, lineage: _Lineage) -> None:
        for name, version in lineage:
            if name in self._classes:
                self.written += _reference(self._classes[name])
                return
            self.written += _NEW
            self._shared(name.encode())
            self.written += integer(version)
            self._classes[name] = self._objects
            self._objects += 1
        self.written += _NIL

    def _c_string(self, string: bytes) -> None:
        if string in self._c_strings:
            self.written += _reference(self._c_strings[string])
            return
        self.written += _NEW
        self._c_strings[string] = self._objects
        self._objects += 1
        self._shared(string)

    def _types(self, types: bytes) -> None:
        self._shared(types)

    def _shared(self, string: bytes) -> None:
        if string in self._strings:
            self.written += _reference(self._strings[string])
            return
        self._strings[string] = len(self._strings)
        self.written += _NEW
        self._unshared(string)

    def _unshared(self, string: bytes) -> None:
        self.written += integer(len(string)) + string


def _reference(number: int) -> bytes:
    """References count from -110, the integer that is written as the byte 92."""
    return integer(_FIRST_REFERENCE + number)


def integer(value: int) -> bytes:
    """One byte, or 81 and two bytes, or 82 and four, little-endian.

    -128 to -111 would look like markers, so they take two bytes.
    """
    if _FIRST_REFERENCE <= value <= 127:
        return value.to_bytes(1, "little", signed=True)
    if -(1 << 15) <= value < 1 << 16:
        return b"\x81" + (value & 0xFFFF).to_bytes(2, "little")
    return b"\x82" + (value & 0xFFFFFFFF).to_bytes(4, "little")
