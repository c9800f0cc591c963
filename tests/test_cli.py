"""The command line as a user meets it, where all goes well."""

import io
import json
import os
import re
import signal
import subprocess
import sys
import time
import urllib.request
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from shutil import copytree
from typing import Any

import pytest

from elvisbot.bots import Settings, Timing, make_bot, open_bot
from elvisbot.conversation import ME
from elvisbot.messages import encoded
from tests.chatdb import ANA, BEN, ChatDb
from tests.commands import Here, Way, command, environment, run, running, talkative
from tests.histories import said

WINDOWS = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such signals")
COMMANDS = [
    *("people", "import", "train", "score", "chat", "serve", "invite", "invites", "quiz"),
    *("export", "list", "delete", "demo"),
]
HEAVY = {"torch", "transformers", "numpy", "flask", "rich", "xllamacpp", "tokenizers"}


# Help


def test_help_lists_the_commands_in_the_order_of_the_work(elvisbot: Here) -> None:
    listed = re.findall(r"^  (\w+)  ", elvisbot("--help").out, re.MULTILINE)
    assert listed == COMMANDS


def test_help_loads_nothing_heavy(tmp_path: Path) -> None:
    tell = "import atexit, sys; atexit.register(lambda: print(*sys.modules, file=sys.stderr))"
    ended = run(tmp_path, "--help", before=tell)
    assert ended.code == 0
    assert "click" in ended.err.split()
    assert HEAVY.isdisjoint(ended.err.split())


def test_help_is_there_at_once(tmp_path: Path) -> None:
    def seconds() -> float:
        started = time.monotonic()
        run(tmp_path, "--help")
        return time.monotonic() - started

    assert min(seconds() for _ in range(5)) < 0.5


@pytest.mark.parametrize("option", ["--help", "-h"])
@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_explains_itself(elvisbot: Here, name: str, option: str) -> None:
    ended = elvisbot(name, option)
    assert ended.code == 0
    assert ended.out.startswith(f"Usage: elvisbot {name}")


# People and import


def test_people_are_listed_most_messages_first(elvisbot: Here, tmp_path: Path) -> None:
    ended = elvisbot("people", talkative(tmp_path).done())
    rows = [line.split() for line in ended.out.splitlines()]
    assert rows == [
        ["Person", "Messages", "Yours", "First", "Last", "By"],
        [ANA, "161", "81", "2024-05-02", "2024-05-09", "iMessage", "161"],
        [BEN, "2", "1", "2024-05-09", "2024-05-09", "iMessage", "2"],
    ]


def test_people_as_json(elvisbot: Here, tmp_path: Path) -> None:
    first, second = json.loads(elvisbot("people", "--json", talkative(tmp_path).done()).out)
    assert (first["name"], first["handles"], first["messages"]) == (ANA, [ANA], 161)
    assert (first["mine"], first["services"]) == (81, {"iMessage": 161})
    assert (second["name"], second["messages"]) == (BEN, 2)
    assert first["first"] == "2024-05-02T12:00:00+00:00"
    assert first["first"] < second["first"] < second["last"] < first["last"]


def test_a_history_without_people_says_so(elvisbot: Here, tmp_path: Path) -> None:
    history = ChatDb(tmp_path).group("hi all").done()
    assert elvisbot("people", history) == (
        0,
        "",
        "There is no text in any one-to-one conversation there.\n",
    )
    assert json.loads(elvisbot("people", "--json", history).out) == []


def test_a_name_cannot_command_the_terminal(elvisbot: Here, tmp_path: Path) -> None:
    history = ChatDb(tmp_path).hear("hi", by="\x1b[2JEve").done()
    assert "\x1b" not in elvisbot("people", history).out


def test_import_says_what_was_kept_and_dropped(elvisbot: Here, tmp_path: Path) -> None:
    ended = elvisbot("import", "ana", "--with", "(555) 010-0001", talkative(tmp_path).done())
    assert ended.code == 0
    assert [line.strip() for line in ended.out.splitlines()] == [
        "160  used: what was typed",
        "2  another conversation",
        "1  reactions, attached where their message is known",
        "1  context: pictures, apps, voices",
        "1  group chat",
        "165  rows in the history",
        "161 messages with 1 person: 161 new, 0 changed, 0 gone since the last import.",
        "70 replies to learn from and 10 held out, in 8 sessions.",
    ]
    assert ended.err.splitlines() == [
        f"Reading {ANA} from Messages of a Mac (chat.db): {tmp_path / 'chat.db'}",
        "A turn ends after 10 min (default), a session after 60 min (default) of silence.",
        "The times of the messages do not tell how long you take; the bot types as is usual.",
        "Next: elvisbot train ana",
    ]


