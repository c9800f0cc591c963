"""How like the person a set of replies is: the numbers that need nothing but texts.

Everything is measured against the person's later replies, and what counts as good is how near the
person's own earlier replies come to them: nobody writes the same way twice.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from elvisbot.evaluation import detection, identity, style
from elvisbot.evaluation.figures import Figure, Times, bootstrapped, share
from elvisbot.evaluation.originality import (
    commonest_share,
    copied,
    repeated,
    token_pairs,
    variety,
)
from elvisbot.evaluation.style import Reply
from elvisbot.evaluation.words import common_words

COMMON_WORDS: Final = 150
"""Words that are not masked, where subjects shall not count."""

SLOW_DRAWS: Final = 200
"""Bootstrap samples for what takes milliseconds each."""


@dataclass(frozen=True)
class Likeness:
    """What a set of replies measures.

    Attributes:
        style_ratio: How far they are from the person's later replies, over how far the person's
            earlier ones are.
        excess_detectability: By how much more of the area under the curve a classifier tells them
            from the later replies than it tells the earlier ones.
        detectability: The area itself; masked_detectability, with the rare words masked;
            length_detectability, by lengths alone.
        identity_share: Where they stand in grammar, between others (0) and the person (1).
        copied_replies: The share of those long enough that quote the training replies.
        diversity: Their share of different word pairs, over that of the later replies.
        commonest_reply: The share of the reply that is given most often.
        habits: How far they are from the later replies in each habit.
    """

    style_ratio: Figure
    excess_detectability: Figure
    detectability: float
    masked_detectability: float
    length_detectability: float
    identity_share: Figure
    copied_replies: Figure
    diversity: Figure
    commonest_reply: float
    habits: dict[str, float]


class Likenesses:
    """One person's replies, which others are measured against."""

    def __init__(
        self,
        *,
        later: Sequence[Reply],
        earlier: Sequence[Reply],
        learnt: Sequence[Reply],
        later_others: Sequence[Reply],
        learnt_others: Sequence[Reply],
    ) -> None:
        """
        Args:
            later: The person's replies of the held-out part.
            earlier: The last replies of the training part.
            learnt: Those before.
            later_others: The turns of their contacts in the held-out part.
            learnt_others: Those in the training part.
        """
        self._later, self._earlier, self._learnt = later, earlier, learnt
        self._training = [*learnt, *earlier]
        self._habits = style.Habits(learnt)
        self._common = common_words((text for reply in learnt for text in reply), COMMON_WORDS)
        self._grammar = identity.Grammar(learnt, learnt_others, self._common)
        self._own_ratios = self._grammar.ratios(later)
        self._own_scores = detection.by_text(earlier, later)
        self._foreign_ratios = self._grammar.ratios(later_others)

    def of_the_person(self) -> Likeness:
        """Measure the person's own earlier replies; whether they quote themselves, the later."""
        quotes = share(copied(self._later, self._training))
        return replace(self.measure(self._earlier), copied_replies=quotes)

    def measure(self, replies: Sequence[Reply]) -> Likeness:
        """Measure a set of replies, none of them empty."""
        made, earlier, later = self._habits.tables(replies, self._earlier, self._later)

        def ratio(a: Times, b: Times, c: Times) -> float:
            return style.distance(made, later, (a, c)) / style.distance(earlier, later, (b, c))

        sizes = len(replies), len(self._earlier), len(self._later)
        scores = detection.by_text(replies, self._later)
        common = self._common
        return Likeness(
            style_ratio=bootstrapped(ratio, *sizes, draws=SLOW_DRAWS),
            excess_detectability=self._excess_detectability(scores),
            detectability=detection.area(scores),
            masked_detectability=detection.area(detection.by_style(replies, self._later, common)),
            length_detectability=detection.area(detection.by_length(replies, self._later)),
            identity_share=self._identity_share(replies),
            copied_replies=share(copied(replies, self._training)),
            diversity=self._diversity(replies),
            commonest_reply=commonest_share(replies),
            habits=style.distances(made, later),
        )

    def _excess_detectability(self, scores: detection.Scores) -> Figure:
        def excess(made: Times, earlier: Times, later: Times) -> float:
            own = detection.area(self._own_scores, (earlier, later))
            return detection.area(scores, (made, later)) - own

        sizes = len(scores[0]), len(self._earlier), len(self._later)
        return bootstrapped(excess, *sizes, draws=SLOW_DRAWS)

    def _identity_share(self, replies: Sequence[Reply]) -> Figure:
        sets = self._grammar.ratios(replies), self._own_ratios, self._foreign_ratios
        return bootstrapped(
            lambda *times: identity.share(
                *(counts[:, None] * each for counts, each in zip(times, sets, strict=True))
            ),
            *map(len, sets),
        )

    def _diversity(self, replies: Sequence[Reply]) -> Figure:
        ours, theirs = token_pairs(replies), token_pairs(self._later)

        def ratio(made: Times, later: Times) -> float:
            return variety(repeated(ours, made), repeated(theirs, later))

        return bootstrapped(ratio, len(ours), len(theirs), draws=SLOW_DRAWS)
