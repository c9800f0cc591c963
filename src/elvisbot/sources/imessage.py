"""The chat.db of the Messages app: iMessage, SMS and RCS on a Mac.

Tables that matter: `message` (one row each: messages, tapbacks, events), `handle` (addresses),
`chat` (conversations; `style` 45 is one-to-one, 43 a group), `chat_handle_join` and
`chat_message_join`. Columns vary from machine to machine, so they are looked up and never assumed.
Facts about the format: the project ReagentX/imessage-exporter.

A tapback has a row of its own, with a text that nobody typed (Loved “hello”); it is called a
reaction everywhere else.
"""

import contextlib
import re
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from elvisbot.conversation import ME, Message, Reaction
from elvisbot.errors import SourceUnreadableError
from elvisbot.sources import (
    ANOTHER,
    DELETED,
    EVENT,
    GROUP_CHAT,
    NO_DATE,
    REACTION,
    TO_SELF,
    UNREADABLE,
    USED,
    Answers,
    Entry,
    Person,
    ReactionTo,
    Span,
)
from elvisbot.sources._contacts import Contact, mac_contacts
from elvisbot.sources._files import beginning
from elvisbot.sources._imessage_rows import FIRST_REACTION, LEAST_NANOSECONDS, History, Row
from elvisbot.sources._imessage_text import MAX_TEXT, has_marks, said
from elvisbot.sources._quotes import Quotes
from elvisbot.sources._sqlite import opened as opened_database
from elvisbot.sources._typedstream import TypedStreamError, plain_text

TITLE: Final = "Messages of a Mac (chat.db)"

_EPOCH: Final = datetime(2001, 1, 1, tzinfo=UTC)
_KINDS: Final = ("loved", "liked", "disliked", "laughed", "emphasised", "questioned")
"""From 2000 on, and from 3000 on for the same taken back; then any emoji, then a sticker."""

_STICKER, _GIVEN, _TAKEN_BACK, _VOTE = 1000, 2000, 3000, 4000
_TARGET: Final = re.compile(r"(?:p:\d+/|bp:)?(.+)")


def default_path() -> Path:
    """`~/Library/Messages/chat.db`.

    Raises:
        SourceUnreadableError: if this is not a Mac.
    """
    if sys.platform != "darwin":
        raise SourceUnreadableError(
            "This is not a Mac, so there is no Messages history here.",
            remedy="Pass the path of a chat.db copied from ~/Library/Messages of a Mac, "
            "with its chat.db-wal beside it, or of an export of another app.",
        )
    return Path.home() / "Library" / "Messages" / "chat.db"


def recognises(path: Path) -> bool:
    """Whether it is an SQLite database. See `Source.recognises`."""
    return beginning(path, 16) == b"SQLite format 3\x00"


@contextlib.contextmanager
def opened(
    path: Path, answers: Answers, *, contacts: Sequence[Contact] | None = None
) -> Iterator["ChatDb"]:
    """See `Source.opened`.

    Args:
        contacts: Names for numbers and addresses; None for those of this Mac.
    """
    notes: list[str] = []
    known = mac_contacts(notes.append) if contacts is None else contacts
    with opened_database(path) as database:
        yield ChatDb(History(database, known), notes)


class ChatDb:
    """See `sources.History`."""

    def __init__(self, history: History, notes: list[str]) -> None:
        self._history = history
        self._notes = notes

    @property
    def people(self) -> list[Person]:
        book = self._history.book
        return [
            Person(key, book.name(key), book.handles(key)) for key in sorted(self._history.people)
        ]

    @property
    def notes(self) -> list[str]:
        return self._notes

    def spans(self) -> dict[str, Span]:
        spans: dict[str, Span] = {}
        for chat, service, messages, mine, first, last in self._history.said():
            key = self._history.chats.get(chat)
            if key is None or chat in self._history.to_self:
                continue
            counted = Span({_decoded(service): messages}, mine, _since(first), _since(last))
            spans[key] = _together(spans[key], counted) if key in spans else counted
        return spans

    def entries(self, person: Person | None) -> Iterator[Entry]:
        wanted = person.key if person else None
        whose = self._whose(wanted)
        quotes = self._quotes(whose)
        attachments = self._history.attachments()
        for row in self._history.rows():
            bucket, chat = whose(row)
            if bucket != USED:
                yield bucket, None
                continue
            entry = _plain(row, chat) if row.is_plain and row.never_said is None else None
            if entry is None:
                entry = _entry(row, chat, attachments)
            content = entry[1]
            if isinstance(content, Message) and quotes.takes(content):
                continue
            yield entry
        yield from quotes.resolved()

    def _whose(self, wanted: str | None) -> Callable[[Row], tuple[str, str]]:
        """Tells `USED` and the person, if a row is in a conversation asked for; else why not."""
        known: dict[Any, tuple[str, str]] = {}
        deleted = self._history.deleted

        def whose(row: Row) -> tuple[str, str]:
            if row.rowid in deleted:
                return DELETED, ""
            found = known.get(row.chat)
            if found is None:
                chats = row.chat if isinstance(row.chat, tuple) else (row.chat,)
                found = known[row.chat] = self._whose_chats(chats, wanted)
            return found

        return whose

    def _whose_chats(self, chats: tuple[Any, ...], wanted: str | None) -> tuple[str, str]:
        history = self._history
        found = {history.chats[chat] for chat in chats if chat in history.chats}
        if not found:
            return DELETED, ""
        if None in found:
            return GROUP_CHAT, ""
        if not history.to_self.isdisjoint(chats):
            return TO_SELF, ""
        if wanted is None:
            return USED, min(filter(None, found))
        return (USED, wanted) if wanted in found else (ANOTHER, "")

    def _quotes(self, whose: Callable[[Row], tuple[str, str]]) -> Quotes:
        quotes = Quotes()
        for row in self._history.quoting():
            bucket, chat = whose(row)
            text = said(row, {}).text if bucket == USED else ""
            if text:
                quotes.expect(chat, text)
        return quotes


