"""One training: from a bot's pairs to its `model/`."""

import json
import math
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Final

import torch
from transformers.utils import logging as transformers_logging

from elvisbot.bots import Bot, atomic_file
from elvisbot.conversation import Pair
from elvisbot.errors import TooFewMessagesError, TrainingError
from elvisbot.pairs import MIN_PAIRS, read_pairs
from elvisbot.training.bases import find_base, model_folder
from elvisbot.training.examples import Example, examples
from elvisbot.training.hardware import this_machine
from elvisbot.training.loop import Step, fit
from elvisbot.training.network import Method, Network

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
        epochs: How often the model has seen the replies; below 1, not all of them.
    """

    bits_before: float | None
    bits_after: float | None
    seconds: float
    last: Step
    epochs: float

    def as_json(self) -> dict[str, Any]:
        """What `elvisbot train --json` prints."""
        return {
            "bits_per_char": {"before": self.bits_before, "after": self.bits_after},
            "seconds": round(self.seconds, 1),
            "tokens": self.last.tokens,
            "epochs": round(self.epochs, 3),
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
    export: Callable[[Path], None],
) -> Outcome:
    """Fine-tune `base` on the pairs of `bot` and write its `model/`.

    Args:
        base: As `find_base` takes it.
        minutes: The whole training, loading and scoring included, takes no longer than this.
        export: Writes what is to be served, given the folder of the new model. The bot's `model/`
            is replaced only once that has worked.

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
    hardware = this_machine()
    torch.set_num_threads(hardware.threads)
    found = find_base(base, tell=reporter.stage)
    loading = time.monotonic()
    reporter.stage(f"Loading {found.name} ({hardware.description})")
    network = Network(found, hardware)

    def sequences(part: Sequence[Pair]) -> list[Example]:
        longest = min(MAX_TOKENS, found.context_length)
        # Those before the turn that is answered, and that turn.
        turns = bot.settings.recipe.context_turns + 1
        return list(examples(part, network.format, max_tokens=longest, context_turns=turns))

    unseen = read_pairs(bot.heldout_pairs)[-EVALUATED:]
    heldout = _Heldout(unseen, sequences)
    if unseen:
        reporter.stage(f"Scoring the base on {len(unseen)} held-out replies")
    scoring = time.monotonic()
    before = heldout.bits_per_character(network)
    scored = time.monotonic()

    reporter.stage(f"Training on {len(pairs):,} replies")
    # Scoring comes once more; saving and exporting take a few times as long as loading; and torch
    # was some seconds in loading before the clock began.
    reserve = 5 + 1.3 * (scored - scoring) + 6 * (scoring - loading)
    left = None if minutes is None else _time_left(minutes * 60 - (scored - started) - reserve)
    to_learn = sequences(pairs)
    with _recorded(bot, reporter) as on_step:
        last = fit(
            network,
            to_learn,
            method=method,
            epochs=epochs,
            seconds=left,
            on_step=on_step,
        )
    if last.progress < 1:
        reporter.stage("Ending early; what was learnt is kept")
    if unseen:
        reporter.stage("Scoring the bot on the same replies")
    try:
        after = heldout.bits_per_character(network)
    except KeyboardInterrupt:  # what was learnt is kept all the same
        after = None
    reporter.stage("Saving the model, and as GGUF")
    _save(network, bot, export)
    recipe = replace(bot.settings.recipe, base=base, family=network.family.key, method=method)
    bot.save(replace(bot.settings, recipe=recipe))
    seen = last.tokens / sum(len(sequence.ids) for sequence in to_learn)
    return Outcome(before, after, time.monotonic() - started, last, seen)


@contextmanager
def _recorded(bot: Bot, reporter: Reporter) -> Iterator[Callable[[Step], None]]:
    """Also writes every step into `run/metrics.jsonl`."""
    with atomic_file(bot.metrics) as metrics:

        def on_step(step: Step) -> None:
            metrics.write(json.dumps(asdict(step)).encode() + b"\n")
            reporter.step(step)

        yield on_step


class _Heldout:
    """Replies that training never sees, each scored once, in the context of its session."""

    def __init__(
        self, pairs: Sequence[Pair], make: Callable[[Sequence[Pair]], list[Example]]
    ) -> None:
        self._sequences = make(pairs)
        # A break between two messages counts as one character, as a line break would.
        self._characters = sum(len("\n".join(pair.reply)) for pair in pairs)

    def bits_per_character(self, network: Network) -> float | None:
        """What the breaks and the ends cost included; None if nothing is held out."""
        return network.bits(self._sequences) / self._characters if self._characters else None


def _enough(pairs: list[Pair], bot: Bot) -> list[Pair]:
    if len(pairs) < MIN_PAIRS:
        raise TooFewMessagesError(
            f"{bot.name} needs {MIN_PAIRS} replies to learn from, and has {len(pairs)}.",
            remedy="Import a longer conversation, or all of them: "
            f"elvisbot import {bot.argument} --with everyone",
        )
    return pairs


def _time_left(seconds: float) -> float:
    if seconds <= 0:
        raise TrainingError(
            "That is too little time: loading and scoring alone take longer on this machine.",
            remedy=f"Give it at least {math.ceil(1 - seconds / 60)} minutes more.",
        )
    return seconds


def _save(network: Network, bot: Bot, export: Callable[[Path], None]) -> None:
    model = network.merge()
    with model_folder(bot.model) as folder:
        # float16 keeps eight times finer steps than the 8 bits that are served.
        model.to(dtype=torch.float16).save_pretrained(folder)
        network.format.tokenizer.save(str(folder / "tokenizer.json"))
        export(folder)


def _hush() -> None:
    """Keep the libraries' own progress bars and advice off the terminal."""
    transformers_logging.set_verbosity_error()  # type: ignore[no-untyped-call]
    transformers_logging.disable_progress_bar()  # type: ignore[no-untyped-call]
