"""Kill it, or spread it over processes: the training ends at the same loss."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from elvisbot import pairs
from elvisbot.bots import make_bot
from elvisbot.messages import write_messages
from tests import tiny
from tests.commands import environment
from tests.histories import small_talk

pytestmark = pytest.mark.skipif(
    sys.platform == "win32", reason="Windows has no fork and no SIGKILL"
)


def test_a_training_killed_at_20_random_moments_ends_at_the_loss_of_an_undisturbed_one(
    tmp_path: Path,
) -> None:
    ran = subprocess.run(
        [sys.executable, "-m", "tests.training.killed", str(tmp_path), "20"],
        capture_output=True,
        check=False,
        text=True,
        timeout=280,
    )
    assert ran.returncode == 0, ran.stderr
    found = json.loads(ran.stdout)
    assert found["kills"] == 20
    assert found["killed"]
    for bits, steps in found["killed"]:
        assert steps == found["undisturbed"][1]
        assert bits == pytest.approx(found["undisturbed"][0], rel=1e-6)


def test_two_processes_train_as_one_does(home: Path, tmp_path: Path) -> None:
    base = tiny.base(tmp_path / "base", "llama")
    bits = []
    for count in (1, 2):
        bot = make_bot(f"by{count}")
        bot.save(bot.settings)
        write_messages(bot, small_talk(200))
        pairs.build_pairs(bot)
        launcher = ["-m", "torch.distributed.run", "--nproc-per-node", str(count)]
        arguments = ["train", bot.name, "--base", str(base), "--epochs", "2", "--json"]
        ran = subprocess.run(
            [sys.executable, *launcher, "-m", "elvisbot", *arguments],
            capture_output=True,
            check=False,
            env=environment(home, MASTER_ADDR="127.0.0.1"),
            text=True,
            timeout=200,
        )
        assert ran.returncode == 0, ran.stderr
        bits.append(json.loads(ran.stdout)["bits_per_char"]["after"])
    assert bits[1] == pytest.approx(bits[0], rel=1e-3)