def _plain(row: Row, chat: str) -> Entry | None:
    """What `_entry` makes of a plain message, in half the time; None if it needs a closer look."""
    sent_at = _moment(row.date)
    try:
        text: str = row.text.decode() if row.text else plain_text(row.body)
        guid, service = row.guid.decode(), _service(row.service)
    except (AttributeError, TypeError, UnicodeDecodeError, TypedStreamError):
        return None
    if not text or text.isspace() or has_marks(text) or not guid or sent_at is None:
        return None
    if len(text) > MAX_TEXT:
        return None
    return USED, Message(guid, chat, ME if row.is_from_me else chat, sent_at, text, service)


def _entry(row: Row, chat: str, attachments: dict[int, bytes]) -> Entry:
    """What becomes of a row of the conversation."""
    if row.never_said is not None:
        return _decoded(row.never_said), None
    if row.item_type:
        return EVENT, None
    if isinstance(row.associated_type, int) and row.associated_type >= FIRST_REACTION:
        return _reaction(row, chat)
    what = said(row, attachments)
    sent_at = _moment(row.date)
    if not (what.text or what.placeholder):
        return what.bucket, None
    if sent_at is None:
        return NO_DATE, None
    return what.bucket, Message(
        id=_decoded(row.guid) or f"row {row.rowid}",
        chat=chat,
        sender=ME if row.is_from_me else chat,
        sent_at=sent_at,
        text=what.text,
        service=_service(row.service),
        placeholder=what.placeholder,
        reply_to=_decoded(row.reply_to) or None if row.reply_to else None,
        edited_at=_moment(row.edited),
        earlier=what.earlier,
    )


def _reaction(row: Row, chat: str) -> Entry:
    """`associated_message_guid` is `p:0/GUID` (the part), `bp:GUID` (an app), or the guid alone."""
    target = _TARGET.fullmatch(_decoded(row.target))
    kind = _kind(row)
    if row.associated_type == _VOTE:
        return EVENT, None
    if target is None or kind is None:
        return UNREADABLE, None
    sender = ME if row.is_from_me else chat
    reaction = Reaction(kind, sender, _moment(row.date))
    return REACTION, ReactionTo(target[1], reaction, is_removal=row.associated_type >= _TAKEN_BACK)


def _kind(row: Row) -> str | None:
    if row.associated_type == _STICKER:
        return "sticker"
    for first in (_GIVEN, _TAKEN_BACK):
        match row.associated_type - first:
            case number if 0 <= number < len(_KINDS):
                return _KINDS[number]
            case 6:
                return _decoded(row.emoji) or None
            case 7:
                return "sticker"
    return None


def _decoded(cell: Any) -> str:
    return cell.decode("utf-8", "replace") if isinstance(cell, bytes) else ""


@lru_cache(maxsize=64)
def _service(cell: Any) -> str | None:
    return _decoded(cell) or None


def _moment(date: Any) -> datetime | None:
    """A moment from nanoseconds or seconds since 2001; None if that is not known."""
    if not isinstance(date, int | float) or date <= 0:
        return None
    try:
        if date >= LEAST_NANOSECONDS:
            return _EPOCH + timedelta(0, 0, date // 1000)
        return _EPOCH + timedelta(seconds=date)
    except (OverflowError, ValueError):  # an infinite or impossible date
        return None


def _since(nanoseconds: float) -> datetime:
    """A moment that `History.said` has bounded."""
    return _EPOCH + timedelta(0, 0, nanoseconds // 1000)


def _together(one: Span, other: Span) -> Span:
    services = Counter(one.services)
    services.update(other.services)
    return Span(
        dict(services.most_common()),
        one.mine + other.mine,
        min(one.first, other.first),
        max(one.last, other.last),
    )
