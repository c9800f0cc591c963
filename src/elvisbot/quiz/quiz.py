"""One bot's quiz: rounds of questions, each answered once and kept at once."""

import threading
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from random import Random
from typing import Any

from elvisbot.bots import Bot
from elvisbot.conversation import Line
from elvisbot.errors import TooFewMessagesError
from elvisbot.quiz import record as records
from elvisbot.quiz.choosing import MIN_QUESTIONS, Question, Side, questions, visible_context
from elvisbot.quiz.exchanges import Exchange, fingerprint, shown
from elvisbot.quiz.record import Record
from elvisbot.quiz.results import GUESSING, TARGET, Result


class Quiz:
    """Asks about the exchanges of one bot; safe to be used by several threads.

    What it tells of a round under way never depends on which reply is whose.
    """

    def __init__(
        self,
        bot: Bot,
        exchanges: Sequence[Exchange],
        *,
        when_over: Callable[[Result], object] = lambda result: None,
        random: Random | None = None,
    ) -> None:
        """Go on with the round that was left, or begin one.

        Args:
            exchanges: With the replies of the bot's present model; the round that was left counts
                only if it was about the same.
            when_over: Told how a round ended, as soon as it has.

        Raises:
            TooFewMessagesError: if fewer than `MIN_QUESTIONS` exchanges tell something.
            DamagedBotError: if `quiz.json` cannot be understood.
            StorageError: if the disk is full or refuses.
        """
        _require_enough(bot, exchanges)
        self.name = bot.name
        self._bot = bot
        self._exchanges = exchanges
        self._when_over = when_over
        self._random = random or Random()
        self._fingerprint = fingerprint(exchanges)
        self._turns = bot.settings.recipe.context_turns + 1
        self._lock = threading.Lock()
        self._record = self._resumed()

    def state(self) -> dict[str, Any]:
        """How far the round is, and the question to answer next or, at the end, the result."""
        with self._lock:
            return self._state()

    def choose(self, number: int, choice: Side) -> dict[str, Any]:
        """Answer a question and return the state after it; one that is answered stays as it is.

        Args:
            number: Of the question in the round, from 0.

        Raises:
            StorageError: if the disk is full or refuses; the question is still to be answered.
        """
        with self._lock:
            record = self._record
            if number != len(record.choices) or record.is_over:
                return self._state()
            record = replace(record, choices=(*record.choices, choice))
            if record.is_over:
                ended = Result(datetime.now(UTC), len(record.questions), record.mistaken)
                record = replace(record, results=(*record.results, ended))
            self._keep(record)
            state = self._state()
        if record.is_over:
            self._when_over(record.results[-1])
        return state

    def restart(self) -> dict[str, Any]:
        """Begin another round, if the last one is over, and return the state.

        Raises:
            StorageError: if the disk is full or refuses.
        """
        with self._lock:
            if self._record.is_over:
                self._keep(self._new_round(self._record.results))
            return self._state()

    def _resumed(self) -> Record:
        record = records.read(self._bot)
        if record is None:
            return self._new_round(())
        numbers = range(len(self._exchanges))
        is_known = all(question.exchange in numbers for question in record.questions)
        if record.fingerprint == self._fingerprint and is_known:
            return record
        return self._new_round(record.results)

    def _new_round(self, results: tuple[Result, ...]) -> Record:
        asked = questions(self._exchanges, self._random)
        return Record(self._fingerprint, tuple(asked), results=results)

    def _keep(self, record: Record) -> None:
        records.write(self._bot, record)
        self._record = record

    def _state(self) -> dict[str, Any]:
        record = self._record
        state: dict[str, Any] = {
            "name": self.name,
            "asked": len(record.questions),
            "answered": len(record.choices),
        }
        if record.is_over:
            return {**state, "result": self._outcome()}
        return {**state, "question": self._asked(record.questions[len(record.choices)])}

    def _asked(self, question: Question) -> dict[str, Any]:
        """A question without a mark of which reply is whose."""
        exchange = self._exchanges[question.exchange]
        others = [self._exchanges[each.exchange].pair for each in self._record.questions]
        mine, its = list(shown(exchange.pair.reply)), list(shown(exchange.answer))
        return {
            "context": [
                _turn(line) for line in visible_context(exchange.pair, others, self._turns)
            ],
            "a": its if question.bot == "a" else mine,
            "b": its if question.bot == "b" else mine,
        }

    def _outcome(self) -> dict[str, Any]:
        record = self._record
        *earlier, latest = (_as_json(result) for result in record.results)
        answered = zip(record.questions, record.choices, strict=True)
        return {
            **latest,
            "target": TARGET,
            "guessing": GUESSING,
            "meaning": record.results[-1].meaning(self.name),
            "earlier": earlier,
            "questions": [
                {**self._asked(question), "bot": question.bot, "choice": choice}
                for question, choice in answered
            ],
        }


def _turn(line: Line) -> dict[str, Any]:
    return {"from": "me" if line.is_mine else "them", "texts": list(line.texts)}


def _as_json(result: Result) -> dict[str, Any]:
    low, high = result.interval
    return {
        "finished_at": result.finished_at.isoformat(),
        "asked": result.asked,
        "mistaken": result.mistaken,
        "share": result.share,
        "low": low,
        "high": high,
        "is_reached": result.is_reached,
    }


def _require_enough(bot: Bot, exchanges: Sequence[Exchange]) -> None:
    telling = sum(each.tells_something for each in exchanges)
    if telling < MIN_QUESTIONS:
        raise TooFewMessagesError(
            f"Of {bot.name}'s {len(exchanges)} held-out exchanges, {telling} can be asked about, "
            f"where the bot says something and not the same; {MIN_QUESTIONS} are needed.",
            remedy="Import a longer history and train the bot again: "
            f"elvisbot import {bot.argument} --with everyone",
        )
