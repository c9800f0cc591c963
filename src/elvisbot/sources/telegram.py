"""Telegram: the export of Telegram Desktop in JSON, of one chat or of the whole account.

Both are a file `result.json`. That of a chat is `{"name", "type", "id", "messages": […]}`; that of
an account holds such objects in `chats.list` and `left_chats.list`, and before them my own number
in `personal_information.user_id`. Name, type and id stand before the messages. The id of a
one-to-one chat is the number of the other account. Facts about the format: Telegram Desktop's
`export_output_json.cpp` of 2018 to 2025.
"""

import contextlib
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, BinaryIO, Final

from elvisbot.errors import SourceUnreadableError
from elvisbot.sources import (
    AUTOMATIC,
    GROUP_CHAT,
    TO_SELF,
    Answers,
    Entry,
    Person,
    _files,
    _json,
)
from elvisbot.sources._files import Files, beginning, damaged
from elvisbot.sources._parsed import Chat, Notes, Parsed, Rows, joined, parsed, with_handles_of
from elvisbot.sources._telegram_messages import Reader, Sides

TITLE: Final = "Telegram (result.json)"

_NAME: Final = "result.json"
_HEAD: Final = 4096
"""Bytes. Nothing but a name stands before what an export is recognised by."""

_ONE_CHAT: Final = re.compile(
    rb'(?:\xef\xbb\xbf)?\s*\{\s*(?:"name"\s*:\s*(?:null|"(?:[^"\\]|\\.)*+")\s*,\s*)?'
    rb'"type"\s*:\s*(?:null|"[a-z_]*")\s*,\s*"id"\s*:[^,]*,\s*"messages"\s*:\s*\['
)
_ACCOUNT: Final = re.compile(
    rb'(?:\xef\xbb\xbf)?\s*\{\s*(?:"about"\s*:\s*"[^"]*Telegram|"personal_information"\s*:\s*\{)'
)

_MY_NUMBER: Final = "personal_information.user_id"
_CHATS: Final = ("", "chats.list.item", "left_chats.list.item")
_FIELDS: Final = {
    f"{chat}.{field}".lstrip("."): field
    for chat in _CHATS
    for field in ("name", "type", "id", "messages.item")
}
_SERVICE_NUMBER: Final = 777000
"""The account that sends log-in codes."""

_DAY: Final = re.compile(r"\d{4}-\d{2}-\d{2}")
"""In the name of a folder that Telegram made: `ChatExport_2024-05-01`."""

_LOOSE: Final = {
    "saved_messages": TO_SELF,
    "bot_chat": AUTOMATIC,
    "verification_codes": AUTOMATIC,
}


def recognises(path: Path) -> bool:
    """Whether it is an export, or the folder or zip of one. See `Source.recognises`."""
    if path.is_dir():
        return _has_pages(path) or any(_is_export(beginning(file, _HEAD)) for file in _near(path))
    if beginning(path, 4) != b"PK\x03\x04":
        return _is_export(beginning(path, _HEAD))
    try:
        with _files.opened(path) as files:
            return bool(_exports(files))
    except SourceUnreadableError:
        return False


@contextlib.contextmanager
def opened(path: Path, answers: Answers) -> Iterator[Parsed]:
    """The chats of all exports at `path`. See `Source.opened`."""
    with _files.opened(path) as files:
        names = _exports(files)
        if not names:
            raise SourceUnreadableError(
                f"There is no {_NAME} of Telegram in {path}.",
                remedy="Export once more from Telegram Desktop, and choose “Machine-readable JSON” "
                "as the format instead of HTML.",
            )
        with parsed(lambda notes: _chats(files, names, answers, notes)) as history:
            yield history


def _near(folder: Path) -> Iterator[Path]:
    """Where an export lies in its folder, or in the folder that holds the folders of several."""
    for file in (folder / _NAME, *sorted(folder.glob(f"*/{_NAME}"))):
        if file.is_file() and not file.is_symlink() and not file.parent.is_symlink():
            yield file


def _has_pages(folder: Path) -> bool:
    """Whether it is the other kind of export, which `opened` can tell how to replace."""
    pages = (folder / "export_results.html", folder / "messages.html")
    return (folder / "css" / "style.css").is_file() and any(page.is_file() for page in pages)


def _is_export(head: bytes) -> bool:
    return bool(_ONE_CHAT.match(head) or _ACCOUNT.match(head))


def _exports(files: Files) -> list[str]:
    return [name for name in files.names if _is_named(files, name) and _begins(files, name)]


