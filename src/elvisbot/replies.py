"""From a conversation to the bot's reply, bubble by bubble.

The one place that the web app, the terminal and the evaluation call.
"""

import contextlib
import re
import uuid
from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import chain, groupby, islice, pairwise
from random import Random
from typing import Final

from elvisbot.bots import Settings
from elvisbot.conversation import ME, Line, Message
from elvisbot.engines import Engine
from elvisbot.errors import InvalidRequestError, SilenceError
from elvisbot.pace import Pace
from elvisbot.reactions import NEVER, Reactions

THEM: Final = "them"
"""The sender of what a visitor writes. The bot's own messages are from `ME`."""

NEW_SESSION: Final = timedelta(hours=8)
"""A longer silence begins a new session: after a night, what was said before is left out."""

DRAWS: Final = 4
"""So often a reply is drawn, until it says anything that could be the person's."""

_ASSISTANT: Final = re.compile(
    r"how (can|could|may) i (help|assist)|(anything|something) else i can (help|assist)"
    r"|(happy|here) to (help|assist) you|\bassist you\b|feel free to (ask|reach)"
    r"|\b(as|i(’|')?m|i am) (just )?an? (ai|chatbot|(large )?language model|virtual assistant)\b"
    r"|smollm",
    re.IGNORECASE,
)
"""What a base that was taught to be an assistant says, and no person in a chat."""


@dataclass(frozen=True, slots=True)
class Tapback:
    """The bot reacts to a message.

    Attributes:
        to: The message's id.
        kind: As in `elvisbot.conversation.Reaction`.
        after: Seconds until it does, from the event before.
    """

    to: str
    kind: str
    after: float = 0.0


@dataclass(frozen=True, slots=True)
class Typing:
    """The bot types.

    Attributes:
        seconds: Until its next bubble; 0 at first, when it is not known yet.
        after: Seconds until it begins to, from the event before.
    """

    seconds: float
    after: float = 0.0


@dataclass(frozen=True, slots=True)
class Bubble:
    """One message of the reply."""

    id: str
    text: str


Event = Tapback | Typing | Bubble


def _never() -> bool:
    return False


