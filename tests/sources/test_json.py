import io
import json
import tracemalloc
from collections.abc import Collection
from pathlib import Path
from typing import Any

import ijson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from elvisbot.errors import SourceUnreadableError
from elvisbot.sources._json import CHUNK, MAX_DEPTH, MAX_PARTS, MAX_VALUE, values

PATH = Path("result.json")
BACKENDS = sorted({ijson.backend, "python"})
each_backend = pytest.mark.parametrize("backend", BACKENDS)


class Dripping(io.BytesIO):
    """A file that gives a few bytes at a time, whatever it is asked for."""

    def __init__(self, content: bytes, size: int) -> None:
        super().__init__(content)
        self._size = size

    def read(self, size: int | None = -1) -> bytes:
        return super().read(self._size if size else 0)


class Endless(io.RawIOBase):
    """A file that begins with something and goes on forever."""

    def __init__(self, beginning: bytes, rest: bytes) -> None:
        self._rest = rest * (CHUNK // len(rest))
        self._next = beginning + self._rest

    def read(self, size: int = -1) -> bytes:
        content, self._next = self._next, self._rest
        return content


def found(
    content: bytes, *prefixes: str, backend: str = ijson.backend, ends: Collection[str] = ()
) -> list[tuple[str, Any]]:
    return list(values(io.BytesIO(content), PATH, prefixes, ends=ends, backend=backend))


def refusal(file: Any, *prefixes: str, backend: str = ijson.backend) -> SourceUnreadableError:
    with pytest.raises(SourceUnreadableError) as caught:
        for _ in values(file, PATH, prefixes, backend=backend):
            pass
    assert caught.value.remedy
    assert str(PATH) in caught.value.problem
    return caught.value


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(1 - 2**63, 2**63 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)


@each_backend
@settings(deadline=None)
@given(json_values, st.booleans(), st.integers(1, 9))
def test_what_was_written_is_read(backend: str, value: Any, ascii_only: bool, size: int) -> None:
    content = json.dumps({"skipped": value, "kept": [value]}, ensure_ascii=ascii_only)
    file = Dripping(content.encode("utf-8", "surrogatepass"), size)
    assert list(values(file, PATH, ["kept.item"], backend=backend)) == [("kept.item", value)]


@each_backend
def test_values_come_in_the_order_of_the_file(backend: str) -> None:
    content = (
        b'{"name": "Ann", "messages": [{"id": 1}, 2.5, null, []], "type": true, "x": {"name": 1}}'
    )
    assert found(content, "name", "messages.item", "type", backend=backend) == [
        ("name", "Ann"),
        ("messages.item", {"id": 1}),
        ("messages.item", 2.5),
        ("messages.item", None),
        ("messages.item", []),
        ("type", True),
    ]


@each_backend
def test_the_end_of_an_object_is_told_where_it_is_asked_for(backend: str) -> None:
    content = b'{"list": [{"id": 1, "m": []}, {"id": 2}]}'
    assert found(content, "list.item.id", ends=["list.item"], backend=backend) == [
        ("list.item.id", 1),
        ("list.item", None),
        ("list.item.id", 2),
        ("list.item", None),
    ]


@each_backend
@pytest.mark.parametrize(
    ("written", "read"),
    [
        (rb"\ud83d\ude00", "😀"),
        (rb"\ud83d", "�"),
        (rb"\ude00", "�"),
        (rb"\ud83d\ud83d\ude00", "�😀"),
        (rb"\ud83d\u0041", "�A"),
        (rb"\ud83d\n", "�\n"),
        (rb"\uDE00\uD83D", "��"),
        (rb"\\ud83d", r"\ud83d"),
        (rb"\\\ud83d", "\\�"),
        (rb"\x0B", "\x0b"),
        (rb"a\x1fb", "a\x1fb"),
        (rb"\\x0B", r"\x0B"),
        (rb"\\\x0B", "\\\x0b"),
        (rb"\u00e9\u0000", "é\x00"),
        (b"\xed\xa0\xbd", "���"),
        (b"caf\xe9", "caf�"),
        ("na\u0308iv 👩‍👩‍👧".encode(), "na\u0308iv 👩‍👩‍👧"),
    ],
)
@pytest.mark.parametrize("size", [1, 5, 6, 7, 1000])
def test_texts_can_be_encoded_wherever_a_chunk_ends(
    backend: str, written: bytes, read: str, size: int
) -> None:
    file = Dripping(b'\xef\xbb\xbf["' + written + b'"]', size)
    assert list(values(file, PATH, ["item"], backend=backend)) == [("item", read)]


@each_backend
@pytest.mark.parametrize(
    "content",
    [
        b"",
        b" ",
        b"[",
        b'["secret',
        b'["secret"',
        b'{"secret": 1',
        b'{"secret" 1}',
        b'["secret"] 2',
        b"['secret']",
        b"[secret]",
        b"[nan]",
        b"[NaN]",
        b"[-Infinity]",
        b"[1e999]",
        b"[-1e999]",
        b"[" + b"9" * 400 + b"]",
        b"[" + b"9" * 5000 + b"]",
        b'["secret\n"]',
        rb'["\q"]',
        rb'["\x"]',
        rb'["\x0g"]',
        rb'["\u12g4 and so on"]',
        rb'["\ud8',
        rb'["\ud8g4 and so on"]',
        rb'["\ud83d\udeg0 and so on"]',
        b'["secret",]',
        b"\xff\xfe[\x00]\x00",
        b"\x00" * 100,
    ],
)
def test_what_is_no_json_is_refused_without_quoting_it(backend: str, content: bytes) -> None:
    error = refusal(io.BytesIO(content), "item", backend=backend)
    assert "no JSON" in error.problem
    assert error.__cause__ is None
    assert "secret" not in error.problem


@each_backend
@settings(deadline=None)
@given(st.binary(max_size=60) | st.text('[]{}",:\\ux0dD8eE19.- tfn').map(str.encode))
def test_nothing_but_a_refusal_is_raised(backend: str, content: bytes) -> None:
    try:
        for _, value in values(io.BytesIO(content), PATH, ["item", "a"], backend=backend):
            json.dumps(value, ensure_ascii=False).encode()
    except SourceUnreadableError:
        pass


@each_backend
def test_reading_can_stop_early(backend: str) -> None:
    reading = values(io.BytesIO(b'[1, "unfinished'), PATH, ["item"], backend=backend)
    assert next(reading) == ("item", 1)
    reading.close()  # type: ignore[attr-defined]


@each_backend
@pytest.mark.parametrize("prefix", ["item", "nowhere"])
def test_the_deepest_nesting_is_read_and_deeper_is_refused(backend: str, prefix: str) -> None:
    assert found(b"[" * MAX_DEPTH + b"]" * MAX_DEPTH, "item", backend=backend)
    deeper = io.BytesIO(b"[" * (MAX_DEPTH + 1) + b"]" * (MAX_DEPTH + 1))
    assert "deep" in refusal(deeper, prefix, backend=backend).problem
    assert "deep" in refusal(Endless(b"", b'{"a":'), prefix, backend=backend).problem


def test_the_biggest_value_is_read_and_a_bigger_one_refused() -> None:
    # Its beginning may share a chunk with what came before it.
    longest = b"a" * (MAX_VALUE - 2 * CHUNK)
    content = b'["' + longest + b'", "' + longest + b'", 1]'
    assert [len(str(value)) for _, value in found(content, "item")] == [len(longest)] * 2 + [1]
    longer = b'["' + b"a" * (MAX_VALUE + CHUNK) + b'"]'
    assert "MiB" in refusal(io.BytesIO(longer), "item").problem


@each_backend
@pytest.mark.parametrize("beginning", [b"", b'["', b'{"', b'{"skipped": "', b'{"skipped":'])
def test_what_never_ends_is_refused(backend: str, beginning: bytes) -> None:
    assert "MiB" in refusal(Endless(beginning, b" "), "item", backend=backend).problem


@each_backend
def test_a_value_of_too_many_parts_is_refused(backend: str) -> None:
    error = refusal(Endless(b"[[0", b",{}"), "item", backend=backend)
    assert f"{MAX_PARTS:,} parts" in error.problem


def test_what_is_skipped_takes_no_memory() -> None:
    skipped = b'{"a": [1, "some text"], "b": {"c": null}},'
    file = io.BytesIO(b'{"skipped": [' + skipped * 100_000 + b'0], "kept": 1}')
    list(values(io.BytesIO(b'{"kept": 1}'), PATH, ["kept"]))
    tracemalloc.start()
    try:
        assert list(values(file, PATH, ["kept"])) == [("kept", 1)]
        assert tracemalloc.get_traced_memory()[1] < 32 << 20
    finally:
        tracemalloc.stop()


def test_errors_of_the_file_stay_what_they_are() -> None:
    class Broken(io.RawIOBase):
        def read(self, size: int = -1) -> bytes:
            raise OSError("gone")

    with pytest.raises(OSError, match="gone"):
        list(values(Broken(), PATH, ["item"]))  # type: ignore[arg-type]
