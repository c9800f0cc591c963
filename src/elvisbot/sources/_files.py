"""The files of an export, whether it is one file, a folder or a zip; and what is hostile in them.

Symbolic links are never followed, so that an export cannot name files outside of it. Of a zip, the
bytes that really come out are counted, whatever its headers claim: of each member, and of all of
them as often as they are read.
"""

import contextlib
import errno
import io
import os
import stat
import sys
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO, BinaryIO, Final

from elvisbot.errors import SourceUnreadableError

MAX_FILES: Final = 1_000_000
"""More entries than that are refused."""

MAX_UNPACKED: Final = 8 << 30
"""Bytes. No member of a zip is read further. The largest account exports stay below."""

MIN_BUDGET: Final = 100_000_000
"""Bytes that any zip may unpack to, over all members and passes."""

BYTES_PER_PACKED: Final = 100
"""What may come out for each byte of a zip. Exports shrink to a tenth or so, and are read two or
three times."""

MAX_BUDGET: Final = 4 * MAX_UNPACKED

_MAX_RATIO: Final = 1100
"""Deflate cannot do better than 1:1032; a zip that claims more lies."""


def beginning(path: Path, size: int = 4096) -> bytes:
    """The first bytes of a regular file; nothing of anything else.

    Raises:
        OSError: if it cannot be read.
    """
    if not stat.S_ISREG(path.stat().st_mode):
        return b""
    with path.open("rb") as file:
        return file.read(size)


def zip_names(path: Path) -> list[str]:
    """The names in a zip, sorted; nothing if it is no zip that can be read.

    Raises:
        OSError: if it cannot be read.
    """
    if beginning(path, 4) != b"PK\x03\x04":
        return []
    try:
        with zipfile.ZipFile(path) as archive:
            return sorted(_member_names(archive))
    except (zipfile.BadZipFile, ValueError, NotImplementedError):
        return []


class Files:
    """What `opened` gives.

    Attributes:
        path: The file, folder or zip.
        names: Of all regular files in it, relative to it, with `/`, sorted. Of a single file, its
            own name.
        links: How many symbolic links were left alone.
    """

    def __init__(self, path: Path, archive: zipfile.ZipFile | None) -> None:
        self.path = path
        self.links = 0
        self._archive = archive
        self._budget = _Budget(path)
        self.names = sorted(self._found())

    def open(self, name: str) -> BinaryIO:
        """One of `names`, open for reading; reading it raises SourceUnreadableError if it is
        longer than `MAX_UNPACKED`, damaged, or more than may come out of the zip in all."""
        if self._archive is not None:
            try:
                unpacked = self._archive.open(name)
            except UnicodeDecodeError as error:  # in the second place where the name stands
                raise damaged(self.path, "a name in the zip is none") from error
            return io.BufferedReader(_Counted(unpacked, self._budget))
        file = without_following(self.path / name) if self.path.is_dir() else self.path
        try:
            return file.open("rb")
        except OSError as error:
            raise explained(file, error) from error

    def size(self, name: str) -> int:
        """Bytes of one of `names`; of a zip, what its headers claim."""
        if self._archive is not None:
            return self._archive.getinfo(name).file_size
        return (self.path / name if self.path.is_dir() else self.path).stat().st_size

    def _found(self) -> Iterator[str]:
        if self._archive is not None:
            yield from _member_names(self._archive)
        elif self.path.is_dir():
            for count, file in enumerate(_walk(self.path)):
                if count >= MAX_FILES:
                    raise SourceUnreadableError(
                        f"{self.path} holds more than {MAX_FILES:,} files.",
                        remedy="Pass the folder of one export alone.",
                    )
                if file.is_symlink():
                    self.links += 1
                elif file.is_file():
                    yield file.relative_to(self.path).as_posix()
        else:
            yield self.path.name


@contextlib.contextmanager
def opened(path: Path) -> Iterator[Files]:
    """The files of an export.

    Raises:
        SourceUnreadableError: if it is missing, forbidden or a damaged zip, both on opening and
            from the body of the `with`.
    """
    with contextlib.ExitStack() as stack:
        stack.enter_context(_translated_errors(path))
        archive = None
        if path.is_file() and beginning(path, 4) == b"PK\x03\x04":
            archive = stack.enter_context(zipfile.ZipFile(path))
            _refuse_bombs(path, archive)
            _refuse_unknown_packing(path, archive)
        yield Files(path, archive)


