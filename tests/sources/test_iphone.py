"""Backups of an iPhone: what the samples cannot show."""

import contextlib
import functools
import os
import plistlib
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from elvisbot.errors import (
    ElvisBotError,
    MissingExtraError,
    NeedsAnswerError,
    SourceUnreadableError,
    UsageError,
)
from elvisbot.sample.chatdb import ChatDatabase
from elvisbot.sources import Answers, iphone
from elvisbot.sources._plists import MAX_SIZE
from tests.addressbooks import Card, iphone_book
from tests.iphone_backup import (
    ADDRESS_BOOK,
    MESSAGES,
    PASSWORD,
    EncryptedBackup,
    describe,
    place,
    plain_backup,
    write,
)
from tests.plists import overlapping
from tests.sources.reading import Reading, read

ANA = "+15550100001"
UNLOCKED = Answers(password=PASSWORD)
NOON = datetime(2024, 5, 1, 12, tzinfo=UTC)


@functools.cache
def phone() -> dict[str, bytes]:
    """The databases of a phone: one conversation, and its person in the address book."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with ChatDatabase(folder / "sms.db") as messages:
            chat = messages.conversation(ANA)
            messages.message(chat, ANA, NOON, text="you up? 🌙")
            messages.message(chat, None, NOON, text="sempre")
        book = iphone_book(folder / "book", Card("Ana", "Silva", numbers=("(555) 010-0001",)))
        return {MESSAGES: (folder / "sms.db").read_bytes(), ADDRESS_BOOK: book.read_bytes()}


@pytest.fixture
def files() -> dict[str, bytes]:
    return phone()


@pytest.fixture
def plain(tmp_path: Path, files: dict[str, bytes]) -> Path:
    return plain_backup(tmp_path / "backup", files)


@pytest.fixture
def encrypted(tmp_path: Path, files: dict[str, bytes]) -> EncryptedBackup:
    backup = EncryptedBackup(tmp_path / "backup")
    for name, content in files.items():
        backup.add(name, content)
    return backup


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where temporary files go."""
    (folder := tmp_path / "temporary").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


def refusal(path: Path, answers: Answers = UNLOCKED) -> ElvisBotError:
    with pytest.raises(ElvisBotError) as caught:
        read(path, answers=answers)
    assert caught.value.remedy
    return caught.value


def said(reading: Reading) -> list[tuple[str, str]]:
    return [(message.sender, message.text) for message in reading.messages]


def edit_manifest(backup: Path, **changes: Any) -> Path:
    path = backup / "Manifest.plist"
    path.write_bytes(plistlib.dumps(plistlib.loads(path.read_bytes()) | changes))
    return backup


def test_messages_keep_the_ids_that_they_have_on_a_mac(
    tmp_path: Path, plain: Path, files: dict[str, bytes]
) -> None:
    (tmp_path / "chat.db").write_bytes(files[MESSAGES])
    on_a_mac = read(tmp_path / "chat.db").messages
    assert read(plain).messages == on_a_mac


def test_people_are_called_as_on_the_phone(plain: Path) -> None:
    [person] = read(plain, "iphone").people
    assert (person.name, person.handles) == ("Ana Silva", (ANA,))


@pytest.mark.parametrize("missing", ["Manifest.plist", "Manifest.db"])
def test_one_manifest_is_enough_to_be_recognised(tmp_path: Path, missing: str) -> None:
    for name in {"Manifest.plist", "Manifest.db"} - {missing}:
        (tmp_path / name).touch()
    assert iphone.recognises(tmp_path)


def test_links_and_folders_called_like_manifests_are_not_recognised(tmp_path: Path) -> None:
    (tmp_path / "Manifest.db").mkdir()
    (tmp_path / "Manifest.plist").symlink_to("/etc/hostname")
    assert not iphone.recognises(tmp_path)
    assert not iphone.recognises(tmp_path / "Manifest.plist")


def test_a_folder_with_a_link_to_a_backup_is_not_recognised(tmp_path: Path, plain: Path) -> None:
    (tmp_path / "backups").mkdir()
    (tmp_path / "backups" / "linked").symlink_to(plain)
    assert not iphone.recognises(tmp_path / "backups")


