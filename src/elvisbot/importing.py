"""From a message history to a bot's folder with messages and pairs."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from elvisbot import pairs, sources
from elvisbot.bots import Bot, History, checked_name, make_bot, storage_errors


@dataclass(frozen=True)
class Imported:
    """What an import did.

    Attributes:
        bot: Where it went.
        rows: Rows in the history.
        buckets: What became of every row; they sum to `rows`.
        messages: How many were kept.
        contacts: Whom they were exchanged with.
        counts: What was made of the messages.
    """

    bot: Bot
    rows: int
    buckets: dict[str, int]
    messages: int
    contacts: tuple[str, ...]
    counts: pairs.Counts


def import_history(name: str, *, who: str | None, source: str, path: Path | None) -> Imported:
    """Make or renew the bot `name` from one conversation.

    A bot that is renewed keeps its model and its settings. On an error nothing changes.

    Args:
        who: As the source takes it; None for all one-to-one conversations.
        source: The source's key.
        path: The history; None for where it lies on this machine.

    Raises:
        SourceError: if the history cannot be read or holds nothing of the kind.
        UsageError: if no bot could be called `name`.
        StorageError: if the disk is full.
    """
    checked_name(name)  # better now than after minutes of reading
    reader = sources.load(source)
    reading = reader.read(path or reader.default_path(), who)
    with _made_or_renewed(name) as (bot, fresh):
        settings = replace(bot.settings, history=History(source, reading.contacts))
        pairs.write_messages(fresh, reading.messages)
        counts = pairs.build_pairs(fresh)
        fresh.save(settings)
    return Imported(
        bot=bot,
        rows=reading.rows,
        buckets=reading.buckets,
        messages=len(reading.messages),
        contacts=reading.contacts,
        counts=counts,
    )


@contextmanager
def _made_or_renewed(name: str) -> Iterator[tuple[Bot, Bot]]:
    """The bot, and one beside it to fill, whose files take the place of the bot's at the end."""
    bot = make_bot(name)
    is_new = not (bot.path / "bot.toml").is_file()
    with storage_errors(bot.path):
        fresh = Bot(Path(tempfile.mkdtemp(prefix=".import.", dir=bot.path)))
    try:
        yield bot, fresh
        with storage_errors(bot.path):
            _move(fresh, bot)
    except BaseException:
        if is_new:
            shutil.rmtree(bot.path, ignore_errors=True)
        raise
    finally:
        shutil.rmtree(fresh.path, ignore_errors=True)


def _move(fresh: Bot, bot: Bot) -> None:
    if bot.pairs.exists():
        bot.pairs.rename(fresh.path / "old")
    fresh.pairs.rename(bot.pairs)
    fresh.messages.replace(bot.messages)
    (fresh.path / "bot.toml").replace(bot.path / "bot.toml")
