"""Fine-tuning: from a bot's pairs to its `model/` and `model.gguf`.

Importing this package imports torch; only `elvisbot train` does.
"""

import json
import math
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, Final

import torch
from transformers.utils import logging as transformers_logging

from elvisbot.bots import Bot, atomic_file, atomic_folder
from elvisbot.conversation import Pair
from elvisbot.errors import TooFewMessagesError, TrainingError
from elvisbot.families import ChatFormat
from elvisbot.pairs import read_pairs
from elvisbot.training.bases import find_base
from elvisbot.training.examples import Example, examples, one_reply
from elvisbot.training.hardware import Hardware, this_machine
from elvisbot.training.loop import Step, fit
from elvisbot.training.network import Method, Network

MIN_PAIRS: Final = 50
"""Fewer exchanges teach a model nothing that its owner would recognise."""

MAX_TOKENS: Final = 512
"""The longest training sequence."""

EVALUATED: Final = 300
"""At most so many held-out replies, the latest, are scored."""


@dataclass(frozen=True)
class Outcome:
    """What a training achieved.

    Attributes:
        bits_before, bits_after: Bits a character of the held-out replies, before and after. None
            where the history is too short to hold anything out.
        seconds: Of the whole training, loading and scoring included.
        last: The last step.
            Its progress is below 1 if Ctrl-C ended the training early.
    """

    bits_before: float | None
    bits_after: float | None
    seconds: float
    last: Step

    def as_json(self) -> dict[str, Any]:
        """What `elvisbot train --json` prints."""
        return {
            "bits_per_char": {"before": self.bits_before, "after": self.bits_after},
            "seconds": round(self.seconds, 1),
            "tokens": self.last.tokens,
            "tokens_per_second": round(self.last.tokens_per_second, 1),
            "complete": self.last.progress >= 1,
        }


@dataclass(frozen=True)
class Reporter:
    """Who is told how it goes.

    Attributes:
        stage: Gets one line when something new begins.
        step: Gets every step.
    """

    stage: Callable[[str], None]
    step: Callable[[Step], None]


def train(
    bot: Bot,
    *,
    base: str,
    method: Method,
    epochs: float,
    minutes: float | None,
    reporter: Reporter,
    hardware: Hardware | None = None,
) -> Outcome:
    """Fine-tune `base` on the pairs of `bot` and write its `model/`.

    Args:
        base: As `find_base` takes it.
        minutes: The whole training, loading and scoring included, takes no longer than this.

    Raises:
        BotNotFoundError: if nothing has been imported.
        TooFewMessagesError: if there are fewer than `MIN_PAIRS` pairs.
        BaseModelError: if there is no such base.
        StorageError: if the disk is full.
    """
    started = time.monotonic()
    bot.require_import()
    pairs = _enough(read_pairs(bot.train_pairs), bot)
    _hush()
    hardware = hardware or this_machine()
    torch.set_num_threads(hardware.threads)
    found = find_base(base, tell=reporter.stage)
    reporter.stage(f"Loading {found.name} ({hardware.description})")
    network = Network(found, hardware)
    turns = bot.settings.recipe.context_turns
    longest = min(MAX_TOKENS, found.context_length)
    sequences = list(examples(pairs, network.format, max_tokens=longest, context_turns=turns))
    heldout = _Heldout(read_pairs(bot.heldout_pairs)[-EVALUATED:], network.format, longest, turns)
    heldout = _Heldout(read_pairs(bot.heldout_pairs)[-EVALUATED:], network.format, longest, turns)
    reporter.stage(f"Scoring the base on {len(heldout.examples)} held-out replies")
    scoring = time.monotonic()
    before = heldout.bits_per_character(network)
    scoring = time.monotonic() - scoring

    reporter.stage(f"Training on {len(pairs):,} replies")
    left = None if minutes is None else _time_left(minutes, started, scoring)
    with atomic_file(bot.metrics) as metrics:

        def on_step(step: Step) -> None:
            metrics.write(json.dumps(asdict(step)).encode() + b"\n")
            reporter.step(step)

        last = fit(
            network, sequences, method=method, epochs=epochs, seconds=left, on_step=on_step
        )
    reporter.stage("Scoring the bot on the same replies")
    after = heldout.bits_per_character(network)
    reporter.stage("Saving the model")
    _save(bot, network)
    recipe = replace(bot.settings.recipe, base=base, family=network.family.key, method=method)
    bot.save(replace(bot.settings, recipe=recipe))
    return Outcome(before, after, time.monotonic() - started, last)


class _Heldout:
    """Replies that training never sees, each in the context that it would get when served."""

    def __init__(
        self, pairs: Sequence[Pair], chat_format: ChatFormat, max_tokens: int, turns: int
    ) -> None:
        self.examples: list[Example] = [
            one_reply(pair, chat_format, max_tokens=max_tokens, turns=turns) for pair in pairs
        ]
        # A break between two messages counts as one character, as a line break would.
        self.characters = sum(len("\n".join(pair.reply)) for pair in pairs)

    def bits_per_character(self, network: Network) -> float | None:
        """What the breaks and the end cost is included; None if nothing is held out."""
        return network.bits(self.examples) / self.characters if self.characters else None


def _enough(pairs: list[Pair], bot: Bot) -> list[Pair]:
    if len(pairs) < MIN_PAIRS:
        raise TooFewMessagesError(
            f"{bot.name} has only {len(pairs)} exchanges to learn from; {MIN_PAIRS} are needed.",
            remedy="Import a longer conversation, or all of them: "
            f"elvisbot import {bot.name} --with everyone",
        )
    return pairs


def _time_left(minutes: float, started: float, scoring: float) -> float:
    """Seconds for the training itself: what is left after scoring twice, loading and saving."""
    loading = time.monotonic() - started - scoring
    left = minutes * 60 - (time.monotonic() - started) - scoring - loading
    if left <= 0:
        raise TrainingError(
            f"{minutes:g} minutes are too short: loading and scoring alone take longer here.",
            remedy=f"Give it at least {math.ceil(minutes - left / 60 + 1)} minutes.",
        )
    return left


def _save(bot: Bot, network: Network) -> None:
    model = network.merge()
    with atomic_folder(bot.model) as folder:
        # float16 keeps eight times finer steps than the 8 bits that are served.
        model.to(dtype=torch.float16).save_pretrained(folder)
        network.format.tokenizer.save(str(folder / "tokenizer.json"))


def _hush() -> None:
    """Keep the libraries' own progress bars and advice off the terminal."""
    transformers_logging.set_verbosity_error()
    transformers_logging.disable_progress_bar()
