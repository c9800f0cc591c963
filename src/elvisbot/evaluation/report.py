"""The report: the scorecard as a page, with plots, habits, and replies beside the true ones."""

import math
from bisect import bisect
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from elvisbot.conversation import Line
from elvisbot.evaluation.scorecard import Judgement, Scorecard
from elvisbot.evaluation.style import HABITS, Reply

SAMPLES: Final = 50
"""How many exchanges are shown."""

_NAMES: Final[Mapping[str, str]] = {
    "person": "they, earlier",
    "base": "untuned base",
    "parrot": "parrot",
    "stranger": "stranger",
    "characters": "their 5-gram model",
    "chance": "chance",
}

_MEANINGS: Final[Mapping[str, str]] = {
    "person": "their own earlier replies: nobody writes in the same way twice",
    "base": "the model before it was trained",
    "parrot": "gives their reply to the most similar question that it has seen",
    "stranger": "what their contacts write themselves; for the surprise, a 5-gram model of that",
    "characters": "guesses each character from the four before it, as often as they wrote it",
    "chance": "what a model would reach that does not look at the message",
}

_DETAILS: Final[Mapping[str, str]] = {
    "detectability": "told apart",
    "masked_detectability": "words masked",
    "length_detectability": "lengths alone",
    "commonest_reply": "commonest reply",
}

_MARKS: Final[Mapping[Judgement, str]] = {"reached": "✓", "near": "~", "missed": "✗"}

_LENGTHS: Final = (5, 10, 20, 30, 50, 80, 130)
"""Where the bars of lengths in characters begin, but for the first."""

_LENGTH_LABELS: Final = ("1–4", "5–9", "10–19", "20–29", "30–49", "50–79", "80–129", "130 or more")
_MESSAGES_LABELS: Final = ("1", "2", "3", "4", "5", "6 or more")

_NONE: Final = "none"
"""What the habits call a message that shows nothing of what is counted."""

_OTHERS: Final = "others"
_KEPT: Final = 8
"""Bars for the commonest values, where there may be many."""

_SIGNS: Final[Mapping[str, str]] = {
    ".": "full stop",
    ",": "comma",
    "?": "question mark",
    "!": "exclamation mark",
    "…": "ellipsis …",
    ":": "colon",
    ";": "semicolon",
    "'": "apostrophe '",
    "’": "apostrophe ’",
    '"': "quotation mark",
    "-": "hyphen",
}
"""Signs that are too small to be seen by themselves."""

_STEPS: Final = (0.01, 0.02, 0.05, 0.1, 0.2, 0.25)
"""From one mark of an axis to the next; the finest that needs no more than four of them."""


@dataclass(frozen=True)
class Sample:
    """One held-out exchange: what was said, what the person answered, and what the bot would.

    Attributes:
        context: The last turns before the reply, oldest first.
        made: Empty where the bot said nothing.
    """

    context: tuple[Line, ...]
    real: Reply
    made: Reply


@dataclass(frozen=True)
class Bars:
    """The shares of one label, from 0 to 1."""

    label: str
    made: float
    real: float


@dataclass(frozen=True)
class Chart:
    """Shares of the bot's replies beside the person's.

    Attributes:
        counted: What the shares are of, for people.
    """

    title: str
    counted: str
    bars: tuple[Bars, ...]

    @property
    def ticks(self) -> list[float]:
        """The marks of the axis, from 0 to where it ends."""
        longest = max((max(each.made, each.real) for each in self.bars), default=0.0)
        step = next((step for step in _STEPS if 4 * step >= longest), _STEPS[-1])
        return [step * at for at in range(max(1, math.ceil(longest / step - 1e-9)) + 1)]


@dataclass(frozen=True)
class HabitGap:
    """How far the bot, and the person's earlier replies, are from the later ones in one habit."""

    name: str
    made: float
    real: float

    @property
    def gap(self) -> float:
        return self.made - self.real


def report(
    scorecard: Scorecard, samples: Sequence[Sample], made: Sequence[Reply], real: Sequence[Reply]
) -> str:
    """A self-contained HTML page: the scorecard, plots, habits, and the first `SAMPLES` samples.

    It holds private messages, and loads nothing.

    Args:
        made: All replies of the bot; an empty one says nothing and is left out of the plots.
        real: The person's replies.
    """
    judged = Counter(entry.judgement for entry in scorecard.entries)
    present = {key for entry in scorecard.entries for key in entry.references}
    said = [reply for reply in made if reply]
    return (
        _environment()
        .get_template("report.html.jinja")
        .render(
            scorecard=scorecard,
            judged=judged,
            meanings={_NAMES[key]: _MEANINGS[key] for key in _NAMES if key in present},
            charts=charts(said, real),
            details=_DETAILS,
            silent=len(made) - len(said),
            replies=len(made),
            habits=habit_gaps(scorecard),
            samples=samples[:SAMPLES],
            sample_count=len(samples),
        )
    )


