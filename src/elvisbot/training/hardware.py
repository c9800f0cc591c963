"""Where and how finely to compute, chosen from what the machine has."""

import time
from dataclasses import dataclass
from typing import Final, Literal

import psutil
import torch

from elvisbot.machine import usable_cores

REPEATS: Final = 20
"""Multiplications, to see how fast the machine is."""

GLANCE: Final = 0.3
"""Seconds over which it is seen how busy the machine is."""


@dataclass(frozen=True)
class Hardware:
    """What a training runs on.

    Attributes:
        device: As torch names it.
        dtype: Of the frozen weights and of the big multiplications.
        threads: For a CPU; as many as the cores that this process may use and nobody else does.
    """

    device: Literal["cpu", "cuda", "mps"]
    dtype: torch.dtype
    threads: int

    @property
    def description(self) -> str:
        where = f"{self.threads} CPU cores" if self.device == "cpu" else self.device
        return f"{where}, {str(self.dtype).removeprefix('torch.')}"


def this_machine() -> Hardware:
    """The best that this machine offers."""
    if torch.cuda.is_available():
        fine = torch.cuda.is_bf16_supported()
        return Hardware("cuda", torch.bfloat16 if fine else torch.float32, free_cores())
    if torch.backends.mps.is_available():
        return Hardware("mps", torch.float32, free_cores())
    return Hardware("cpu", torch.bfloat16 if _bfloat16_is_faster() else torch.float32, free_cores())


def free_cores() -> int:
    """The cores that this process may use and that nobody else keeps busy; at least 1.

    Threads wait for each other at every operation, and one of them without a core to itself holds
    up all: on two cores, with one busy, two threads train several times slower than one.
    """
    busy: float = psutil.cpu_percent(interval=GLANCE) / 100 * (psutil.cpu_count() or 1)
    return max(1, min(usable_cores(), (psutil.cpu_count() or 1) - round(busy)))


def _bfloat16_is_faster() -> bool:
    """Whether the CPU multiplies faster in bfloat16, which is measured on matrices of the size that
    training has: emulated it is slower than float32, and even with instructions of its own some
    processors take twice as long."""
    capabilities = torch.cpu.get_capabilities()
    if not (capabilities.get("avx512_bf16") or capabilities.get("amx_bf16")):
        return False
    return _multiplying(torch.bfloat16) < _multiplying(torch.float32)


def _multiplying(dtype: torch.dtype) -> float:
    """Seconds of the quickest of a few multiplications."""
    left, right = torch.ones(512, 576, dtype=dtype), torch.ones(576, 1536, dtype=dtype)
    seconds = []
    for _ in range(REPEATS):
        started = time.perf_counter()
        left @ right
        seconds.append(time.perf_counter() - started)
    return min(seconds)
