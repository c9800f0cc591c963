"""GPT-2 and DialoGPT.

DialoGPT was pretrained on turns separated by `<|endoftext|>`; the other markers are added.
"""

from collections.abc import Mapping
from typing import Any, Final

from elvisbot.families import Family

_TRANSPOSED: Final = (
    "attn.c_attn.weight",
    "attn.c_proj.weight",
    "mlp.c_fc.weight",
    "mlp.c_proj.weight",
)


def _parameters(config: Mapping[str, Any]) -> dict[str, int | float]:
    # transformers 5 writes n_positions alone; older files repeat it as n_ctx.
    return {
        "context_length": config["n_positions"],
        "embedding_length": config["n_embd"],
        "feed_forward_length": config.get("n_inner") or 4 * config["n_embd"],
        "block_count": config["n_layer"],
        "attention.head_count": config["n_head"],
        "attention.layer_norm_epsilon": config["layer_norm_epsilon"],
    }


def _tensor(name: str, tensor: Any, config: Mapping[str, Any]) -> Any:
    # GPT-2 keeps its linear layers as (in, out); llama.cpp wants (out, in).
    return tensor.T if name.endswith(_TRANSPOSED) else tensor


FAMILY: Final = Family(
    key="gpt2",
    model_type="gpt2",
    start="<|startoftext|>",
    answer="<|answer|>",
    end="<|endoftext|>",
    lora_targets=("c_attn", "c_proj", "c_fc"),
    gguf_parameters=_parameters,
    gguf_tensor=_tensor,
    transposed_layers=True,
)
