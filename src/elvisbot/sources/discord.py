"""Discord: what the program DiscordChatExporter writes as JSON, one file for each channel.

A file is `{"guild", "channel": {"id", "type", "name"}, "messages": […]}`; a long channel may be
split over several. Of the types of channels, `DirectTextChat` alone is one-to-one. Which account is
mine is not told. Facts about the format: its `JsonMessageWriter.cs` of 2020 to 2025.
"""

import contextlib
import itertools
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from elvisbot.conversation import ME
from elvisbot.errors import SourceUnreadableError
from elvisbot.sources import ANOTHER, AUTOMATIC, GROUP_CHAT, Answers, Person, _files, _json
from elvisbot.sources._discord_messages import Reader, as_object, is_id
from elvisbot.sources._files import Files, beginning, damaged
from elvisbot.sources._owner import is_called, unknown_owner
from elvisbot.sources._parsed import Chat, Notes, Parsed, Rows, joined, parsed

TITLE: Final = "Discord (JSON of DiscordChatExporter)"

_HEAD: Final = 256
"""Bytes."""

_EXPORT: Final = re.compile(rb'(?:\xef\xbb\xbf)?\s*\{\s*"guild"\s*:\s*\{\s*"id"\s*:\s*"\d+"\s*[,}]')
_CHANNEL: Final = "channel"
_EXPORTED_AT: Final = "exportedAt"
_MESSAGES: Final = "messages.item"
_AUTHORS: Final = "messages.item.author"

_MOST_TRIED: Final = 50
"""Files that are looked into before a folder or zip is taken for something else."""


@dataclass(frozen=True)
class _Account:
    """Somebody's account: its unique name, and what it is shown as."""

    number: str
    name: str
    shown: str


@dataclass
class _Channel:
    """A one-to-one channel.

    Attributes:
        number: Its id.
        name: What the exporter calls it.
        people: The accounts that wrote in it, by their ids.
        has_bot: Whether a bot wrote in it.
        exports: The files that hold it: when each was exported, as far as it tells, and its name.
    """

    number: str
    name: str
    people: dict[str, _Account] = field(default_factory=dict)
    has_bot: bool = False
    exports: list[tuple[str, str]] = field(default_factory=list)


def recognises(path: Path) -> bool:
    """Whether it is an export, or a folder or zip of some. See `Source.recognises`."""
    if path.is_dir():
        tried = itertools.islice(_near(path), _MOST_TRIED)
        return any(_is_export(beginning(file, _HEAD)) for file in tried)
    if beginning(path, 4) != b"PK\x03\x04":
        return _is_export(beginning(path, _HEAD))
    try:
        with _files.opened(path) as files:
            return any(_begins(files, name) for name in _candidates(files)[:_MOST_TRIED])
    except SourceUnreadableError:
        return False


@contextlib.contextmanager
def opened(path: Path, answers: Answers) -> Iterator[Parsed]:
    """The channels of all exports at `path`. See `Source.opened`."""
    with _files.opened(path) as files:
        names = [name for name in _candidates(files) if _begins(files, name)]
        if not names:
            raise SourceUnreadableError(
                f"There is no JSON of DiscordChatExporter in {path}.",
                remedy="Export once more, and choose JSON as the format.",
            )
        exports = _Exports(files, names, answers)
        with parsed(exports.chats) as history:
            yield history


def _near(folder: Path) -> Iterator[Path]:
    for file in itertools.chain(sorted(folder.glob("*.json")), sorted(folder.glob("*/*.json"))):
        if file.is_file() and not file.is_symlink() and not file.parent.is_symlink():
            yield file


def _is_export(head: bytes) -> bool:
    return _EXPORT.match(head) is not None


def _candidates(files: Files) -> list[str]:
    is_alone = files.names == [files.path.name]
    return [name for name in files.names if is_alone or name.lower().endswith(".json")]


def _begins(files: Files, name: str) -> bool:
    with files.open(name) as file:
        return _is_export(file.read(_HEAD))


