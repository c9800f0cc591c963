"""The scorecard: how like the person a bot texts, in eight figures and plain words.

Each stands beside the same figure of the person's own earlier replies, and of what the bot has to
beat: the untuned base, a parrot that gives the reply to the most similar question it has seen, and
a stranger, which is what the contacts write themselves.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Any, Final, Literal

from elvisbot.evaluation.figures import Figure

References = Mapping[str, Figure]
"""What a figure is compared with: the same of `person`, `base`, `parrot` and `stranger`; for the
surprise, of `base`, and of 5-gram models of the characters of the person (`characters`) and of the
contacts (`stranger`); for what is asked of the model alone, `chance`."""

Judgement = Literal["reached", "near", "missed"]


@dataclass(frozen=True)
class Number:
    """What one figure means.

    Attributes:
        key: As in `scorecard.json`.
        title, question, target: For people.
        is_share: Whether it is shown in per cent.
        judge: How good a figure is beside the references.
        verdicts: What to say to each judgement.
    """

    key: str
    title: str
    question: str
    target: str
    judge: Callable[[Figure, References], Judgement]
    verdicts: Mapping[Judgement, str]
    is_share: bool = False


@dataclass(frozen=True)
class Entry:
    """One figure of the scorecard."""

    number: Number
    figure: Figure
    references: References

    @property
    def judgement(self) -> Judgement:
        return self.number.judge(self.figure, self.references)

    @property
    def verdict(self) -> str:
        return self.number.verdicts[self.judgement]

    def as_json(self) -> dict[str, Any]:
        return {
            **_numbers(self.figure),
            "target": self.number.target,
            "reached": self.judgement == "reached",
            "verdict": self.verdict,
            "references": {key: _numbers(value) for key, value in self.references.items()},
        }


@dataclass(frozen=True)
class Scorecard:
    """What a bot scores.

    Attributes:
        bot: Its name.
        exchanges: How many held-out exchanges it was scored on.
        entries: In the order of `NUMBERS`.
        details: Further figures of the bot and of the references, by name.
        habits: How far the bot, and the person's earlier replies, are from the later ones in each
            habit, from 0 to 1.
    """

    bot: str
    exchanges: int
    entries: tuple[Entry, ...]
    details: Mapping[str, Mapping[str, float]]
    habits: Mapping[str, Mapping[str, float]]

    def as_json(self) -> dict[str, Any]:
        """What `elvisbot score --json` prints and `scorecard.json` holds: nobody's messages."""
        return {
            "bot": self.bot,
            "exchanges": self.exchanges,
            **{entry.number.key: entry.as_json() for entry in self.entries},
            "details": self.details,
            "habits": self.habits,
        }


def _numbers(figure: Figure) -> dict[str, float | None]:
    """The figure for JSON, which knows no infinity; None where something is undefined."""
    known = asdict(figure)
    return {key: value if math.isfinite(value) else None for key, value in known.items()}


def _within(
    reached: tuple[float, float], near: tuple[float, float]
) -> Callable[[Figure, References], Judgement]:
    def judge(figure: Figure, references: References) -> Judgement:
        if reached[0] <= figure.value <= reached[1]:
            return "reached"
        return "near" if near[0] <= figure.value <= near[1] else "missed"

    return judge


def _original(figure: Figure, references: References) -> Judgement:
    own = references["person"].value
    if figure.value <= own + 0.03:
        return "reached"
    return "near" if figure.value <= own + 0.10 else "missed"


def _listens(figure: Figure, references: References) -> Judgement:
    if figure.low > 0:
        return "reached"
    return "near" if figure.value > 0 else "missed"


def _expects(figure: Figure, references: References) -> Judgement:
    base = references["base"].value
    if figure.value <= 0.85 * base and figure.value < references["characters"].value:
        return "reached"
    return "near" if figure.value < base else "missed"


NUMBERS: Final = (
    Number(
        "style_ratio",
        "Style",
        "How far its habits are from theirs, over how far theirs are from one time to another",
        "at most 1.10",
        _within((0.0, 1.10), (0.0, 1.25)),
        {
            "reached": "Its habits differ from theirs as theirs differ from one time to another.",
            "near": "Close to their habits, with a few of its own.",
            "missed": "Its habits are visibly not theirs.",
        },
    ),
    Number(
        "excess_detectability",
        "Detection",
        "How much better a classifier tells it from them than it tells them from themselves",
        "at most +0.05",
        _within((-1.0, 0.05), (-1.0, 0.12)),
        {
            "reached": "A classifier can hardly tell the two apart.",
            "near": "A classifier finds small differences.",
            "missed": "A classifier tells it from them.",
        },
    ),
    Number(
        "identity_share",
        "Identity",
        "Where its grammar stands between the people they text with (0) and them (1)",
        "0.80 to 1.20",
        _within((0.8, 1.2), (0.5, 1.5)),
        {
            "reached": "It speaks with their grammar.",
            "near": "More like them than like others, yet not quite them.",
            "missed": "Its grammar is somebody else's, or a caricature.",
        },
    ),
    Number(
        "copied_replies",
        "Originality",
        "How many of its longer replies quote what it has learnt from",
        "at most 3 points more than theirs",
        _original,
        {
            "reached": "It finds its own words.",
            "near": "It quotes them more often than they quote themselves.",
            "missed": "It repeats what it has read.",
        },
        is_share=True,
    ),
    Number(
        "diversity",
        "Variety",
        "How many different pairs of words it uses, over how many they use in as many words",
        "0.90 to 1.10",
        _within((0.9, 1.1), (0.8, 1.2)),
        {
            "reached": "It is as varied as they are.",
            "near": "Somewhat more, or less, varied than they are.",
            "missed": "It says the same again and again, or rambles.",
        },
    ),
    Number(
        "listening_bits",
        "Listening",
        "How many bits of the true reply are explained by what it answers",
        "surely above 0, which is chance",
        _listens,
        {
            "reached": "What it is told changes what it says.",
            "near": "It may be listening; there are too few exchanges to be sure.",
            "missed": "It does not listen.",
        },
    ),
    Number(
        "hits_at_1_of_10",
        "Finding the reply",
        "How often it picks the true reply out of ten",
        "at least 25 %; chance is 10 %",
        _within((0.25, 1.0), (0.15, 1.0)),
        {
            "reached": "It often knows what they would answer.",
            "near": "It sometimes knows what they would answer.",
            "missed": "It rarely knows what they would answer.",
        },
        is_share=True,
    ),
    Number(
        "bits_per_char",
        "Surprise",
        "How many bits each character of their unseen replies costs it",
        "15 % under the untuned base, and under their own 5-gram model",
        _expects,
        {
            "reached": "It expects what they write far better than before it was trained.",
            "near": "It expects what they write a little better than before it was trained.",
            "missed": "It has not learnt what they write.",
        },
    ),
)
"""In the order in which they are shown."""