def test_a_backup_may_itself_be_reached_by_a_link(tmp_path: Path, plain: Path) -> None:
    (tmp_path / "linked").symlink_to(plain)
    assert read(tmp_path / "linked", "iphone").messages


def test_what_is_no_backup_is_refused_with_what_to_pass(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "nothing"):
        with pytest.raises(SourceUnreadableError) as caught, iphone.opened(path, Answers()):
            pass
        assert "Manifest.plist" in caught.value.remedy


def test_of_several_backups_one_has_to_be_chosen(tmp_path: Path, files: dict[str, bytes]) -> None:
    old = plain_backup(tmp_path / "Backup" / "1111", files)
    describe(old, "Mia’s old\x1b iPhone", datetime(2019, 12, 31, 23, 0))
    new = plain_backup(tmp_path / "Backup" / "0000", files)
    describe(new, "Mia’s iPhone", datetime(2024, 5, 1, 12, 0))
    odd = plain_backup(tmp_path / "Backup" / "2222", files)
    (odd / "Info.plist").write_bytes(b"garbage")

    error = refusal(tmp_path / "Backup")

    assert isinstance(error, UsageError)
    assert error.problem == f"{tmp_path / 'Backup'} holds 3 backups."
    assert error.remedy == (
        f"Pass the folder of one: {new} (Mia’s iPhone, 2024-05-01); "
        f"{old} (Mia’s old iPhone, 2019-12-31); {odd} (of an unknown device)"
    )


def test_a_long_list_of_backups_is_cut(tmp_path: Path) -> None:
    for number in range(12):
        plain_backup(tmp_path / "Backup" / f"{number:04}", {})
    error = refusal(tmp_path / "Backup")
    assert "holds 12 backups" in error.problem
    assert error.remedy.count("of an unknown device") == 10


def test_a_backup_without_messages_says_where_they_may_be(tmp_path: Path) -> None:
    error = refusal(plain_backup(tmp_path / "backup", {}))
    assert "holds no messages" in error.problem
    assert "iCloud" in error.remedy


def test_a_backup_that_was_interrupted_is_not_complete(plain: Path) -> None:
    (plain / "Manifest.plist").unlink()
    (plain / "Manifest.db").touch()
    assert "Manifest.plist is missing" in refusal(plain).problem


def test_a_cut_database_of_messages_is_refused_by_its_path(
    plain: Path, files: dict[str, bytes]
) -> None:
    for size in (0, 99, 100, 4096, 5000):
        write(plain, place(MESSAGES), files[MESSAGES][:size])
        assert str(plain / place(MESSAGES)) in refusal(plain).problem


def test_a_damaged_address_book_leaves_people_unnamed(plain: Path) -> None:
    write(plain, place(ADDRESS_BOOK), b"garbage")
    reading = read(plain)
    assert [person.name for person in reading.people] == [ANA]
    assert "named by their numbers" in reading.notes[0]


@pytest.mark.parametrize(
    "linked", ["Manifest.plist", "3d", place(MESSAGES), f"{place(MESSAGES)}-wal"]
)
def test_links_inside_a_backup_are_refused(tmp_path: Path, plain: Path, linked: str) -> None:
    (plain / "Manifest.db").touch()
    if (plain / linked).exists():
        (plain / linked).rename(tmp_path / "elsewhere")
    (plain / linked).symlink_to(tmp_path / "elsewhere")
    assert refusal(plain).problem == f"{plain / linked} is a symbolic link."


def test_a_linked_address_book_is_not_read(tmp_path: Path, plain: Path) -> None:
    (plain / place(ADDRESS_BOOK)).rename(tmp_path / "elsewhere")
    (plain / place(ADDRESS_BOOK)).symlink_to(tmp_path / "elsewhere")
    assert [person.name for person in read(plain).people] == [ANA]


def test_a_pipe_in_place_of_a_file_does_not_block(plain: Path) -> None:
    (plain / place(MESSAGES)).unlink()
    os.mkfifo(plain / place(MESSAGES))
    assert "holds no messages" in refusal(plain).problem


