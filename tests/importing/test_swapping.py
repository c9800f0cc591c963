"""An import that is cut short, at every step."""

import contextlib
import os
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from elvisbot.bots import Bot, Pairing, Settings
from elvisbot.importing.swapping import beside, swap_in
from tests.commands import contents

STEPS = ("link", "mkdir", "rename", "replace", "rmdir", "unlink")
"""All that an import does to the places of files."""

OLD = {"imports/a.json": "1", "messages.jsonl": "old", "pairs/train.jsonl": "old"}
NEW = {"imports/b.json": "2", "messages.jsonl": "newer", "pairs/train.jsonl": "new"}

Contents = dict[str, bytes | None]


class Killed(BaseException):
    pass


def fill(bot: Bot, files: dict[str, str]) -> None:
    for name, content in files.items():
        (file := bot.path / name).parent.mkdir(parents=True, exist_ok=True)
        file.write_text(content)
    if files:
        bot.save(Settings(pairs=Pairing(turn_gap_minutes=len(files["messages.jsonl"]))))


def made(path: Path, files: dict[str, str]) -> Bot:
    path.mkdir()
    (path / "model.gguf").write_text("weights")
    fill(bot := Bot(path), files)
    return bot


def swap(bot: Bot) -> None:
    with beside(bot) as fresh:
        fill(fresh, NEW)
        swap_in(fresh, bot)


def begin_the_next(bot: Bot) -> None:
    with beside(bot):
        pass


def visible(bot: Bot) -> Contents:
    return {name: each for name, each in contents(bot.path).items() if not name.startswith(".")}


def taken(act: Callable[[], None], fail: Callable[[int], None] = lambda step: None) -> int:
    """How many steps `act` takes; before each, `fail` is called with its number, from 1."""
    steps = 0

    def counted(do: Any) -> Any:
        def stepping(*arguments: Any, **options: Any) -> None:
            nonlocal steps
            steps += 1
            fail(steps)
            do(*arguments, **options)

        return stepping

    with pytest.MonkeyPatch.context() as patched:
        for name in STEPS:
            patched.setattr(os, name, counted(getattr(os, name)))
        act()
    return steps


def kill(act: Callable[[], None], step: int) -> None:
    """A killed process takes no further step."""

    def fail(number: int) -> None:
        if number >= step:
            raise Killed

    with pytest.raises(Killed):
        taken(act, fail)


def interrupt(act: Callable[[], None], step: int, error: type[BaseException]) -> None:
    def fail(number: int) -> None:
        if number == step:
            raise error

    with contextlib.suppress(error):
        taken(act, fail)


@pytest.fixture
def old(tmp_path: Path) -> Contents:
    return visible(made(tmp_path / "old", OLD))


@pytest.fixture
def new(tmp_path: Path) -> Contents:
    return visible(made(tmp_path / "new", NEW))


def bots(folder: Path, files: dict[str, str]) -> Iterator[tuple[int, Bot]]:
    """For each step of a swap, a bot to try it on."""
    counted = made(folder / "steps", files)
    for step in range(1, 1 + taken(lambda: swap(counted))):
        yield step, made(folder / str(step), files)


def test_a_swap_takes_away_what_the_import_did_not_make(tmp_path: Path, new: Contents) -> None:
    swap(bot := made(tmp_path / "bot", OLD))
    assert contents(bot.path) == new


def test_after_a_kill_at_any_step_the_next_import_finds_the_old_or_the_new(
    tmp_path: Path, old: Contents, new: Contents
) -> None:
    found = []
    for step, bot in bots(tmp_path, OLD):
        kill(partial(swap, bot), step)
        assert bot.messages.is_file()
        assert bot.train_pairs.is_file()
        assert (bot.path / "bot.toml").is_file()
        begin_the_next(bot)
        found.append(contents(bot.path))
    turn = found.index(new)
    assert found == [old] * turn + [new] * (len(found) - turn)


def test_after_a_kill_of_a_first_import_there_is_all_of_it_or_nothing(
    tmp_path: Path, new: Contents
) -> None:
    for step, bot in bots(tmp_path, {}):
        kill(partial(swap, bot), step)
        begin_the_next(bot)
        assert contents(bot.path) in (new, {"model.gguf": b"weights"})


def test_a_kill_while_putting_back_loses_nothing_either(tmp_path: Path, old: Contents) -> None:
    half_way = 0
    for step, bot in bots(tmp_path, OLD):
        kill(partial(swap, bot), step)
        is_begun = (bot.path / "imports" / "b.json").exists()
        if is_begun and visible(bot)["bot.toml"] == old["bot.toml"]:
            half_way += 1
            for later in range(1, 40):
                interrupt(partial(begin_the_next, bot), later, Killed)
            begin_the_next(bot)
            assert contents(bot.path) == old
    assert half_way


@pytest.mark.parametrize("error", [KeyboardInterrupt, PermissionError])
def test_what_fails_or_is_interrupted_is_put_back(
    tmp_path: Path, old: Contents, new: Contents, error: type[BaseException]
) -> None:
    for step, bot in bots(tmp_path, OLD):
        interrupt(partial(swap, bot), step, error)
        assert visible(bot) in (old, new)
