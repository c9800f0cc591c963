"""A sample history: real people's chat, as the chat.db that it would be on one of their Macs.

The conversations come from the Chit-Chat Dataset of Brigham Young University (the package
`chitchat-dataset`, MIT licence): strangers who chatted in pairs in 2018. One of them becomes "me",
everyone else a contact with a made-up number.

What real databases hold besides is added, evenly and always at the same places: reactions,
pictures, unsent messages, a deleted chat, and a group chat, none of which may reach a bot.
"""

import json
import os
import sqlite3
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from elvisbot.bots import storage_errors
from elvisbot.errors import SourceUnreadableError, StorageError
from elvisbot.sample.chatdb import ChatDatabase
from elvisbot.sample.typedstream import attributed_body

ME: Final = "0f9fe1f8-9afe-4bc0-b283-4841cf9954d8"
"""The dataset's id of the person whom the sample's bot imitates, who wrote about 11,000 messages to
43 people. The dataset holds real people's words under such ids, for anyone to use (MIT licence)."""

CONTACTS: Final = "+155501"
"""What every contact's number begins with."""

_FIRST_CONTACT: Final = 5550101000
"""Contacts are numbered +1 555 010 1000, 1001 … (area code 555 belongs to nobody)."""

_SMS_EVERY: Final = 6
_BODY_ONLY: Final = (False, True, True)
_REACTION_EVERY: Final = 40
_PICTURE_EVERY: Final = 150
_UNSENT_EVERY: Final = 400
_DELETED_EVERY: Final = 900
_GROUP_SIZE: Final = 3
_GROUP_NAME: Final = "Study group"

_REACTIONS: Final = (
    (2000, "Loved"),
    (2001, "Liked"),
    (2002, "Disliked"),
    (2003, "Laughed at"),
    (2004, "Emphasized"),
    (2005, "Questioned"),
    (2006, "Reacted 🎉 to"),
)


@dataclass(frozen=True, slots=True)
class _Line:
    """One message of the dataset."""

    sender: str
    sent_at: datetime
    text: str


_Conversation = list[_Line]
"""Oldest first, never empty."""


def write_sample_history(dataset: Path, destination: Path, *, me: str = ME) -> None:
    """Write the sample as a chat.db, swapped in when it is finished, private to its owner.

    Args:
        dataset: `dataset.json` of chitchat-dataset 0.9.0: `{id: {"messages": [[{"text",
            "timestamp", "sender"}, …], …], …}, …}`.
        me: Whose history it becomes.

    Raises:
        SourceUnreadableError: if `dataset` is missing or something else.
        StorageError: if `destination` cannot be written.
    """
    conversations = _conversations(dataset)
    mine = [each for each in conversations if _is_between_two(each, me)]
    others = [each for each in conversations if me not in _speakers(each)]
    group = next((each for each in others if len(_speakers(each)) > 1), None)
    if not mine or group is None:
        raise _unfit(dataset, "the conversations of the sample are missing")
    with storage_errors(destination):
        destination.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".sample-", dir=destination.parent) as folder:
            beside = Path(folder) / destination.name
            _write(beside, destination, me, mine, group)
            beside.chmod(0o600)
            _flush(beside)
            beside.replace(destination)


def _write(
    beside: Path, destination: Path, me: str, mine: list[_Conversation], group: _Conversation
) -> None:
    try:
        with ChatDatabase(beside) as database:
            _Writer(database, me, mine).write(group)
    except sqlite3.OperationalError as error:
        raise StorageError(
            f"{destination} could not be written: {error}.",
            remedy="Make room on the disk and try again. Nothing was changed.",
        ) from error


def _flush(path: Path) -> None:
    with path.open("r+b") as file:  # Windows flushes only what is open for writing
        os.fsync(file.fileno())


