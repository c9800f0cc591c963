"""Opens someone's SQLite database for reading: it may be in use, and it may be hostile.

Nothing is written beside the original. SQLite itself would: opening a database in WAL mode makes
the files `-wal` and `-shm` where they are missing, even read-only. Such a database is copied to a
private temporary folder first, and so is one that SQLite cannot read where it lies.

`immutable=1` would need no copy, but ignores the WAL, where everything recent is.
"""

import contextlib
import errno
import os
import shutil
import sqlite3
import stat
import tempfile
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

from elvisbot.errors import SourceUnreadableError
from elvisbot.sources._files import damaged, explained, forbidden

MAX_VALUE: Final = 32 << 20
"""Bytes. SQLite refuses longer values and rows."""

PATIENCE: Final = timedelta(minutes=1)
"""A query that brings no row for so long is stopped. Sorting 10 million rows takes less."""

_HEADER: Final = b"SQLite format 3\x00"
_STEPS_BETWEEN_CHECKS: Final = 100_000
_STEPS: Final = 3_000_000_000
"""Of SQLite's machine, of all queries together, and `_STEPS_PER_ROW` more for each row that came
(measured: 70 at most). A join without an index takes millions for each, and then a minute in all
(measured: 60 million steps a second)."""

_STEPS_PER_ROW: Final = 2000
_LOCK_TIMEOUT_SECONDS: Final = 2.0
_SUSPICIOUS: Final = "Pass the file as its app wrote it; this one may have been made to do harm."
_NOT_READABLE_HERE: Final = (
    sqlite3.SQLITE_CANTOPEN,
    sqlite3.SQLITE_READONLY,
    sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_PROTOCOL,
)


class Database:
    """An open database, seen as it was when it was opened."""

    def __init__(self, connection: sqlite3.Connection, path: Path, patience: timedelta) -> None:
        self.path = path
        self._connection = connection
        self._patience = patience.total_seconds()
        self._waiting_since = time.monotonic()
        self._steps_left = _STEPS
        connection.set_progress_handler(self._is_out_of_patience, _STEPS_BETWEEN_CHECKS)

    def rows(self, query: str, *parameters: int | str) -> Iterator[tuple[Any, ...]]:
        """The rows of a query, streamed. Texts come as bytes, whatever they claim to be.

        Raises:
            sqlite3.DatabaseError: if it fails or takes too long; `opened` translates it.
        """
        self._waiting_since = time.monotonic()
        try:
            for row in self._connection.execute(query, parameters):
                yield row
                self._waiting_since = time.monotonic()
                self._steps_left += _STEPS_PER_ROW
        except UnicodeDecodeError as error:
            raise _not_utf_8() from error

    def columns(self, table: str) -> frozenset[str]:
        """Names of the columns of `table` in lower case; none if there is no such table.

        Raises:
            SourceUnreadableError: if something else poses as the table, such as a view, which
                could run any query.
        """
        query = "SELECT type, rootpage FROM sqlite_master WHERE name = ? COLLATE NOCASE"
        known = [row for row in self.rows(query, table) if row[0] in (b"table", b"view")]
        if not known:
            return frozenset()
        if known[0][0] != b"table" or not known[0][1]:
            raise SourceUnreadableError(
                f"In {self.path}, {table} is not a plain table.",
                remedy=_SUSPICIOUS,
            )
        described = self.rows(f"PRAGMA table_info({table})")
        return frozenset(row[1].decode("utf-8", "replace").lower() for row in described)

    def _is_out_of_patience(self) -> bool:
        self._steps_left -= _STEPS_BETWEEN_CHECKS
        if self._steps_left < 0:
            return True
        return time.monotonic() - self._waiting_since > self._patience


@contextlib.contextmanager
def opened(path: Path, *, patience: timedelta = PATIENCE) -> Iterator[Database]:
    """The database at `path`, opened read-only.

    Raises:
        SourceUnreadableError: if it is missing, forbidden, locked, damaged or no database, both
            on opening and from the body of the `with`.
    """
    # SQLite looks for the WAL beside the file itself, not beside a link to it.
    path = Path(os.path.realpath(path))
    header = _header(path)
    with contextlib.ExitStack() as stack:
        stack.enter_context(_translated_errors(path))
        connection = None if _would_write(path, header) else _opened_in_place(path)
        if connection is None:
            connection = _opened_copy(stack.enter_context(_private_copy(path)))
        stack.callback(connection.close)
        yield Database(connection, path, patience)


def _header(path: Path) -> bytes:
    """The first 100 bytes, read here because Python says why it cannot, and SQLite does not."""
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            raise _not_a_database(path)
        with path.open("rb") as file:
            header = file.read(100)
    except OSError as error:
        raise explained(path, error) from error
    if not header.startswith(_HEADER) or len(header) < 100:
        raise _not_a_database(path)
    return header


def _would_write(path: Path, header: bytes) -> bool:
    """Whether SQLite would make files beside the database: in WAL mode, those that are missing."""
    is_wal = header[18] == 2 or header[19] == 2
    return is_wal and not (_beside(path, "-wal").exists() and _beside(path, "-shm").exists())


