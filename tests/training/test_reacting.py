"""A made-up person's habit of reacting is learned from what they reacted to."""

import random
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from elvisbot.conversation import ME, Message, Reaction, Session
from elvisbot.pairs.turns import sessions
from elvisbot.reactions import NONE, read_reactions, write_reactions
from elvisbot.training.reacting import (
    MAX_KINDS,
    MIN_MESSAGES,
    MIN_REACTIONS,
    Example,
    fitted,
    learn,
    log_loss,
)
from tests.histories import START

TALK = ["the train is late again", "look at this", "i am home", "dinner at eight then"]
LOVE = ["love you so much", "i love you", "love you ❤️"]
QUESTIONS = ["are you there?", "when do you come?", "do you love it?"]


def habitual(count: int, seed: int = 0) -> list[Example]:
    """Loves nine of ten messages of love that are no question, and laughs at some others."""
    chance = random.Random(seed)
    examples = []
    for _ in range(count):
        text = chance.choice([*TALK, *LOVE, *QUESTIONS])
        kind = NONE
        if text in LOVE and chance.random() < 0.9:
            kind = "loved"
        elif text in TALK and chance.random() < 0.05:
            kind = "laughed"
        examples.append(Example(f"{text} {chance.randint(0, 5000)}", kind))
    return examples


def as_sessions(examples: list[Example], *, answered: bool = True) -> list[Session]:
    """A session for each message, with its reaction, and with an answer of mine in words."""
    messages = []
    for number, example in enumerate(examples):
        moment = START + timedelta(hours=6 * number)
        reactions = (Reaction(example.kind, ME),) if example.kind else ()
        heard = Message(f"{number}", "ana", "ana", moment, example.text, reactions=reactions)
        messages.append(heard)
        if answered:
            messages.append(Message(f"{number}a", "ana", ME, moment + timedelta(minutes=1), "ok"))
    return cut(messages)


def cut(messages: list[Message]) -> list[Session]:
    gap = timedelta(minutes=10)
    return list(sessions(messages, turn_gap=gap, session_gap=timedelta(hours=1)))


def test_a_habit_is_learned() -> None:
    learned = learn(as_sessions(habitual(1500)))
    assert learned is not None
    chances = learned.reactions.probabilities
    assert chances("love you so much")["loved"] > 0.8
    assert chances("i really love you 😍")["loved"] > 0.8
    assert all(chances(text)["loved"] < 0.1 for text in (*TALK, *QUESTIONS))
    assert chances("are you home?")[NONE] > 0.9
    assert learned.favourite == "loved"
    assert learned.share == pytest.approx(0.29, abs=0.03)
    assert learned.reactions.alone == 0.0


def test_messages_that_were_not_seen_are_predicted_better_than_by_the_base_rates() -> None:
    learned = learn(as_sessions(habitual(1500)))
    assert learned is not None
    unseen = habitual(500, seed=1)
    base = fitted(habitual(1500), None)
    assert log_loss(learned.reactions, unseen) < 0.6 * log_loss(base, unseen)


def test_whoever_reacts_by_chance_gets_the_base_rates() -> None:
    chance = random.Random(0)
    examples = [
        replace(each, kind="liked" if chance.random() < 0.3 else NONE) for each in habitual(4000)
    ]
    learned = learn(as_sessions(examples))
    assert learned is not None
    for text in (*TALK, *LOVE, *QUESTIONS):
        assert learned.reactions.probabilities(text)["liked"] == pytest.approx(0.3, abs=0.06)


def _loves(reactions: int) -> list[Example]:
    return [Example("love", "loved"), Example("train", NONE)] * reactions


def test_with_few_reactions_the_message_makes_no_difference() -> None:
    few = learn(as_sessions(_loves(MIN_REACTIONS - 1)))
    assert few is not None
    assert few.reactions.weights == {}
    assert few.reactions.probabilities("love")["loved"] == pytest.approx(0.5, abs=1e-4)
    enough = learn(as_sessions(_loves(MIN_REACTIONS)))
    assert enough is not None
    assert enough.reactions.probabilities("love")["loved"] > 0.8


def test_nobody_who_never_reacts_is_learned_from() -> None:
    assert learn([]) is None
    assert learn(as_sessions([Example("love", NONE)] * 100)) is None


def test_stickers_and_the_reactions_of_others_are_none_of_mine() -> None:
    (session,) = as_sessions([Example("love", NONE)])
    heard, *_ = session.turns[0].messages
    for reaction in (Reaction("sticker", ME), Reaction("loved", "ana")):
        assert learn(cut([heard._replace(reactions=(reaction,))])) is None


def test_of_two_reactions_the_last_one_counts() -> None:
    (session,) = as_sessions([Example("love", NONE)])
    heard, *_ = session.turns[0].messages
    both = (Reaction("liked", ME), Reaction("loved", ME))
    learned = learn(cut([heard._replace(reactions=both)]))
    assert learned is not None
    assert learned.reactions.kinds == [NONE, "loved"]


def test_only_services_by_which_i_react_count_from_the_first_time_on() -> None:
    examples = [Example("before", NONE)] * 50 + _loves(20)
    messages = [
        message
        for each in as_sessions(examples)
        for turn in each.turns
        for message in turn.messages
    ]
    texts = [
        message._replace(id=f"sms-{message.id}", reactions=(), service="SMS")
        for message in messages[-40:]
    ]
    both = sorted([*messages, *texts], key=lambda message: message.sent_at)
    learned = learn(cut(both))
    assert learned is not None
    assert learned.share == pytest.approx(0.5, abs=0.03)


def test_a_reaction_is_alone_unless_words_follow_in_the_session() -> None:
    silent = learn(as_sessions(_loves(10), answered=False))
    assert silent is not None
    assert silent.reactions.alone == 1.0
    half = as_sessions(_loves(10)) + as_sessions(_loves(10), answered=False)
    learned = learn(half)
    assert learned is not None
    assert learned.reactions.alone == 0.5


def test_a_picture_in_return_is_no_answer_in_words() -> None:
    (session,) = as_sessions([Example("love", "loved")])
    heard, answer = (turn.messages[0] for turn in session.turns)
    learned = learn(cut([heard, answer._replace(text="", placeholder="picture")]))
    assert learned is not None
    assert learned.reactions.alone == 1.0


def test_words_that_few_messages_hold_stay_out_of_the_file(tmp_path: Path) -> None:
    rare = [Example(f"love rarely{'x' * (number % 3)}", "loved") for number in range(27)]
    known = [Example("love often", "loved")] * MIN_MESSAGES
    learned = learn(as_sessions([*habitual(800), *rare, *known]))
    assert learned is not None
    write_reactions(path := tmp_path / "reactions.json", learned.reactions)
    assert read_reactions(path) == learned.reactions
    assert "rarely" not in path.read_text()
    assert "word often" in learned.reactions.weights


def test_the_rarest_of_many_kinds_are_left_out() -> None:
    emoji = [chr(0x1F600 + number) for number in range(MAX_KINDS + 3)]
    examples = [
        Example("ha", kind) for number, kind in enumerate(emoji) for _ in range(20 - number)
    ]
    learned = learn(as_sessions(examples + [Example("ha", NONE)] * 100))
    assert learned is not None
    assert list(learned.reactions.kinds) == [NONE, *emoji[:MAX_KINDS]]
