"""How alike two sets of replies are in style: some twenty habits, each a distribution.

The distance of two sets is the mean, over the habits, of the square root of the Jensen–Shannon
divergence to the base 2: 0 where all habits are the same, 1 where nothing is ever alike.
"""

import re
from bisect import bisect
from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray

from elvisbot.evaluation.words import EMOJI, emoji, tokens, words

Reply = Sequence[str]
"""The texts of one turn, in their order; not empty."""

Habit = Callable[[Reply], Iterable[Hashable]]
"""What of a reply is counted."""

_LENGTHS: Final = (2, 3, 5, 8, 12, 17, 24, 33, 46, 65, 91, 130, 200)
"""Where the bins of lengths in characters begin."""

_LAUGH: Final = re.compile(
    r"\b(?:a?(?:ha|he|hi|ja|je|xa){2,}h?|l+o+l+(?:ol)*|lmf?ao+|rofl|k{3,}|w{3,}|mdr|ptdr)\b"
)
_EMOTICON: Final = re.compile(r"(?<!\w)(?:[:;=8xX]['^-]?[)(\]\[DPpOo3/\\|*]+|<3+|\^_*\^|[-]_+[-])")
_STRETCHED: Final = re.compile(r"([^\W\d_])\1{2,}")
_REPEATED: Final = re.compile(r"([!?.,])\1+|[!?]{2,}")
_SIGNS: Final = re.compile(r"[^\w\s]")
_WORDS_KEPT: Final = 60
_PAIRS_KEPT: Final = 100
_GRAMS_KEPT: Final = 200


def _length(size: int, bins: Sequence[int] = _LENGTHS) -> int:
    return bisect(bins, size)


def _up_to(most: int, count: int) -> int:
    return min(most, count)


def _message_characters(reply: Reply) -> Iterable[Hashable]:
    return (_length(len(text)) for text in reply)


def _turn_characters(reply: Reply) -> Iterable[Hashable]:
    yield _length(sum(map(len, reply)))


def _message_words(reply: Reply) -> Iterable[Hashable]:
    return (_length(len(words(text)), (1, 2, 3, 4, 5, 6, 8, 10, 13, 18, 26)) for text in reply)


def _messages(reply: Reply) -> Iterable[Hashable]:
    yield _up_to(7, len(reply))


def _endings(reply: Reply) -> Iterable[Hashable]:
    return (_ending(text.rstrip()) for text in reply)


def _ending(text: str) -> str:
    if emoji(text[-8:]) and EMOJI.sub("", text[-8:])[-1:] != text[-1:]:
        return "emoji"
    if _EMOTICON.search(text[-4:]):
        return "emoticon"
    if text.endswith(("...", "…")):
        return "…"
    last = text[-1:]
    return "letter" if last.isalpha() else "digit" if last.isdigit() else last


def _first_letters(reply: Reply) -> Iterable[Hashable]:
    for text in reply:
        first = next((each for each in text if not each.isspace()), "")
        yield "upper" if first.isupper() else "lower" if first.islower() else "other"


def _capitals(reply: Reply) -> Iterable[Hashable]:
    for text in reply:
        letters = [each for each in text if each.isalpha()]
        shouted = [word for word in re.findall(r"[^\W\d_]{2,}", text) if word.isupper()]
        everything = len(letters) > 1 and all(each.isupper() for each in letters)
        yield "all" if everything else "some" if shouted else "none"


def _lone_letters(reply: Reply) -> Iterable[Hashable]:
    found = [each for text in reply for each in re.findall(r"(?<![\w'’])[^\W\d_](?![\w])", text)]
    return found or ["none"]


def _stretches(reply: Reply) -> Iterable[Hashable]:
    return (bool(_STRETCHED.search(text)) for text in reply)


def _punctuation(reply: Reply) -> Iterable[Hashable]:
    return (sign for text in reply for sign in _SIGNS.findall(EMOJI.sub("", text)) or ["none"])


def _repeated_punctuation(reply: Reply) -> Iterable[Hashable]:
    return (
        sign
        for text in reply
        for sign in [found[0][:3] for found in _REPEATED.finditer(text)] or ["none"]
    )


def _laughs(reply: Reply) -> Iterable[Hashable]:
    return (
        laugh
        for text in reply
        for laugh in [found[0][:8] for found in _LAUGH.finditer(text.lower())] or ["none"]
    )


def _emoji(reply: Reply) -> Iterable[Hashable]:
    return (each for text in reply for each in emoji(text) or ["none"])


def _emoji_count(reply: Reply) -> Iterable[Hashable]:
    return (_up_to(4, len(emoji(text))) for text in reply)


def _emoticons(reply: Reply) -> Iterable[Hashable]:
    return (sign for text in reply for sign in _EMOTICON.findall(text) or ["none"])


def _apostrophes(reply: Reply) -> Iterable[Hashable]:
    found = [each for text in reply for each in re.findall(r"\w(['’])\w", text)]
    return found or ["none"]


def _questions(reply: Reply) -> Iterable[Hashable]:
    yield any("?" in text for text in reply)


def _word_lengths(reply: Reply) -> Iterable[Hashable]:
    return (_up_to(12, len(word)) for text in reply for word in words(text))


