"""Messages as JSON lines: what the samples cannot show."""

import contextlib
import json
import tracemalloc
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from elvisbot.conversation import PLACEHOLDERS, Message, Reaction
from elvisbot.errors import ElvisBotError, SourceUnreadableError
from elvisbot.messages import encoded
from elvisbot.sources import Answers, jsonl
from elvisbot.sources.jsonl import MAX_LINE
from tests.sources.reading import Reading, read

NOON = datetime(2024, 5, 1, 12, tzinfo=UTC)
SAMPLE = Path(__file__).parents[1] / "samples" / "jsonl" / "everything" / "input.jsonl"

hundred_times = settings(
    max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def line(text: Any = "hi", **keys: Any) -> str:
    """A line from Ann; `from_` is the key `from`."""
    record = {"from": keys.pop("from_", "Ann"), "sent_at": "2024-05-01T12:00:00Z", "text": text}
    return json.dumps(record | keys)


def written(folder: Path, *lines: str) -> Path:
    path = folder / "messages.jsonl"
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


def everything(folder: Path, *lines: str) -> Reading:
    return read(written(folder, *lines), "jsonl")


def refusal(path: Path) -> SourceUnreadableError:
    with pytest.raises(SourceUnreadableError) as caught, jsonl.opened(path, Answers()):
        pass
    assert caught.value.remedy
    return caught.value


texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\ufffc"))
moments = st.datetimes(datetime(1970, 1, 2), datetime(9999, 12, 30), timezones=st.just(UTC))
reactions = st.builds(Reaction, texts, st.sampled_from(["me", "Ann"]), st.none() | moments)
messages = st.builds(
    Message,
    id=st.uuids().map(str),
    chat=st.just("Ann"),
    sender=st.sampled_from(["me", "Ann"]),
    sent_at=moments,
    text=texts.filter(str.strip),
    service=st.none() | texts,
    placeholder=st.none() | st.sampled_from(PLACEHOLDERS),
    reply_to=st.none() | texts,
    reactions=st.lists(reactions, max_size=2, unique_by=lambda each: each.kind).map(tuple),
    edited_at=st.none() | moments,
    earlier=st.lists(texts, max_size=2).map(tuple),
    is_forwarded=st.booleans(),
)


@hundred_times
@given(st.lists(messages, min_size=1, max_size=4))
def test_what_an_import_writes_can_be_imported(tmp_path: Path, given: list[Message]) -> None:
    (path := tmp_path / "messages.jsonl").write_bytes(b"".join(map(encoded, given)))
    with jsonl.opened(path, Answers()) as history:
        assert [content for _, content in history.entries(None)] == given


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (line(), True),
        ("\n \r\n" + line() + "\n[", True),
        ("\ufeff" + line(), True),
        (line(sent_at=None), True),
        ('{"from": "me", "text": "hi"}', False),
        (f"[{line()}]", False),
        ('{\n"from": "me", "sent_at": "", "text": ""}', False),
        ('{"from": "me", "sent_at": "", "text": ""', False),
        ("[" * 100_000, False),
        ("from,sent_at,text", False),
        ("", False),
        (line("a" * MAX_LINE), False),
    ],
)
def test_a_file_is_recognised_by_its_first_line(
    tmp_path: Path, content: str, expected: bool
) -> None:
    assert jsonl.recognises(written(tmp_path, content)) is expected


@pytest.mark.parametrize(("good", "bad", "is_read"), [(2, 2, True), (2, 3, False), (0, 1, False)])
def test_a_file_is_refused_if_most_lines_are_unreadable(
    tmp_path: Path, good: int, bad: int, is_read: bool
) -> None:
    path = written(tmp_path, "", *[line()] * good, *["secret"] * bad)
    if is_read:
        assert read(path, "jsonl").buckets == {"used": good, "unreadable": bad}
        return
    error = refusal(path)
    assert f"the first such line is {good + 2}" in error.problem
    assert '"sent_at"' in error.remedy
    assert "secret" not in error.problem + error.remedy


def test_chats_may_be_missing_while_there_is_one_other(tmp_path: Path) -> None:
    lines = (line("a", from_="me"), line("b"), line("c", from_="me", chat="Ann"))
    reading = everything(tmp_path, *lines)
    assert [person.key for person in reading.people] == ["Ann"]
    assert [message.text for message in reading.messages] == ["a", "b", "c"]


def test_chats_must_not_be_missing_among_several(tmp_path: Path) -> None:
    lines = (line("a", from_="me"), line("b"), line("c", from_="Bo"))
    error = refusal(written(tmp_path, *lines))
    assert "the first such line is 1" in error.problem
    assert "chat" in error.remedy


def test_chats_must_not_be_missing_where_nobody_answers(tmp_path: Path) -> None:
    refusal(written(tmp_path, line(from_="me")))


def test_a_chat_called_me_is_the_one_with_the_other(tmp_path: Path) -> None:
    reading = everything(tmp_path, line("a", chat="me"), line("b", chat="me", from_="me"))
    assert [(message.chat, message.sender) for message in reading.messages] == [
        ("Ann", "Ann"),
        ("Ann", "me"),
    ]


def test_a_chat_of_two_others_is_a_group(tmp_path: Path) -> None:
    lines = (line("a", chat="us"), line("b", chat="us", from_="Bo"), line("c", chat="Ann"))
    assert everything(tmp_path, *lines).buckets == {"group chat": 2, "used": 1}


def test_an_id_is_unique(tmp_path: Path) -> None:
    reading = everything(tmp_path, line("a", id="1"), line("b", id="1"), line("c", id="2"))
    assert [message.text for message in reading.messages] == ["a", "c"]
    assert reading.buckets == {"used": 2, "duplicate": 1}


