"""Fine-tuning, in the order of the work: bases, examples, network, loop; `run` does it all.

Importing these modules imports torch; only `elvisbot train` does.
"""

import os

# torch's threads wait for each other in busy loops. Where another program wants one of the cores,
# that is disastrous: on two cores with one of them busy, 37 tokens/s instead of 660. It has to be
# said before torch is loaded.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
