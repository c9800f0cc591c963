"""The tables of a chat.db: whose chat is whose, and the rows of messages, streamed."""

import sqlite3
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any, Final, NamedTuple, cast

from elvisbot.errors import SourceUnreadableError
from elvisbot.sources import FAILED, JUNK, SCHEDULED
from elvisbot.sources._addresses import AddressBook
from elvisbot.sources._contacts import Contact
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
_OLDEST: Final = -(1 << 63)

LEAST_NANOSECONDS: Final = 10**12
"""Smaller dates are seconds: until High Sierra, and in rows that date from then."""

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
            rowid: _decoded(address)
            for rowid, address in database.rows("SELECT ROWID, id FROM handle")
        }
        chats = list(database.rows(self._chat_query()))
        identifiers = [
            _decoded(name) for _, style, name, _ in chats if style == _ONE_TO_ONE and name
        ]
        self.book = AddressBook([*handles.values(), *identifiers], contacts)
        members = self._members(handles)
        self.chats = {
            chat: self._person(style, name, members[chat]) for chat, style, name, _ in chats
        }
        self.to_self = frozenset(
            chat for chat, *_, account in chats if account and self._is_me(account, chat)
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
        kind = "ifnull(mime_type, '')" if "mime_type" in columns else "''"
        if "is_sticker" in columns:
            kind = f"CASE WHEN is_sticker THEN 'sticker' ELSE {kind} END"
        query = (
            f"SELECT message_id, CAST({kind} AS TEXT) FROM message_attachment_join "
            "JOIN attachment ON attachment.ROWID = attachment_id ORDER BY attachment_id DESC"
        )
        return dict(self._database.rows(query))

    def said(self) -> Iterator[tuple[int, Any, int, int, Any, Any]]:
        """For each chat and service: its row id, the service, how many messages, how many of them
        mine, and the dates of the first and the last, in nanoseconds. No text is read, so a few
        are counted that prove to be empty."""
        date = f"CASE WHEN date < {LEAST_NANOSECONDS} THEN date * 1000000000 ELSE date END"
        columns = ("service", "item_type", "associated_message_type")
        service, item_type, associated_type = (self._column("message", each) for each in columns)
        query = (
            f"SELECT chat_id, {service}, count(*), sum(is_from_me != 0), min({date}), max({date}) "
            "FROM message JOIN chat_message_join ON chat_message_join.message_id = message.ROWID "
            f"WHERE typeof(date) = 'integer' AND date > 0 AND {self._never_said()} IS NULL "
            f"AND ifnull({item_type}, 0) = 0 AND ifnull({associated_type}, 0) < {FIRST_REACTION} "
            "GROUP BY 1, 2"
        )
        return self._database.rows(query)

    def quoting(self) -> Iterator[Row]:
        """Rows that did not come by iMessage and hold an opening quotation mark."""
        text, body = self._column("message", "text"), self._column("message", "attributedbody")
        marks = (_hex_of(mark) for mark in OPENING_QUOTES)
        holds = " OR ".join(
            f"instr(CAST(ifnull(nullif({text}, ''), {body}) AS BLOB), {mark})" for mark in marks
        )
        service = self._column("message", "service")
        return self._rows(
            f"ifnull({service}, '') != 'iMessage' AND ({holds}) AND message.ROWID > ?"
        )

    def rows(self) -> Iterator[Row]:
        """Every row of `message`, once each, by row id.

        Of a row that is longer than SQLite is allowed to read, only the chats are known; its
        `text` is `TOO_LONG`.
        """
        return self._rows("message.ROWID > ?")

    def _rows(self, condition: str) -> Iterator[Row]:
        after = _OLDEST
        while True:
            try:
                for row in self._complete_rows(condition, after):
                    yield row
                    after = row.rowid
                return
            except sqlite3.DataError:
                # Raised for a long row, but perhaps one row early: Python reads ahead.
                row = self._row_alone(after)
            yield row
            after = row.rowid

    def _complete_rows(self, condition: str, parameter: int) -> Iterator[Row]:
        """Rows once each: of a message in several chats, SQLite gives a row for each."""
        last: int | None = None
        for row in map(_as_row, self._database.rows(self.select(condition), parameter)):
            if row.rowid in self._in_several:
                if row.rowid == last:
                    continue
                row = row._replace(chat=self._in_several[row.rowid])
                last = row.rowid
            yield row

    def _row_alone(self, after: int) -> Row:
        """The row that follows `after`, in full if SQLite is allowed to read it."""
        query = "SELECT min(ROWID) FROM message WHERE ROWID > ?"
        rowid = next(self._database.rows(query, after))[0]
        try:
            return next(self._complete_rows("message.ROWID = ?", rowid))
        except sqlite3.DataError:
            query = "SELECT chat_id FROM chat_message_join WHERE message_id = ?"
            joined = tuple(row[0] for row in self._database.rows(query, rowid))
            return Row(rowid, joined, text=TOO_LONG)

    def _messages_in_several_chats(self) -> dict[int, tuple[Any, ...]]:
        query = (
            "SELECT message_id, chat_id FROM chat_message_join WHERE message_id IN "
            "(SELECT message_id FROM chat_message_join GROUP BY 1 HAVING count(*) > 1)"
        )
        chats: dict[int, tuple[Any, ...]] = defaultdict(tuple)
        for message, chat in self._database.rows(query):
            chats[message] += (chat,)
        return dict(chats)

    def _checked(self, table: str) -> frozenset[str]:
        columns = self._database.columns(table)
        missing = [column for column in _REQUIRED[table] if column not in columns]
        if not columns or missing:
            what = f"the column {missing[0]} of {table}" if columns else f"the table {table}"
            raise SourceUnreadableError(
                f"{self._database.path} holds no messages: {what} is missing.",
                remedy="Pass the chat.db of a Mac, which lies in ~/Library/Messages there.",
            )
        return columns

    def _chat_query(self) -> str:
        columns = ("style", "chat_identifier", "account_login")
        return (
            f"SELECT ROWID, {', '.join(self._column('chat', each) for each in columns)} FROM chat"
        )

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

    def _is_me(self, account: Any, chat: int) -> bool:
        """Whether the other one of a chat is the account that it is read with."""
        return self.chats[chat] == self.book.person(_decoded(account))

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
            f"THEN '{JUNK}' WHEN NOT is_from_me THEN NULL "
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
            f"SELECT message.ROWID, chat_message_join.chat_id, {', '.join(cells)} FROM message "
            "LEFT JOIN chat_message_join ON chat_message_join.message_id = message.ROWID "
            f"WHERE {condition} ORDER BY message.ROWID"
        )


def _hex_of(text: str) -> str:
    return f"x'{text.encode().hex()}'"


def _decoded(value: Any) -> str:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)