def _is_named(files: Files, name: str) -> bool:
    return files.names == [files.path.name] or name.rpartition("/")[2] == _NAME


def _begins(files: Files, name: str) -> bool:
    with files.open(name) as file:
        return _is_export(file.read(_HEAD))


def _chats(files: Files, names: list[str], answers: Answers, notes: Notes) -> Iterator[Chat]:
    notes.add_links(files)
    chats = (chat for name in sorted(names, key=_age) for chat in _read(files, name, answers))
    yield from chats if len(names) == 1 else _joined(chats)


def _read(files: Files, name: str, answers: Answers) -> Iterator[Chat]:
    path = files.path / name if files.path.is_dir() else files.path
    with files.open(name) as file:
        yield from _Export(path, answers).chats(file)


def _joined(chats: Iterable[Chat]) -> Iterator[Chat]:
    """`chats` of several exports, all those with one person as one. They are held until the end."""
    people: dict[str, Person] = {}
    found: dict[str, list[Rows]] = defaultdict(list)
    for chat in chats:
        if chat.person is None:
            yield chat
        else:
            known = people.setdefault(chat.person.key, chat.person)
            people[known.key] = with_handles_of(known, chat.person)
            found[known.key].append(Rows(chat.entries, chat.dropped))
    for key, person in people.items():
        rows = joined(found.pop(key))
        yield Chat(person, rows.kept, rows.dropped)


def _age(name: str) -> tuple[str, str]:
    """The day in the name of an export, as far as it tells; then the name."""
    days = _DAY.findall(name)
    return (days[-1] if days else ""), name


class _Export:
    """One result.json."""

    def __init__(self, path: Path, answers: Answers) -> None:
        """To be called `path` in errors."""
        self._path = path
        self._answers = answers
        self._seen: dict[str, set[int]] = defaultdict(set)
        self._my_number: int | None = None

    def chats(self, file: BinaryIO) -> Iterator[Chat]:
        """The chats in `file`, one after another."""
        header: dict[str, Any] = {}
        chat: _Conversation | _Unkept | None = None
        for prefix, value in _json.values(file, self._path, [_MY_NUMBER, *_FIELDS], ends=_CHATS):
            if prefix == _MY_NUMBER:
                self._my_number = _number(value)
            elif prefix in _CHATS:
                if chat is not None:
                    yield chat.done()
                header, chat = {}, None
            elif _FIELDS[prefix] != "messages.item":
                header[_FIELDS[prefix]] = value
            else:
                chat = chat or self._begun(header)
                chat.add(value)

    def _begun(self, header: dict[str, Any]) -> "_Conversation | _Unkept":
        if not {"type", "id"} <= header.keys():
            raise damaged(self._path, "it does not tell what chat its messages belong to")
        kind, number = header["type"], _number(header["id"])
        if number == _SERVICE_NUMBER:
            return _Unkept(AUTOMATIC, is_loose=True)
        if isinstance(kind, str) and kind in _LOOSE:
            return _Unkept(_LOOSE[kind], is_loose=True)
        if kind != "personal_chat":
            return _Unkept(GROUP_CHAT)
        person = _person(header.get("name"), number)
        sides = Sides(person.key, me=self._my_number, other=number, my_name=self._answers.me)
        return _Conversation(person, sides, self._seen[person.key], self._path)


class _Conversation:
    """A one-to-one chat as it is read."""

    def __init__(self, person: Person, sides: Sides, seen: set[int], path: Path) -> None:
        self._person = person
        self._sides = sides
        self._path = path
        self._reader = Reader(sides, seen)
        self._rows = Rows()

    def add(self, record: Any) -> None:
        self._rows.add(self._reader.entry(record))

    def done(self) -> Chat:
        self._sides.check(self._path)
        return Chat(self._person, self._rows.kept, self._rows.dropped)


class _Unkept:
    """A chat as it is read of which nothing is kept but how many messages it has."""

    def __init__(self, bucket: str, *, is_loose: bool = False) -> None:
        self._entry: Entry = (bucket, None)
        self._is_loose = is_loose
        self._rows = Rows()

    def add(self, record: Any) -> None:
        self._rows.add(self._entry)

    def done(self) -> Chat:
        return Chat(None, [], self._rows.dropped, is_loose=self._is_loose)


def _number(value: Any) -> int | None:
    return value if type(value) is int else None


def _person(name: Any, number: int | None) -> Person:
    shown = name if isinstance(name, str) and name.strip() else "Deleted Account"
    if number is None:
        return Person(f"telegram:{shown}", shown, (shown,))
    return Person(f"telegram:{number}", shown, (shown, f"user{number}"))
