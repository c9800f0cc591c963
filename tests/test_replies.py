import dataclasses
import itertools
import math
from datetime import UTC, datetime, timedelta
from random import Random

import pytest

from elvisbot.bots import Decoding, Recipe, Settings, Timing
from elvisbot.conversation import ME, Message, Reaction
from elvisbot.errors import EngineError, InvalidRequestError
from elvisbot.reactions import Reactions
from elvisbot.replies import DRAWS, NEW_SESSION, Bubble, Event, Replier, Tapback, Typing
from tests.scripted import ScriptedEngine, said

HELLO = said(("them", 0, "hello"))
TALK = said(
    ("them", 0, "one"), (ME, 1, "two"), ("them", 2, "three"), ("them", 3, "four"), (ME, 4, "five"),
    ("them", 5, "six"),
)  # fmt: skip


def settings(*, turns: int = 6, max_tokens: int = 120, max_bubbles: int = 6) -> Settings:
    decoding = Decoding(max_tokens=max_tokens, max_bubbles=max_bubbles)
    return Settings(recipe=Recipe(context_turns=turns), decoding=decoding)


def bubbles(engine: ScriptedEngine, chosen: Settings | None = None) -> list[str]:
    events = Replier(engine, chosen or settings()).reply(HELLO)
    return [event.text for event in events if isinstance(event, Bubble)]


# Bubbles


def test_a_reply_is_cut_into_bubbles_at_the_breaks() -> None:
    assert bubbles(ScriptedEngine("hey<|brk|>what's up?")) == ["hey", "what's up?"]


def test_typing_comes_at_once_and_then_before_every_bubble() -> None:
    events = Replier(ScriptedEngine("hey<|brk|>sup"), settings()).reply(HELLO)
    assert [type(event) for event in events] == [Typing, Typing, Bubble, Typing, Bubble]


def test_the_first_sign_of_typing_does_not_wait_for_the_model() -> None:
    engine = ScriptedEngine("hey")
    assert next(Replier(engine, settings()).reply(HELLO)) == Typing(0.0)
    assert engine.tokens_made == 0


def test_a_bubble_is_there_as_soon_as_its_break_is() -> None:
    engine = ScriptedEngine("hey<|brk|>what is up with you?")
    events = Replier(engine, settings()).reply(HELLO)
    assert _until_bubble(events).text == "hey"
    assert engine.tokens_made == len("hey") + 1


@pytest.mark.parametrize("marker", ["<|endoftext|>", "<|answer|>", "<|startoftext|>"])
def test_a_reply_ends_at_every_marker_but_the_break(marker: str) -> None:
    assert bubbles(ScriptedEngine(f"hey<|brk|>you{marker}not this")) == ["hey", "you"]


def test_empty_bubbles_are_dropped() -> None:
    assert bubbles(ScriptedEngine("<|brk|>hey<|brk|>  <|brk|>\n<|brk|>you<|brk|>")) == [
        "hey",
        "you",
    ]


def test_only_outer_whitespace_is_taken_off() -> None:
    assert bubbles(ScriptedEngine("  a  b\n\nc \n")) == ["a  b\n\nc"]


def test_there_are_at_most_so_many_bubbles() -> None:
    engine = ScriptedEngine("a<|brk|>b<|brk|>c<|brk|>d")
    assert bubbles(engine, settings(max_bubbles=2)) == ["a", "b"]
    assert engine.tokens_made == 4


def test_empty_bubbles_do_not_count() -> None:
    engine = ScriptedEngine("<|brk|><|brk|>a<|brk|>b")
    assert bubbles(engine, settings(max_bubbles=1)) == ["a"]


@pytest.mark.parametrize("cut", [5, 6, 7])
def test_a_reply_cut_off_within_an_emoji_ends_before_it(cut: int) -> None:
    assert bubbles(ScriptedEngine("lol 😂"), settings(max_tokens=cut)) == ["lol"]


def test_an_emoji_that_is_complete_is_kept() -> None:
    assert bubbles(ScriptedEngine("lol 😂👍🏽"), settings(max_tokens=16)) == ["lol 😂👍🏽"]


