"""Fine-tuning, in the order of the work: bases, examples, network, loop; `run` does it all.

Importing these modules imports torch; of what serves a bot, only the engine `transformers` does.
"""

import ctypes
import os
import sys

# torch's threads wait for each other in busy loops, and where another program wants one of the
# cores, that is disastrous. A shorter wait (GNU OpenMP's own unit) before they go to sleep costs a
# little on a quiet machine (two cores: 296 tokens/s instead of 308) and saves the day on a busy one
# (one of the cores taken: 108 instead of below 40). It has to be said before torch is loaded.
os.environ.setdefault("GOMP_SPINCOUNT", "10000")

# A step takes and gives back hundreds of large blocks, and every page of each costs an interrupt.
# Large pages need fewer, and memory that is kept for the next step none. On Linux, where both have
# to be asked for, that makes a fifth more of the time (one core: 166 tokens/s instead of 139).
_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD = -1, -3  # of glibc's malloc.h
_NEVER = 2**31 - 1


def _glibc() -> ctypes.CDLL | None:
    """The C library, where it is GNU's."""
    if sys.platform != "linux":
        return None
    library = ctypes.CDLL(None)
    return library if hasattr(library, "mallopt") else None


_libc = _glibc()
if _libc:
    os.environ.setdefault("THP_MEM_ALLOC_ENABLE", "1")
    _libc.mallopt(_M_MMAP_THRESHOLD, _NEVER)
    _libc.mallopt(_M_TRIM_THRESHOLD, _NEVER)


def give_back_memory() -> None:
    """Return what was kept for the next step to the system, since there is none."""
    if _libc:
        _libc.malloc_trim(0)
