"""Messages → turns → sessions, holding no more messages than the sessions that are still open."""

from collections import deque
from collections.abc import Iterable, Iterator
from datetime import timedelta

from elvisbot.conversation import Message, Session, Turn
from elvisbot.errors import UnsortedMessagesError


def turns(messages: Iterable[Message], *, max_gap: timedelta) -> Iterator[Turn]:
    """Join neighbouring messages of one sender into turns.

    A message sent exactly `max_gap` after the one before still joins its turn.

    Args:
        messages: Of one chat, oldest first.
    """
    burst: list[Message] = []
    for message in messages:
        if burst and (
            message.sender != burst[-1].sender or message.sent_at - burst[-1].sent_at > max_gap
        ):
            yield Turn(tuple(burst))
            burst = []
        burst.append(message)
    if burst:
        yield Turn(tuple(burst))


def sessions(
    messages: Iterable[Message], *, turn_gap: timedelta, session_gap: timedelta
) -> Iterator[Session]:
    """Take chats apart and cut each of them into sessions wherever it was silent for long.

    A message sent exactly `session_gap` after the one before still joins its session.

    Args:
        messages: Oldest first; several chats may be interleaved.
        turn_gap: As `turns` takes it.

    Returns:
        In the order in which the sessions begin; of two that begin at the same moment, first the
        one whose message comes first.

    Raises:
        UnsortedMessagesError: if a message is older than the one before it.
    """
    for uninterrupted in _uninterrupted(messages, max_gap=session_gap):
        yield Session(tuple(turns(uninterrupted, max_gap=turn_gap)))


def _uninterrupted(messages: Iterable[Message], *, max_gap: timedelta) -> Iterator[list[Message]]:
    """Messages of one chat without a long silence between them, by their first one."""
    current: dict[str, list[Message]] = {}
    begun: deque[list[Message]] = deque()
    for message in _sorted(messages):
        run = current.get(message.chat)
        if run is None or message.sent_at - run[-1].sent_at > max_gap:
            run = current[message.chat] = []
            begun.append(run)
        run.append(message)
        while message.sent_at - begun[0][-1].sent_at > max_gap:
            over = begun.popleft()
            if current[over[0].chat] is over:
                del current[over[0].chat]
            yield over
    yield from begun


def _sorted(messages: Iterable[Message]) -> Iterator[Message]:
    before: Message | None = None
    for message in messages:
        if before is not None and message.sent_at < before.sent_at:
            raise UnsortedMessagesError(
                f"Message {message.id} is older than the one before it.",
                remedy="Import the conversation again; its messages.jsonl has been reordered.",
            )
        yield message
        before = message
