"""How many processor cores this process may use."""

import contextlib
import math
import os
from pathlib import Path


def usable_cores() -> int:
    """The cores that it may run on, a container's allowance included; at least 1."""
    if hasattr(os, "sched_getaffinity"):
        cores = len(os.sched_getaffinity(0))
    else:
        cores = os.cpu_count() or 1
    with contextlib.suppress(OSError, ValueError):  # no cgroup, or "max": no limit
        quota, period = Path("/sys/fs/cgroup/cpu.max").read_text(encoding="ascii").split()
        cores = min(cores, math.ceil(int(quota) / int(period)))
    return max(1, cores)
