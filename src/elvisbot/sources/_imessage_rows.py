"""The tables of a chat.db: whose chat is whose, and the rows of messages, streamed."""

import sqlite3
from collections import defaultdict
from collections.abc import Iterator
from typing import Any, Final, NamedTuple

from elvisbot.errors import SourceUnreadableError
from elvisbot.sources._addresses import AddressBook
from elvisbot.sources._sqlite import Database

_ONE_TO_ONE: Final = 45
_REQUIRED: Final = {
    "message": ("guid", "date", "is_from_me"),
    "handle": ("id",),
    "chat": (),
    "chat_message_join": ("chat_id", "message_id"),
}
_PLAIN_COLUMNS: Final = (
    "guid",
    "service",
    "date",
    "is_from_me",
    "item_type",
    "associated_message_type",
    "balloon_bundle_id",
    "cache_has_attachments",
)
_OLDEST: Final = -(1 << 63)

TOO_LONG: Final = object()
"""In place of a text that SQLite is not allowed to read."""


class Row(NamedTuple):
    """One row of `message`, as found: in a hostile file, every cell may hold anything.

    Attributes:
        chats: The chats that it is in, by their row ids.
        text: As bytes.
        body: `attributedBody`, read only if there is no `text`.
        summary: `message_summary_info`, read only if the message was edited.
    """

    rowid: int
    chats: tuple[int, ...]
    guid: Any = None
    service: Any = None
    date: Any = None
    is_from_me: Any = None
    item_type: Any = None
    associated_type: Any = None
    balloon: Any = None
    has_attachments: Any = None
    is_edited: Any = None
    text: Any = None
    body: Any = None
    summary: Any = None


class History:
    """A chat.db that is open.

    Attributes:
        chats: The person of every one-to-one chat, by the chat's row id; None for groups.
        deleted: Row ids of the messages in Recently Deleted.
        book: Which addresses are one person.
    """

    def __init__(self, database: Database) -> None:
        """Look the tables up.

        Raises:
            SourceUnreadableError: if it is not a chat.db.
        """
        self._database = database
        self._columns = {table: self._checked(table) for table in _REQUIRED}
        handles = {
            rowid: _decoded(address)
            for rowid, address in database.rows("SELECT ROWID, id FROM handle")
        }
        chats = list(database.rows(self._chat_query()))
        identifiers = (_decoded(name) for _, style, name in chats if style == _ONE_TO_ONE and name)
        self.book = AddressBook([*handles.values(), *identifiers])
        members = self._members(handles)
        self.chats = {chat: self._person(style, name, members[chat]) for chat, style, name in chats}
        self.deleted = self._recently_deleted()

    @property
    def people(self) -> set[str]:
        """Everybody with whom there is a one-to-one chat."""
        return {person for person in self.chats.values() if person is not None}

    def rows(self) -> Iterator[Row]:
        """Every row of `message`, once each, by row id.

        Of a row that is longer than SQLite is allowed to read, only the chats are known; its
        `text` is `TOO_LONG`.
        """
        after = _OLDEST
        while True:
            try:
                for row in self._complete_rows("message.ROWID > ?", after):
                    yield row
                    after = row.rowid
                return
            except sqlite3.DataError:
                # Raised for a long row, but perhaps one row early: Python reads ahead.
                row = self._row_alone(after)
            yield row
            after = row.rowid

    def _complete_rows(self, condition: str, parameter: int) -> Iterator[Row]:
        """Rows with all their chats: of a message in several chats, SQLite gives a row for each."""
        current: Row | None = None
        for number, chat, *cells in self._database.rows(self._message_query(condition), parameter):
            chats = (chat,) if isinstance(chat, int) else ()
            if current is not None and current.rowid == number:
                current = current._replace(chats=current.chats + chats)
                continue
            if current is not None:
                yield current
            current = Row(number, chats, *cells)
        if current is not None:
            yield current

    def _row_alone(self, after: int) -> Row:
        """The row that follows `after`, in full if SQLite is allowed to read it."""
        query = "SELECT min(ROWID) FROM message WHERE ROWID > ?"
        rowid = next(self._database.rows(query, after))[0]
        try:
            return next(self._complete_rows("message.ROWID = ?", rowid))
        except sqlite3.DataError:
            query = "SELECT chat_id FROM chat_message_join WHERE message_id = ?"
            joined = self._database.rows(query, rowid)
            return Row(rowid, tuple(row[0] for row in joined), text=TOO_LONG)

    def _checked(self, table: str) -> frozenset[str]:
        columns = self._database.columns(table)
        missing = [column for column in _REQUIRED[table] if column not in columns]
        if not columns or missing:
            what = f"the column {missing[0]} of {table}" if columns else f"the table {table}"
            raise SourceUnreadableError(
                f"{self._database.path} is not a chat.db: {what} is missing.",
                remedy="Pass the chat.db of a Mac: it lies in ~/Library/Messages there.",
            )
        return columns

    def _chat_query(self) -> str:
        style = self._column("chat", "style")
        return f"SELECT ROWID, {style}, {self._column('chat', 'chat_identifier')} FROM chat"

    def _members(self, handles: dict[int, str]) -> dict[int, set[str]]:
        """Everybody but me in each chat, by the chat's row id."""
        members: dict[int, set[str]] = defaultdict(set)
        if self._database.columns("chat_handle_join") >= {"chat_id", "handle_id"}:
            joins = self._database.rows("SELECT chat_id, handle_id FROM chat_handle_join")
            for chat, handle in joins:
                if handle in handles:
                    members[chat].add(self.book.person(handles[handle]))
        return members

    def _person(self, style: Any, identifier: Any, members: set[str]) -> str | None:
        """Whose one-to-one chat it is; None for a group, and whenever there is a doubt."""
        if isinstance(style, int) and style != _ONE_TO_ONE:
            return None
        if len(members) == 1:
            return next(iter(members))
        if style != _ONE_TO_ONE or not identifier:
            return None
        named = self.book.person(_decoded(identifier))
        return named if not members or named in members else None

    def _recently_deleted(self) -> frozenset[int]:
        if "message_id" not in self._database.columns("chat_recoverable_message_join"):
            return frozenset()
        query = "SELECT message_id FROM chat_recoverable_message_join"
        return frozenset(row[0] for row in self._database.rows(query))

    def _column(self, table: str, column: str) -> str:
        return f"{table}.{column}" if column in self._columns[table] else "NULL"

    def _message_query(self, condition: str) -> str:
        """Outer joins alone: a row without chat or handle is still a row.

        Long values are read only where they matter, which makes the scan about twice as fast.
        """
        text = self._column("message", "text")
        edited = self._column("message", "date_edited")
        retracted = self._column("message", "date_retracted")
        is_edited = f"(ifnull({edited}, 0) != 0 OR ifnull({retracted}, 0) != 0)"
        body = self._column("message", "attributedbody")
        summary = self._column("message", "message_summary_info")
        cells = [
            *(self._column("message", name) for name in _PLAIN_COLUMNS),
            is_edited,
            text,
            f"CASE WHEN {text} IS NULL OR {text} = '' THEN {body} END",
            f"CASE WHEN {is_edited} THEN {summary} END",
        ]
        return (
            f"SELECT message.ROWID, chat_message_join.chat_id, {', '.join(cells)} FROM message "
            "LEFT JOIN chat_message_join ON chat_message_join.message_id = message.ROWID "
            f"WHERE {condition} ORDER BY message.ROWID"
        )


def _decoded(value: Any) -> str:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)
