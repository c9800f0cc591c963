"""The names in address books."""

import contextlib
import os
import sqlite3
import tempfile
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from elvisbot.errors import ElvisBotError, SourceUnreadableError
from elvisbot.sources._contacts import (
    MAX_LENGTH,
    Contact,
    contacts_of,
    iphone_contacts_of,
    mac_contacts,
)
from tests.addressbooks import MAC_ACCOUNTS, MAC_BOOK, Card, iphone_book, mac_book

ANA = "+15550100001"
BEN = "+15550100002"

both_books = pytest.mark.parametrize(
    ("make", "read"), [(mac_book, contacts_of), (iphone_book, iphone_contacts_of)]
)

Make = Callable[..., Path]
Read = Callable[[Path], list[Contact]]


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HOME", str(tmp_path))
    return tmp_path


def told_and_found() -> tuple[list[str], list[Contact]]:
    told: list[str] = []
    return told, mac_contacts(told.append)


@both_books
@pytest.mark.parametrize(
    ("card", "name"),
    [
        (Card("Ana", "Silva"), "Ana Silva"),
        (Card("Ana"), "Ana"),
        (Card(None, "Silva"), "Silva"),
        (Card("Ana", "Silva", "Nana", "Atelier"), "Ana Silva"),
        (Card(None, None, "Nana", "Atelier"), "Nana"),
        (Card("", "", "", "Pizzeria Da Enzo"), "Pizzeria Da Enzo"),
        (Card(" Ana ", " Silva\n"), "Ana Silva"),
        (Card("小明", "王"), "王小明"),
        (Card("지은", "이"), "이지은"),
        (Card("小明", "Smith"), "小明 Smith"),
        (Card("Ana 👩‍🎤", "🌊"), "Ana 👩‍🎤 🌊"),
        (Card("Ana\x1b[31m", "Sil\x00va"), "Ana[31m Silva"),
        (Card("A" * MAX_LENGTH), "A" * MAX_LENGTH),
        (Card("A" * (MAX_LENGTH + 1)), "A" * MAX_LENGTH),
    ],
)
def test_a_person_is_called_as_contacts_shows_them(
    tmp_path: Path, make: Make, read: Read, card: Card, name: str
) -> None:
    card = Card(*card.names, numbers=(ANA,))
    assert read(make(tmp_path / "book", card)) == [Contact(name, (ANA,))]


@both_books
def test_numbers_come_before_mail_addresses_each_once_as_written(
    tmp_path: Path, make: Make, read: Read
) -> None:
    card = Card("Ana", numbers=("(555) 010-0001", ANA, ANA), mails=("Ana@example.com",))
    [contact] = read(make(tmp_path / "book", card))
    assert contact.addresses == ("(555) 010-0001", ANA, "Ana@example.com")


@both_books
def test_who_has_no_name_or_no_address_is_left_out(tmp_path: Path, make: Make, read: Read) -> None:
    cards = [
        Card(numbers=(ANA,)),
        Card("Ben"),
        Card("Cem", numbers=("  ",)),
        Card("Di", mails=("d",)),
    ]
    assert read(make(tmp_path / "book", *cards)) == [Contact("Di", ("d",))]


@both_books
def test_people_come_in_the_order_in_which_they_were_added(
    tmp_path: Path, make: Make, read: Read
) -> None:
    names = ["Zoe", "Ana", "Max", "Ana"]
    cards = [Card(name, mails=(f"{number}@example.com",)) for number, name in enumerate(names)]
    assert [contact.name for contact in read(make(tmp_path / "book", *cards))] == names


@both_books
def test_an_empty_book_holds_nobody(tmp_path: Path, make: Make, read: Read) -> None:
    assert read(make(tmp_path / "book")) == []


@both_books
def test_columns_and_tables_may_be_missing(tmp_path: Path, make: Make, read: Read) -> None:
    path = make(tmp_path / "book", Card("Ana", nickname="Nana", numbers=(ANA,)))
    with closing(sqlite3.connect(path)) as database:
        if make is mac_book:
            database.execute("ALTER TABLE ZABCDRECORD DROP COLUMN ZNICKNAME")
            database.execute("DROP TABLE ZABCDEMAILADDRESS")
        else:
            database.execute("ALTER TABLE ABPerson DROP COLUMN Nickname")
    assert read(path) == [Contact("Ana", (ANA,))]


@both_books
def test_another_database_is_no_address_book(tmp_path: Path, make: Make, read: Read) -> None:
    path = tmp_path / "book"
    with closing(sqlite3.connect(path)) as database:
        database.execute("CREATE TABLE other (a)")
    with pytest.raises(SourceUnreadableError, match="it is no address book") as caught:
        read(path)
    assert caught.value.remedy


@both_books
def test_a_view_in_place_of_a_table_is_refused(tmp_path: Path, make: Make, read: Read) -> None:
    path = tmp_path / "book"
    with closing(sqlite3.connect(path)) as database:
        for table in ("ZABCDRECORD", "ABPerson"):
            database.execute(f"CREATE VIEW {table} AS SELECT 1 AS Z_PK, 1 AS ROWID")
    with pytest.raises(SourceUnreadableError, match="not a plain table"):
        read(path)


