from pathlib import Path

import pytest

from elvisbot.bots import Bot, Decoding, Settings
from elvisbot.conversation import ME, Line
from elvisbot.engines import Engine, engines, load
from elvisbot.errors import EngineError, UsageError

LONG = Decoding(max_tokens=1000)


@pytest.fixture
def engine(tmp_path: Path) -> Engine:
    bot = Bot(tmp_path)
    bot.save(Settings())
    return load("echo", bot)


def answer(engine: Engine, *lines: Line) -> list[str]:
    prompt = engine.format.prompt(lines)
    texts: list[list[int]] = [[]]
    for token in engine.generate(prompt, LONG, stop={engine.format.end_id}):
        if token == engine.format.break_id:
            texts.append([])
        else:
            texts[-1].append(token)
    return [engine.format.text(ids) for ids in texts]


def test_it_repeats_the_last_turn_message_by_message_capitalised(engine: Engine) -> None:
    assert answer(engine, Line("them", ("hey", "élan 😂", "  <|brk|>"))) == [
        "Hey",
        "Élan 😂",
        "  <|brk|>",
    ]


def test_it_does_not_repeat_what_was_said_before(engine: Engine) -> None:
    lines = (Line("them", ("old",)), Line(ME, ("mine",)), Line("them", ("new",)))
    assert answer(engine, *lines) == ["New"]


def test_its_log_probabilities_follow_what_it_says(engine: Engine) -> None:
    prompt = engine.format.prompt([Line("them", ("ab",))])
    said = list(engine.generate(prompt, LONG, stop=()))
    for length, token in enumerate(said):
        assert engine.log_probabilities([*prompt, *said[:length]], 3) == {token: 0.0}
    assert said[-1] == engine.format.end_id


def test_it_is_cut_like_any_other_reply(engine: Engine) -> None:
    prompt = engine.format.prompt([Line("them", ("abcdef",))])
    tokens = engine.generate(prompt, Decoding(max_tokens=3), stop=())
    assert engine.format.text(list(tokens)) == "Abc"


@pytest.mark.parametrize("excess", [1, 1000])
def test_a_prompt_that_is_too_long_is_an_engine_error(engine: Engine, excess: int) -> None:
    with pytest.raises(EngineError):
        next(engine.generate([65] * (engine.max_prompt + excess), LONG, stop=()))


def test_the_engines_that_exist_are_listed() -> None:
    assert {"echo", "llama_cpp"} <= set(engines())


def test_an_unknown_engine_is_a_usage_error(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="steam"):
        load("steam", Bot(tmp_path))
