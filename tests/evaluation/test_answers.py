"""The bot's replies to held-out contexts, drawn once and kept."""

from dataclasses import replace

import pytest

from elvisbot.bots import Bot, make_bot
from elvisbot.conversation import Line, Pair
from elvisbot.engines.echo import Echo
from elvisbot.evaluation.answers import answers, as_messages
from elvisbot.replies import Replier
from tests.histories import START


class Counted(Echo):
    """An echo that tells how often it was asked, and that it was closed."""

    asked = 0
    closed = False

    def generate(self, prompt, decoding, *, stop):  # type: ignore[no-untyped-def]
        self.asked += 1
        return super().generate(prompt, decoding, stop=stop)

    def close(self) -> None:
        self.closed = True


class Loads:
    """Loads an echo, and remembers each."""

    def __init__(self) -> None:
        self.engines: list[Counted] = []

    def __call__(self, key: str, bot: Bot) -> Counted:
        self.engines.append(Counted())
        return self.engines[-1]


@pytest.fixture
def bot(home: object) -> Bot:
    made = make_bot("ana")
    made.gguf.write_bytes(b"a model")
    return made


def asked(*questions: str) -> list[Pair]:
    return [
        Pair((Line("ana", (text,)),), ("ok",), START, number, 1)
        for number, text in enumerate(questions)
    ]


def drawn(bot: Bot, pairs: list[Pair], load: Loads, engine: str = "echo") -> list[tuple[str, ...]]:
    return list(answers(bot, pairs, load, engine=engine))


def test_each_exchange_is_answered_as_it_would_be_served(bot: Bot) -> None:
    pairs = asked("hey", "what’s up 😂")
    said = drawn(bot, pairs, Loads())
    served = [
        tuple(
            event.text
            for event in Replier(Echo(), bot.settings).reply(as_messages(pair))
            if hasattr(event, "text")
        )
        for pair in pairs
    ]
    assert said == served


def test_a_second_time_they_come_from_the_disk(bot: Bot) -> None:
    load = Loads()
    first = drawn(bot, asked("a", "b"), load)
    assert drawn(bot, asked("a", "b"), load) == first
    assert len(load.engines) == 1
    assert load.engines[0].closed


def test_what_was_interrupted_goes_on(bot: Bot) -> None:
    pairs, load = asked("a", "b", "c"), Loads()
    begun = answers(bot, pairs, load, engine="echo")
    first = [next(begun), next(begun)]
    begun.close()
    assert load.engines[0].closed
    assert drawn(bot, pairs, load)[:2] == first
    assert load.engines[1].asked == 1


def test_a_line_that_was_cut_off_is_drawn_anew(bot: Bot) -> None:
    pairs = asked("a", "b", "c")
    whole = drawn(bot, pairs, Loads())
    bot.answers.write_bytes(bot.answers.read_bytes()[:-3])
    again = Loads()
    assert drawn(bot, pairs, again) == whole
    assert again.engines[0].asked == 1
    assert drawn(bot, pairs, Loads()) == whole


@pytest.mark.parametrize("content", [b"", b"\xff\xfe", b"null\n[]\n", b'"a key"\n["hi"]\n', b"{\n"])
def test_a_file_of_something_else_is_replaced(bot: Bot, content: bytes) -> None:
    bot.answers.write_bytes(content)
    load = Loads()
    assert len(drawn(bot, asked("a"), load)) == 1
    assert load.engines[0].asked == 1


def test_another_model_decoding_engine_or_question_draws_anew(bot: Bot) -> None:
    load = Loads()
    drawn(bot, asked("a"), load)
    settings = bot.settings
    bot.save(replace(settings, decoding=replace(settings.decoding, temperature=0.1)))
    drawn(bot, asked("a"), load)
    bot.gguf.write_bytes(b"another model")
    drawn(bot, asked("a"), load)
    drawn(bot, asked("b"), load)
    drawn(bot, asked("b"), load, engine="another")
    assert [engine.asked for engine in load.engines] == [1] * 5


def test_they_are_for_their_owner_alone(bot: Bot) -> None:
    drawn(bot, asked("a"), Loads())
    assert bot.answers.stat().st_mode & 0o077 == 0


def test_a_context_is_one_conversation_whoever_spoke(bot: Bot) -> None:
    pair = Pair(
        (Line("ana", ("a", "b")), Line("me", ("c",)), Line("ana", ("d",))), ("e",), START, 0, 3
    )
    assert [(each.sender, each.text) for each in as_messages(pair)] == [
        ("ana", "a"),
        ("ana", "b"),
        ("me", "c"),
        ("ana", "d"),
    ]
