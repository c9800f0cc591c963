"""`messages.jsonl`: a history as it is kept, one message a line, oldest first.

    {"id": "8D…", "chat": "+15550100001", "from": "me", "sent_at": "2024-05-01T12:00:00Z",
     "text": "on my way", "service": "iMessage", "reply_to": "7F…", "placeholder": "picture",
     "reactions": [{"kind": "loved", "from": "+15550100001", "sent_at": "2024-05-01T12:01:00Z"}],
     "edited_at": "2024-05-01T12:02:00Z", "earlier": ["on my wau"], "forwarded": true}

The keys after `text` are there only where there is something to tell.
"""

from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, TypeVar

import orjson

from elvisbot.bots import Bot, atomic_file
from elvisbot.conversation import PLACEHOLDERS, Message, Reaction
from elvisbot.errors import DamagedBotError

Record = TypeVar("Record")

_FIRST_RARE: Final = Message._fields.index("placeholder")
_NOTHING_RARE: Final = tuple(Message._field_defaults.values())[1:]
"""Everything behind the service, where there is nothing to tell."""

_OPTIONS: Final = orjson.OPT_UTC_Z | orjson.OPT_APPEND_NEWLINE
_IMPORT_AGAIN: Final = "Import the conversation again."


def write_messages(bot: Bot, messages: Iterable[Message]) -> None:
    """Write `messages.jsonl`, one message a line, in the order given."""
    with atomic_file(bot.messages) as file:
        file.writelines(encoded(message) for message in messages)


def read_messages(bot: Bot) -> Iterator[Message]:
    """The messages in `messages.jsonl`, in its order.

    Raises:
        BotNotFoundError: if nothing has been imported yet.
        DamagedBotError: if the file is missing or cannot be understood.
    """
    if not bot.messages.is_file():
        bot.require_import()
    yield from records(bot.messages, decoded)


def count_messages(bot: Bot) -> int:
    """How many messages were imported, without reading them.

    Raises:
        DamagedBotError: if the file is missing.
    """
    return sum(1 for _ in records(bot.messages, bytes))


def records(path: Path, read: Callable[[bytes], Record]) -> Iterator[Record]:
    """What `read` makes of every line of a file that an import has written.

    Args:
        read: Raises ValueError for a line that it does not understand.

    Raises:
        DamagedBotError: if the file is missing or a line cannot be understood.
    """
    number = 0
    try:
        with path.open("rb") as lines:
            for line in lines:
                number += 1
                yield read(line)
    except FileNotFoundError as error:
        raise DamagedBotError(f"{path} is missing.", remedy=_IMPORT_AGAIN) from error
    except ValueError as error:
        raise DamagedBotError(
            f"{path} is damaged: line {number} cannot be understood.", remedy=_IMPORT_AGAIN
        ) from error


def encoded(message: Message) -> bytes:
    """The line of a message, with its line break."""
    record: dict[str, Any] = {
        "id": message.id,
        "chat": message.chat,
        "from": message.sender,
        "sent_at": message.sent_at,
        "text": message.text,
    }
    if message.service is not None:
        record["service"] = message.service
    if message[_FIRST_RARE:] != _NOTHING_RARE:
        record |= _rare(message)
    return orjson.dumps(record, option=_OPTIONS)


def _rare(message: Message) -> dict[str, Any]:
    """What few messages have."""
    record: dict[str, Any] = {}
    if message.placeholder is not None:
        record["placeholder"] = message.placeholder
    if message.reply_to is not None:
        record["reply_to"] = message.reply_to
    if message.reactions:
        record["reactions"] = [_reaction_record(reaction) for reaction in message.reactions]
    if message.edited_at is not None:
        record["edited_at"] = message.edited_at
    if message.earlier:
        record["earlier"] = message.earlier
    if message.is_forwarded:
        record["forwarded"] = True
    return record


def decoded(line: bytes) -> Message:
    """The message of a line.

    Raises:
        ValueError: if it cannot be understood.
    """
    try:
        record = orjson.loads(line)
        message = Message(
            id=_text(record["id"]),
            chat=_text(record["chat"]),
            sender=_text(record["from"]),
            sent_at=_moment(record["sent_at"]),
            text=_text(record["text"]),
            service=_text_or_none(record.get("service")),
            placeholder=record.get("placeholder"),
            reply_to=_text_or_none(record.get("reply_to")),
            reactions=tuple(_reaction(each) for each in record.get("reactions", ())),
            edited_at=_moment(record["edited_at"]) if "edited_at" in record else None,
            earlier=tuple(_text(each) for each in record.get("earlier", ())),
            is_forwarded=record.get("forwarded", False) is True,
        )
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError("no message") from error
    if message.placeholder is not None and message.placeholder not in PLACEHOLDERS:
        raise ValueError(f"there is no placeholder {message.placeholder!r}")
    return message


def timestamp(moment: datetime) -> str:
    """A moment as it stands in the bot's files: ISO 8601, UTC."""
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _reaction_record(reaction: Reaction) -> dict[str, Any]:
    record: dict[str, Any] = {"kind": reaction.kind, "from": reaction.sender}
    if reaction.sent_at is not None:
        record["sent_at"] = reaction.sent_at
    return record


def _reaction(record: dict[str, Any]) -> Reaction:
    sent_at = record.get("sent_at")
    return Reaction(
        _text(record["kind"]), _text(record["from"]), None if sent_at is None else _moment(sent_at)
    )


def _moment(value: Any) -> datetime:
    moment = datetime.fromisoformat(_text(value))
    if moment.tzinfo is None:
        raise ValueError("a time without its zone")
    try:
        return moment if moment.tzinfo is UTC else moment.astimezone(UTC)
    except OverflowError as error:
        raise ValueError("a time outside the calendar") from error


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError("a text is missing")
    return value


def _text_or_none(value: Any) -> str | None:
    return None if value is None else _text(value)
