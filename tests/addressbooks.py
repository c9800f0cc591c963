"""Builds the databases of address books: a Mac's and an iPhone's."""

import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

MAC_BOOK = "Library/Application Support/AddressBook/AddressBook-v22.abcddb"
"""Below the home folder."""

MAC_ACCOUNTS = "Library/Application Support/AddressBook/Sources"

_MAC_SCHEMA = """
CREATE TABLE ZABCDRECORD (
    Z_PK INTEGER PRIMARY KEY, Z_ENT INTEGER, Z_OPT INTEGER, ZFIRSTNAME VARCHAR, ZLASTNAME VARCHAR,
    ZMIDDLENAME VARCHAR, ZNICKNAME VARCHAR, ZORGANIZATION VARCHAR
);
CREATE TABLE ZABCDPHONENUMBER (
    Z_PK INTEGER PRIMARY KEY, Z_ENT INTEGER, Z_OPT INTEGER, ZOWNER INTEGER, ZFULLNUMBER VARCHAR
);
CREATE TABLE ZABCDEMAILADDRESS (
    Z_PK INTEGER PRIMARY KEY, Z_ENT INTEGER, Z_OPT INTEGER, ZOWNER INTEGER, ZADDRESS VARCHAR
);
"""
_IPHONE_SCHEMA = """
CREATE TABLE ABPerson (
    ROWID INTEGER PRIMARY KEY AUTOINCREMENT, First TEXT, Last TEXT, Middle TEXT, Nickname TEXT,
    Organization TEXT
);
CREATE TABLE ABMultiValue (
    UID INTEGER PRIMARY KEY, record_id INTEGER, property INTEGER, identifier INTEGER,
    label INTEGER, value TEXT, guid TEXT
);
"""


@dataclass(frozen=True)
class Card:
    """What somebody typed about a person."""

    first: str | None = None
    last: str | None = None
    nickname: str | None = None
    organisation: str | None = None
    numbers: tuple[str, ...] = ()
    mails: tuple[str, ...] = ()

    @property
    def names(self) -> tuple[str | None, ...]:
        return (self.first, self.last, self.nickname, self.organisation)


def mac_book(path: Path, *cards: Card) -> Path:
    """An `AddressBook-v22.abcddb` at `path`, whose folder is made if need be."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with closing(sqlite3.connect(path)) as database:
        database.executescript(_MAC_SCHEMA)
        for card in cards:
            row = database.execute(
                "INSERT INTO ZABCDRECORD (ZFIRSTNAME, ZLASTNAME, ZNICKNAME, ZORGANIZATION) "
                "VALUES (?, ?, ?, ?)",
                card.names,
            ).lastrowid
            database.executemany(
                "INSERT INTO ZABCDPHONENUMBER (ZOWNER, ZFULLNUMBER) VALUES (?, ?)",
                [(row, number) for number in card.numbers],
            )
            database.executemany(
                "INSERT INTO ZABCDEMAILADDRESS (ZOWNER, ZADDRESS) VALUES (?, ?)",
                [(row, mail) for mail in card.mails],
            )
        database.commit()
    return path


def iphone_book(path: Path, *cards: Card) -> Path:
    """An `AddressBook.sqlitedb` at `path`."""
    with closing(sqlite3.connect(path)) as database:
        database.executescript(_IPHONE_SCHEMA)
        for card in cards:
            row = database.execute(
                "INSERT INTO ABPerson (First, Last, Nickname, Organization) VALUES (?, ?, ?, ?)",
                card.names,
            ).lastrowid
            values = [(row, 3, each) for each in card.numbers]
            values += [(row, 4, each) for each in card.mails]
            values += [(row, 22, "https://example.com")]  # a web page
            database.executemany(
                "INSERT INTO ABMultiValue (record_id, property, value) VALUES (?, ?, ?)", values
            )
        database.commit()
    return path
