"""What the bot says to held-out contexts, kept until the model or its decoding changes.

A line of `answers.jsonl` is a list of texts, the reply to the exchange of the same number; the
first line is the key of what made them.
"""

import contextlib
import hashlib
import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from datetime import UTC, datetime
from typing import Final

from elvisbot.bots import Bot, storage_errors
from elvisbot.conversation import Message, Pair
from elvisbot.engines import Engine
from elvisbot.errors import BotNotFoundError, SilenceError
from elvisbot.pairs import pairs_hash, read_pairs
from elvisbot.replies import Bubble, Replier
from elvisbot.sampling import read_biases

EXCHANGES: Final = 300
"""The latest held-out exchanges, which are answered and scored."""

_NOW: Final = datetime(2000, 1, 1, tzinfo=UTC)
"""When everything in a context was said: `Replier` leaves out what is older than a night."""


def heldout_pairs(bot: Bot) -> list[Pair]:
    """The latest held-out exchanges, which the bot's model has never seen.

    Raises:
        BotNotFoundError: if the pairs have changed since it was trained.
    """
    trained_on = bot.settings.recipe.pairs
    if trained_on and trained_on != pairs_hash(bot):
        raise BotNotFoundError(
            f"{bot.name} was trained before its messages were imported last, and may have learnt "
            "what is held out now.",
            remedy=f"Train it again: elvisbot train {bot.argument}",
        )
    return read_pairs(bot.heldout_pairs)[-EXCHANGES:]


Answer = tuple[str, ...]
"""The texts of one reply; empty where the model said nothing, however often it was asked."""


def answers(
    bot: Bot, pairs: Sequence[Pair], load: Callable[[str, Bot], Engine], *, engine: str
) -> Iterator[Answer]:
    """One reply of the bot to the context of each of `pairs`, as it would be served.

    Those that are kept in the bot's folder come at once; the others are drawn, and kept as they
    come.

    Args:
        load: Loads the bot into the engine of that name, if anything has to be drawn.
        engine: Its name.

    Raises:
        EngineError: if the model cannot answer.
        StorageError: if the disk is full.
    """
    key = _key(bot, pairs, engine)
    known, end = _kept(bot, key)
    yield from known[: len(pairs)]
    if len(known) >= len(pairs):
        return
    with storage_errors(bot.answers), bot.answers.open("r+b" if known else "wb") as file:
        bot.answers.chmod(0o600)
        if not known:
            file.write(json.dumps(key).encode() + b"\n")
        else:
            file.truncate(end)
            file.seek(end)
        with closing(load(engine, bot)) as loaded:
            replier = Replier(loaded, bot.settings)
            for pair in pairs[len(known) :]:
                answer = _answer(replier, pair)
                file.write(json.dumps(answer, ensure_ascii=False).encode() + b"\n")
                file.flush()
                yield answer


def as_messages(pair: Pair) -> list[Message]:
    """The context of a pair as the conversation that the bot is given."""
    return [
        Message(f"{turn}.{number}", "", line.sender, _NOW, text)
        for turn, line in enumerate(pair.context)
        for number, text in enumerate(line.texts)
    ]


def _answer(replier: Replier, pair: Pair) -> Answer:
    try:
        events = list(replier.reply(as_messages(pair)))
    except SilenceError:
        return ()
    return tuple(event.text for event in events if isinstance(event, Bubble))


def _kept(bot: Bot, key: str) -> tuple[list[Answer], int]:
    """The replies that were drawn before, and where they end; none where something else made them.

    A line that was cut off, as by a crash, does not count.
    """
    kept: list[Answer] = []
    end = 0
    with (
        contextlib.suppress(FileNotFoundError, ValueError, TypeError),
        bot.answers.open("rb") as lines,
    ):
        first = next(lines, b"null")
        if json.loads(first) != key:
            return [], 0
        end = len(first)
        for line in lines:
            if line.endswith(b"\n"):
                kept.append(tuple(json.loads(line)))
                end += len(line)
    return kept, end


def _key(bot: Bot, pairs: Sequence[Pair], engine: str) -> str:
    """Names everything that the replies follow from, but for chance."""
    settings = bot.settings
    digest = hashlib.sha256()
    with bot.gguf.open("rb") as model:
        digest.update(hashlib.file_digest(model, "sha256").digest())
    drawing = settings.decoding, read_biases(bot.biases)
    digest.update(repr((engine, settings.recipe, drawing, list(pairs))).encode())
    return digest.hexdigest()