def explained(path: Path, error: OSError) -> SourceUnreadableError:
    """The problem that the system has with `path`, and its remedy."""
    if isinstance(error, FileNotFoundError | NotADirectoryError):
        return SourceUnreadableError(
            f"There is nothing at {path}.",
            remedy="Check the spelling, or drag the file or folder into the terminal window.",
        )
    if isinstance(error, PermissionError):
        return forbidden(path)
    return damaged(path, error.strerror or str(error))


def forbidden(path: Path) -> SourceUnreadableError:
    """The problem of a file that may not be read."""
    # On a Mac, some folders are forbidden even to their owner.
    if sys.platform == "darwin":
        return SourceUnreadableError(
            f"macOS refused to open {path}.",
            remedy="Give your terminal Full Disk Access (System Settings > Privacy & Security > "
            "Full Disk Access) and open a new window, or pass the path of a copy.",
        )
    return SourceUnreadableError(
        f"{path} may not be read.", remedy=f"Make it readable for you: chmod u+r {path}"
    )


def damaged(path: Path, reason: str) -> SourceUnreadableError:
    """The problem of a file that makes no sense."""
    return SourceUnreadableError(
        f"{path} cannot be read: {reason}.",
        remedy="It may be damaged or cut short. Export or copy it once more.",
    )


def without_following(path: Path) -> Path:
    """`path` itself, unless it is a symbolic link, which is refused."""
    if path.is_symlink():
        raise SourceUnreadableError(
            f"{path} is a symbolic link.",
            remedy="Pass the folder as it was exported; a link in it could point anywhere.",
        )
    return path


class _Budget:
    """How much may still come out of a zip, however often it is read."""

    def __init__(self, path: Path) -> None:
        self._path = path
        packed = path.stat().st_size
        self._left = min(MIN_BUDGET + BYTES_PER_PACKED * packed, MAX_BUDGET)

    def spend(self, size: int) -> None:
        self._left -= size
        if self._left < 0:
            raise self.exceeded()

    def exceeded(self) -> SourceUnreadableError:
        return _too_much(self._path)


class _Counted(io.RawIOBase):
    """A member of a zip that ends in an error when it, or the whole zip, has given too much."""

    def __init__(self, unpacked: IO[bytes], budget: _Budget) -> None:
        self._unpacked = unpacked
        self._budget = budget
        self._left = MAX_UNPACKED

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: "memoryview | bytearray") -> int:  # type: ignore[override]
        read = self._unpacked.read(len(buffer))
        self._left -= len(read)
        self._budget.spend(len(read))
        if self._left < 0:
            raise self._budget.exceeded()
        buffer[: len(read)] = read
        return len(read)

    def close(self) -> None:
        self._unpacked.close()
        super().close()


def _refuse_bombs(path: Path, archive: zipfile.ZipFile) -> None:
    members = archive.infolist()
    if len(members) > MAX_FILES or any(
        info.file_size > MAX_UNPACKED or info.file_size > _MAX_RATIO * max(info.compress_size, 1)
        for info in members
    ):
        raise _too_much(path)


def _refuse_unknown_packing(path: Path, archive: zipfile.ZipFile) -> None:
    """Nobody packs an export otherwise, and what LZMA raises and takes is its own matter."""
    known = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
    if any(info.compress_type not in known for info in archive.infolist()):
        raise damaged(path, "it is packed in an unusual way")


def _member_names(archive: zipfile.ZipFile) -> Iterator[str]:
    # A damaged name may be empty, which `is_dir` does not expect.
    return (info.filename for info in archive.infolist() if info.filename and not info.is_dir())


def _too_much(path: Path) -> SourceUnreadableError:
    return SourceUnreadableError(
        f"{path} unpacks to more than any export holds.",
        remedy="It may have been made to do harm. If you trust it, unpack it and pass the folder.",
    )


def _walk(folder: Path) -> Iterator[Path]:
    """Everything below `folder`, links unfollowed, in any order."""
    for parent, folders, files in os.walk(folder, onerror=_raised):
        for name in (*files, *(each for each in folders if Path(parent, each).is_symlink())):
            yield Path(parent, name)


def _raised(error: OSError) -> None:
    raise error


@contextlib.contextmanager
def _translated_errors(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EPIPE):
            raise  # of whoever writes what is read here
        raise explained(path, error) from error
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError) as error:
        # RuntimeError: a member is encrypted; NotImplementedError: packed in a way unknown here.
        if type(error) is RuntimeError and "encrypted" not in str(error):
            raise
        raise damaged(path, str(error) or "the zip is cut short") from error
