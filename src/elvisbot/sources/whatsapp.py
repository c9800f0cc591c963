"""Chats exported from WhatsApp: a text file, or a zip with it and the media; or a folder of those.

An export holds one chat. Its text is what it shows on the screen of the phone, in the phone's
language and on the phone's clock. It marks neither which side is mine nor forwarded messages, and
answers do not tell what they answer. Facts about the format: exports, and the projects
mlomb/chat-analytics, starkdmi/whats_json and linuswillner/whatsapp-export-inconsistencies.
"""

from collections import Counter
from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path, PurePosixPath
from typing import Final

from elvisbot.conversation import ME, Message
from elvisbot.errors import ElvisBotError, SourceUnreadableError
from elvisbot.sources import (
    AUTOMATIC,
    CONTEXT,
    DUPLICATE,
    EVENT,
    GROUP_CHAT,
    NO_DATE,
    UNREADABLE,
    USED,
    Answers,
    Entry,
    History,
    Person,
)
from elvisbot.sources import _files as files
from elvisbot.sources._ids import Ids
from elvisbot.sources._parsed import Chat, parsed
from elvisbot.sources._whatsapp_content import Content, content, is_notice
from elvisbot.sources._whatsapp_dates import Order, in_utc, moment, order
from elvisbot.sources._whatsapp_lines import Row, is_chat, layout, rows
from elvisbot.sources._whatsapp_people import (
    ASSISTANT,
    Sides,
    chat_name,
    is_in_group,
    participants,
    sides,
)

TITLE: Final = "WhatsApp"

_IPHONE: Final = "_chat.txt"


def recognises(path: Path) -> bool:
    """Whether it is an export, or a folder with one. See `Source.recognises`."""
    return bool(_exports(path))


def opened(path: Path, answers: Answers) -> AbstractContextManager[History]:
    """Open an export, or a folder of exports. See `Source.opened`."""
    return parsed(lambda notes: _chats(path, answers))


def _exports(path: Path) -> list[Path]:
    """The exports in a folder, not in those within it; or the one file."""
    if not path.is_dir():
        return [path] if _is_export(path) else []
    endings = (".txt", ".zip")
    within = (each for each in path.iterdir() if each.name.lower().endswith(endings))
    return sorted(each for each in within if not each.is_symlink() and _is_export(each))


def _is_export(path: Path) -> bool:
    names = files.zip_names(path)
    if not names:
        return is_chat(files.beginning(path))
    texts = _texts(names, path.stem)
    if any("whatsapp" in name.casefold() or name.endswith(_IPHONE) for name in texts):
        return True
    try:
        with files.opened(path) as archive:
            return len(texts) == 1 and is_chat(_beginning(archive, texts[0]))
    except ElvisBotError:
        return False


def _texts(names: list[str], stem: str) -> list[str]:
    """The texts in a zip that can be the chat, and not something that was attached to it."""
    texts = [
        path
        for path in map(PurePosixPath, names)
        if path.suffix.lower() == ".txt" and path.parts[0] != "__MACOSX"
    ]
    surely = (
        [path for path in texts if path.name == _IPHONE]
        or [path for path in texts if path.stem == stem]
        or [path for path in texts if "whatsapp" in path.name.casefold()]
    )
    return [str(path) for path in surely or texts]


def _beginning(archive: files.Files, name: str) -> bytes:
    with archive.open(name) as file:
        return file.read(4096)


def _chats(path: Path, answers: Answers) -> Iterator[Chat]:
    try:
        exports = _exports(path)
    except OSError as error:
        raise files.explained(path, error) from error
    if not exports:
        raise files.damaged(path, "there is no WhatsApp chat in it")
    ids = Ids("whatsapp")
    for export in exports:
        ids.begin_file()
        yield _chat(export, answers, ids)


@dataclass(frozen=True, slots=True)
class _Said:
    """A row, and what it says if its sender is a person."""

    row: Row
    content: Content


def _chat(export: Path, answers: Answers, ids: Ids) -> Chat:
    title, said = _read(export)
    people = participants(_senders(said))
    remarks = [each.row for each in said if _is_remark(each, people)]
    if is_in_group(people, [f"{row.sender or ''}: {row.text}" for row in remarks]):
        return Chat(None, [(GROUP_CHAT, None)] * len(said))
    who = sides(people, _contact(title, remarks, people), export, title, answers.me)
    headers = [each.row.header for each in said if each.row.header]
    known = order((each.stamp for each in headers), headers[0].form, export, answers)
    entries = list(_entries(said, people, who, known, ids))
    return Chat(Person(who.other, who.other, (who.other,)), entries)


def _read(export: Path) -> tuple[str, list[_Said]]:
    """What the file of a chat is called, and its rows."""
    with files.opened(export) as archive:
        texts = _texts(archive.names, export.stem) or archive.names
        if len(texts) != 1:
            raise SourceUnreadableError(
                f"{export} holds {len(texts)} chats.",
                remedy="Unpack it, and pass the folder with the text files.",
            )
        written = layout(_beginning(archive, texts[0]))
        said = [_Said(row, content(row)) for row in rows(archive.open(texts[0]), written, export)]
    if not any(each.row.header for each in said):
        raise files.damaged(export, "there is no WhatsApp chat in it")
    inside = PurePosixPath(texts[0])
    if inside.name != _IPHONE:
        return inside.stem, said
    return (export.parent.name if export.name == _IPHONE else export.stem), said


def _senders(said: list[_Said]) -> Counter[str]:
    """How many rows each name seems to have sent."""
    return Counter(
        each.row.sender
        for each in said
        if each.row.sender not in (None, ASSISTANT) and each.content.bucket != EVENT
    )


def _is_remark(said: _Said, people: list[str]) -> bool:
    """Whether the app says it of itself, though it may look like a message."""
    if said.content.bucket in (UNREADABLE, EVENT):
        return said.content.bucket == EVENT
    return said.row.sender not in (*people, ASSISTANT)


def _contact(title: str, remarks: list[Row], people: list[str]) -> str | None:
    """Who the other one seems to be: an iPhone puts its remark on encryption in their mouth; else
    the file is called after them."""
    notices = (row.sender for row in remarks if row.is_from_iphone and is_notice(row.text))
    named = next(filter(None, notices), None) or chat_name(title)
    spelled = {_letters(name): name for name in people}
    return spelled.get(_letters(named), named) if named else None


def _letters(name: str) -> str:
    return "".join(filter(str.isalnum, name)).casefold()


def _entries(
    said: list[_Said], people: list[str], who: Sides, known: Order, ids: Ids
) -> Iterator[Entry]:
    previous: datetime | None = None
    for each in said:
        row, what = each.row, each.content
        local = moment(row.header.stamp, known) if row.header else None
        sent_at = in_utc(local, previous) if local else None
        previous = sent_at or previous
        if what.bucket not in (USED, CONTEXT):
            yield what.bucket, None
        elif row.sender not in people:
            yield (AUTOMATIC if row.sender == ASSISTANT else EVENT), None
        elif local is None or sent_at is None:
            yield NO_DATE, None
        else:
            side = "me" if row.sender == who.me else "other"
            # What tells a file, with media or without, is no part of the id.
            key = ids.new(who.other, side, local.isoformat(), what.text)
            yield _message(key, who, side, sent_at, what) if key else (DUPLICATE, None)


def _message(key: str, who: Sides, side: str, sent_at: datetime, what: Content) -> Entry:
    sender = ME if side == "me" else who.other
    return what.bucket, Message(
        key, who.other, sender, sent_at, what.text, TITLE, placeholder=what.placeholder
    )
