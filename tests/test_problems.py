"""Bad input on the command line: one clear problem and its remedy, and nothing half-written."""

import os
import signal
import socket
import sqlite3
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from shutil import copytree

import pytest

from elvisbot.bots import Settings, make_bot
from tests.chatdb import ANA, BEN, ChatDb
from tests.commands import Ended, Here, Way, contents, run, talkative

NOT_ON_WINDOWS = pytest.mark.skipif(sys.platform == "win32", reason="a thing of Unix")
Refused = Callable[..., str]


def complaint(ended: Ended) -> str:
    """What a command that failed printed, seen to be a problem and its remedy, no traceback."""
    assert ended.code == 1
    assert ended.out == ""
    assert "Traceback" not in ended.err
    problem, remedy = ended.err.splitlines()[-2:]
    assert problem.endswith((".", ")", "…"))
    assert len(remedy) > 10
    return ended.err


@pytest.fixture
def refused(elvisbot: Here, home: Path) -> Refused:
    """Runs a command that must fail and leave the home as it was; returns what it printed."""

    def call(*arguments: object) -> str:
        before = contents(home) if home.exists() else {}
        message = complaint(elvisbot(*arguments))
        assert (contents(home) if home.exists() else {}) == before
        lines = [line for line in message.splitlines() if not line.startswith("Reading ")]
        assert len(lines) == 2
        return "\n".join(lines)

    return call


@pytest.fixture
def history(tmp_path: Path) -> Path:
    return talkative(tmp_path).done()


@pytest.fixture
def trained(way: Way, home: Path) -> Path:
    """The folder of a trained bot, to be damaged."""
    copytree(way.home, home)
    return home / "ana"


# The history


def test_nobody_of_that_name(refused: Refused, history: Path) -> None:
    message = refused("import", "bot", "--with", "+15550109999", history)
    assert "no one-to-one conversation with +15550109999" in message
    assert "elvisbot people" in message


def test_a_number_that_is_nearly_right_is_put_right(refused: Refused, history: Path) -> None:
    assert f"Did you mean {ANA}" in refused("import", "bot", "--with", "+15550100011", history)


def test_two_people_match(refused: Refused, history: Path) -> None:
    message = refused("import", "bot", "--with", "555", history)
    assert f"could be any of 2 people: {ANA}, {BEN}." in message
    assert "Give the whole name, number" in message


def test_an_empty_conversation(refused: Refused, tmp_path: Path) -> None:
    path = ChatDb(tmp_path).image().tapback().done()
    message = refused("import", "bot", "--with", ANA, path)
    assert f"no text in the conversation with {ANA}" in message


def test_an_empty_history(refused: Refused, tmp_path: Path) -> None:
    message = refused("import", "bot", "--with", "everyone", ChatDb(tmp_path).done())
    assert "no text" in message


def another_database(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE bookmarks (url TEXT)")


@pytest.mark.parametrize(
    "arguments", [["people"], ["people", "--json"], ["import", "b", "--with", ANA]]
)
@pytest.mark.parametrize(
    "make",
    [
        lambda path: path.write_text("Dear diary,\n" * 100),
        lambda path: path.touch(),
        lambda path: path.mkdir(),
        another_database,
    ],
    ids=["text", "empty", "folder", "another database"],
)
def test_not_a_chat_db(
    refused: Refused, tmp_path: Path, make: Callable[[Path], None], arguments: list[str]
) -> None:
    make(path := tmp_path / "some.db")
    message = refused(*arguments, path)
    assert str(path) in message
    assert "Messages of a Mac" in message or "chat.db of a Mac" in message


def test_a_missing_file(refused: Refused, tmp_path: Path) -> None:
    assert "Check the spelling" in refused("people", tmp_path / "nowhere.db")
    assert "Check the spelling" in refused("import", "b", "--with", ANA, tmp_path / "nowhere.db")


@pytest.mark.skipif(sys.platform == "darwin", reason="a Mac has a history of its own")
def test_no_path_where_there_is_no_mac(refused: Refused) -> None:
    assert "This is not a Mac" in refused("people")
    assert "Pass the path of a chat.db" in refused("import", "bot", "--with", ANA)


def test_a_locked_database(refused: Refused, history: Path) -> None:
    with closing(sqlite3.connect(history, isolation_level=None)) as connection:
        connection.execute("BEGIN EXCLUSIVE")
        message = refused("import", "bot", "--with", ANA, history)
    assert f"{history} is locked" in message
    assert "try again" in message


@pytest.fixture
def unprivileged() -> Iterator[None]:
    """Root may read everything; for a while, be somebody else."""
    if not hasattr(os, "geteuid") or os.geteuid() != 0:
        yield
        return
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)


