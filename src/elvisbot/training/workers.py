"""Processes that train together, as torchrun or accelerate launch starts them.

Each has a copy of the network and takes its share of every batch; their gradients are added up, so
that all copies stay the same, and the same as one process would have made with the whole batch.
"""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import torch
from torch import distributed

from elvisbot.training.examples import Batch


@dataclass(frozen=True)
class Workers:
    """This process among those that train together.

    Attributes:
        rank: Its number, from 0. The first one tells, scores and writes for all.
        count: How many there are.
    """

    rank: int = 0
    count: int = 1

    @property
    def is_first(self) -> bool:
        return self.rank == 0

    def share(self, batch: Batch) -> Batch | None:
        """This process's sequences of a batch; None if there are fewer sequences than processes."""
        ids, labels = batch.ids[self.rank :: self.count], batch.labels[self.rank :: self.count]
        return Batch(ids, labels, batch.tokens) if len(ids) else None

    def add_up(self, weights: Sequence[torch.nn.Parameter]) -> None:
        """Replace every gradient by the sum of all processes'."""
        if self.count == 1:
            return
        for weight in weights:
            if weight.grad is None:
                weight.grad = torch.zeros_like(weight)
            distributed.all_reduce(weight.grad)

    def total(self, value: float) -> float:
        """The sum over all processes."""
        return self._reduced(value) if self.count > 1 else value

    def agreed(self, value: float) -> float:
        """The first process's value, in all of them."""
        return self._reduced(value if self.is_first else 0.0) if self.count > 1 else value

    def wait(self) -> None:
        """Until all processes have come here."""
        if self.count > 1:
            distributed.barrier()

    def _reduced(self, value: float) -> float:
        device = "cuda" if distributed.get_backend() == "nccl" else "cpu"
        tensor = torch.tensor(value, dtype=torch.float64, device=device)
        distributed.all_reduce(tensor)
        return float(tensor)


@contextmanager
def workers() -> Iterator[Workers]:
    """This process among those that were started together, by the variables that torchrun sets."""
    count = int(os.environ.get("WORLD_SIZE", "1"))
    if count == 1:
        yield Workers()
        return
    if torch.cuda.is_available():
        torch.cuda.set_device(int(os.environ.get("LOCAL_RANK", "0")))
    distributed.init_process_group("nccl" if torch.cuda.is_available() else "gloo")
    try:
        yield Workers(distributed.get_rank(), count)
    finally:
        distributed.destroy_process_group()
