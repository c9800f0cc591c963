"""How long a training will take here and how much memory it needs, said before it starts.

Time and memory are measured, on a few steps that change nothing. Only whether it is worth to load
the model at all is judged by arithmetic, since a training that does not fit would be killed while
measuring.
"""

import os
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import psutil
import torch

from elvisbot.errors import TrainingError
from elvisbot.training.bases import Base
from elvisbot.training.examples import Batch
from elvisbot.training.hardware import Hardware
from elvisbot.training.loop import learn
from elvisbot.training.network import Method, Network
from elvisbot.training.workers import Workers

PROBES: Final = 4
"""Steps that are measured, of batches from the smallest to the largest; one more warms up."""

_LIBRARIES: Final = 700 << 20
"""Bytes that Python and torch take by themselves."""

_ALTERNATIVES: Final = (
    ("smollm2-135m", 134_515_008),
    ("smollm2-360m", 361_821_120),
    ("dialogpt-medium", 354_823_168),
    ("smollm2-1.7b", 1_711_376_384),
    ("dialogpt-large", 774_030_080),
)
"""Bases to choose instead, with how many parameters they have."""


@dataclass(frozen=True)
class Estimate:
    """What a training will take.

    Attributes:
        seconds: All of it, what is left of loading and scoring included.
        memory: Bytes, at its peak.
        epochs: Passes over the data that the time allows.
    """

    seconds: float
    memory: int
    epochs: float


@dataclass(frozen=True)
class Pace:
    """What was measured on a few steps.

    Attributes:
        tokens_per_second: Without padding.
        memory: Bytes that the process held at most so far.
    """

    tokens_per_second: float
    memory: int


def require_memory(base: Base, method: Method, hardware: Hardware) -> None:
    """Raise TrainingError if a training of `base` surely does not fit, with what would."""
    free = free_memory(hardware)
    needed = least_memory(base.parameters, method, hardware)
    if needed <= free:
        return
    raise TrainingError(
        f"Training {base.name} with --method {method} needs at least {gigabytes(needed)} of memory "
        f"here, and {gigabytes(free)} are free.",
        remedy=_instead(base, method, hardware, free),
    )


def least_memory(parameters: int, method: Method, hardware: Hardware) -> int:
    """Bytes that the weights alone take, and what belongs to each while it learns.

    Full fine-tuning holds, for every weight, itself, its gradient and two moments in float32; LoRA
    holds the frozen weights once. Either way they are saved in the end.
    """
    held = 16 * parameters if method == "full" else parameters * hardware.dtype.itemsize
    return max(held + _LIBRARIES, saving_memory(parameters))


def saving_memory(parameters: int) -> int:
    """Bytes that a model takes while it is saved: in float32, and its copy in float16."""
    return 6 * parameters + _LIBRARIES


def free_memory(hardware: Hardware) -> int:
    """Bytes that a training may take: of the graphics card, else of what this process may use."""
    if hardware.device == "cuda":
        return int(torch.cuda.mem_get_info()[0])
    free = int(psutil.virtual_memory().available)
    return min([free, *_container_limits()])


def measure(
    network: Network, method: Method, sequences: Sequence[Batch], *, probes: int = PROBES
) -> Pace:
    """Take a few steps at a learning rate of 0, and forget them.

    Args:
        sequences: The batches of a pass.
        probes: How many are measured. One tells the memory, and roughly the time.
    """
    by_size = sorted(sequences, key=lambda batch: batch.ids.numel())
    largest = max(sequences, key=lambda batch: (batch.labelled, batch.ids.numel()))
    weights = network.prepare(method)
    optimiser = torch.optim.AdamW(weights.values(), lr=0.0, weight_decay=0.0, fused=True)
    random = torch.get_rng_state()
    network.model.train()
    chosen = [largest, *_spread(by_size, probes)] if probes > 1 else [largest]
    seconds = tokens = 0.0
    for index, batch in enumerate(chosen):
        started = time.monotonic()
        learn(network, batch, list(weights.values()), Workers())
        optimiser.step()
        optimiser.zero_grad(set_to_none=True)
        if index or len(chosen) == 1:  # the first step also allocates
            seconds += time.monotonic() - started
            tokens += batch.tokens
    torch.set_rng_state(random)
    return Pace(tokens / seconds, peak_memory(network.hardware))


def peak_memory(hardware: Hardware) -> int:
    """Bytes that the process, or the graphics card for it, has held at most."""
    if hardware.device == "cuda":
        return int(torch.cuda.max_memory_allocated())
    known: Any = psutil.Process().memory_info()
    if hasattr(known, "peak_wset"):  # Windows
        return int(known.peak_wset)
    import resource

    unit = 1 if os.uname().sysname == "Darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit


def gigabytes(size: float) -> str:
    """`1.4 GB`."""
    return f"{size / 1e9:.1f} GB"


def _spread(items: Sequence[Batch], count: int) -> list[Batch]:
    """`count` of them, evenly from the first to the last."""
    last = len(items) - 1
    return [items[round(last * (index + 0.5) / count)] for index in range(count)]


def _instead(base: Base, method: Method, hardware: Hardware, free: int) -> str:
    """What to choose where a training does not fit."""
    if method == "full" and least_memory(base.parameters, "lora", hardware) <= free:
        return "Train with --method lora, which fits, or close other programs."
    fitting = [name for name, size in _ALTERNATIVES if least_memory(size, "lora", hardware) <= free]
    if not fitting:
        return "Close other programs; even the smallest base needs more than that."
    return f"Choose a smaller base, with --method lora: {', '.join(fitting)}."


def _container_limits() -> list[int]:
    """What is left of the limit of a Linux control group, if there is one."""
    limit, used = Path("/sys/fs/cgroup/memory.max"), Path("/sys/fs/cgroup/memory.current")
    try:
        return [int(limit.read_text()) - int(used.read_text())]
    except (OSError, ValueError):  # elsewhere, or "max"
        return []
