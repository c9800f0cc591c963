"""`quiz.json`: the round under way and the results of all that were finished, private.

{"fingerprint": "5f…", "questions": [{"exchange": 12, "bot": "a"}], "choices": ["b"],
 "results": [{"finished_at": "2026-03-01T21:02:15+00:00", "asked": 40, "mistaken": 17}]}
"""

import json
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from elvisbot.bots import Bot, atomic_file, storage_errors
from elvisbot.errors import DamagedBotError
from elvisbot.quiz.choosing import Question, Side
from elvisbot.quiz.results import Result


@dataclass(frozen=True, slots=True)
class Record:
    """What is kept of a bot's quizzes.

    Attributes:
        fingerprint: Of the exchanges that `questions` are about.
        questions: Those of the latest round.
        choices: Which reply was taken for the person's, as far as they have been asked.
        results: Of every finished round, oldest first; of the latest one, too, once it is over.
    """

    fingerprint: str
    questions: tuple[Question, ...]
    choices: tuple[Side, ...] = ()
    results: tuple[Result, ...] = ()

    @property
    def is_over(self) -> bool:
        return len(self.choices) == len(self.questions)

    @property
    def mistaken(self) -> int:
        """How often the bot's reply was taken for the person's."""
        answered = zip(self.questions, self.choices, strict=False)
        return sum(question.bot == choice for question, choice in answered)


def read(bot: Bot) -> Record | None:
    """The record of `bot`, if there is one.

    Raises:
        DamagedBotError: if it cannot be understood.
    """
    with storage_errors(bot.quiz):
        if not bot.quiz.exists():
            return None
        content = bot.quiz.read_bytes()
    try:
        return _decoded(json.loads(content))
    except (KeyError, TypeError, ValueError, RecursionError) as error:
        raise DamagedBotError(
            f"{bot.quiz} is damaged.", remedy="Delete that file; the quiz then begins anew."
        ) from error


def write(bot: Bot, record: Record) -> None:
    """Put `record` in place of the one before.

    Raises:
        StorageError: if the disk is full or refuses.
    """
    results = [{**asdict(each), "finished_at": str(each.finished_at)} for each in record.results]
    with atomic_file(bot.quiz) as file:
        file.write(json.dumps({**asdict(record), "results": results}).encode() + b"\n")


def _decoded(document: dict[str, Any]) -> Record:
    record = Record(
        str(document["fingerprint"]),
        tuple(Question(int(q["exchange"]), _side(q["bot"])) for q in document["questions"]),
        tuple(_side(each) for each in document["choices"]),
        tuple(_result(each) for each in document["results"]),
    )
    if len(record.choices) > len(record.questions) or (record.is_over and not record.results):
        raise ValueError("more choices than questions, or an end without a result")
    return record


def _result(entry: dict[str, Any]) -> Result:
    finished_at = datetime.fromisoformat(entry["finished_at"])
    asked, mistaken = int(entry["asked"]), int(entry["mistaken"])
    if not 0 <= mistaken <= asked or not asked:
        raise ValueError("no result")
    return Result(finished_at, asked, mistaken)


def _side(value: Any) -> Side:
    if value not in ("a", "b"):
        raise ValueError("neither a nor b")
    return "a" if value == "a" else "b"