@both_books
def test_cells_of_any_type_are_survived(tmp_path: Path, make: Make, read: Read) -> None:
    path = make(tmp_path / "book", Card("Ana", numbers=(ANA,)))
    cells = ("NULL", "7", "0.5", "x'ff00'", "zeroblob(100000)", "'\ud7ff'")
    with closing(sqlite3.connect(path)) as database:
        for cell in cells:
            if make is mac_book:
                database.execute(
                    f"INSERT INTO ZABCDRECORD (ZFIRSTNAME, ZLASTNAME) VALUES ({cell}, 'x')"
                )
                database.execute(
                    f"INSERT INTO ZABCDPHONENUMBER (ZOWNER, ZFULLNUMBER) VALUES (2, {cell})"
                )
                database.execute(
                    f"INSERT INTO ZABCDPHONENUMBER (ZOWNER, ZFULLNUMBER) VALUES ({cell}, 1)"
                )
            else:
                database.execute(f"INSERT INTO ABPerson (First, Last) VALUES ({cell}, 'x')")
                database.execute(f"INSERT INTO ABMultiValue VALUES (NULL, 2, 3, 0, 0, {cell}, '')")
                database.execute(f"INSERT INTO ABMultiValue VALUES (NULL, {cell}, 3, 0, 0, 1, '')")
        database.commit()
    contacts = read(path)
    assert contacts[0] == Contact("Ana", (ANA,))
    assert all(len(address) <= MAX_LENGTH for each in contacts for address in each.addresses)


def test_where_there_is_no_address_book_there_is_nobody_and_nothing_to_tell(home: Path) -> None:
    assert told_and_found() == ([], [])


def test_a_mac_s_own_book_comes_before_those_of_its_accounts(home: Path) -> None:
    mac_book(home / MAC_BOOK, Card("Ana", numbers=(ANA,)))
    for account in ("B2", "A1"):
        book = home / MAC_ACCOUNTS / account / Path(MAC_BOOK).name
        mac_book(book, Card("Ana", account, mails=(f"{account}@example.com",)))
    (home / MAC_ACCOUNTS / "C3").mkdir()
    (home / MAC_ACCOUNTS / ".DS_Store").touch()
    told, found = told_and_found()
    assert told == []
    book = Path(MAC_BOOK).name
    assert found == [
        Contact("Ana", (ANA,), str(home / MAC_BOOK)),
        Contact("Ana A1", ("A1@example.com",), str(home / MAC_ACCOUNTS / "A1" / book)),
        Contact("Ana B2", ("B2@example.com",), str(home / MAC_ACCOUNTS / "B2" / book)),
    ]


def test_a_damaged_book_is_told_of_and_the_others_are_read(home: Path) -> None:
    (mac_book(home / MAC_BOOK)).write_bytes(b"no database")
    book = home / MAC_ACCOUNTS / "A1" / Path(MAC_BOOK).name
    mac_book(book, Card("Ben", numbers=(BEN,)))
    [told], found = told_and_found()
    assert found == [Contact("Ben", (BEN,), str(book))]
    assert told.startswith("Contacts could not be read (")
    assert told.endswith("), so people are named by their numbers.")
    assert str(home / MAC_BOOK) in told


@pytest.mark.skipif(os.geteuid() == 0, reason="nothing is forbidden to root")
@pytest.mark.parametrize("forbidden", [MAC_BOOK, MAC_ACCOUNTS, str(Path(MAC_BOOK).parent)])
def test_a_book_that_may_not_be_read_is_told_of_and_no_error(home: Path, forbidden: str) -> None:
    mac_book(home / MAC_BOOK, Card("Ana", numbers=(ANA,)))
    (home / MAC_ACCOUNTS).mkdir()
    (home / forbidden).chmod(0)
    try:
        [told], found = told_and_found()
    finally:
        (home / forbidden).chmod(0o700)
    assert found == []
    assert told.startswith("Contacts could not be read (")


def test_accounts_that_cannot_be_listed_are_told_of_and_no_error(home: Path) -> None:
    mac_book(home / MAC_BOOK, Card("Ana", numbers=(ANA,)))
    (home / MAC_ACCOUNTS).symlink_to(home / MAC_ACCOUNTS)  # to itself, without end
    [told], found = told_and_found()
    assert found == []
    assert told.startswith("Contacts could not be read (")


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_no_damage_of_a_book_raises_anything_else(data: st.DataObject) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = mac_book(Path(folder) / "book", Card("Ana", "Silva", numbers=(ANA,), mails=("a@b",)))
        content = bytearray(path.read_bytes())
        for _ in range(data.draw(st.integers(1, 20))):
            content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
        path.write_bytes(content[: data.draw(st.integers(0, len(content)))])
        for read in (contacts_of, iphone_contacts_of):
            with contextlib.suppress(ElvisBotError):
                read(path)
