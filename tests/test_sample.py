"""The sample history: a dataset's conversations as a chat.db."""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from elvisbot.errors import SourceUnreadableError
from elvisbot.sample import ME, write_sample_history
from tests.chatdb import read


def said(sender: str, minute: int, *said: str) -> list[dict[str, str]]:
    """A burst of the dataset."""
    return [
        {"sender": sender, "text": text, "timestamp": f"2018-05-01T10:{minute:02}:{second:02}Z"}
        for second, text in enumerate(said)
    ]


def conversation(*bursts: list[dict[str, str]]) -> dict[str, Any]:
    return {"messages": list(bursts), "start": "", "ratings": {}}


SMALL: dict[str, Any] = {
    "c3": conversation(said("ben", 30, "hey"), said(ME, 31, "who is this")),
    "c1": conversation(
        said("ana", 1, "hi"), said(ME, 2, "hello", "how are you"), said("ana", 3, "ok")
    ),
    "c2": conversation(said(ME, 10, "anyone?")),
    "c4": conversation(said("cat", 20, "secret"), said("dan", 21, "whisper"), said("cat", 22, "…")),
    "c5": conversation(said("ana", 40, "again"), said(ME, 41, " yes ")),
}


def small(folder: Path, content: Any = SMALL) -> Path:
    (dataset := folder / "dataset.json").write_text(json.dumps(content), encoding="utf-8")
    return dataset


@pytest.fixture
def sample(tmp_path: Path) -> Path:
    write_sample_history(small(tmp_path), tmp_path / "sample" / "chat.db")
    return tmp_path / "sample" / "chat.db"


def test_every_partner_is_a_contact_in_the_order_of_first_contact(sample: Path) -> None:
    first, second = read(sample, None).contacts
    assert (first, second) == ("+15550101000", "+15550101001")
    assert [(each.sender, each.text) for each in read(sample, first).messages] == [
        (first, "hi"),
        ("me", "hello"),
        ("me", "how are you"),
        (first, "ok"),
        (first, "again"),
        ("me", " yes "),
    ]
    assert [each.text for each in read(sample, second).messages] == ["hey", "who is this"]


def test_the_times_are_the_datasets(sample: Path) -> None:
    times = [message.sent_at.isoformat() for message in read(sample, "1001").messages]
    assert times == ["2018-05-01T10:30:00+00:00", "2018-05-01T10:31:00+00:00"]


def test_it_can_be_somebody_elses_history(tmp_path: Path) -> None:
    write_sample_history(small(tmp_path), path := tmp_path / "chat.db", me="ana")
    messages = read(path, None).messages
    assert [each.text for each in messages if each.sender == "me"] == ["hi", "ok", "again"]


def test_the_group_chat_stays_out(sample: Path) -> None:
    reading = read(sample, None)
    assert reading.buckets["group chat"] == 3
    assert not {"secret", "whisper", "…"} & {message.text for message in reading.messages}


def test_two_of_three_texts_are_in_the_body_alone(sample: Path) -> None:
    assert dict(rows(sample, "SELECT text IS NULL, count(*) FROM message GROUP BY 1")) == {
        0: 3,
        1: 8,
    }


def test_the_file_is_private_and_alone(sample: Path) -> None:
    assert sample.stat().st_mode & 0o777 == 0o600
    assert list(sample.parent.iterdir()) == [sample]


def test_the_same_dataset_gives_the_same_file(sample: Path, tmp_path: Path) -> None:
    write_sample_history(small(tmp_path), again := tmp_path / "again.db")
    assert again.read_bytes() == sample.read_bytes()


def test_what_real_databases_hold_besides_is_added_and_dropped(tmp_path: Path) -> None:
    bursts = [said(("ana", ME)[minute % 2], minute, *"0123456789") for minute in range(60)]
    many = {f"c{hour}": conversation(*bursts) for hour in range(4)}
    write_sample_history(small(tmp_path, {**many, "g": SMALL["c4"]}), path := tmp_path / "chat.db")

    buckets = read(path, None).buckets

    assert buckets == {
        "used": 2400,
        "reaction": 60,
        "context": 16,
        "unsent": 6,
        "group chat": 3,
        "deleted": 2,
    }
    (emoji,) = rows(
        path,
        "SELECT DISTINCT associated_message_emoji FROM message WHERE "
        "associated_message_type = 2006",
    )
    assert emoji == ("🎉",)
    joined = (
        "SELECT count(*) FROM message reaction JOIN message target "
        "ON reaction.associated_message_guid = 'p:0/' || target.guid "
        "WHERE reaction.is_from_me != target.is_from_me"
    )
    assert list(rows(path, joined)) == [(60,)]
    attached = (
        "SELECT count(*) FROM message_attachment_join JOIN attachment a ON a.ROWID = attachment_id"
    )
    assert list(rows(path, attached)) == [(16,)]


def test_the_database_is_sound(sample: Path) -> None:
    assert list(rows(sample, "PRAGMA integrity_check")) == [("ok",)]
    assert list(rows(sample, "PRAGMA foreign_key_check")) == []


@pytest.mark.parametrize(
    "content",
    [
        [],
        {},
        {"c": 1},
        {"c": {}},
        {"c": {"messages": [[{"text": "hi", "sender": "ana"}]]}},
        {"c": {"messages": [[{"text": 1, "sender": "ana", "timestamp": "2018-05-01T10:00:00Z"}]]}},
        {"c": {"messages": [[{"text": "hi", "sender": "ana", "timestamp": "yesterday"}]]}},
        {"c": {"messages": [["hi"]]}},
        {key: value for key, value in SMALL.items() if key != "c4"},
        {key: value for key, value in SMALL.items() if key == "c4"},
    ],
)
def test_another_dataset_is_refused_and_nothing_changes(tmp_path: Path, content: object) -> None:
    (path := tmp_path / "chat.db").write_text("before")
    with pytest.raises(SourceUnreadableError, match=r"chitchat-dataset 0\.9\.0"):
        write_sample_history(small(tmp_path, content), path)
    assert path.read_text() == "before"
    assert sorted(file.name for file in tmp_path.iterdir()) == ["chat.db", "dataset.json"]


@pytest.mark.parametrize("content", [b"", b"{", b"\xff"])
def test_a_damaged_dataset_is_refused(tmp_path: Path, content: bytes) -> None:
    (dataset := tmp_path / "dataset.json").write_bytes(content)
    with pytest.raises(SourceUnreadableError):
        write_sample_history(dataset, tmp_path / "chat.db")


def test_a_missing_dataset_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SourceUnreadableError, match="No such file"):
        write_sample_history(tmp_path / "dataset.json", tmp_path / "chat.db")


def rows(path: Path, query: str) -> Iterator[tuple[Any, ...]]:
    with closing(sqlite3.connect(path)) as connection:
        yield from connection.execute(query).fetchall()
