"""A backup of an iPhone, made by the Finder, iTunes or Apple Devices.

It is a folder. Every file of the phone lies in it under the SHA-1 of its domain and path, below the
first two digits of that. Its `sms.db` is laid out as the `chat.db` of a Mac, and a message has the
same id in both. `Manifest.plist` tells whether the files are encrypted. Facts about the format: The
iPhone Wiki, “iTunes Backup”.
"""

import contextlib
import functools
import itertools
import os
import stat
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from elvisbot.errors import SourceUnreadableError, UsageError
from elvisbot.sources import Answers, imessage
from elvisbot.sources._contacts import Contact, iphone_contacts_of, one_line
from elvisbot.sources._files import beginning, damaged, explained, without_following
from elvisbot.sources._iphone_decryption import Find, decrypted
from elvisbot.sources._plists import MAX_SIZE, loaded

TITLE: Final = "iPhone backup"

MESSAGES: Final = "3d/3d0d7e5fb2ce288813306e4d4636395e047a3d28"
"""`HomeDomain-Library/SMS/sms.db`"""

ADDRESS_BOOK: Final = "31/31bb7ba8914766d4ba40d6dfb6113c8b614be442"
"""`HomeDomain-Library/AddressBook/AddressBook.sqlitedb`"""

_MANIFESTS: Final = ("Manifest.plist", "Manifest.db")
_MOST_LOOKED_AT: Final = 1000
"""Of a folder that may hold backups, of which there is one for each device."""

_MOST_LISTED: Final = 10
_NO_CONTACTS: Final = (
    "The backup's Contacts are missing or damaged, so people are named by their numbers."
)


def recognises(path: Path) -> bool:
    """Whether it is a backup, or a folder of backups. See `Source.recognises`."""
    return bool(_backups(path))


@contextlib.contextmanager
def opened(path: Path, answers: Answers) -> Iterator[imessage.ChatDb]:
    """See `Source.opened`.

    Raises:
        UsageError: if `path` is a folder of several backups.
        MissingExtraError: if the backup is encrypted, and what decrypts it is not installed.
    """
    backup = _the_backup(path)
    manifest = _manifest(backup)
    find: Find = functools.partial(_file, backup)
    with contextlib.ExitStack() as stack:
        if manifest.get("IsEncrypted"):
            find = stack.enter_context(decrypted(backup, manifest, answers.password, find))
        messages = find(MESSAGES)
        if messages is None:
            raise _no_messages(backup)
        contacts, notes = _contacts(find)
        history = stack.enter_context(imessage.opened(messages, answers, contacts=contacts))
        history.notes.extend(notes)
        yield history


def _backups(path: Path) -> list[Path]:
    """The backup at `path`; if it is a folder of backups, those in it, sorted.

    Raises:
        OSError: if it cannot be read.
    """
    if _is_backup(path):
        return [path]
    if not path.is_dir():
        return []
    with os.scandir(path) as entries:
        looked_at = itertools.islice(entries, _MOST_LOOKED_AT)
        folders = [Path(entry) for entry in looked_at if entry.is_dir(follow_symlinks=False)]
    return sorted(folder for folder in folders if _is_readable_backup(folder))


def _is_backup(folder: Path) -> bool:
    return any(_is_file(folder / name) for name in _MANIFESTS)


def _is_readable_backup(folder: Path) -> bool:
    try:
        return _is_backup(folder)
    except PermissionError:  # anybody's folder, beside what may be meant
        return False


def _is_file(path: Path) -> bool:
    """Whether a file is there, and no link."""
    # Path.is_file says no to what is forbidden, on some versions of Python.
    try:
        return stat.S_ISREG(path.lstat().st_mode)
    except (FileNotFoundError, NotADirectoryError):
        return False


def _the_backup(path: Path) -> Path:
    """The one backup at `path`."""
    try:
        backups = _backups(path)
    except OSError as error:
        raise explained(path, error) from error
    if not backups:
        raise SourceUnreadableError(
            f"{path} is not a backup of an iPhone.",
            remedy="Pass the folder that holds the backup's Manifest.plist.",
        )
    if len(backups) > 1:
        newest_first = sorted(map(_described, backups), reverse=True)
        listed = "; ".join(line for _, line in newest_first[:_MOST_LISTED])
        raise UsageError(
            f"{path} holds {len(backups)} backups.", remedy=f"Pass the folder of one: {listed}"
        )
    return backups[0]


def _described(backup: Path) -> tuple[str, str]:
    """When a backup was made, if it tells, and a line for a list of backups."""
    info: dict[str, Any] = {}
    with contextlib.suppress(OSError, ValueError):
        if _is_file(backup / "Info.plist"):
            info = loaded(beginning(backup / "Info.plist", MAX_SIZE + 1))
    name, date = info.get("Device Name"), info.get("Last Backup Date")
    shown = one_line(name) if isinstance(name, str) else ""
    day = date.date().isoformat() if isinstance(date, datetime) else ""
    return day, f"{backup} ({', '.join(filter(None, (shown, day))) or 'of an unknown device'})"


def _manifest(backup: Path) -> dict[str, Any]:
    """What `Manifest.plist` says; its values may have any type."""
    path = without_following(backup / "Manifest.plist")
    try:
        return loaded(beginning(path, MAX_SIZE + 1))
    except FileNotFoundError as error:
        raise SourceUnreadableError(
            f"{backup} is not a complete backup: Manifest.plist is missing.",
            remedy="Copy the whole folder, or back the iPhone up once more.",
        ) from error
    except OSError as error:
        raise explained(path, error) from error
    except ValueError as error:
        raise damaged(path, str(error)) from error


def _file(backup: Path, name: str) -> Path | None:
    """See `Find`."""
    path = backup
    try:
        for part in name.split("/"):
            path = without_following(path / part)
        # SQLite would open these too.
        for suffix in ("-wal", "-shm", "-journal"):
            without_following(path.with_name(path.name + suffix))
        return path if _is_file(path) else None
    except OSError as error:
        raise explained(path, error) from error


def _contacts(find: Find) -> tuple[list[Contact], list[str]]:
    """Everybody in the phone's address book; if it cannot be read, nobody, and a note."""
    with contextlib.suppress(SourceUnreadableError):
        if book := find(ADDRESS_BOOK):
            return iphone_contacts_of(book), []
    return [], [_NO_CONTACTS]


def _no_messages(backup: Path) -> SourceUnreadableError:
    return SourceUnreadableError(
        f"The backup {backup} holds no messages.",
        remedy="What Messages keeps in iCloud is not backed up: on the iPhone, turn off Settings > "
        "your name > iCloud > Messages, wait until all messages are there, and back it up again.",
    )
