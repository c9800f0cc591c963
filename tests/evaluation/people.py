"""People who were made up, each with habits of their own, and texts whose scores are known."""

import random
import re
from collections import defaultdict
from typing import Literal

NOUNS = [
    "exam",
    "work",
    "bus",
    "dinner",
    "class",
    "dog",
    "roommate",
    "movie",
    "game",
    "weather",
    "coffee",
    "paper",
    "team",
    "lab",
    "song",
]
VERBS = [
    "finish",
    "hate",
    "love",
    "forget",
    "need",
    "want",
    "see",
    "start",
    "miss",
    "like",
    "plan",
    "skip",
    "watch",
    "leave",
    "fix",
]
WHEN = [
    "today",
    "tonight",
    "tomorrow",
    "soon",
    "later",
    "again",
    "now",
    "monday",
    "honestly",
    "somehow",
]

Reply = tuple[str, ...]


def casual(count: int, *, seed: int) -> list[Reply]:
    """Somebody who writes in lower case, in bursts, laughs, and never ends with a full stop."""
    chance = random.Random(seed)
    return [
        tuple(_casual(chance) for _ in range(chance.choice([1, 1, 2, 2, 3]))) for _ in range(count)
    ]


def formal(count: int, *, seed: int) -> list[Reply]:
    """Somebody who writes one long message with capitals and full stops, and never laughs."""
    chance = random.Random(seed)
    return [
        (" ".join(_formal(chance) for _ in range(chance.choice([1, 2]))),) for _ in range(count)
    ]


def polished(replies: list[Reply]) -> list[Reply]:
    """The same words, as an editor would have them."""
    return [
        (" ".join(f"{text[:1].upper()}{text[1:]}." for text in reply).replace(" i ", " I "),)
        for reply in replies
    ]


def punctuated(replies: list[Reply]) -> list[Reply]:
    """The same messages, each with a capital and a full stop, and without emoji."""

    def mended(text: str) -> str:
        text = re.sub(r"\bi\b", "I", text)
        return f"{text[0].upper()}{text[1:]}{'' if text[-1] in '.!?' else '.'}"

    plain = [[re.sub(r"[^\w\s.,!?'-]", "", text).strip() for text in reply] for reply in replies]
    return [tuple(mended(text) for text in reply if text) for reply in plain if any(reply)]


def trigrams(
    learnt: list[Reply], count: int, *, seed: int = 0, of: Literal["words", "characters"] = "words"
) -> list[Reply]:
    """What a trigram model of the words, or the characters, of `learnt` says."""
    chance, following = random.Random(seed), defaultdict(list)
    between = " " if of == "words" else ""
    for reply in learnt:
        said = ["", "", *(" / ".join(reply).split() if of == "words" else "/".join(reply)), ""]
        for first, second, third in zip(said, said[1:], said[2:], strict=False):
            following[first, second].append(third)
    made: list[Reply] = []
    while len(made) < count:
        said = ["", "", chance.choice(following["", ""])]
        while said[-1]:
            said.append(chance.choice(following[said[-2], said[-1]]))
        texts = tuple(text.strip() for text in between.join(said).split("/") if text.strip())
        made += [texts] if texts else []
    return made


def _casual(chance: random.Random) -> str:
    noun, verb, when = (chance.choice(words) for words in (NOUNS, VERBS, WHEN))
    return chance.choice(
        [
            f"i {verb} the {noun} {when}",
            f"lol {noun}",
            f"haha yeah i {verb} it",
            f"sooo {when}?",
            f"idk the {noun} {chance.choice(NOUNS)} tho 😂",
            f"u {verb} {noun}?",
            f"yesss {when} pls",
            f"ok but the {noun} was {chance.choice(['bad', 'nice', 'so long'])} {when} haha",
        ]
    )


def _formal(chance: random.Random) -> str:
    noun, verb, when = (chance.choice(words) for words in (NOUNS, VERBS, WHEN))
    return chance.choice(
        [
            f"I would {verb} the {noun}, but not {when}.",
            f"Do you {verb} your {noun} {when}?",
            f"That is a good question about the {noun}!",
            f"It seems that we {verb} the same {noun}; we should talk about it {when}.",
        ]
    )
