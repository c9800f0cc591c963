"""One training: from a bot's pairs to its `model/`."""

import contextlib
import json
import math
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Final, Protocol

import torch
from transformers.utils import logging as transformers_logging

from elvisbot.bots import BIASES, REACTIONS, Bot, Decoding, storage_errors
from elvisbot.conversation import Pair
from elvisbot.errors import TooFewMessagesError, TrainingError
from elvisbot.pairs import MIN_PAIRS, by_session, pairs_hash, read_pairs, sessions_of
from elvisbot.reactions import write_reactions
from elvisbot.sampling import write_biases
from elvisbot.training import estimate, give_back_memory
from elvisbot.training.bases import Base, find_base, model_folder
from elvisbot.training.checkpoints import Checkpoints
from elvisbot.training.estimate import Estimate, Pace
from elvisbot.training.examples import Example, batches, examples
from elvisbot.training.hardware import this_machine
from elvisbot.training.loop import (
    BATCH_TOKENS,
    SHORT_SECONDS,
    Plan,
    Step,
    Watchers,
    evaluations,
    fit,
    learning_rate,
)
from elvisbot.training.network import Method, Network
from elvisbot.training.probing import Probe, probes
from elvisbot.training.reacting import Learned, learn
from elvisbot.training.workers import Workers, workers

MAX_TOKENS: Final = 512
"""The longest training sequence."""

EVALUATED: Final = 300
"""At most so many held-out replies, the latest, are scored."""

MAX_VALIDATION: Final = 60
"""So many replies of the training part at most, and the rest of a session, tell when to stop."""

MIN_VALIDATION: Final = 10
"""Fewer tell nothing, so that a history that would give fewer is trained on whole."""

VALIDATION: Final = 0.05
"""Share of the replies of the training part."""

PROBED: Final = 20
"""Of the held-out replies, so many are compared between the trained model and the served one."""

GROWTH: Final = 1.4
"""Of the memory over a training, against that after a few steps: 1.28 was measured, the last of it
when the way of drawing was chosen at the end."""

SPARE: Final = 1.5
"""Besides scoring the bot at the end, so many times as long is kept in hand."""

SAVING: Final = 8
"""So many times as long as loading takes, saving and exporting do."""

CALIBRATION: Final = 5
"""So many times as long as scoring takes, choosing the decoding does."""

FITTING: Final = 1.5
"""So many times as long as scoring takes, weighing the words does."""

BIAS_REPLIES: Final = 500
"""So many of the person's replies, some that were learnt among them, say how fond they are of each
word."""

USUAL: Final = 600
"""So many of the person's latest replies say how long and how varied the bot's are to be. People
change: of all windows, the latest 500 to 800 replies are the most like the next 300; with fewer, a
chatty month would decide (`python -m benchmarks.drift`)."""

SAMPLE_TOKENS: Final = 24


@dataclass(frozen=True)
class Request:
    """What is to be trained, and how.

    Attributes:
        base: As `find_base` takes it.
        epochs: Passes over the data.
        minutes: The whole training, loading and scoring included, takes no longer than this.
        context_turns: How many turns before the one that is answered the bot gets; 0 trains on
            single questions and answers. None leaves the bot's.
        resume: Whether a training that was interrupted goes on.
        checkpoint_seconds: Between two checkpoints, at least.
    """

    base: str
    method: Method
    epochs: float = 1.0
    minutes: float | None = None
    context_turns: int | None = None
    resume: bool = True
    checkpoint_seconds: float = 60.0


