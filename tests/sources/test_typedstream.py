"""The archive format of message texts: our encoder, our reader, and an independent reader."""

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from typedstream.stream import TypedStreamReader

from elvisbot.sample.typedstream import attributed_body, integer, utf16_units
from elvisbot.sources._typedstream import (
    MAX_BYTES,
    MAX_DEPTH,
    Object,
    Reader,
    TypedStreamError,
    plain_text,
)

# The example of every description of the format: what Messages writes for the text "hello".
HELLO = bytes.fromhex(
    "040b73747265616d747970656481e803840140848484124e5341747472696275746564537472696e67008484084e"
    "534f626a656374008592848484084e53537472696e67019484012b0568656c6c6f86840269490105928484840c4e"
    "5344696374696f6e617279009484016901928496961d5f5f6b494d4d657373616765506172744174747269627574"
    "654e616d658692848484084e534e756d626572008484074e5356616c7565009484012a84999900868686"
)
HEADER = b"\x04\x0bstreamtyped\x81\xe8\x03"
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=300)
BOUNDARIES = [0, 1, 126, 127, 128, 129, 145, 146, 254, 255, 256, 32767, 32768, 65535, 65536, 65537]


def with_unusual_start(blob: bytes) -> bytes:
    """The same archive with a further system version, so that the usual prefixes do not match."""
    return blob.replace(integer(1000), integer(1001), 1)


def independently_read(blob: bytes) -> tuple[bytes, list[int]]:
    """The bytes of the text and the integers of the archive, by pytypedstream."""
    events = list(TypedStreamReader.from_data(blob))
    text = next(event for event in events if isinstance(event, bytes))
    return text, [event for event in events if type(event) is int]


def test_the_encoder_writes_what_messages_writes() -> None:
    assert attributed_body("hello", mutable=False) == HELLO


def test_a_text_that_messages_wrote_is_read() -> None:
    assert plain_text(HELLO) == "hello"
    assert plain_text(with_unusual_start(HELLO)) == "hello"


@pytest.mark.parametrize("length", BOUNDARIES)
@pytest.mark.parametrize("mutable", [False, True])
def test_texts_of_every_length_are_read_whole(length: int, mutable: bool) -> None:
    text = "x" * length
    blob = attributed_body(text, mutable=mutable)
    assert plain_text(blob) == text
    assert plain_text(with_unusual_start(blob)) == text
    assert independently_read(blob)[0] == text.encode()


@pytest.mark.parametrize("length", [0, 127, 128, 255])
def test_a_length_may_take_more_bytes_than_it_needs(length: int) -> None:
    text = b"x" * length
    tail = attributed_body("x" * length).partition(b"\x84\x01+")[2].partition(text + b"\x86")[2]
    for size in (b"\x81" + length.to_bytes(2, "little"), b"\x82" + length.to_bytes(4, "little")):
        head = attributed_body("x" * length).partition(b"\x84\x01+")[0]
        blob = head + b"\x84\x01+" + size + text + b"\x86" + tail
        assert plain_text(blob) == plain_text(with_unusual_start(blob)) == text.decode()


@pytest.mark.parametrize(
    "text",
    [
        "👩🏽‍🚀",
        "+hello",
        "NSString",
        "\x84\x86",
        "i\x86",
        "a\u0301",
        "\x00",
        "\ufffc",
        "\r\n ",
        "𝄞" * 64,
    ],
)
def test_peculiar_texts_are_read_to_the_byte(text: str) -> None:
    blob = attributed_body(text)
    assert plain_text(blob) == plain_text(with_unusual_start(blob)) == text


@settings(max_examples=200, deadline=None)
@given(TEXTS, st.booleans())
def test_every_text_comes_back_and_an_independent_reader_agrees(text: str, mutable: bool) -> None:
    blob = attributed_body(text, mutable=mutable, attachment="at_0_A")

    assert plain_text(blob) == text
    assert plain_text(with_unusual_start(blob)) == text

    content, integers = independently_read(blob)
    assert content == text.encode()
    # After the two or three classes: run 1 and its length, …
    if text and "\ufffc" not in text:
        assert integers[0:2] == [1, utf16_units(text)]