@NOT_ON_WINDOWS
def test_a_history_that_may_not_be_read(
    elvisbot: Here, history: Path, request: pytest.FixtureRequest
) -> None:
    elvisbot("people", history)  # imports what it needs, while that may be read
    history.chmod(0)
    request.getfixturevalue("unprivileged")
    message = complaint(elvisbot("people", history))
    assert str(history) in message
    assert ("Full Disk Access" if sys.platform == "darwin" else "chmod") in message


@NOT_ON_WINDOWS
def test_a_home_that_may_not_be_read(
    elvisbot: Here, home: Path, request: pytest.FixtureRequest
) -> None:
    elvisbot("list")
    home.mkdir(mode=0)
    request.getfixturevalue("unprivileged")
    assert "ELVISBOT_HOME" in complaint(elvisbot("list"))
    assert "ELVISBOT_HOME" in complaint(elvisbot("train", "ana"))


def test_a_home_that_is_a_file(elvisbot: Here, home: Path, history: Path) -> None:
    home.write_text("not a folder")
    assert "ELVISBOT_HOME" in complaint(elvisbot("import", "ana", "--with", ANA, history))
    assert home.read_text() == "not a folder"


# Names


@pytest.mark.parametrize("name", ["", "../ana", ".ana", "a/b", "x" * 65, "\x1b[2J"])
@pytest.mark.parametrize("command", ["import", "train", "chat", "serve", "delete"])
def test_a_bad_name(refused: Refused, history: Path, command: str, name: str) -> None:
    rest = ["--with", ANA, history] if command == "import" else []
    message = refused(command, name, *rest)
    if command in ("chat", "serve") and "/" in name:
        assert f"no bot in {name}" in message
        return
    assert "cannot be the name of a bot" in message
    assert "Use letters" in message


def test_a_name_that_is_too_long_for_the_disk(refused: Refused, history: Path) -> None:
    assert "name" in refused("import", "𝓐" * 64, "--with", ANA, history).lower()


@pytest.mark.parametrize("command", ["train", "chat", "serve", "delete"])
def test_no_such_bot(refused: Refused, trained: Path, command: str) -> None:
    message = refused(command, "anna")
    assert "no bot called anna" in message
    assert "Choose one of: ana." in message


@pytest.mark.parametrize("command", ["train", "chat", "serve", "delete"])
def test_no_bot_at_all(refused: Refused, command: str) -> None:
    assert 'elvisbot import "Ana B" --with WHO' in refused(command, "Ana B")


def test_a_bot_that_is_not_imported(refused: Refused, home: Path) -> None:
    make_bot("ana").save(Settings())
    assert "elvisbot import ana --with WHO" in refused("train", "ana")


@pytest.mark.parametrize("command", [["chat"], ["serve", "--port", "0"]])
def test_a_bot_that_is_not_trained(refused: Refused, trained: Path, command: list[str]) -> None:
    (trained / "model.gguf").unlink()
    assert "Train it first: elvisbot train ana" in refused(*command, "ana")


@pytest.mark.parametrize("command", [["chat"], ["serve", "--port", "0"]])
def test_an_unknown_engine(refused: Refused, trained: Path, command: list[str]) -> None:
    message = refused(*command, "ana", "--engine", "steam")
    assert "no engine called 'steam'" in message
    assert "echo, llama_cpp" in message


# Damaged files of a bot