@dataclass(frozen=True)
class Outcome:
    """What a training achieved.

    Attributes:
        bits_before, bits_after: Bits a character of the held-out replies, before and after. None
            where the history is too short to hold anything out.
        seconds: Of this command, loading and scoring included.
        last: The last step. Its progress is below 1 if the training ended early, or was settled.
        epochs: How often the model has seen the replies; below 1, not all of them.
        estimate: What was said before it started.
        memory: Bytes that the process held at most.
        reactions: What was learned of the person's reactions; None where there are none.
    """

    bits_before: float | None
    bits_after: float | None
    seconds: float
    last: Step
    epochs: float
    estimate: Estimate
    memory: int
    reactions: Learned | None

    def as_json(self) -> dict[str, Any]:
        """What `elvisbot train --json` prints."""
        return {
            "bits_per_char": {"before": self.bits_before, "after": self.bits_after},
            "seconds": round(self.seconds, 1),
            "tokens": self.last.tokens,
            "epochs": round(self.epochs, 3),
            "tokens_per_second": round(self.last.tokens_per_second, 1),
            "complete": self.last.complete,
            "memory": self.memory,
            "reactions": self.reactions.as_json() if self.reactions else None,
            "estimate": {
                "seconds": round(self.estimate.seconds, 1),
                "memory": self.estimate.memory,
                "epochs": round(self.estimate.epochs, 3),
            },
        }


@dataclass(frozen=True)
class Score:
    """How good the bot is at one moment of its training.

    Attributes:
        bits: Bits a character of the validation replies.
        is_best: Whether it never was better.
        question, answer: The last message of a held-out turn, and what the bot would say.
    """

    bits: float
    is_best: bool
    question: str
    answer: tuple[str, ...]


@dataclass(frozen=True)
class Reporter:
    """Who is told how it goes.

    Attributes:
        stage: Gets one line when something new begins, or went wrong without ending the training.
        step: Gets every step.
        estimate: Gets what it will take, before it starts.
        score: Gets how good it is, now and then; None if nobody wants to know.
    """

    stage: Callable[[str], None]
    step: Callable[[Step], None]
    estimate: Callable[[Estimate], None] = lambda estimate: None
    score: Callable[[Score], None] | None = None


Export = Callable[[Path, Sequence[Probe]], None]
"""Writes what is to be served, given the folder of the new model, and compares the two."""


class Calibrate(Protocol):
    """Chooses how replies are drawn; see `elvisbot.evaluation.calibration.calibrate`."""

    def __call__(
        self,
        network: Network,
        contexts: Sequence[Pair],
        usual: Sequence[Sequence[str]],
        *,
        turns: int,
        max_tokens: int,
        start: Decoding,
    ) -> Decoding: ...


def train(
    bot: Bot,
    request: Request,
    *,
    reporter: Reporter,
    export: Export,
    calibrate: Calibrate | None = None,
) -> Outcome | None:
    """Fine-tune a base on the pairs of `bot` and write its `model/`.

    The bot's `model/` is replaced only once `export` has worked.

    Args:
        calibrate: None leaves the bot's decoding as it is; so does a training limited to less
            than `SHORT_SECONDS`.

    Returns:
        None in all but the first of several processes that train together.

    Raises:
        BotNotFoundError: if nothing has been imported.
        DamagedBotError: if what was imported cannot be read.
        TooFewMessagesError: if there are fewer than `MIN_PAIRS` pairs.
        TrainingError: if it does not fit into the memory, or the time.
        BaseModelError: if there is no such base.
        ExportError: if what would be served is not what was trained.
        StorageError: if the disk is full.
    """
    bot.require_import()
    pairs = _enough(read_pairs(bot.train_pairs), bot)
    hush()
    with workers() as group:
        told = reporter if group.is_first else _silent()
        return _Training(bot, request, pairs, told, calibrate, group).run(export)


