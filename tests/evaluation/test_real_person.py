"""The figures of texts whose scores are known, made from the messages of a real person."""

import random
from collections.abc import Iterator

import pytest

from elvisbot.bots import Bot
from elvisbot.demo import sample_history
from elvisbot.evaluation import likeness
from elvisbot.evaluation.answers import heldout_pairs
from elvisbot.evaluation.comparison import likenesses, parrot, their_turns
from elvisbot.evaluation.likeness import Likeness
from elvisbot.importing import import_history
from elvisbot.pairs import read_pairs
from elvisbot.sources import Answers
from tests.evaluation import people

pytestmark = pytest.mark.timeout(600)


@pytest.fixture(scope="module")
def bot(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bot]:
    with pytest.MonkeyPatch.context() as changed:
        changed.setenv("ELVISBOT_HOME", str(tmp_path_factory.mktemp("home")))
        changed.setattr(likeness, "SLOW_DRAWS", 10)  # no interval is looked at
        history = sample_history(tell=print)
        yield import_history("Demo", who=None, path=history, answers=Answers()).bot


@pytest.fixture(scope="module")
def measured(bot: Bot) -> dict[str, Likeness]:
    learnt, exchanges = read_pairs(bot.train_pairs), heldout_pairs(bot)
    said, count = [pair.reply for pair in learnt], len(exchanges)
    assert count == 300
    measure = likenesses(exchanges, learnt)
    replies = {
        "themselves": random.Random(0).sample(said[:-count], count),
        "parrot": parrot(exchanges, learnt),
        "words": people.trigrams(said, count),
        "editor": people.punctuated(said[-count:]),
        "characters": people.trigrams(said, count, of="characters"),
        "stranger": their_turns(exchanges),
    }
    measured = {who: measure.measure(each) for who, each in replies.items()}
    return {"person": measure.of_the_person(), **measured}


def test_style_puts_them_in_order(measured: dict[str, Likeness]) -> None:
    ratio = {who: each.style_ratio.value for who, each in measured.items()}
    assert ratio["person"] == 1
    assert 0.9 < ratio["themselves"] < 1.15
    assert 0.9 < ratio["parrot"] < 1.2
    assert 1.0 < ratio["words"] < 1.3
    assert 1.1 < ratio["editor"] < 1.6
    assert 1.3 < ratio["characters"] < 1.6
    assert 2.7 < ratio["stranger"] < 3.9
    others = [ratio[who] for who in ("person", "words", "editor", "characters", "stranger")]
    assert others == sorted(others)
    assert ratio["themselves"] < ratio["editor"]


def test_a_classifier_tells_whose_words_they_are(measured: dict[str, Likeness]) -> None:
    excess = {who: each.excess_detectability.value for who, each in measured.items()}
    assert abs(excess["themselves"]) < 0.07
    assert abs(excess["words"]) < 0.12
    assert 0.12 < excess["characters"] < 0.35
    assert 0.15 < excess["stranger"] < 0.4
    # Against their own later words nobody is at one half, which is why their earlier ones count.
    assert 0.58 < measured["person"].detectability < 0.75


def test_grammar_tells_the_person_from_their_contacts(measured: dict[str, Likeness]) -> None:
    share = {who: each.identity_share.value for who, each in measured.items()}
    assert 0.85 < share["person"] < 1.2
    assert share["characters"] < 0.8
    assert share["stranger"] == pytest.approx(0, abs=1e-9)
    assert share["parrot"] > 1.2  # whoever repeats what was learnt, is more like them than they are


def test_who_repeats_what_was_learnt_is_told_by_originality(measured: dict[str, Likeness]) -> None:
    copied = {who: each.copied_replies.value for who, each in measured.items()}
    assert copied["parrot"] == 1
    assert copied["themselves"] == 1
    assert copied["words"] > 0.6
    assert copied["person"] < 0.1
    assert copied["stranger"] < 0.05


def test_variety_tells_who_says_little(measured: dict[str, Likeness]) -> None:
    variety = {who: each.diversity.value for who, each in measured.items()}
    assert 0.9 < variety["person"] < 1.1
    assert variety["characters"] > 1.2  # words that nobody knows are all different
