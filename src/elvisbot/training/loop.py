"""The training loop: passes over the sequences, as many as are wanted or the time allows.

Now and then it scores replies that it does not learn from, remembers the weights that were best at
them, and keeps a checkpoint, from which it goes on as if it had never been interrupted: the batches
of each pass are in an order that follows from the seed and the number of the pass alone.
"""

import math
import random
import signal
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any, Final

import torch

from elvisbot.errors import StorageError, TrainingError
from elvisbot.training.checkpoints import Checkpoints, Position
from elvisbot.training.examples import Batch, Example, batches
from elvisbot.training.network import LORA_RANK, Method, Network
from elvisbot.training.workers import Workers

BATCH_TOKENS: Final = 512
"""Tokens of a step, padding included. With 1024 a pass is 6 % faster; but after 23,000 tokens of
the demo's person LoRA had 1.47 held-out bits a character with them, and 1.30 with 512."""

FULL_RATE: Final = 2e-4
LORA_RATES: Final = (1e-3, 3e-3)
"""The learning rates of a long training and of a short one; see `learning_rate`."""

RATE_TIMES_TOKENS: Final = 170.0
"""Between the two, so much over the tokens that will be seen."""

WARM_UP: Final = 0.05
"""Share of the training over which the learning rate rises to its peak."""

MAX_GRADIENT_NORM: Final = 1.0

EVALUATIONS: Final = 5
"""So often the validation replies are scored in a pass, or in a training shorter than one."""

TOKENS_BETWEEN: Final = 6000
"""In a short pass less often: once after so many tokens."""

SHORT_SECONDS: Final = 600
SHORT_EVALUATIONS: Final = 2
"""In a training limited to less than that: scoring takes seconds, which learning needs more."""

PATIENCE: Final = 3
"""Evaluations without a better score, after which the training ends."""

MAX_CHECKPOINT_SHARE: Final = 0.02
"""Of the time, that writing checkpoints may take."""


@dataclass(frozen=True)
class Step:
    """How far the training is.

    Attributes:
        number: Counted from 1.
        loss: Of this step, in nats a learnt token.
        tokens: Seen so far, without padding.
        progress: From 0 to 1: the passes done or the time used up, whichever is further.
        seconds: Spent training so far.
        settled: Whether it no longer gets better, after which more of the same only does harm.
    """

    number: int
    loss: float
    tokens: int
    progress: float
    seconds: float
    settled: bool = False

    @property
    def complete(self) -> bool:
        """Whether there is nothing to go on with."""
        return self.settled or self.progress >= 1

    @property
    def tokens_per_second(self) -> float:
        return self.tokens / self.seconds if self.seconds else 0.0

    @property
    def seconds_left(self) -> float:
        return self.seconds * (1 - self.progress) / self.progress if self.progress else math.inf


@dataclass(frozen=True)
class Plan:
    """How long and how to train.

    Attributes:
        epochs: Passes over the data.
        learning_rate: At its peak; None for that of a training that sees all.
        rank: Of LoRA's matrices.
        seconds: Stop after this time, that of an interrupted run included; None for no limit.
        checkpoint_seconds: Between two checkpoints, at least; 0 keeps one after every step.
        seed: Of the order of the batches, and of dropout.
        clock: By which the `seconds` are counted.
    """

    method: Method
    epochs: float
    learning_rate: float | None = None
    rank: int = LORA_RANK
    seconds: float | None = None
    checkpoint_seconds: float = 60.0
    seed: int = 0
    clock: Callable[[], float] = time.monotonic


@dataclass(frozen=True)
class Watchers:
    """Who is told, and asked.

    Attributes:
        on_step: Told every step.
        score: Gives the bits a character of the validation replies; None where there are none.
        on_score: Told every score, and whether it is the best so far.
        warn: Told what went wrong without ending the training.
    """

    on_step: Callable[[Step], None]
    score: Callable[[], float] | None = None
    on_score: Callable[[float, bool], None] = lambda bits, best: None
    warn: Callable[[str], None] = lambda line: None