class _Training:
    """One call of `train`."""

    def __init__(
        self,
        bot: Bot,
        request: Request,
        pairs: list[Pair],
        reporter: Reporter,
        calibrate: Calibrate | None,
        group: Workers,
    ) -> None:
        self._started = time.monotonic()
        self._bot = bot
        self._request = request
        self._reporter = reporter
        self._group = group
        limit = request.minutes
        is_short = limit is not None and 60 * limit < SHORT_SECONDS
        self._calibrate = None if is_short else calibrate
        self._context = (
            bot.settings.recipe.context_turns
            if request.context_turns is None
            else request.context_turns
        )
        self._learnt, self._validation = split_validation(pairs)
        self._heldout = read_pairs(bot.heldout_pairs)[-EVALUATED:]
        self._hardware = this_machine()
        torch.set_num_threads(max(1, self._hardware.threads // group.count))

    def run(self, export: Export) -> Outcome | None:
        # First, since a history that cannot be read must not end a training of hours.
        self._reactions = learn(sessions_of(self._bot)) if self._group.is_first else None
        base = self._find_base()
        estimate.require_memory(base, self._request.method, self._hardware)
        self._reporter.stage(f"Loading {base.name} ({self._hardware.description})")
        loading = time.monotonic()
        self._network = Network(base, self._hardware)
        self._longest = min(MAX_TOKENS, base.context_length)
        loaded = time.monotonic() - loading
        checkpoints = self._checkpoints(base)
        resuming = checkpoints.exist()
        before, scoring = self._score_base()

        sequences = self._sequences(self._learnt)
        calibrating = FITTING + CALIBRATION * bool(self._calibrate)
        reserve = (1 + SPARE + calibrating) * scoring + SAVING * loaded + 15
        expected = self._expect(sequences, reserve)
        self._reporter.estimate(expected)
        self._reporter.stage(
            f"{'Going on with' if resuming else 'Training on'} {len(self._learnt):,} replies"
        )
        total = sum(len(sequence.ids) for sequence in sequences)
        last = self._fit(sequences, checkpoints, reserve, expected.epochs * total)
        if not self._group.is_first:
            return None
        if last.settled:
            self._reporter.stage("It no longer gets better; the best of what was learnt is kept")
        elif last.progress < 1:
            self._reporter.stage("Ending early; the best of what was learnt is kept")
        self._fit_biases()
        after = self._score_bot()
        self._save(base, export)
        if last.complete:
            checkpoints.clear()
        return Outcome(
            before,
            after,
            time.monotonic() - self._started,
            last,
            last.tokens / total,
            expected,
            estimate.peak_memory(self._hardware),
            self._reactions,
        )

    def _find_base(self) -> Base:
        """The first process fetches it, if need be, and the others find it fetched."""
        if self._group.is_first:
            find_base(self._request.base, tell=self._reporter.stage)
        self._group.wait()
        return find_base(self._request.base, tell=self._reporter.stage)

    def _sequences(self, pairs: Sequence[Pair]) -> list[Example]:
        return list(
            examples(
                pairs,
                self._network.format,
                max_tokens=self._longest,
                context_turns=self._context,
            )
        )

    def _checkpoints(self, base: Base) -> Checkpoints:
        training = {
            "base": str(base.folder),
            "method": self._request.method,
            "epochs": self._request.epochs,
            "whole_sessions": self._context > 0,
            "pairs": pairs_hash(self._bot),
        }
        checkpoints = Checkpoints(self._bot.checkpoints, training)
        if self._group.is_first and not self._request.resume:
            checkpoints.clear()
        self._group.wait()
        return checkpoints

    def _score_base(self) -> tuple[float | None, float]:
        """Bits a character of the base on the held-out replies, and how long that took.

        Also for a training that goes on: what is kept for the end hangs on it.
        """
        if not self._heldout:
            return None, 0.0
        self._reporter.stage(f"Scoring the base on {len(self._heldout)} held-out replies")
        began = time.monotonic()
        bits = self._bits_per_character(self._heldout)
        return bits, time.monotonic() - began

    def _fit_biases(self) -> None:
        """Make the bot as fond of each word as the person is; see `Network.fit_biases`."""
        self._reporter.stage("Weighing its words")
        apart = max(1, len(self._learnt) // max(1, BIAS_REPLIES - len(self._validation)))
        # Whole sessions, so that every reply keeps its context.
        chosen = [pair for session in by_session(self._learnt)[::apart] for pair in session]
        with contextlib.suppress(KeyboardInterrupt):  # what was learnt is kept all the same
            self._network.fit_biases(self._sequences([*chosen, *self._validation]))

    def _score_bot(self) -> float | None:
        if not self._heldout:
            return None
        self._reporter.stage("Scoring the bot on the same replies")
        try:
            return self._bits_per_character(self._heldout)
        except KeyboardInterrupt:  # what was learnt is kept all the same
            return None

    def _bits_per_character(self, pairs: Sequence[Pair]) -> float:
        """Each reply scored once, in the context of its session; breaks and ends included."""
        characters = sum(pair.characters for pair in pairs)
        return self._network.bits(self._sequences(pairs)) / characters

    def _expect(self, sequences: list[Example], reserve: float) -> Estimate:
        """What is still to come, from a few steps. With a limit of time, one step is enough."""
        limit = self._request.minutes
        probes = 1 if limit is not None else estimate.PROBES
        everything = batches(sequences, max_tokens=BATCH_TOKENS)
        pace = estimate.measure(self._network, self._request.method, everything, probes=probes)
        total = sum(batch.tokens for batch in everything)
        passes = (
            self._request.epochs * total / pace.tokens_per_second * (1 + self._scoring_share(total))
        )
        elapsed = time.monotonic() - self._started
        seconds = elapsed + passes + reserve
        epochs = self._request.epochs
        if limit is not None and seconds > 60 * limit:
            epochs *= max(0.0, 60 * limit - elapsed - reserve) / passes
            seconds = 60 * limit
        return Estimate(seconds, self._memory(pace), epochs)

    def _scoring_share(self, tokens: int) -> float:
        """How much longer a pass takes because the validation replies are scored.

        Scoring takes a third of learning: there is a way forward, and none back.
        """
        return evaluations(tokens) * len(self._validation) / len(self._learnt) / 3

    def _memory(self, pace: Pace) -> int:
        """That of training, or that of saving: a model in float32, and its copy in float16."""
        weights = sum(each.numel() for each in self._network.model.parameters())
        return max(round(GROWTH * pace.memory), estimate.saving_memory(weights))

    def _fit(
        self, sequences: list[Example], checkpoints: Checkpoints, reserve: float, tokens: float
    ) -> Step:
        """Train; `tokens` is how many there will be time for."""
        limit = self._request.minutes
        spent = time.monotonic() - self._started
        left = None if limit is None else _time_left(60 * limit - spent - reserve)
        plan = Plan(
            self._request.method,
            self._request.epochs,
            learning_rate=learning_rate(self._request.method, self._group.agreed(tokens)),
            seconds=left,
            checkpoint_seconds=self._request.checkpoint_seconds,
        )
        with self._recorded() as on_step:
            watchers = Watchers(
                on_step=on_step,
                score=self._validate if self._validation else None,
                on_score=self._tell_score,
                warn=self._reporter.stage,
            )
            return fit(
                self._network,
                sequences,
                plan,
                watchers,
                checkpoints=checkpoints,
                workers=self._group,
            )

    def _validate(self) -> float:
        return self._bits_per_character(self._validation)

    def _tell_score(self, bits: float, is_best: bool) -> None:
        sample = self._sample()
        if self._reporter.score is None or sample is None:
            return
        chat_format = self._network.format
        prompt = chat_format.prompt(sample.context[-self._context - 1 :])
        ids = self._network.answer(prompt[-self._longest // 2 :], max_tokens=SAMPLE_TOKENS)
        answer = tuple(text for text in chat_format.messages(ids) if text.strip())
        self._reporter.score(Score(bits, is_best, sample.context[-1].texts[-1], answer))

    def _sample(self) -> Pair | None:
        """A held-out exchange whose message is of usual length, always the same one."""
        asked = self._heldout or self._validation
        usual = [pair for pair in asked if 12 <= len(pair.context[-1].texts[-1]) <= 60]
        return next(iter(usual or asked), None)

    @contextmanager
    def _recorded(self) -> Iterator[Callable[[Step], None]]:
        """Also writes every step into `run/metrics.jsonl`; a training that goes on adds to it."""
        if not self._group.is_first:
            yield self._reporter.step
            return
        goes_on = self._bot.checkpoints.is_dir()
        with storage_errors(self._bot.metrics):
            self._bot.metrics.parent.mkdir(mode=0o700, exist_ok=True)
            metrics = self._bot.metrics.open("ab" if goes_on else "wb", buffering=0)

        def on_step(step: Step) -> None:
            with contextlib.suppress(OSError):  # a full disk ends no training
                metrics.write(json.dumps(asdict(step)).encode() + b"\n")
            self._reporter.step(step)

        with metrics:
            yield on_step

    def _save(self, base: Base, export: Export) -> None:
        self._reporter.stage("Saving the model, and as GGUF")
        give_back_memory()
        model = self._network.merge()
        # Of what the merged model thinks of some held-out replies, with its weights in float32.
        compared = probes(self._network, self._sequences((self._heldout or self._learnt)[-PROBED:]))
        with model_folder(self._bot.model) as folder:
            # float16 keeps eight times finer steps than the 8 bits that are served.
            model.to(dtype=torch.float16).save_pretrained(folder)
            self._network.format.tokenizer.save(str(folder / "tokenizer.json"))
            write_biases(folder / BIASES, self._network.worthwhile_biases())
            if self._reactions is not None:
                write_reactions(folder / REACTIONS, self._reactions.reactions)
            export(folder, compared)
        settings = self._bot.settings
        recipe = replace(
            settings.recipe,
            base=self._request.base,
            family=base.family.key,
            method=self._request.method,
            context_turns=self._context,
            pairs=pairs_hash(self._bot),
        )
        self._bot.save(replace(settings, recipe=recipe))
        self._bot.save(replace(settings, recipe=recipe, decoding=self._decoding()))

    def _decoding(self) -> Decoding:
        """How replies are to be drawn; what was learnt is saved by now."""
        decoding = self._bot.settings.decoding
        if self._calibrate is None or not self._validation:
            return decoding
        self._reporter.stage("Choosing how to draw its replies")
        self._network.freeze()
        give_back_memory()
        try:
            return self._calibrate(
                self._network,
                self._validation,
                [pair.reply for pair in (*self._learnt, *self._validation)[-USUAL:]],
                turns=self._context,
                max_tokens=self._longest,
                start=decoding,
            )
        except KeyboardInterrupt:
            return decoding


def split_validation(pairs: Sequence[Pair]) -> tuple[list[Pair], list[Pair]]:
    """The pairs to learn from, and the last sessions among them, which only tell when to stop.

    Whole sessions are taken, as few as make up `VALIDATION` of the pairs or `MAX_VALIDATION`.
    None are taken where that would be fewer than `MIN_VALIDATION`.
    """
    wanted = min(MAX_VALIDATION, int(VALIDATION * len(pairs)))
    first = len(pairs) - wanted
    while 0 < first < len(pairs) and pairs[first - 1].session == pairs[first].session:
        first -= 1
    if wanted < MIN_VALIDATION or first < MIN_PAIRS:
        return list(pairs), []
    return list(pairs[:first]), list(pairs[first:])


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


def _silent() -> Reporter:
    return Reporter(lambda line: None, lambda step: None)


def hush() -> None:
    """Keep the libraries' own progress bars and advice off the terminal."""
    transformers_logging.set_verbosity_error()  # type: ignore[no-untyped-call]
    transformers_logging.disable_progress_bar()  # type: ignore[no-untyped-call]
