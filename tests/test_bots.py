import errno
import os
import stat
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from elvisbot import bots
from elvisbot.bots import (
    Decoding,
    History,
    Pairing,
    Settings,
    Timing,
    all_bots,
    atomic_file,
    atomic_folder,
    make_bot,
    open_bot,
)
from elvisbot.errors import BotNotFoundError, ElvisBotError, StorageError, UsageError


@pytest.mark.parametrize("name", ["alex", "Ana María", "a", "x" * 64, "bot-1_2.3", "愛", "प्रिया"])
def test_ordinary_names_are_taken(home: Path, name: str) -> None:
    assert make_bot(name).path == home / name


@pytest.mark.parametrize(
    "name",
    ["", ".", "..", "../x", "a/b", "a\\b", ".hidden", "-x", " x", "x ", "x.", "x" * 65, "a\0b"],
)
def test_names_that_could_leave_the_home_or_trouble_a_file_system_are_refused(
    home: Path, name: str
) -> None:
    with pytest.raises(UsageError):
        make_bot(name)
    assert not home.exists()


def test_two_spellings_of_an_accent_are_one_name(home: Path) -> None:
    assert make_bot("Jose\u0301").path == make_bot("Jos\u00e9").path


def test_an_unknown_bot_is_a_problem_that_names_the_known_ones(home: Path) -> None:
    make_bot("alex").save(Settings())
    with pytest.raises(BotNotFoundError) as problem:
        open_bot("alec")
    assert "alex" in problem.value.remedy
    assert [bot.name for bot in all_bots()] == ["alex"]


def test_settings_survive(home: Path) -> None:
    chosen = replace(
        Settings(),
        history=History(("imessage",), ("Ana",)),
        decoding=Decoding(temperature=0.5, max_bubbles=2),
        timing=Timing(spread=0.4, begin=tuple(map(float, range(24))), begin_spread=1.5),
    )
    bot = make_bot("alex")
    bot.save(chosen)
    assert open_bot("alex").settings == chosen


@pytest.mark.parametrize("text", ["[decoding]\nheat = 1", "[decoding]\ntop_p = 'x'", "not toml"])
def test_settings_that_make_no_sense_are_refused(home: Path, text: str) -> None:
    bot = make_bot("alex")
    (bot.path / "bot.toml").write_text(text)
    with pytest.raises(UsageError, match=r"bot\.toml"):
        _ = bot.settings


def test_a_whole_number_will_do_where_a_fraction_is_meant(home: Path) -> None:
    bot = make_bot("alex")
    (bot.path / "bot.toml").write_text(f"[decoding]\ntemperature = 1\n[timing]\nbegin = {[7] * 24}")
    assert bot.settings.decoding.temperature == 1.0
    assert [type(each) for each in bot.settings.timing.begin] == [float] * 24


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such modes")
def test_everything_is_readable_by_its_owner_alone(home: Path) -> None:
    bot = make_bot("alex")
    bot.save(Settings())
    with atomic_folder(bot.pairs) as folder:
        (folder / "train.jsonl").write_text("{}\n")
    modes = {path: stat.S_IMODE(path.stat().st_mode) for path in bot.path.rglob("*")}
    assert stat.S_IMODE(bot.path.stat().st_mode) == 0o700
    assert set(modes.values()) == {0o600, 0o700}
    assert modes[bot.train_pairs] == 0o600


def test_a_failed_write_changes_nothing(home: Path) -> None:
    bot = make_bot("alex")
    with atomic_file(bot.messages) as file:
        file.write(b"old")

    def fail_midway() -> None:
        with atomic_file(bot.messages) as file:
            file.write(b"half of the new")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail_midway()
    assert bot.messages.read_bytes() == b"old"
    assert [path.name for path in bot.path.iterdir()] == ["messages.jsonl"]


