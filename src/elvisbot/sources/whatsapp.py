"""Chats exported from WhatsApp: a text file, or a zip with it and the media; or a folder of those.

An export holds one chat. Its text is what it shows on the screen of the phone, in the phone's
language and on the phone's clock. It marks neither which side is mine nor forwarded messages, and
answers do not tell what they answer. Facts about the format: exports, and the projects
mlomb/chat-analytics, starkdmi/whats_json and linuswillner/whatsapp-export-inconsistencies.
"""

from collections import Counter
from collections.abc import Container, Iterable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import BinaryIO, Final

from elvisbot.conversation import ME, Message
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
from elvisbot.sources._parsed import Chat, Notes, parsed
from elvisbot.sources._whatsapp_content import Content, content, is_notice
from elvisbot.sources._whatsapp_dates import Order, in_utc, moment, order
from elvisbot.sources._whatsapp_exports import exports, finest_first, shown, text_name, title
from elvisbot.sources._whatsapp_lines import WINDOWS, Layout, Row, layout, rows
from elvisbot.sources._whatsapp_names import letters, with_whole_names
from elvisbot.sources._whatsapp_pasted import outsiders, pasted
from elvisbot.sources._whatsapp_people import (
    ASSISTANT,
    Sides,
    chat_name,
    is_in_group,
    participants,
    sides,
)

TITLE: Final = "WhatsApp"

_MOST_NAMES: Final = 10


def recognises(path: Path) -> bool:
    """Whether it is an export, or a folder with one. See `Source.recognises`."""
    return bool(exports(path))


def opened(path: Path, answers: Answers) -> AbstractContextManager[History]:
    """Open an export, or a folder of exports. See `Source.opened`."""
    return parsed(lambda notes: _chats(path, answers, notes))


def _chats(path: Path, answers: Answers, notes: Notes) -> Iterator[Chat]:
    try:
        # What two exports of one chat hold keeps its time as the first one tells it.
        found = finest_first(exports(path))
    except OSError as error:
        raise files.explained(path, error) from error
    if not found:
        raise files.damaged(path, "there is no WhatsApp chat in it")
    ids = Ids("whatsapp")
    for export in found:
        ids.begin_file()
        yield _chat(_read(export, answers, notes), answers, ids, notes)


@dataclass(frozen=True, slots=True)
class _Said:
    """A row, and what it says if its sender is a person."""

    row: Row
    content: Content


@dataclass(frozen=True)
class _Export:
    """A chat as it was exported.

    Attributes:
        path: Of its file.
        title: What the chat is called.
        said: Its rows.
        people: How many rows everybody wrote who writes in it, those who wrote most first.
        remarks: The rows that the app says of itself.
        contact: Who the other one seems to be.
    """

    path: Path
    title: str
    said: list[_Said]
    people: dict[str, int]
    remarks: list[Row]
    contact: str | None


def _read(path: Path, answers: Answers, notes: Notes) -> _Export:
    """What an export holds, without the rows of others that somebody pasted into their messages."""
    with files.opened(path) as archive:
        text = text_name(archive, path)
        name = title(text, path)
        written = layout(archive.open(text))
        if written.codec == WINDOWS:
            notes.add(
                f"{shown(path)} is not in UTF-8 and was read as Windows-1252. "
                "If letters look wrong, pass it as WhatsApp exported it."
            )
        said = _said(archive.open(text), written, path, name)
        if not any(each.row.header for each in said):
            raise files.damaged(path, "there is no WhatsApp chat in it")
        found = _export(path, name, said)
        plain = [each.row for each in said]
        strangers = outsiders(plain, found.people, found.contact, answers)
        if not strangers:
            return found
        lines = pasted(plain, strangers, answers)
        said = _said(archive.open(text), written, path, name, lines)
        return _export(path, name, said, strangers)


def _said(
    file: BinaryIO, written: Layout, path: Path, name: str, lines: Container[int] = ()
) -> list[_Said]:
    """The rows of a chat that is called `name`, but those of the numbers `lines`, which continue
    the ones above."""
    found = list(rows(file, written, path, pasted=lines))
    return [_Said(row, content(row)) for row in with_whole_names(found, chat_name(name))]


def _export(path: Path, name: str, said: list[_Said], strangers: Container[str] = ()) -> _Export:
    senders = _senders(said)
    people = {each: senders[each] for each in participants(senders) if each not in strangers}
    remarks = [each.row for each in said if _is_remark(each, people)]
    return _Export(path, name, said, people, remarks, _contact(name, remarks, people))


def _chat(export: _Export, answers: Answers, ids: Ids, notes: Notes) -> Chat:
    said, people = export.said, list(export.people)
    if is_in_group(people, [f"{row.sender or ''}: {row.text}" for row in export.remarks]):
        notes.add(_group_note(export.path, people))
        return Chat(None, [(GROUP_CHAT, None)] * len(said))
    who = sides(people, export.contact, export.path, export.title, answers.me)
    headers = [each.row.header for each in said if each.row.header]
    stamps = (each.stamp for each in headers)
    known = order(stamps, headers[0].form, export.path, answers)
    entries = list(_entries(said, people, who, known, ids))
    return Chat(Person(who.other, who.other, (who.other,)), entries)


def _group_note(path: Path, people: list[str]) -> str:
    reason = "WhatsApp speaks of one in it"
    if len(people) > 2:
        names = ", ".join(people[:_MOST_NAMES]) + (" …" if len(people) > _MOST_NAMES else "")
        reason = f"{len(people)} people write in it: {names}"
    return f"{shown(path)} is taken for a group, since {reason}."


def _senders(said: list[_Said]) -> Counter[str]:
    """How many rows each name seems to have sent."""
    return Counter(
        each.row.sender
        for each in said
        if each.row.sender not in (None, ASSISTANT) and each.content.bucket != EVENT
    )


def _is_remark(said: _Said, people: Iterable[str]) -> bool:
    """Whether the app says it of itself, though it may look like a message."""
    if said.content.bucket in (UNREADABLE, EVENT):
        return said.content.bucket == EVENT
    return said.row.sender not in (*people, ASSISTANT)


def _contact(name: str, remarks: list[Row], people: Iterable[str]) -> str | None:
    """Who the other one seems to be: an iPhone puts its remark on encryption in their mouth; else
    the file is called after them."""
    notices = (row.sender for row in remarks if row.is_from_iphone and is_notice(row.text))
    named = next(filter(None, notices), None) or chat_name(name)
    spelled = {letters(each): each for each in people}
    return spelled.get(letters(named), named) if named else None


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
            key = ids.new(who.other, side, *_known_to_all(local, what))
            yield _message(key, who, side, sent_at, what) if key else (DUPLICATE, None)


def _known_to_all(local: datetime, what: Content) -> tuple[str, ...]:
    """What every export tells of a message: iPhones alone tell the seconds and whose calls are,
    and only with media is it told what kind of file it was."""
    minute = local.replace(second=0).isoformat()
    return (minute, what.text, "call") if what.placeholder == "call" else (minute, what.text)


def _message(key: str, who: Sides, side: str, sent_at: datetime, what: Content) -> Entry:
    sender = ME if side == "me" else who.other
    return what.bucket, Message(
        key, who.other, sender, sent_at, what.text, TITLE, placeholder=what.placeholder
    )