def fit(
    network: Network,
    sequences: Sequence[Example],
    plan: Plan,
    watchers: Watchers,
    *,
    checkpoints: Checkpoints | None = None,
    workers: Workers | None = None,
) -> Step:
    """Train `network` on `sequences`; at the end it holds the weights that scored best.

    The learning rate follows the progress, be it measured by passes or by time, so that a training
    cut short by its time still ends with a low rate.

    Args:
        checkpoints: Where to go on from, and what to keep; None keeps nothing.
        workers: The processes that train together; None for this one alone.

    Returns:
        The last step. On Ctrl-C training ends after the step under way, with what was learnt so
        far; a second one raises KeyboardInterrupt.
    """
    torch.manual_seed(plan.seed)
    training = _Training(network, sequences, plan, watchers, checkpoints, workers or Workers())
    with _interruptions() as interrupted:
        return training.run(interrupted)


def learning_rate(method: Method, tokens: float) -> float:
    """At its peak, for a training that sees so many tokens: LoRA's is the higher the fewer."""
    if method == "full":
        return FULL_RATE
    least, most = LORA_RATES
    return min(most, max(least, RATE_TIMES_TOKENS / max(1.0, tokens)))


def evaluations(tokens: int) -> int:
    """How often the validation replies are scored in a pass over so many tokens."""
    return min(EVALUATIONS, max(1, tokens // TOKENS_BETWEEN))


def schedule(progress: float) -> float:
    """The learning rate as a share of its peak: a short rise, then half a cosine to a tenth."""
    if progress < WARM_UP:
        return 0.1 + 0.9 * progress / WARM_UP
    return 0.1 + 0.45 * (1 + math.cos(math.pi * (progress - WARM_UP) / (1 - WARM_UP)))


class _Training:
    """One call of `fit`."""

    def __init__(
        self,
        network: Network,
        sequences: Sequence[Example],
        plan: Plan,
        watchers: Watchers,
        checkpoints: Checkpoints | None,
        workers: Workers,
    ) -> None:
        self._network = network
        self._sequences = sequences
        self._plan = plan
        self._watchers = watchers
        self._checkpoints = checkpoints
        self._workers = workers
        self._weights = network.prepare(plan.method, plan.rank)
        self._total = plan.epochs * sum(len(sequence.ids) for sequence in sequences)
        self._peak = plan.learning_rate or learning_rate(plan.method, self._total)
        self._optimiser = torch.optim.AdamW(
            self._weights.values(), lr=self._peak, weight_decay=0.0, fused=True
        )
        self._position = Position()
        self._batches: list[Batch] = []
        self._started = plan.clock()
        self._loss = math.nan
        self._before = 0.0
        self._checkpointed = time.monotonic()
        self._pause = plan.checkpoint_seconds

    def run(self, interrupted: threading.Event) -> Step:
        if self._checkpoints:
            resumed = self._checkpoints.resume(self._weights, self._optimiser)
            self._position = resumed or self._position
        self._before = self._position.seconds
        step = self._step()
        self._network.model.train()
        while step.progress < 1 and not self._is_over(interrupted):
            self._learn(self._next_batch())
            step = self._step()
            self._watchers.on_step(step)
            self._look_back(step.progress)
        step = replace(step, settled=self._settled)
        if self._workers.is_first and interrupted.is_set():
            self._keep()
        self._end(step.progress)
        return step

    def _step(self) -> Step:
        """Where the training is; the seconds are those of the first process, for all."""
        seconds = self._before + self._plan.clock() - self._started
        seconds = self._workers.agreed(seconds)
        self._position = replace(self._position, seconds=seconds)
        by_time = seconds / self._plan.seconds if self._plan.seconds else 0.0
        progress = min(1.0, max(self._position.tokens / self._total, by_time))
        return Step(
            self._position.step, self._loss, self._position.tokens, progress, self._position.seconds
        )

    @property
    def _settled(self) -> bool:
        return self._position.worse >= PATIENCE

    def _is_over(self, interrupted: threading.Event) -> bool:
        return bool(self._workers.agreed(float(interrupted.is_set() or self._settled)))

    def _next_batch(self) -> Batch:
        position = self._position
        if position.batch == 0 or not self._batches:
            order = random.Random(f"{self._plan.seed} {position.epoch}")
            self._batches = batches(self._sequences, max_tokens=BATCH_TOKENS, shuffle=order)
        batch = self._batches[position.batch]
        following = position.batch + 1
        self._position = replace(
            position,
            step=position.step + 1,
            epoch=position.epoch + following // len(self._batches),
            batch=following % len(self._batches),
            tokens=position.tokens + batch.tokens,
        )
        return batch

    def _learn(self, batch: Batch) -> None:
        progress = self._step().progress
        for group in self._optimiser.param_groups:
            group["lr"] = self._peak * schedule(progress)
        weights = list(self._weights.values())
        self._loss = learn(self._network, batch, weights, self._workers)
        torch.nn.utils.clip_grad_norm_(weights, MAX_GRADIENT_NORM)
        self._optimiser.step()
        self._optimiser.zero_grad(set_to_none=True)

    def _look_back(self, progress: float) -> None:
        """Score and keep what was learnt, whenever it is time."""
        is_short = self._plan.seconds is not None and self._plan.seconds < SHORT_SECONDS
        a_pass = evaluations(round(self._total / self._plan.epochs))
        often = SHORT_EVALUATIONS if is_short else a_pass * max(1.0, self._plan.epochs)
        wanted = int(progress * often + 1e-9)
        if self._watchers.score and wanted > self._position.evaluations:
            self._evaluate(wanted)
            self._keep()
        elif time.monotonic() - self._checkpointed >= self._pause:
            self._keep()

    def _evaluate(self, number: int) -> None:
        assert self._watchers.score is not None
        bits = self._workers.agreed(self._watchers.score() if self._workers.is_first else 0.0)
        self._network.model.train()
        is_best = self._position.best is None or bits < self._position.best
        self._position = replace(
            self._position,
            evaluations=number,
            best=bits if is_best else self._position.best,
            worse=0 if is_best else self._position.worse + 1,
        )
        if self._workers.is_first:
            self._watchers.on_score(bits, is_best)
            if is_best and self._checkpoints:
                self._try(lambda kept: kept.save_best(self._weights))

    def _keep(self) -> None:
        began = time.monotonic()
        if self._checkpoints and self._workers.is_first:
            self._try(lambda kept: kept.save(self._position, self._weights, self._optimiser))
        self._checkpointed = time.monotonic()
        took = self._checkpointed - began
        if self._pause:
            self._pause = max(self._plan.checkpoint_seconds, took / MAX_CHECKPOINT_SHARE)

    def _try(self, write: Callable[[Checkpoints], None]) -> None:
        """A disk that is full costs the checkpoint, and not the training."""
        assert self._checkpoints is not None
        try:
            write(self._checkpoints)
        except StorageError as error:
            self._watchers.warn(f"No checkpoint: {error.problem} {error.remedy}")

    def _end(self, progress: float) -> None:
        """Take back the best weights, if what came after them is not better."""
        scored = self._watchers.score is not None and self._position.step > 0
        if scored and progress < 1 and not self._settled:
            self._evaluate(self._position.evaluations)
        if self._position.worse and self._checkpoints:
            self._checkpoints.restore_best(self._weights)


def learn(
    network: Network, batch: Batch, weights: Sequence[torch.nn.Parameter], workers: Workers
) -> float:
    """Add the gradients of a batch to `weights`; returns its loss in nats a learnt token.

    Every worker takes its share of the sequences, and all end with the gradients of the whole.

    Raises:
        TrainingError: if the loss is no longer a number.
    """
    share, nats = workers.share(batch), 0.0
    if share is not None:
        loss = network.loss(share)
        (loss / batch.labelled).backward()  # type: ignore[no-untyped-call]
        nats = loss.item()
    mean = workers.total(nats) / batch.labelled
    if not math.isfinite(mean):
        raise TrainingError(
            "The training went astray: its loss is no longer a number.",
            remedy="Nothing was changed. Choose another base, or the other --method.",
        )
    workers.add_up(weights)
    return mean


@contextmanager
def _interruptions() -> Iterator[threading.Event]:
    """Ctrl-C sets the event, so that the step under way is finished; a second one interrupts."""
    interrupted = threading.Event()
    if threading.current_thread() is not threading.main_thread():
        yield interrupted
        return
    usual: Any = signal.getsignal(signal.SIGINT)

    def on_interrupt(number: int, frame: Any) -> None:
        interrupted.set()
        signal.signal(signal.SIGINT, usual)

    signal.signal(signal.SIGINT, on_interrupt)
    try:
        yield interrupted
    finally:
        signal.signal(signal.SIGINT, usual)
