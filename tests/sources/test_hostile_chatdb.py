"""Databases that are damaged, forbidden, in use, or made to do harm."""

import contextlib
import os
import plistlib
import shutil
import sqlite3
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from elvisbot.conversation import ME, Message
from elvisbot.errors import ElvisBotError, EmptyConversationError, SourceUnreadableError
from elvisbot.sample.typedstream import attributed_body
from elvisbot.sources import USED
from elvisbot.sources._imessage_rows import History
from elvisbot.sources._quotes import Quotes
from elvisbot.sources._sqlite import MAX_VALUE, opened
from tests.chatdb import ANA, BEN, START, ChatDb, read, sql, texts
from tests.sources.reading import read as read_history

ENDLESS = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i FROM n"


def refusal(path: Path) -> SourceUnreadableError:
    with pytest.raises(SourceUnreadableError) as caught:
        read_history(path, "imessage", who=ANA)
    assert caught.value.remedy
    return caught.value


def listing(folder: Path) -> dict[str, tuple[int, int]]:
    """Every file of a folder with its size and time of change."""
    stats = {file.name: file.stat() for file in folder.iterdir()}
    return {name: (known.st_size, known.st_mtime_ns) for name, known in stats.items()}


@contextmanager
def writing(path: Path) -> Iterator[sqlite3.Connection]:
    """Messages, at work: a database in WAL mode, held open, with everything new in the WAL."""
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA wal_autocheckpoint = 0")
        connection.execute("UPDATE message SET text = 'only in the WAL'")
        connection.commit()
        assert path.with_name("chat.db-wal").stat().st_size > 0
        yield connection


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    path = tmp_path / "nowhere" / "chat.db"
    assert str(path) in refusal(path).problem


@pytest.mark.parametrize("content", [b"", b"SQLite format 3", b"hello" * 1000, b"\x00" * 4096])
def test_a_file_that_is_no_database_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "chat.db"
    path.write_bytes(content)
    assert "not an SQLite database" in refusal(path).problem


def test_a_folder_is_refused(tmp_path: Path) -> None:
    assert "not an SQLite database" in refusal(tmp_path).problem


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="pipes with names are a thing of Unix")
def test_a_pipe_is_refused_at_once(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "chat.db")
    assert "not an SQLite database" in refusal(tmp_path / "chat.db").problem


def test_a_forbidden_file_is_refused(tmp_path: Path) -> None:
    path = ChatDb(tmp_path).say("hi").done()
    path.chmod(0)
    if os.access(path, os.R_OK):
        pytest.skip("this user may read everything")
    assert "may not be read" in refusal(path).problem


@pytest.mark.parametrize("table", ["message", "handle", "chat", "chat_message_join"])
def test_a_missing_table_is_named(tmp_path: Path, table: str) -> None:
    path = sql(ChatDb(tmp_path).say("hi").done(), f"DROP TABLE {table}")
    assert f"the table {table} is missing" in refusal(path).problem


@pytest.mark.parametrize("table", ["chat_recoverable_message_join", "attachment", "kvtable"])
def test_a_table_that_does_not_matter_may_be_missing(tmp_path: Path, table: str) -> None:
    assert texts(sql(ChatDb(tmp_path).say("hi").done(), f"DROP TABLE {table}")) == ["hi"]


def test_a_missing_column_that_matters_is_named(tmp_path: Path) -> None:
    path = ChatDb(tmp_path).say("hi").done()
    sql(path, "ALTER TABLE message DROP COLUMN is_from_me")
    assert "the column is_from_me of message is missing" in refusal(path).problem


@pytest.mark.parametrize("table", ["message", "chat_handle_join", "chat_recoverable_message_join"])
def test_a_view_in_place_of_a_table_is_refused_at_once(tmp_path: Path, table: str) -> None:
    path = ChatDb(tmp_path).say("hi").done()
    view = f"CREATE VIEW {table} AS {ENDLESS}"
    sql(path, f"DROP TABLE {table}", view)
    started = time.monotonic()

    assert f"{table} is not a plain table" in refusal(path).problem

    assert time.monotonic() - started < 2


