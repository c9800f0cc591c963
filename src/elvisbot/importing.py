"""From a message history to a bot's folder with messages and pairs."""

import shutil
from dataclasses import dataclass, replace
from pathlib import Path

from elvisbot import pairs, sources
from elvisbot.bots import Bot, History, make_bot


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

    Args:
        who: As the source takes it; None for all one-to-one conversations.
        source: The source's key.
        path: The history; None for where it lies on this machine.

    Raises:
        SourceError: if the history cannot be read or holds nothing of the kind.
        UsageError: if no bot could be called `name`.
        StorageError: if the disk is full.
    """
    reader = sources.load(source)
    reading = reader.read(path or reader.default_path(), who)
    bot = make_bot(name)
    is_new = not (bot.path / "bot.toml").is_file()
    try:
        pairs.write_messages(bot, reading.messages)
        counts = pairs.build_pairs(bot)
        bot.save(replace(bot.settings, history=History(source, reading.contacts)))
    except BaseException:
        if is_new:
            shutil.rmtree(bot.path, ignore_errors=True)
        raise
    return Imported(
        bot=bot,
        rows=reading.rows,
        buckets=reading.buckets,
        messages=len(reading.messages),
        contacts=reading.contacts,
        counts=counts,
    )