@pytest.mark.skipif(os.geteuid() == 0, reason="nothing is forbidden to root")
@pytest.mark.parametrize("forbidden", [".", "Manifest.plist", "3d", place(MESSAGES)])
def test_what_may_not_be_read_is_named(plain: Path, forbidden: str) -> None:
    (plain / forbidden).chmod(0)
    try:
        error = refusal(plain)
    finally:
        (plain / forbidden).chmod(0o700)
    assert "may not be read" in error.problem or "macOS refused" in error.problem


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"garbage",
        b"bplist00" + b"\xff" * 100,
        plistlib.dumps("text"),
        plistlib.dumps({"IsEncrypted": False})[:-9],
        overlapping(200_000, 1_000_000),
        plistlib.dumps({"long": bytes(MAX_SIZE)}, fmt=plistlib.FMT_BINARY),
    ],
    ids=lambda content: f"{content[:20]!r}-{len(content)}",
)
def test_a_manifest_that_makes_no_sense_is_refused(plain: Path, content: bytes) -> None:
    (plain / "Manifest.plist").write_bytes(content)
    assert f"{plain / 'Manifest.plist'} cannot be read" in refusal(plain).problem


def test_a_long_manifest_of_many_apps_is_read(plain: Path) -> None:
    apps = {f"com.example.app{number}": {"Path": "/" + "x" * 200} for number in range(5000)}
    assert read(edit_manifest(plain, Applications=apps), "iphone").messages


@pytest.mark.parametrize("value", [False, 0, "", [], {}])
def test_a_backup_is_not_encrypted_unless_it_says_so(plain: Path, value: Any) -> None:
    assert read(edit_manifest(plain, IsEncrypted=value), "iphone").messages


def test_an_encrypted_backup_gives_what_a_plain_one_gives(
    tmp_path: Path, encrypted: EncryptedBackup, files: dict[str, bytes]
) -> None:
    reading = read(encrypted.done(), "iphone", answers=UNLOCKED)
    assert said(reading) == [(ANA, "you up? 🌙"), ("me", "sempre")]
    assert [person.name for person in reading.people] == ["Ana Silva"]
    assert reading == read(plain_backup(tmp_path / "plain", files))


def test_decrypted_files_are_private_and_gone_at_the_end(
    encrypted: EncryptedBackup, temporary: Path
) -> None:
    with iphone.opened(encrypted.done(), UNLOCKED):
        folders = list(temporary.iterdir())
        assert [folder.stat().st_mode & 0o777 for folder in folders] == [0o700] * len(folders)
        assert [file for file in temporary.rglob("*") if file.name == "Manifest.db"]
    assert list(temporary.iterdir()) == []


def test_nothing_is_printed(
    encrypted: EncryptedBackup, files: dict[str, bytes], capfd: pytest.CaptureFixture[str]
) -> None:
    encrypted.rows.clear()
    read(encrypted.add(MESSAGES, files[MESSAGES], Size=1).done(), answers=UNLOCKED)
    assert capfd.readouterr() == ("", "")


def test_the_password_is_asked_for(encrypted: EncryptedBackup) -> None:
    error = refusal(encrypted.done(), Answers())
    assert isinstance(error, NeedsAnswerError)
    assert error.question == "password"
    assert "ELVISBOT_BACKUP_PASSWORD" in error.remedy


@pytest.mark.parametrize("password", ["", "wrong", PASSWORD + " ", "\ud800", "ä" * 10_000])
def test_a_wrong_password_is_refused(
    encrypted: EncryptedBackup, temporary: Path, password: str
) -> None:
    error = refusal(encrypted.done(), Answers(password=password))
    assert isinstance(error, SourceUnreadableError)
    assert "password" in error.problem
    assert list(temporary.iterdir()) == []


def test_without_the_package_the_extra_is_named(encrypted: EncryptedBackup) -> None:
    script = (
        "import sys; sys.modules['iphone_backup_decrypt'] = None\n"
        "from pathlib import Path; from elvisbot.sources import Answers, iphone\n"
        "try:\n with iphone.opened(Path(sys.argv[1]), Answers()): pass\n"
        "except Exception as error: print(type(error).__name__, error.remedy)"
    )
    ran = subprocess.run(
        [sys.executable, "-c", script, encrypted.done()], capture_output=True, text=True, check=True
    )
    assert ran.stdout.split(" ", 1)[0] == MissingExtraError.__name__
    assert "pip install '.[iphone]'" in ran.stdout


def test_an_encrypted_backup_without_messages_says_where_they_may_be(tmp_path: Path) -> None:
    backup = EncryptedBackup(tmp_path / "backup").add("HomeDomain-other", b"content").done()
    assert "iCloud" in refusal(backup).remedy


