"""The messages of one Telegram chat: what an object of its list `messages` becomes."""

import re
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from elvisbot.conversation import ME, Message, Placeholder, Reaction
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
from elvisbot.sources._owner import is_called, unknown_owner

_ACCOUNT: Final = re.compile(r"user(\d{1,19})", re.ASCII)
_OLD_SHIFT: Final = 1 << 32
"""Until 2021, some versions added this to the number of an account, in some places."""

_MEDIA_TYPES: Final[dict[str, Placeholder]] = {
    "sticker": "sticker",
    "voice_message": "voice message",
    "video_message": "video",
    "video_file": "video",
    "animation": "picture",
    "audio_file": "file",
}
_FIELDS: Final[dict[str, Placeholder]] = {
    "photo": "picture",
    "contact_information": "contact",
    "location_information": "location",
    "place_name": "location",
    "poll": "poll",
    "todo_list": "app",
    "game_title": "app",
    "invoice_information": "app",
    "giveaway_information": "app",
    "giveaway_results": "app",
    "paid_stars_amount": "app",
}
_LAST: Final = datetime.max.replace(tzinfo=UTC)
_MIME_TYPES: Final[dict[str, Placeholder]] = {"image": "picture", "video": "video"}


class Sides:
    """Who is who in a one-to-one chat: the account that is not the other one is mine."""

    def __init__(
        self, person: str, *, me: int | None, other: int | None, my_name: Sequence[str]
    ) -> None:
        """Between `person`, whose account is `other`, and me, whose account is `me`; either number
        may be unknown. If both are, `my_name` tells, which may be empty, too."""
        self.person = person
        self._me = me
        self._other = other
        self._my_name = my_name
        self._is_by_name = me is None and other is None
        self._names: dict[str, None] = {}

    def sender(self, account: Any, name: Any) -> str | None:
        """`ME` or the person; None for anybody else."""
        if self._is_by_name:
            return self._named(name)
        number = _account_number(account)
        if number is None:
            return None
        if self._other is not None and _is_same(number, self._other):
            return self.person
        if self._me is None:
            self._me = number
        if _is_same(number, self._me):
            return ME
        if self._other is None:
            self._other = number
            return self.person
        return None

    def check(self, path: Path) -> None:
        """To be called when all messages have been seen.

        Raises:
            NeedsAnswerError: if my name was needed.
            UsageError: if nobody has it.
        """
        if self._names and not any(is_called(name, self._my_name) for name in self._names):
            raise unknown_owner(list(self._names), self._my_name, path)

    def _named(self, name: Any) -> str | None:
        if not isinstance(name, str) or not name.strip():
            return None
        self._names[name.strip()] = None
        return ME if is_called(name, self._my_name) else self.person


class Reader:
    """Turns the messages of one chat into entries."""

    def __init__(self, sides: Sides, seen: set[int]) -> None:
        """Between `sides`; `seen` holds the numbers of the messages that are known already."""
        self._sides = sides
        self._seen = seen

    def entry(self, record: Any) -> Entry:
        number = record.get("id") if isinstance(record, dict) else None
        if type(number) is not int:
            return UNREADABLE, None
        if number in self._seen:
            return DUPLICATE, None
        self._seen.add(number)
        match record.get("type"):
            case "message":
                return self._message(record, _placeholder(record))
            case "service":
                is_call = record.get("action") == "phone_call"
                return self._message(record, "call") if is_call else (EVENT, None)
        return UNREADABLE, None  # what this version of Telegram could not export, too

    def _message(self, record: dict[str, Any], placeholder: Placeholder | None) -> Entry:
        sent_at = _moment(record, "date")
        text = _text(record.get("text", ""))
        role = "actor" if placeholder == "call" else "from"
        sender = self._sides.sender(record.get(f"{role}_id"), record.get(role))
        if sent_at is None:
            return NO_DATE, None
        if record.get("via_bot"):
            return AUTOMATIC, None
        if text is None or sender is None:
            return UNREADABLE, None
        if not text.strip() and placeholder is None:
            return BLANK, None
        message = Message(
            id=self._id(record["id"]),
            chat=self._sides.person,
            sender=sender,
            sent_at=sent_at,
            text=text if text.strip() else "",
            service="Telegram",
            placeholder=placeholder,
            reply_to=self._reply_to(record),
            reactions=tuple(self._reactions(record.get("reactions"))),
            edited_at=_moment(record, "edited"),
            is_forwarded="forwarded_from" in record,
        )
        return (USED if message.text else CONTEXT), message

    def _id(self, number: int) -> str:
        return f"{self._sides.person}:{number}"

    def _reply_to(self, record: dict[str, Any]) -> str | None:
        number: Any = record.get("reply_to_message_id")
        if type(number) is not int or "reply_to_peer_id" in record:  # in another chat
            return None
        return self._id(number)

    def _reactions(self, records: Any) -> list[Reaction]:
        found = [
            Reaction(kind, sender, _moment(given, "date"))
            for record in _objects(records)
            if (kind := _reaction_kind(record)) is not None
            for given in _objects(record.get("recent"))
            if (sender := self._sides.sender(given.get("from_id"), given.get("from"))) is not None
        ]
        return sorted(found, key=lambda reaction: reaction.sent_at or _LAST)


def _objects(records: Any) -> Iterator[dict[str, Any]]:
    if isinstance(records, list):
        yield from (record for record in records if isinstance(record, dict))


def _reaction_kind(record: dict[str, Any]) -> str | None:
    if record.get("type") == "custom_emoji":
        return "sticker"
    emoji = record.get("emoji")
    return emoji if isinstance(emoji, str) and emoji else None


def _account_number(account: Any) -> int | None:
    """The number in `user5550100`; until 2021 there were numbers alone."""
    if type(account) is int:
        return account
    found = _ACCOUNT.fullmatch(account) if isinstance(account, str) else None
    return int(found[1]) if found else None


def _is_same(one: int, other: int) -> bool:
    return one == other or abs(one - other) == _OLD_SHIFT


def _text(value: Any) -> str | None:
    """A text as it was typed, from one or from the parts that were told apart for their looks."""
    parts = value if isinstance(value, list) else [value]
    texts: list[Any] = [part.get("text") if isinstance(part, dict) else part for part in parts]
    return "".join(texts) if all(isinstance(text, str) for text in texts) else None


def _placeholder(record: dict[str, Any]) -> Placeholder | None:
    media_type = record.get("media_type")
    if isinstance(media_type, str) and media_type in _MEDIA_TYPES:
        return _MEDIA_TYPES[media_type]
    for name, placeholder in _FIELDS.items():
        if name in record:
            return placeholder
    if "file" not in record:
        return None
    mime_type = record.get("mime_type")
    kind = mime_type.partition("/")[0] if isinstance(mime_type, str) else ""
    return _MIME_TYPES.get(kind, "file")


def _moment(record: dict[str, Any], name: str) -> datetime | None:
    """When it was, from the seconds since 1970 or, as until 2021, the clock of the machine."""
    try:
        seconds = record.get(f"{name}_unixtime")
        if isinstance(seconds, str | int):
            moment = datetime.fromtimestamp(int(seconds), UTC)
        else:
            moment = datetime.fromisoformat(record[name]).astimezone(UTC)
    except (KeyError, TypeError, ValueError, OverflowError, OSError):
        return None
    return moment if moment.timestamp() > 0 else None
