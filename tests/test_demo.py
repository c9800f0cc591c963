from dataclasses import replace
from pathlib import Path

import pytest

from elvisbot import demo
from elvisbot.bots import History, Settings, make_bot
from elvisbot.errors import UsageError


def made(name: str, *contacts: str, trained: bool) -> None:
    bot = make_bot(name)
    bot.save(replace(Settings(), history=History(("imessage",), contacts)))
    if trained:
        bot.model.mkdir()
        bot.gguf.touch()
        bot.tokenizer.touch()


@pytest.mark.parametrize("trained", [False, True])
def test_a_demo_that_was_interrupted_goes_on(home: Path, trained: bool) -> None:
    made(demo.BOT, "+15550101000", trained=trained)
    assert demo.is_ready() is trained


def test_without_a_bot_there_is_everything_to_do(home: Path) -> None:
    made("alex", "+4930123456", trained=True)
    assert demo.is_ready() is False


@pytest.mark.parametrize("name", [demo.BOT, demo.BOT.lower()])
@pytest.mark.parametrize("trained", [False, True])
def test_somebodys_own_bot_of_that_name_is_left_alone(home: Path, name: str, trained: bool) -> None:
    made(name, "+4930123456", trained=trained)
    with pytest.raises(UsageError) as problem:
        demo.is_ready()
    assert "ELVISBOT_HOME" in problem.value.remedy


def test_a_command_that_fails_ends_the_demo_with_its_code() -> None:
    with pytest.raises(SystemExit) as end:
        demo.run("no-such-command")
    assert end.value.code == 2
