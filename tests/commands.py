"""Runs the command line: in a process of its own, as users do, or in this one, which is quick."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from elvisbot.__main__ import main
from tests.chatdb import ANA, BEN, ChatDb

ONE_THREAD = {"OMP_NUM_THREADS": "1", "TOKENIZERS_PARALLELISM": "false"}


class Ended(NamedTuple):
    """What a command left: its exit code, and what it printed."""

    code: int
    out: str
    err: str


def command(*arguments: str, before: str = "") -> list[str]:
    """A command line that runs `elvisbot`, after the Python code in `before`."""
    if not before:
        return [sys.executable, "-m", "elvisbot", *arguments]
    start = "import sys\nsys.argv[0] = 'elvisbot'\nfrom elvisbot.__main__ import main\nmain()"
    return [sys.executable, "-c", f"{before}\n{start}", *arguments]


def environment(home: Path, **variables: str) -> dict[str, str]:
    return {**os.environ, **ONE_THREAD, "ELVISBOT_HOME": str(home), **variables}


def run(
    home: Path,
    *arguments: str,
    typed: str = "",
    before: str = "",
    preexec: Callable[[], None] | None = None,
    **variables: str,
) -> Ended:
    """Run a command in a process of its own, and wait for its end."""
    done = subprocess.run(
        command(*arguments, before=before),
        input=typed,
        capture_output=True,
        encoding="utf-8",
        timeout=120,
        check=False,
        env=environment(home, **variables),
        preexec_fn=preexec,
    )
    return Ended(done.returncode, done.stdout, done.stderr)


@contextmanager
def running(home: Path, *arguments: str) -> Iterator["subprocess.Popen[str]"]:
    """A command under way, ended at the end."""
    with subprocess.Popen(
        command(*arguments),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
        env=environment(home),
    ) as process:
        try:
            yield process
        finally:
            process.kill()


class Here:
    """Runs commands in this process."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
        self._monkeypatch = monkeypatch
        self._capsys = capsys

    def __call__(self, *arguments: Any) -> Ended:
        self._monkeypatch.setattr(sys, "argv", ["elvisbot", *map(str, arguments)])
        self._capsys.readouterr()
        with pytest.raises(SystemExit) as end:
            main()
        out, err = self._capsys.readouterr()
        return Ended(int(end.value.code or 0), out, err)


def contents(folder: Path) -> dict[str, bytes | None]:
    """Every file below `folder` with its bytes, and every folder."""
    return {
        str(path.relative_to(folder)): path.read_bytes() if path.is_file() else None
        for path in folder.rglob("*")
    }


class Way(NamedTuple):
    """What the way from a history to a trained bot left.

    Attributes:
        home: Holds the trained bot `ana`. Copy it before changing anything.
        history: The chat.db that it came from.
        base: The folder of the tiny base model.
        training: What `elvisbot train --json` printed.
    """

    home: Path
    history: Path
    base: Path
    training: Ended


def go_the_way(folder: Path) -> Way:
    """Import a made-up history and train a tiny model on it."""
    from tests import tiny  # which imports torch

    home, history = folder / "home", talkative(folder).done()
    base = tiny.base(folder / "base", "llama")
    run(home, "import", "ana", "--with", ANA, str(history))
    arguments = ("train", "ana", "--base", str(base), "--epochs", "2", "--json")
    return Way(home, history, base, run(home, *arguments))


def talkative(folder: Path) -> ChatDb:
    """A history with 80 exchanges with Ana on eight days, one with Ben, and what gets dropped."""
    history = ChatDb(folder)
    for number in range(80):
        history.wait(timedelta(days=1) if number % 10 == 0 else timedelta())
        history.hear(f"what about {number}?").say_in_body(f"yesss {number} 😀")
    history.hear("yo", by=BEN).say("hi", to=BEN)
    return history.tapback().image().group("nobody's business")
