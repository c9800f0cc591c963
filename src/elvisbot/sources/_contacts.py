"""The names in address books: of a Mac, and of an iPhone's backup.

A Mac keeps `AddressBook-v22.abcddb`, one for what lies on it and one for each account. Its tables:
`ZABCDRECORD` (people, by `Z_PK`), `ZABCDPHONENUMBER` and `ZABCDEMAILADDRESS` (theirs, by `ZOWNER`).
An iPhone keeps `AddressBook.sqlitedb` with `ABPerson` and `ABMultiValue`, where the property 3 is
a phone number and 4 a mail address.
"""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final, NamedTuple

from elvisbot.errors import SourceUnreadableError
from elvisbot.sources._files import damaged, explained
from elvisbot.sources._sqlite import Database, opened

_FOLDER: Final = Path("Library/Application Support/AddressBook")
_BOOK: Final = "AddressBook-v22.abcddb"

MAX_ROWS: Final = 100_000
"""Of a table, no more are read. The largest address books, of companies, stay below."""

MAX_LENGTH: Final = 200
"""Characters of a name or an address; what is longer is cut, or is no address."""

_EAST_ASIAN: Final = re.compile(r"[\u1100-\u11ff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]+")
"""Hangul, kana and Chinese characters."""


@dataclass(frozen=True)
class Contact:
    """Somebody in an address book.

    Attributes:
        name: As Contacts shows it.
        addresses: Numbers and mail addresses as written, in the order in which they were added.
        book: Tells the address books of several accounts apart.
    """

    name: str
    addresses: tuple[str, ...]
    book: str = ""


class _Layout(NamedTuple):
    """Where a database keeps what.

    Attributes:
        names: Of `people`: first name, last name, nickname, organisation.
        addresses: Each a table, the column of the person, that of the value, and a condition.
    """

    people: str
    id: str
    names: tuple[str, str, str, str]
    addresses: tuple[tuple[str, str, str, str], ...]


_MAC: Final = _Layout(
    people="ZABCDRECORD",
    id="Z_PK",
    names=("ZFIRSTNAME", "ZLASTNAME", "ZNICKNAME", "ZORGANIZATION"),
    addresses=(
        ("ZABCDPHONENUMBER", "ZOWNER", "ZFULLNUMBER", "1"),
        ("ZABCDEMAILADDRESS", "ZOWNER", "ZADDRESS", "1"),
    ),
)
_IPHONE: Final = _Layout(
    people="ABPerson",
    id="ROWID",
    names=("First", "Last", "Nickname", "Organization"),
    addresses=(("ABMultiValue", "record_id", "value", "property IN (3, 4)"),),
)


def mac_contacts(tell: Callable[[str], None]) -> list[Contact]:
    """Everybody in the address books of this Mac; nobody where there is none.

    One person in the books of several accounts comes once for each.

    Args:
        tell: Is given a line for the user if a book is there that may not or cannot be read.
    """
    found: list[Contact] = []
    try:
        books = _books(Path.home() / _FOLDER)
    except SourceUnreadableError as error:
        tell(_unread(error))
        return found
    for book in books:
        try:
            found += (replace(contact, book=str(book)) for contact in contacts_of(book))
        except SourceUnreadableError as error:
            tell(_unread(error))
    return found


def contacts_of(path: Path) -> list[Contact]:
    """Everybody with a name and an address in an `AddressBook-v22.abcddb`, oldest first.

    Raises:
        SourceUnreadableError: if it cannot be read or is something else.
    """
    return _contacts(path, _MAC)


def iphone_contacts_of(path: Path) -> list[Contact]:
    """Everybody with a name and an address in an `AddressBook.sqlitedb`, oldest first.

    Raises:
        SourceUnreadableError: if it cannot be read or is something else.
    """
    return _contacts(path, _IPHONE)


def one_line(text: str) -> str:
    """A name on one line, without what could command a terminal, and no longer than names are."""
    line = " ".join(text.split())
    return "".join(each for each in line if unicodedata.category(each) != "Cc")[:MAX_LENGTH]


def _books(folder: Path) -> list[Path]:
    """The databases of the address book in `folder`.

    Raises:
        SourceUnreadableError: if macOS does not let us see.
    """
    accounts = folder / "Sources"
    try:
        books = [folder / _BOOK, *(account / _BOOK for account in _listed(accounts))]
        return [book for book in books if _is_there(book)]
    except OSError as error:
        raise explained(folder, error) from error


def _listed(folder: Path) -> list[Path]:
    try:
        return sorted(folder.iterdir())
    except FileNotFoundError:
        return []


def _is_there(path: Path) -> bool:
    # Path.exists says no to what is forbidden, on some versions of Python.
    try:
        path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return False
    return True


def _unread(error: SourceUnreadableError) -> str:
    reason = error.problem.rstrip(".")
    return f"Contacts could not be read ({reason}), so people are named by their numbers."


def _contacts(path: Path, layout: _Layout) -> list[Contact]:
    with opened(path) as database:
        names = _names(database, layout)
        addresses = _addresses(database, layout)
    return [Contact(name, addresses[row]) for row, name in names.items() if row in addresses]


def _names(database: Database, layout: _Layout) -> dict[int, str]:
    """What to call each person, by the row; those without a name lack."""
    columns = database.columns(layout.people)
    if not columns:
        raise damaged(database.path, f"it is no address book, the table {layout.people} is missing")
    cells = (name if name.lower() in columns else "NULL" for name in layout.names)
    rows = database.rows(
        f"SELECT {layout.id}, {', '.join(cells)} FROM {layout.people} "
        f"ORDER BY {layout.id} LIMIT {MAX_ROWS}"
    )
    shown = {row: _shown(*map(_text, parts)) for row, *parts in rows}
    return {row: name for row, name in shown.items() if name}


def _addresses(database: Database, layout: _Layout) -> dict[int, tuple[str, ...]]:
    """Everybody's numbers and mail addresses, each once, by the row of the person."""
    found: dict[int, dict[str, None]] = defaultdict(dict)
    for table, owner, value, condition in layout.addresses:
        if not database.columns(table) >= {owner.lower(), value.lower()}:
            continue
        rows = database.rows(
            f"SELECT {owner}, {value} FROM {table} WHERE {condition} "
            f"ORDER BY ROWID LIMIT {MAX_ROWS}"
        )
        for row, cell in rows:
            if address := _text(cell):
                found[row][address] = None
    return {row: tuple(addresses) for row, addresses in found.items()}


def _shown(first: str, last: str, nickname: str, organisation: str) -> str:
    if _EAST_ASIAN.fullmatch(first) and _EAST_ASIAN.fullmatch(last):
        return last + first
    return f"{first} {last}".strip() or nickname or organisation


def _text(cell: Any) -> str:
    """What a cell says; empty if it holds no text."""
    if not isinstance(cell, bytes):
        return ""
    return one_line(cell[: 4 * MAX_LENGTH].decode("utf-8", "replace"))
