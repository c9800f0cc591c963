"""Messenger and Instagram: what “Download your information” gives as JSON, and what Messenger gives
of its end-to-end encrypted chats.

Nothing in them tells which participant is me: it is the one who is in every conversation. Which
files they are made of is told in `_meta_files`, and what a message is in `_meta_messages`.
"""

import contextlib
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

from elvisbot.sources import GROUP_CHAT, Answers, Person, _files
from elvisbot.sources._files import Files
from elvisbot.sources._ids import Ids
from elvisbot.sources._meta_files import Thread, is_export, records, threads
from elvisbot.sources._meta_messages import ASSISTANT, Reader, sender_of
from elvisbot.sources._owner import is_called, unknown_owner
from elvisbot.sources._parsed import Chat, Notes, Parsed, Rows, joined, oldest_first, parsed

TITLE: Final = "Messenger or Instagram (JSON)"

_NAMELESS: Final = ("", "facebook user", "instagram user", "messenger user")
"""What accounts that are gone are called, in lower case."""

_GROUP: Final = "RegularGroup"


def recognises(path: Path) -> bool:
    """Whether it is an export, or a part of one. See `Source.recognises`."""
    return is_export(path)


@contextlib.contextmanager
def opened(path: Path, answers: Answers) -> Iterator[Parsed]:
    """See `Source.opened`."""
    with _files.opened(path) as files:
        found = threads(files)
        me = _owner(found, answers.me, path)
        with parsed(lambda notes: _chats(files, found, me, notes)) as history:
            yield history


def _owner(found: list[Thread], answer: Sequence[str], path: Path) -> str:
    """My name; empty if there are only groups, where it does not matter.

    Raises:
        NeedsAnswerError: if nobody alone is in all one-to-one conversations, of two or more.
        UsageError: if nobody, or more than one, has the name that was given.
    """
    small = [thread.people for thread in found if len(thread.people) <= 2]
    names = [name for name, _ in Counter(name for people in small for name in people).most_common()]
    if not names:
        return ""
    if answer:
        called = [name for name in names if is_called(name, answer)]
        if len(called) == 1:
            return called[0]
    else:
        pairs = {people for people in small if len(people) == 2}
        common = frozenset.intersection(*pairs) if len(pairs) > 1 else frozenset()
        if len(common) == 1:
            return next(iter(common))
    raise unknown_owner(names, answer, path)


def _chats(files: Files, found: list[Thread], me: str, notes: Notes) -> Iterator[Chat]:
    notes.add_links(files)
    for thread in found:
        if len(thread.people) > 2:
            yield _group(files, thread)
        else:
            yield _chat(files, thread, me)


def _group(files: Files, thread: Thread) -> Chat:
    rows = Rows()
    for folder in thread.folders:
        for _ in _rows(files, folder, set()):
            rows.add((GROUP_CHAT, None))
    return Chat(None, [], rows.dropped)


def _chat(files: Files, thread: Thread, me: str) -> Chat:
    """A conversation of two; a group, if more people wrote in it than take part now.

    Of a message in several folders, the copy in the last one counts: that of the newest download.
    """
    reader = Reader(me, thread.key, _service(files, thread), Ids("meta"))
    kinds: set[str] = set()
    others = set(thread.people)
    folders: list[Rows] = []
    for folder in thread.folders:
        reader.ids.begin_file()
        rows = Rows()
        for record in _rows(files, folder, kinds):
            rows.add(reader.entry(record))
            others.add(sender_of(record) or "")
        folders.append(Rows(oldest_first(rows.kept), rows.dropped))
    rows = joined(folders)
    others -= {me, ASSISTANT, ""}
    if len(others) > 1 or _GROUP in kinds:
        return Chat(None, rows.kept, rows.dropped)
    name = next(iter(others), "")
    shown = thread.key if name.casefold() in _NAMELESS else name
    return Chat(Person(thread.key, shown, (thread.key,)), rows.kept, rows.dropped)


def _rows(files: Files, folder: tuple[str, ...], kinds: set[str]) -> Iterator[Any]:
    """Every message in the files of a folder; `kinds` gathers what they call the thread."""
    for name in folder:
        for prefix, value in records(files, name, "messages.item", "thread_type"):
            if prefix == "messages.item":
                yield value
            elif isinstance(value, str):
                kinds.add(value)


def _service(files: Files, thread: Thread) -> str:
    """The one that is named last in the path; a download of Messenger may name none."""
    path = f"{files.path.absolute()}/{thread.folders[0][0]}".lower()
    return "Instagram" if path.rfind("instagram") > path.rfind("facebook") else "Messenger"
