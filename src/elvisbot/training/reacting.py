"""Which messages the person reacts to, and with what: learned from the history.

Only what they could have reacted to counts: messages that came by a service by which they have
reacted before. Not every app has reactions, nor tells of them in its export.
"""

from collections import Counter, deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import zip_longest
from math import log
from statistics import fmean
from typing import Any, Final

import numpy as np
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.linear_model import LogisticRegression

from elvisbot.conversation import ME, Message, Session, Turn
from elvisbot.reactions import MAX_KIND, NONE, Reactions, features

MAX_EXAMPLES: Final = 20_000
"""The latest messages that are learned from: habits change, and more take longer than they tell."""

MIN_REACTIONS: Final = 50
"""With fewer, it is only learned how often the person reacts, whatever the message."""

MIN_MESSAGES: Final = 10
"""A word is written into the file only if it stands in so many messages: the file goes to hosts,
and what is said once is nobody's business there."""

MAX_FEATURES: Final = 2000
"""The most common ones, so that the file stays small."""

MAX_KINDS: Final = 12
"""The most common kinds of reactions; messages with others are not learned from."""

VALIDATION: Final = 0.2
"""Share of the messages, the latest, on which the regularisation is chosen."""

STRENGTHS: Final = (0.01, 0.03, 0.1, 0.3, 1.0, 3.0)
"""Of the regularisation, inverse: the more, the more the words count."""

STICKER: Final = "sticker"
"""A kind of reaction that the bot has no picture for."""

LEAST: Final = 1e-6
"""A probability below counts as this, so that no single message decides."""


@dataclass(frozen=True)
class Learned:
    """What was learned.

    Attributes:
        reactions: To be drawn from.
        share: Of the messages that could have got a reaction, those that got one.
        favourite: The most common kind.
    """

    reactions: Reactions
    share: float
    favourite: str

    def as_json(self) -> dict[str, Any]:
        """What `elvisbot train --json` says of it."""
        return {
            "share": round(self.share, 4),
            "favourite": self.favourite,
            "alone": self.reactions.alone,
        }


@dataclass(frozen=True)
class Example:
    """A message of theirs, and the kind of my reaction, `NONE` included."""

    text: str
    kind: str


def learn(sessions: Iterable[Session]) -> Learned | None:
    """What a history tells; None where the person never reacts.

    Args:
        sessions: Oldest first.
    """
    found: deque[Example] = deque(maxlen=MAX_EXAMPLES)
    services: set[str | None] = set()
    alone: list[bool] = []
    for session in sessions:
        found.extend(_examples(session, services))
        alone.extend(_left_alone(session))
    examples, kinds = _of_common_kinds(found)
    if not kinds:
        return None
    reacted = sum(each.kind != NONE for each in examples)
    strength = _best_strength(examples) if reacted >= MIN_REACTIONS else None
    reactions = replace(fitted(examples, strength), alone=round(sum(alone) / len(alone), 4))
    return Learned(reactions, reacted / len(examples), kinds[0])


def fitted(examples: Sequence[Example], strength: float | None) -> Reactions:
    """The regression, with `alone` at 0.

    Args:
        strength: Of the regularisation, inverse; None for the base rates, whatever the message.
            They are also what comes out where there is nothing to tell apart.
    """
    counts = Counter(each.kind for each in examples)
    kinds = [NONE, *(kind for kind, _ in counts.most_common() if kind != NONE)]
    if strength is None or len(counts) == 1 or NONE not in counts:
        rates = [max(counts[kind] / len(examples), LEAST) for kind in kinds]
        return Reactions(0.0, kinds, np.log(rates).round(4).tolist(), {})
    table = CountVectorizer(
        analyzer=features, binary=True, min_df=MIN_MESSAGES, max_features=MAX_FEATURES
    )
    present = table.fit_transform([each.text for each in examples])
    regression = LogisticRegression(C=strength, max_iter=2000)
    regression.fit(present, [kinds.index(each.kind) for each in examples])
    weights, intercepts = regression.coef_, regression.intercept_
    if len(kinds) == 2:  # scikit-learn has one row then, of the second kind against the first
        weights, intercepts = (
            np.concatenate([np.zeros_like(each), each]) for each in (weights, intercepts)
        )
    rows = zip(table.get_feature_names_out(), weights.T.round(3).tolist(), strict=True)
    kept = {str(name): row for name, row in rows if any(row)}
    return Reactions(0.0, kinds, intercepts.round(4).tolist(), kept)


def log_loss(reactions: Reactions, examples: Sequence[Example]) -> float:
    """Nats that the kind of each example costs, on average."""
    chances = (reactions.probabilities(each.text).get(each.kind, 0.0) for each in examples)
    return fmean(-log(max(chance, LEAST)) for chance in chances)


def _best_strength(examples: Sequence[Example]) -> float | None:
    """That which predicts the later examples best from the earlier ones."""
    first = len(examples) - int(VALIDATION * len(examples))
    earlier, later = examples[:first], examples[first:]
    if not later:
        return None
    return min((None, *STRENGTHS), key=lambda strength: log_loss(fitted(earlier, strength), later))


def _examples(session: Session, services: set[str | None]) -> Iterator[Example]:
    """The messages of theirs that could have got a reaction.

    Args:
        services: Those by which I have reacted so far; they are added to.
    """
    for turn in session.turns:
        for message in turn.messages:
            if turn.is_mine:
                continue
            if (kind := _kind(message)) != NONE:
                services.add(message.service)
            if message.text and message.service in services:
                yield Example(message.text, kind)


def _left_alone(session: Session) -> Iterator[bool]:
    """For each turn of theirs that I reacted to, whether I said nothing before their next one."""
    for turn, following in zip_longest(session.turns, session.turns[1:]):
        if not turn.is_mine and any(_kind(message) for message in turn.messages):
            yield following is None or not _has_words(following)


def _has_words(turn: Turn) -> bool:
    return turn.is_mine and any(message.text for message in turn.messages)


def _kind(message: Message) -> str:
    """That of my last reaction, or `NONE`."""
    kinds = [each.kind for each in message.reactions if each.sender == ME and each.kind != STICKER]
    return kinds[-1] if kinds and len(kinds[-1]) <= MAX_KIND else NONE


def _of_common_kinds(examples: Iterable[Example]) -> tuple[list[Example], list[str]]:
    """The examples of the most common kinds, and these kinds, the most common one first."""
    examples = list(examples)
    counts = Counter(each.kind for each in examples if each.kind != NONE)
    kinds = [kind for kind, _ in counts.most_common(MAX_KINDS)]
    return [each for each in examples if each.kind in (NONE, *kinds)], kinds