def test_an_encrypted_backup_without_a_readable_address_book_leaves_people_unnamed(
    tmp_path: Path, files: dict[str, bytes]
) -> None:
    backup = EncryptedBackup(tmp_path / "backup").add(MESSAGES, files[MESSAGES])
    reading = read(backup.add(ADDRESS_BOOK, b"garbage").done(), answers=UNLOCKED)
    assert [person.name for person in reading.people] == [ANA]
    assert "named by their numbers" in reading.notes[0]


def test_where_the_encrypted_manifest_says_that_files_lie_does_not_matter(
    encrypted: EncryptedBackup,
) -> None:
    encrypted.rows = [
        (file, "AppDomain", "../../../etc/passwd", 4, record) for file, *_, record in encrypted.rows
    ]
    assert read(encrypted.done(), answers=UNLOCKED).messages


def without_record(backup: EncryptedBackup) -> None:
    backup.rows.clear()


def with_record(record: Any) -> Callable[[EncryptedBackup], None]:
    def change(backup: EncryptedBackup) -> None:
        backup.rows = [(*row[:4], record) for row in backup.rows]

    return change


def with_manifest(**changes: Any) -> Callable[[EncryptedBackup], None]:
    return lambda backup: backup.manifest.update(changes)


@pytest.mark.parametrize(
    "change",
    [
        without_record,
        with_record(None),
        with_record(7),
        with_record("text"),
        with_record(b""),
        with_record(plistlib.dumps({})),
        with_record(b"<plist><dict><key>$top</key><dict/></dict></plist>"),
        with_record(plistlib.dumps({"$top": {"root": 1}, "$objects": [{}]})),
        with_record(overlapping(500, 5000)),
        with_record(bytes(200_000)),
        with_manifest(ManifestKey=b""),
        with_manifest(ManifestKey=7),
        with_manifest(ManifestKey=bytes(44)),
        with_manifest(ManifestKey=b"\x09\0\0\0" + bytes(40)),
        with_manifest(BackupKeyBag=b""),
        with_manifest(BackupKeyBag=["x"]),
        with_manifest(BackupKeyBag=7),
        with_manifest(BackupKeyBag=bytes(1 << 17)),
        with_manifest(BackupKeyBag=b"TYPE\0\0\0\4\0\0\0\7"),
        with_manifest(BackupKeyBag=b"DPIC\0\0\0\4\xff\xff\xff\xff"),
        with_manifest(BackupKeyBag=b"UUID\0\0\0\1uUUID\0\0\0\1uUUID\0\0\0\1u"),
    ],
)
def test_an_encrypted_backup_that_makes_no_sense_is_refused(
    encrypted: EncryptedBackup, temporary: Path, change: Callable[[EncryptedBackup], None]
) -> None:
    change(encrypted)
    error = refusal(encrypted.done())
    assert "cannot be decrypted" in error.problem
    assert list(temporary.iterdir()) == []


@pytest.mark.parametrize(
    "record",
    [
        {"ProtectionClass": 9},
        {"ProtectionClass": "3"},
        {"ProtectionClass": []},
        {"Size": "big"},
        {"Size": float("inf")},
        {"Mode": "rw"},
        {"EncryptionKey": plistlib.UID(0)},
        {"EncryptionKey": plistlib.UID(99)},
        {"EncryptionKey": "key"},
        {"Target": 1},
    ],
)
def test_a_record_of_wrong_types_is_refused(
    tmp_path: Path, files: dict[str, bytes], record: dict[str, Any]
) -> None:
    backup = EncryptedBackup(tmp_path / "backup").add(MESSAGES, files[MESSAGES], **record)
    assert "cannot be decrypted" in refusal(backup.done()).problem


@pytest.mark.parametrize(
    ("change", "name"),
    [(lambda content: content[:-1], "cut"), (lambda content: content[:-16], "a block short")],
    ids=lambda each: each if isinstance(each, str) else "",
)
def test_a_cut_encrypted_file_is_refused_by_its_path(
    encrypted: EncryptedBackup, change: Callable[[bytes], bytes], name: str
) -> None:
    backup = encrypted.done()
    file = backup / place(MESSAGES)
    file.write_bytes(change(file.read_bytes()))
    assert refusal(backup).problem == f"{file} cannot be read: it cannot be decrypted."


