"""Property lists, ordinary and hostile."""

import contextlib
import plistlib
from datetime import datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from elvisbot.sources._plists import MAX_SIZE, loaded
from tests.plists import overlapping, written

FORMATS = [plistlib.FMT_XML, plistlib.FMT_BINARY]

# What XML can hold too.
TEXTS = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cn"]), max_size=20)
SIMPLE = (
    st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False)
    | st.binary(max_size=40)
    | st.datetimes(datetime(1990, 1, 1), datetime(2100, 1, 1)).map(
        lambda d: d.replace(microsecond=0)
    )
    | TEXTS
)
VALUES = st.recursive(
    SIMPLE,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4),
)


@pytest.mark.parametrize("format", FORMATS)
@given(value=st.dictionaries(TEXTS, VALUES, max_size=6))
@settings(deadline=None)
def test_what_plistlib_writes_is_read(format: plistlib.PlistFormat, value: dict[str, Any]) -> None:
    assert loaded(plistlib.dumps(value, fmt=format)) == value


def test_one_text_that_is_used_often_is_no_bomb() -> None:
    value = {"same": ["x" * 10_000] * 10_000}
    assert loaded(plistlib.dumps(value, fmt=plistlib.FMT_BINARY)) == value


def nested(depth: int) -> bytes:
    value: list[Any] = []
    for _ in range(depth):
        value = [value]
    return plistlib.dumps(value, fmt=plistlib.FMT_BINARY)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"garbage",
        b"bplist00",
        b"bplist00" + bytes(32),
        b"bplist00" + b"\xff" * 100,
        plistlib.dumps([], fmt=plistlib.FMT_BINARY),
        plistlib.dumps("text"),
        plistlib.dumps({"a": "b"})[:-9],
        plistlib.dumps({"a": "b"}, fmt=plistlib.FMT_BINARY)[:-9],
        plistlib.dumps({"a": 2**64 - 1}, fmt=plistlib.FMT_BINARY),
        b"<plist><date>yesterday</date></plist>",
        b"<plist><integer>" + b"9" * 10_000 + b"</integer></plist>",
        b"<?xml version='1.0' encoding='nonsense'?><plist><dict/></plist>",
        b"<plist><key>a</key></plist>",
        b"<!DOCTYPE p [<!ENTITY a 'x'>]><plist><dict><key>&a;</key><true/></dict></plist>",
        b"<plist>" + b"<array>" * 100_000 + b"</array>" * 100_000 + b"</plist>",
        nested(300),
        overlapping(2, 1_000_000),
        overlapping(200_000, 1_000_000),
        written(b"bplist00\xd1\0\0\0\1\0\0\0\1\x1f" + bytes(40_000), [8, 17]),
        written(b"bplist00\xd1\0\0\0\1\0\0\0\1\xa1\0\0\0\0", [8, 17]),
    ],
    ids=lambda content: f"{content[:20]!r}-{len(content)}",
)
def test_what_makes_no_sense_or_harm_is_refused(content: bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        loaded(content)


@pytest.mark.parametrize("format", FORMATS)
def test_the_longest_is_read_and_a_byte_more_is_refused(format: plistlib.PlistFormat) -> None:
    def made(length: int) -> bytes:
        return plistlib.dumps({"text": "x" * length}, fmt=format)

    longest = MAX_SIZE - (len(made(100_000)) - 100_000)
    assert len(loaded(made(longest))["text"]) == longest
    with pytest.raises(ValueError, match="too long"):
        loaded(made(longest + 1))


@settings(max_examples=200, deadline=None)
@given(
    value=st.dictionaries(TEXTS, VALUES, max_size=6),
    format=st.sampled_from(FORMATS),
    spots=st.lists(st.tuples(st.integers(0, 1 << 16), st.integers(0, 255)), min_size=1),
)
def test_no_damage_raises_anything_but_a_value_error(
    value: dict[str, Any], format: plistlib.PlistFormat, spots: list[tuple[int, int]]
) -> None:
    content = bytearray(plistlib.dumps(value, fmt=format))
    for spot, byte in spots:
        content[spot % len(content)] = byte
    with contextlib.suppress(ValueError):
        loaded(bytes(content))
