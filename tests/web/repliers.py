"""Repliers that say what a test tells them to. As a program, a server that can be killed:

python -m tests.web.repliers PORT
"""

import sys
import time
from collections.abc import Callable, Iterator, Sequence

from elvisbot.conversation import Message
from elvisbot.replies import Bubble, Event, Typing


class Scripted:
    """Answers every conversation with the same events; a number among them is a rest, in seconds.

    Attributes:
        asked: The texts of every request, as they came.
    """

    at_once = 4

    def __init__(self, *steps: Event | float) -> None:
        self.asked: list[list[str]] = []
        self._steps = steps

    def reply(
        self, messages: Sequence[Message], *, is_cancelled: Callable[[], bool] = lambda: False
    ) -> Iterator[Event]:
        self.asked.append([message.text for message in messages])
        return self._events(messages)

    def _events(self, messages: Sequence[Message]) -> Iterator[Event]:
        for step in self._steps:
            if isinstance(step, int | float):
                time.sleep(step)
            else:
                yield step


def said(*texts: str, seconds: float = 0.0) -> tuple[Event, ...]:
    """Bubbles, each typed for so many seconds."""
    return tuple(
        event for text in texts for event in (Typing(seconds), Bubble(f"the bubble {text}", text))
    )


def main() -> None:
    """Serve a bot that takes its time between two bubbles."""
    from elvisbot.web import api, create_app, serving

    api.FLUSH_SECONDS = 1.0
    replier = Scripted(*said("one"), 2.0, *said("two"))
    app = create_app(replier, name="Elvis", model="a test")
    serving.serve(app, serving.listen(port=int(sys.argv[1])))


if __name__ == "__main__":
    main()