def cut_in_half(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def spoil(path: Path) -> None:
    path.write_bytes(b"\x00\xff nonsense")


def empty(path: Path) -> None:
    path.write_bytes(b"")


DAMAGES = pytest.mark.parametrize("damage", [cut_in_half, spoil, empty])


@DAMAGES
@pytest.mark.parametrize("name", ["model.gguf", "model/tokenizer.json"])
@pytest.mark.parametrize("command", [["chat"], ["serve", "--port", "0"]])
def test_a_damaged_model(
    refused: Refused,
    trained: Path,
    damage: Callable[[Path], None],
    name: str,
    command: list[str],
) -> None:
    damage(trained / name)
    message = refused(*command, "ana")
    assert str(trained / name) in message
    assert "rain the bot again" in message


def test_a_model_that_is_not_the_bots_own(refused: Refused, trained: Path) -> None:
    settings = (trained / "bot.toml").read_text()
    (trained / "bot.toml").write_text(settings.replace('family = "llama"', 'family = "bard"'))
    message = refused("chat", "ana")
    assert "'bard'" in message
    assert "elvisbot train ana" in message


@pytest.mark.parametrize(
    "text",
    [
        "not toml",
        "[decoding]\nheat = 1",
        "[decoding]\ntop_p = 'x'",
        "decoding = 1",
        "[moods]",
        "\0",
    ],
)
@pytest.mark.parametrize(
    "command", [["chat", "ana"], ["serve", "ana", "--port", "0"], ["list"], ["import", "ana"]]
)
def test_a_damaged_bot_toml(
    refused: Refused, trained: Path, history: Path, text: str, command: list[str]
) -> None:
    (trained / "bot.toml").write_text(text)
    rest = ["--with", ANA, history] if command[0] == "import" else []
    message = refused(*command, *rest)
    assert f"{trained / 'bot.toml'} cannot be understood" in message
    assert "elvisbot delete ana" in message


def test_a_bot_with_a_damaged_bot_toml_can_be_deleted(
    elvisbot: Here, trained: Path, home: Path
) -> None:
    (trained / "bot.toml").write_text("not toml")
    assert elvisbot("delete", "ana", "--yes").code == 0
    assert list(home.iterdir()) == []


@pytest.mark.parametrize("damage", [cut_in_half, spoil, Path.unlink])
@pytest.mark.parametrize("name", ["train.jsonl", "heldout.jsonl"])
def test_damaged_pairs(
    elvisbot: Here, way: Way, trained: Path, damage: Callable[[Path], None], name: str
) -> None:
    damage(trained / "pairs" / name)
    before = contents(trained)
    message = complaint(elvisbot("train", "ana", "--base", way.base))
    assert contents(trained) == before
    assert f"{trained / 'pairs' / name}" in message or "has no messages yet" in message
    assert "mport" in message


def test_a_list_with_messages_missing(refused: Refused, trained: Path) -> None:
    (trained / "messages.jsonl").unlink()
    message = refused("list")
    assert f"{trained / 'messages.jsonl'} is missing" in message


# Training


def test_too_few_messages_to_train_on(refused: Refused, elvisbot: Here, history: Path) -> None:
    elvisbot("import", "ben", "--with", BEN, history)
    message = refused("train", "ben")
    assert "ben needs 50 replies to learn from, and has 1." in message
    assert "elvisbot import ben --with everyone" in message


def test_an_unknown_base(refused: Refused, trained: Path) -> None:
    message = refused("train", "ana", "--base", "gpt5")
    assert "no base model called 'gpt5'" in message
    assert "smollm2-135m" in message


def test_a_base_on_the_hub_without_network(way: Way, trained: Path, home: Path) -> None:
    before = contents(home)
    arguments = ("train", "ana", "--base", "owner/model")
    message = complaint(run(home, *arguments, HF_ENDPOINT="http://127.0.0.1:9"))
    assert "owner/model could not be fetched" in message
    assert "--base smollm2-135m" in message
    assert contents(home) == before


@pytest.mark.parametrize("name", ["config.json", "model.safetensors", "tokenizer.json"])
@DAMAGES
def test_a_damaged_base(
    elvisbot: Here,
    way: Way,
    trained: Path,
    tmp_path: Path,
    damage: Callable[[Path], None],
    name: str,
) -> None:
    base = copytree(way.base, tmp_path / "base")
    damage(base / name)
    before = contents(trained)
    message = complaint(elvisbot("train", "ana", "--base", base))
    assert str(base) in message
    assert contents(trained) == before


def test_a_folder_that_is_no_base(refused: Refused, trained: Path, tmp_path: Path) -> None:
    assert "config.json" in refused("train", "ana", "--base", tmp_path)


def test_too_short_a_time(elvisbot: Here, way: Way, trained: Path) -> None:
    before = contents(trained)
    message = complaint(elvisbot("train", "ana", "--base", way.base, "--minutes", "0.00001"))
    assert "Give it at least" in message
    assert contents(trained) == before


@pytest.mark.parametrize("library", ["torch", "gguf", "peft"])
def test_training_without_its_extra(trained: Path, home: Path, library: str) -> None:
    block = f"import sys; sys.modules[{library!r}] = None"
    message = complaint(run(home, "train", "ana", before=block))
    assert f"Training needs {library}, which is not installed." in message
    assert "pip install '.[train]'" in message


def test_a_demo_without_its_extra(home: Path) -> None:
    block = "import sys; sys.modules['torch'] = None"
    message = complaint(run(home, "demo", before=block))
    assert "pip install '.[train]'" in message
    assert not home.exists()


# The machine


def test_a_port_that_is_taken(refused: Refused, trained: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        message = refused("serve", "ana", "--port", port)
    assert f"Port {port} is taken." in message
    assert "--port" in message


def small_files(size: int) -> Callable[[], None]:
    """No file may grow beyond `size` bytes: to a program, that is a disk that gets full."""

    def limit() -> None:
        import resource

        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))

    return limit