@given(st.integers(-(1 << 31), (1 << 32) - 1))
def test_an_independent_reader_understands_our_integers(value: int) -> None:
    blob = HEADER + b"\x84\x01" + (b"i" if value < 1 << 15 else b"I") + integer(value)
    assert list(TypedStreamReader.from_data(blob))[1] == value
    assert Reader(blob).read() == [value]


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (0, b"\x00"),
        (127, b"\x7f"),
        (128, b"\x81\x80\x00"),
        (-110, b"\x92"),
        (-111, b"\x81\x91\xff"),
        (-128, b"\x81\x80\xff"),
        (65535, b"\x81\xff\xff"),
        (65536, b"\x82\x00\x00\x01\x00"),
        (-32769, b"\x82\xff\x7f\xff\xff"),
    ],
)
def test_integers_take_as_few_bytes_as_they_can(value: int, written: bytes) -> None:
    assert integer(value) == written


def test_a_lone_surrogate_is_refused() -> None:
    with pytest.raises(TypedStreamError, match="UTF-8"):
        plain_text(attributed_body("a\ud83d"))


def test_attributes_after_the_text_are_not_needed() -> None:
    end = HELLO.index(b"hello\x86") + len(b"hello\x86")
    assert plain_text(HELLO[:end]) == "hello"
    assert plain_text(with_unusual_start(HELLO)[:end]) == "hello"
    with pytest.raises(TypedStreamError):
        plain_text(HELLO[: end - 1])


def test_a_mutable_string_is_a_string() -> None:
    mutable = b"\x84\x84\x84\x0fNSMutableString\x01\x84\x84\x08NSString\x01"
    blob = attributed_body("hello").replace(b"\x84\x84\x84\x08NSString\x01", mutable, 1)
    assert plain_text(blob) == plain_text(with_unusual_start(blob)) == "hello"


def test_an_archive_of_something_else_holds_no_text() -> None:
    string = (
        HEADER
        + b"\x84\x01@\x84\x84\x84\x08NSString\x01\x84\x84\x08NSObject\x00\x85\x84\x01+\x02hi\x86"
    )
    assert len(Reader(string).read()) == 1
    with pytest.raises(TypedStreamError, match="no attributed string"):
        plain_text(string)


def values(types: bytes, content: bytes, header: bytes = HEADER) -> list[object]:
    return Reader(header + b"\x84" + integer(len(types)) + types + content).read()


def test_values_of_every_type_are_read() -> None:
    assert values(b"cCBsi", b"\xff\xff\x01\x81\x00\x80\x92") == [-1, 255, 1, -32768, -110]
    assert values(b"SILQ", b"\x05\x81\xff\xff\x82\xff\xff\xff\xff\xc8") == [
        5,
        65535,
        2**32 - 1,
        200,
    ]
    assert values(b"fd", b"\x03\x83" + b"\0" * 6 + b"\xf0\x3f") == [3.0, 1.0]
    assert values(b"+*:", b"\x02hi\x84\x84\x01x\x93") == [b"hi", b"x", b"x"]
    assert values(b"+*:%#@", b"\x85" * 6) == [None] * 6
    assert values(b"[3c][2i]", b"abc\x01\x02") == [b"abc", [1, 2]]
    assert values(b"{point=ff}i", b"\x01\x02\x03") == [[1.0, 2.0], 3]
    assert values(b"**", b"\x84\x84\x02ab\x92") == [b"ab", b"ab"]


def test_big_endian_archives_are_read() -> None:
    big = b"\x04\x0btypedstream\x81\x03\xe8"
    assert values(b"sf", b"\x81\x01\x00\x83\x3f\x80\x00\x00", big) == [256, 1.0]


