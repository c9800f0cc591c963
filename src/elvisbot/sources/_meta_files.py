"""The files of an export of Messenger or Instagram, and which conversations lie in them.

    your_facebook_activity/messages/inbox/ann_123/message_1.json, message_2.json …
    Ann_1.json                                     of an end-to-end encrypted chat

`inbox` can be `archived_threads`, `filtered_threads`, `message_requests` or `e2ee_cutover` as well;
a conversation may lie in several of them, under one name. A file tells its `participants` before
its `messages`.
"""

import os
import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path, PurePosixPath
from typing import Any, Final

from elvisbot.conversation import ME
from elvisbot.errors import SourceUnreadableError
from elvisbot.sources import _files, _json
from elvisbot.sources._files import Files
from elvisbot.sources._meta_messages import mended

_NUMBERED: Final = re.compile(r"message_(\d{1,9})\.(json|html)")
_HEAD: Final = re.compile(rb'(?:\xef\xbb\xbf)?\s*\{\s*"(?:participants"\s*:\s*\[|threadName"\s*:)')
_HEAD_SIZE: Final = 4096
_MOST_FOLDERS: Final = 20_000
_MOST_TRIED: Final = 200
"""Files that are looked into before a folder or zip is taken for something else."""

_MOST_PEOPLE: Final = 100
"""More participants are not listed: it is a group anyway."""


@dataclass(frozen=True)
class Thread:
    """A conversation.

    Attributes:
        key: What its folder is called.
        folders: The names of its files, by folder, in their order.
        people: Its participants, me included.
    """

    key: str
    folders: tuple[tuple[str, ...], ...]
    people: frozenset[str]


def is_export(path: Path) -> bool:
    """Whether it is a folder or zip with such files, or one of them.

    Raises:
        OSError: if it cannot be read.
    """
    if path.is_dir():
        tried = islice(_near(path), _MOST_TRIED)
        return any(_numbered(name) for name in _names_below(path)) or any(
            _HEAD.match(_files.beginning(file, _HEAD_SIZE)) for file in tried
        )
    if names := _files.zip_names(path):
        return any(_numbered(name) for name in names) or _zip_has_others(path)
    return _HEAD.match(_files.beginning(path, _HEAD_SIZE)) is not None


def threads(files: Files) -> list[Thread]:
    """Every conversation.

    Raises:
        SourceUnreadableError: if there are none, or one is damaged.
    """
    if files.names == [files.path.name] and not files.path.is_dir():
        found = {_key_of_file(files): [tuple(files.names)]}
    else:
        found = _found(files)
    if not found:
        raise _nothing_found(files)
    return [Thread(key, tuple(folders), _people(files, folders)) for key, folders in found.items()]


def records(files: Files, name: str, *prefixes: str) -> Iterator[tuple[str, Any]]:
    """Values of a file, as `_json.values` gives them."""
    with files.open(name) as file:
        yield from _json.values(file, _place(files, name), prefixes)


def _place(files: Files, name: str) -> Path:
    """Where a file is, as far as the user can see."""
    return files.path / name if files.path.is_dir() else files.path


def _found(files: Files) -> dict[str, list[tuple[str, ...]]]:
    """The files of each conversation, by its key and by folder."""
    folders: dict[PurePosixPath, list[tuple[int, str]]] = defaultdict(list)
    for name in files.names:
        if (match := _numbered(name)) and match[2] == "json":
            folders[PurePosixPath(name).parent].append((int(match[1]), name))
    found: dict[str, list[tuple[str, ...]]] = defaultdict(list)
    for folder, numbered in folders.items():
        names = tuple(name for _, name in sorted(numbered))
        found[_key(folder.name or _own_name(files.path))].append(names)
    for name in _others(files):
        if _begins(files, name):
            found[_key(PurePosixPath(name).stem)].append((name,))
    return found


def _numbered(name: str) -> re.Match[str] | None:
    return _NUMBERED.fullmatch(PurePosixPath(name).name)


def _others(files: Files) -> list[str]:
    """The names of the files that may be encrypted chats."""
    return [
        name
        for name in files.names
        if name.lower().endswith(".json") and name.count("/") < 2 and not _numbered(name)
    ]


def _begins(files: Files, name: str) -> bool:
    with files.open(name) as file:
        return _HEAD.match(file.read(_HEAD_SIZE)) is not None


def _key(name: str) -> str:
    """A key from the name of a file or folder, which a Mac may spell otherwise than others do."""
    key = unicodedata.normalize("NFC", name)
    return f"{key}_" if key in ("", ME) else key  # it must not be mistaken for me


def _own_name(path: Path) -> str:
    path = path.absolute()
    return path.name if path.is_dir() else path.stem


def _key_of_file(files: Files) -> str:
    """The key of a file that was taken out of its folder."""
    for _, value in records(files, files.names[0], "thread_path"):
        if isinstance(value, str) and (name := value.rpartition("/")[2]):
            return _key(mended(name))
    path = files.path.absolute()
    return _key(path.parent.name if _numbered(path.name) else path.stem)


def _people(files: Files, folders: list[tuple[str, ...]]) -> frozenset[str]:
    people: set[str] = set()
    for name in (name for names in folders for name in names):
        people.update(_participants(files, name))
    return frozenset(people)


def _participants(files: Files, name: str) -> set[str]:
    """The names at the head of a file, without reading further."""
    people: set[str] = set()
    head = ("participants.item",)
    with files.open(name) as file:
        values = _json.values(file, _place(files, name), head, ends=("participants",))
        for prefix, value in values:
            if prefix == "participants" or len(people) >= _MOST_PEOPLE:
                break
            given = value.get("name") if isinstance(value, dict) else value
            if isinstance(given, str):
                people.add(mended(given))
    return people


def _names_below(folder: Path) -> Iterator[str]:
    for _, _, names in islice(os.walk(folder), _MOST_FOLDERS):
        yield from names


def _near(folder: Path) -> Iterator[Path]:
    for pattern in ("*.json", "*/*.json"):
        for file in folder.glob(pattern):
            if not file.is_symlink() and not file.parent.is_symlink():
                yield file


def _zip_has_others(path: Path) -> bool:
    try:
        with _files.opened(path) as files:
            return any(_begins(files, name) for name in _others(files)[:_MOST_TRIED])
    except SourceUnreadableError:
        return False


def _nothing_found(files: Files) -> SourceUnreadableError:
    if any(map(_numbered, files.names)):
        return SourceUnreadableError(
            f"The messages in {files.path} are web pages (HTML).",
            remedy="Ask for the download once more, and choose the format JSON.",
        )
    return SourceUnreadableError(
        f"There are no messages of Messenger or Instagram in {files.path}.",
        remedy="Pass the folder messages of the download, or the zip as it came; if there are "
        "several, the one that holds messages/inbox.",
    )
