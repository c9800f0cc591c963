"""Several histories of one bot become one: in the order of time, what is in two of them once.

The same message has the same id on a Mac and in the backup of a phone. Other apps and exports know
no common id; there, the same words by the same person within a minute are one message, since some
exports tell no seconds. Within one history nothing is ever taken for a duplicate.
"""

import heapq
import shutil
import unicodedata
from collections import defaultdict, deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Final

from elvisbot.bots import atomic_file, atomic_path
from elvisbot.conversation import ME, Message
from elvisbot.importing.parts import Part
from elvisbot.messages import decoded, encoded, records

SAME_MOMENT: Final = timedelta(minutes=1)
"""Two exports of one message tell times no further apart."""


def merge(parts: Sequence[Part], destination: Path) -> int:
    """Write the lines of all parts, oldest first, one for each message.

    If every history is the conversation with one person, all are taken for one conversation, though
    each app knows that person by another name.

    Returns:
        How many messages were in two parts.

    Raises:
        DamagedBotError: if a part cannot be understood.
        StorageError: if the disk is full or refuses.
    """
    if len(parts) == 1:
        with atomic_path(destination) as beside:
            shutil.copyfile(parts[0].lines, beside)
        return 0
    chat = one_person(parts)
    duplicates = 0
    recent: deque[_Kept] = deque()
    with atomic_file(destination) as file:
        streams = [_messages(number, part, chat) for number, part in enumerate(parts)]
        for message, number in heapq.merge(*streams, key=lambda each: each[0].sent_at):
            while recent and message.sent_at - recent[0].message.sent_at > SAME_MOMENT:
                recent.popleft()
            same = next((kept for kept in recent if kept.is_also(message, number)), None)
            if same is None:
                recent.append(_Kept(message, {number}))
                file.write(encoded(message))
            else:
                same.parts.add(number)
                duplicates += 1
    return duplicates


def one_person(parts: Sequence[Part]) -> str | None:
    """The key of the one person whom all parts are about; None if they are several.

    Two people of one history are two, and those of different histories are taken for one.
    """
    people: dict[str, set[str]] = defaultdict(set)
    for part in parts:
        people[part.path] |= set(part.people)
    is_one = all(len(each) == 1 for each in people.values())
    return next(iter(parts[0].people)) if is_one else None


def _messages(number: int, part: Part, chat: str | None) -> Iterator[tuple[Message, int]]:
    """The messages of a part, in the conversation `chat` if it is given."""
    for message in records(part.lines, decoded):
        if chat is not None:
            message = _in_chat(message, chat)
        yield message, number


def _in_chat(message: Message, chat: str) -> Message:
    sender = ME if message.sender == ME else chat
    reactions = tuple(
        replace(each, sender=ME if each.sender == ME else chat) for each in message.reactions
    )
    return message._replace(chat=chat, sender=sender, reactions=reactions)


@dataclass
class _Kept:
    """A message that was kept, and the parts in which it has been found."""

    message: Message
    parts: set[int]
    words: str = field(init=False)

    def __post_init__(self) -> None:
        self.words = _words(self.message)

    def is_also(self, other: Message, number: int) -> bool:
        if number in self.parts:
            return False
        if self.message.id == other.id:
            return True
        return (
            (self.message.chat, self.message.sender) == (other.chat, other.sender)
            and self.message.placeholder == other.placeholder
            and self.words == _words(other)
        )


def _words(message: Message) -> str:
    return " ".join(unicodedata.normalize("NFC", message.text).split())
