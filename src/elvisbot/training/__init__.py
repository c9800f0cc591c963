"""Fine-tuning, in the order of the work: bases, examples, network, loop; `run` does it all.

Importing these modules imports torch; only `elvisbot train` does.
"""
