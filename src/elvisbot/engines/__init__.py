"""Engines: loaded models that generate, one module for each way to run them.

An engine sees token ids alone; text, turns and bubbles are the business of `elvisbot.replies`. The
module's name is the engine's key, and it offers one function, `load(bot)`.
"""

import importlib
import pkgutil
from collections.abc import Collection, Iterator, Sequence
from typing import Protocol

from elvisbot.bots import Bot, Decoding
from elvisbot.errors import EngineError, UsageError
from elvisbot.families import ChatFormat, families


class Engine(Protocol):
    """A loaded model.

    Attributes:
        format: How the model's family writes a conversation.
        description: Names the model and what runs it, for people.
        max_prompt: The longest prompt that leaves room for a reply, in tokens.
    """

    format: ChatFormat
    description: str
    max_prompt: int

    def generate(
        self, prompt: Sequence[int], decoding: Decoding, *, stop: Collection[int]
    ) -> Iterator[int]:
        """Sample a continuation of `prompt`, token by token, as the model makes them.

        It ends before the first token of `stop`, or after `decoding.max_tokens`. Closing the
        iterator stops the model at its next token.

        Raises:
            EngineError: if the model cannot answer, a prompt over `max_prompt` included.
        """
        ...

    def log_probabilities(self, prompt: Sequence[int], top: int) -> dict[int, float]:
        """Natural logarithms of the `top` likeliest next tokens' probabilities.

        Raises:
            EngineError: as `generate`.
        """
        ...

    def close(self) -> None:
        """Free the model's memory."""
        ...


def engines() -> list[str]:
    """Every engine's key."""
    return sorted(module.name for module in pkgutil.iter_modules(__path__))


def load(key: str, bot: Bot) -> Engine:
    """Load `bot` into the engine called `key`.

    Raises:
        UsageError: if there is no such engine.
        BotNotFoundError: if the bot has no model yet.
        EngineError: if the model cannot be loaded.
        MissingExtraError: if the engine needs a part of ElvisBot that is not installed.
    """
    if key not in engines():
        raise UsageError(
            f"There is no engine called {key!r}.",
            remedy=f"Choose one of: {', '.join(engines())}.",
        )
    engine: Engine = importlib.import_module(f"{__name__}.{key}").load(bot)
    return engine


def trained_format(bot: Bot) -> ChatFormat:
    """How `bot`'s model writes a conversation, for the engines that run it.

    Raises:
        BotNotFoundError: if the bot has no model yet.
        EngineError: if its tokenizer cannot be read, or its family is unknown.
    """
    bot.require_model()
    key = bot.settings.recipe.family
    for family in families():
        if family.key == key:
            return ChatFormat.load(family, bot.tokenizer)
    raise EngineError(
        f"{bot.name} was trained from a family of models that is unknown here: {key!r}.",
        remedy=f"Train it again: elvisbot train {bot.argument}",
    )