def test_import_names_everything_that_it_takes_for_one_person(
    elvisbot: Here, tmp_path: Path
) -> None:
    chat = ChatDb(tmp_path).say("hi").sms("yo", by="(555) 010-0001")
    ended = elvisbot("import", "ana", "--with", ANA, chat.done())
    assert ended.err.startswith(f"Reading {ANA} ((555) 010-0001) from ")


def test_a_second_history_adds_to_the_bot(elvisbot: Here, tmp_path: Path) -> None:
    elvisbot("import", "ana", "--with", ANA, talkative(tmp_path).done())
    (other := tmp_path / "more.jsonl").write_text(
        '{"from": "Ana", "sent_at": "2025-01-01T12:00:00Z", "text": "new phone!"}\n'
        '{"from": "me", "sent_at": "2025-01-01T12:01:00Z", "text": "nice"}\n'
    )
    ended = elvisbot("import", "ana", "--with", "Ana", other)
    assert (
        "ana is made of 2 conversations now; 0 messages were in two of them and count once."
        in ended.out
    )
    assert "163 messages with 1 person: 2 new, 0 changed, 0 gone" in ended.out
    ended = elvisbot("import", "ana", "--with", "Ana", other, "--anew")
    assert "2 messages with 1 person: 0 new, 0 changed, 161 gone" in ended.out


def test_the_gaps_can_be_set(elvisbot: Here, tmp_path: Path) -> None:
    options = ("--turn-gap", "5", "--session-gap", "45")
    ended = elvisbot("import", "ana", "--with", ANA, talkative(tmp_path).done(), *options)
    assert "A turn ends after 5 min (set), a session after 45 min (set) of silence." in ended.err
    assert open_bot("ana").settings.pairs.session_gap_minutes == 45


def whatsapp(folder: Path) -> Path:
    (path := folder / "WhatsApp Chat with Ann.txt").write_text(
        "13/01/2024, 22:35 - Ann: you up?\n13/01/2024, 22:36 - Ben B: yes\n"
    )
    return path


def test_who_you_are_can_be_said_where_an_export_does_not_tell(
    elvisbot: Here, tmp_path: Path
) -> None:
    ended = elvisbot("people", whatsapp(tmp_path), "--me", "ben b", "--json")
    assert [person["name"] for person in json.loads(ended.out)] == ["Ann"]


class Terminal(io.StringIO):
    """What is typed into a terminal."""

    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize("typed", ["Ben B\n", "1\n", "ben\n", "0\n3\nx\n1\n"])
def test_who_you_are_is_asked_in_a_terminal(
    elvisbot: Here, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, typed: str
) -> None:
    monkeypatch.setattr(sys, "stdin", Terminal(typed))
    ended = elvisbot("import", "ann", "--with", "Ann", whatsapp(tmp_path), "--json")
    assert json.loads(ended.out)["contacts"] == ["Ann"]
    assert "does not tell which of the" in ended.err
    assert "1  Ben B" in ended.err


def test_import_says_when_there_is_too_little_to_train_on(elvisbot: Here, tmp_path: Path) -> None:
    ended = elvisbot("import", "Ben B", "--with", BEN, talkative(tmp_path).done())
    assert ended.code == 0
    assert "2 messages with 1 person: 2 new" in ended.out
    assert "1 reply to learn from" in ended.out
    assert f"elvisbot import 'Ben B' --with everyone {tmp_path / 'chat.db'}" in ended.err


def test_import_says_how_long_you_take(elvisbot: Here, tmp_path: Path) -> None:
    lines: list[tuple[str, float, str]] = []
    for number in range(200):
        moment = number * 86_400.0
        lines += [("ana", moment, "hm?"), (ME, moment + 30, "so"), (ME, moment + 37, "so")]
    (path := tmp_path / "history.jsonl").write_bytes(b"".join(map(encoded, said(*lines))))
    told = elvisbot("import", "ana", "--with", "everyone", path).err
    assert "You begin to answer after 23 s and take 7 s for a further message of 10" in told


