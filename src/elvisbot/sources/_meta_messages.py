"""The messages of one conversation in Messenger or Instagram: what an object of its list becomes.

There are two shapes: that of an account's export, and that of Messenger's end-to-end encrypted
chats, which writes `senderName` for `sender_name`, and so on.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import PurePosixPath
from typing import Any, Final

from elvisbot.conversation import ME, Message, Placeholder, Reaction
from elvisbot.sources import (
    AUTOMATIC,
    BLANK,
    CONTEXT,
    EVENT,
    NO_DATE,
    UNREADABLE,
    UNSENT,
    USED,
    Entry,
)
from elvisbot.sources._ids import Ids
from elvisbot.sources._meta_notices import notice

ASSISTANT: Final = "Meta AI"
"""Answers in the conversations of others, when it is asked to."""

MAX_TEXT: Final = 1 << 20
"""Characters as exported. A longer text is unreadable."""

_EVENT_TYPES: Final = ("Subscribe", "Unsubscribe", "placeholder")
_MEDIA: Final[tuple[tuple[str, Placeholder], ...]] = (
    ("photos", "picture"),
    ("videos", "video"),
    ("audio_files", "voice message"),
    ("gifs", "picture"),
    ("sticker", "sticker"),
    ("files", "file"),
    ("share", "app"),
)
_ENDINGS: Final[dict[Placeholder, str]] = {
    "picture": ".gif .heic .jpeg .jpg .png .webp",
    "video": ".mov .mp4 .webm",
    "voice message": ".aac .m4a .mp3 .ogg .opus .wav",
}
_KINDS: Final = {ending: kind for kind, endings in _ENDINGS.items() for ending in endings.split()}

_MAX_REACTION: Final = 64
"""Characters: an emoji may have a dozen."""

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_LAST: Final = 253_402_300_799_999
"""Milliseconds until the end of the year 9999."""


def mended(text: str) -> str:
    """`text` as it was written: exports hold every byte of its UTF-8 as a character of its own.

    Newer ones do not; there it stays.
    """
    if text.isascii():
        return text
    try:
        return text.encode("latin-1").decode()
    except UnicodeError:
        return text


def sender_of(record: Any) -> str | None:
    """Who sent a message; None if that is not known."""
    if not isinstance(record, dict):
        return None
    sender = record.get("sender_name", record.get("senderName"))
    return mended(sender) if isinstance(sender, str) else None


@dataclass(frozen=True)
class Reader:
    """Turns messages into entries.

    Attributes:
        me: My name.
        key: Of the person with whom they were exchanged.
    """

    me: str
    key: str
    service: str
    ids: Ids

    def entry(self, record: Any) -> Entry:
        sender = sender_of(record)
        if sender is None:
            return UNREADABLE, None
        if record.get("is_unsent", record.get("isUnsent")) is True:
            return UNSENT, None
        if sender == ASSISTANT:
            return AUTOMATIC, None
        if record.get("type") in _EVENT_TYPES:
            return EVENT, None
        text = record.get("content", record.get("text"))
        if not isinstance(text, str | None) or len(text or "") > MAX_TEXT:
            return UNREADABLE, None
        return self._message(record, sender, mended(text or ""))

    def _message(self, record: Mapping[str, Any], sender: str, text: str) -> Entry:
        placeholder = _placeholder(record)
        if known := notice(text, sender, is_mine=sender == self.me):
            bucket, kind = known
            if bucket != CONTEXT:
                return bucket, None
            text, placeholder = "", _more_telling(kind, placeholder)
        if _is_call(record):
            text, placeholder = "", "call"
        bucket = USED if text.strip() else CONTEXT if placeholder else BLANK
        if bucket == BLANK:
            return BLANK, None
        sent_at = _moment(record.get("timestamp_ms", record.get("timestamp")))
        if sent_at is None:
            return NO_DATE, None
        return self._kept(bucket, record, sender, sent_at, text, placeholder)

    def _kept(
        self,
        bucket: str,
        record: Mapping[str, Any],
        sender: str,
        sent_at: datetime,
        text: str,
        placeholder: Placeholder | None,
    ) -> Entry:
        text = text if bucket == USED else ""
        if placeholder == "app" and "://" in text:
            placeholder = None  # the preview of a link in the text
        moment = sent_at.isoformat()
        return bucket, Message(
            id=self.ids.of(self.key, self._whose(sender), moment, text, placeholder or ""),
            chat=self.key,
            sender=self._whose(sender),
            sent_at=sent_at,
            text=text,
            service=self.service,
            placeholder=placeholder,
            reactions=tuple(self._reactions(record.get("reactions"))),
        )

    def _reactions(self, records: Any) -> Iterator[Reaction]:
        for record in records if isinstance(records, list) else ():
            kind, actor = _text(record, "reaction").strip(), _text(record, "actor")
            if 0 < len(kind) <= _MAX_REACTION and actor:
                seconds = record.get("timestamp")
                moment = _moment(seconds * 1000) if type(seconds) is int else None
                yield Reaction(kind, self._whose(actor), moment)

    def _whose(self, name: str) -> str:
        return ME if name == self.me else self.key


def _text(record: Any, key: str) -> str:
    value = record.get(key) if isinstance(record, dict) else None
    return mended(value) if isinstance(value, str) else ""


def _is_call(record: Mapping[str, Any]) -> bool:
    return "call_duration" in record or record.get("missed") is True or record.get("type") == "Call"


def _placeholder(record: Mapping[str, Any]) -> Placeholder | None:
    """What came with a message, or instead of its text."""
    for name, kind in _MEDIA:
        if record.get(name):
            return kind
    media = record.get("media")
    if not (isinstance(media, list) and media):
        return None
    uri = media[0].get("uri") if isinstance(media[0], dict) else None
    ending = PurePosixPath(uri).suffix.lower() if isinstance(uri, str) else ""
    return _KINDS.get(ending, "file")


def _more_telling(said: Placeholder | None, found: Placeholder | None) -> Placeholder | None:
    return found or said if said == "file" else said


def _moment(milliseconds: Any) -> datetime | None:
    if type(milliseconds) is not int or not 0 < milliseconds <= _LAST:
        return None
    return _EPOCH + timedelta(milliseconds=milliseconds)
