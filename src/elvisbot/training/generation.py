"""Many replies at once, from a model that is loaded for training.

The served model answers one conversation after the other; side by side, two cores draw several
times as many tokens a second.
"""

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from typing import Final

import torch
from transformers import DynamicCache

from elvisbot.bots import Decoding
from elvisbot.sampling import CANDIDATES
from elvisbot.training.network import Network

ROWS: Final = 24
"""Replies that are drawn side by side. Twice as many are a little faster, and take 1 GB more."""

COLDEST: Final = 1e-4
"""A temperature at which the likeliest token is certain."""


def generate(
    network: Network,
    prompts: Sequence[Sequence[int]],
    decodings: Sequence[Decoding],
    *,
    stop: Collection[int],
) -> list[list[list[int]]]:
    """Continue every prompt once with every decoding, each up to the first token of `stop`.

    Tokens are drawn as `elvisbot.sampling.draw` does, with a fixed seed.

    Args:
        prompts: Token ids, none of them empty.
        stop: Not part of what is returned.

    Returns:
        For each decoding the continuations, in the order of the prompts.
    """
    random = torch.Generator().manual_seed(0)
    made: list[list[list[int]]] = [[[] for _ in prompts] for _ in decodings]
    order = sorted(range(len(prompts)), key=lambda index: len(prompts[index]))
    size = max(1, ROWS // len(decodings))
    network.model.eval()
    with torch.no_grad(), _padding_on_the_left(network):
        for first in range(0, len(order), size):
            group = order[first : first + size]
            batch = _Batch(network, [prompts[index] for index in group], decodings)
            for row, reply in enumerate(batch.replies(stop, random)):
                made[row % len(decodings)][group[row // len(decodings)]] = reply
    return made


class _Batch:
    """Replies that grow side by side: for each prompt one with every decoding."""

    def __init__(
        self, network: Network, prompts: Sequence[Sequence[int]], decodings: Sequence[Decoding]
    ) -> None:
        self._network = network
        self._decodings = [each for _ in prompts for each in decodings]
        width = max(map(len, prompts))
        ids = torch.tensor([[0] * (width - len(each)) + list(each) for each in prompts])
        mask = torch.tensor([[0] * (width - len(each)) + [1] * len(each) for each in prompts])
        self._cache = DynamicCache()
        self._logits = self._forward(ids, mask, (mask.cumsum(dim=1) - 1).clamp(min=0))
        self._cache.batch_repeat_interleave(len(decodings))
        self._logits, self._mask = (
            each.repeat_interleave(len(decodings), dim=0) for each in (self._logits, mask)
        )
        self._rows = list(range(len(self._decodings)))

    def replies(self, stop: Collection[int], random: torch.Generator) -> list[list[int]]:
        """Draw until all have ended."""
        replies: list[list[int]] = [[] for _ in self._decodings]
        draws = _Draws(self._decodings, self._network)
        while self._rows:
            tokens = draws.draw(self._logits, self._rows, random)
            going_on = []
            for place, (row, token) in enumerate(zip(self._rows, tokens, strict=True)):
                if token not in stop:
                    replies[row].append(token)
                    if len(replies[row]) < self._decodings[row].max_tokens:
                        going_on.append(place)
            self._keep(going_on)
            if self._rows:
                self._extend([tokens[place] for place in going_on])
        return replies

    def _keep(self, places: Sequence[int]) -> None:
        """Go on with some of the rows only."""
        if len(places) == len(self._rows):
            return
        chosen = torch.tensor(places, dtype=torch.int64)
        self._rows = [self._rows[place] for place in places]
        self._mask = self._mask[chosen]
        if self._rows:
            self._cache.batch_select_indices(chosen.to(self._network.model.device))

    def _extend(self, tokens: Sequence[int]) -> None:
        self._mask = torch.cat([self._mask, self._mask.new_ones(len(tokens), 1)], dim=1)
        places = self._mask.sum(dim=1, keepdim=True) - 1
        self._logits = self._forward(torch.tensor(tokens)[:, None], self._mask, places)

    def _forward(self, ids: torch.Tensor, mask: torch.Tensor, places: torch.Tensor) -> torch.Tensor:
        """The logits of the next tokens, (rows, vocabulary)."""
        model = self._network.model
        device = model.device
        with self._network.precision():
            seen = model(
                input_ids=ids.to(device),
                attention_mask=mask.to(device),
                position_ids=places.to(device),
                past_key_values=self._cache,
                use_cache=True,
                logits_to_keep=1,
            )
        logits: torch.Tensor = (seen.logits[:, -1].float() + self._network.biases).cpu()
        return logits


class _Draws:
    """`elvisbot.sampling.draw` for many rows at once."""

    def __init__(self, decodings: Sequence[Decoding], network: Network) -> None:
        self._temperature = torch.tensor([max(COLDEST, each.temperature) for each in decodings])
        self._top_p = torch.tensor([each.top_p for each in decodings])
        self._min_p = torch.tensor([each.min_p for each in decodings])
        self._biases = torch.tensor([[each.end_bias, each.break_bias] for each in decodings])
        self._biased = [network.format.end_id, network.format.break_id]

    def draw(self, logits: torch.Tensor, rows: Sequence[int], random: torch.Generator) -> list[int]:
        """A token for each row of `logits`, (rows, vocabulary)."""
        which = torch.tensor(rows)
        logits[:, self._biased] += self._biases[which]
        logs, ids = logits.log_softmax(dim=-1).topk(min(CANDIDATES, logits.shape[1]))
        shares = logs.exp()
        kept = shares.cumsum(dim=-1) - shares < self._top_p[which, None]
        kept &= shares >= self._min_p[which, None] * shares[:, :1]
        kept[:, 0] = True
        weights = ((logs - logs[:, :1]) / self._temperature[which, None]).exp() * kept
        chosen = torch.multinomial(weights, 1, generator=random)
        tokens: list[int] = ids.gather(1, chosen)[:, 0].tolist()
        return tokens


@contextmanager
def _padding_on_the_left(network: Network) -> Iterator[None]:
    """Our own attention does not know of padding on that side."""
    usual = network.model.config._attn_implementation
    network.model.set_attn_implementation("sdpa")
    try:
        yield
    finally:
        network.model.set_attn_implementation(usual)
