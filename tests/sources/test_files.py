"""The files of an export, and how much may come out of a zip."""

import json
import zipfile
from pathlib import Path

import pytest

from elvisbot.errors import SourceUnreadableError
from elvisbot.sources import Answers, Source, _files, _parsed, android, discord, meta, telegram
from elvisbot.sources._files import Files, opened

CHAT = {"name": "Ann", "type": "personal_chat", "id": 1}
GROUP = {"name": "All", "type": "private_group", "id": 1}
CHANNEL = {"id": "7", "type": "DirectTextChat", "name": "Ann"}
PEOPLE = [{"name": "Ann"}, {"name": "Sam"}]
FLOODED = 10_000


def packed(path: Path, **members: bytes) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return path


def flood(head: dict[str, object]) -> bytes:
    """An export of messages that are nothing."""
    messages = ",".join(["{}"] * FLOODED)
    return f'{json.dumps(head)[:-1]}, "messages": [{messages}]}}'.encode()


def read_all(files: Files) -> int:
    total = 0
    for name in files.names:
        with files.open(name) as file:
            while chunk := file.read(1 << 16):
                total += len(chunk)
    return total


def test_all_members_together_may_unpack_to_so_much(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = packed(tmp_path / "in.zip", a=bytes(40_000), b=bytes(60_000))
    monkeypatch.setattr(_files, "BYTES_PER_PACKED", 0)
    monkeypatch.setattr(_files, "MIN_BUDGET", 100_000)
    with opened(path) as files:
        assert read_all(files) == 100_000
    monkeypatch.setattr(_files, "MIN_BUDGET", 99_999)
    with pytest.raises(SourceUnreadableError) as caught, opened(path) as files:
        read_all(files)
    assert "unpack it and pass the folder" in caught.value.remedy


def test_a_zip_that_is_read_again_spends_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = packed(tmp_path / "in.zip", a=bytes(50_000))
    monkeypatch.setattr(_files, "BYTES_PER_PACKED", 0)
    monkeypatch.setattr(_files, "MIN_BUDGET", 100_000)
    with opened(path) as files:
        assert read_all(files) + read_all(files) == 100_000
        with pytest.raises(SourceUnreadableError):
            read_all(files)


def test_a_bigger_zip_may_unpack_to_more(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = packed(tmp_path / "in.zip", a=bytes(100_000))
    monkeypatch.setattr(_files, "MIN_BUDGET", 0)
    with opened(path) as files, pytest.raises(SourceUnreadableError):
        read_all(files)
    monkeypatch.setattr(_files, "BYTES_PER_PACKED", 1000)
    with opened(path) as files:
        assert read_all(files) == 100_000


@pytest.mark.parametrize(
    ("source", "content"),
    [
        (android, b"<smses>" + b"<x/>" * FLOODED + b"</smses>"),
        (android, b"<smses>" + b'<sms address="1"/>' * FLOODED + b"</smses>"),
        (telegram, flood({**CHAT})),
        (telegram, flood({**GROUP})),
        (discord, flood({"guild": {"id": "0"}, "channel": CHANNEL})),
        (discord, flood({"guild": {"id": "0"}, "channel": CHANNEL | {"type": "GuildTextChat"}})),
        (meta, flood({"participants": PEOPLE})),
        (meta, flood({"participants": [*PEOPLE, {"name": "Bo"}]})),
    ],
)
def test_rows_of_nothing_are_counted_and_not_held(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, source: Source, content: bytes
) -> None:
    name = "result.json" if source is telegram else "input.json"
    path = packed(tmp_path / "in.zip", **{name if source is not android else "in.xml": content})
    answers = Answers(me=("Sam",))
    held: list[int] = []
    shown = _parsed.Chat.shown

    def watched(chat: _parsed.Chat, person: object) -> object:
        held.append(len(chat.entries))
        return shown(chat, None)

    monkeypatch.setattr(_parsed.Chat, "shown", watched)
    with source.opened(path, answers) as history:
        assert sum(1 for _ in history.entries(None)) == FLOODED
    assert not any(held)
    monkeypatch.setattr(_parsed, "MAX_ROWS", FLOODED - 1)
    with pytest.raises(SourceUnreadableError, match="rows"), source.opened(path, answers):
        pass


def test_rows_are_counted_over_all_conversations(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = packed(tmp_path / "in.zip", **{"a.json": flood({"participants": PEOPLE})})
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("b.json", flood({"participants": PEOPLE}))
    monkeypatch.setattr(_parsed, "MAX_ROWS", 2 * FLOODED - 1)
    with pytest.raises(SourceUnreadableError), meta.opened(path, Answers(me=("Sam",))):
        pass
    monkeypatch.setattr(_parsed, "MAX_ROWS", 2 * FLOODED)
    with meta.opened(path, Answers(me=("Sam",))) as history:
        assert sum(1 for _ in history.entries(None)) == 2 * FLOODED
