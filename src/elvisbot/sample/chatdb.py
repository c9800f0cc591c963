"""Writes a chat.db as the Messages app of a current macOS does.

The tables and columns are those of macOS 15, in their order, with the indexes that readers of the
database meet; the triggers are left out, because they call functions that only Messages has.
"""

import sqlite3
import uuid
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Final

from elvisbot.sample.typedstream import ATTACHMENT_MARK, attributed_body

ONE_TO_ONE: Final = 45
GROUP: Final = 43

MY_ACCOUNT: Final = "+15550100000"
"""My own number, one of those set aside for fiction."""

_EPOCH: Final = datetime(2001, 1, 1, tzinfo=UTC)
_NAMESPACE: Final = uuid.UUID("2a1f0f6e-6c1b-5d0f-8f64-6c1f6f3f6a10")

SCHEMA: Final = """
CREATE TABLE _SqliteDatabaseProperties (key TEXT, value TEXT, UNIQUE(key));
CREATE TABLE deleted_messages (ROWID INTEGER PRIMARY KEY AUTOINCREMENT UNIQUE, guid TEXT NOT NULL);
CREATE TABLE kvtable (
    ROWID INTEGER PRIMARY KEY AUTOINCREMENT UNIQUE, key TEXT UNIQUE NOT NULL, value BLOB NOT NULL
);
CREATE TABLE handle (
    ROWID INTEGER PRIMARY KEY AUTOINCREMENT UNIQUE, id TEXT NOT NULL, country TEXT,
    service TEXT NOT NULL, uncanonicalized_id TEXT, person_centric_id TEXT, UNIQUE (id, service)
);
CREATE TABLE chat (
    ROWID INTEGER PRIMARY KEY AUTOINCREMENT, guid TEXT UNIQUE NOT NULL, style INTEGER,
    state INTEGER, account_id TEXT, properties BLOB, chat_identifier TEXT, service_name TEXT,
    room_name TEXT, account_login TEXT, is_archived INTEGER DEFAULT 0, last_addressed_handle TEXT,
    display_name TEXT, group_id TEXT, is_filtered INTEGER DEFAULT 0, successful_query INTEGER,
    engram_id TEXT, server_change_token TEXT, ck_sync_state INTEGER DEFAULT 0,
    original_group_id TEXT, last_read_message_timestamp INTEGER DEFAULT 0, cloudkit_record_id TEXT,
    last_addressed_sim_id TEXT, is_blackholed INTEGER DEFAULT 0,
    syndication_date INTEGER DEFAULT 0, syndication_type INTEGER DEFAULT 0,
    is_recovered INTEGER DEFAULT 0, is_deleting_incoming_messages INTEGER DEFAULT 0
);
CREATE TABLE message (
    ROWID INTEGER PRIMARY KEY AUTOINCREMENT, guid TEXT UNIQUE NOT NULL, text TEXT,
    replace INTEGER DEFAULT 0, service_center TEXT, handle_id INTEGER DEFAULT 0, subject TEXT,
    country TEXT, attributedBody BLOB, version INTEGER DEFAULT 0, type INTEGER DEFAULT 0,
    service TEXT, account TEXT, account_guid TEXT, error INTEGER DEFAULT 0, date INTEGER,
    date_read INTEGER, date_delivered INTEGER, is_delivered INTEGER DEFAULT 0,
    is_finished INTEGER DEFAULT 0, is_emote INTEGER DEFAULT 0, is_from_me INTEGER DEFAULT 0,
    is_empty INTEGER DEFAULT 0, is_delayed INTEGER DEFAULT 0, is_auto_reply INTEGER DEFAULT 0,
    is_prepared INTEGER DEFAULT 0, is_read INTEGER DEFAULT 0,
    is_system_message INTEGER DEFAULT 0, is_sent INTEGER DEFAULT 0,
    has_dd_results INTEGER DEFAULT 0, is_service_message INTEGER DEFAULT 0,
    is_forward INTEGER DEFAULT 0, was_downgraded INTEGER DEFAULT 0, is_archive INTEGER DEFAULT 0,
    cache_has_attachments INTEGER DEFAULT 0, cache_roomnames TEXT,
    was_data_detected INTEGER DEFAULT 0, was_deduplicated INTEGER DEFAULT 0,
    is_audio_message INTEGER DEFAULT 0, is_played INTEGER DEFAULT 0, date_played INTEGER,
    item_type INTEGER DEFAULT 0, other_handle INTEGER DEFAULT 0, group_title TEXT,
    group_action_type INTEGER DEFAULT 0, share_status INTEGER DEFAULT 0,
    share_direction INTEGER DEFAULT 0, is_expirable INTEGER DEFAULT 0,
    expire_state INTEGER DEFAULT 0, message_action_type INTEGER DEFAULT 0,
    message_source INTEGER DEFAULT 0, associated_message_guid TEXT,
    associated_message_type INTEGER DEFAULT 0, balloon_bundle_id TEXT, payload_data BLOB,
    expressive_send_style_id TEXT, associated_message_range_location INTEGER DEFAULT 0,
    associated_message_range_length INTEGER DEFAULT 0, time_expressive_send_played INTEGER,
    message_summary_info BLOB, ck_sync_state INTEGER DEFAULT 0, ck_record_id TEXT,
    ck_record_change_tag TEXT, destination_caller_id TEXT, is_corrupt INTEGER DEFAULT 0,
    reply_to_guid TEXT, sort_id INTEGER, is_spam INTEGER DEFAULT 0,
    has_unseen_mention INTEGER DEFAULT 0, thread_originator_guid TEXT,
    thread_originator_part TEXT, syndication_ranges TEXT, synced_syndication_ranges TEXT,
    was_delivered_quietly INTEGER DEFAULT 0, did_notify_recipient INTEGER DEFAULT 0,
    date_retracted INTEGER, date_edited INTEGER, was_detonated INTEGER DEFAULT 0,
    part_count INTEGER, is_stewie INTEGER DEFAULT 0, is_sos INTEGER DEFAULT 0,
    is_critical INTEGER DEFAULT 0, bia_reference_id TEXT, is_kt_verified INTEGER DEFAULT 0,
    fallback_hash TEXT, associated_message_emoji TEXT,
    is_pending_satellite_send INTEGER DEFAULT 0, needs_relay INTEGER DEFAULT 0,
    schedule_type INTEGER DEFAULT 0, schedule_state INTEGER DEFAULT 0,
    sent_or_received_off_grid INTEGER DEFAULT 0, date_recovered INTEGER DEFAULT 0,
    is_time_sensitive INTEGER DEFAULT 0, ck_chat_id TEXT
);
CREATE TABLE attachment (
    ROWID INTEGER PRIMARY KEY AUTOINCREMENT, guid TEXT UNIQUE NOT NULL,
    created_date INTEGER DEFAULT 0, start_date INTEGER DEFAULT 0, filename TEXT, uti TEXT,
    mime_type TEXT, transfer_state INTEGER DEFAULT 0, is_outgoing INTEGER DEFAULT 0,
    user_info BLOB, transfer_name TEXT, total_bytes INTEGER DEFAULT 0,
    is_sticker INTEGER DEFAULT 0, sticker_user_info BLOB, attribution_info BLOB,
    hide_attachment INTEGER DEFAULT 0, ck_sync_state INTEGER DEFAULT 0,
    ck_server_change_token_blob BLOB, ck_record_id TEXT, original_guid TEXT UNIQUE NOT NULL,
    is_commsafety_sensitive INTEGER DEFAULT 0, emoji_image_content_identifier TEXT,
    emoji_image_short_description TEXT, preview_generation_state INTEGER DEFAULT 0
);
CREATE TABLE chat_handle_join (
    chat_id INTEGER REFERENCES chat (ROWID) ON DELETE CASCADE,
    handle_id INTEGER REFERENCES handle (ROWID) ON DELETE CASCADE, UNIQUE(chat_id, handle_id)
);
CREATE TABLE chat_message_join (
    chat_id INTEGER REFERENCES chat (ROWID) ON DELETE CASCADE,
    message_id INTEGER REFERENCES message (ROWID) ON DELETE CASCADE,
    message_date INTEGER DEFAULT 0, PRIMARY KEY (chat_id, message_id)
);
CREATE TABLE chat_recoverable_message_join (
    chat_id INTEGER REFERENCES chat (ROWID) ON DELETE CASCADE,
    message_id INTEGER REFERENCES message (ROWID) ON DELETE CASCADE, delete_date INTEGER,
    ck_sync_state INTEGER DEFAULT 0, PRIMARY KEY (chat_id, message_id), CHECK (delete_date != 0)
);
CREATE TABLE message_attachment_join (
    message_id INTEGER REFERENCES message (ROWID) ON DELETE CASCADE,
    attachment_id INTEGER REFERENCES attachment (ROWID) ON DELETE CASCADE,
    UNIQUE(message_id, attachment_id)
);
CREATE INDEX message_idx_date ON message(date);
CREATE INDEX message_idx_handle ON message(handle_id, date);
CREATE INDEX message_idx_associated_message ON message(associated_message_guid);
CREATE INDEX chat_idx_chat_identifier_service_name ON chat(chat_identifier, service_name);
CREATE INDEX chat_handle_join_idx_handle_id ON chat_handle_join(handle_id);
CREATE INDEX chat_message_join_idx_message_id_only ON chat_message_join(message_id);
CREATE INDEX chat_message_join_idx_message_date_id_chat_id
    ON chat_message_join(chat_id, message_date, message_id);
"""