class _Writer:
    """Turns conversations into rows, in the order in which they were sent, as on a Mac."""

    def __init__(self, database: ChatDatabase, me: str, mine: list[_Conversation]) -> None:
        self._database = database
        self._me = me
        self._mine = sorted(mine, key=lambda conversation: conversation[0].sent_at)
        partners = dict.fromkeys(_partner(conversation, me) for conversation in self._mine)
        self._addresses = {
            partner: f"+1{_FIRST_CONTACT + number}" for number, partner in enumerate(partners)
        }
        self._written = 0

    def write(self, group: _Conversation) -> None:
        timeline: list[tuple[datetime, int, _Line, str, str]] = []
        for number, conversation in enumerate(self._mine, start=1):
            address = self._addresses[_partner(conversation, self._me)]
            service = "SMS" if number % _SMS_EVERY == 0 else "iMessage"
            timeline += [(line.sent_at, number, line, address, service) for line in conversation]
        timeline += [(line.sent_at, 0, line, "", "") for line in group]
        # By time, then by conversation; lines of one second keep their order.
        for _, number, line, address, service in sorted(timeline, key=lambda entry: entry[:2]):
            if number:
                self._one_to_one(line, address, service)
            else:
                self._in_group(line, group[0].sender)

    def _one_to_one(self, line: _Line, address: str, service: str) -> None:
        self._written += 1
        chat = self._database.conversation(address, service)
        sender = None if line.sender == self._me else address
        row = self._text(chat, sender, line, service)
        if service == "iMessage":
            self._sprinkle(row, chat, sender, address, line)

    def _text(self, chat: int, sender: str | None, line: _Line, service: str) -> str:
        """Add a text, in two of three rows as current Macs do: in `attributedBody` alone."""
        guid = self._database.guid()
        body_only = _BODY_ONLY[self._written % len(_BODY_ONLY)]
        self._database.message(
            chat,
            sender,
            line.sent_at,
            guid=guid,
            service=service,
            text=None if body_only else line.text,
            attributedBody=attributed_body(line.text, mutable=self._written % 4 != 0),
        )
        return guid

    def _sprinkle(
        self, guid: str, chat: int, sender: str | None, address: str, line: _Line
    ) -> None:
        """After every so many messages, add a row that is no message of text."""
        other = address if sender is None else None
        after = line.sent_at + timedelta(milliseconds=400)
        if self._written % _REACTION_EVERY == 0:
            self._reaction(guid, chat, other, after, line.text)
        if self._written % _PICTURE_EVERY == 0:
            name = f"IMG_{self._written:04}.HEIC"
            self._database.attachment_message(chat, sender, after, name, "image/heic")
        if self._written % _UNSENT_EVERY == 0:
            self._database.message(
                chat, sender, after, date_retracted=1, date_edited=1, part_count=0
            )
        if self._written % _DELETED_EVERY == 0:
            self._database.message(None, sender, after, text="a message of a chat since deleted")

    def _reaction(
        self, guid: str, chat: int, sender: str | None, sent_at: datetime, text: str
    ) -> None:
        kind, words = _REACTIONS[self._written // _REACTION_EVERY % len(_REACTIONS)]
        pseudo_text = f"{words} “{text}”"
        self._database.message(
            chat,
            sender,
            sent_at,
            text=pseudo_text,
            attributedBody=attributed_body(pseudo_text),
            associated_message_guid=f"p:0/{guid}",
            associated_message_type=kind,
            associated_message_emoji="🎉" if kind == 2006 else None,
            associated_message_range_length=len(text),
        )

    def _in_group(self, line: _Line, me: str) -> None:
        """Add a line to the group chat: one of its speakers as me, the other as three people."""
        self._written += 1
        addresses = list(self._addresses.values())[:_GROUP_SIZE]
        chat = self._database.group(addresses, _GROUP_NAME)
        speaker = addresses[self._written % len(addresses)]
        self._text(chat, None if line.sender == me else speaker, line, "iMessage")


def _speakers(conversation: Iterable[_Line]) -> set[str]:
    return {line.sender for line in conversation}


def _is_between_two(conversation: _Conversation, me: str) -> bool:
    speakers = _speakers(conversation)
    return me in speakers and len(speakers) == 2


def _partner(conversation: _Conversation, me: str) -> str:
    return next(line.sender for line in conversation if line.sender != me)


def _conversations(dataset: Path) -> list[_Conversation]:
    """The conversations of the dataset that hold a message, in its order."""
    try:
        content = json.loads(dataset.read_bytes())
        conversations = [list(_lines(each["messages"])) for each in content.values()]
    except OSError as error:
        raise _unfit(dataset, error.strerror or "it cannot be read") from error
    except (ValueError, TypeError, LookupError, AttributeError) as error:
        raise _unfit(dataset, f"{type(error).__name__}: {error}") from error
    return [conversation for conversation in conversations if conversation]


def _lines(bursts: Iterable[Iterable[dict[str, Any]]]) -> Iterator[_Line]:
    for burst in bursts:
        for message in burst:
            sender, text = message["sender"], message["text"]
            if not (isinstance(sender, str) and isinstance(text, str)):
                raise TypeError("a sender or text that is no text")
            sent_at = datetime.fromisoformat(message["timestamp"])
            yield _Line(sender, sent_at.replace(tzinfo=sent_at.tzinfo or UTC), text)


def _unfit(dataset: Path, reason: str) -> SourceUnreadableError:
    return SourceUnreadableError(
        f"{dataset} is not the dataset of chitchat-dataset 0.9.0: {reason}.",
        remedy="Delete it, so that it is fetched again.",
    )
