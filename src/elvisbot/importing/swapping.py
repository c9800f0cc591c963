"""An import takes its place in the bot's folder as a whole, or not at all.

    .import.x/…         what the import makes: imports/, messages.jsonl, pairs/, bot.toml
    .import.x/old/…     what stands in their places

Each file is replaced by itself, so that a reader always finds the old one or the new one. bot.toml
comes last: while it lies in `.import.x`, the import has not happened, and what was replaced is put
back; after a power cut, by the next import.
"""

import contextlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from elvisbot.bots import Bot, storage_errors

_BESIDE: Final = ".import."
_SETTINGS: Final = "bot.toml"
_FOLDERS: Final = ("imports", "pairs")
_FILES: Final = ("imports/*.json*", "messages.jsonl", "pairs/*")


@contextlib.contextmanager
def beside(bot: Bot) -> Iterator[Bot]:
    """A folder beside the files of `bot`, to fill and to `swap_in`; it is gone at the end.

    Raises:
        StorageError: if the disk is full or refuses.
    """
    with storage_errors(bot.path):
        for left in bot.path.glob(f"{_BESIDE}*"):
            _end(Bot(left), bot)
        fresh = Bot(Path(tempfile.mkdtemp(prefix=_BESIDE, dir=bot.path)))
    try:
        yield fresh
    finally:
        with storage_errors(bot.path):
            _end(fresh, bot)


def swap_in(fresh: Bot, bot: Bot) -> None:
    """Let the files of `fresh`, which is `beside`, take the place of the bot's."""
    with storage_errors(bot.path):
        _copy(bot.path, half := fresh.path / "half")
        half.rename(fresh.path / "old")
        _put(fresh.path, bot.path)
        (fresh.path / _SETTINGS).replace(bot.path / _SETTINGS)


def link(source: Path, destination: Path) -> None:
    """Give a file another name, where the file system can, else copy it.

    The files of a bot are replaced and never written to, so a link stays what it was.
    """
    try:
        os.link(source, destination)
    except OSError:
        shutil.copyfile(source, destination)


def _end(fresh: Bot, bot: Bot) -> None:
    """Put back what an import has replaced that did not happen, and remove its folder."""
    old, settings = fresh.path / "old", fresh.path / _SETTINGS
    if old.is_dir() and settings.is_file():
        again = Path(tempfile.mkdtemp(dir=fresh.path))
        _copy(old, again)  # `old` stays whole, in case that this is cut short, too
        _put(again, bot.path)
    settings.unlink(missing_ok=True)  # first: of half of `old` nothing must be put back
    shutil.rmtree(fresh.path, ignore_errors=True)


def _files(folder: Path) -> set[Path]:
    """What an import writes, but for bot.toml, relative to the bot's folder."""
    found = (file for pattern in _FILES for file in folder.glob(pattern))
    return {file.relative_to(folder) for file in found if file.is_file()}


def _copy(source: Path, destination: Path) -> None:
    destination.mkdir(mode=0o700, exist_ok=True)
    for file in _files(source):
        (destination / file).parent.mkdir(mode=0o700, exist_ok=True)
        link(source / file, destination / file)


def _put(source: Path, destination: Path) -> None:
    """Replace what is in `destination`, and remove what is not in `source`."""
    files = _files(source)
    for file in files:
        (destination / file).parent.mkdir(mode=0o700, exist_ok=True)
        (source / file).replace(destination / file)
    for file in _files(destination) - files:
        (destination / file).unlink()
    for folder in _FOLDERS:
        with contextlib.suppress(OSError):  # most have something in them
            (destination / folder).rmdir()