Value = str | bytes | int | float | None


class ChatDatabase:
    """A new chat.db, written until the end of the `with`. The same calls give the same file."""

    def __init__(self, path: Path) -> None:
        """Make the database at `path`, which must not exist."""
        self._path = path
        self._handles: dict[tuple[str, str], int] = {}
        self._chats: dict[tuple[str, ...], int] = {}
        self._guids = 0

    def __enter__(self) -> "ChatDatabase":
        self._connection = sqlite3.connect(self._path)
        # Nobody else sees the file before it is finished.
        self._connection.execute("PRAGMA synchronous = OFF")
        self._connection.executescript(SCHEMA)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if kind is None:
            self._connection.commit()
        self._connection.close()

    def insert(self, table: str, **columns: Value) -> int:
        """Add a row; the columns that are not given have their defaults. Returns its ROWID."""
        names, marks = ", ".join(columns), ", ".join("?" * len(columns))
        query = f"INSERT INTO {table} ({names}) VALUES ({marks})"
        return self._connection.execute(query, tuple(columns.values())).lastrowid or 0

    def guid(self) -> str:
        """The next identifier, in the form that Messages uses."""
        self._guids += 1
        return str(uuid.uuid5(_NAMESPACE, str(self._guids))).upper()

    def handle(self, address: str, service: str = "iMessage") -> int:
        """The row of an address, added if need be."""
        key = (address, service)
        if key not in self._handles:
            self._handles[key] = self.insert("handle", id=address, service=service, country="us")
        return self._handles[key]

    def conversation(self, address: str, service: str = "iMessage") -> int:
        """The one-to-one chat with an address, added if need be."""
        guid = f"{service};-;{address}"
        return self._chat(guid, [address], ONE_TO_ONE, address, service)

    def group(self, addresses: Sequence[str], name: str, service: str = "iMessage") -> int:
        """The chat of several people and me, added if need be."""
        identifier = f"chat{abs(uuid.uuid5(_NAMESPACE, name).int) % 10**18}"
        return self._chat(f"{service};+;{identifier}", addresses, GROUP, identifier, service, name)

    def _chat(
        self,
        guid: str,
        addresses: Sequence[str],
        style: int,
        identifier: str,
        service: str,
        name: str = "",
    ) -> int:
        key = (guid, *addresses)
        if key not in self._chats:
            self._chats[key] = chat = self.insert(
                "chat",
                guid=guid,
                style=style,
                state=3,
                chat_identifier=identifier,
                service_name=service,
                display_name=name,
                account_login=f"P:{MY_ACCOUNT}",
                last_addressed_handle=MY_ACCOUNT,
            )
            for address in addresses:
                handle = self.handle(address, service)
                self.insert("chat_handle_join", chat_id=chat, handle_id=handle)
        return self._chats[key]

    def message(
        self, chat: int | None, sender: str | None, sent_at: datetime, **columns: Value
    ) -> int:
        """Add a message to a chat, or to none, as after the chat was deleted.

        Args:
            chat: As returned by `conversation` or `group`.
            sender: Their address; None if it is mine.
            columns: Anything else, in place of what is usual. Returns its ROWID.
        """
        service = str(columns.get("service", "iMessage"))
        usual: dict[str, Value] = {
            "guid": self.guid(),
            "handle_id": self.handle(sender, service) if sender else 0,
            "service": service,
            "account": f"P:{MY_ACCOUNT}",
            "date": nanoseconds(sent_at),
            "is_from_me": int(sender is None),
            "is_sent": int(sender is None),
            "is_read": int(sender is not None),
            "is_delivered": 1,
            "is_finished": 1,
            "destination_caller_id": MY_ACCOUNT,
            "part_count": 1,
        }
        row = self.insert("message", **(usual | columns))
        if chat is not None:
            date = usual["date"]
            self.insert("chat_message_join", chat_id=chat, message_id=row, message_date=date)
        return row

    def attachment_message(
        self, chat: int, sender: str | None, sent_at: datetime, name: str, mime_type: str
    ) -> int:
        """Add a message that is one attachment and no text."""
        guid = f"at_0_{self.guid()}"
        message = self.message(
            chat,
            sender,
            sent_at,
            text=ATTACHMENT_MARK,
            attributedBody=attributed_body(ATTACHMENT_MARK, attachment=guid),
            cache_has_attachments=1,
        )
        attachment = self.insert(
            "attachment",
            guid=guid,
            original_guid=guid,
            created_date=nanoseconds(sent_at) // 10**9,
            filename=f"~/Library/Messages/Attachments/{guid[-2:].lower()}/{guid}/{name}",
            mime_type=mime_type,
            transfer_name=name,
            transfer_state=5,
            is_outgoing=int(sender is None),
        )
        self.insert("message_attachment_join", message_id=message, attachment_id=attachment)
        return message


def nanoseconds(moment: datetime) -> int:
    """A moment as Messages stores it: nanoseconds since 2001-01-01 UTC."""
    since = moment - _EPOCH
    return (since.days * 86_400 + since.seconds) * 10**9 + since.microseconds * 1000