def test_what_is_decrypted_to_garbage_is_refused_by_the_path_in_the_backup(
    tmp_path: Path, temporary: Path
) -> None:
    backup = EncryptedBackup(tmp_path / "backup").add(MESSAGES, b"garbage" * 100).done()
    problem = refusal(backup).problem
    assert problem.startswith(f"{backup / place(MESSAGES)} cannot be read")
    assert str(temporary) not in problem


@pytest.mark.parametrize("content", [b"", b"garbage" * 100, None])
def test_a_damaged_encrypted_manifest_is_refused(
    encrypted: EncryptedBackup, content: bytes | None
) -> None:
    backup = encrypted.done()
    if content is None:
        (backup / "Manifest.db").unlink()
    else:
        encrypted.write_manifest_db(content)
    assert str(backup) in refusal(backup).problem


def test_a_manifest_that_would_run_a_query_is_refused(
    encrypted: EncryptedBackup, tmp_path: Path
) -> None:
    backup = encrypted.done()
    with closing(sqlite3.connect(tmp_path / "endless")) as database:
        database.execute(
            "CREATE VIEW Files AS WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) "
            "SELECT i AS fileID, i AS file FROM n"
        )
    encrypted.write_manifest_db((tmp_path / "endless").read_bytes())
    assert "not a plain table" in refusal(backup).problem


@pytest.mark.parametrize("linked", ["Manifest.db", place(MESSAGES)])
def test_links_inside_an_encrypted_backup_are_refused(
    tmp_path: Path, encrypted: EncryptedBackup, linked: str
) -> None:
    backup = encrypted.done()
    (backup / linked).rename(tmp_path / "elsewhere")
    (backup / linked).symlink_to(tmp_path / "elsewhere")
    assert refusal(backup).problem == f"{backup / linked} is a symbolic link."


NAMES = ("Manifest.plist", "Manifest.db", place(MESSAGES), place(ADDRESS_BOOK))


@settings(max_examples=100, deadline=None)
@given(
    is_encrypted=st.booleans(),
    name=st.sampled_from(NAMES),
    cut=st.integers(0, 1 << 20),
    spots=st.lists(st.tuples(st.integers(0, 1 << 20), st.integers(0, 255)), max_size=20),
)
def test_no_damage_raises_anything_but_a_problem_with_a_remedy(
    is_encrypted: bool, name: str, cut: int, spots: list[tuple[int, int]]
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        backup = Path(folder) / "backup"
        if is_encrypted:
            made = EncryptedBackup(backup)
            for each, content in phone().items():
                made.add(each, content)
            made.done()
        else:
            plain_backup(backup, phone())
        damage(backup / name, cut, spots)
        with contextlib.suppress(ElvisBotError):
            read(backup, answers=UNLOCKED)


def damage(path: Path, cut: int, spots: list[tuple[int, int]]) -> None:
    """Overwrite some bytes of a file, and perhaps cut its end off."""
    if not path.exists():
        return
    content = bytearray(path.read_bytes())
    for spot, value in spots:
        content[spot % len(content)] = value
    path.write_bytes(content[: max(cut, 0)] if cut < len(content) else content)


@settings(max_examples=100, deadline=None)
@given(
    st.dictionaries(
        st.sampled_from(["IsEncrypted", "BackupKeyBag", "ManifestKey", "Lockdown"]),
        st.recursive(
            st.booleans() | st.integers(-5, 5) | st.binary(max_size=80) | st.text(max_size=5),
            lambda inner: (
                st.lists(inner, max_size=3)
                | st.dictionaries(st.text("abc", max_size=2), inner, max_size=3)
            ),
        ),
    )
)
def test_a_manifest_of_any_types_raises_nothing_else(manifest: dict[str, Any]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        backup = plain_backup(Path(folder) / "backup", {MESSAGES: phone()[MESSAGES]})
        shutil.copyfile(backup / place(MESSAGES), backup / "Manifest.db")
        try:
            edit_manifest(backup, **manifest)
        except (OverflowError, ValueError):  # characters that a property list cannot hold
            return
        with contextlib.suppress(ElvisBotError):
            read(backup, answers=UNLOCKED)
