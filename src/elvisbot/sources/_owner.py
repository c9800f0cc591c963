"""Which of the people in a history is its owner, where the history does not tell."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from elvisbot.errors import NeedsAnswerError, UsageError

_MOST_CHOICES: Final = 20


def is_called(name: str, answer: Sequence[str]) -> bool:
    """Whether `answer`, which is `Answers.me`, means `name`, however it is capitalised."""
    known = name.strip().casefold()
    return bool(known) and known in {each.strip().casefold() for each in answer}


def unknown_owner(names: Sequence[str], answer: Sequence[str], path: Path) -> UsageError:
    """The problem that `answer` means none of `names` in the history at `path`, the likeliest
    first; a `NeedsAnswerError` if there is no answer."""
    choices = names[:_MOST_CHOICES]
    listed = ", ".join(choices) + (" …" if len(names) > len(choices) else "")
    remedy = f"Say which one you are: --me NAME ({listed})"
    if not answer:
        return NeedsAnswerError(
            f"{path} does not tell which of the people in it is you.",
            remedy=remedy,
            question="me",
            choices=choices,
        )
    given = " or ".join(answer)
    return UsageError(f"{given} is not the name of one person in {path}.", remedy=remedy)
