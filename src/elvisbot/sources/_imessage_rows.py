"""The tables of a chat.db: whose chat is whose, and the rows of messages, streamed."""

import sqlite3
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Final, NamedTuple, cast

from elvisbot.errors import SourceUnreadableError
from elvisbot.sources import FAILED, JUNK, SCHEDULED
from elvisbot.sources._addresses import AddressBook, normalised
from elvisbot.sources._contacts import Contact
from elvisbot.sources._files import damaged
from elvisbot.sources._quotes import OPENING_QUOTES
from elvisbot.sources._sqlite import Database

_ONE_TO_ONE: Final = 45
_REQUIRED: Final = {
    "message": ("guid", "date", "is_from_me"),
    "handle": ("id",),
    "chat": (),
    "chat_message_join": ("chat_id", "message_id"),
}
_NEVER_SAID_COLUMNS: Final = ("filter_action", "is_spam", "schedule_type", "is_sent", "error")
_SPECIAL_COLUMNS: Final = (
    "item_type",
    "cache_has_attachments",
    "balloon_bundle_id",
    "thread_originator_guid",
    "subject",
)
"""A plain message has nothing in them: 0 in the first two, NULL in the others."""

_COLUMNS: Final = (
    "guid",
    "service",
    "date",
    "is_from_me",
    "text",
    "attributedbody",
    "associated_message_type",
    "associated_message_guid",
    "associated_message_emoji",
    "is_audio_message",
    "date_edited",
    "date_retracted",
    "message_summary_info",
    *_SPECIAL_COLUMNS,
)
_FIRST_ROW, _LAST_ROW = -(1 << 63), (1 << 63) - 1

_FROM: Final = "message._rowid_ >= ?"
"""The row's own number, whatever a column called ROWID may hold."""

_MOST_CHATS: Final = 64
"""Of one message; in a chat.db that Messages wrote, it is in one, rarely in two."""

_LONGEST_ADDRESS: Final = 320
"""Characters: the longest mail address there can be."""

_UNKNOWN: Final = "unknown"
"""Whoever has an empty address."""

LEAST_NANOSECONDS: Final = 10**12
"""Smaller dates are seconds: until High Sierra, and in rows that date from then."""

_CALENDAR_SECONDS: Final = (datetime.max - datetime(2001, 1, 1)) // timedelta(seconds=1)
"""From 2001 to the end of the calendar."""

FIRST_REACTION: Final = 1000
"""`associated_message_type`: 1000 a sticker, 2000 to 2007 reactions, 3000 to 3007 their removal,
4000 a vote in a poll; 0, 2 and 3 are ordinary messages."""

TOO_LONG: Final = object()
"""In place of a text that SQLite is not allowed to read."""


class Row(NamedTuple):
    """One row of `message`, as found: in a hostile file, every cell may hold anything.

    Attributes:
        chat: The row id of its chat; those of all its chats, in a tuple, if it is in several; None
            without any.
        is_plain: Whether it is a message, and nothing below `body` but `never_said` matters.
        text: As bytes.
        body: `attributedBody`, read only without `text`, or for the words of a voice message.
        reply_to: The guid of the message that it answers, if the sender chose one.
        never_said: The bucket of a row that was filtered, failed, or waits to be sent.
        edited: When it was last edited or unsent; 0 if it was not.
        target, emoji: What a reaction reacts to, and with which emoji; read for reactions only.
        subject: The line above the text, which few people have switched on.
        summary: `message_summary_info`, read only if the message was edited.
    """

    rowid: int
    chat: Any
    is_plain: Any = None
    guid: Any = None
    service: Any = None
    date: Any = None
    is_from_me: Any = None
    text: Any = None
    body: Any = None
    item_type: Any = None
    associated_type: Any = None
    target: Any = None
    emoji: Any = None
    has_attachments: Any = None
    balloon: Any = None
    reply_to: Any = None
    never_said: Any = None
    is_voice: Any = None
    edited: Any = None
    subject: Any = None
    summary: Any = None


_as_row: Final = cast(Callable[[Any], Row], partial(tuple.__new__, Row))
"""`Row._make` without its check of the length, which takes a tenth of the time of reading."""


