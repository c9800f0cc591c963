"""The messages of one Discord channel: what an object of its list `messages` becomes."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import PurePosixPath
from typing import Any, Final, TypeGuard

from elvisbot.conversation import Message, Placeholder, Reaction
from elvisbot.sources import (
    AUTOMATIC,
    BLANK,
    CONTEXT,
    DUPLICATE,
    EVENT,
    NO_DATE,
    UNREADABLE,
    USED,
    Entry,
)

_VOICE_MESSAGE: Final = "voice-message"
"""What Discord calls the file of one, without its ending."""

_ENDINGS: Final[dict[Placeholder, str]] = {
    "picture": ".avif .bmp .gif .heic .heif .jfif .jpeg .jpg .png .svg .webp",
    "video": ".avi .m4v .mkv .mov .mp4 .mpeg .mpg .webm .wmv",
}
_KINDS: Final = {ending: kind for kind, endings in _ENDINGS.items() for ending in endings.split()}


class Reader:
    """Turns the messages of one one-to-one channel into entries."""

    def __init__(self, chat: str, senders: Mapping[str, str], seen: set[str]) -> None:
        """Of the conversation `chat`, with the `Message.sender` of each account in it by its id;
        `seen` holds the ids of the messages that are known already."""
        self._chat = chat
        self._senders = senders
        self._seen = seen

    def entry(self, record: Any) -> Entry:
        if not isinstance(record, dict) or not is_id(number := record.get("id")):
            return UNREADABLE, None
        if number in self._seen:
            return DUPLICATE, None
        self._seen.add(number)
        author = as_object(record.get("author"))
        if author.get("isBot") is True:
            return AUTOMATIC, None
        match record.get("type"):
            case "Default" | "Reply":
                return self._message(record, author, _forwarded(record) or record)
            case "Call":
                return self._message(record, author, {"content": ""}, is_call=True)
        return EVENT, None

    def _message(
        self,
        record: dict[str, Any],
        author: dict[str, Any],
        content: dict[str, Any],
        *,
        is_call: bool = False,
    ) -> Entry:
        """A message that carries `content`, be it its own or that of another one."""
        sent_at = _moment(record.get("timestamp"))
        if sent_at is None:
            return NO_DATE, None
        sender = self._sender(author)
        text = content.get("content")
        if sender is None or not isinstance(text, str):
            return UNREADABLE, None
        placeholder: Placeholder | None = "call" if is_call else _placeholder(content, text)
        if not text.strip() and placeholder is None:
            return BLANK, None
        message = Message(
            id=_message_id(record["id"]),
            chat=self._chat,
            sender=sender,
            sent_at=sent_at,
            text=text if text.strip() else "",
            service="Discord",
            placeholder=placeholder,
            reply_to=_reply_to(record),
            reactions=tuple(self._reactions(record)),
            edited_at=_moment(record.get("timestampEdited")),
            is_forwarded=_is_forward(record),
        )
        return (USED if message.text else CONTEXT), message

    def _sender(self, account: dict[str, Any]) -> str | None:
        number = account.get("id")
        return self._senders.get(number) if isinstance(number, str) else None

    def _reactions(self, record: dict[str, Any]) -> Iterator[Reaction]:
        """Those of which it is known whose they are: older exports tell their count alone."""
        for reaction in _objects(record.get("reactions")):
            kind = _reaction_kind(as_object(reaction.get("emoji")))
            for user in _objects(reaction.get("users")):
                if kind is not None and (sender := self._sender(user)) is not None:
                    yield Reaction(kind, sender)


def is_id(value: Any) -> TypeGuard[str]:
    """Whether it is one of Discord's ids: digits, at most those of 64 bits."""
    return isinstance(value, str) and value.isascii() and value.isdecimal() and len(value) <= 20


def as_object(value: Any) -> dict[str, Any]:
    """`value`, or nothing if it is no object."""
    return value if isinstance(value, dict) else {}


def _objects(values: Any) -> Iterator[dict[str, Any]]:
    if isinstance(values, list):
        yield from (value for value in values if isinstance(value, dict))


def _message_id(number: str) -> str:
    return f"discord:{number}"


def _is_forward(record: dict[str, Any]) -> bool:
    kind = as_object(record.get("reference")).get("type")
    return kind == "Forward" or _forwarded(record) is not None


def _forwarded(record: dict[str, Any]) -> dict[str, Any] | None:
    """What another message said that this one passes on."""
    return as_object(record.get("forwardedMessage")) or None


def _reply_to(record: dict[str, Any]) -> str | None:
    number = as_object(record.get("reference")).get("messageId")
    if record["type"] != "Reply" or not is_id(number):
        return None
    return _message_id(number)


def _reaction_kind(emoji: dict[str, Any]) -> str | None:
    """An emoji; `sticker` for a picture that a server made one."""
    if emoji.get("id"):
        return "sticker"
    name = emoji.get("name")
    return name if isinstance(name, str) and name else None


def _placeholder(content: dict[str, Any], text: str) -> Placeholder | None:
    if any(_objects(content.get("stickers"))):
        return "sticker"
    for attachment in _objects(content.get("attachments")):
        return _attachment_kind(attachment.get("fileName"))
    # Beside a text it is the preview of a link.
    has_card = not text.strip() and any(_objects(content.get("embeds")))
    return "app" if has_card else None


def _attachment_kind(name: Any) -> Placeholder:
    path = PurePosixPath(name.lower() if isinstance(name, str) else "")
    return "voice message" if path.stem == _VOICE_MESSAGE else _KINDS.get(path.suffix, "file")


def _moment(value: Any) -> datetime | None:
    try:
        moment = datetime.fromisoformat(value)
        return None if moment.tzinfo is None else moment.astimezone(UTC)
    except (TypeError, ValueError, OverflowError):
        return None
