"""What a trained model expects at held-out tokens, to compare what is served with it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from elvisbot.sampling import CANDIDATES
from elvisbot.training.examples import IGNORED, Example
from elvisbot.training.network import Network


@dataclass(frozen=True)
class Probe:
    """One token of a held-out reply.

    Attributes:
        ids: The tokens before it.
        token: The token.
        likeliest: The natural logarithms of the probabilities of the likeliest tokens there.
    """

    ids: list[int]
    token: int
    likeliest: Mapping[int, float]


def probes(network: Network, sequences: Iterable[Example]) -> list[Probe]:
    """What `network`, from its weights alone, expects at every labelled token."""
    made = []
    for sequence in sequences:
        learnt = [at for at, label in enumerate(sequence.labels) if label != IGNORED]
        likeliest = network.log_probabilities(sequence, CANDIDATES)
        made += [
            Probe(sequence.ids[:at], sequence.ids[at], each)
            for at, each in zip(learnt, likeliest, strict=True)
        ]
    return made
