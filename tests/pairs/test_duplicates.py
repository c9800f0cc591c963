import pytest
from hypothesis import given
from hypothesis import strategies as st

from elvisbot.conversation import ME, Line, Pair
from elvisbot.pairs.duplicates import fingerprint, normalised
from tests.histories import START


def pair(asked: tuple[str, ...], reply: tuple[str, ...], *, before: str = "hm") -> Pair:
    return Pair((Line(ME, (before,)), Line("ana", asked)), reply, START, 0, 2)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (["Hello!"], ["hello??"]),
        (["sooo good"], ["so good"]),
        (["hahaha"], ["haha"]),
        (["yesss", "please"], ["yes please"]),
        (["  a \n b"], ["a b"]),
        (["don't"], ["don’t"]),
        (["👍🏽"], ["👍"]),
        (["❤️"], ["❤"]),
        (["😂😂😂"], ["😂"]),
        (["¿Qué?"], ["qué"]),
        (["ok…"], ["ok..."]),
        (["fuー"], ["FUー"]),
        (["行くよ。"], ["行くよ"]),
    ],
)
def test_what_says_the_same_is_the_same(one: list[str], other: list[str]) -> None:
    assert normalised(one) == normalised(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("yes", "no"),
        ("at 11", "at 1"),
        ("100", "10"),
        ("👍", "👎"),
        ("ok 👍", "ok"),
        ("?", "!"),
        ("👨‍👩‍👧", "👨‍👩‍👦"),
        ("résumé", "resume"),
        ("a b", "ab"),
    ],
)
def test_what_says_something_else_is_not(one: str, other: str) -> None:
    assert normalised([one]) != normalised([other])


def test_punctuation_alone_stays() -> None:
    assert normalised(["?!"]) == "?!"
    assert normalised(["???"]) == "?"


@given(st.lists(st.text(), max_size=4))
def test_capitals_and_the_breaks_between_messages_do_not_count(texts: list[str]) -> None:
    assert normalised(texts) == normalised([" ".join(texts)])


def test_pairs_are_compared_by_their_last_turn_and_their_reply() -> None:
    same = fingerprint(pair(("hey",), ("hi",)))
    assert fingerprint(pair(("Hey!",), ("hi", "!"), before="something else")) == same
    assert fingerprint(pair(("hey",), ("yo",))) != same
    assert fingerprint(pair(("yo",), ("hi",))) != same
    assert fingerprint(pair(("hey hi",), ("",))) != same
    assert 0 <= same < 2**64


def test_a_fingerprint_is_the_same_in_every_process() -> None:
    assert fingerprint(pair(("hey",), ("hi",))) == 17235509282230551744
