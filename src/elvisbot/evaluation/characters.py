"""A model of a person's characters: what the plainest statistics know of how they write."""

from collections.abc import Sequence
from typing import Final

import numpy as np
from lambdag.language_models import KneserNeyLanguageModel
from numpy.typing import NDArray

from elvisbot.evaluation.style import Reply

ORDER: Final = 5
BREAK: Final = "\n"
LEARNT: Final = 4_000
"""The latest so many replies are learnt: more takes longer and tells little more."""


def character_bits(
    learnt: Sequence[Reply], sessions: Sequence[Sequence[Reply]]
) -> NDArray[np.float64]:
    """Bits that the replies of each session cost a 5-gram model of `learnt`.

    The model is smoothed by Kneser and Ney. The break between two messages is a character; the end
    of a reply is none, and costs its bits.
    """
    model = KneserNeyLanguageModel[str](order=ORDER, discount=0.75)
    for reply in learnt[-LEARNT:]:
        model.fit(list(BREAK.join(reply)))

    def cost(reply: Reply) -> float:
        return -float(np.log2(model.probabilities(list(BREAK.join(reply)))).sum())

    return np.array([sum(map(cost, replies)) for replies in sessions])