def test_import_as_json_accounts_for_every_row(tmp_path: Path) -> None:
    history = talkative(tmp_path).done()
    ended = run(tmp_path / "home", "import", "all", "--with", "everyone", "--json", str(history))
    assert ended.code == 0
    assert ended.err.count("\n") == 1
    document = json.loads(ended.out)
    assert (document["bot"], document["source"]) == ("all", "imessage")
    assert document["rows"] == sum(document["buckets"].values()) == 165
    assert document["buckets"]["used"] == 162
    assert document["messages"] == 163
    assert document["changes"] == {"new": 163, "edited": 0, "gone": 0}
    assert document["contacts"] == [ANA, BEN]
    assert document["pairs"] == {"train": 70, "heldout": 11}
    assert document["timing"] == {**asdict(Timing()), "begin": []}


def test_json_is_complete_even_where_the_output_is_ascii(tmp_path: Path) -> None:
    history = ChatDb(tmp_path).hear("hi", by="josé@example.org").done()
    ended = run(tmp_path, "people", "--json", str(history), PYTHONIOENCODING="ascii")
    assert json.loads(ended.out)[0]["name"] == "josé@example.org"


def test_importing_again_keeps_the_model_and_the_settings(
    elvisbot: Here, way: Way, home: Path, tmp_path: Path
) -> None:
    copytree(way.home, home)
    bot = open_bot("ana")
    settings = (bot.path / "bot.toml").read_text()
    (bot.path / "bot.toml").write_text(
        settings.replace("temperature = 1.0\n", "temperature = 0.7\n")
    )
    model = bot.gguf.read_bytes()
    talkative(tmp_path).hear("one more?").say("sure").done()
    ended = elvisbot("import", "ana", "--with", ANA, "--json", tmp_path / "chat.db")
    assert json.loads(ended.out)["messages"] == 163
    assert len(bot.messages.read_bytes().splitlines()) == 163
    assert bot.gguf.read_bytes() == model
    assert bot.settings.decoding.temperature == 0.7
    assert bot.settings.recipe.base == str(way.base)
    assert {path.name for path in bot.path.iterdir()} == {
        *("bot.toml", "imports", "messages.jsonl", "pairs"),
        *("run", "model", "model.gguf"),
    }


# Train


def test_train_as_json_prints_one_document_and_its_progress_elsewhere(way: Way) -> None:
    code, out, err = way.training
    document = json.loads(out)
    assert code == 0
    assert document["bits_per_char"]["after"] < document["bits_per_char"]["before"]
    assert document["seconds"] > 0
    assert document["tokens_per_second"] > 0
    assert document["complete"]
    assert document["bot"] == "ana"
    assert "Training on 70 replies" in err
    assert "100% · loss" in err
    assert "Saving the model, and as GGUF" in err
    assert "warning" not in err.lower()


@WINDOWS
def test_ctrl_c_ends_a_training_early_and_keeps_what_was_learnt(way: Way, tmp_path: Path) -> None:
    home = tmp_path / "home"
    copytree(way.home, home)
    (home / "ana" / "model.gguf").unlink()
    arguments = ("train", "ana", "--base", str(way.base), "--epochs", "500", "--json")
    with running(home, *arguments) as process:
        assert process.stderr is not None
        while "loss" not in process.stderr.readline():
            assert process.poll() is None
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)
    assert process.returncode == 0, err
    assert json.loads(out)["complete"] is False
    assert (home / "ana" / "model.gguf").is_file()


# Chat and serve


def test_chat_answers_every_line_of_a_pipe(way: Way) -> None:
    ended = run(way.home, "chat", "ana", typed="what about tea?\n\nand rain?")
    assert (ended.code, ended.err) == (0, "")
    assert len(ended.out.splitlines()) >= 2
    assert all(line.startswith("ana: ") for line in ended.out.splitlines())


def test_chat_with_the_echo_needs_no_model(elvisbot: Here, tmp_path: Path) -> None:
    history = talkative(tmp_path).done()
    elvisbot("import", "ana", "--with", ANA, history)
    ended = run(tmp_path / "home", "chat", "ana", "--engine", "echo", typed="hello\n")
    assert (ended.code, ended.err) == (0, "")
    assert "hello" in ended.out.lower()


def asked(url: str, body: dict[str, Any] | None = None) -> tuple[int, str]:
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=60) as response:
        return response.status, response.read().decode()


