"""How well a classifier tells two sets of replies apart.

The figure is the area under the ROC curve: the chance that, of one reply from each set, it takes
the right one for the person's. 0.5 is a guess, 1 is certainty.
"""

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold, cross_val_predict
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler

from elvisbot.evaluation.figures import Times
from elvisbot.evaluation.style import Reply
from elvisbot.evaluation.words import hide_words, tokens, words

FOLDS: Final = 5

Scores = tuple[NDArray[np.float64], NDArray[np.float64]]
"""What the classifier thinks of each reply of the first set and of the second: higher is more like
the first. No reply was among those that its classifier learnt from."""


def by_text(ours: Sequence[Reply], theirs: Sequence[Reply]) -> Scores:
    """By the letters, signs and spaces: runs of 1 to 4 characters, weighed by TF-IDF."""
    grams = TfidfVectorizer(analyzer="char", ngram_range=(1, 4), lowercase=False, sublinear_tf=True)
    # The dual has a variable for each reply, of which there are far fewer than runs of characters.
    regression = LogisticRegression(C=10.0, solver="liblinear", dual=True, random_state=0)
    classifier = make_pipeline(grams, regression)
    return _scores(classifier, [_text(reply) for reply in [*ours, *theirs]], len(ours))


def by_style(ours: Sequence[Reply], theirs: Sequence[Reply], common: frozenset[str]) -> Scores:
    """As `by_text`, with every letter of the words that are not `common` made an x."""
    return by_text(_hidden(ours, common), _hidden(theirs, common))


def by_length(ours: Sequence[Reply], theirs: Sequence[Reply]) -> Scores:
    """By the numbers of characters, words and messages alone."""
    classifier = make_pipeline(
        FunctionTransformer(np.log1p), StandardScaler(), LogisticRegression()
    )
    return _scores(classifier, np.array([_sizes(reply) for reply in [*ours, *theirs]]), len(ours))


def area(scores: Scores, times: tuple[Times, Times] | None = None) -> float:
    """The area under the ROC curve.

    Args:
        times: How often each reply of each set counts; None for once.
    """
    ours, theirs = scores
    won = (1 + np.sign(ours[:, None] - theirs)) / 2  # a draw counts half
    a, b = times or (np.ones(len(ours)), np.ones(len(theirs)))
    return float(a @ won @ b / (a.sum() * b.sum()))


def _scores(classifier: Any, replies: Any, ours: int) -> Scores:
    right = np.zeros(len(replies))
    right[:ours] = 1
    folds = StratifiedKFold(FOLDS, shuffle=True, random_state=0)
    chances = cross_val_predict(classifier, replies, right, cv=folds, method="predict_proba")[:, 1]
    return chances[:ours], chances[ours:]


def _hidden(replies: Sequence[Reply], common: frozenset[str]) -> list[Reply]:
    return [[hide_words(text, common) for text in reply] for reply in replies]


def _text(reply: Reply) -> str:
    return "\n".join(reply)


def _sizes(reply: Reply) -> list[int]:
    text = _text(reply)
    return [len(text), len(words(text)), len(tokens(text)), len(reply)]