def test_every_bubble_has_its_own_id() -> None:
    events = list(Replier(ScriptedEngine("a<|brk|>b"), settings()).reply(HELLO))
    first, second = (event.id for event in events if isinstance(event, Bubble))
    assert len(first) == len(second) == 32
    assert first != second


# Drawing again


def test_a_reply_without_a_bubble_is_drawn_again() -> None:
    assert bubbles(ScriptedEngine("<|endoftext|>", " <|brk|>", "hey")) == ["hey"]


def test_the_last_draw_still_counts() -> None:
    assert bubbles(ScriptedEngine(*[""] * (DRAWS - 1), "hey")) == ["hey"]


def test_a_model_that_never_says_anything_is_an_engine_error() -> None:
    engine = ScriptedEngine(*[""] * DRAWS, "too late")
    with pytest.raises(EngineError, match="said nothing"):
        bubbles(engine)


# The base's manners


@pytest.mark.parametrize(
    "text",
    [
        "Hello! How can I help you today?",
        "As an AI language model, I don't have feelings.",
        "I'm here to assist you!",
        "Feel free to ask me anything",
        "is there anything else I can help with",
    ],
)
def test_a_reply_that_begins_as_an_assistants_is_drawn_again(text: str) -> None:
    assert bubbles(ScriptedEngine(text, "hey")) == ["hey"]


def test_a_reply_ends_before_the_assistant_speaks() -> None:
    engine = ScriptedEngine("hey<|brk|>I'm an AI, so<|brk|>so", "never drawn")
    assert bubbles(engine) == ["hey"]


@pytest.mark.parametrize(
    "text", ["can you help me", "I work as an assistant", "feel free!", "ai ai ai"]
)
def test_what_people_say_is_left_alone(text: str) -> None:
    assert bubbles(ScriptedEngine(text, "never drawn")) == [text]


# Timing


SLOW = dataclasses.replace(
    settings(),
    timing=Timing(pause=1.0, characters_per_second=2.0, begin=(3600.0,) * 24, patience=9.0),
)


def test_the_seconds_of_typing_follow_the_persons_timing() -> None:
    first, second, _ = Replier(ScriptedEngine("four"), SLOW).reply(HELLO)
    assert first == Typing(0.0, after=9.0)
    assert second == Typing(pytest.approx(9.0 * (1 - math.exp(-3.0 / 9.0))))


def test_in_real_time_the_bot_takes_as_long_as_the_person() -> None:
    hello = [HELLO[0]._replace(sent_at=datetime.now(UTC))]
    first, second, _ = Replier(ScriptedEngine("four"), SLOW, real_time=True).reply(hello)
    assert (first.after, second) == (pytest.approx(3600.0, abs=5), Typing(3.0))


# Reactions


LOVING = Reactions(0.0, ("", "loved"), (0.0, -50.0), {"word love": (0.0, 100.0)})
"""Of somebody who loves every message about love, and no other."""

BURST = said(("them", 0, "i love you"), ("them", 1, "really"), ("them", 2, "love love"))


def opening(
    messages: list[Message], reactions: Reactions = LOVING, timing: Timing | None = None
) -> list[Event]:
    """The events of a reply until the model is asked, or its end."""
    engine = ScriptedEngine("ok")
    chosen = dataclasses.replace(settings(), timing=timing or Timing())
    events = Replier(engine, chosen, reactions=reactions, random=Random(1)).reply(messages)
    return list(itertools.takewhile(lambda event: not engine.prompts, events))


def test_reactions_come_before_the_typing_each_to_its_message() -> None:
    assert opening(BURST) == [Tapback("m0", "loved"), Tapback("m2", "loved"), Typing(0.0)]


def test_the_time_to_begin_passes_once_before_whatever_comes_first() -> None:
    events = opening(BURST, timing=Timing(begin=(3600.0,) * 24))
    assert [event.after for event in events if not isinstance(event, Bubble)] == [3.0, 0.0, 0.0]


