"""A bot packed for another machine, or for another program."""

import stat
from pathlib import Path

import pytest

from elvisbot.bots import (
    Bot,
    Decoding,
    History,
    Recipe,
    Settings,
    home,
    open_bot_or_folder,
)
from elvisbot.engines import load
from elvisbot.errors import BotNotFoundError, UsageError
from elvisbot.families.gpt2 import FAMILY
from elvisbot.packing import modelfile, pack
from elvisbot.reactions import Reactions, read_reactions, write_reactions
from elvisbot.sampling import write_biases
from tests.commands import Here
from tests.engines.tiny_model import make_bot

SETTINGS = Settings(
    history=History(sources=("imessage",), contacts=("+15550100001", "Ana Secret")),
    recipe=Recipe(base="random", family="gpt2", context_turns=3),
    decoding=Decoding(temperature=0.0, max_tokens=20),
)

REACTIONS = Reactions(0.5, ["", "loved"], [0.5, -0.5], {"word love": [-1.0, 1.0]})


@pytest.fixture
def bot(home: Path) -> Bot:
    made = make_bot(home / "elvis", settings=SETTINGS)
    write_biases(made.biases, {65: 2.5})
    write_reactions(made.reactions, REACTIONS)
    made.messages.write_text("a secret message")
    made.pairs.mkdir()
    made.train_pairs.write_text("a secret pair")
    made.answers.write_text("a secret answer")
    return made


def test_what_is_packed_answers_as_the_bot_does(bot: Bot, tmp_path: Path) -> None:
    pack(bot, "folder", tmp_path / "there", bot.gguf)
    packed = open_bot_or_folder(str(tmp_path / "there"))
    assert packed.settings.decoding == SETTINGS.decoding
    assert packed.settings.recipe == SETTINGS.recipe
    assert read_reactions(packed.reactions) == REACTIONS
    said = []
    for each in (bot, packed):
        engine = load("llama_cpp", each)
        prompt = [engine.format.start_id, *engine.format.turn(["hey"]), engine.format.answer_id]
        said.append(list(engine.generate(prompt, SETTINGS.decoding, stop=())))
        engine.close()
    assert said[0] == said[1]


@pytest.mark.parametrize("target", ["folder", "ollama"])
def test_nothing_private_is_packed_but_the_model(bot: Bot, tmp_path: Path, target: str) -> None:
    pack(bot, target, folder := tmp_path / "there", bot.gguf)
    for path in (folder, *folder.rglob("*")):
        assert stat.S_IMODE(path.stat().st_mode) == (0o700 if path.is_dir() else 0o600)
        if path.is_file():
            assert b"ecret" not in path.read_bytes()
            assert b"+1555" not in path.read_bytes()


@pytest.mark.parametrize("target", ["folder", "ollama"])
def test_nothing_is_overwritten(bot: Bot, tmp_path: Path, target: str) -> None:
    (tmp_path / "there").mkdir()
    with pytest.raises(UsageError, match="there already"):
        pack(bot, target, tmp_path / "there", bot.gguf)
    assert list((tmp_path / "there").iterdir()) == []


def test_without_a_model_there_is_nothing_to_pack(home: Path, tmp_path: Path) -> None:
    (untrained := Bot(home / "new")).path.mkdir(parents=True)
    with pytest.raises(BotNotFoundError, match="not been trained"):
        pack(untrained, "folder", tmp_path / "there", untrained.gguf)
    assert not (tmp_path / "there").exists()


def test_ollama_is_told_the_format_of_the_training(bot: Bot) -> None:
    written = modelfile(bot, FAMILY)
    assert "FROM ./model.gguf" in written
    (template,) = [line for line in written.splitlines() if line.startswith("TEMPLATE")]
    filled = (
        template.replace("{{ range .Messages }}", "")
        .replace('{{ if eq .Role "user" }}{{ .Content }}', "QUESTION")
        .replace('{{ else if eq .Role "assistant" }}{{ .Content }}', "REPLY")
        .replace("{{ end }}", "")
    )
    assert filled == 'TEMPLATE """<|startoftext|>QUESTION<|answer|>REPLY<|endoftext|>"""'
    assert 'PARAMETER stop "<|endoftext|>"' in written


def test_the_command_packs_and_tells_how_to_go_on(
    bot: Bot, elvisbot: Here, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    ended = elvisbot("export", "elvis", "--to", "folder")
    assert ended.code == 0
    assert (tmp_path / "elvis-folder" / "model.gguf").is_file()
    assert "elvisbot serve ./elvis-folder" in ended.err
    assert elvisbot("export", "elvis", "--to", "folder").code == 1


def test_a_path_without_a_bot_is_said_to_have_none(home: Path, tmp_path: Path) -> None:
    with pytest.raises(BotNotFoundError, match="no bot in"):
        open_bot_or_folder(str(tmp_path))


def test_a_packed_bot_keeps_its_name(bot: Bot, tmp_path: Path) -> None:
    pack(bot, "folder", tmp_path / "there", bot.gguf)
    (tmp_path / "there").rename(tmp_path / "anything")
    assert open_bot_or_folder(f"{tmp_path}/anything").shown_name == "elvis"
    assert bot.shown_name == "elvis"


def test_remedies_name_the_folder_of_a_packed_bot(bot: Bot, tmp_path: Path) -> None:
    pack(bot, "folder", tmp_path / "over there", bot.gguf)
    assert bot.argument == "elvis"
    assert open_bot_or_folder(f"{tmp_path}/over there").argument == f'"{tmp_path}/over there/"'


def test_a_name_is_looked_for_among_the_bots_only(
    bot: Bot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    pack(bot, "folder", tmp_path / "elvis", bot.gguf)
    assert open_bot_or_folder("elvis").path == home() / "elvis"
    assert open_bot_or_folder("./elvis").path == tmp_path / "elvis"


def test_a_file_for_llama_cpp_alone_is_the_model(
    bot: Bot, elvisbot: Here, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert elvisbot("export", "elvis", "--to", "gguf").code == 0
    assert (tmp_path / "elvis.gguf").read_bytes() == bot.gguf.read_bytes()
    assert elvisbot("export", "elvis", "--to", "gguf", "--quant", "q8_0", "--memory", "9").code == 2
