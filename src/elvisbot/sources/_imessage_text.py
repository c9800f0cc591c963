"""What one row of `message` says, or stands for, or why it says nothing."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from elvisbot.conversation import Placeholder
from elvisbot.sources import BLANK, CONTEXT, UNREADABLE, UNSENT, USED
from elvisbot.sources._imessage_rows import Row
from elvisbot.sources._plists import loaded
from elvisbot.sources._typedstream import TypedStreamError, attributed_text, plain_text

_ATTACHMENT_MARK: Final = "\ufffc"
_APP_MARK: Final = "\ufffd"
_MARKS: Final = re.compile(f"[{_ATTACHMENT_MARK}{_APP_MARK}]")
_LINK: Final = b"com.apple.messages.URLBalloonProvider"
"""The one app whose text was typed: the link itself."""

_APPS: Final[tuple[tuple[bytes, Placeholder], ...]] = (
    (b"polls", "poll"),
    (b"findmy", "location"),
    (b"", "app"),
)
"""By what the identifier of the app contains."""

_MEDIA: Final[tuple[tuple[bytes, Placeholder], ...]] = (
    (b"sticker", "sticker"),
    (b"image/", "picture"),
    (b"video/", "video"),
    (b"text/vcard", "contact"),
    (b"text/x-vlocation", "location"),
    (b"", "file"),
)
"""By how the type of the attachment begins."""

_TRANSCRIPTION: Final = "IMAudioTranscription"


class Said(NamedTuple):
    """What a row says.

    Attributes:
        bucket: `USED`, `CONTEXT`, or why there is nothing.
        text: What was sent, to the byte, without the marks of attachments and apps.
        placeholder: What came with it, or instead of it.
        earlier: The texts before it was edited, oldest first.
    """

    bucket: str
    text: str = ""
    placeholder: Placeholder | None = None
    earlier: tuple[str, ...] = ()


def has_marks(text: str) -> bool:
    """Whether marks stand in it for attachments or apps."""
    return _ATTACHMENT_MARK in text or _APP_MARK in text


def said(row: Row, attachments: Mapping[int, bytes]) -> Said:
    """What a row says that is an ordinary message.

    Args:
        attachments: The type of each message's attachment, by row id.
    """
    try:
        if row.is_voice:
            return Said(CONTEXT, _transcription(row), "voice message")
        if row.balloon and row.balloon != _LINK:
            return Said(CONTEXT, "", _kind(_bytes(row.balloon).lower(), _APPS, anywhere=True))
        raw = _raw_text(row)
        if row.edited:
            return _edited(row, raw, attachments)
    except (UnicodeDecodeError, TypedStreamError):
        return Said(UNREADABLE)
    return _unmarked(row, raw, attachments)


def _edited(row: Row, raw: str, attachments: Mapping[int, bytes]) -> Said:
    history = _History.of(row.summary) if row.summary else _History()
    said = _unmarked(row, history.without_unsent(raw) if raw else history.last, attachments)
    return said._replace(earlier=history.earlier) if said.bucket == USED else said


def _unmarked(row: Row, raw: str, attachments: Mapping[int, bytes]) -> Said:
    """What is left of a text without the marks of attachments and apps."""
    text = _MARKS.sub("", raw)
    placeholder = _placeholder(row, raw, attachments)
    if not text.strip():
        return Said(CONTEXT, "", placeholder) if placeholder else Said(_why_empty(row))
    return Said(USED, text, placeholder)


def _raw_text(row: Row) -> str:
    if row.text:
        text = _bytes(row.text).decode()
    elif row.body:
        text = plain_text(_bytes(row.body))
    else:
        text = ""
    if row.subject and row.service == b"iMessage":
        subject = _bytes(row.subject).decode().strip()
        return f"{subject}\n{text}" if subject and text else subject or text
    return text


def _bytes(cell: Any) -> bytes:
    if not isinstance(cell, bytes):
        raise TypedStreamError("no text, or too long")
    return cell


def _transcription(row: Row) -> str:
    """The words of a voice message, where the Mac has written them down."""
    if not row.body:
        return ""
    _, runs = attributed_text(_bytes(row.body))
    words = (run.attributes.get(_TRANSCRIPTION, "") for run in runs)
    return _MARKS.sub("", " ".join(filter(None, words)))


def _placeholder(row: Row, raw: str, attachments: Mapping[int, bytes]) -> Placeholder | None:
    if row.has_attachments or row.rowid in attachments or _ATTACHMENT_MARK in raw:
        return _kind(attachments.get(row.rowid, b""), _MEDIA)
    if _APP_MARK in raw or (row.balloon and not raw.strip()):
        return "app"
    return None


def _kind(
    given: bytes, kinds: tuple[tuple[bytes, Placeholder], ...], *, anywhere: bool = False
) -> Placeholder:
    return next(
        kind for mark, kind in kinds if (mark in given if anywhere else given.startswith(mark))
    )


def _why_empty(row: Row) -> str:
    return UNSENT if row.edited else BLANK


@dataclass(frozen=True, slots=True)
class _History:
    """What was changed after sending, of all parts together.

    A message has a part for each stretch of text between its attachments, nearly always one.

    Attributes:
        last: The last version of the parts that were edited and not unsent, joined.
        earlier: The versions before it, oldest first.
        unsent: Where in the text as it was sent the unsent parts lie, in UTF-16 units.
        units: How long the text was as it was sent, in UTF-16 units; 0 if that is not known.
    """

    last: str = ""
    earlier: tuple[str, ...] = ()
    unsent: tuple[tuple[int, int], ...] = ()
    units: int = 0

    @classmethod
    def of(cls, summary: Any) -> "_History":
        """From `message_summary_info`, a binary property list.

        `otr` maps the number of a part to where it lay (`lo`, and `le` units long); `ec`, to its
        versions, oldest first, each with its archived text `t`; `rp` lists the parts unsent.
        """
        try:
            known = loaded(_bytes(summary))
            unsent = {int(part) for part in known.get("rp", [])}
            parts = {
                int(part): [plain_text(_bytes(version["t"])) for version in versions]
                for part, versions in known.get("ec", {}).items()
            }
            places = {
                int(part): (int(place["lo"]), int(place["le"]))
                for part, place in known.get("otr", {}).items()
            }
        except TypedStreamError:
            raise
        # What a property list that is damaged or of another shape raises.
        except (
            ValueError,
            TypeError,
            LookupError,
            AttributeError,
            OverflowError,
            RecursionError,
        ) as error:
            raise TypedStreamError("the history of edits cannot be read") from error
        kept = [parts[part] for part in sorted(parts) if part not in unsent and parts[part]]
        return cls(
            last="".join(versions[-1] for versions in kept),
            earlier=tuple(text for versions in kept for text in versions[:-1]),
            unsent=tuple(sorted(places[part] for part in unsent if part in places)),
            units=max((start + length for start, length in places.values()), default=0),
        )

    def without_unsent(self, text: str) -> str:
        """`text` without the unsent parts, if it is still the text as it was sent."""
        encoded = text.encode("utf-16-le")
        if not self.unsent or len(encoded) != 2 * self.units:
            return text
        for start, length in reversed(self.unsent):
            encoded = encoded[: 2 * start] + encoded[2 * (start + length) :]
        return encoded.decode("utf-16-le", "replace")
