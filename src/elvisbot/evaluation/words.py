"""Words, emoji and other signs of a text, in any language that parts its words by spaces."""

from collections import Counter
from collections.abc import Iterable
from typing import Final

import regex

EMOJI: Final = regex.compile(
    r"\p{Regional_Indicator}{2}"
    r"|(?!\p{ASCII})\p{Extended_Pictographic}(?:\p{EMod}|\uFE0F)?"
    r"(?:\u200D\p{Extended_Pictographic}(?:\p{EMod}|\uFE0F)?)*"
    r"|[0-9#*]\uFE0F?\u20E3"
)
"""One emoji, joined ones as a whole."""

_WORD: Final = regex.compile(r"[\p{L}\p{N}]+(?:['’][\p{L}\p{N}]+)*")
_TOKEN: Final = regex.compile(f"{_WORD.pattern}|{EMOJI.pattern}|[^\\s\\p{{L}}\\p{{N}}]")
_PLAIN_APOSTROPHE: Final = str.maketrans("’", "'")


def words(text: str) -> list[str]:
    """The words of `text` in lower case, their apostrophes straight."""
    return [word.lower() for word in _WORD.findall(text.translate(_PLAIN_APOSTROPHE))]


def tokens(text: str) -> list[str]:
    """Words in lower case, emoji, and every other sign by itself."""
    return [token.lower() for token in _TOKEN.findall(text.translate(_PLAIN_APOSTROPHE))]


def emoji(text: str) -> list[str]:
    return [str(found) for found in EMOJI.findall(text)]


def hide_words(text: str, common: frozenset[str]) -> str:
    """`text` with every letter of the words that are not `common` made an x, or an X.

    What is left shows how somebody writes, and not about what.
    """

    def hidden(found: regex.Match[str]) -> str:
        word: str = found[0]
        if word.lower().translate(_PLAIN_APOSTROPHE) in common:
            return word
        return "".join("X" if each.isupper() else "x" if each.isalpha() else each for each in word)

    return str(_WORD.sub(hidden, text))


def common_words(texts: Iterable[str], count: int) -> frozenset[str]:
    """The `count` words that stand most often in `texts`."""
    return frozenset(
        word
        for word, _ in Counter(each for text in texts for each in words(text)).most_common(count)
    )
