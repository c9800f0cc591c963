"""The training loop: one pass over the sequences, or as much of it as the time allows."""

import math
import random
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import torch

from elvisbot.errors import TrainingError
from elvisbot.training.examples import Batch, Example, batches
from elvisbot.training.network import Method, Network

BATCH_TOKENS: Final = 1024
"""Tokens of a step, padding included."""

LEARNING_RATE: Final[dict[Method, float]] = {"lora": 1e-3, "full": 2e-4}
WARM_UP: Final = 0.05
"""Share of the training over which the learning rate rises to its peak."""

MAX_GRADIENT_NORM: Final = 1.0


@dataclass(frozen=True)
class Step:
    """How far the training is.

    Attributes:
        number: Counted from 1.
        loss: Of this step, in nats a learnt token.
        tokens: Seen so far, without padding.
        progress: From 0 to 1: the passes done or the time used up, whichever is further.
        seconds: Since the first step began.
    """

    number: int
    loss: float
    tokens: int
    progress: float
    seconds: float

    @property
    def tokens_per_second(self) -> float:
        return self.tokens / self.seconds if self.seconds else 0.0

    @property
    def seconds_left(self) -> float:
        return self.seconds * (1 - self.progress) / self.progress if self.progress else math.inf


def fit(
    network: Network,
    sequences: Sequence[Example],
    *,
    method: Method,
    epochs: float,
    seconds: float | None,
    on_step: Callable[[Step], None],
    seed: int = 0,
) -> Step:
    """Train `network` on `sequences`.

    The learning rate follows the progress, be it measured by passes or by time, so that a training
    cut short by `seconds` still ends with a low rate.

    Args:
        epochs: Passes over the data.
        seconds: Stop after this time; None for no limit.
        on_step: Called after every step.

    Returns:
        The last step. On Ctrl-C training ends early, with what was learnt so far.
    """
    torch.manual_seed(seed)
    weights = network.prepare(method)
    optimiser = torch.optim.AdamW(weights, lr=LEARNING_RATE[method], weight_decay=0.0)
    total = epochs * sum(len(sequence.ids) for sequence in sequences)
    network.model.train()
    started = time.monotonic()
    step = Step(0, math.nan, 0, 0.0, 0.0)
    try:
        for batch in _endless(sequences, random.Random(seed)):
            for group in optimiser.param_groups:
                group["lr"] = LEARNING_RATE[method] * schedule(step.progress)
            loss = _learn(network, batch, optimiser, weights)
            tokens, elapsed = step.tokens + batch.tokens, time.monotonic() - started
            progress = max(tokens / total, elapsed / seconds if seconds else 0.0)
            step = Step(step.number + 1, loss, tokens, min(1.0, progress), elapsed)
            on_step(step)
            if step.progress >= 1:
                break
    except KeyboardInterrupt:
        if not step.number:
            raise
    return step


def schedule(progress: float) -> float:
    """The learning rate as a share of its peak: a short rise, then half a cosine to a tenth."""
    if progress < WARM_UP:
        return 0.1 + 0.9 * progress / WARM_UP
    return 0.1 + 0.45 * (1 + math.cos(math.pi * (progress - WARM_UP) / (1 - WARM_UP)))


def _learn(
    network: Network,
    batch: Batch,
    optimiser: torch.optim.Optimizer,
    weights: Sequence[torch.nn.Parameter],
) -> float:
    loss, labelled = network.loss(batch)
    mean = loss / labelled
    if not torch.isfinite(mean):
        raise TrainingError(
            "The training went astray: its loss is no longer a number.",
            remedy="Nothing was changed. Choose another base, or the other --method.",
        )
    mean.backward()  # type: ignore[no-untyped-call]
    torch.nn.utils.clip_grad_norm_(weights, MAX_GRADIENT_NORM)
    optimiser.step()
    optimiser.zero_grad(set_to_none=True)
    return mean.item()


def _endless(sequences: Sequence[Example], order: random.Random) -> Iterator[Batch]:
    while True:
        yield from batches(sequences, max_tokens=BATCH_TOKENS, shuffle=order)
