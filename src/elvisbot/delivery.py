"""The model that is served: written from the trained one, and compared with it.

Rounding to few bits can take away what the training taught, if its little moves are smaller than
the grid; and an export can be wrong in ways that still answer. So the file is loaded as it will be
served, and asked for the probabilities of held-out tokens that the trained model was asked for too.
"""

import contextlib
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from statistics import fmean
from typing import Any, Final

import psutil

from elvisbot.bots import Bot, storage_errors
from elvisbot.engines.llama_cpp import open_model
from elvisbot.errors import ExportError
from elvisbot.export.gguf import weights_size, write_gguf
from elvisbot.export.quantising import QUANTISATIONS, Quantisation, choose
from elvisbot.families import ChatFormat, family_of
from elvisbot.machine import usable_memory
from elvisbot.pairs import read_pairs
from elvisbot.sampling import CANDIDATES
from elvisbot.training.bases import find_base
from elvisbot.training.examples import examples
from elvisbot.training.hardware import this_machine
from elvisbot.training.network import Network
from elvisbot.training.probing import Probe, probes
from elvisbot.training.run import MAX_TOKENS, PROBED, hush

TOLERANCE: Final = 0.03
"""Of the held-out loss: by this share what is served may differ from what was trained. Q8_0 stays
below 0.01; weights put back on a grid of 4 bits lose a multiple of it."""

MEMORY_SHARE: Final = 0.25
"""Of this machine's memory, that serving the bot may take beside everything else."""


@dataclass(frozen=True)
class Agreement:
    """How well what is served agrees with what was trained.

    Attributes:
        quantisation: How the weights are kept.
        trained, served: Mean loss in nats a token.
        divergence: Mean Kullback–Leibler divergence of what is served from what was trained, in
            nats a token. All but the likeliest tokens are taken together.
        tokens: How many were compared.
    """

    quantisation: Quantisation
    trained: float
    served: float
    divergence: float
    tokens: int

    def as_json(self) -> dict[str, Any]:
        """What `elvisbot train --json` says of it."""
        return {
            "quantisation": self.quantisation,
            "nats_per_token": {"trained": self.trained, "served": self.served},
            "divergence": self.divergence,
        }

    @property
    def difference(self) -> float:
        """As a share of the trained model's loss; 0 where nothing could be compared."""
        return (self.served - self.trained) / self.trained if self.trained else 0.0


def deliver(
    bot: Bot,
    model: Path,
    probes: Sequence[Probe],
    *,
    quantisation: Quantisation | None = None,
) -> Agreement:
    """Write `model` as the bot's `model.gguf`, if it says what the trained model says.

    Args:
        model: The folder of the trained model, with its tokenizer.
        quantisation: None for the finest that this machine can well serve.

    Raises:
        ExportError: if it does not; the bot's `model.gguf` stays as it was.
        StorageError: if the disk is full.
    """
    chosen = quantisation or _suitable(model)
    made = model / "model.gguf"
    agreement = _written(bot, model, made, probes, chosen)
    if abs(agreement.difference) > TOLERANCE:
        raise ExportError(
            f"As {chosen} the model would lose what it has learnt: its loss on held-out "
            f"replies went from {agreement.trained:.3f} to {agreement.served:.3f} nats a token.",
            remedy="Nothing was replaced. Train again; if it happens again, please report it "
            "with the name of the base.",
        )
    with storage_errors(bot.gguf):
        made.replace(bot.gguf)
    return agreement


def requantise(bot: Bot, quantisation: Quantisation, destination: Path) -> Agreement:
    """Write the model of a trained bot as GGUF anew, and say what it loses by that.

    Raises:
        BotNotFoundError: if the bot has not been trained.
        ExportError: if the model cannot be written.
        StorageError: if the disk is full.
    """
    bot.require_model()
    hush()
    base = find_base(str(bot.model), tell=lambda line: None)
    network = Network(base, this_machine())
    network.merge()
    held_out = examples(
        (read_pairs(bot.heldout_pairs) or read_pairs(bot.train_pairs))[-PROBED:],
        network.format,
        max_tokens=min(MAX_TOKENS, base.context_length),
        context_turns=bot.settings.recipe.context_turns,
    )
    return _written(bot, bot.model, destination, probes(network, held_out), quantisation)


def choose_for(model: Path, memory: int) -> Quantisation:
    """The finest way in which a server with so many bytes of memory can hold a trained model.

    Raises:
        ExportError: if there is none.
    """
    return choose(partial(weights_size, model), memory)


def _suitable(model: Path) -> Quantisation:
    """What this machine can well serve, or the coarsest: what was learnt is kept in any case."""
    memory = usable_memory() or psutil.virtual_memory().total
    with contextlib.suppress(ExportError):
        return choose_for(model, round(MEMORY_SHARE * memory))
    return QUANTISATIONS[-1]


def _written(
    bot: Bot, model: Path, path: Path, probes: Sequence[Probe], quantisation: Quantisation
) -> Agreement:
    write_gguf(model, path, name=bot.name, quantisation=quantisation)
    config = json.loads((model / "config.json").read_text(encoding="utf-8"))
    chat_format = ChatFormat.load(family_of(config["model_type"]), model / "tokenizer.json")
    return compare(path, chat_format, probes, quantisation)


def compare(
    gguf: Path, chat_format: ChatFormat, probes: Sequence[Probe], quantisation: Quantisation
) -> Agreement:
    """Ask a GGUF file for the probabilities of the probes' tokens.

    Tokens outside of the likeliest `CANDIDATES` get the probability of the least likely of these,
    for both models, since llama.cpp tells no more.
    """
    engine = open_model(gguf, chat_format)
    trained, served, divergences = [], [], []
    try:
        for probe in probes:
            if len(probe.ids) > engine.context:
                continue
            likeliest = engine.log_probabilities(probe.ids, CANDIDATES)
            floor = min(likeliest.values())
            served.append(-likeliest.get(probe.token, floor))
            trained.append(-max(floor, probe.likeliest.get(probe.token, floor)))
            divergences.append(divergence(probe.likeliest, likeliest))
    finally:
        engine.close()
    if not served:
        return Agreement(quantisation, 0.0, 0.0, 0.0, 0)
    return Agreement(quantisation, fmean(trained), fmean(served), fmean(divergences), len(served))


def divergence(true: Mapping[int, float], other: Mapping[int, float]) -> float:
    """The Kullback–Leibler divergence of `other` from `true`, in nats.

    Args:
        true, other: Natural logarithms of the likeliest tokens' probabilities. What is not among
            the likeliest of both counts as one token more.
    """
    common = true.keys() & other.keys()
    rests = [
        max(1e-9, 1 - sum(math.exp(each[token]) for token in common)) for each in (true, other)
    ]
    inside = sum(math.exp(true[token]) * (true[token] - other[token]) for token in common)
    return inside + rests[0] * math.log(rests[0] / rests[1])
