"""What one row of `message` says, or why it says nothing that a person typed."""

import plistlib
import re
from typing import Any, Final

from elvisbot.sources import USED
from elvisbot.sources._imessage_rows import Row
from elvisbot.sources._typedstream import TypedStreamError, plain_text

EVENT: Final = "event"
REACTION: Final = "reaction"
APP: Final = "app or link preview"
ATTACHMENT: Final = "attachment only"
UNSENT: Final = "unsent"
BLANK: Final = "blank"
UNREADABLE: Final = "unreadable text"

_ATTACHMENT_MARK: Final = "\ufffc"
_APP_MARK: Final = "\ufffd"
_LINK: Final = b"com.apple.messages.URLBalloonProvider"
"""The one app whose text was typed: the link itself."""

_FIRST_REACTION: Final = 1000
"""`associated_message_type`: 1000 a sticker, 2000 to 2007 reactions, 3000 to 3007 their removal,
4000 a vote in a poll; 0, 2 and 3 are ordinary messages."""

_QUOTING: Final = re.compile(r"[^“”„«»\n]{2,40}[“„«]\s?(.+?)\s?[”“»]", re.DOTALL)


def text_of(row: Row) -> tuple[str, str]:
    """The bucket of a row of the conversation and, if it is used, its text.

    The text is what was sent, to the byte, without the placeholders of attachments and apps.
    """
    if row.item_type:
        return EVENT, ""
    if isinstance(row.associated_type, int) and row.associated_type >= _FIRST_REACTION:
        return REACTION, ""
    if row.balloon and row.balloon != _LINK:
        return APP, ""
    try:
        raw = _raw_text(row)
    except (UnicodeDecodeError, TypedStreamError):
        return UNREADABLE, ""
    text = raw.replace(_ATTACHMENT_MARK, "").replace(_APP_MARK, "")
    return (USED, text) if text.strip() else (_why_empty(row, raw), "")


def quoted(text: str) -> str | None:
    """What a text quotes, if it has the form of a reaction that came by SMS: `Loved “hello”`.

    The words before the quote are in the language of the sender's phone, so they can be any.
    """
    found = _QUOTING.fullmatch(text)
    return found[1] if found else None


def _raw_text(row: Row) -> str:
    if row.text:
        return _bytes(row.text).decode()
    if row.body:
        return plain_text(_bytes(row.body))
    return _edited_text(_bytes(row.summary)) if row.summary else ""


def _bytes(cell: Any) -> bytes:
    if not isinstance(cell, bytes):
        raise TypedStreamError("no text, or too long")
    return cell


def _why_empty(row: Row, raw: str) -> str:
    if _ATTACHMENT_MARK in raw:
        return ATTACHMENT
    if _APP_MARK in raw or row.balloon:
        return APP
    if row.is_edited:
        return UNSENT
    return ATTACHMENT if row.has_attachments else BLANK


def _edited_text(summary: bytes) -> str:
    """The last version of an edited message, whose own text is empty.

    `message_summary_info` is a binary property list: `ec` maps the number of a part to its
    versions, oldest first, each with its archived text `t`; `rp` lists the parts unsent.
    """
    try:
        known = plistlib.loads(summary, fmt=plistlib.FMT_BINARY)
        edited, unsent = known.get("ec", {}), {int(part) for part in known.get("rp", [])}
        last = {int(part): versions[-1]["t"] for part, versions in edited.items() if versions}
        kept = [plain_text(_bytes(last[part])) for part in sorted(last) if part not in unsent]
    except TypedStreamError:
        raise
    # What plistlib and a property list of another shape raise.
    except (ValueError, TypeError, LookupError, AttributeError, RecursionError) as error:
        raise TypedStreamError("the history of edits cannot be read") from error
    return "".join(kept)