def test_derived_ids_stay_when_the_file_grows(tmp_path: Path) -> None:
    before = everything(tmp_path, line("a"), line("a"))
    after = everything(tmp_path, line("b"), line("a"), line("a"))
    assert len({message.id for message in after.messages}) == 3
    assert [message.id for message in after.messages[1:]] == [
        message.id for message in before.messages
    ]


@pytest.mark.parametrize(
    ("text", "placeholder", "bucket"),
    [
        ("a", None, "used"),
        ("a", "picture", "used"),
        ("a", "voice message", "context"),
        ("", "voice message", "context"),
        ("", "picture", "context"),
        ("\ufffc", "picture", "context"),
        ("", None, "blank"),
        (" \ufffc\n", None, "blank"),
    ],
)
def test_a_line_has_its_bucket(
    tmp_path: Path, text: str, placeholder: str | None, bucket: str
) -> None:
    assert everything(tmp_path, line(text, placeholder=placeholder)).buckets == {bucket: 1}


@pytest.mark.parametrize(("length", "bucket"), [(MAX_LINE, "used"), (MAX_LINE + 1, "unreadable")])
@pytest.mark.parametrize("ending", ["\n", ""])
def test_a_line_is_no_longer_than_a_message_can_be(
    tmp_path: Path, length: int, bucket: str, ending: str
) -> None:
    long = line("a" * (length - len(line(""))))
    assert len(long) == length
    path = written(tmp_path, line(), line())
    with path.open("a", encoding="utf-8") as file:
        file.write(f"\n{long}{ending}")
    expected = {"used": 3} if bucket == "used" else {"used": 2, "unreadable": 1}
    assert read(path, "jsonl").buckets == expected


def test_a_line_of_any_length_is_read_in_little_memory(tmp_path: Path) -> None:
    path = written(tmp_path, line(), "")
    with path.open("a", encoding="utf-8") as file:
        for _ in range(32):
            file.write("a" * (1 << 20))
        file.write("\n" + line(from_="me"))
    tracemalloc.start()
    try:
        with jsonl.opened(path, Answers()) as history:
            buckets = sorted(bucket for bucket, _ in history.entries(None))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert buckets == ["unreadable", "used", "used"]
    assert peak < 8 << 20


@pytest.mark.parametrize(
    "bad",
    [
        "{}",
        "[" * 100_000,
        '{"a":' * 10_000,
        line(1),
        line(None),
        line(["a"]),
        line(id=1),
        line(chat=[]),
        line(from_=None),
        line(from_=" "),
        line(sent_at=1_714_564_800),
        line(sent_at="yesterday"),
        line(sent_at="2024-05-01T12:00:00"),
        line(sent_at="0001-01-01T00:00:00+10:00"),
        line(placeholder="smell"),
        line(placeholder=["picture"]),
        line(reactions=1),
        line(reactions=["a"]),
        line(reactions=[{"kind": "👍"}]),
        line(earlier=[1]),
        line(edited_at=1),
        line().replace('"hi"', "1" * 5000),
    ],
)
def test_a_line_that_is_no_message_spoils_itself_alone(tmp_path: Path, bad: str) -> None:
    assert everything(tmp_path, line(), bad).buckets == {"used": 1, "unreadable": 1}


def test_halves_of_characters_are_replaced_and_whole_ones_kept(tmp_path: Path) -> None:
    lines = line("\ud83d\ude42 \ud83d"), line("b", from_="me", service="\ude42")
    smile, other = everything(tmp_path, *lines).messages
    assert (smile.text, other.service) == ("🙂 �", "�")


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    assert str(tmp_path / "x.jsonl") in refusal(tmp_path / "x.jsonl").problem


def test_a_folder_is_refused(tmp_path: Path) -> None:
    assert "no single file" in refusal(tmp_path).problem


def test_messages_keep_their_order_within_a_moment(tmp_path: Path) -> None:
    first = Message("1", "Ann", "Ann", NOON, "first")
    given = [first._replace(id="0", sent_at=NOON + timedelta(1)), first, first._replace(id="2")]
    (path := tmp_path / "messages.jsonl").write_bytes(b"".join(map(encoded, given)))
    assert [message.id for message in read(path, "jsonl").messages] == ["1", "2", "0"]


def read_or_refused(path: Path) -> None:
    jsonl.recognises(path)
    with contextlib.suppress(ElvisBotError), jsonl.opened(path, Answers()) as history:
        for _, content in history.entries(None):
            if isinstance(content, Message):
                encoded(content)


@hundred_times
@given(
    at=st.integers(0, SAMPLE.stat().st_size),
    length=st.integers(0, 40),
    instead=st.binary(max_size=20) | st.sampled_from([b"[", b"{", b'"', b"\n", b"null", b"1e999"]),
)
def test_a_damaged_file_raises_nothing_else(
    tmp_path: Path, at: int, length: int, instead: bytes
) -> None:
    content = SAMPLE.read_bytes()
    (path := tmp_path / "thing").write_bytes(content[:at] + instead + content[at + length :])
    read_or_refused(path)


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)


@hundred_times
@given(
    st.dictionaries(
        st.sampled_from(
            ["id", "chat", "from", "sent_at", "text", "placeholder", "reactions", "earlier"]
        ),
        values,
    )
)
def test_nonsense_at_any_key_raises_nothing_else(tmp_path: Path, keys: dict[str, Any]) -> None:
    record = json.loads(line()) | keys
    read_or_refused(written(tmp_path, line(), json.dumps(record)))