class History:
    """A chat.db that is open.

    Attributes:
        chats: The person of every one-to-one chat, by the chat's row id; None for groups.
        to_self: The row ids of the one-to-one chats with myself.
        deleted: Row ids of the messages in Recently Deleted.
        book: Which addresses are one person.
    """

    def __init__(self, database: Database, contacts: Sequence[Contact]) -> None:
        """Look the tables up.

        Args:
            contacts: Whose addresses are whose, as far as it is known.

        Raises:
            SourceUnreadableError: if it is not a chat.db.
        """
        self._database = database
        self._columns = {table: self._checked(table) for table in _REQUIRED}
        handles = {
            rowid: _address(address)
            for rowid, address in database.rows("SELECT handle._rowid_, handle.id FROM handle")
        }
        chats = list(database.rows(self._chat_query()))
        identifiers = {
            chat: _address(name) for chat, style, name, *_ in chats if style == _ONE_TO_ONE and name
        }
        self.book = AddressBook([*handles.values(), *identifiers.values()], contacts)
        members = self._members(handles)
        self.chats = {
            chat: self._person(style, identifiers.get(chat), members[chat])
            for chat, style, *_ in chats
        }
        # In every chat, the account and the address of mine that was used last.
        mine = {self._mine(address) for *_, login, used in chats for address in (login, used)}
        self.to_self = frozenset(
            chat for chat, person in self.chats.items() if person and person in mine
        )
        self.deleted = self._recently_deleted()
        self._in_several = self._messages_in_several_chats()

    @property
    def people(self) -> set[str]:
        """Everybody with whom there is a one-to-one chat, save myself."""
        chats = self.chats.items()
        return {who for chat, who in chats if who is not None and chat not in self.to_self}

    def attachments(self) -> dict[int, bytes]:
        """The type of the first attachment of each message that has one, by the message's row id:
        a MIME type such as `image/jpeg`, or `sticker`; empty if it is unknown."""
        joins = self._database.columns("message_attachment_join")
        columns = self._database.columns("attachment")
        if not (joins >= {"message_id", "attachment_id"} and columns):
            return {}
        kind = "''"
        if "mime_type" in columns:
            kind = "substr(ifnull(attachment.mime_type, ''), 1, 64)"
        if "is_sticker" in columns:
            kind = f"CASE WHEN attachment.is_sticker THEN 'sticker' ELSE {kind} END"
        join = "message_attachment_join"
        query = (
            f"SELECT {join}.message_id, CAST({kind} AS TEXT) FROM {join} "
            f"JOIN attachment ON attachment._rowid_ = {join}.attachment_id "
            f"ORDER BY {join}.attachment_id DESC"
        )
        return dict(self._database.rows(query))

    def said(self) -> Iterator[tuple[int, Any, int, int, Any, Any]]:
        """For each chat and service: its row id, the service, how many messages, how many of them
        mine, and the dates of the first and the last, in nanoseconds. No text is read, so a few
        are counted that prove to be empty."""
        given, latest = "message.date", _CALENDAR_SECONDS
        date = f"CASE WHEN {given} < {LEAST_NANOSECONDS} THEN {given} * 1000000000 ELSE {given} END"
        columns = ("service", "item_type", "associated_message_type")
        service, item_type, associated_type = (self._column("message", each) for each in columns)
        query = (
            f"SELECT chat_message_join.chat_id, {service}, count(*), "
            f"sum(ifnull(message.is_from_me, 0) != 0), min({date}), max({date}) "
            "FROM message JOIN chat_message_join ON chat_message_join.message_id = message._rowid_ "
            f"WHERE typeof({given}) IN ('integer', 'real') AND {given} > 0 "
            f"AND ({given} <= {latest} OR {given} BETWEEN {LEAST_NANOSECONDS} AND {latest}e9) "
            f"AND {self._never_said()} IS NULL AND ifnull({item_type}, 0) = 0 "
            f"AND ifnull({associated_type}, 0) < {FIRST_REACTION} "
            "GROUP BY 1, 2"
        )
        return self._database.rows(query)

    def quoting(self) -> Iterator[Row]:
        """Rows of others that did not come by iMessage and hold an opening quotation mark."""
        text, body = self._column("message", "text"), self._column("message", "attributedbody")
        marks = (_hex_of(mark) for mark in OPENING_QUOTES)
        holds = " OR ".join(
            f"instr(CAST(ifnull(nullif({text}, ''), {body}) AS BLOB), {mark})" for mark in marks
        )
        service = self._column("message", "service")
        return self._rows(
            f"ifnull({service}, '') != 'iMessage' AND NOT ifnull(message.is_from_me, 0) "
            f"AND ({holds}) AND {_FROM}"
        )

    def rows(self) -> Iterator[Row]:
        """Every row of `message`, once each, by row id.

        Of a row that is longer than SQLite is allowed to read, only the chats are known; its
        `text` is `TOO_LONG`.
        """
        return self._rows(_FROM)

    def _rows(self, condition: str) -> Iterator[Row]:
        start = _FIRST_ROW
        while start <= _LAST_ROW:
            row: Row | None = None
            try:
                for row in self._complete_rows(condition, start):
                    yield row
                return
            except sqlite3.DataError:
                # Raised for a long row, but perhaps one row early: Python reads ahead. Without a
                # condition that other rows fail, it is not more than one.
                condition = _FROM
                row = self._row_alone(row.rowid + 1 if row else start)
            yield row
            start = row.rowid + 1

    def _complete_rows(self, condition: str, parameter: int) -> Iterator[Row]:
        """Rows once each: of a message in several chats, SQLite gives a row for each."""
        last: int | None = None
        for row in map(_as_row, self._database.rows(self.select(condition), parameter)):
            if row.rowid == last:
                continue
            last = row.rowid
            if last in self._in_several:
                row = row._replace(chat=self._in_several[last])
            yield row

    def _row_alone(self, start: int) -> Row:
        """The first row from `start` on, in full if SQLite is allowed to read it."""
        query = "SELECT min(_rowid_) FROM message WHERE _rowid_ >= ?"
        [[rowid]] = self._database.rows(query, start)
        try:
            for row in self._complete_rows("message._rowid_ = ?", rowid):
                return row
        except sqlite3.DataError:
            pass
        query = f"SELECT chat_id FROM chat_message_join WHERE message_id = ? LIMIT {_MOST_CHATS}"
        joined = tuple(row[0] for row in self._database.rows(query, rowid))
        return Row(rowid, joined, text=TOO_LONG)

    def _messages_in_several_chats(self) -> dict[int, tuple[Any, ...]]:
        query = (
            "SELECT message_id, chat_id FROM chat_message_join WHERE message_id IN "
            "(SELECT message_id FROM chat_message_join GROUP BY 1 HAVING count(*) > 1)"
        )
        chats: dict[int, list[Any]] = defaultdict(list)
        for message, chat in self._database.rows(query):
            if len(chats[message]) < _MOST_CHATS:
                chats[message].append(chat)
        return {message: tuple(joined) for message, joined in chats.items()}

    def _checked(self, table: str) -> frozenset[str]:
        columns = self._database.columns(table)
        missing = [column for column in _REQUIRED[table] if column not in columns]
        if "_rowid_" in columns:
            raise damaged(self._database.path, f"{table} has a column that no {table} has")
        if not columns or missing:
            what = f"the column {missing[0]} of {table}" if columns else f"the table {table}"
            raise SourceUnreadableError(
                f"{self._database.path} holds no messages: {what} is missing.",
                remedy="Pass the chat.db of a Mac, which lies in ~/Library/Messages there.",
            )
        return columns

    def _chat_query(self) -> str:
        names = ("style", "chat_identifier", "account_login", "last_addressed_handle")
        columns = ", ".join(self._column("chat", each) for each in names)
        return f"SELECT chat._rowid_, {columns} FROM chat"

    def _members(self, handles: dict[int, str]) -> dict[int, set[str]]:
        """Everybody but me in each chat, by the chat's row id."""
        members: dict[int, set[str]] = defaultdict(set)
        people = {handle: self.book.person(address) for handle, address in handles.items()}
        if self._database.columns("chat_handle_join") >= {"chat_id", "handle_id"}:
            joins = self._database.rows("SELECT chat_id, handle_id FROM chat_handle_join")
            for chat, handle in joins:
                if handle in people:
                    members[chat].add(people[handle])
        return members

    def _person(self, style: Any, identifier: str | None, members: set[str]) -> str | None:
        """Whose one-to-one chat it is; None for a group, and whenever there is a doubt."""
        if isinstance(style, int) and style != _ONE_TO_ONE:
            return None
        if len(members) == 1:
            return next(iter(members))
        if style != _ONE_TO_ONE or not identifier:
            return None
        named = self.book.person(identifier)
        return named if not members or named in members else None

    def _mine(self, address: Any) -> str | None:
        """The person that I am by an address; None if it names nobody."""
        person = self.book.person(_address(address)) if address else _UNKNOWN
        return None if person == _UNKNOWN else person

    def _recently_deleted(self) -> frozenset[int]:
        if "message_id" not in self._database.columns("chat_recoverable_message_join"):
            return frozenset()
        query = "SELECT message_id FROM chat_recoverable_message_join"
        return frozenset(row[0] for row in self._database.rows(query))

    def _column(self, table: str, column: str) -> str:
        return f"{table}.{column}" if column in self._columns[table] else "NULL"

    def _never_said(self) -> str:
        """An expression: the bucket of what was filtered, failed, or waits to be sent; or NULL.

        `filter_action` 2 to 4: junk, promotions, transactions. `error` of an incoming message means
        nothing to us. `schedule_type` is 2 for Send Later.
        """
        message = {name: self._column("message", name) for name in _NEVER_SAID_COLUMNS}
        return (
            f"CASE WHEN {message['filter_action']} BETWEEN 2 AND 4 OR {message['is_spam']} = 1 "
            f"THEN '{JUNK}' WHEN NOT message.is_from_me THEN NULL "
            f"WHEN {message['schedule_type']} > 0 AND {message['is_sent']} = 0 THEN '{SCHEDULED}' "
            f"WHEN {message['error']} != 0 THEN '{FAILED}' END"
        )

    def select(self, condition: str) -> str:
        """The query for `rows`. Outer joins alone: a row without chat or handle is still a row.

        Long values are read only where they matter, which makes the scan about twice as fast.
        """
        column = {name: self._column("message", name) for name in _COLUMNS}
        text, body, is_voice = column["text"], column["attributedbody"], column["is_audio_message"]
        edited = f"max(ifnull({column['date_edited']}, 0), ifnull({column['date_retracted']}, 0))"
        is_reaction = f"ifnull({column['associated_message_type']}, 0) >= {FIRST_REACTION}"
        numbers, others = _SPECIAL_COLUMNS[:2], _SPECIAL_COLUMNS[2:]
        special = " OR ".join(
            (
                *(is_reaction, edited, f"ifnull({is_voice}, 0)"),
                *(f"ifnull({column[name]}, 0)" for name in numbers),
                *(f"{column[name]} IS NOT NULL" for name in others),
            )
        )
        cells = (
            f"NOT ({special})",
            *(column[name] for name in ("guid", "service", "date", "is_from_me", "text")),
            f"CASE WHEN {text} IS NULL OR {text} = '' OR {is_voice} THEN {body} END",
            *(column[name] for name in ("item_type", "associated_message_type")),
            f"CASE WHEN {is_reaction} THEN {column['associated_message_guid']} END",
            f"CASE WHEN {is_reaction} THEN {column['associated_message_emoji']} END",
            *(column[name] for name in _SPECIAL_COLUMNS[1:4]),
            self._never_said(),
            is_voice,
            edited,
            column["subject"],
            f"CASE WHEN {edited} THEN {column['message_summary_info']} END",
        )
        return (
            f"SELECT message._rowid_, chat_message_join.chat_id, {', '.join(cells)} FROM message "
            "LEFT JOIN chat_message_join ON chat_message_join.message_id = message._rowid_ "
            f"WHERE {condition} ORDER BY message._rowid_"
        )


def _hex_of(text: str) -> str:
    return f"x'{text.encode().hex()}'"


def _address(cell: Any) -> str:
    """An address as spelled, cut where none can be so long; `unknown` for what names nobody."""
    spelled = cell.decode("utf-8", "replace") if isinstance(cell, bytes) else str(cell)
    address = spelled[:_LONGEST_ADDRESS]
    return address if normalised(address) else _UNKNOWN
