"""Exchanges to ask about, and bots in a home of their own."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

from elvisbot.bots import Bot, Settings, make_bot
from elvisbot.conversation import ME, Line, Pair
from elvisbot.quiz import Exchange, Quiz, Result

BEGIN = datetime(2026, 1, 1, tzinfo=UTC)


def exchange(
    number: int,
    *,
    reply: Sequence[str] | None = None,
    answer: Sequence[str] | None = None,
    context: Sequence[Line] | None = None,
    session: int | None = None,
    turn: int = 1,
) -> Exchange:
    """The exchange of day `number`, with replies that are nobody else's."""
    pair = Pair(
        tuple(context or (Line("Ana", (f"question {number}",)),)),
        (f"real {number}",) if reply is None else tuple(reply),
        BEGIN + timedelta(days=number),
        session=number if session is None else session,
        turn=turn,
    )
    return Exchange(pair, (f"made {number}",) if answer is None else tuple(answer))


def exchanges(count: int) -> list[Exchange]:
    return [exchange(number) for number in range(count)]


def one_session(count: int) -> list[Exchange]:
    """Exchanges of one session, each with all that was said before it, twelve turns at most."""
    talk = [
        Line(ME, (f"real {turn // 2}",)) if turn % 2 else Line("Ana", (f"question {turn // 2}",))
        for turn in range(2 * count)
    ]
    return [
        exchange(
            number,
            context=talk[max(0, 2 * number - 11) : 2 * number + 1],
            session=0,
            turn=2 * number + 1,
        )
        for number in range(count)
    ]


def new_bot(name: str = "ana") -> Bot:
    bot = make_bot(name)
    bot.save(Settings())
    return bot


def new_quiz(
    bot: Bot, asked: Sequence[Exchange] | None = None, *, results: list[Result] | None = None
) -> Quiz:
    when_over = (lambda result: None) if results is None else results.append
    chosen = exchanges(20) if asked is None else asked
    return Quiz(bot, chosen, when_over=when_over, random=Random(7))


def real_side(state: dict[str, Any]) -> str:
    """Where the person's reply stands, as the builders here have worded it."""
    return "a" if state["question"]["a"][0].startswith("real") else "b"


def finish(quiz: Quiz, *, mistaken: int) -> dict[str, Any]:
    """Answer all that is left of a round, the first `mistaken` of them wrongly."""
    state = quiz.state()
    while "question" in state:
        real = real_side(state)
        wrong = "b" if real == "a" else "a"
        choice = wrong if state["answered"] < mistaken else real
        state = quiz.choose(state["answered"], "a" if choice == "a" else "b")
    return state
