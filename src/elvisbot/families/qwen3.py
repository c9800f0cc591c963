"""Qwen3: Llama with normalised queries and keys, and heads of a size of their own.

llama.cpp rotates the rows of its heads as transformers does, so that no tensor needs reordering.
`<|endoftext|>` separated the texts of the pretraining; the other markers are added.
"""

from typing import Final

from elvisbot.families import Family
from elvisbot.families._decoder import LORA_TARGETS, parameters

FAMILY: Final = Family(
    key="qwen3",
    model_type="qwen3",
    start="<|startoftext|>",
    answer="<|answer|>",
    end="<|endoftext|>",
    lora_targets=LORA_TARGETS,
    gguf_parameters=parameters,
)
