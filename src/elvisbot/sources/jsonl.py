"""Messages as JSON lines: the way in for everything that has no source of its own.

    {"from": "Ann", "sent_at": "2024-05-01T12:00:00Z", "text": "you up?"}
    {"from": "me", "sent_at": "2024-05-01T12:00:40+02:00", "text": "yeah"}

It is the format of `elvisbot.messages`, which has more keys. Two of its keys can be left out: `id`,
and `chat` as long as nobody writes but me and one other.
"""

import contextlib
import json
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO, Final

from elvisbot.conversation import ME, Message
from elvisbot.errors import SourceUnreadableError
from elvisbot.messages import decoded
from elvisbot.sources import (
    BLANK,
    CONTEXT,
    DUPLICATE,
    UNREADABLE,
    USED,
    Answers,
    Entry,
    Person,
    _files,
)
from elvisbot.sources._ids import Ids
from elvisbot.sources._parsed import Chat, Parsed, parsed

TITLE: Final = "messages as JSON lines (.jsonl)"

MAX_LINE: Final = 1 << 20
"""Bytes, without the line break. A longer line is unreadable."""

_BOM: Final = b"\xef\xbb\xbf"
_NEEDED: Final = ("from", "sent_at", "text")
_EXAMPLE: Final = '{"from": "me", "sent_at": "2024-05-01T12:00:00Z", "text": "on my way"}'
_ATTACHMENT_MARK: Final = "\ufffc"


def recognises(path: Path) -> bool:
    """Whether its first line is a message. See `Source.recognises`."""
    start = _files.beginning(path, MAX_LINE).removeprefix(_BOM).lstrip()
    try:
        record = _record(start.partition(b"\n")[0])
    except ValueError:
        return False
    return all(key in record for key in _NEEDED)


@contextlib.contextmanager
def opened(path: Path, answers: Answers) -> Iterator[Parsed]:
    """See `Source.opened`. No answers are needed.

    Raises:
        SourceUnreadableError: also if more than half of the lines are no messages.
    """
    with (
        _files.opened(path) as files,
        parsed(lambda notes: _chats(files)) as history,
    ):
        yield history


def _chats(files: _files.Files) -> Iterator[Chat]:
    lines = _read(files)
    readable = [line.message for line in lines if line.message is not None]
    yield Chat(None, [(UNREADABLE, None)] * (len(lines) - len(readable)), is_loose=True)
    chats: dict[str, list[Message]] = defaultdict(list)
    for message in readable:
        chats[message.chat].append(message)
    given: set[str] = set()
    ids = Ids("jsonl")
    for key, messages in chats.items():
        entries = [_entry(message, ids, given) for message in messages]
        others = {message.sender for message in messages} - {ME}
        if len(others) > 1:
            yield Chat(None, entries)
        else:
            name = next(iter(others), key)
            yield Chat(Person(key, name, tuple(dict.fromkeys((name, key)))), entries)


@dataclass(frozen=True, slots=True)
class _Line:
    """A line that is not blank.

    Attributes:
        number: From 1, blank lines counted.
        message: None if it cannot be understood. Its id may be empty.
    """

    number: int
    message: Message | None


def _read(files: _files.Files) -> list[_Line]:
    """Every line, its chat filled in.

    Raises:
        SourceUnreadableError: if more than half of them cannot be understood.
    """
    if len(files.names) != 1:
        raise _files.damaged(files.path, "it is no single file")
    with files.open(files.names[0]) as file:
        lines = [_Line(number, _message(line)) for number, line in _lines(file)]
    lines = _with_chats(lines)
    bad = [line.number for line in lines if line.message is None]
    if 2 * len(bad) > len(lines):
        raise SourceUnreadableError(
            f"Most lines of {files.path} are no messages; the first such line is {bad[0]:,}.",
            remedy=f"Write one message a line, each like {_EXAMPLE}, and with the key chat where "
            "there are several conversations.",
        )
    return lines


def _lines(file: BinaryIO) -> Iterator[tuple[int, bytes]]:
    """Number and content of the lines that are not blank, none held further than `MAX_LINE`.

    Of one that is longer, the content is a byte that no message begins with.
    """
    number = 0
    while line := file.readline(MAX_LINE + 1):
        number += 1
        is_whole = len(line) <= MAX_LINE or line.endswith(b"\n")
        while not line.endswith(b"\n") and (rest := file.readline(MAX_LINE)):
            line = rest[-1:]
        content = line.removeprefix(_BOM).strip() if is_whole else b"\xff"
        if content:
            yield number, content


def _record(line: bytes) -> dict[str, object]:
    try:
        record = json.loads(line.decode())
    except RecursionError as error:
        raise ValueError("nested too deep") from error
    if not isinstance(record, dict):
        raise ValueError("no object")
    return record


def _message(line: bytes) -> Message | None:
    """The message of a line; what it lacks is empty in it."""
    try:
        record = _record(line)
        for key in ("id", "chat"):
            # A conversation that is called `me` could not be told from me.
            record[key] = "" if record.get(key) in (None, ME) else record[key]
        whole = json.dumps(record, ensure_ascii=False).encode("utf-16-le", "surrogatepass")
        message = decoded(whole.decode("utf-16-le", "replace").encode())
    except (ValueError, RecursionError):
        return None
    return message if message.sender.strip() else None


def _with_chats(lines: Sequence[_Line]) -> list[_Line]:
    """`lines`; where a chat is missing, it is the only other one, or the line is unreadable."""
    messages = [line.message for line in lines if line.message is not None]
    others = {message.sender for message in messages} - {ME}
    chat = others.pop() if len(others) == 1 else None
    return [_with_chat(line, chat) for line in lines]


def _with_chat(line: _Line, chat: str | None) -> _Line:
    if line.message is None or line.message.chat:
        return line
    return replace(line, message=line.message._replace(chat=chat) if chat else None)


def _entry(message: Message, ids: Ids, given: set[str]) -> Entry:
    text = message.text.replace(_ATTACHMENT_MARK, "")
    bucket = _bucket(message, text)
    if bucket == BLANK:
        return bucket, None
    moment, kind = message.sent_at.isoformat(), message.placeholder or ""
    name = message.id or ids.new(message.chat, message.sender, moment, text, kind)
    if name is None or name in given:
        return DUPLICATE, None
    given.add(name)
    key = message.chat
    return bucket, message._replace(
        id=name,
        sender=ME if message.sender == ME else key,
        text=text if text.strip() else "",
        reactions=tuple(
            each if each.sender == ME else replace(each, sender=key) for each in message.reactions
        ),
    )


def _bucket(message: Message, text: str) -> str:
    if not text.strip():
        return CONTEXT if message.placeholder else BLANK
    return CONTEXT if message.placeholder == "voice message" else USED
