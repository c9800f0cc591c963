"""Reactions that came by SMS or RCS: messages that quote the one they react to.

    Loved “on my way”        Reagierte mit 👍 auf „on my way“        👍 to “on my way”
    Laughed at an image      Removed a heart from “on my way”

What makes such a message a reaction is that its quote was said shortly before, in the same
conversation, and that the words before it are a phone's: those known here, words around an emoji,
or, since they are in the language of the phone, words that the sender uses for nothing but quoting.
"""

import re
import unicodedata
from bisect import bisect_right, insort
from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from elvisbot.conversation import ME, Message, Reaction
from elvisbot.sources import CONTEXT, REACTION, USED, Entry, ReactionTo

OPENING_QUOTES: Final = ("“", "„", "«")
"""Marks before what is quoted, in the languages of phones."""

_QUOTING: Final = re.compile(
    rf"\s*([^“”„«»\n]{{2,60}})[{''.join(OPENING_QUOTES)}](.+)[”“»]\s*", re.DOTALL
)
_ATTACHMENTS: Final = (
    *(f" a {noun}" for noun in ("photo", "picture", "movie", "video", "sticker")),
    *(f" an {noun}" for noun in ("image", "attachment", "audio message")),
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

_LONGEST_WORDS: Final = 60
_MOST_WORDS: Final = 3
"""Before the emoji: `Ha reagito con 👍 a`."""

_FEWEST_QUOTES: Final = 3
"""Different ones, before unknown words are taken for those of a phone."""

_MAX_AGE: Final = timedelta(days=30)
_INVISIBLE: Final = re.compile("[\u200a-\u200c\u200e\u200f\u2060\ufeff]+")


class _Said(NamedTuple):
    sent_at: datetime
    id: str


class _Candidate(NamedTuple):
    """What may be a reaction: the words before the quote, and the quote, None for a picture."""

    message: Message
    words: str
    quote: str | None


class Quotes:
    """Tells such reactions from messages, when all of the conversations have been seen.

    Only messages with a text that something quotes are remembered. Mine are never reactions: those
    are told apart by the history itself, or were typed.
    """

    def __init__(self) -> None:
        self._wanted: set[tuple[str, str]] = set()
        self._beginnings: dict[str, dict[int, set[str]]] = defaultdict(lambda: defaultdict(set))
        # By chat, text, and whether it is mine; without a text, the pictures.
        self._said: dict[tuple[str, str | None, bool], list[_Said]] = defaultdict(list)
        self._candidates: list[_Candidate] = []
        self._kept_back: list[Message] = []
        self._moments: set[datetime] = set()

    def expect(self, chat: str, text: str) -> None:
        """To be called beforehand with every text that could be a reaction."""
        found = _QUOTING.fullmatch(text)
        quote = _plain(found[2]) if found else ""
        if not quote:
            return
        self._wanted.add((chat, quote))
        start = quote.removesuffix(_CUT)
        if start != quote and len(start) <= _LONGEST_START:
            self._beginnings[chat][len(start)].add(start)

    def takes(self, message: Message) -> bool:
        """Whether a message is kept back until `resolved`: it could be such a reaction, or was
        sent at the same moment as one, and would overtake it.

        To be called with every message, since any may be quoted.
        """
        if message.service != "iMessage" and message.sender != ME and not message.placeholder:
            candidate = _candidate(message)
            if candidate is not None:
                self._candidates.append(candidate)
                self._kept_back.append(message)
                self._moments.add(message.sent_at)
                return True
        if self._wanted or message.placeholder:
            self._remember(message)
        # The words of a voice message are context; of anything else, they are used.
        if not self._moments or message.placeholder == "voice message":
            return False
        if message.sent_at in self._moments:
            self._kept_back.append(message)
            return True
        return False

    def _remember(self, message: Message) -> None:
        for key in self._keys(message):
            self._said[key].append(_Said(message.sent_at, message.id))

    def _keys(self, message: Message) -> Iterator[tuple[str, str | None, bool]]:
        """What quotes of a message are looked up by."""
        chat, is_mine = message.chat, message.sender == ME
        if message.placeholder is not None:
            yield chat, None, is_mine
        if not (self._wanted and message.text):
            return
        text = _plain(message.text)
        if (chat, text) in self._wanted:
            yield chat, text, is_mine
        for length, starts in self._beginnings.get(chat, {}).items():
            if (start := text[:length]) in starts:
                yield chat, start + _CUT, is_mine

    def resolved(self) -> Iterator[Entry]:
        """What was kept back, in the order in which it came: reactions, and messages after all."""
        reactions = self._reactions()
        for message in self._kept_back:
            reaction = reactions.get(id(message))
            if reaction is not None:
                yield REACTION, reaction
            else:
                yield USED if message.text else CONTEXT, message

    def _reactions(self) -> dict[int, ReactionTo]:
        """The candidates that are reactions, by the identity of the message kept back."""
        for said in self._said.values():
            said.sort(key=_when)
        reactions: dict[int, ReactionTo] = {}
        unknown: dict[tuple[str, str], list[tuple[_Candidate, str | None]]] = defaultdict(list)
        # Oldest first, so that a message after all can be quoted by those that follow it.
        for candidate in sorted(self._candidates, key=lambda each: each.message.sent_at):
            message, words, _ = candidate
            kind, target = _kind(words), self._target(candidate)
            if kind and target is not None:
                reactions[id(message)] = _reaction(candidate, kind, target)
                continue
            if not kind:
                unknown[message.chat, words].append((candidate, target))
            for key in self._keys(message):
                insort(self._said[key], _Said(message.sent_at, message.id), key=_when)
        for found in unknown.values():
            if _are_of_a_phone(found):
                for candidate, target in found:
                    if target is not None:
                        reactions[id(candidate.message)] = _reaction(
                            candidate, UNKNOWN_KIND, target
                        )
        return reactions

    def _target(self, candidate: _Candidate) -> str | None:
        """The last message that it quotes, of mine if there is one: people rarely react to
        themselves."""
        message, _, quote = candidate
        for is_mine in (True, False):
            said = self._said.get((message.chat, quote, is_mine), [])
            before = bisect_right(said, message.sent_at, key=_when)
            if before and message.sent_at - said[before - 1].sent_at <= _MAX_AGE:
                return said[before - 1].id
        return None


def _are_of_a_phone(found: list[tuple[_Candidate, str | None]]) -> bool:
    """Whether all of the quotes after the same words were said before, and they are several."""
    quotes = {candidate.quote for candidate, _ in found}
    return len(quotes) >= _FEWEST_QUOTES and all(target is not None for _, target in found)


def _candidate(message: Message) -> _Candidate | None:
    found = _QUOTING.fullmatch(message.text)
    if found:
        quote = _plain(found[2])
        return _Candidate(message, _plain(found[1]), quote) if quote else None
    return _of_a_picture(message) if message.text.endswith(_ATTACHMENTS) else None


def _of_a_picture(message: Message) -> _Candidate | None:
    ending = next(each for each in _ATTACHMENTS if message.text.endswith(each))
    words = _plain(message.text.removesuffix(ending)[:_LONGEST_WORDS])
    return _Candidate(message, words, None) if _kind(words) else None


def _when(said: _Said) -> datetime:
    return said.sent_at


def _plain(text: str) -> str:
    """`text` without what phones add around a quote: spaces, some of no width."""
    return _INVISIBLE.sub("", text).strip()


def _reaction(candidate: _Candidate, kind: str, target: str) -> ReactionTo:
    message = candidate.message
    reaction = Reaction(kind, message.sender, message.sent_at)
    return ReactionTo(target, reaction, is_removal=candidate.words.startswith(_REMOVED))


def _kind(words: str) -> str:
    """What the words of a phone in English mean, or the emoji in those of any; else nothing."""
    return _KINDS.get(words) or _emoji(words)


def _emoji(words: str) -> str:
    """The emoji in `Reacted 🎉 to`, with its modifiers, where a phone would have put it."""
    split = [_plain(word) for word in words.split()]
    for place, word in enumerate(split[: _MOST_WORDS + 1]):
        if _is_emoji(word):
            is_of_a_phone = place == len(split) - 2 or words.startswith(_REMOVED)
            return word if is_of_a_phone else ""
    return ""


def _is_emoji(word: str) -> bool:
    return bool(word) and all(
        unicodedata.category(each) in ("So", "Sk", "Mn", "Cf") for each in word
    )
