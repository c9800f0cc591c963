"""What one record of SMS Backup & Restore says: who sent what to whom, or why nothing is kept.

The attributes are the columns of Android's own tables (`android.provider.Telephony`), with `null`
for those that are empty; `date` is in milliseconds since 1970. In the address of a group, numbers
are joined by `~`. Google's Messages marks RCS by a transaction (`tr_id`) that begins with `proto:`.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Final

from elvisbot.conversation import ME, Placeholder
from elvisbot.sources import BLANK, CONTEXT, FAILED, NO_DATE, UNREADABLE, USED
from elvisbot.sources._addresses import SHORTEST_NUMBER, normalised
from elvisbot.sources._android_xml import Attributes, Record

DRAFT: Final = "draft"

MAX_TEXT: Final = 1 << 20
"""Characters. A longer text is unreadable."""

MAX_ADDRESS: Final = 320
"""Characters: the longest mail address. What has a longer one is unreadable."""

_BOXES: Final = {"sms": "type", "mms": "msg_box"}
"""The attribute that tells in which box a record lies."""

_RECEIVED: Final = "1"
_SENT: Final = "2"
_NOT_SENT: Final = {"3": DRAFT, "4": FAILED, "5": FAILED, "6": FAILED}
"""Drafts, outbox, failed, queued."""

_NOBODY: Final = ("", "null", "(Unknown)", "insert-address-token", ME)
_RECIPIENTS: Final = ("151", "130")
"""To, and copy to. 137 is the sender."""

_LAYOUT: Final = "application/smil"
_OBJECT: Final = "\ufffc"
"""Stands where an iPhone had the picture."""

_KINDS: Final[tuple[tuple[str, Placeholder], ...]] = (
    ("image/", "picture"),
    ("video/", "video"),
    ("audio/", "voice message"),
    ("application/ogg", "voice message"),
    ("text/x-vcard", "contact"),
    ("text/vcard", "contact"),
    ("application/vnd.gsma.rcspushlocation", "location"),
    ("", "file"),
)
"""By how the content type begins."""

_normalised: Final = lru_cache(maxsize=10_000)(normalised)
"""It takes longer than the rest of a record, and most addresses come many times."""

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_LAST: Final = 253_402_300_799_999
"""Milliseconds until the end of the year 9999."""


@dataclass(frozen=True, slots=True)
class Said:
    """What a record says.

    Attributes:
        bucket: What it is as far as it alone can tell.
        others: Everybody in the conversation but me, normalised, with the spelling.
        is_group: Whether there is more than one.
        name: What the phone's contacts call the other one.
        text: To the byte; empty if there is nothing but a placeholder.
    """

    bucket: str
    others: dict[str, str]
    is_group: bool = False
    name: str | None = None
    is_mine: bool = False
    sent_at: datetime | None = None
    text: str = ""
    placeholder: Placeholder | None = None
    service: str = ""


def said(record: Record) -> Said:
    """What a record says, of whatever kind it is."""
    spellings = _spellings(record)
    if record.name not in _BOXES or any(len(each) > MAX_ADDRESS for each in spellings):
        return Said(UNREADABLE, {})
    others = {_normalised(each): each for each in spellings if each not in _NOBODY}
    others.pop("", None)
    box = record.attributes.get(_BOXES[record.name], "")
    if not others:
        return Said(_NOT_SENT.get(box, UNREADABLE), {})
    sent_at = _moment(record.attributes.get("date", ""))
    text, placeholder = _content(record)
    name = record.attributes.get("contact_name", "")
    return Said(
        bucket=_bucket(box, sent_at, text, placeholder),
        others=others,
        is_group=len(others) > 1 or _recipients(record) > 1,
        name=None if name in _NOBODY else name,
        is_mine=box == _SENT,
        sent_at=sent_at,
        text=text if text.strip() else "",
        placeholder=placeholder,
        service=_service(record),
    )


def _spellings(record: Record) -> list[str]:
    given = record.attributes.get("address", "")
    return given.split("~") if record.name == "mms" else [given]


def _recipients(record: Record) -> int:
    """How many people an MMS went to; a number may be spelled with its country and without."""
    addresses = (
        child.get("address", "")[:MAX_ADDRESS]
        for name, child in record.children
        if name == "addr" and child.get("type") in _RECIPIENTS
    )
    return len({_normalised(each)[-SHORTEST_NUMBER:] for each in addresses if each not in _NOBODY})


def _content(record: Record) -> tuple[str, Placeholder | None]:
    """The text, and what came with it."""
    if record.name == "sms":
        return _text(record.attributes, "body"), None
    parts = [part for name, part in record.children if name == "part"]
    texts = [_text(part, "text") for part in parts if _is_text(part)]
    others = [part.get("ct", "").lower() for part in parts if not _is_text(part)]
    kinds = (_kind(each) for each in others if not each.startswith(_LAYOUT))
    return "\n".join(filter(None, texts)), next(kinds, None)


def _text(attributes: Attributes, name: str) -> str:
    value = attributes.get(name, "null")
    return "" if value == "null" else value.replace(_OBJECT, "")


def _is_text(part: Attributes) -> bool:
    return part.get("ct", "").lower().startswith("text/plain")


def _kind(content_type: str) -> Placeholder:
    return next(kind for start, kind in _KINDS if content_type.startswith(start))


def _bucket(box: str, sent_at: datetime | None, text: str, placeholder: Placeholder | None) -> str:
    if box in _NOT_SENT:
        return _NOT_SENT[box]
    if box not in (_RECEIVED, _SENT) or len(text) > MAX_TEXT:
        return UNREADABLE
    if sent_at is None:
        return NO_DATE
    if text.strip():
        return USED
    return CONTEXT if placeholder else BLANK


def _moment(date: str) -> datetime | None:
    if not (date.isascii() and date.isdecimal() and len(date) <= len(str(_LAST))):
        return None
    milliseconds = int(date)
    if not 0 < milliseconds <= _LAST:
        return None
    return _EPOCH + timedelta(milliseconds=milliseconds)


def _service(record: Record) -> str:
    if record.name == "sms":
        return "SMS"
    return "RCS" if record.attributes.get("tr_id", "").startswith("proto:") else "MMS"
