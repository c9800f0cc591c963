"""The reference: transformers and torch, with the weights as they were saved. Needs the extra
[train], several times the memory of llama.cpp, and more time."""

import threading
from collections.abc import Collection, Iterator, Sequence
from random import Random
from typing import Final

import torch
from transformers import DynamicCache

from elvisbot.bots import Bot, Decoding
from elvisbot.engines import common_beginning, require_fit, trained_format
from elvisbot.errors import EngineError
from elvisbot.sampling import CANDIDATES, biased, draw, read_biases, with_decoding
from elvisbot.training.bases import find_base
from elvisbot.training.hardware import this_machine
from elvisbot.training.network import Network
from elvisbot.training.run import hush

MAX_CONTEXT: Final = 1024
"""Tokens of a conversation."""


def load(bot: Bot, url: str | None = None) -> "Transformers":
    """Load `bot`'s `model/`.

    Raises:
        BotNotFoundError: if the bot has no model yet.
        EngineError: if its tokenizer cannot be read, or its weights are not there, as in a bot
            that was packed for serving.
    """
    trained_format(bot)  # says what is missing
    if not any(bot.model.glob("*.safetensors")):
        raise EngineError(
            f"The weights of {bot.name} are not here, only its model.gguf.",
            remedy="Use --engine llama_cpp, or the machine that it was trained on.",
        )
    hush()
    return Transformers(bot)


class Transformers:
    """See `elvisbot.engines.Engine`."""

    at_once = 1

    def __init__(self, bot: Bot) -> None:
        base, hardware = find_base(str(bot.model), tell=lambda line: None), this_machine()
        torch.set_num_threads(hardware.threads)
        network = Network(base, hardware)
        network.model.eval()
        # The one of training knows nothing of what was computed before.
        network.model.set_attn_implementation("sdpa")
        settings = bot.settings
        self.format = network.format
        self.description = f"{settings.recipe.base} in transformers"
        self._model = network.model
        self._biases = read_biases(bot.biases)
        self._context = min(MAX_CONTEXT, base.context_length)
        self.max_prompt = max(self._context // 2, self._context - settings.decoding.max_tokens)
        self._lock = threading.Lock()
        self._cache = DynamicCache()
        self._cached: list[int] = []

    def generate(
        self, prompt: Sequence[int], decoding: Decoding, *, stop: Collection[int]
    ) -> Iterator[int]:
        """See `elvisbot.engines.Engine`."""
        require_fit(prompt, self.max_prompt)
        ids = list(prompt)
        biases = with_decoding(self._biases, self.format, decoding)
        end = min(len(ids) + decoding.max_tokens, self._context)
        random = Random()
        while len(ids) < end:
            likeliest = self._likeliest(ids, CANDIDATES)
            token = draw(biased(likeliest, biases), decoding, random)
            if token in stop:
                return
            yield token
            ids.append(token)

    def log_probabilities(self, prompt: Sequence[int], top: int) -> dict[int, float]:
        """See `elvisbot.engines.Engine`."""
        require_fit(prompt, self._context)
        return self._likeliest(prompt, top)

    def close(self) -> None:
        """See `elvisbot.engines.Engine`."""
        with self._lock:
            self._model = None
            self._cache = DynamicCache()

    def _likeliest(self, ids: Sequence[int], top: int) -> dict[int, float]:
        with self._lock, torch.no_grad():
            if self._model is None:
                raise EngineError("The model is closed.", remedy="Start ElvisBot again.")
            size = self._model.get_input_embeddings().num_embeddings
            if not all(0 <= token < size for token in ids):
                raise EngineError("The prompt has invalid tokens.", remedy="Train the bot again.")
            known = min(common_beginning(self._cached, ids), len(ids) - 1)
            if known == 0:
                self._cache = DynamicCache()
            elif surplus := len(self._cached) - known:
                self._cache.crop(-surplus)
            fed = torch.tensor([list(ids[known:])], device=self._model.device)
            seen = self._model(input_ids=fed, past_key_values=self._cache, logits_to_keep=1)
            self._cached = list(ids)
            logs, tokens = seen.logits[0, -1].float().log_softmax(-1).topk(min(top, size))
        return dict(zip(tokens.tolist(), logs.tolist(), strict=True))
