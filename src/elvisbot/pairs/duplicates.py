"""Pairs that say the same: a model that meets one exchange too often learns it by heart."""

import hashlib
import re
import unicodedata
from collections.abc import Iterable
from typing import Final

from elvisbot.conversation import Pair

MAX_DUPLICATES: Final = 3
"""So many pairs with the same question and the same reply are learnt, the first ones in time."""

_PUNCTUATION: Final = re.compile(r"[!-/:-@\[-`{-~¡§«¶·»¿…\u2000-\u206f\u3001-\u303f\uff01-\uff0f]+")

_EMOJI_VARIATION: Final = re.compile("[\ufe0e\ufe0f\U0001f3fb-\U0001f3ff]+")
"""How an emoji is to be drawn: in black or in colour, and in which tone of skin."""

_ELONGATION: Final = re.compile(r"(\D{1,2}?)\1+")


def fingerprint(pair: Pair) -> int:
    """64 bits that are the same for pairs whose last turn before the reply, and whose reply, are
    the same once `normalised`."""
    content = normalised(pair.context[-1].texts) + "\0" + normalised(pair.reply)
    return int.from_bytes(hashlib.blake2b(content.encode(), digest_size=8).digest(), "big")


def normalised(texts: Iterable[str]) -> str:
    """What the messages of a turn say, whatever their case, spacing, breaks and punctuation, the
    variants of their emoji, and the length of what is drawn out: `Sooo 👍🏽!!` and `so 👍` are one.

    Where there is nothing but punctuation, it stays.
    """
    text = unicodedata.normalize("NFKC", " ".join(texts)).casefold()
    text = _EMOJI_VARIATION.sub("", text)
    words = _PUNCTUATION.sub("", text).split() or text.split()
    return _ELONGATION.sub(r"\1", " ".join(words))
