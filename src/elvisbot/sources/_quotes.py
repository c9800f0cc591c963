"""Reactions that came by SMS or RCS: messages that quote the one they react to.

    Loved “on my way”        Reagierte mit 👍 auf „on my way“        👍 to “on my way”
    Laughed at an image      Removed a heart from “on my way”

The words before the quote are in the language of the sender's phone, so they can be any. What makes
such a message a reaction is that its quote was said before, in the same conversation.
"""

import re
import unicodedata
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime
from typing import Final, NamedTuple

from elvisbot.conversation import Message, Reaction
from elvisbot.sources import REACTION, USED, Entry, ReactionTo

OPENING_QUOTES: Final = ("“", "„", "«")
"""Marks before what is quoted, in the languages of phones."""

_QUOTING: Final = re.compile(
    rf"\s*([^“”„«»\n]{{2,60}})[{''.join(OPENING_QUOTES)}](.+)[”“»]\s*", re.DOTALL
)
_ATTACHMENT: Final = re.compile(
    r"(Loved|Liked|Disliked|Laughed at|Emphasized|Questioned) "
    r"an? (?:image|photo|picture|movie|video|attachment|sticker|audio message)"
)
_KINDS: Final = {
    "Loved": "loved",
    "Liked": "liked",
    "Disliked": "disliked",
    "Laughed at": "laughed",
    "Emphasized": "emphasised",
    "Emphasised": "emphasised",
    "Questioned": "questioned",
    "Removed a heart from": "loved",
    "Removed a like from": "liked",
    "Removed a dislike from": "disliked",
    "Removed a laugh from": "laughed",
    "Removed an exclamation from": "emphasised",
    "Removed a question mark from": "questioned",
}
UNKNOWN_KIND: Final = "reacted"
"""Of a reaction in words that are in no list here."""

_REMOVED: Final = "Removed "
_CUT: Final = "…"
_LONGEST_START: Final = 1000
"""Characters of a text that a quote breaks off; phones break off much earlier."""

_INVISIBLE: Final = re.compile("[\u200a-\u200f\u2060\ufeff]+")


class _Said(NamedTuple):
    sent_at: datetime
    id: str


class Quotes:
    """Tells such reactions from messages, when all of the conversations have been seen.

    Only messages with a text that something quotes are remembered.
    """

    def __init__(self) -> None:
        self._wanted: set[tuple[str, str]] = set()
        self._beginnings: dict[str, dict[int, set[str]]] = defaultdict(lambda: defaultdict(set))
        self._texts: dict[tuple[str, str], list[_Said]] = defaultdict(list)
        self._pictures: dict[str, list[_Said]] = defaultdict(list)
        self._candidates: list[Message] = []

    def expect(self, chat: str, text: str) -> None:
        """To be called beforehand with every text that could be a reaction."""
        quote = _quote(text)
        if quote is None:
            return
        self._wanted.add((chat, quote))
        start = quote.removesuffix(_CUT)
        if start != quote and len(start) <= _LONGEST_START:
            self._beginnings[chat][len(start)].add(start)

    def takes(self, message: Message) -> bool:
        """Whether a message could be such a reaction, and is kept back until `resolved`.

        To be called with every message, since any may be quoted.
        """
        if message.service != "iMessage" and (
            _quote(message.text) is not None or _ATTACHMENT.fullmatch(message.text)
        ):
            self._candidates.append(message)
            return True
        if message.placeholder is not None:
            self._pictures[message.chat].append(_Said(message.sent_at, message.id))
        if self._wanted and message.text:
            self._remember(message)
        return False

    def _remember(self, message: Message) -> None:
        key = (message.chat, _plain(message.text))
        said = _Said(message.sent_at, message.id)
        if key in self._wanted:
            self._texts[key].append(said)
        for length, starts in self._beginnings.get(message.chat, {}).items():
            if (start := key[1][:length]) in starts:
                self._texts[message.chat, start + _CUT].append(said)

    def resolved(self) -> Iterator[Entry]:
        """What was kept back: reactions, and messages after all."""
        for said in (*self._texts.values(), *self._pictures.values()):
            said.sort(key=_when)
        for message in self._candidates:
            target = self._target(message)
            if target is None:
                yield USED, message
            else:
                yield REACTION, _reaction(message, target)

    def _target(self, message: Message) -> str | None:
        """The last message before it that it quotes. What is itself a candidate was not said."""
        quote = _quote(message.text)
        said = (
            self._pictures.get(message.chat, [])
            if quote is None
            else self._texts.get((message.chat, quote), [])
        )
        before = bisect_right(said, message.sent_at, key=_when)
        return said[before - 1].id if before else None


def _when(said: _Said) -> datetime:
    return said.sent_at


def _quote(text: str) -> str | None:
    found = _QUOTING.fullmatch(text)
    return _plain(found[2]) or None if found else None


def _plain(text: str) -> str:
    """`text` without what phones add around a quote: spaces, some of no width."""
    return _INVISIBLE.sub("", text).strip()


def _reaction(message: Message, target: str) -> ReactionTo:
    found = _QUOTING.fullmatch(message.text) or _ATTACHMENT.fullmatch(message.text)
    verb = _plain(found[1]) if found else ""
    kind = _KINDS.get(verb) or _emoji(verb) or UNKNOWN_KIND
    reaction = Reaction(kind, message.sender, message.sent_at)
    return ReactionTo(target, reaction, is_removal=verb.startswith(_REMOVED))


def _emoji(verb: str) -> str:
    """The emoji in `Reacted 🎉 to`, with its modifiers; nothing if there is none."""
    words = (_plain(word) for word in verb.split())
    return next((word for word in words if _is_emoji(word)), "")


def _is_emoji(word: str) -> bool:
    return bool(word) and all(
        unicodedata.category(each) in ("So", "Sk", "Mn", "Cf") for each in word
    )