def test_a_virtual_table_is_refused(tmp_path: Path) -> None:
    path = ChatDb(tmp_path).say("hi").done()
    sql(
        path,
        "DROP TABLE message",
        "CREATE VIRTUAL TABLE message USING fts5(guid, date, is_from_me)",
    )
    assert "message is not a plain table" in refusal(path).problem


def test_an_endless_query_is_stopped(tmp_path: Path) -> None:
    path = ChatDb(tmp_path).say("hi").done()
    patience = timedelta(seconds=0.2)
    with (
        pytest.raises(SourceUnreadableError, match="too long"),
        opened(path, patience=patience) as database,
    ):
        list(database.rows(f"SELECT count(*) FROM ({ENDLESS})"))


def test_patience_is_counted_between_rows(tmp_path: Path) -> None:
    path = ChatDb(tmp_path).say("1").say("2").done()
    count = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 20000)"
    with opened(path, patience=timedelta(seconds=0.5)) as database:
        for _ in database.rows(f"SELECT ({count} SELECT count(*) FROM n) FROM message"):
            time.sleep(0.6)


def test_nothing_can_be_written(tmp_path: Path) -> None:
    path = ChatDb(tmp_path).say("hi").done()
    with pytest.raises(SourceUnreadableError), opened(path) as database:
        list(database.rows("DELETE FROM message"))
    assert texts(path) == ["hi"]


def test_what_a_schema_can_call_is_limited(tmp_path: Path) -> None:
    with opened(ChatDb(tmp_path).done()) as database:
        for pragma, expected in (("trusted_schema", 0), ("query_only", 1), ("mmap_size", 0)):
            assert list(database.rows(f"PRAGMA {pragma}")) == [(expected,)]


def test_a_text_that_is_not_utf_8_spoils_one_message(tmp_path: Path) -> None:
    path = ChatDb(tmp_path).say(None).say("ok").done()
    sql(path, "UPDATE message SET text = CAST(x'68ff69' AS TEXT) WHERE ROWID = 1")
    assert read(path).buckets == {"used": 1, "unreadable": 1}


def test_a_blob_in_place_of_a_text_is_read_if_it_is_text(tmp_path: Path) -> None:
    path = ChatDb(tmp_path).say(None).say(None).say("ok").done()
    sql(path, "UPDATE message SET text = x'68ff69' WHERE ROWID = 1")
    sql(path, "UPDATE message SET text = x'6869' WHERE ROWID = 2")
    reading = read(path)
    assert [message.text for message in reading.messages] == ["hi", "ok"]
    assert reading.buckets == {"used": 2, "unreadable": 1}


@pytest.mark.parametrize("column", ["text", "attributedBody"])
@pytest.mark.parametrize("row", [1, 2, 3])
def test_a_huge_value_spoils_one_message(tmp_path: Path, column: str, row: int) -> None:
    path = ChatDb(tmp_path).say("1").say("2").say("3").done()
    huge = (
        f"UPDATE message SET text = NULL, {column} = zeroblob({MAX_VALUE + 1}) WHERE ROWID = {row}"
    )
    reading = read(sql(path, huge))
    assert [message.text for message in reading.messages] == [
        text for text in "123" if text != str(row)
    ]
    assert reading.buckets == {"used": 2, "unreadable": 1}


def test_a_huge_value_in_another_conversation_stays_there(tmp_path: Path) -> None:
    path = ChatDb(tmp_path).say("1").group("2").say("3", to=BEN).say("4").done()
    sql(path, f"UPDATE message SET text = zeroblob({MAX_VALUE + 1}) WHERE ROWID IN (2, 3)")
    assert read(path).buckets == {"used": 2, "group chat": 1, "another conversation": 1}


