"""A vocabulary of which only the last rows learn, those of the markers.

torch makes a gradient for a whole embedding or for none of it: in LoRA, which learns three rows of
49,155, that took a tenth of each step.
"""

from typing import Any

import torch
from torch.nn import functional


class Marked(torch.nn.Module):
    """A layer with a row for each token, frozen but for the last rows."""

    def __init__(self, frozen: Any, rows: torch.nn.Parameter) -> None:
        """Put `rows`, (markers, size), in the place of the last rows of the layer `frozen`."""
        super().__init__()
        self.frozen, self.rows = frozen, rows


class MarkedEmbedding(Marked):
    """Token ids → hidden states."""

    def forward(self, ids: torch.Tensor) -> torch.Tensor:
        known: torch.Tensor = self.frozen(ids)
        marker = ids - (len(self.frozen.weight) - len(self.rows))
        # Not rows[marker], whose gradient is summed in another order each time.
        own = functional.embedding(marker.clamp(min=0), self.rows).to(known.dtype)
        return torch.where((marker >= 0).unsqueeze(-1), own, known)


class MarkedHead(Marked):
    """Hidden states → logits."""

    def forward(self, hidden: torch.Tensor) -> torch.Tensor:
        known: torch.Tensor = self.frozen(hidden)[..., : -len(self.rows)]
        own = functional.linear(hidden, self.rows.to(hidden.dtype))
        return torch.cat([known, own], dim=-1)


def mark(model: Any, count: int) -> None:
    """Let the last `count` rows of the vocabulary learn, in float32, beside all that is frozen."""
    embedding, head = model.get_input_embeddings(), model.get_output_embeddings()
    rows = _rows(embedding, count)
    model.set_input_embeddings(MarkedEmbedding(embedding, rows))
    tied = head.weight is embedding.weight
    model.set_output_embeddings(MarkedHead(head, rows if tied else _rows(head, count)))


@torch.no_grad()
def unmark(model: Any) -> None:
    """Undo `mark`: what the rows have learnt goes into the vocabulary."""
    embedding, head = model.get_input_embeddings(), model.get_output_embeddings()
    for layer in (embedding, head):
        layer.frozen.weight[-len(layer.rows) :] = layer.rows
    model.set_input_embeddings(embedding.frozen)
    model.set_output_embeddings(head.frozen)


def _rows(layer: Any, count: int) -> torch.nn.Parameter:
    return torch.nn.Parameter(layer.weight[-count:].detach().float().clone())
