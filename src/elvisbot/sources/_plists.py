"""Apple's property lists, which may be hostile.

An XML one cannot grow: plistlib refuses entities. A binary one can: its objects are found by a
table of places, and thousands of them may claim the same megabytes, which plistlib copies for each.
Facts about the format: the comments of Apple's `CFBinaryPList.c`.
"""

import plistlib
import struct
from typing import Any, Final
from xml.parsers.expat import ExpatError

MAX_SIZE: Final = 4 << 20
"""Bytes. The longest known, of devices with hundreds of apps, stay below."""

_TRAILER: Final = struct.Struct(">6xBBQQQ")
"""Bytes of a place, bytes of a reference, how many objects, the first, where the table begins."""

_INTEGER, _UID = 0x1, 0x8
_WIDEST: Final = 8
"""Bytes of a number. Of wider ones, many could be keys of a dictionary that have the same hash."""

_UNIT: Final = {0x4: 1, 0x5: 1, 0x6: 2, 0xA: 0, 0xD: 0}
"""Bytes of what is counted in data, ASCII, UTF-16, an array and a dictionary."""

_REFERENCES: Final = {0xA: 1, 0xD: 2}
"""References to other objects in what is counted in an array and a dictionary."""


def loaded(content: bytes) -> dict[str, Any]:
    """The dictionary of a property list, XML or binary; its values may have any type.

    Raises:
        ValueError: if it is damaged, longer than `MAX_SIZE`, or made to fill the memory.
    """
    if len(content) > MAX_SIZE:
        raise ValueError("it is too long")
    try:
        if content.startswith(b"bplist"):
            _refuse_bombs(content)
        value = plistlib.loads(content)
    # Whatever plistlib raises on damage, for which it has no error of its own.
    except (
        ArithmeticError,
        AttributeError,
        ExpatError,
        LookupError,
        RecursionError,
        TypeError,
        ValueError,
        struct.error,
    ) as error:
        raise ValueError("it is damaged") from error
    if not isinstance(value, dict):
        raise ValueError("it holds no dictionary")
    return value


def _refuse_bombs(content: bytes) -> None:
    """Objects may be used many times but lie apart, so together they cannot exceed the whole."""
    place_size, reference_size, count, _, table = _TRAILER.unpack(content[-_TRAILER.size :])
    if count * (place_size + 1) > len(content):
        raise ValueError("more objects than there is room for")
    left = len(content)
    for start in range(table, table + count * place_size, place_size or 1):
        place = int.from_bytes(content[start : start + place_size], "big")
        left -= _claimed(content, place, reference_size)
        if left < 0:
            raise ValueError("objects that overlap")


def _claimed(content: bytes, place: int, reference_size: int) -> int:
    """How many bytes the object at `place` says it has, of its header only the first one."""
    kind, count = content[place] >> 4, content[place] & 0xF
    if (kind == _INTEGER and 1 << count > _WIDEST) or (kind == _UID and count >= _WIDEST):
        raise ValueError("a number that is too wide")
    if kind in _UNIT and count == 0xF:
        size = 1 << (content[place + 1] & 0x3)
        count = int.from_bytes(content[place + 2 : place + 2 + size], "big")
    return 1 + count * (_UNIT.get(kind, 0) + _REFERENCES.get(kind, 0) * reference_size)
