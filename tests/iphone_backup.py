"""Builds backups of an iPhone, as the Finder makes them, encrypted ones too.

    path = EncryptedBackup(tmp_path / "backup").add(MESSAGES, content).done()

Real backups stretch the password by ten million rounds, these by a few.
"""

import hashlib
import plistlib
import sqlite3
import struct
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import Any, Self

from Crypto.Cipher import AES
from Crypto.Util.Padding import pad

MESSAGES = "HomeDomain-Library/SMS/sms.db"
ADDRESS_BOOK = "HomeDomain-Library/AddressBook/AddressBook.sqlitedb"
PASSWORD = "corrêct hörse"

_FILES = 3
"""A class of keys: files that are readable after the phone was first unlocked."""

_MANIFEST = 4
_PASSCODE_WRAPS = 2


def place(name: str) -> str:
    """Where a file lies in a backup, from its domain and path."""
    digest = hashlib.sha1(name.encode()).hexdigest()
    return f"{digest[:2]}/{digest}"


def plain_backup(folder: Path, files: dict[str, bytes], **manifest: Any) -> Path:
    """A backup that is not encrypted.

    Args:
        files: Their contents, by domain and path.
        manifest: What else `Manifest.plist` holds.
    """
    folder.mkdir(parents=True)
    for name, content in files.items():
        write(folder, place(name), content)
    keys = {"IsEncrypted": False, "Version": "10.0", **manifest}
    (folder / "Manifest.plist").write_bytes(plistlib.dumps(keys, fmt=plistlib.FMT_BINARY))
    return folder


def write(folder: Path, name: str, content: bytes) -> None:
    (folder / name).parent.mkdir(exist_ok=True)
    (folder / name).write_bytes(content)


def describe(folder: Path, name: str, made: datetime) -> None:
    """Add an `Info.plist`.

    Args:
        made: When the backup was made, in UTC, without a zone.
    """
    info = {"Device Name": name, "Last Backup Date": made}
    (folder / "Info.plist").write_bytes(plistlib.dumps(info, fmt=plistlib.FMT_BINARY))


class EncryptedBackup:
    """An encrypted backup in the making.

    Attributes:
        manifest: What `Manifest.plist` will hold.
        rows: What the table `Files` of `Manifest.db` will hold.
    """

    def __init__(self, folder: Path, password: str = PASSWORD, *, rounds: int = 20) -> None:
        folder.mkdir(parents=True)
        self._folder = folder
        self._keys = {protection: _key(f"class {protection}") for protection in (_FILES, _MANIFEST)}
        self._manifest_key = _key("Manifest.db")
        self.rows: list[tuple[str, str, str, int, bytes]] = []
        self.manifest: dict[str, Any] = {
            "IsEncrypted": True,
            "BackupKeyBag": self._key_bag(password, rounds),
            "ManifestKey": self._wrapped(self._manifest_key, _MANIFEST),
        }

    def add(self, name: str, content: bytes, **record: Any) -> Self:
        """Encrypt a file.

        Args:
            name: Its domain and path.
            record: What `Manifest.db` says of it, in place of the truth.
        """
        key = _key(name)
        write(self._folder, place(name), _encrypted(content, key))
        domain, _, path = name.partition("-")
        truth = {"Size": len(content), "ProtectionClass": _FILES, "Mode": 0o100644, "Flags": 0}
        archived = _archived(truth | record, path, self._wrapped(key, _FILES))
        self.rows.append((place(name).partition("/")[2], domain, path, 1, archived))
        return self

    def done(self) -> Path:
        self.write_manifest_db(self._manifest_db())
        plist = plistlib.dumps(self.manifest, fmt=plistlib.FMT_BINARY)
        (self._folder / "Manifest.plist").write_bytes(plist)
        return self._folder

    def write_manifest_db(self, content: bytes) -> None:
        """Encrypt `Manifest.db`."""
        write(self._folder, "Manifest.db", _encrypted(content, self._manifest_key))

    def _manifest_db(self) -> bytes:
        with closing(sqlite3.connect(":memory:")) as database:
            database.execute(
                "CREATE TABLE Files (fileID TEXT PRIMARY KEY, domain TEXT, relativePath TEXT, "
                "flags INTEGER, file BLOB)"
            )
            database.executemany("INSERT INTO Files VALUES (?, ?, ?, ?, ?)", self.rows)
            database.commit()
            return database.serialize()

    def _wrapped(self, key: bytes, protection: int) -> bytes:
        """A key as backups keep it: the class of keys that opens it, and itself, locked."""
        return struct.pack("<l", protection) + _wrap(self._keys[protection], key)

    def _key_bag(self, password: str, rounds: int) -> bytes:
        salts = (b"s" * 20, b"t" * 20)
        stretched = hashlib.pbkdf2_hmac("sha256", password.encode(), salts[0], rounds)
        opener = hashlib.pbkdf2_hmac("sha1", stretched, salts[1], rounds, 32)
        bag = [
            _block("VERS", 5),
            _block("TYPE", 1),
            _block("UUID", b"u" * 16),
            _block("HMCK", b"h" * 40),
            _block("WRAP", 1),
            _block("SALT", salts[1]),
            _block("ITER", rounds),
            _block("DPWT", 1),
            _block("DPIC", rounds),
            _block("DPSL", salts[0]),
        ]
        for protection, key in self._keys.items():
            bag += [
                _block("UUID", bytes([protection]) * 16),
                _block("CLAS", protection),
                _block("WRAP", _PASSCODE_WRAPS),
                _block("KTYP", 0),
                _block("WPKY", _wrap(opener, key)),
            ]
        return b"".join(bag)


def _key(name: str) -> bytes:
    return hashlib.sha256(name.encode()).digest()


def _block(tag: str, value: int | bytes) -> bytes:
    content = struct.pack(">L", value) if isinstance(value, int) else value
    return tag.encode() + struct.pack(">L", len(content)) + content


def _wrap(opener: bytes, key: bytes) -> bytes:
    return AES.new(opener, AES.MODE_KW).seal(key)


def _encrypted(content: bytes, key: bytes) -> bytes:
    return AES.new(key, AES.MODE_CBC, iv=bytes(16)).encrypt(pad(content, 16))


def _archived(record: dict[str, Any], path: str, key: bytes) -> bytes:
    """A record as NSKeyedArchiver writes it."""
    uid = plistlib.UID
    root = {"$class": uid(4), "RelativePath": uid(2), "EncryptionKey": uid(3)} | record
    objects = [
        "$null",
        root,
        path,
        {"$class": uid(5), "NS.data": key},
        {"$classname": "MBFile", "$classes": ["MBFile", "NSObject"]},
        {"$classname": "NSMutableData", "$classes": ["NSMutableData", "NSData", "NSObject"]},
    ]
    archive = {
        "$version": 100000,
        "$archiver": "NSKeyedArchiver",
        "$top": {"root": uid(1)},
        "$objects": objects,
    }
    return plistlib.dumps(archive, fmt=plistlib.FMT_BINARY)
