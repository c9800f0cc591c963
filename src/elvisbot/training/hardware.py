"""Where and how finely to compute, chosen from what the machine has."""

from dataclasses import dataclass
from typing import Final, Literal

import psutil
import torch

from elvisbot.cores import usable_cores

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
    return Hardware("cpu", torch.bfloat16 if _cpu_has_bfloat16() else torch.float32, free_cores())


def free_cores() -> int:
    """The cores that this process may use and that nobody else keeps busy; at least 1.

    Threads wait for each other at every operation, and one of them without a core to itself holds
    up all: on two cores, with one busy, two threads train several times slower than one.
    """
    busy: float = psutil.cpu_percent(interval=GLANCE) / 100 * (psutil.cpu_count() or 1)
    return max(1, min(usable_cores(), (psutil.cpu_count() or 1) - round(busy)))


def _cpu_has_bfloat16() -> bool:
    """Whether bfloat16 is computed in hardware; emulated, it is slower than float32."""
    capabilities = torch.cpu.get_capabilities()
    return bool(capabilities.get("avx512_bf16") or capabilities.get("amx_bf16"))
