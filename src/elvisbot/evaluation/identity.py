"""Whose grammar a text speaks: LambdaG (https://arxiv.org/abs/2403.08462).

A small language model of the person's words, and some of other people's, of the same size. A text
is the person's if theirs expects it better; what is counted is the logarithm of the ratio, a token.
Words that are not common are masked, so that subjects do not count.
"""

from collections.abc import Sequence
from typing import Final

import numpy as np
from lambdag.language_models import KneserNeyLanguageModel
from numpy.typing import NDArray

from elvisbot.evaluation.style import Reply
from elvisbot.evaluation.words import hide_words, tokens

ORDER: Final = 5
REFERENCES: Final = 6
"""Models of other people's words, over which the ratio is averaged."""

LEARNT: Final = 6_000
"""At most so many messages make a model: more takes longer and tells the same."""


class Grammar:
    """The person's grammar, beside that of those who wrote to them."""

    def __init__(
        self, person: Sequence[Reply], others: Sequence[Reply], common: frozenset[str]
    ) -> None:
        """
        Args:
            person: What the person writes; what is asked about later must not be among it.
            others: What others write; the same holds.
            common: The words that are not masked.
        """
        self._common = common
        own, foreign = self._sentences(person), self._sentences(others)
        size = min(LEARNT, len(own), len(foreign) // 2)
        random = np.random.default_rng(0)
        self._own = _model(own[-size:])
        self._foreign = [
            _model([foreign[at] for at in random.choice(len(foreign), size, replace=False)])
            for _ in range(REFERENCES)
        ]

    def ratios(self, replies: Sequence[Reply]) -> NDArray[np.float64]:
        """For each reply the logarithm of the ratio to the base 10, and how many tokens it has.

        Returns:
            (replies, 2)
        """
        return np.array([self._ratio(reply) for reply in replies])

    def _ratio(self, reply: Reply) -> tuple[float, int]:
        total, count = 0.0, 0
        for sentence in self._sentences([reply]):
            foreign = np.mean([_logs(model, sentence) for model in self._foreign], axis=0)
            ratios = _logs(self._own, sentence) - foreign
            total += float(ratios.sum())
            count += len(ratios)
        return total, count

    def _sentences(self, replies: Sequence[Reply]) -> list[tuple[str, ...]]:
        """Every message as tokens, words that are not common masked; none of them empty."""
        masked = (tokens(hide_words(text, self._common)) for reply in replies for text in reply)
        return [tuple(message) for message in masked if message]


def share(
    made: NDArray[np.float64], own: NDArray[np.float64], others: NDArray[np.float64]
) -> float:
    """Where replies stand between others (0) and the person (1); more than 1 is caricature.

    Args:
        made, own, others: As `Grammar.ratios` gives them, of replies that no grammar was made from.
    """
    bot, person, stranger = (each[:, 0].sum() / each[:, 1].sum() for each in (made, own, others))
    return float((bot - stranger) / (person - stranger))


def _model(sentences: Sequence[tuple[str, ...]]) -> KneserNeyLanguageModel[str]:
    model = KneserNeyLanguageModel[str](order=ORDER, discount=0.75)
    for sentence in sentences:
        model.fit(sentence)
    return model


def _logs(model: KneserNeyLanguageModel[str], sentence: tuple[str, ...]) -> NDArray[np.float64]:
    """The logarithm of each token's probability, that of the end of the message included."""
    chances: list[float] = model.probabilities(sentence)
    logs: NDArray[np.float64] = np.log10(np.array(chances))
    return logs
