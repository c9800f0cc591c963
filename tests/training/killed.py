"""Trains a tiny bot undisturbed, and again and again killed at random moments and started anew.

    python -m tests.training.killed HOME KILLS

Prints the held-out bits a character of every training that got to its end, and its number of steps.
The processes are forks of this one, which has loaded the libraries and done nothing with them.
"""

import json
import multiprocessing
import os
import random
import signal
import sys
import time
from pathlib import Path

from elvisbot import pairs
from elvisbot.bots import Bot, make_bot
from elvisbot.messages import write_messages
from elvisbot.training.run import Reporter, Request, train
from tests import tiny
from tests.histories import small_talk


def made(name: str) -> Bot:
    bot = make_bot(name)
    write_messages(bot, small_talk(250))
    pairs.build_pairs(bot)
    return bot


def run(bot: Bot, base: Path) -> None:
    """One attempt, to the end."""
    outcome = train(
        bot,
        Request(str(base), "lora", epochs=3, checkpoint_seconds=0),
        reporter=Reporter(lambda line: None, lambda step: None),
        export=lambda model, probes: None,
    )
    assert outcome is not None
    (bot.path / "result.json").write_text(json.dumps([outcome.bits_after, outcome.last.number]))


def make_base(folder: Path) -> None:
    tiny.base(folder, "llama")


def main() -> None:
    home, kills = Path(sys.argv[1]), int(sys.argv[2])
    os.environ["ELVISBOT_HOME"] = str(home / "bots")
    if hasattr(os, "sched_setaffinity"):  # threads that wait for a core make small models slow
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    fork = multiprocessing.get_context("fork")
    base = home / "base"
    (maker := fork.Process(target=make_base, args=(base,))).start()
    maker.join()

    undisturbed, killed = made("undisturbed"), made("killed")
    (whole := fork.Process(target=run, args=(undisturbed, base))).start()
    began = time.monotonic()
    whole.join()
    took = time.monotonic() - began

    chance, done, results = random.Random(), 0, []
    while done < kills or not results:
        attempt = fork.Process(target=run, args=(killed, base))
        attempt.start()
        attempt.join(chance.uniform(0.2, 0.8) * took if done < kills else None)
        if attempt.exitcode is None:
            os.kill(attempt.pid or 0, signal.SIGKILL)
            attempt.join()
            done += 1
        else:  # it got to its end; the next one begins anew
            results.append(read(killed))
    print(json.dumps({"kills": done, "undisturbed": read(undisturbed), "killed": results}))


def read(bot: Bot) -> list[float]:
    """What an attempt that got to its end has written."""
    result = bot.path / "result.json"
    found: list[float] = json.loads(result.read_text())
    result.unlink()
    return found


if __name__ == "__main__":
    main()
