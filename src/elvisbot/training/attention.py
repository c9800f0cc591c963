"""Causal attention on a processor, under the interface that transformers calls attention by.

torch's own takes a quarter of a training step in bfloat16. Here the queries come in blocks that
meet no more keys than they may, heads that share a key are one multiplication, and only the last
square of each block is masked: 1.18 times the tokens a second with LoRA, 1.15 with full fine-tuning
(SmolLM2-135M, sequences of up to 512 tokens, two cores with AVX-512).
"""

from typing import Any, Final

import torch
from torch.nn import functional
from transformers import AttentionInterface

NAME: Final = "causal_blocks"
BLOCK: Final = 128
"""Queries of a block."""


def attention(
    module: Any,
    query: torch.Tensor,
    key: torch.Tensor,
    value: torch.Tensor,
    attention_mask: torch.Tensor | None = None,
    scaling: float | None = None,
    dropout: float = 0.0,
    **options: Any,
) -> tuple[torch.Tensor, None]:
    """What each query gathers from the values at its own place and before it.

    Args:
        query: (sequences, heads, tokens, size); the last `tokens` of the places that `key` has.
        key, value: (sequences, heads or a divisor of them, places, size).
        attention_mask: Not looked at. Padding stands on the right, where no query before it looks.
        scaling: Of the scores; None for the usual one, the inverse root of `size`.
        dropout: The share of the weights that are dropped while training.

    Returns:
        (sequences, tokens, heads, size), and no weights.
    """
    sequences, heads, tokens, size = query.shape
    shared, places = key.shape[1:3]
    scaled = (query * (size**-0.5 if scaling is None else scaling)).to(value.dtype)
    scaled = scaled.view(sequences, shared, heads // shared, tokens, size)
    keys = key.to(value.dtype).reshape(sequences * shared, places, size).transpose(1, 2)
    values = value.reshape(sequences * shared, places, size)
    gathered = []
    for first in range(0, tokens, BLOCK):
        block = scaled[:, :, :, first : first + BLOCK]
        length = block.shape[3]
        end = places - tokens + first + length
        scores = block.reshape(sequences * shared, -1, size) @ keys[:, :, :end]
        scores = scores.view(*block.shape[:4], end)
        later = torch.ones(length, length, dtype=torch.bool, device=scores.device).triu(1)
        scores[..., end - length :].masked_fill_(later, float("-inf"))
        weights = functional.dropout(scores.softmax(-1), dropout, module.training)
        weights = weights.view(sequences * shared, -1, end)
        gathered.append((weights @ values[:, :end]).view(block.shape))
    result = torch.cat(gathered, dim=3).view(sequences, heads, tokens, size)
    return result.transpose(1, 2).contiguous(), None


AttentionInterface.register(NAME, attention)
