"""Several histories of one bot become one: in the order of time, what is in two of them once.

The same message has the same id on a Mac and in the backup of a phone, and in two exports of one
app. Otherwise no common id is known; there, the same words by the same person within a minute are
one message, since some exports tell no seconds, unless different services carried them. Within one
history nothing is ever taken for a duplicate.
"""

import heapq
import shutil
import unicodedata
from collections import defaultdict, deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from elvisbot.bots import atomic_file, atomic_path
from elvisbot.conversation import ME, Message, Placeholder, Reaction
from elvisbot.importing.parts import Part
from elvisbot.importing.people import common_keys
from elvisbot.messages import decoded, encoded, records

SAME_MOMENT: Final = timedelta(minutes=1)
"""Two exports of one message tell times no further apart."""

_ONE_APP: Final = {"iphone": "imessage"}
"""Sources whose ids mean the same as those of another one."""

_BY_PHONE: Final = frozenset(("SMS", "MMS", "RCS", "iMessage"))
"""A phone and a Mac may name different ones for the same message."""

_NEVER: Final = datetime.min.replace(tzinfo=UTC)

_Id = tuple[str, str, bool, str]
"""Whose ids, the chat, whether it is mine, and the id."""

_Words = tuple[str, bool, Placeholder | None, str]
"""The chat, whether it is mine, what came with it, and the words."""

_Rank = tuple[datetime, datetime, str]
"""Of two copies of one message, the greater one is the later version."""


def merge(parts: Sequence[Part], destination: Path) -> int:
    """Write the lines of all parts, oldest first, one for each message.

    Of two copies with one id the later version is kept; of those that are alike, the first. Either
    has the reactions of both.

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
    streams = [_messages(part, keys) for part, keys in zip(parts, common_keys(parts), strict=True)]
    recent = _Recent()
    duplicates = 0
    with atomic_file(destination) as file:
        for message, part in heapq.merge(*streams, key=lambda each: each[0].sent_at):
            file.writelines(recent.past(message.sent_at))
            duplicates += recent.add(message, part)
        file.writelines(recent.rest())
    return duplicates


def _messages(part: Part, keys: dict[str, str]) -> Iterator[tuple[Message, Part]]:
    """The messages of a part, with what their chats are called in all parts."""
    for message in records(part.lines, decoded):
        yield _in_chat(message, keys[message.chat]), part


def _in_chat(message: Message, chat: str) -> Message:
    sender = ME if message.sender == ME else chat
    reactions = tuple(
        replace(each, sender=ME if each.sender == ME else chat) for each in message.reactions
    )
    return message._replace(chat=chat, sender=sender, reactions=reactions)


@dataclass
class _Kept:
    """A message that was kept.

    Attributes:
        rank: Of the copy whose text it has.
        paths: The histories in which it has been found.
        ids: Those it has in them.
    """

    message: Message
    rank: _Rank
    paths: set[str]
    ids: list[_Id]
    words: _Words


class _Recent:
    """The messages of the last minute, where copies of them are found by id and by words."""

    def __init__(self) -> None:
        self._kept: deque[_Kept] = deque()
        self._by_id: dict[_Id, _Kept] = {}
        self._by_words: dict[_Words, deque[_Kept]] = defaultdict(deque)

    def add(self, message: Message, part: Part) -> bool:
        """Keep a message, no older than the others; whether it is a copy of one of them."""
        id_, words, rank = _id(message, part), _words(message), _rank(message, part)
        if (same := self._by_id.get(id_)) and part.path not in same.paths:
            is_later = rank > same.rank
            same.message = _united(same.message, message, is_later=is_later)
            same.rank = max(rank, same.rank)
        elif same := self._alike(words, message, part):
            same.message = _united(same.message, message, is_later=False)
        kept = same or _Kept(message, rank, set(), [], words)
        if not same:
            self._kept.append(kept)
            self._by_words[words].append(kept)
        kept.paths.add(part.path)
        kept.ids.append(id_)
        self._by_id[id_] = kept
        return same is not None

    def past(self, now: datetime) -> Iterator[bytes]:
        """Let go of what no message of `now` or later can be a copy of: the lines, oldest first."""
        while self._kept and now - self._kept[0].message.sent_at > SAME_MOMENT:
            kept = self._kept.popleft()
            self._forget(kept)
            yield encoded(kept.message)

    def rest(self) -> Iterator[bytes]:
        """The lines that are left."""
        return (encoded(kept.message) for kept in self._kept)

    def _alike(self, words: _Words, message: Message, part: Part) -> _Kept | None:
        """The first that says the same and is not known to be in this history."""
        for kept in self._by_words.get(words, ()):
            if part.path not in kept.paths and _may_be_one(kept.message.service, message.service):
                return kept
        return None

    def _forget(self, kept: _Kept) -> None:
        for id_ in kept.ids:
            if self._by_id.get(id_) is kept:
                del self._by_id[id_]
        alike = self._by_words[kept.words]
        alike.popleft()  # it is the oldest of all, and so of these
        if not alike:
            del self._by_words[kept.words]


def _id(message: Message, part: Part) -> _Id:
    app = _ONE_APP.get(part.source, part.source)
    return app, message.chat, message.sender == ME, message.id


def _words(message: Message) -> _Words:
    words = " ".join(unicodedata.normalize("NFC", message.text).split())
    return message.chat, message.sender == ME, message.placeholder, words


def _rank(message: Message, part: Part) -> _Rank:
    return message.edited_at or _NEVER, part.newest, part.lines.name


def _may_be_one(service: str | None, other: str | None) -> bool:
    """Whether two services can have carried the same message."""
    return service is None or other is None or _carrier(service) == _carrier(other)


def _carrier(service: str) -> str:
    return "phone" if service in _BY_PHONE else service


def _united(first: Message, second: Message, *, is_later: bool) -> Message:
    """The first, or if the second `is_later`, that in the first one's place; with what only the
    other has."""
    text, other = (second, first) if is_later else (first, second)
    return text._replace(
        id=first.id,
        sent_at=first.sent_at,
        service=text.service or other.service,
        reply_to=text.reply_to or other.reply_to,
        reactions=_all_reactions(text.reactions, other.reactions),
    )


def _all_reactions(
    some: tuple[Reaction, ...], others: tuple[Reaction, ...]
) -> tuple[Reaction, ...]:
    known = {(each.kind, each.sender) for each in some}
    return some + tuple(each for each in others if (each.kind, each.sender) not in known)
