"""Llama and the models of its architecture, SmolLM2 among them."""

from collections.abc import Mapping
from typing import Any, Final

from elvisbot.families import Family
from elvisbot.families._decoder import LORA_TARGETS, parameters


def _tensor(name: str, tensor: Any, config: Mapping[str, Any]) -> Any:
    heads = config["num_attention_heads"]
    if name.endswith("q_proj.weight"):
        return _interleaved(tensor, heads)
    if name.endswith("k_proj.weight"):
        return _interleaved(tensor, config.get("num_key_value_heads") or heads)
    return tensor


def _interleaved(weight: Any, heads: int) -> Any:
    """Reorder the rows of each head for llama.cpp's rotary embedding.

    transformers rotates row i with row i + half; llama.cpp rotates neighbours.
    """
    rows, columns = weight.shape
    halves = weight.reshape(heads, 2, rows // heads // 2, columns)
    return halves.swapaxes(1, 2).reshape(rows, columns)


FAMILY: Final = Family(
    key="llama",
    model_type="llama",
    start="<|startoftext|>",
    answer="<|answer|>",
    end="<|endoftext|>",
    lora_targets=LORA_TARGETS,
    gguf_parameters=parameters,
    gguf_tensor=_tensor,
)