def test_a_row_before_a_huge_one_keeps_all_its_chats(tmp_path: Path) -> None:
    chat = ChatDb(tmp_path).say("1").say("to all")
    path = chat.also_in(chat.conversation(BEN)).say(None).done()
    sql(path, f"UPDATE message SET text = zeroblob({MAX_VALUE + 1}) WHERE ROWID = 3")
    assert [message.text for message in read_history(path, "imessage", who=BEN).messages] == [
        "to all"
    ]


def test_huge_values_in_a_row_spoil_those_messages_alone(tmp_path: Path) -> None:
    path = ChatDb(tmp_path).say("a").say("b").say("c").say("d").done()
    sql(path, f"UPDATE message SET text = zeroblob({MAX_VALUE + 1}) WHERE ROWID IN (2, 3)")
    assert read(path).buckets == {"used": 2, "unreadable": 2}


@pytest.mark.parametrize(
    "nonsense", ["NULL", "''", "'x'", "x'ff'", "-1", "1e300", "9223372036854775807"]
)
def test_nonsense_in_any_cell_is_no_crash(tmp_path: Path, nonsense: str) -> None:
    columns = (
        "text",
        "attributedBody",
        "service",
        "date",
        "is_from_me",
        "item_type",
        "associated_message_type",
        "balloon_bundle_id",
        "date_edited",
        "message_summary_info",
        "cache_has_attachments",
    )
    for column in columns:
        folder = tmp_path / column
        folder.mkdir()
        path = ChatDb(folder).say("hi").say("ok").done()
        sql(path, f"UPDATE message SET {column} = {nonsense} WHERE ROWID = 1")
        read(path)


@pytest.mark.parametrize("table", ["chat", "handle", "chat_handle_join", "chat_message_join"])
def test_a_table_full_of_nonsense_is_no_crash(tmp_path: Path, table: str) -> None:
    path = ChatDb(tmp_path).say("hi").group("all").done()
    with closing(sqlite3.connect(path)) as connection:
        described = connection.execute(f"PRAGMA table_info({table})").fetchall()
        for _, name, _, _, _, is_key in described:
            if not is_key:
                connection.execute(f"UPDATE OR IGNORE {table} SET {name} = x'ff00'")
        connection.commit()
    with contextlib.suppress(EmptyConversationError):
        read(path, None)


def test_a_damaged_file_is_refused(tmp_path: Path) -> None:
    chat = ChatDb(tmp_path)
    for number in range(500):
        chat.say(f"message {number}")
    path = chat.done()
    content = bytearray(path.read_bytes())
    content[4096 * 2 :] = b"\xff" * len(content[4096 * 2 :])
    path.write_bytes(content)
    assert "damaged" in refusal(path).remedy


def test_a_file_cut_short_is_refused(tmp_path: Path) -> None:
    path = ChatDb(tmp_path).say("hi").done()
    path.write_bytes(path.read_bytes()[:5000])
    refusal(path)


def test_a_locked_database_is_refused_with_a_remedy(tmp_path: Path) -> None:
    path = ChatDb(tmp_path).say("hi").done()
    with closing(sqlite3.connect(path, isolation_level=None)) as writer:
        writer.execute("BEGIN EXCLUSIVE")
        assert "locked" in refusal(path).problem


def test_rows_in_the_wal_alone_are_seen_while_messages_has_it_open(tmp_path: Path) -> None:
    path = ChatDb(tmp_path).say("old").done()
    with writing(path):
        before = listing(tmp_path)
        assert texts(path) == ["only in the WAL"]
        assert listing(tmp_path) == before


def test_reading_does_not_disturb_a_writer(tmp_path: Path) -> None:
    path = ChatDb(tmp_path).say("old").done()
    with writing(path) as messages, opened(path) as database:
        list(database.rows("SELECT * FROM message"))
        messages.execute("UPDATE message SET text = 'newer'")
        messages.commit()
        (seen,) = database.rows("SELECT text FROM message")
    assert seen == (b"only in the WAL",)
    assert texts(path) == ["newer"]


