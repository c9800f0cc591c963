"""Decrypts files of an iPhone's encrypted backup, with the package iphone-backup-decrypt.

From the password come the keys of the key bag in `Manifest.plist`. One of them opens the key of
`Manifest.db`, an SQLite database whose table `Files` has a record of each file with its own key.

The package's class `EncryptedBackup` would do all of that, but it prints, may leave the decrypted
`Manifest.db` behind, and lets it say where the files lie.
"""

import contextlib
import struct
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final
from xml.parsers.expat import ExpatError

from elvisbot.errors import MissingExtraError, NeedsAnswerError, SourceUnreadableError
from elvisbot.sources._files import damaged, forbidden
from elvisbot.sources._plists import loaded
from elvisbot.sources._sqlite import opened

_MANIFEST: Final = "Manifest.db"
_LONGEST_KEY_BAG: Final = 1 << 16
"""Bytes. Those of phones have two thousand."""

_LONGEST_RECORD: Final = 1 << 14
"""Bytes. Those of phones have one to three thousand."""

Find = Callable[[str], Path | None]
"""Gives a file of a backup by its place in it, such as `3d/3d0d7e5f…`; None if it is not there."""


@contextlib.contextmanager
def decrypted(
    backup: Path, manifest: dict[str, Any], password: str | None, find: Find
) -> Iterator[Find]:
    """A function that decrypts files of `backup`, into a private folder deleted at the end.

    Args:
        manifest: What `Manifest.plist` says.
        find: Gives the encrypted files.

    Raises:
        MissingExtraError: if the package is not installed.
        NeedsAnswerError: if there is no password.
        SourceUnreadableError: if the password is wrong or the backup damaged; also by the function.
    """
    library = _library()
    if password is None:
        raise NeedsAnswerError(
            f"The backup {backup} is encrypted.",
            remedy="Set the variable ELVISBOT_BACKUP_PASSWORD, or run the command in a terminal, "
            "which asks for it.",
            question="password",
        )
    with _understood(backup):
        keys = _keys(library, manifest, password)
    with _private_folder(backup) as folder:
        files = _Decrypted(folder, library, keys, find)
        with _understood(backup):
            files.unlock(manifest["ManifestKey"])
        yield files.find


class _Decrypted:
    """The decrypted files of a backup, which lie in `folder` as the encrypted ones in the backup.

    Its methods may raise whatever `_understood` translates.
    """

    def __init__(self, folder: Path, library: Any, keys: Any, find: Find) -> None:
        self._folder = folder
        self._library = library
        self._keys = keys
        self._find = find

    def unlock(self, key: Any) -> None:
        """Decrypt `Manifest.db`.

        Args:
            key: Which class of keys opens it, as 4 bytes, and its wrapped key.
        """
        encrypted = self._find(_MANIFEST)
        if encrypted is None:
            raise ValueError("there is no Manifest.db")
        [protection] = struct.unpack("<l", key[:4])
        self._decrypt(_MANIFEST, encrypted, protection, key[4:])

    def find(self, name: str) -> Path | None:
        """See `Find`."""
        encrypted = self._find(name)
        if encrypted is None:
            return None
        with _understood(encrypted):
            record = self._library.FilePlist(self._record(name))
            return self._decrypt(name, encrypted, record.protection_class, record.encryption_key)

    def _record(self, name: str) -> bytes:
        """What `Manifest.db` has on a file: a property list, as NSKeyedArchiver writes it."""
        with opened(self._folder / _MANIFEST) as database:
            database.columns("Files")  # refuses a view
            query = "SELECT file FROM Files WHERE fileID = ? AND length(file) <= ? LIMIT 1"
            [[record]] = database.rows(query, name.rpartition("/")[2], _LONGEST_RECORD)
        loaded(record)  # refuses what was made to do harm
        return bytes(record)

    def _decrypt(self, name: str, encrypted: Path, protection: int, wrapped_key: bytes) -> Path:
        path = self._folder / name
        key = self._keys.unwrap_key_for_class(protection, wrapped_key)
        try:
            self._library.aes_decrypt_chunked(
                in_filename=str(encrypted), key=key, out_filepath=str(path)
            )
        except PermissionError as error:
            raise forbidden(encrypted) from error
        except OSError as error:
            raise SourceUnreadableError(
                f"{encrypted} could not be decrypted to {self._folder}: {error.strerror}.",
                remedy="Make room there, or set the variable TMPDIR to a folder with room.",
            ) from error
        return path


def _library() -> Any:
    """The module of the package that this needs."""
    try:
        from iphone_backup_decrypt import utils
    except ModuleNotFoundError as error:
        raise MissingExtraError(
            f"Decrypting a backup needs {error.name}, which is not installed.",
            remedy="Install it in the folder of the clone: pip install '.[iphone]'",
        ) from error
    return utils


def _keys(library: Any, manifest: dict[str, Any], password: str) -> Any:
    """The key bag, opened; the package bounds how long that may take.

    Raises:
        SourceUnreadableError: if the password is wrong.
    """
    if len(manifest["BackupKeyBag"]) > _LONGEST_KEY_BAG:
        raise ValueError("too long")
    keys = library.BackupKeyBag(manifest["BackupKeyBag"])
    # A text that is no Unicode, as half an emoji, cannot be anybody's password.
    if not keys.unlock_with_passphrase(password.encode("utf-8", "replace")):
        raise SourceUnreadableError(
            "The password does not open the backup.",
            remedy="Try the one that was chosen when this iPhone's backups were first encrypted; "
            "it need not be that of the computer, of the phone or of the Apple account.",
        )
    return keys


@contextlib.contextmanager
def _private_folder(backup: Path) -> Iterator[Path]:
    """A folder for decrypted files. Problems with them speak of the backup, which is still there
    when they are read."""
    with tempfile.TemporaryDirectory(prefix="elvisbot-") as name:
        try:
            yield Path(name)
        except SourceUnreadableError as error:
            problem = error.problem.replace(name, str(backup))
            raise SourceUnreadableError(problem, remedy=error.remedy) from error


@contextlib.contextmanager
def _understood(path: Path) -> Iterator[None]:
    """Turn what garbage makes the package raise into the problem of a damaged file.

    It takes every length, type and key in the backup for granted. These are all that its
    operations can raise but errors of the system, which come from the disk.
    """
    try:
        yield
    except (
        ArithmeticError,
        AttributeError,
        ExpatError,
        LookupError,
        RecursionError,
        TypeError,
        ValueError,
        struct.error,
    ) as error:
        raise damaged(path, "it cannot be decrypted") from error
