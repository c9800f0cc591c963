"""A reply in the making, as the lines of an HTTP response.

The reply is made in a thread of its own, so that heartbeats go out while the model works: only
when something is sent does the server notice that nobody listens any more.
"""

import json
import logging
import queue
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Final

from elvisbot.conversation import Message
from elvisbot.errors import ElvisBotError
from elvisbot.replies import Bubble, Event, Replier, Tapback

MIMETYPE: Final = "application/x-ndjson"

STOPPING: Final = "elvisbot.stopping"
"""Under this key an app's `extensions` hold the event that cuts off every reply in the making."""

_log = logging.getLogger(__name__)


class ReplyStream:
    """The lines of one reply; iterate once, then close."""

    def __init__(
        self,
        replier: Replier,
        messages: Sequence[Message],
        *,
        key: str,
        stopping: threading.Event,
        when_over: Callable[[], None],
        heartbeat: float,
    ) -> None:
        """Begin to reply.

        Args:
            key: Names the reply in the log.
            stopping: Cuts the reply off when set, as `close` does.
            when_over: Called when the model has stopped, from another thread.
            heartbeat: Seconds without an event, after which a blank line is sent.

        Raises:
            InvalidRequestError: as `Replier.reply`; `when_over` has been called then.
        """
        self._key = key
        self._when_over = when_over
        self._heartbeat = heartbeat
        self._lines: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
        self._stopping = stopping
        self._closed = threading.Event()
        try:
            events = replier.reply(messages, is_cancelled=self._is_cancelled)
            threading.Thread(target=self._run, args=(events,), name=key, daemon=True).start()
        except BaseException:
            when_over()
            raise

    def __iter__(self) -> Iterator[bytes]:
        """Lines of JSON as events happen, and blank ones in between.

        The last line is the event `done`; without it, the reply has failed.
        """
        while True:
            try:
                line = self._lines.get(timeout=self._heartbeat)
            except queue.Empty:
                line = b"\n"
            if line is None:
                return
            yield line

    def close(self) -> None:
        """Stop the model at its next token; nothing happens if the reply is complete."""
        self._closed.set()

    def _is_cancelled(self) -> bool:
        return self._closed.is_set() or self._stopping.is_set()

    def _run(self, events: Iterator[Event]) -> None:
        started = time.monotonic()
        lengths: list[int] = []
        outcome = "failed"
        try:
            for event in events:
                if isinstance(event, Bubble):
                    lengths.append(len(event.text))
                self._lines.put(as_line(event))
            outcome = "cancelled" if self._is_cancelled() else "done"
        except ElvisBotError as error:
            _log.warning("reply %s: %s", self._key, error.problem)
        except Exception:
            _log.exception("reply %s: a bug", self._key)
        finally:
            # First the place, then the last line: who reads it may come back at once.
            self._when_over()
            if outcome == "done":
                self._lines.put(_line({"event": "done"}))
            self._lines.put(None)
        seconds = time.monotonic() - started
        _log.info(
            "reply %s: %s; bubbles of %s characters in %.1f s", self._key, outcome, lengths, seconds
        )


def as_line(event: Event) -> bytes:
    """One event as a line of JSON, ASCII only."""
    if isinstance(event, Bubble):
        return _line({"event": "bubble", "id": event.id, "text": event.text})
    after = {"after": round(event.after, 2)} if event.after else {}
    if isinstance(event, Tapback):
        return _line({"event": "reaction", "to": event.to, "kind": event.kind, **after})
    return _line({"event": "typing", "seconds": round(event.seconds, 2), **after})


def _line(fields: Mapping[str, str | float]) -> bytes:
    return json.dumps(fields).encode() + b"\n"
