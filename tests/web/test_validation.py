import contextlib
import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from werkzeug.exceptions import Conflict

from elvisbot.conversation import ME, Message, Reaction
from elvisbot.errors import InvalidRequestError
from elvisbot.web.validation import conversation

GOOD = {"id": "a", "from": "them", "text": "hey", "sent_at": "2026-03-01T09:00:00+01:00"}


def body(*messages: Any) -> bytes:
    return json.dumps({"messages": list(messages)}).encode()


def test_messages_come_out_as_they_stand() -> None:
    mine = GOOD | {"id": "b", "from": "me", "text": " é😂\n", "more": 1}
    first, second, _ = conversation(body(GOOD, mine, GOOD))
    assert first == Message("a", "web", "them", datetime(2026, 3, 1, 8, tzinfo=UTC), "hey")
    assert (second.sender, second.text) == (ME, " é😂\n")


def test_the_order_is_kept_even_if_a_clock_was_set_back() -> None:
    later = GOOD | {"id": "later", "sent_at": "2026-03-02T09:00:00Z"}
    assert [message.id for message in conversation(body(later, GOOD))] == ["later", "a"]


@pytest.mark.parametrize(
    ("key", "longest"), [("text", "x" * 4000), ("id", "x" * 64), ("text", "x"), ("text", " ")]
)
def test_the_limits_themselves_are_allowed(key: str, longest: str) -> None:
    assert conversation(body(GOOD | {key: longest}))


def test_what_the_bot_reacted_with_comes_along() -> None:
    (message,) = conversation(body(GOOD | {"reaction": "🎉"}))
    assert message.reactions == (Reaction("🎉", ME),)


def test_what_is_for_another_bot_is_not_answered() -> None:
    document = {"messages": [GOOD], "bot": "Ana"}
    assert conversation(json.dumps(document).encode(), "Ana")
    with pytest.raises(Conflict):
        conversation(json.dumps(document).encode(), "Bob")


def test_a_hundred_messages_are_allowed() -> None:
    assert len(conversation(body(*[GOOD] * 100))) == 100


@pytest.mark.parametrize(
    "change",
    [
        {"text": ""},
        {"text": "x" * 4001},
        {"text": None},
        {"text": 1},
        {"text": ["x"]},
        {"text": "\ud83d"},
        {"reaction": ""},
        {"reaction": "x" * 65},
        {"reaction": None},
        {"reaction": ["loved"]},
        {"id": ""},
        {"id": "x" * 65},
        {"id": 7},
        {"id": "\udc00"},
        {"from": "me"},
        {"from": "ana"},
        {"from": ["them"]},
        {"from": None},
        {"sent_at": "2026-03-01T09:00:00"},
        {"sent_at": "yesterday"},
        {"sent_at": "\ud83d"},
        {"sent_at": 1_700_000_000},
        {"sent_at": "0001-01-01T00:00:00+14:00"},
        {"sent_at": "9999-12-31T23:59:59-14:00"},
    ],
    ids=repr,
)
def test_a_field_that_is_wrong_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(InvalidRequestError):
        conversation(body(GOOD | change))


@pytest.mark.parametrize("key", ["id", "from", "text", "sent_at"])
def test_a_field_that_is_missing_is_refused(key: str) -> None:
    with pytest.raises(InvalidRequestError):
        conversation(body({name: value for name, value in GOOD.items() if name != key}))


MESSAGE = json.dumps(GOOD).encode()


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"null",
        b"1",
        b"[1]",
        b'"x"',
        b"{}",
        b'{"messages": []}',
        b'{"messages": {}}',
        b'{"messages": [1]}',
        b'{"messages": [null]}',
        b'{"messages": [[]]}',
        b"[" * 15_000,
        b'{"messages":' * 10_000,
        b'{"messages": [' + b",".join([MESSAGE] * 101) + b"]}",
        b'{"messages": [' + MESSAGE + b'], "messages": [' + MESSAGE + b"]}",
        b'{"messages": [' + MESSAGE + b'], "x": NaN}',
        b'{"messages": [' + MESSAGE + b'], "x": -Infinity}',
        b'{"messages": [' + MESSAGE + b'], "x": ' + b"9" * 5000 + b"}",
        b'{"messages": [' + MESSAGE.replace(b"hey", b"caf\xe9") + b"]}",
        b"\xef\xbb\xbf" + b'{"messages": [' + MESSAGE + b"]}",
        json.dumps({"messages": [GOOD]}).encode("utf-16"),
        b'{"messages": [' + MESSAGE,
    ],
    ids=lambda raw: repr(raw[:40]),
)
def test_a_body_that_is_wrong_is_refused(raw: bytes) -> None:
    with pytest.raises(InvalidRequestError):
        conversation(raw)


def test_what_is_refused_is_not_repeated() -> None:
    with pytest.raises(InvalidRequestError) as caught:
        conversation(body(GOOD | {"text": "my secret" * 1000}))
    assert "secret" not in caught.value.problem + caught.value.remedy


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)


@given(st.fixed_dictionaries({key: st.just(GOOD[key]) | anything for key in GOOD}) | anything)
def test_whatever_a_message_is_it_is_taken_or_refused(message: object) -> None:
    with contextlib.suppress(InvalidRequestError):
        assert conversation(body(message))


@given(st.binary())
def test_whatever_a_body_is_it_is_refused(raw: bytes) -> None:
    with pytest.raises(InvalidRequestError):
        conversation(raw)
