"""Llama and the models of its architecture, SmolLM2 among them."""

from collections.abc import Mapping
from typing import Any, Final

from elvisbot.errors import BaseModelError
from elvisbot.families import Family


def _parameters(config: Mapping[str, Any]) -> dict[str, int | float]:
    heads = config["num_attention_heads"]
    rope = config.get("rope_parameters") or config.get("rope_scaling") or {}
    if rope.get("rope_type", rope.get("type", "default")) != "default":
        raise _unsupported("stretched positions (rope scaling)")
    if config.get("attention_bias") or config.get("mlp_bias"):
        raise _unsupported("biases in its layers")
    return {
        "context_length": config["max_position_embeddings"],
        "embedding_length": config["hidden_size"],
        "feed_forward_length": config["intermediate_size"],
        "block_count": config["num_hidden_layers"],
        "attention.head_count": heads,
        "attention.head_count_kv": config.get("num_key_value_heads") or heads,
        "attention.layer_norm_rms_epsilon": config["rms_norm_eps"],
        "rope.dimension_count": config.get("head_dim") or config["hidden_size"] // heads,
        "rope.freq_base": rope.get("rope_theta") or config.get("rope_theta") or 10000.0,
    }


def _unsupported(what: str) -> BaseModelError:
    return BaseModelError(
        f"Llama models with {what} are not supported.",
        remedy="Choose another base, such as smollm2-135m.",
    )


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
    lora_targets=(
        "q_proj",
        "k_proj",
        "v_proj",
        "o_proj",
        "gate_proj",
        "up_proj",
        "down_proj",
    ),
    gguf_parameters=_parameters,
    gguf_tensor=_tensor,
)
