import pytest

from elvisbot.evaluation.words import common_words, emoji, hide_words, tokens, words


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Don’t stop, it's 2:30!", ["don't", "stop", "it's", "2", "30"]),
        ("Ça va été", ["ça", "va", "été"]),
        ("😂😂", []),
        ("", []),
    ],
)
def test_words(text: str, found: list[str]) -> None:
    assert words(text) == found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("ok 👍🏽 👨‍👩‍👧 🇫🇷🇯🇵 ❤️ 1️⃣", ["👍🏽", "👨‍👩‍👧", "🇫🇷", "🇯🇵", "❤️", "1️⃣"]),
        ("12 # * © (c)", ["©"]),
        ("no", []),
    ],
)
def test_an_emoji_is_one_however_many_characters_it_has(text: str, found: list[str]) -> None:
    assert emoji(text) == found


def test_tokens_are_words_emoji_and_signs() -> None:
    assert tokens("Oh no... 👍🏽 it’s 3%") == ["oh", "no", ".", ".", ".", "👍🏽", "it's", "3", "%"]


def test_hidden_words_keep_their_length_their_capitals_and_all_signs() -> None:
    assert hide_words("I saw Alice at 10, it’s OK!", frozenset({"i", "at", "it's"})) == (
        "I xxx Xxxxx at 10, it’s XX!"
    )


def test_common_words_are_those_that_stand_most_often() -> None:
    assert common_words(["a a a b b c", "B a"], 2) == {"a", "b"}