@WINDOWS
def test_serve_answers_without_torch_and_ends_in_peace(way: Way) -> None:
    with running(way.home, "serve", "ana", "--no-browser", "--port", "0") as process:
        assert process.stdout is not None
        url = re.findall(r"http://127\.0\.0\.1:\d+", process.stdout.readline())[0]

        assert asked(f"{url}/healthz")[0] == 200
        told = json.loads(asked(f"{url}/api/bot")[1])
        assert (told["name"], told["flush_seconds"]) == ("ana", 5.0)
        said = {"id": "1", "from": "them", "text": "hi", "sent_at": "2024-05-01T12:00:00Z"}
        events = [
            json.loads(line)
            for line in asked(f"{url}/api/reply", {"messages": [said]})[1].splitlines()
            if line
        ]
        assert events[0]["event"] == "typing"
        assert events[-1]["event"] == "done"
        assert "bubble" in [event["event"] for event in events]
        if (maps := Path(f"/proc/{process.pid}/maps")).exists():
            assert "torch" not in maps.read_text()

        process.send_signal(signal.SIGTERM)
        out, err = process.communicate(timeout=30)
    assert (process.returncode, out, err) == (0, "", "")


def test_in_real_time_the_bot_begins_when_the_person_would(home: Path) -> None:
    make_bot("ana").save(Settings(timing=Timing(begin=(3600.0,) * 24)))
    options = ("--engine", "echo", "--no-browser", "--port", "0", "--real-time")
    with running(home, "serve", "ana", *options) as process:
        assert process.stdout is not None
        url = re.findall(r"http://127\.0\.0\.1:\d+", process.stdout.readline())[0]
        now = datetime.now(UTC).isoformat()
        said = {"id": "1", "from": "them", "text": "hi", "sent_at": now}
        first, *_ = asked(f"{url}/api/reply", {"messages": [said]})[1].splitlines()
    begins = json.loads(first)["after"]
    assert begins == pytest.approx(3600.0, abs=30)


def test_a_damaged_file_of_reactions_is_a_problem(elvisbot: Here) -> None:
    (bot := make_bot("ana")).save(Settings())
    bot.model.mkdir()
    bot.reactions.write_text("{")
    ended = elvisbot("chat", "ana", "--engine", "echo")
    assert ended.code == 1
    assert "reactions.json is damaged" in ended.err


# List and delete


def test_list_shows_the_bots(elvisbot: Here, way: Way, home: Path) -> None:
    copytree(way.home, home)
    elvisbot("import", "ben", "--with", BEN, way.history)
    rows = [line.split(maxsplit=3) for line in elvisbot("list").out.splitlines()]
    assert [[name, who, messages] for name, who, messages, _ in rows[1:]] == [
        ["ana", ANA, "161"],
        ["ben", BEN, "2"],
    ]
    assert rows[2][3].strip() == "not trained yet"
    assert json.loads(elvisbot("list", "--json").out) == [
        {
            "name": "ana",
            "messages": 161,
            "contacts": [ANA],
            "base": str(way.base),
            "trained": True,
        },
        {
            "name": "ben",
            "messages": 2,
            "contacts": [BEN],
            "base": "smollm2-135m",
            "trained": False,
        },
    ]


def test_list_without_bots_says_how_to_make_one(elvisbot: Here, home: Path) -> None:
    ended = elvisbot("list")
    assert (ended.code, ended.out) == (0, "")
    assert "elvisbot import" in ended.err
    assert json.loads(elvisbot("list", "--json").out) == []
    assert not home.exists()


def test_delete_asks_first(way: Way, tmp_path: Path) -> None:
    home = tmp_path / "home"
    copytree(way.home, home)
    refused = run(home, "delete", "ana", typed="n\n")
    assert refused.code == 1
    assert (home / "ana").is_dir()
    assert run(home, "delete", "ana", typed="y\n").code == 0
    assert not (home / "ana").exists()


def test_delete_with_yes_does_not_ask(elvisbot: Here, way: Way, home: Path) -> None:
    copytree(way.home, home)
    assert elvisbot("delete", "ana", "--yes") == (0, "ana is gone.\n", "")
    assert list(home.iterdir()) == []


@WINDOWS
def test_a_pipe_that_closes_early_is_no_error(tmp_path: Path) -> None:
    history = talkative(tmp_path).done()
    reading, writing = os.pipe()
    os.close(reading)
    done = subprocess.run(
        command("people", str(history)),
        stdout=writing,
        stderr=subprocess.PIPE,
        check=False,
        env=environment(tmp_path),
    )
    os.close(writing)
    assert done.stderr == b""
