"""Fine-tuning, in the order of the work: bases, examples, network, loop; `run` does it all.

Importing these modules imports torch; only `elvisbot train` and `elvisbot score` do.
"""

import os

# torch's threads wait for each other in busy loops, and where another program wants one of the
# cores, that is disastrous. A shorter wait (GNU OpenMP's own unit) before they go to sleep costs a
# little on a quiet machine (two cores: 296 tokens/s instead of 308) and saves the day on a busy one
# (one of the cores taken: 108 instead of below 40). It has to be said before torch is loaded.
os.environ.setdefault("GOMP_SPINCOUNT", "10000")
