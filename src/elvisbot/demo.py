"""What `elvisbot demo` adds to the other commands: the sample history, and running them in turn."""

import contextlib
import os
import shlex
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Final

from elvisbot.bots import all_bots, cache
from elvisbot.console import note
from elvisbot.errors import UsageError
from elvisbot.packages import PackagedFile, package_file
from elvisbot.sample import CONTACTS, write_sample_history

BOT: Final = "Demo"

CHITCHAT: Final = PackagedFile(
    project="chitchat-dataset",
    version="0.9.0",
    member="chitchat_dataset/dataset.json",
    sha256="d2a5d0bf6acf354fef51f3af39cbece2220d3b8f6086b658c3d335105798312a",
    size=8,
    licence="MIT",
)


def sample_history(*, tell: Callable[[str], None]) -> Path:
    """The sample chat.db, made if it is not there yet.

    Raises:
        BaseModelError: if the data set cannot be downloaded.
        StorageError: if the disk is full.
    """
    database = cache() / "samples" / "chat.db"
    if not database.is_file():
        dataset = package_file(CHITCHAT, tell=tell)
        tell("Writing its messages as a Mac's chat.db …")
        write_sample_history(dataset, database)
    return database


def is_ready() -> bool:
    """Whether the demo's bot is there, trained.

    Raises:
        UsageError: if a bot of that name was made from another history; it is left alone.
    """
    for bot in all_bots():
        # Not every file system tells "demo" from "Demo".
        if bot.name.casefold() == BOT.casefold():
            if not all(handle.startswith(CONTACTS) for handle in bot.settings.history.contacts):
                raise UsageError(
                    f"You have a bot called {bot.name} already, and the demo's has that name too.",
                    remedy="Give the demo a home of its own: "
                    "ELVISBOT_HOME=~/elvisbot-demo elvisbot demo",
                )
            return bot.is_trained
    return False


def run(*arguments: str) -> None:
    """Run one `elvisbot` command as anybody would, in a process of its own.

    Raises:
        SystemExit: if it fails; it has said why.
    """
    with subprocess.Popen(_command(arguments)) as process:
        while process.returncode is None:
            # The command has got a Ctrl-C too, and decides what to do about it.
            with contextlib.suppress(KeyboardInterrupt):
                process.wait()
    if process.returncode:
        sys.exit(process.returncode)


def hand_over(*arguments: str) -> None:
    """Run the last `elvisbot` command, in place of this process where that is possible."""
    if os.name == "posix":
        os.execv(sys.executable, _command(arguments))
    run(*arguments)


def _command(arguments: tuple[str, ...]) -> list[str]:
    note(f"$ elvisbot {shlex.join(arguments)}")
    return [sys.executable, "-m", "elvisbot", *arguments]
