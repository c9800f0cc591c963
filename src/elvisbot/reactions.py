"""What the person reacts to, and with what; learned in the training, drawn when the bot is served.

`reactions.json` beside the model: of every feature of a message, how much likelier it makes each
kind of reaction, in the order of `kinds`, the first of which is none; and how often a reaction was
all of the answer.

    {"alone": 0.31, "kinds": ["", "loved", "laughed"], "intercepts": [2.1, -1.3, -0.8],
     "weights": {"word love": [-0.7, 0.9, -0.2], "length 0": [0.2, -0.1, -0.1]}}
"""

import json
import math
import re
from bisect import bisect
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from random import Random
from typing import Any, Final

from elvisbot.errors import DamagedBotError

NONE: Final = ""
"""The kind of a message that nobody reacts to."""

MAX_KIND: Final = 64
"""Characters; the longest emoji have some 35."""

_SIGNS: Final = {
    "loved": "❤️",
    "liked": "👍",
    "disliked": "👎",
    "laughed": "😂",
    "emphasised": "‼️",
    "questioned": "❓",
}

_LENGTHS: Final = (8, 20, 50, 120)
"""Where the classes of lengths in characters begin, but for the first."""

_EMOJI: Final = r"[\U0001f000-\U0001faff\u2600-\u27bf\u2b50\u2b55\u203c\u2049]"
_WORD: Final = re.compile(rf"[^\W_]+(?:'[^\W_]+)*|{_EMOJI}")
_HAS_EMOJI: Final = re.compile(_EMOJI)


@dataclass(frozen=True)
class Reactions:
    """A multinomial logistic regression over the kinds of reactions.

    Attributes:
        alone: How often a turn that the person reacted to got no answer in words.
        kinds: `NONE` and those of `elvisbot.conversation.Reaction`.
        intercepts: Of each kind.
        weights: Of each kind, for every feature that counts.
    """

    alone: float
    kinds: Sequence[str]
    intercepts: Sequence[float]
    weights: Mapping[str, Sequence[float]]

    def __post_init__(self) -> None:
        if not 0 <= self.alone <= 1 or self.kinds[0] != NONE:
            raise ValueError("no reactions")
        if not all(0 < len(kind) <= MAX_KIND for kind in self.kinds[1:]):
            raise ValueError("a kind that is none")
        for row in (self.intercepts, *self.weights.values()):
            if len(row) != len(self.kinds) or not all(map(math.isfinite, row)):
                raise ValueError("as many finite numbers as kinds are expected")

    def probabilities(self, text: str) -> dict[str, float]:
        """Of each kind, `NONE` among them; together 1."""
        rows = [self.weights[each] for each in features(text) if each in self.weights]
        scores = [sum(column) for column in zip(self.intercepts, *rows, strict=True)]
        highest = max(scores)
        odds = [math.exp(score - highest) for score in scores]
        return {kind: each / sum(odds) for kind, each in zip(self.kinds, odds, strict=True)}

    def draw(self, text: str, random: Random) -> str | None:
        """The kind of the reaction to a message, if it gets one."""
        probabilities = self.probabilities(text)
        (kind,) = random.choices(list(probabilities), list(probabilities.values()))
        return kind or None


NEVER: Final = Reactions(0.0, (NONE,), (0.0,), {})
"""Of somebody who does not react to messages."""


def features(text: str) -> set[str]:
    """What counts of a message: its words and emoji, its end, and how long it is."""
    plain = text.casefold().replace("’", "'")
    found = {f"word {word}" for word in _WORD.findall(plain)}
    found.add(f"length {bisect(_LENGTHS, len(text))}")
    if text.rstrip().endswith(("?", "!")):
        found.add(f"end {text.rstrip()[-1]}")
    if _HAS_EMOJI.search(text):
        found.add("emoji")
    return found


def sign(kind: str) -> str:
    """How a kind of reaction looks."""
    return _SIGNS.get(kind, kind)


def read_reactions(path: Path) -> Reactions:
    """What was learned; `NEVER` where there is no such file.

    Raises:
        DamagedBotError: if the file holds anything else.
    """
    try:
        return _reactions(json.loads(path.read_text(encoding="utf-8")))
    except FileNotFoundError:
        return NEVER
    except (
        *(OSError, ValueError, TypeError, KeyError, IndexError),
        *(AttributeError, OverflowError, RecursionError),
    ) as error:
        raise DamagedBotError(f"{path} is damaged.", remedy="Train the bot again.") from error


def write_reactions(path: Path, reactions: Reactions) -> None:
    """Write what `read_reactions` reads."""
    document = json.dumps(asdict(reactions), ensure_ascii=False)
    path.write_text(document + "\n", encoding="utf-8")


def _reactions(document: Any) -> Reactions:
    return Reactions(
        alone=float(document["alone"]),
        kinds=[str(kind) for kind in document["kinds"]],
        intercepts=[float(each) for each in document["intercepts"]],
        weights={
            str(feature): [float(each) for each in row]
            for feature, row in document["weights"].items()
        },
    )
