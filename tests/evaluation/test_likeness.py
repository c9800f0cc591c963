"""The figures of texts whose scores are known: a person, a parrot, an editor, a stranger."""

import numpy as np
import pytest

from elvisbot.evaluation import identity
from elvisbot.evaluation.likeness import Likeness, Likenesses
from elvisbot.evaluation.originality import copied, distinct, token_pairs
from tests.evaluation import people

COUNT = 150


@pytest.fixture(scope="module")
def measured() -> dict[str, Likeness]:
    said = people.casual(1500, seed=1)
    learnt, earlier, later = said[: -2 * COUNT], said[-2 * COUNT : -COUNT], said[-COUNT:]
    measure = Likenesses(
        later=later,
        earlier=earlier,
        learnt=learnt,
        later_others=people.formal(COUNT, seed=2),
        learnt_others=people.formal(1500, seed=3),
    )
    return {
        "person": measure.of_the_person(),
        "fresh": measure.measure(people.casual(COUNT, seed=9)),
        "parrot": measure.measure(learnt[-COUNT:]),
        "trigrams": measure.measure(people.trigrams(learnt, COUNT)),
        "polished": measure.measure(people.polished(earlier)),
        "stranger": measure.measure(people.formal(COUNT, seed=4)),
    }


def test_the_person_is_the_measure(measured: dict[str, Likeness]) -> None:
    person = measured["person"]
    assert person.style_ratio.value == 1
    assert person.excess_detectability.value == pytest.approx(0, abs=1e-9)
    assert person.identity_share.value == pytest.approx(1, abs=0.15)
    assert person.diversity.value == pytest.approx(1, abs=0.15)


def test_more_of_the_same_person_is_as_good(measured: dict[str, Likeness]) -> None:
    fresh = measured["fresh"]
    assert 0.8 < fresh.style_ratio.value < 1.25
    assert abs(fresh.excess_detectability.value) < 0.1
    assert fresh.style_ratio.low < 1 < fresh.style_ratio.high


def test_style_tells_the_person_from_an_editor_and_from_a_stranger(
    measured: dict[str, Likeness],
) -> None:
    ratio = {who: likeness.style_ratio.value for who, likeness in measured.items()}
    assert max(ratio["person"], ratio["parrot"]) < ratio["polished"] < ratio["stranger"]
    assert 1 < ratio["trigrams"] < ratio["polished"]
    assert ratio["polished"] > 1.5
    assert ratio["stranger"] > 2


def test_a_classifier_tells_an_editor_and_a_stranger(measured: dict[str, Likeness]) -> None:
    for who in ("polished", "stranger"):
        assert measured[who].detectability > 0.95
        assert measured[who].excess_detectability.low > 0.2
        assert measured[who].masked_detectability > 0.9
        assert measured[who].length_detectability > 0.7
    assert measured["parrot"].detectability < 0.65


def test_grammar_tells_the_person_from_a_stranger(measured: dict[str, Likeness]) -> None:
    share = {who: likeness.identity_share.value for who, likeness in measured.items()}
    assert share["stranger"] == pytest.approx(0, abs=0.15)
    assert share["fresh"] == pytest.approx(1, abs=0.15)


def test_only_originality_tells_the_parrot(measured: dict[str, Likeness]) -> None:
    assert measured["parrot"].copied_replies.value == 1
    assert measured["stranger"].copied_replies.value == 0
    assert measured["parrot"].style_ratio.value < 1.25


def test_a_reply_quotes_if_six_words_in_a_row_were_learnt() -> None:
    learnt = [("one two three four five", "six seven")]
    assert copied([("Two three, four five six seven!",)], learnt) == [True]
    assert copied([("two three four five six eight",)], learnt) == [False]
    assert copied([("one two three four five",)], learnt) == []


def test_who_says_the_same_again_and_again_is_less_varied() -> None:
    (pairs,) = token_pairs([("a b a b a",)])
    assert distinct(pairs) == 0.5
    assert distinct([]) == 0


def test_the_identity_of_a_grammar_counts_tokens_and_not_replies() -> None:
    own, others = np.array([[4.0, 4.0]]), np.array([[0.0, 2.0]])
    assert identity.share(np.array([[1.0, 2.0], [0.0, 0.0]]), own, others) == pytest.approx(0.5)