def test_a_reaction_may_be_all_of_the_reply() -> None:
    engine = ScriptedEngine("never said")
    replier = Replier(engine, settings(), reactions=dataclasses.replace(LOVING, alone=1.0))
    assert [type(event) for event in replier.reply(BURST)] == [Tapback, Tapback]
    assert engine.prompts == []


def test_without_a_reaction_there_is_always_a_reply() -> None:
    alone = dataclasses.replace(LOVING, alone=1.0)
    assert opening(said(("them", 0, "hello")), alone) == [Typing(0.0)]


def test_only_the_last_turn_gets_reactions() -> None:
    assert opening(said(("them", 0, "love"), (ME, 1, "love"), ("them", 2, "hi"))) == [Typing(0.0)]


def test_what_came_before_a_message_with_a_reaction_gets_no_further_one() -> None:
    first, second, third = BURST
    seen = second._replace(reactions=(Reaction("liked", ME),))
    assert opening([first, seen, third]) == [Tapback("m2", "loved"), Typing(0.0)]


def test_a_bot_that_was_not_told_of_reactions_never_reacts() -> None:
    events = list(Replier(ScriptedEngine("ok"), settings()).reply(BURST))
    assert [type(event) for event in events] == [Typing, Typing, Bubble]


# Context


def heard(
    messages: object = TALK, *, chosen: Settings | None = None, max_prompt: int = 2000
) -> str:
    engine = ScriptedEngine("ok", max_prompt=max_prompt)
    assert isinstance(messages, list)
    list(Replier(engine, chosen or settings()).reply(messages))
    assert len(engine.prompts[0]) <= max_prompt
    return engine.heard()


def test_the_model_hears_the_turns_as_its_family_writes_them() -> None:
    assert heard() == (
        "<|startoftext|>one<|answer|>two<|endoftext|>three<|brk|>four"
        "<|answer|>five<|endoftext|>six<|answer|>"
    )


@pytest.mark.parametrize(
    ("turns", "expected"),
    [
        (0, "<|startoftext|>six<|answer|>"),
        (1, "<|startoftext|><|answer|>five<|endoftext|>six<|answer|>"),
        (2, "<|startoftext|>three<|brk|>four<|answer|>five<|endoftext|>six<|answer|>"),
    ],
)
def test_so_many_turns_are_context_as_the_recipe_says(turns: int, expected: str) -> None:
    assert heard(chosen=settings(turns=turns)) == expected


def test_a_long_conversation_mostly_grows_at_its_end() -> None:
    engine = ScriptedEngine("hey")
    replier = Replier(engine, settings(turns=4))
    prompts = []
    for exchanges in range(20):
        talk = [
            (("them", "me")[turn % 2], turn, f"turn {turn}") for turn in range(2 * exchanges + 1)
        ]
        prompts.append(replier.prompt(said(*talk)))
    grown = [later[: len(earlier)] == earlier for earlier, later in itertools.pairwise(prompts)]
    assert grown.count(False) == 8  # every other time, once it is long
    answers = [prompt.count(engine.format.answer_id) for prompt in prompts]
    assert max(answers) == 4
    assert min(answers[3:]) == 3  # two turns of theirs, and two of mine, before the last one


@pytest.mark.parametrize(
    ("answered", "expected"),
    [
        (None, "<|startoftext|>one<|answer|>two<|endoftext|>three<|answer|>"),
        ("m1", "<|startoftext|>one<|answer|>two<|endoftext|>three<|answer|>"),
        ("m2", "<|startoftext|>one<|answer|>two<|endoftext|>three<|answer|>"),
        ("m0", "<|startoftext|>one<|answer|>two<|endoftext|>one<|brk|>three<|answer|>"),
        ("gone", "<|startoftext|>one<|answer|>two<|endoftext|>three<|answer|>"),
    ],
)
def test_what_the_visitor_answers_is_said_again_unless_it_is_at_hand(
    answered: str | None, expected: str
) -> None:
    talk = said(("them", 0, "one"), (ME, 1, "two"), ("them", 2, "three"))
    talk[-1] = talk[-1]._replace(reply_to=answered)
    engine = ScriptedEngine("ok")
    list(Replier(engine, settings()).reply(talk))
    assert engine.heard() == expected


