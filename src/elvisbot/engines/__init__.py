"""Engines: loaded models that generate, one module for each way to run them.

An engine sees token ids alone; text, turns and bubbles are the business of `elvisbot.replies`. The
module's name is the engine's key, and it offers one function, `load(bot, url)`. Modules whose names
begin with `_` are parts of engines.
"""

import importlib
import pkgutil
from collections.abc import Collection, Iterator, Sequence
from itertools import takewhile
from typing import Protocol

from elvisbot.bots import Bot, Decoding
from elvisbot.errors import EngineError, MissingExtraError, UsageError
from elvisbot.families import ChatFormat, families


class Engine(Protocol):
    """A loaded model.

    Attributes:
        format: How the model's family writes a conversation.
        description: Names the model and what runs it, for people.
        max_prompt: The longest prompt that leaves room for a reply, in tokens.
        at_once: So many iterators of `generate` may be open; whoever opens more may wait.
    """

    format: ChatFormat
    description: str
    max_prompt: int
    at_once: int

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
    names = (module.name for module in pkgutil.iter_modules(__path__))
    return sorted(name for name in names if not name.startswith("_"))


def load(key: str, bot: Bot, url: str | None = None) -> Engine:
    """Load `bot` into the engine called `key`.

    Args:
        url: Of the server, for the engine `openai`; the others take none.

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
    if url is not None and key != "openai":
        raise UsageError(
            f"The engine {key} runs on this machine.", remedy="Leave out --url, or: --engine openai"
        )
    try:
        module = importlib.import_module(f"{__name__}.{key}")
    except ModuleNotFoundError as error:
        raise MissingExtraError(
            f"The engine {key} needs {error.name}, which is not installed.",
            remedy="Install it in the folder of the clone: pip install '.[train]'",
        ) from error
    engine: Engine = module.load(bot, url)
    return engine


def require_fit(prompt: Sequence[int], longest: int) -> None:
    """Raise EngineError if there is no prompt, or it has more tokens than `longest`."""
    if not 0 < len(prompt) <= longest:
        raise EngineError(
            f"The prompt has {len(prompt)} tokens; the model can take 1 to {longest}.",
            remedy="Send a shorter message.",
        )


def common_beginning(one: Sequence[int], other: Sequence[int]) -> int:
    """The length of the beginning that two sequences share, which need not be computed again."""
    pairs = zip(one, other, strict=False)
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))


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
