"""Fine-tuning, in the order of the work: bases, examples, network, loop; `run` does it all.

Importing these modules imports torch; only `elvisbot train` and `elvisbot score` do.
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
if sys.platform == "linux":
    os.environ.setdefault("THP_MEM_ALLOC_ENABLE", "1")
    _libc = ctypes.CDLL(None)
    if hasattr(_libc, "mallopt"):  # which not every C library has
        _libc.mallopt(_M_MMAP_THRESHOLD, _NEVER)
        _libc.mallopt(_M_TRIM_THRESHOLD, _NEVER)
