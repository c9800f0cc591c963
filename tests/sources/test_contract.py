"""What holds for every source: run over the samples in `tests/samples/<source>/<case>/`.

A case is a folder:

    input…           what the app exported: a file, or a folder
    case.toml        how to read it; every key may be missing:
                       zip = true           zip the folder `input` first
                       zone = "Europe/Rome" the clock of the machine that reads
                       me = "Ann"           the answers of the owner
                       day_first = true
                       password = "…"
    messages.jsonl   what must come out, everybody's conversations
    ledger.json      {"people": [{"name", "handles", "messages"}], "buckets": {…}, "notes": […]}

A database is kept as SQL: wherever `input` holds a file `….sql`, the reader finds the database that
it makes, without that ending.
"""

import json
import shutil
import sqlite3
import time
import tomllib
import zipfile
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from elvisbot.errors import SourceUnreadableError
from elvisbot.messages import encoded
from elvisbot.sources import Answers, Source, load, recognised, sources
from tests.sources.reading import read

SAMPLES = Path(__file__).parents[1] / "samples"
CASES = sorted(path.parent for path in SAMPLES.glob("*/*/ledger.json"))

each_case = pytest.mark.parametrize(
    "case", CASES, ids=[f"{case.parent.name}-{case.name}" for case in CASES]
)


def settings(case: Path) -> dict[str, Any]:
    file = case / "case.toml"
    return tomllib.loads(file.read_text(encoding="utf-8")) if file.exists() else {}


def answers(case: Path) -> Answers:
    chosen = settings(case)
    me = (chosen["me"],) if "me" in chosen else ()
    return Answers(me, chosen.get("day_first"), chosen.get("password"))


@pytest.fixture
def history(case: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The input of a case, laid out as the app leaves it."""
    monkeypatch.setenv("TZ", settings(case).get("zone", "UTC"))
    time.tzset()
    [given] = [path for path in case.iterdir() if path.name.startswith("input")]
    path = tmp_path / given.name
    if given.is_dir():
        shutil.copytree(given, path)
    else:
        shutil.copyfile(given, path)
    for script in sorted(tmp_path.rglob("*.sql")):
        with closing(sqlite3.connect(script.with_suffix(""))) as database:
            database.executescript(script.read_text(encoding="utf-8"))
        script.unlink()
    if settings(case).get("zip"):
        return zipped(path)
    return path.with_suffix("") if path.suffix == ".sql" else path


def zipped(folder: Path) -> Path:
    path = folder.with_suffix(".zip")
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in sorted(folder.rglob("*")):
            if file.is_file():
                archive.write(file, file.relative_to(folder))
    return path


def test_every_source_has_samples() -> None:
    assert {case.parent.name for case in CASES} == set(sources())


@pytest.mark.parametrize("key", sources())
def test_every_source_says_what_it_is(key: str) -> None:
    source: Source = load(key)
    assert source.TITLE
    assert source.__doc__


@each_case
def test_a_history_is_recognised_by_its_source_alone(case: Path, history: Path) -> None:
    assert [key for key in sources() if load(key).recognises(history)] == [case.parent.name]


@each_case
def test_every_message_comes_out_as_expected(case: Path, history: Path) -> None:
    reading = read(history, case.parent.name, answers=answers(case))

    expected = (case / "messages.jsonl").read_text(encoding="utf-8")
    assert b"".join(map(encoded, reading.messages)).decode() == expected


@each_case
def test_every_row_is_in_the_expected_bucket(case: Path, history: Path) -> None:
    reading = read(history, case.parent.name, answers=answers(case))

    expected = json.loads((case / "ledger.json").read_text(encoding="utf-8"))
    messages = [message.chat for message in reading.messages]
    people = [
        {
            "name": person.name,
            "handles": list(person.handles),
            "messages": messages.count(person.key),
        }
        for person in reading.people
    ]
    assert people == expected["people"]
    assert reading.buckets == expected["buckets"]
    assert reading.notes == expected.get("notes", [])


@each_case
def test_one_conversation_leaves_the_others_out_and_counts_them(case: Path, history: Path) -> None:
    key = case.parent.name
    everything = read(history, key, answers=answers(case))
    with load(key).opened(history, answers(case)) as opened:
        for person in opened.people:
            entries = list(opened.entries(person))
            kept = {content.id for _, content in entries if hasattr(content, "sent_at")}
            assert len(entries) == everything.rows
            assert kept == {each.id for each in everything.messages if each.chat == person.key}


@each_case
def test_reading_twice_gives_the_same(case: Path, history: Path) -> None:
    key = case.parent.name
    assert read(history, key, answers=answers(case)) == read(history, key, answers=answers(case))


def test_a_folder_of_several_apps_is_refused_with_their_names(tmp_path: Path) -> None:
    (folder := tmp_path / "exports").mkdir()
    shutil.copyfile(SAMPLES / "telegram" / "one-chat" / "input.json", folder / "result.json")
    (folder / "WhatsApp Chat with Ann.txt").write_text("13/01/2024, 22:35 - Ann: you up?\n")
    with pytest.raises(SourceUnreadableError, match=r"several apps: Telegram .*, Wh") as caught:
        recognised(folder)
    assert "one after the other" in caught.value.remedy


@pytest.mark.parametrize(
    "content", [b"", b"hello\n", b"{}", b"[]", b"<html></html>", b"PK\x03\x04", b"\x00" * 5000]
)
def test_what_no_source_knows_is_refused_with_a_list_of_what_is_known(
    tmp_path: Path, content: bytes
) -> None:
    (path := tmp_path / "thing").write_bytes(content)
    with pytest.raises(SourceUnreadableError) as caught:
        recognised(path)
    assert all(load(key).TITLE in caught.value.remedy for key in sources())