def test_a_failed_folder_changes_nothing(home: Path) -> None:
    bot = make_bot("alex")
    with atomic_folder(bot.pairs) as folder:
        (folder / "a").write_text("old")

    def fail_midway() -> None:
        with atomic_folder(bot.pairs) as folder:
            (folder / "a").write_text("new")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail_midway()
    assert (bot.pairs / "a").read_text() == "old"
    assert [path.name for path in bot.path.iterdir()] == ["pairs"]


def test_a_folder_replaces_the_one_before_whole(home: Path) -> None:
    bot = make_bot("alex")
    for name in ("old", "new"):
        with atomic_folder(bot.pairs) as folder:
            (folder / name).write_text("x")
    assert [path.name for path in bot.pairs.iterdir()] == ["new"]


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EDQUOT])
def test_a_full_disk_is_a_problem_with_a_remedy(home: Path, code: int) -> None:
    bot = make_bot("alex")
    with pytest.raises(StorageError, match="full"), atomic_file(bot.messages):
        raise OSError(code, os.strerror(code))
    assert list(bot.path.iterdir()) == []


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
def test_a_really_full_device_is_noticed() -> None:
    with (
        pytest.raises(StorageError),
        bots.storage_errors(Path("/dev/full")),
        Path("/dev/full").open("wb", buffering=0) as file,
    ):
        file.write(b"x")


@pytest.mark.parametrize(
    "text",
    [
        "[decoding]\ntemperature = nan",
        "[decoding]\ntop_p = 1.5",
        "[decoding]\nmax_tokens = 0",
        "[decoding]\nmax_bubbles = -1",
        "[timing]\ncharacters_per_second = 0",
        "[timing]\npatience = inf",
        "[timing]\nspread = -0.1",
        "[timing]\nspread = 1.6",
        "[timing]\nbegin_spread = nan",
        "[timing]\nbegin = [1.0]",
        f"[timing]\nbegin = {[1.0] * 23 + [-1.0]}",
        f"[timing]\nbegin = [{'inf, ' * 24}]",
        "[timing]\nbegin = 1.0",
        "[timing]\nbegin = ['1.0']",
        "[history]\ncontacts = [1.0]",
        "[recipe]\ncontext_turns = -1",
        "[pairs]\nturn_gap_minutes = -1",
        "[pairs]\nsession_gap_minutes = nan",
        "[pairs]\nturn_gap_minutes = inf",
        "[pairs]\nsession_gap_minutes = 10080.5",
        "[pairs]\nturn_gap_minutes = 10.5\nsession_gap_minutes = 10",
    ],
)
def test_settings_out_of_range_are_refused(home: Path, text: str) -> None:
    bot = make_bot("alex")
    (bot.path / "bot.toml").write_text(text)
    with pytest.raises(ElvisBotError, match="must be"):
        _ = bot.settings


@pytest.mark.parametrize(
    ("turn", "session"), [(0, 0), (10, 10), (10, 0), (0, 10), (10080, 10080), (0.5, 1)]
)
def test_gaps_of_turns_and_sessions_can_be_set(home: Path, turn: float, session: float) -> None:
    bot = make_bot("alex")
    (bot.path / "bot.toml").write_text(
        f"[pairs]\nturn_gap_minutes = {turn}\nsession_gap_minutes = {session}"
    )
    assert bot.settings.pairs == Pairing(turn, session)


def test_a_folder_that_cannot_be_swapped_in_leaves_the_old_one(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bot = make_bot("alex")
    with atomic_folder(bot.pairs) as folder:
        (folder / "a").write_text("old")
    rename = Path.rename

    def refuse(self: Path, target: Path) -> Path:
        if self.name == "new":
            raise PermissionError(errno.EACCES, "in use")
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", refuse)
    with pytest.raises(StorageError), atomic_folder(bot.pairs):
        pass
    assert (bot.pairs / "a").read_text() == "old"


def test_folders_within_a_folder_are_written_too(home: Path) -> None:
    bot = make_bot("alex")
    with atomic_folder(bot.model) as folder:
        (folder / "more").mkdir()
        (folder / "more" / "a").write_text("x")
    assert (bot.model / "more" / "a").read_text() == "x"
