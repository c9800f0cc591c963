"""How many processor cores, and how much memory, this process may use."""

import contextlib
import math
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Final

_GROUPS: Final = Path("/sys/fs/cgroup")


def usable_cores() -> int:
    """The cores that it may run on, a container's allowance included; at least 1."""
    if hasattr(os, "sched_getaffinity"):
        cores = len(os.sched_getaffinity(0))
    else:
        cores = os.cpu_count() or 1
    for limit in _limits("cpu.max"):
        quota, period = limit.split()
        if quota != "max":
            cores = min(cores, math.ceil(int(quota) / int(period)))
    return max(1, cores)


def usable_memory() -> int | None:
    """Bytes that it may hold at most: the machine's, or a container's or service's limit; None
    where that cannot be told."""
    known = []
    with contextlib.suppress(AttributeError, ValueError, OSError):  # none of it on Windows
        known.append(os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE"))
    limits = (*_limits("memory.max"), *_limits("memory.limit_in_bytes", controller="memory"))
    known += [int(limit) for limit in limits if limit != "max"]
    return min(known, default=None)


def _limits(file: str, controller: str = "") -> Iterator[str]:
    """What `file` says in this process's control group, and in those around it.

    Args:
        controller: Of cgroup v1; none is v2. https://docs.kernel.org/admin-guide/cgroup-v2.html
    """
    with contextlib.suppress(OSError):
        for line in Path("/proc/self/cgroup").read_text(encoding="utf-8").splitlines():
            _, controllers, path = line.split(":", 2)
            if controller in controllers.split(","):
                group = _GROUPS / controller / path.lstrip("/")
                for each in (group, *group.parents):
                    if each.is_relative_to(_GROUPS / controller):
                        with contextlib.suppress(OSError):
                            yield (each / file).read_text(encoding="ascii").strip()