def _first_word(reply: Reply) -> Iterable[Hashable]:
    yield next(iter(tokens(reply[0])), "")


def _last_word(reply: Reply) -> Iterable[Hashable]:
    yield next(reversed(tokens(reply[-1])), "")


def _words(reply: Reply) -> Iterable[Hashable]:
    return (word for text in reply for word in words(text))


def _word_pairs(reply: Reply) -> Iterable[Hashable]:
    return (pair for text in reply for pair in pairwise(["^", *tokens(text), "$"]))


def _letter_triples(reply: Reply) -> Iterable[Hashable]:
    for text in reply:
        padded = f"^{text}$"
        for at in range(len(padded) - 2):
            yield padded[at : at + 3]


HABITS: Final[Mapping[str, Habit]] = {
    "characters a message": _message_characters,
    "words a message": _message_words,
    "characters a turn": _turn_characters,
    "messages a turn": _messages,
    "endings": _endings,
    "first letters": _first_letters,
    "capitals": _capitals,
    "lone letters": _lone_letters,
    "stretched words": _stretches,
    "punctuation": _punctuation,
    "repeated punctuation": _repeated_punctuation,
    "laughs": _laughs,
    "emoji": _emoji,
    "emoji a message": _emoji_count,
    "emoticons": _emoticons,
    "apostrophes": _apostrophes,
    "questions": _questions,
    "word lengths": _word_lengths,
    "first words": _first_word,
    "last words": _last_word,
    "common words": _words,
    "common word pairs": _word_pairs,
    "common letter triples": _letter_triples,
}
"""Every habit by its name for people."""

_KEPT: Final = {
    "first words": _WORDS_KEPT,
    "last words": _WORDS_KEPT,
    "common words": _WORDS_KEPT,
    "common word pairs": _PAIRS_KEPT,
    "common letter triples": _GRAMS_KEPT,
}
"""Of open habits only what the person does most is told apart; the rest is one value."""


Table = NDArray[np.float64]
"""How often each reply shows each value of one habit, (replies, values)."""


class Habits:
    """The habits of a person, and how often some sets of replies show each.

    What is kept of the open habits is decided by what the person usually writes.
    """

    def __init__(self, usual: Sequence[Reply]) -> None:
        """
        Args:
            usual: What the person writes, other than what is compared.
        """
        self._kept: dict[str, set[Hashable]] = {}
        for name, count in _KEPT.items():
            shown = Counter(value for reply in usual for value in HABITS[name](reply))
            self._kept[name] = {value for value, _ in shown.most_common(count)}

    def tables(self, *sets: Sequence[Reply]) -> list[dict[str, Table]]:
        """For each set of replies, a table of each habit; the columns of all sets are the same."""
        made: list[dict[str, Table]] = [{} for _ in sets]
        for name in HABITS:
            counts = [[self._shown(name, reply) for reply in replies] for replies in sets]
            columns: dict[Hashable, int] = {}
            for replies in counts:
                for each in replies:
                    for value in each:
                        columns.setdefault(value, len(columns))
            for tables, replies in zip(made, counts, strict=True):
                table = np.zeros((len(replies), len(columns)))
                for row, each in enumerate(replies):
                    for value, count in each.items():
                        table[row, columns[value]] = count
                tables[name] = table
        return made

    def _shown(self, name: str, reply: Reply) -> Counter[Hashable]:
        kept = self._kept.get(name)
        values = HABITS[name](reply)
        return Counter(values if kept is None else (v if v in kept else None for v in values))


def distances(ours: Mapping[str, Table], theirs: Mapping[str, Table]) -> dict[str, float]:
    """How far two sets are apart, by habit, each from 0 to 1."""
    return {name: divergence(ours[name].sum(axis=0), theirs[name].sum(axis=0)) for name in HABITS}


def distance(
    ours: Mapping[str, Table],
    theirs: Mapping[str, Table],
    times: tuple[NDArray[np.float64], NDArray[np.float64]] | None = None,
) -> float:
    """How far two sets are apart, from 0 to 1.

    Args:
        times: How often each reply of each set counts; None for once.
    """
    each = times or (np.ones(_count(ours)), np.ones(_count(theirs)))
    apart = [divergence(each[0] @ ours[name], each[1] @ theirs[name]) for name in HABITS]
    return float(np.mean(apart))


def divergence(ours: NDArray[np.float64], theirs: NDArray[np.float64]) -> float:
    """The square root of the Jensen–Shannon divergence, base 2, of two vectors of counts.

    A set that never shows a habit at all differs wholly from one that does, and not from another.
    """
    if not ours.sum() or not theirs.sum():
        return float(bool(ours.sum()) != bool(theirs.sum()))
    p, q = ours / ours.sum(), theirs / theirs.sum()
    middle = (p + q) / 2
    return float(
        np.sqrt(max(0.0, (_relative_entropy(p, middle) + _relative_entropy(q, middle)) / 2))
    )


def _relative_entropy(p: NDArray[np.float64], q: NDArray[np.float64]) -> float:
    held = p > 0
    return float(np.sum(p[held] * np.log2(p[held] / q[held])))


def _count(tables: Mapping[str, Table]) -> int:
    return len(next(iter(tables.values())))
