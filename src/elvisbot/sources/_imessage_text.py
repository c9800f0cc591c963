"""What one row of `message` says, or stands for, or why it says nothing."""

import re
from collections.abc import Iterator, Mapping
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

MAX_TEXT: Final = 1 << 20
"""Characters; bytes of what is not yet decoded, and of all versions of one message together. Nobody
types longer texts."""


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
        if row.edited:
            return _edited(row, attachments)
        if row.is_voice:
            return Said(CONTEXT, _transcription(row), "voice message")
        if _is_app(row):
            return _app(row)
        return _unmarked(row, _with_subject(row, _raw_text(row)), attachments)
    except (UnicodeDecodeError, TypedStreamError):
        return Said(UNREADABLE)


def _is_app(row: Row) -> bool:
    return bool(row.balloon) and row.balloon != _LINK


def _app(row: Row) -> Said:
    return Said(CONTEXT, "", _kind(_bytes(row.balloon).lower(), _APPS, anywhere=True))


def _edited(row: Row, attachments: Mapping[int, bytes]) -> Said:
    """What is left of a message that was edited, or unsent in part or as a whole."""
    history = _history(row)
    if row.is_voice or _is_app(row):
        if history.unsent:
            return Said(UNSENT)
        return _app(row) if _is_app(row) else Said(CONTEXT, _transcription(row), "voice message")
    raw = _raw_text(row)
    current = history.current(raw) if raw else history.last
    if not current and history is _DAMAGED:
        return Said(UNREADABLE)
    text = _with_subject(row, current) if current.strip() else ""
    said = _unmarked(row, text, attachments)
    # An attachment cannot be edited, only unsent; what is left of those has its mark in the text.
    is_gone = history.unsent or not (row.summary or raw)
    if is_gone and _ATTACHMENT_MARK not in text:
        said = Said(USED, said.text) if said.text else Said(UNSENT)
    return said._replace(earlier=history.earlier) if said.bucket == USED else said


def _history(row: Row) -> "_History":
    if not row.summary:
        return _NOTHING
    try:
        return _History.of(row.summary)
    except TypedStreamError:
        return _DAMAGED


def _unmarked(row: Row, raw: str, attachments: Mapping[int, bytes]) -> Said:
    """What is left of a text without the marks of attachments and apps."""
    if len(raw) > MAX_TEXT:
        return Said(UNREADABLE)
    text = _MARKS.sub("", raw)
    placeholder = _placeholder(row, raw, attachments)
    if not text.strip():
        return Said(CONTEXT, "", placeholder) if placeholder else Said(_why_empty(row))
    return Said(USED, text, placeholder)


def _raw_text(row: Row) -> str:
    if row.text:
        return _bytes(row.text).decode()
    return plain_text(_bytes(row.body)) if row.body else ""


def _with_subject(row: Row, text: str) -> str:
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
    found = _MARKS.sub("", " ".join(filter(None, words)))
    if len(found) > MAX_TEXT:
        raise TypedStreamError("too long")
    return found


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
    """What was changed after sending.

    A message has a part for each stretch of text between its attachments, nearly always one.

    Attributes:
        versions: Of each part that was edited, by its number, oldest first; never empty.
        unsent: The numbers of the parts that were unsent.
        places: Where the parts lay in the text as it was sent: start and length, in UTF-16 units.
    """

    versions: dict[int, list[str]]
    unsent: frozenset[int]
    places: dict[int, tuple[int, int]]

    @classmethod
    def of(cls, summary: Any) -> "_History":
        """From `message_summary_info`, a binary property list.

        `otr` maps the number of a part to where it lay (`lo`, and `le` units long); `ec`, to its
        versions, oldest first, each with its archived text `t`; `rp` lists the parts unsent.
        """
        try:
            known = loaded(_bytes(summary))
            parts = {
                int(part): [_bytes(version["t"]) for version in versions]
                for part, versions in known.get("ec", {}).items()
            }
            # One text can stand in the list many times, and take its room only once.
            if sum(len(archive) for archives in parts.values() for archive in archives) > MAX_TEXT:
                raise TypedStreamError("the history of edits is too long")
            return cls(
                {part: list(map(plain_text, parts[part])) for part in sorted(parts) if parts[part]},
                frozenset(int(part) for part in known.get("rp", [])),
                {
                    int(part): (int(place["lo"]), int(place["le"]))
                    for part, place in known.get("otr", {}).items()
                },
            )
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

    @property
    def last(self) -> str:
        """The last version of the parts that were edited and not unsent, joined."""
        return "".join(versions[-1] for versions in self._kept())

    @property
    def earlier(self) -> tuple[str, ...]:
        """The versions before it, oldest first, without marks."""
        return tuple(_MARKS.sub("", text) for kept in self._kept() for text in kept[:-1])

    def current(self, text: str) -> str:
        """The text as it is now, from one as it is now or as it was at any time before."""
        if text == self.last:
            return text
        if text == _ATTACHMENT_MARK and self.unsent and not self.places:
            return ""
        encoded = text.encode("utf-16-le")
        if self.places and len(encoded) == 2 * max(map(sum, self.places.values())):
            return self._replaced(encoded)
        is_only_part = len(self.versions) == 1 and len(self.places) <= 1
        return self.last if is_only_part and text in next(self._kept(), ()) else text

    def _replaced(self, sent: bytes) -> str:
        """The text as it was sent, in UTF-16, with each part's last version in its place."""
        pieces: list[bytes] = []
        end = 0
        for part, (start, length) in sorted(self.places.items(), key=lambda each: each[1]):
            if start < end or length < 0:  # in a damaged history
                continue
            pieces += (
                sent[2 * end : 2 * start],
                self._part(part, sent[2 * start : 2 * (start + length)]),
            )
            end = start + length
        return b"".join((*pieces, sent[2 * end :])).decode("utf-16-le", "replace")

    def _part(self, part: int, sent: bytes) -> bytes:
        if part in self.unsent:
            return b""
        versions = [text.encode("utf-16-le") for text in self.versions.get(part, ())]
        return versions[-1] if sent in versions else sent

    def _kept(self) -> Iterator[list[str]]:
        return (texts for part, texts in self.versions.items() if part not in self.unsent)


_NOTHING: Final = _History({}, frozenset(), {})
_DAMAGED: Final = _History({}, frozenset(), {})