class Replier:
    """Answers conversations as one bot."""

    def __init__(
        self,
        engine: Engine,
        settings: Settings,
        *,
        reactions: Reactions = NEVER,
        real_time: bool = False,
        random: Random | None = None,
    ) -> None:
        """Answer with what `engine` generates.

        Args:
            reactions: What the person reacts to.
            real_time: Whether the bot takes as long as the person would, hours if need be.
            random: Draws the reactions and the times; None for one that nobody can foresee.
        """
        self._engine = engine
        self._settings = settings
        self._reactions = reactions
        self._random = random or Random()
        self._pace = Pace(settings.timing, self._random, real_time=real_time)
        self._stop = engine.format.stops

    @property
    def at_once(self) -> int:
        """So many conversations can be answered at the same time."""
        return self._engine.at_once

    def reply(
        self, messages: Sequence[Message], *, is_cancelled: Callable[[], bool] = _never
    ) -> Iterator[Event]:
        """Answer the last turn of `messages`.

        First come reactions to messages of that turn, and `Typing(0)`, before the model begins;
        then, as soon as each bubble is complete, how long it takes to type, and the bubble. The
        very first event comes after the time that the person takes to begin. A reaction may be all
        of the reply. A bubble in which the base speaks as an assistant is not sent: the reply ends
        before it, or is drawn anew. Closing the iterator stops the model at its next token.

        Args:
            messages: The recent conversation, oldest first, ending with a turn of the visitor's.
            is_cancelled: Asked after every token, for those who cannot close the iterator because
                another thread is running it.

        Raises:
            InvalidRequestError: if the last message is not the visitor's.
            EngineError: if the model cannot answer.
        """
        if not messages or messages[-1].sender == ME:
            raise InvalidRequestError(
                "There is nothing to answer.", remedy="End with a message to the bot."
            )
        return self._events(messages, is_cancelled)

    def prompt(self, messages: Sequence[Message]) -> list[int]:
        """What the model is given to answer `messages`, cut to what it can take.

        That is as many turns as the recipe says before the one that is answered, and up to twice as
        many: the oldest turns are dropped several at a time, so that from one reply to the next the
        prompt mostly grows at its end, and what was computed of it stays of use. A message that the
        visitor answers, though others came since, is said again before the burst. What is still too
        long loses its oldest turns, then the oldest messages of the last turn; of a single message
        that is too long, the end is kept.
        """
        turns = self._settings.recipe.context_turns
        block = max(1, turns)
        lines = _lines(_with_quotes(_session(messages), messages))
        lines = lines[max(0, len(lines) - turns - 1) // block * block :]
        while len(ids := self._engine.format.prompt(lines)) > self._engine.max_prompt:
            few = max(1, min(block // 2, len(lines) - 1))
            shorter = lines[few:] if len(lines) > 1 else _shortened(lines[0])
            if shorter is None:
                break
            lines = shorter
        return ids

    def _events(
        self, messages: Sequence[Message], is_cancelled: Callable[[], bool]
    ) -> Iterator[Event]:
        tapbacks = list(self._tapbacks(messages))
        is_all = bool(tapbacks) and self._random.random() < self._reactions.alone
        opening: list[Tapback | Typing] = [*tapbacks] if is_all else [*tapbacks, Typing(0.0)]
        first, *others = opening
        yield replace(first, after=self._pace.begin(messages[-1].sent_at, datetime.now(UTC)))
        yield from others
        if is_all:
            return
        prompt = self.prompt(messages)
        for _ in range(DRAWS):
            spoken = False
            with contextlib.closing(self._texts(prompt, is_cancelled)) as texts:
                for text in islice(texts, self._settings.decoding.max_bubbles):
                    if _ASSISTANT.search(text):
                        break
                    spoken = True
                    yield Typing(self._pace.typing(text))
                    yield Bubble(uuid.uuid4().hex, text)
            if spoken or is_cancelled():
                return
        raise SilenceError(
            f"The model said nothing, {DRAWS} times over.",
            remedy="Write something else; if it happens often, train the bot for longer.",
        )

    def _tapbacks(self, messages: Sequence[Message]) -> Iterator[Tapback]:
        for message in _unseen(messages):
            if kind := self._reactions.draw(message.text, self._random):
                yield Tapback(message.id, kind)

    def _texts(
        self, prompt: Sequence[int], is_cancelled: Callable[[], bool]
    ) -> Generator[str, None, None]:
        """One draw's messages, each as soon as it is complete; none of them empty."""
        tokens = self._engine.generate(prompt, self._settings.decoding, stop=self._stop)
        ids: list[int] = []
        try:
            for token in tokens:
                if is_cancelled():
                    return
                if token != self._engine.format.break_id:
                    ids.append(token)
                    continue
                if text := _clean(self._engine.format.text(ids)):
                    yield text
                ids = []
        finally:
            _close(tokens)
        if text := _clean(self._engine.format.text(ids)):
            yield text


def _close(tokens: Iterator[int]) -> None:
    if isinstance(tokens, Generator):
        tokens.close()


def _unseen(messages: Sequence[Message]) -> Sequence[Message]:
    """Of the last turn, what came after the messages that the bot has reacted to before."""
    begin = len(messages)
    while begin and messages[begin - 1].sender != ME and not messages[begin - 1].reactions:
        begin -= 1
    return messages[begin:]


def _session(messages: Sequence[Message]) -> Sequence[Message]:
    """The messages since the last silence of more than `NEW_SESSION`."""
    begin = 0
    for number, (earlier, later) in enumerate(pairwise(messages), start=1):
        if later.sent_at - earlier.sent_at > NEW_SESSION:
            begin = number
    return messages[begin:]


def _with_quotes(recent: Sequence[Message], messages: Sequence[Message]) -> Sequence[Message]:
    """The recent messages; before the last turn, what it answers unless that is at hand anyway."""
    *before, last = (list(turn) for _, turn in groupby(recent, key=lambda message: message.sender))
    at_hand = {message.id for message in chain(*before[-1:], last)}
    answered = {message.reply_to for message in last} - at_hand
    quotes = [message for message in messages if message.id in answered]
    return [*chain(*before), *quotes, *last] if quotes else recent


def _lines(messages: Sequence[Message]) -> list[Line]:
    turns = groupby(messages, key=lambda message: message.sender)
    return [Line(sender, tuple(message.text for message in turn)) for sender, turn in turns]


def _shortened(line: Line) -> list[Line] | None:
    """`line` without its oldest message, or without a tenth of its only one; None at the end."""
    first, *others = line.texts
    if others:
        return [Line(line.sender, tuple(others))]
    if not first:
        return None
    return [Line(line.sender, (first[len(first) // 10 + 1 :],))]


def _clean(text: str) -> str:
    """`text` without outer whitespace, nor the signs for bytes that make no character.

    Those stand where a reply was cut off within a character, which for most emoji is likely.
    """
    return text.replace("\ufffd", "").strip()