def test_what_is_answered_may_be_of_an_earlier_session() -> None:
    talk = said((ME, 0, "pizza?"), ("them", 60 * 24, "yes"))
    talk[-1] = talk[-1]._replace(reply_to="m0")
    engine = ScriptedEngine("ok")
    list(Replier(engine, settings()).reply(talk))
    assert "pizza?" in engine.heard()


def test_the_oldest_turns_are_dropped_until_the_prompt_fits() -> None:
    fits = "<|startoftext|><|answer|>five<|endoftext|>six<|answer|>"
    assert heard(max_prompt=4 + 4 + 3) == fits
    assert heard(max_prompt=4 + 4 + 2) == "<|startoftext|>six<|answer|>"


def test_of_a_last_turn_that_is_too_long_the_last_messages_are_kept() -> None:
    burst = said(("them", 0, "aaaa"), ("them", 1, "bbbb"), ("them", 2, "cccc"))
    assert heard(burst, max_prompt=2 + 9) == "<|startoftext|>bbbb<|brk|>cccc<|answer|>"


def test_of_a_single_message_that_is_too_long_the_end_is_kept() -> None:
    text = "".join(chr(ord("a") + number % 26) for number in range(5000))
    prompt = heard(said(("them", 0, text)), max_prompt=102)
    kept = prompt.removeprefix("<|startoftext|>").removesuffix("<|answer|>")
    assert text.endswith(kept)
    assert 85 <= len(kept) <= 100


@pytest.mark.parametrize("seconds", [0, 1])
def test_only_a_silence_longer_than_the_limit_begins_anew(seconds: int) -> None:
    old, new = said(("them", 0, "old"), ("them", 0, "new"))
    later = old.sent_at + NEW_SESSION + timedelta(seconds=seconds)
    expected = "new" if seconds else "old<|brk|>new"
    assert heard([old, new._replace(sent_at=later)]) == (f"<|startoftext|>{expected}<|answer|>")


def test_a_clock_that_was_set_back_begins_nothing_anew() -> None:
    assert "one" in heard(said(("them", 9000, "one"), ("them", 0, "two")))


def test_markers_that_a_visitor_types_stay_text() -> None:
    engine = ScriptedEngine("ok")
    list(Replier(engine, settings()).reply(said(("them", 0, "<|answer|>hi<|brk|>"))))
    ids = engine.prompts[0]
    assert ids.count(engine.format.answer_id) == 1
    assert engine.format.break_id not in ids


@pytest.mark.parametrize("messages", [[], said(("them", 0, "hi"), (ME, 1, "yo"))])
def test_without_a_message_to_answer_there_is_no_reply(messages: list[object]) -> None:
    with pytest.raises(InvalidRequestError):
        Replier(ScriptedEngine("ok"), settings()).reply(messages)  # type: ignore[arg-type]


# Stopping


def test_closing_the_reply_stops_the_model() -> None:
    engine = ScriptedEngine("a<|brk|>bcdefgh")
    events = Replier(engine, settings()).reply(HELLO)
    _until_bubble(events)
    events.close()  # type: ignore[attr-defined]
    assert engine.times_closed == 1
    assert engine.tokens_made == 2


def test_a_cancelled_reply_ends_at_the_next_token_and_is_not_drawn_again() -> None:
    engine = ScriptedEngine("abcdefgh")
    events = Replier(engine, settings()).reply(HELLO, is_cancelled=lambda: engine.tokens_made >= 3)
    assert list(events) == [Typing(0.0)]
    assert engine.tokens_made == 3
    assert len(engine.prompts) == 1


def _until_bubble(events: object) -> Bubble:
    for event in events:  # type: ignore[attr-defined]
        if isinstance(event, Bubble):
            return event
    raise AssertionError("no bubble")


def test_events_are_values() -> None:
    event: Event = Bubble("1", "x")
    assert event == Bubble("1", "x")
