"""The lines of messages.jsonl."""

import json
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from elvisbot import messages as documented
from elvisbot.conversation import PLACEHOLDERS, Message, Reaction
from elvisbot.messages import decoded, encoded, timestamp

MOMENT = datetime(2024, 5, 1, 12, 0, 0, 250_000, tzinfo=UTC)
PLAIN = Message("A", "ana", "me", MOMENT, 'hi 👋\n"there"\\ \u2028')
FULL = PLAIN._replace(
    service="iMessage",
    placeholder="picture",
    reply_to="B",
    reactions=(Reaction("loved", "ana", MOMENT), Reaction("🎉", "me")),
    edited_at=MOMENT,
    earlier=("h", "hi"),
    is_forwarded=True,
)

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
moments = st.datetimes(timezones=st.just(UTC))
messages = st.builds(
    Message,
    id=texts,
    chat=texts,
    sender=texts,
    sent_at=moments,
    text=texts,
    service=st.none() | texts,
    placeholder=st.none() | st.sampled_from(PLACEHOLDERS),
    reply_to=st.none() | texts,
    reactions=st.lists(st.builds(Reaction, texts, texts, st.none() | moments), max_size=3).map(
        tuple
    ),
    edited_at=st.none() | moments,
    earlier=st.lists(texts, max_size=3).map(tuple),
    is_forwarded=st.booleans(),
)


@given(messages)
def test_what_is_written_is_read_back(message: Message) -> None:
    line = encoded(message)
    assert decoded(line) == message
    assert line.endswith(b"\n")
    assert line.count(b"\n") == 1


def test_a_plain_message_has_no_keys_to_spare() -> None:
    assert json.loads(encoded(PLAIN)) == {
        "id": "A",
        "chat": "ana",
        "from": "me",
        "sent_at": "2024-05-01T12:00:00.250000Z",
        "text": PLAIN.text,
    }


def test_a_message_with_everything_has_every_key() -> None:
    record = json.loads(encoded(FULL))
    assert list(record)[5:] == [
        *("service", "placeholder", "reply_to", "reactions", "edited_at", "earlier", "forwarded"),
    ]
    assert record["reactions"] == [
        {"kind": "loved", "from": "ana", "sent_at": "2024-05-01T12:00:00.250000Z"},
        {"kind": "🎉", "from": "me"},
    ]


def test_times_of_other_zones_are_written_as_utc() -> None:
    moment = datetime(2024, 5, 1, 14, tzinfo=timezone(timedelta(hours=2)))
    assert timestamp(moment) == "2024-05-01T12:00:00Z"


@pytest.mark.parametrize(
    "change",
    [
        {"id": 5},
        {"text": None},
        {"text": "\ud800"},
        {"sent_at": "soon"},
        {"sent_at": "2024-05-01T12:00:00"},
        {"sent_at": 5},
        {"sent_at": "0001-01-01T00:00:00+05:00"},
        {"placeholder": "smell"},
        {"placeholder": ["picture"]},
        {"reactions": 1},
        {"reactions": [{}]},
        {"reactions": ["loved"]},
        {"earlier": [1]},
        {"reply_to": 1},
        {"edited_at": 1},
    ],
)
def test_a_line_of_another_shape_is_refused(change: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"."):
        decoded(json.dumps(json.loads(encoded(PLAIN)) | change).encode())


@pytest.mark.parametrize("line", [b"", b"\n", b"[]", b"1", b'"x"', b"{", b"\xff", b"[" * 100_000])
def test_what_is_no_line_is_refused(line: bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        decoded(line)


def test_every_key_is_documented() -> None:
    assert all(f'"{key}"' in str(documented.__doc__) for key in json.loads(encoded(FULL)))
