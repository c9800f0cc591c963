"""The plain types that the stages hand to each other. Nothing here reads or writes.

message   one bubble as sent
turn      neighbouring messages of one sender (a burst)
session   turns without a long silence between them
pair      the turns before one of my turns → that turn
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal, NamedTuple, get_args

ME: Final = "me"
"""The sender of every message written by the person whom the bot imitates."""

Placeholder = Literal[
    "picture",
    "video",
    "voice message",
    "sticker",
    "file",
    "contact",
    "location",
    "poll",
    "call",
    "app",
]
"""What was sent instead of words, or along with them."""

PLACEHOLDERS: Final[tuple[Placeholder, ...]] = get_args(Placeholder)


@dataclass(frozen=True, slots=True)
class Reaction:
    """A reaction to a message.

    Attributes:
        kind: `loved`, `liked`, `disliked`, `laughed`, `emphasised`, `questioned`, `sticker`, or any
            emoji.
        sender: `ME`, or the contact as in `Message.sender`.
        sent_at: In UTC, where known.
    """

    kind: str
    sender: str
    sent_at: datetime | None = None


class Message(NamedTuple):
    """One bubble as it was sent. (A frozen dataclass takes three times as long to make.)

    Attributes:
        id: Unique within the history it was read from.
        chat: Which conversation it belongs to.
        sender: `ME`, or the contact's name, number or address.
        sent_at: When it was sent, in UTC.
        text: What it says, to the byte: emoji, accents, typos and line breaks kept. Empty if there
            is nothing but a placeholder; the words of a voice message, where they are known.
        service: What carried it (`iMessage`, `SMS`, `WhatsApp` …), where known.
        placeholder: What came with the text or in place of it.
        reply_to: The id of the message that it answers, where the sender chose one.
        reactions: In the order in which they came; those taken back are not among them.
        edited_at: When it was last edited, in UTC.
        earlier: The texts that it had before it was edited, oldest first, where they are known.
        is_forwarded: Whether somebody else wrote it.
    """

    id: str
    chat: str
    sender: str
    sent_at: datetime
    text: str
    service: str | None = None
    placeholder: Placeholder | None = None
    reply_to: str | None = None
    reactions: tuple[Reaction, ...] = ()
    edited_at: datetime | None = None
    earlier: tuple[str, ...] = ()
    is_forwarded: bool = False


@dataclass(frozen=True, slots=True)
class Turn:
    """Neighbouring messages of one sender, oldest first; never empty."""

    messages: tuple[Message, ...]

    @property
    def sender(self) -> str:
        return self.messages[0].sender

    @property
    def is_mine(self) -> bool:
        return self.sender == ME

    @property
    def sent_at(self) -> datetime:
        return self.messages[0].sent_at


@dataclass(frozen=True, slots=True)
class Session:
    """Turns of one chat without a long silence between them, oldest first; never empty."""

    turns: tuple[Turn, ...]

    @property
    def started_at(self) -> datetime:
        return self.turns[0].sent_at


@dataclass(frozen=True, slots=True)
class Line:
    """One turn as a model sees it: whose it is, and the texts of its messages."""

    sender: str
    texts: tuple[str, ...]

    @property
    def is_mine(self) -> bool:
        return self.sender == ME


@dataclass(frozen=True, slots=True)
class Pair:
    """What was said, and what I answered: one thing to learn.

    Attributes:
        context: The turns before the reply, oldest first; the last one is theirs.
        reply: The texts of my turn.
        sent_at: When I answered, in UTC.
        session: The number of the session it comes from, counted through the history.
        turn: The reply's place among the turns of its session, from 0. With `session` it tells
            which pairs continue each other.
    """

    context: tuple[Line, ...]
    reply: tuple[str, ...]
    sent_at: datetime
    session: int
    turn: int

    @property
    def characters(self) -> int:
        """Of the reply. A break between two messages counts as one, as a line break would."""
        return len("\n".join(self.reply))
