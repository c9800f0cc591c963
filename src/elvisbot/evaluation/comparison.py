"""What the texts alone tell: a bot's replies, the person's, and those of others, side by side.

No model is asked here, so that all of it can be worked out beside the questions to the models, in a
process of its own that needs no torch.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from sklearn.feature_extraction.text import TfidfVectorizer

from elvisbot.conversation import PLACEHOLDERS, Pair
from elvisbot.evaluation.characters import character_bits
from elvisbot.evaluation.detection import FOLDS
from elvisbot.evaluation.likeness import Likeness, Likenesses
from elvisbot.evaluation.style import Reply
from elvisbot.pairs import by_session

NO_WORDS: Final = frozenset(["", *(f"[{each}]" for each in PLACEHOLDERS)])
"""Messages of the contacts that are not their words."""


@dataclass(frozen=True)
class Comparison:
    """What came out.

    Attributes:
        likenesses: How like the person the bot is, by `bot`; the same of the person themselves and
            of others, by their names.
        character_bits: What each session's replies cost a 5-gram model of the person's
            characters, by `characters`, and one of their contacts', by `stranger`.
    """

    likenesses: Mapping[str, Likeness]
    character_bits: Mapping[str, NDArray[np.float64]]


def compare(
    exchanges: Sequence[Pair], learnt: Sequence[Pair], made: Sequence[Reply], base: Sequence[Reply]
) -> Comparison:
    """Compare the bot's replies to `exchanges`, and the base's, with the person's.

    Args:
        learnt: The training part.
        made, base: What bot and base said, in the order of the exchanges; a reply may be empty.
    """
    others = {"base": said(base), "parrot": parrot(exchanges, learnt)}
    others["stranger"] = their_turns(exchanges)
    measure = likenesses(exchanges, learnt)
    own = [pair.reply for pair in learnt]
    sessions = [[pair.reply for pair in session] for session in by_session(exchanges)]
    return Comparison(
        {
            "bot": measure.measure(said(made)),
            "person": measure.of_the_person(),
            **{who: measure.measure(each) for who, each in others.items() if len(each) >= FOLDS},
        },
        {
            "characters": character_bits(own, sessions),
            "stranger": character_bits(their_turns(learnt), sessions),
        },
    )


def likenesses(exchanges: Sequence[Pair], learnt: Sequence[Pair]) -> Likenesses:
    """The person as the measure: their replies to `exchanges`, and as many that they wrote before.

    Args:
        learnt: The training part, which has more replies.
    """
    count = len(exchanges)
    return Likenesses(
        later=[pair.reply for pair in exchanges],
        earlier=[pair.reply for pair in learnt[-count:]],
        learnt=[pair.reply for pair in learnt[:-count]],
        later_others=their_turns(exchanges),
        learnt_others=their_turns(learnt),
    )


def said(replies: Sequence[Reply]) -> list[Reply]:
    """Those that are not empty."""
    return [reply for reply in replies if reply]


def parrot(exchanges: Sequence[Pair], learnt: Sequence[Pair]) -> list[Reply]:
    """To each exchange the reply that was learnt for the most similar message."""
    grams = TfidfVectorizer(analyzer="char_wb", ngram_range=(1, 4), sublinear_tf=True)
    known = grams.fit_transform([_question(pair) for pair in learnt])
    asked = grams.transform([_question(pair) for pair in exchanges])
    nearest: NDArray[np.intp] = np.asarray((asked @ known.T).argmax(axis=1)).ravel()
    return [learnt[each].reply for each in nearest]


def their_turns(pairs: Sequence[Pair]) -> list[Reply]:
    """What the contacts wrote, each turn once."""
    turns: list[Reply] = []
    for pair in pairs:
        texts = tuple(text for text in pair.context[-1].texts if text.strip() not in NO_WORDS)
        if texts:
            turns.append(texts)
    return turns


def _question(pair: Pair) -> str:
    return "\n".join(pair.context[-1].texts)