def habit_gaps(scorecard: Scorecard) -> list[HabitGap]:
    """Every habit, those first in which the bot is further from the person than they are."""
    made, real = scorecard.habits["bot"], scorecard.habits["person"]
    gaps = [HabitGap(name, made[name], real[name]) for name in made]
    return sorted(gaps, key=lambda habit: habit.gap, reverse=True)


def charts(made: Sequence[Reply], real: Sequence[Reply]) -> list[Chart]:
    """What is plotted of the replies of the bot and of the person."""

    def chart(
        title: str,
        counted: str,
        habit: Callable[[Reply], Iterable[str]],
        labels: Sequence[str] | None = None,
    ) -> Chart:
        return _chart(title, counted, shares(made, habit), shares(real, habit), labels)

    either = "Of all {0}, and of the messages without one."
    return [
        chart("Characters a message", "Of all messages.", _characters, _LENGTH_LABELS),
        chart("Messages a turn", "Of all replies.", _messages, _MESSAGES_LABELS),
        chart("Endings", "What a message ends with, of all messages.", partial(_shown, "endings")),
        chart("Punctuation", either.format("marks"), partial(_shown, "punctuation")),
        chart("Emoji", either.format("emoji"), partial(_shown, "emoji")),
    ]


def shares(replies: Sequence[Reply], habit: Callable[[Reply], Iterable[str]]) -> dict[str, float]:
    """How often the replies show each value of a habit; the sum is 1, if they show any."""
    counts = Counter(value for reply in replies for value in habit(reply))
    return {value: count / counts.total() for value, count in counts.items()}


def _characters(reply: Reply) -> Iterable[str]:
    return (_LENGTH_LABELS[bisect(_LENGTHS, len(text))] for text in reply)


def _messages(reply: Reply) -> Iterable[str]:
    yield _MESSAGES_LABELS[min(len(reply), len(_MESSAGES_LABELS)) - 1]


def _shown(name: str, reply: Reply) -> Iterable[str]:
    return (_SIGNS.get(str(value), str(value)) for value in HABITS[name](reply))


def _chart(
    title: str,
    counted: str,
    made: Mapping[str, float],
    real: Mapping[str, float],
    labels: Sequence[str] | None,
) -> Chart:
    """A chart with a pair of bars for each of `labels`, or else for the commonest values."""
    if labels is None:
        common = _common(made, real)
        made, real = _folded(made, common), _folded(real, common)
        labels = [label for label in [*common, _OTHERS, _NONE] if label in {**made, **real}]
    bars = (Bars(label, made.get(label, 0.0), real.get(label, 0.0)) for label in labels)
    return Chart(title, counted, tuple(bars))


def _common(made: Mapping[str, float], real: Mapping[str, float]) -> list[str]:
    """The values with the largest shares of the two together, largest first."""
    values = [value for value in {**real, **made} if value != _NONE]
    values.sort(key=lambda value: made.get(value, 0.0) + real.get(value, 0.0), reverse=True)
    return values[:_KEPT]


def _folded(shares: Mapping[str, float], common: Sequence[str]) -> dict[str, float]:
    """`shares` with all that are not `common` as one."""
    folded: dict[str, float] = {}
    for value, share in shares.items():
        label = value if value == _NONE or value in common else _OTHERS
        folded[label] = folded.get(label, 0.0) + share
    return folded


def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals.update(names=_NAMES, marks=_MARKS)
    environment.filters.update(number=_number, percent=_percent, counted=_counted)
    return environment


def _number(value: float, is_share: bool = False) -> str:
    """`value` for people, with a true minus; a dash where there is none."""
    if math.isnan(value):
        return "–"
    text = f"{100 * value:z.1f} %" if is_share else f"{value:z.2f}"
    return text.replace("-", "−")


def _percent(share: float) -> str:
    """A share for people, with a decimal where it would be lost otherwise."""
    return f"{100 * share:.1f} %" if 0 < share < 0.095 else f"{100 * share:.0f} %"


def _counted(count: int, noun: str) -> str:
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"