@pytest.mark.parametrize("with_index", [False, True])
def test_a_copy_with_its_wal_is_read_and_nothing_is_written_beside_it(
    tmp_path: Path, with_index: bool
) -> None:
    path = ChatDb(tmp_path).say("old").done()
    copies = tmp_path / "copies"
    copies.mkdir()
    with writing(path):
        for suffix in ("", "-wal", "-shm")[: 3 if with_index else 2]:
            shutil.copy(f"{path}{suffix}", copies)
    before = listing(copies)

    messages = read_history(copies / "chat.db", "imessage", who=ANA).messages

    assert [message.text for message in messages] == ["only in the WAL"]
    assert listing(copies) == before


def test_a_copy_without_its_wal_is_read_and_nothing_is_written_beside_it(tmp_path: Path) -> None:
    path = ChatDb(tmp_path).say("old").done()
    sql(path, "PRAGMA journal_mode = WAL")
    before = listing(tmp_path)
    assert list(before) == ["chat.db"]

    assert [message.text for message in read_history(path, "imessage", who=ANA).messages] == ["old"]

    assert listing(tmp_path) == before


def test_a_read_only_folder_is_read(tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    path = sql(ChatDb(folder).say("old").done(), "PRAGMA journal_mode = WAL")
    path.chmod(0o400)
    folder.chmod(0o500)
    try:
        assert [message.text for message in read_history(path, "imessage", who=ANA).messages] == [
            "old"
        ]
    finally:
        folder.chmod(0o700)


def test_an_unfinished_change_is_rolled_back_in_a_copy(tmp_path: Path) -> None:
    path = ChatDb(tmp_path).say("old").done()
    crashed = tmp_path / "crashed"
    crashed.mkdir()
    with closing(sqlite3.connect(path, isolation_level=None)) as writer:
        writer.execute("PRAGMA cache_size = 1")
        writer.execute("BEGIN")
        writer.execute("UPDATE message SET text = 'half'")
        writer.execute("INSERT INTO kvtable (key, value) VALUES ('k', randomblob(100000))")
        for suffix in ("", "-journal"):
            shutil.copy(f"{path}{suffix}", crashed)
    before = listing(crashed)

    messages = read_history(crashed / "chat.db", "imessage", who=ANA).messages

    assert [message.text for message in messages] == ["old"]
    assert listing(crashed) == before


def test_no_copy_is_left_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(temporary))
    path = sql(ChatDb(tmp_path).say("hi").done(), "PRAGMA journal_mode = WAL")
    with opened(path):
        (copy,) = temporary.iterdir()
        assert copy.stat().st_mode & 0o077 == 0
    assert list(temporary.iterdir()) == []


@pytest.mark.parametrize(
    "name", ["chat db", "what?.db", "a#b.db", "100%.db", "mode=rw&x.db", "é.db"]
)
def test_any_path_can_be_read(tmp_path: Path, name: str) -> None:
    folder = tmp_path / "a folder?#%41"
    folder.mkdir()
    assert texts(ChatDb(folder, name).say("hi").done()) == ["hi"]


@pytest.mark.parametrize("code", [sqlite3.SQLITE_AUTH, sqlite3.SQLITE_CANTOPEN])
@pytest.mark.parametrize(
    ("platform", "remedy"), [("darwin", "Full Disk Access"), ("linux", "chmod u+r")]
)
def test_a_refusal_to_open_is_answered_with_the_systems_own_remedy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int, platform: str, remedy: str
) -> None:
    path = ChatDb(tmp_path).say("hi").done()
    refused = sqlite3.DatabaseError("authorization denied")
    refused.sqlite_errorcode = code
    monkeypatch.setattr(sys, "platform", platform)
    with pytest.raises(SourceUnreadableError) as caught, opened(path):
        raise refused
    assert remedy in caught.value.remedy


def test_a_path_that_the_system_cannot_follow_is_refused(tmp_path: Path) -> None:
    assert "cannot be read" in refusal(tmp_path / ("x" * 300)).problem


