"""The model that is served: written from the trained one, and compared with it.

Rounding to few bits can take away what the training taught, if its little moves are smaller than
the grid; and an export can be wrong in ways that still answer. So the file is loaded as it will be
served, and asked for the probabilities of held-out tokens that the trained model was asked for too.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean
from typing import Final

from elvisbot.bots import Bot, storage_errors
from elvisbot.engines.llama_cpp import open_model
from elvisbot.errors import ExportError
from elvisbot.export.gguf import Quantisation, write_gguf
from elvisbot.families import ChatFormat, family_of
from elvisbot.sampling import CANDIDATES
from elvisbot.training.run import Probe

TOLERANCE: Final = 0.03
"""Of the held-out loss: by this share what is served may differ from what was trained. Q8_0 stays
below 0.01; weights put back on a grid of 4 bits lose a multiple of it."""


@dataclass(frozen=True)
class Agreement:
    """How well what is served agrees with what was trained.

    Attributes:
        trained, served: Mean loss in nats a token.
        tokens: How many were compared.
    """

    trained: float
    served: float
    tokens: int

    @property
    def difference(self) -> float:
        """As a share of the trained model's loss; 0 where nothing could be compared."""
        return (self.served - self.trained) / self.trained if self.trained else 0.0


def deliver(
    bot: Bot,
    model: Path,
    probes: Sequence[Probe],
    *,
    quantisation: Quantisation = "q8_0",
) -> Agreement:
    """Write `model` as the bot's `model.gguf`, if it says what the trained model says.

    Args:
        model: The folder of the trained model, with its tokenizer.

    Raises:
        ExportError: if it does not; the bot's `model.gguf` stays as it was.
        StorageError: if the disk is full.
    """
    made = model / "model.gguf"
    write_gguf(model, made, name=bot.name, quantisation=quantisation)
    config = json.loads((model / "config.json").read_text(encoding="utf-8"))
    chat_format = ChatFormat.load(family_of(config["model_type"]), model / "tokenizer.json")
    agreement = compare(made, chat_format, probes)
    if abs(agreement.difference) > TOLERANCE:
        raise ExportError(
            f"As {quantisation} the model would lose what it has learnt: its loss on held-out "
            f"replies went from {agreement.trained:.3f} to {agreement.served:.3f} nats a token.",
            remedy="Nothing was replaced. Train again; if it happens again, please report it "
            "with the name of the base.",
        )
    with storage_errors(bot.gguf):
        made.replace(bot.gguf)
    return agreement


def compare(gguf: Path, chat_format: ChatFormat, probes: Sequence[Probe]) -> Agreement:
    """Ask a GGUF file for the probabilities of the probes' tokens.

    Tokens outside of the likeliest `CANDIDATES` get the probability of the least likely of these,
    for both models, since llama.cpp tells no more.
    """
    engine = open_model(gguf, chat_format)
    trained, served = [], []
    try:
        for probe in probes:
            if len(probe.ids) > engine.context:
                continue
            likeliest = engine.log_probabilities(probe.ids, CANDIDATES)
            floor = -min(likeliest.values())
            served.append(min(floor, -likeliest.get(probe.token, -floor)))
            trained.append(min(floor, probe.nats))
    finally:
        engine.close()
    if not served:
        return Agreement(0.0, 0.0, 0)
    return Agreement(fmean(trained), fmean(served), len(served))
