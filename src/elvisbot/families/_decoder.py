"""What Llama and its descendants have in common: their layers' names, and their sizes in GGUF."""

from collections.abc import Mapping
from typing import Any, Final

from elvisbot.errors import BaseModelError

LORA_TARGETS: Final = (
    "q_proj",
    "k_proj",
    "v_proj",
    "o_proj",
    "gate_proj",
    "up_proj",
    "down_proj",
)


def parameters(config: Mapping[str, Any]) -> dict[str, int | float]:
    """See `elvisbot.families.Family.gguf_parameters`.

    Raises:
        BaseModelError: if llama.cpp would compute something else from it than transformers does.
    """
    rope = config.get("rope_parameters") or config.get("rope_scaling") or {}
    _require_supported(config, rope)
    heads = config["num_attention_heads"]
    head_size = config.get("head_dim") or config["hidden_size"] // heads
    return {
        "context_length": config["max_position_embeddings"],
        "embedding_length": config["hidden_size"],
        "feed_forward_length": config["intermediate_size"],
        "block_count": config["num_hidden_layers"],
        "attention.head_count": heads,
        "attention.head_count_kv": config.get("num_key_value_heads") or heads,
        "attention.key_length": head_size,
        "attention.value_length": head_size,
        "attention.layer_norm_rms_epsilon": float(config["rms_norm_eps"]),
        "rope.dimension_count": head_size,
        # Published configs have whole numbers here; llama.cpp refuses them.
        "rope.freq_base": float(rope.get("rope_theta") or config.get("rope_theta") or 10_000),
    }


def _require_supported(config: Mapping[str, Any], rope: Mapping[str, Any]) -> None:
    refused = {
        "stretched positions (rope scaling)": rope.get("rope_type", rope.get("type", "default"))
        != "default",
        "a bias in every layer": config.get("attention_bias") or config.get("mlp_bias"),
        "a sliding window": config.get("use_sliding_window"),
        "another activation than SiLU": config.get("hidden_act", "silu") != "silu",
    }
    for what, found in refused.items():
        if found:
            raise BaseModelError(
                f"{config['model_type'].capitalize()} models with {what} are not supported.",
                remedy="Choose another base, such as smollm2-135m.",
            )
