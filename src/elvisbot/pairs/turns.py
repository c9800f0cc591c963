"""Messages → turns → sessions."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import timedelta

from elvisbot.conversation import Message, Session, Turn
from elvisbot.errors import UnsortedMessagesError


def turns(messages: Sequence[Message], *, max_gap: timedelta) -> Iterator[Turn]:
    """Join neighbouring messages of one sender into turns, chat by chat.

    A message sent exactly `max_gap` after the one before still joins its turn.

    Args:
        messages: Oldest first; several chats may be interleaved.

    Returns:
        The turns of the first chat, oldest first, then those of the next.

    Raises:
        UnsortedMessagesError: if a message is older than the one before it in its chat.
    """
    for chat in _by_chat(messages).values():
        burst: list[Message] = []
        for message in chat:
            if burst and (
                message.sender != burst[-1].sender or message.sent_at - burst[-1].sent_at > max_gap
            ):
                yield Turn(tuple(burst))
                burst = []
            burst.append(message)
        yield Turn(tuple(burst))


def sessions(all_turns: Iterable[Turn], *, max_gap: timedelta) -> Iterator[Session]:
    """Join the turns of one chat into sessions.

    A turn that begins exactly `max_gap` after the end of the one before still joins its session.

    Args:
        all_turns: As `turns` yields them: chat by chat, oldest first.
    """
    current: list[Turn] = []
    for turn in all_turns:
        if current and (
            turn.messages[0].chat != current[-1].messages[0].chat
            or turn.sent_at - current[-1].messages[-1].sent_at > max_gap
        ):
            yield Session(tuple(current))
            current = []
        current.append(turn)
    if current:
        yield Session(tuple(current))


def _by_chat(messages: Sequence[Message]) -> dict[str, list[Message]]:
    chats: dict[str, list[Message]] = {}
    for message in messages:
        chat = chats.setdefault(message.chat, [])
        if chat and message.sent_at < chat[-1].sent_at:
            raise UnsortedMessagesError(
                f"Message {message.id} is older than the one before it.",
                remedy="Import the conversation again; its messages.jsonl has been reordered.",
            )
        chat.append(message)
    return chats
