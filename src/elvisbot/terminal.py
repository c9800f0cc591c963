"""Talking to a bot in the terminal."""

import io
import sys
import time
import unicodedata
import uuid
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Final, TextIO

from elvisbot.conversation import ME, Message, Reaction
from elvisbot.reactions import sign
from elvisbot.replies import THEM, Bubble, Replier, Tapback, Typing

REMEMBERED: Final = 100
"""Messages; the replier itself uses far fewer."""

_ERASE: Final = "\r\x1b[K"


def talk(
    replier: Replier,
    name: str,
    *,
    source: TextIO | None = None,
    sink: TextIO | None = None,
    sleep: Callable[[float], None] = time.sleep,
) -> None:
    """Converse until the end of the input, or Ctrl-C.

    Every line that is entered is one message, and is answered at once. At a terminal there is a
    prompt, and dots while the bot types; through a pipe come the bubbles and the reactions alone,
    each after the bot's name.

    Args:
        source, sink: By default the standard input and output.
        sleep: Waits so many seconds while the bot types, at a terminal.

    Raises:
        EngineError: if the model cannot answer.
    """
    source, sink = source or sys.stdin, sink or sys.stdout
    for stream in (source, sink):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # emoji must not end the talk on old consoles
    conversation = _Conversation(replier, name, sink, sleep)
    try:
        conversation.run(source)
    except KeyboardInterrupt:
        conversation.end()


class _Conversation:
    def __init__(
        self, replier: Replier, name: str, sink: TextIO, sleep: Callable[[float], None]
    ) -> None:
        self._replier = replier
        self._name = name
        self._sink = sink
        self._sleep = sleep
        self._messages: list[Message] = []
        self._is_live = sink.isatty()

    def run(self, source: TextIO) -> None:
        self._is_live = self._is_live and source is sys.stdin and source.isatty()
        while line := self._ask(source):
            if text := line.strip():
                self._remember(THEM, text)
                self._answer()
        self.end()

    def end(self) -> None:
        if self._is_live:
            self._write(f"{_ERASE}Bye.\n")

    def _ask(self, source: TextIO) -> str:
        if not self._is_live:
            return source.readline()
        try:
            return input("you: ") + "\n"  # with line editing
        except EOFError:
            return ""

    def _answer(self) -> None:
        for event in self._replier.reply(tuple(self._messages)):
            if isinstance(event, Typing):
                self._type(event.seconds)
            elif isinstance(event, Tapback):
                self._react(event)
            else:
                self._show(event)

    def _type(self, seconds: float) -> None:
        if self._is_live:
            self._write(f"{_ERASE}{self._name}: …")
            self._sleep(seconds)

    def _react(self, tapback: Tapback) -> None:
        reactions = (Reaction(tapback.kind, ME),)
        for index, message in enumerate(self._messages):
            if message.id == tapback.to:
                self._messages[index] = message._replace(reactions=reactions)
                self._say(f"{sign(tapback.kind)} to “{message.text}”")

    def _show(self, bubble: Bubble) -> None:
        self._remember(ME, bubble.text)
        self._say(bubble.text)

    def _say(self, text: str) -> None:
        erase = _ERASE if self._is_live else ""
        self._write(f"{erase}{self._name}: {_printable(text)}\n")

    def _remember(self, sender: str, text: str) -> None:
        message = Message(uuid.uuid4().hex, "terminal", sender, datetime.now(UTC), text)
        self._messages = [*self._messages, message][-REMEMBERED:]

    def _write(self, text: str) -> None:
        self._sink.write(text)
        self._sink.flush()


def _printable(text: str) -> str:
    """`text` on one line, and without the control characters that could command the terminal."""
    line = " ".join(text.splitlines())
    return "".join(character for character in line if unicodedata.category(character) != "Cc")