class _Exports:
    """All exports of a history."""

    def __init__(self, files: Files, names: list[str], answers: Answers) -> None:
        """The exports called `names`.

        Raises:
            SourceUnreadableError: if one of them is damaged.
            NeedsAnswerError: if it is unknown which account is mine.
        """
        self._files = files
        self._channels: dict[str, _Channel] = {}
        self._others: list[str] = []
        for name in names:
            self._survey(name)
        self._me = _mine(list(self._channels.values()), answers.me, files.path)

    def chats(self, notes: Notes) -> Iterator[Chat]:
        """The channels, one after another."""
        notes.add_links(self._files)
        for name in self._others:
            yield Chat(None, [], self._counted(name, GROUP_CHAT))
        for channel in self._channels.values():
            bucket = self._left_out(channel)
            if bucket is None:
                yield self._conversation(channel)
                continue
            if bucket == ANOTHER:
                notes.add(f"“{channel.name}” is between others and was left out.")
            for _, name in channel.exports:
                yield Chat(None, [], self._counted(name, bucket), is_loose=True)

    def _conversation(self, channel: _Channel) -> Chat:
        """A channel out of all its files; of a message in several, the newest copy counts."""
        person = self._person(channel)
        senders = self._senders(channel, person)
        exports = (
            self._read(name, Reader(person.key, senders, seen=set()))
            for _, name in sorted(channel.exports)
        )
        rows = joined(exports)
        return Chat(person, rows.kept, rows.dropped)

    def _read(self, name: str, reader: Reader) -> Rows:
        rows = Rows()
        for record in self._messages(name):
            rows.add(reader.entry(record))
        return rows

    def _counted(self, name: str, bucket: str) -> Counter[str]:
        rows = Rows()
        for _ in self._messages(name):
            rows.add((bucket, None))
        return rows.dropped

    def _messages(self, name: str) -> Iterator[Any]:
        return (value for prefix, value in self._values(name, _MESSAGES) if prefix == _MESSAGES)

    def _survey(self, name: str) -> None:
        """Who writes in a file, if it is of a one-to-one channel."""
        values = self._values(name, _EXPORTED_AT, _AUTHORS)
        _, header = next(values)
        if header.get("type") != "DirectTextChat":
            self._others.append(name)
            return
        number = _number(header)
        channel = self._channels.setdefault(number, _Channel(number, _text(header.get("name"))))
        exported_at = ""
        for prefix, value in values:
            author = as_object(value) if prefix == _AUTHORS else {}
            if prefix == _EXPORTED_AT:
                exported_at = _text(value)
            elif author.get("isBot") is True:
                channel.has_bot = True
            elif is_id(author.get("id")) and author["id"] not in channel.people:
                channel.people[author["id"]] = _account(author)
        channel.exports.append((exported_at, name))

    def _values(self, name: str, *prefixes: str) -> Iterator[tuple[str, Any]]:
        """The channel of a file, and then the file's values at `prefixes`."""
        path = self._files.path / name if self._files.path.is_dir() else self._files.path
        with self._files.open(name) as file:
            values = _json.values(file, path, [_CHANNEL, *prefixes])
            found, channel = next(values, ("", None))
            if found != _CHANNEL or not _number(as_object(channel)):
                raise damaged(path, "it does not tell what channel its messages belong to")
            yield found, channel
            yield from values

    def _left_out(self, channel: _Channel) -> str | None:
        """The bucket of a channel that is no conversation between me and one person."""
        others = channel.people.keys() - {self._me}
        if channel.has_bot and not others:
            return AUTOMATIC
        return ANOTHER if len(others) > 1 else None

    def _person(self, channel: _Channel) -> Person:
        others = [account for number, account in channel.people.items() if number != self._me]
        names = [others[0].shown, others[0].name] if others else [channel.name]
        handles = tuple(dict.fromkeys(name for name in names if name)) or (channel.number,)
        return Person(f"discord:{channel.number}", handles[0], handles)

    def _senders(self, channel: _Channel, person: Person) -> dict[str, str]:
        senders = dict.fromkeys(channel.people, person.key)
        return senders | ({self._me: ME} if self._me else {})


def _mine(channels: list[_Channel], answer: Sequence[str], path: Path) -> str | None:
    """The id of my account; None if nobody wrote to anybody.

    The more channels an account wrote in, the likelier it is mine. It can be told by id, by name,
    and by what it is shown as if no other is shown as the same.
    """
    frequent = Counter(number for channel in channels for number in channel.people)
    accounts = {number: account for each in channels for number, account in each.people.items()}
    likeliest = [accounts[number] for number, _ in frequent.most_common()]
    if not likeliest:
        return None
    for attribute in ("number", "name", "shown"):
        found = [each for each in likeliest if is_called(getattr(each, attribute), answer)]
        if len(found) == 1:
            return found[0].number
    names = Counter(account.name for account in likeliest)
    labels = [each.name if names[each.name] == 1 else each.number for each in likeliest]
    raise unknown_owner(labels, answer, path)


def _number(header: dict[str, Any]) -> str:
    """The id of a channel; empty if it has none."""
    number = header.get("id")
    return number if is_id(number) else ""


def _account(author: dict[str, Any]) -> _Account:
    number, name = author["id"], _text(author.get("name"))
    return _Account(number, name or number, _text(author.get("nickname")) or name or number)


def _text(value: Any) -> str:
    return value.strip() if isinstance(value, str) else ""