def test_a_link_to_a_database_in_use_shows_what_is_in_the_wal_alone(tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    path = ChatDb(folder).say("old").done()
    link = tmp_path / "link.db"
    link.symlink_to(path)
    with writing(path):
        assert read_history(link, "imessage", who=ANA).texts == ["only in the WAL"]


def test_a_name_in_the_schema_that_is_no_text_is_refused(tmp_path: Path) -> None:
    path = ChatDb(tmp_path).say("hi").done()
    sql(
        path,
        "PRAGMA writable_schema = ON",
        "UPDATE sqlite_master SET name = CAST(x'ffff' AS TEXT), sql = 'CREATE TABLE x (' "
        "WHERE name = 'kvtable'",
    )
    assert "names that are no text" in refusal(path).problem


def test_a_sparse_database_does_not_fill_the_disk(tmp_path: Path) -> None:
    path = sql(ChatDb(tmp_path).say("hi").done(), "PRAGMA journal_mode = WAL")
    size = shutil.disk_usage(tmp_path).total + (1 << 30)
    try:
        os.truncate(path, size)
    except OSError:
        pytest.skip("this file system has no such files")
    assert "Make room" in refusal(path).remedy


def test_a_type_of_an_attachment_is_cut(tmp_path: Path) -> None:
    path = ChatDb(tmp_path).attachment("image/" + "x" * 100_000).done()
    with opened(path) as database:
        assert [len(each) for each in History(database, ()).attachments().values()] == [64]


def test_a_message_in_very_many_chats_is_read_at_once(tmp_path: Path) -> None:
    path = ChatDb(tmp_path).say("hi").done()
    numbers = "WITH RECURSIVE n(i) AS (SELECT 2 UNION ALL SELECT i + 1 FROM n LIMIT 100000)"
    sql(path, f"{numbers} INSERT INTO chat_message_join (chat_id, message_id) SELECT i, 1 FROM n")
    started = time.monotonic()
    assert texts(path) == ["hi"]
    assert time.monotonic() - started < 5


def test_a_long_address_is_cut(tmp_path: Path) -> None:
    path = ChatDb(tmp_path).hear("hi", by="x" * 1_000_000).done()
    assert read(path, None).contacts == ["x" * 320]


@pytest.mark.parametrize(("length", "bucket"), [(1 << 20, "used"), ((1 << 20) + 1, "unreadable")])
@pytest.mark.parametrize("in_body", [False, True])
def test_a_text_that_is_longer_than_any_is_unreadable(
    tmp_path: Path, length: int, bucket: str, in_body: bool
) -> None:
    chat = ChatDb(tmp_path)
    text = "x" * length
    path = (chat.say_in_body(text) if in_body else chat.say(text)).done()
    assert read(path).buckets == {bucket: 1}


def test_a_join_without_an_index_is_stopped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("elvisbot.sources._sqlite._STEPS", 3_000_000)
    path = ChatDb(tmp_path).say("hi").done()
    numbers = "WITH RECURSIVE n(i) AS (SELECT 2 UNION ALL SELECT i + 1 FROM n LIMIT 20000)"
    sql(
        path,
        f"{numbers} INSERT INTO message (ROWID, guid, text, date, is_from_me) "
        "SELECT i, i, 'x', i, 1 FROM n",
        "DROP TABLE chat_message_join",
        "CREATE TABLE chat_message_join (chat_id INTEGER, message_id TEXT COLLATE NOCASE)",
        "INSERT INTO chat_message_join SELECT 1, ROWID FROM message",
    )
    assert "took too long" in refusal(path).problem


def without_primary_keys(path: Path, kind: str) -> Path:
    """The table of messages with a ROWID that is a column like any other."""
    with closing(sqlite3.connect(path)) as connection:
        described = connection.execute("PRAGMA table_info(message)").fetchall()
    columns = ", ".join(each[1] for each in described)
    return sql(
        path,
        "ALTER TABLE message RENAME TO old",
        f"CREATE TABLE message ({columns.replace('ROWID', f'ROWID {kind}')})",
        f"INSERT INTO message ({columns}) SELECT {columns} FROM old",
    )


@pytest.mark.parametrize("rowid", ["'a'", "NULL", "7", "x'00'"])
def test_a_row_is_a_row_whatever_its_column_of_that_name_holds(tmp_path: Path, rowid: str) -> None:
    path = without_primary_keys(ChatDb(tmp_path).say("1").say("2").say("3").done(), "TEXT")
    sql(
        path,
        f"UPDATE message SET ROWID = {rowid}",
        f"UPDATE message SET text = zeroblob({MAX_VALUE + 1}) WHERE text = '2'",
    )
    reading = read(path)
    assert (reading.texts, reading.buckets) == (["1", "3"], {"used": 2, "unreadable": 1})


@pytest.mark.parametrize("table", ["message", "chat", "handle"])
def test_a_column_that_hides_the_number_of_a_row_is_refused(tmp_path: Path, table: str) -> None:
    path = ChatDb(tmp_path).say("hi").done()
    refusal(sql(path, f"ALTER TABLE {table} ADD COLUMN _rowid_ TEXT"))


@pytest.mark.parametrize("rowid", [-(1 << 63), -1, 0, (1 << 63) - 1])
@pytest.mark.parametrize("size", [1, MAX_VALUE + 1])
def test_a_row_may_have_any_number(tmp_path: Path, rowid: int, size: int) -> None:
    path = ChatDb(tmp_path).say("hi").done()
    sql(
        path,
        f"UPDATE message SET ROWID = {rowid}, text = CAST(zeroblob({size}) AS TEXT)",
        f"UPDATE chat_message_join SET message_id = {rowid}",
    )
    assert read(path).rows == 1


def test_a_message_that_is_joined_twice_is_one_row(tmp_path: Path) -> None:
    path = ChatDb(tmp_path).say("1").say("2").done()
    sql(
        path,
        "DROP TABLE chat_message_join",
        "CREATE TABLE chat_message_join (chat_id, message_id)",
        "INSERT INTO chat_message_join VALUES (1, '1'), (1, '1'), (1, '2'), (1, '2')",
        "CREATE INDEX i ON chat_message_join(message_id)",
    )
    read_history(path, "imessage", who=None)
    with contextlib.suppress(EmptyConversationError):
        read(path)


def test_a_long_row_after_many_that_do_not_matter_costs_little(tmp_path: Path) -> None:
    chat = ChatDb(tmp_path)
    for number in range(3000):
        chat.say(str(number))
    path = chat.sms("“huge”").sms("Loved “2999”").done()
    sql(path, f"UPDATE message SET text = zeroblob({MAX_VALUE + 1}) WHERE ROWID = 3001")
    started = time.monotonic()
    assert read(path).buckets == {"used": 3000, "unreadable": 1, "reaction": 1}
    assert time.monotonic() - started < 5


CELLS = st.one_of(
    st.none(),
    st.integers(-(1 << 63), (1 << 63) - 1),
    st.sampled_from([-1, 0, 1, 2, 43, 45, 1000, 2000, 2006, 3000, 4000, 10**12]),
    st.floats(allow_nan=False),
    st.text(max_size=8),
    st.sampled_from(["", ANA, "p:0/A", "SMS", "Loved “hi”", "Removed a heart from “…”", "\ufffc"]),
    st.binary(max_size=8),
    st.text(max_size=8).filter(str.isascii).map(attributed_body),
)
PLISTS = st.recursive(
    st.one_of(
        st.none().map(lambda _: b""),
        st.integers(-2, 9),
        st.floats(),
        st.text("01a", max_size=2),
        st.just(attributed_body("hi")),
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(st.sampled_from(["0", "1", "-1", "x", "t", "lo", "le"]), inner, max_size=3),
    ),
    max_leaves=8,
)
SUMMARIES = st.dictionaries(st.sampled_from(["ec", "otr", "rp"]), PLISTS).map(
    lambda summary: plistlib.dumps(summary, fmt=plistlib.FMT_BINARY)
)
TABLES = (
    "message",
    "chat",
    "handle",
    "attachment",
    "chat_message_join",
    "chat_handle_join",
    "message_attachment_join",
    "chat_recoverable_message_join",
)


def columns_of(path: Path) -> list[tuple[str, str]]:
    """Every column of the tables that are read, with its table."""
    with closing(sqlite3.connect(path)) as connection:
        return [
            (table, name)
            for table in TABLES
            for _, name, *_ in connection.execute(f"PRAGMA table_info({table})")
        ]


@pytest.fixture(scope="module")
def loose(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A history whose tables take any value in any cell, save the numbers of rows."""
    chat = ChatDb(tmp_path_factory.mktemp("loose")).say("hi", guid="A").sms("Loved “hi”")
    chat.tapback(to="p:0/A").attachment("image/png").edited("a", "b").voice("words").group("all")
    path = chat.recently_deleted().hear("\ufffc", by=BEN).done()
    with closing(sqlite3.connect(path)) as connection:
        for table in TABLES:
            described = connection.execute(f"PRAGMA table_info({table})").fetchall()
            columns = [each[1] for each in described if each[1] != "ROWID"]
            key = "ROWID INTEGER PRIMARY KEY, "
            connection.execute(f"ALTER TABLE {table} RENAME TO old")
            connection.execute(f"CREATE TABLE {table} ({key}{', '.join(columns)})")
            names = ", ".join(("ROWID", *columns))
            connection.execute(f"INSERT INTO {table} ({names}) SELECT {names} FROM old")
            connection.execute("DROP TABLE old")
        connection.commit()
    return path


@settings(deadline=None, max_examples=60)
@given(data=st.data())
def test_whatever_the_cells_hold_every_row_is_counted_or_the_file_refused(
    loose: Path, data: st.DataObject
) -> None:
    places = st.tuples(st.sampled_from(columns_of(loose)), st.integers(1, 9))
    cells = data.draw(st.dictionaries(places, CELLS, max_size=12))
    for row in data.draw(st.sets(st.integers(1, 9))):
        cells[("message", "message_summary_info"), row] = data.draw(SUMMARIES)
        cells[("message", "date_edited"), row] = 1
    with tempfile.TemporaryDirectory() as folder:
        path = Path(shutil.copy(loose, folder))
        with closing(sqlite3.connect(path)) as connection:
            for ((table, column), row), cell in cells.items():
                change = f"UPDATE OR IGNORE {table} SET {column} = ? WHERE ROWID = ?"
                with contextlib.suppress(sqlite3.IntegrityError):  # a ROWID that is no number
                    connection.execute(change, (cell, row))
            connection.commit()
        with contextlib.suppress(ElvisBotError):
            read(path, None)


MOMENTS = st.integers(0, 3).map(lambda days: START + timedelta(days=20 * days))
WORDS = st.sampled_from(["hi", "“hi”", "Loved “hi”", "Removed a heart from “hi”", "moi « hi »"])
TEXTS = st.one_of(
    st.text("h“”„«»… 👍\u200b\n", max_size=12), WORDS, st.tuples(WORDS, WORDS).map("".join)
)


@given(st.lists(st.tuples(TEXTS, MOMENTS, st.booleans(), st.booleans()), max_size=12))
def test_whatever_is_quoted_every_message_comes_out_once_and_in_order(
    rows: list[tuple[str, datetime, bool, bool]],
) -> None:
    messages = [
        Message(str(number), ANA, ME if is_mine else ANA, moment, text or "x", "SMS" * is_sms)
        for number, (text, moment, is_mine, is_sms) in enumerate(rows)
    ]
    quotes = Quotes()
    for message in messages:
        quotes.expect(ANA, message.text)
    entries = [(USED, each) for each in messages if not quotes.takes(each)]
    kept = [*entries, *quotes.resolved()]

    assert len(kept) == len(messages)
    said = [each for _, each in kept if isinstance(each, Message)]
    by_time = sorted(said, key=lambda each: each.sent_at)
    assert by_time == sorted(said, key=lambda each: (each.sent_at, int(each.id)))
    assert {each.id for each in messages if each.sender == ME} <= {each.id for each in said}