@NOT_ON_WINDOWS
@pytest.mark.parametrize("size", [1000, 30_000], ids=["at the messages", "at the pairs"])
def test_a_disk_that_gets_full_while_importing(home: Path, history: Path, size: int) -> None:
    home.mkdir()
    arguments = ("import", "ana", "--with", "everyone", str(history))
    message = complaint(run(home, *arguments, preexec=small_files(size)))
    assert "The disk is full" in message
    assert "Make room" in message
    assert list(home.iterdir()) == []


@NOT_ON_WINDOWS
@pytest.mark.parametrize("size", [1000, 30_000], ids=["at the messages", "at the pairs"])
def test_a_disk_that_gets_full_while_importing_again(
    trained: Path, home: Path, history: Path, size: int
) -> None:
    before = contents(home)
    arguments = ("import", "ana", "--with", "everyone", str(history))
    message = complaint(run(home, *arguments, preexec=small_files(size)))
    assert "The disk is full" in message
    assert contents(home) == before


@NOT_ON_WINDOWS
@pytest.mark.parametrize("size", [100, 80_000], ids=["at the first step", "at the model"])
def test_a_disk_that_gets_full_while_training(
    way: Way, trained: Path, home: Path, size: int
) -> None:
    before = contents(home)
    arguments = ("train", "ana", "--base", str(way.base), "--epochs", "0.1")
    message = complaint(run(home, *arguments, preexec=small_files(size)))
    assert "The disk is full" in message
    changed = {path for path, content in contents(home).items() if before.get(path) != content}
    assert changed <= {"ana/run/metrics.jsonl"}


# Ctrl-C


INTERRUPT = """
def interrupt(*arguments, **options): raise KeyboardInterrupt
"""


@pytest.mark.parametrize("where", ["importing.read_part", "pairs.build_pairs", "importing._move"])
def test_ctrl_c_during_an_import_changes_nothing(
    trained: Path, home: Path, history: Path, where: str
) -> None:
    module, name = f"elvisbot.{where}".rsplit(".", 1)
    before = contents(home)
    for bot in ("ana", "new"):
        ended = run(
            home,
            *("import", bot, "--with", "everyone", str(history)),
            before=f"{INTERRUPT}\nimport {module}; {module}.{name} = interrupt",
        )
        assert (ended.code, ended.out) == (1, "")
        assert ended.err.startswith("Reading all one-to-one conversations from ")
        assert ended.err.splitlines()[-2:] == ["", "Aborted!"]
    assert contents(home) == before


def test_the_end_of_the_input_at_a_question_is_a_no(trained: Path, home: Path) -> None:
    before = contents(home)
    ended = run(home, "delete", "ana")
    assert ended.code == 1
    assert "Traceback" not in ended.err
    assert contents(home) == before


# Wrong usage


@pytest.mark.parametrize(
    "arguments",
    [
        ["--nonsense"],
        ["sing"],
        ["people", "--nonsense"],
        ["import"],
        ["import", "ana"],
        ["import", "ana", "--with"],
        ["train"],
        ["train", "ana", "--method", "prayer"],
        ["train", "ana", "--epochs", "0"],
        ["train", "ana", "--epochs", "nan"],
        ["train", "ana", "--minutes", "-1"],
        ["train", "ana", "--minutes", "soon"],
        ["serve", "ana", "--port", "65536"],
        ["chat"],
        ["delete"],
    ],
)
def test_wrong_usage(elvisbot: Here, home: Path, arguments: list[str]) -> None:
    ended = elvisbot(*arguments)
    assert (ended.code, ended.out) == (2, "")
    assert "Error: " in ended.err
    assert not home.exists()