def _beside(path: Path, suffix: str) -> Path:
    return path.with_name(path.name + suffix)


def _opened_in_place(path: Path) -> sqlite3.Connection | None:
    """A connection, or nothing if SQLite cannot read the database where it lies."""
    try:
        # readonly_shm: the WAL index is used where another process keeps it, and never touched.
        return _connect(path, "mode=ro&readonly_shm=1")
    except sqlite3.OperationalError as error:
        if _code(error) in _NOT_READABLE_HERE:
            return None
        raise


def _opened_copy(path: Path) -> sqlite3.Connection:
    return _connect(path, "mode=rw")  # so that SQLite can roll back an unfinished change


def _connect(path: Path, options: str) -> sqlite3.Connection:
    connection = sqlite3.connect(
        f"{path.absolute().as_uri()}?{options}",
        uri=True,
        timeout=_LOCK_TIMEOUT_SECONDS,
        isolation_level=None,
        cached_statements=0,
    )
    try:
        connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, MAX_VALUE)
        connection.setlimit(sqlite3.SQLITE_LIMIT_ATTACHED, 0)
        # Texts are decoded one by one, so that one that is not UTF-8 spoils itself alone.
        connection.text_factory = bytes
        for pragma in ("trusted_schema=OFF", "query_only=ON", "mmap_size=0", "cell_size_check=ON"):
            connection.execute(f"PRAGMA {pragma}").fetchall()
        # From here on all queries see one moment, even while Messages goes on writing.
        connection.execute("BEGIN")
        connection.execute("SELECT count(*) FROM sqlite_master").fetchall()
    except UnicodeDecodeError as error:
        connection.close()
        raise _not_utf_8() from error
    except BaseException:
        connection.close()
        raise
    return connection


@contextlib.contextmanager
def _private_copy(path: Path) -> Iterator[Path]:
    """A copy of the database in a folder of its own, deleted at the end."""
    with tempfile.TemporaryDirectory(prefix="elvisbot-") as folder:
        copy = Path(folder) / "chat.db"
        try:
            _refuse_without_room(path, folder)
            for _ in range(3):
                before = _state(path)
                # The WAL first: what moves from it into the database meanwhile is in both then.
                for suffix in ("-wal", "-journal", ""):
                    _copy_if_present(_beside(path, suffix), _beside(copy, suffix))
                if _state(path) == before:
                    break
        except PermissionError as error:
            raise forbidden(path) from error
        except OSError as error:
            raise SourceUnreadableError(
                f"{path} could not be copied to {folder}: {error.strerror}.",
                remedy="Make room there, or set the variable TMPDIR to a folder with room.",
            ) from error
        yield copy


def _refuse_without_room(path: Path, folder: str) -> None:
    """Before the disk is full: a sparse file claims bytes that are nowhere."""
    needed = sum(size for _, size in _state(path))
    if needed > shutil.disk_usage(folder).free:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def _copy_if_present(source: Path, destination: Path) -> None:
    if source.exists():
        shutil.copyfile(source, destination)
    else:
        destination.unlink(missing_ok=True)


def _state(path: Path) -> list[tuple[int, int]]:
    """Changes when the database or its WAL is written to."""
    files = [path, _beside(path, "-wal"), _beside(path, "-journal")]
    stats = [file.stat() for file in files if file.exists()]
    return [(known.st_mtime_ns, known.st_size) for known in stats]


def _code(error: sqlite3.Error) -> int:
    """The primary result code, without the details in the higher bytes."""
    return getattr(error, "sqlite_errorcode", 0) & 0xFF


@contextlib.contextmanager
def _translated_errors(path: Path) -> Iterator[None]:
    try:
        yield
    except sqlite3.ProgrammingError:
        raise  # a bug of ours
    except sqlite3.DatabaseError as error:
        raise _explained(error, path) from error


def _explained(error: sqlite3.DatabaseError, path: Path) -> SourceUnreadableError:
    match _code(error):
        case sqlite3.SQLITE_BUSY | sqlite3.SQLITE_LOCKED:
            return SourceUnreadableError(
                f"{path} is locked by another program.",
                remedy="Close the program that has it open and try again, or pass a copy of it.",
            )
        case sqlite3.SQLITE_INTERRUPT:
            return SourceUnreadableError(
                f"Reading {path} took too long and was stopped.",
                remedy=_SUSPICIOUS,
            )
        case sqlite3.SQLITE_NOTADB:
            return _not_a_database(path)
        case sqlite3.SQLITE_CANTOPEN | sqlite3.SQLITE_AUTH | sqlite3.SQLITE_PERM:
            return forbidden(path)
    return damaged(path, str(error))


def _not_utf_8() -> sqlite3.DatabaseError:
    """In place of a message of SQLite's, which quotes names from the file."""
    return sqlite3.DatabaseError("its tables have names that are no text")


def _not_a_database(path: Path) -> SourceUnreadableError:
    return damaged(path, "it is not an SQLite database")
