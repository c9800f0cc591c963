"""The chat.db of the Messages app: iMessage, SMS and RCS on a Mac.

Tables that matter: `message` (one row each: messages, tapbacks, events), `handle` (addresses),
`chat` (conversations; `style` 45 is one-to-one, 43 a group), `chat_handle_join` and
`chat_message_join`. Columns vary from machine to machine, so they are looked up and never assumed.
Facts about the format: the project ReagentX/imessage-exporter.

A tapback has a row of its own, with a text that nobody typed (Loved “hello”); it is called a
reaction everywhere else.
"""

import sys
from collections import Counter, defaultdict
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from elvisbot.conversation import ME, Message
from elvisbot.errors import EmptyConversationError, SourceUnreadableError
from elvisbot.sources import USED, Person, Reading
from elvisbot.sources._imessage_rows import History, Row
from elvisbot.sources._imessage_text import REACTION, quoted, text_of
from elvisbot.sources._sqlite import opened

DELETED: Final = "no chat (deleted)"
GROUP_CHAT: Final = "group chat"
ANOTHER: Final = "another conversation"
NO_DATE: Final = "no date"

_EPOCH: Final = datetime(2001, 1, 1, tzinfo=UTC)
_LEAST_NANOSECONDS: Final = 10**12
"""Smaller dates are seconds: until High Sierra, and in rows that date from then."""


def default_path() -> Path:
    """`~/Library/Messages/chat.db`.

    Raises:
        SourceUnreadableError: if this is not a Mac.
    """
    if sys.platform != "darwin":
        raise SourceUnreadableError(
            "This is not a Mac, so there is no Messages history here.",
            remedy="Pass the path of a chat.db copied from ~/Library/Messages of a Mac, "
            "with its chat.db-wal beside it.",
        )
    return Path.home() / "Library" / "Messages" / "chat.db"


def people(path: Path) -> list[Person]:
    """Everybody whom I text one to one, most messages first. See `Source.people`."""
    with opened(path) as database:
        history = History(database)
        messages, _ = _sorted_out(history, wanted=None)
    found: dict[str, list[Message]] = defaultdict(list)
    for message in messages:
        found[message.chat].append(message)
    listed = [
        Person(name, history.book.handles(name), len(said), said[0].sent_at, said[-1].sent_at)
        for name, said in found.items()
    ]
    return sorted(listed, key=lambda person: (-person.messages, person.name))


def read(path: Path, who: str | None) -> Reading:
    """My conversation with `who`, or all one-to-one conversations. See `Source.read`."""
    with opened(path) as database:
        history = History(database)
        wanted = None if who is None else history.book.match(who, history.people)
        messages, buckets = _sorted_out(history, wanted)
    if not messages:
        raise EmptyConversationError(
            f"There is no text in {f'the conversation with {wanted}' if wanted else path}.",
            remedy="Choose somebody else (elvisbot people) or everyone (--with everyone).",
        )
    contacts = Counter(message.chat for message in messages)
    return Reading(
        messages=messages,
        rows=sum(buckets.values()),
        buckets=dict(buckets.most_common()),
        contacts=tuple(contact for contact, _ in contacts.most_common()),
    )


def _sorted_out(history: History, wanted: str | None) -> tuple[list[Message], Counter[str]]:
    """The messages of `wanted` (or of everyone), oldest first, and the bucket of every row."""
    buckets: Counter[str] = Counter()
    messages: list[Message] = []
    for row in history.rows():
        bucket, chat = _whose(row, history, wanted)
        if bucket == USED:
            bucket, text = text_of(row)
        if bucket == USED:
            sent_at = _sent_at(row.date)
            if sent_at is None:
                bucket = NO_DATE
            else:
                messages.append(_message(row, chat, sent_at, text))
        buckets[bucket] += 1
    # Rows come by row id, and the sort is stable.
    messages.sort(key=lambda message: message.sent_at)
    return _without_quoted_reactions(messages, buckets), buckets


def _whose(row: Row, history: History, wanted: str | None) -> tuple[str, str]:
    """`USED` and the person, if the row is in a conversation that was asked for; else why not."""
    chats = [chat for chat in sorted(row.chats) if chat in history.chats]
    if not chats or row.rowid in history.deleted:
        return DELETED, ""
    found = [history.chats[chat] for chat in chats]
    if None in found:
        return GROUP_CHAT, ""
    if wanted is None:
        return USED, found[0] or ""
    return (USED, wanted) if wanted in found else (ANOTHER, "")


def _message(row: Row, chat: str, sent_at: datetime, text: str) -> Message:
    return Message(
        id=_decoded(row.guid) or f"row {row.rowid}",
        chat=chat,
        sender=ME if row.is_from_me else chat,
        sent_at=sent_at,
        text=text,
        service=_decoded(row.service) or None,
    )


def _decoded(cell: Any) -> str:
    return cell.decode("utf-8", "replace") if isinstance(cell, bytes) else ""


def _sent_at(date: Any) -> datetime | None:
    """When a row was sent, from nanoseconds or seconds since 2001; None if that is not known."""
    if not isinstance(date, int | float) or date <= 0:
        return None
    try:
        if date >= _LEAST_NANOSECONDS:
            return _EPOCH + timedelta(microseconds=date // 1000)
        return _EPOCH + timedelta(seconds=date)
    except (OverflowError, ValueError):  # an infinite or impossible date
        return None


def _without_quoted_reactions(messages: list[Message], buckets: Counter[str]) -> list[Message]:
    """Drop the reactions that came by SMS, where they are messages that quote an earlier one."""
    kept: list[Message] = []
    said: dict[str, set[str]] = defaultdict(set)
    for message in messages:
        quote = None if message.service == "iMessage" else quoted(message.text)
        if quote is not None and quote in said[message.chat]:
            buckets[USED] -= 1
            buckets[REACTION] += 1
        else:
            said[message.chat].add(message.text)
            kept.append(message)
    return kept