def test_an_object_may_hold_itself() -> None:
    (root,) = values(b"@", b"\x84\x84\x84\x01A\x00\x85\x92\x92\x86")
    assert isinstance(root, Object)
    assert root.values == [root]


@pytest.mark.parametrize(
    "blob",
    [
        b"",
        b"\x04",
        b"\x03\x0bstreamtyped\x81\xe8\x03",
        b"\x04\x0bstreamtypes\x81\xe8\x03",
        HEADER + b"\x92",
        HEADER + b"\x85",
        HEADER + b"\x84\x00",
        HEADER + b"\x84\x85",
        HEADER + b"\x84\x01?\x00",
        HEADER + b"\x84\x01i\x83",
        HEADER + b"\x84\x01@\x92",
        HEADER + b"\x84\x01@\x84\x84\x85\x00",
        HEADER + b"\x84\x01#\x92",
        HEADER + b"\x84\x01*\x84\x85",
        HEADER + b"\x84\x02[i\x00",
        HEADER + b"\x84\x02]i\x00",
        HEADER + b"\x84\x03[i]\x00",
        HEADER + b"\x84\x03[9]\x00",
        HEADER + b"\x84\x01+\x82\xff\xff\xff\xff",
    ],
)
def test_nonsense_is_refused(blob: bytes) -> None:
    with pytest.raises(TypedStreamError):
        Reader(blob).read()
    with pytest.raises(TypedStreamError):
        plain_text(blob)


def nested(depth: int) -> bytes:
    return b"\x84\x84\x84\x01A\x00\x85" + b"\x92\x84\x93" * depth + b"\x86" * (depth + 1)


def test_nesting_is_bounded() -> None:
    assert values(b"@", nested(MAX_DEPTH))
    with pytest.raises(TypedStreamError, match="deep"):
        values(b"@", nested(MAX_DEPTH + 1))


@pytest.mark.parametrize(
    "types",
    [
        b"[999999999{=}]",
        b"[99999999[99999999{=}]]",
        b"[" * 200 + b"]" * 200,
        b"{=" * 2000 + b"}" * 2000,
        b"{=" + b"=" * 100_000 + b"}",
    ],
)
def test_endless_types_end_quickly(types: bytes) -> None:
    started = time.monotonic()
    with pytest.raises(TypedStreamError):
        values(types, b"\x92" * 100_000)
    assert time.monotonic() - started < 5


def test_types_cost_no_more_than_the_archive_is_long() -> None:
    with pytest.raises(TypedStreamError, match="too many values"):
        values(b"{=}" * 2, b"\x92" * 5_000)


def test_a_class_that_is_its_own_ancestor_ends() -> None:
    blob = HEADER + b"\x84\x01@\x84\x84\x84\x01A\x00\x93\x86"
    with pytest.raises(TypedStreamError, match="no attributed string"):
        plain_text(blob)


def test_long_archives_are_refused() -> None:
    with pytest.raises(TypedStreamError, match="too long"):
        Reader(b"\0" * (MAX_BYTES + 1))


@settings(max_examples=400, deadline=None)
@given(
    st.text(max_size=40),
    st.booleans(),
    st.lists(st.tuples(st.integers(0, 400), st.integers(0, 255)), max_size=8),
    st.integers(0, 400),
)
def test_damage_raises_the_readers_own_error_and_nothing_else(
    text: str, mutable: bool, changes: list[tuple[int, int]], length: int
) -> None:
    damaged = bytearray(attributed_body(text, mutable=mutable))
    for at, byte in changes:
        damaged[at % len(damaged)] = byte
    for blob in (bytes(damaged), bytes(damaged[:length])):
        try:
            plain_text(blob)
        except TypedStreamError:
            continue


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=200))
def test_random_bytes_raise_the_readers_own_error_and_nothing_else(content: bytes) -> None:
    for blob in (content, HEADER + content, HEADER + b"\x84\x01@" + content):
        try:
            Reader(blob).read()
        except TypedStreamError:
            continue
