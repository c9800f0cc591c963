"""An engine that says what a test tells it to, and builders of conversations."""

from collections.abc import Callable, Collection, Iterator, Sequence
from datetime import UTC, datetime, timedelta

from elvisbot.bots import Decoding
from elvisbot.conversation import Message
from elvisbot.engines.echo import byte_tokenizer
from elvisbot.families import BREAK, ChatFormat
from elvisbot.families.gpt2 import FAMILY

MORNING = datetime(2026, 3, 1, 9, 0, tzinfo=UTC)


def byte_format() -> ChatFormat:
    """One token a byte, and the markers of the GPT-2 family."""
    return ChatFormat.extend(FAMILY, byte_tokenizer())


class ScriptedEngine:
    """Says its lines, one at each call, the last one ever after; markers in them are markers."""

    def __init__(
        self,
        *lines: str,
        max_prompt: int = 2000,
        before_token: Callable[[], object] = lambda: None,
    ) -> None:
        self.format = byte_format()
        self.description = "a script"
        self.max_prompt = max_prompt
        self.at_once = 1
        self.prompts: list[list[int]] = []
        self.tokens_made = 0
        self.times_closed = 0
        self._lines = list(lines)
        self._before_token = before_token

    def generate(
        self, prompt: Sequence[int], decoding: Decoding, *, stop: Collection[int]
    ) -> Iterator[int]:
        self.prompts.append(list(prompt))
        # Kept, so that only who closes it explicitly stops it.
        self._running = self._tokens(decoding, stop)
        return self._running

    def _tokens(self, decoding: Decoding, stop: Collection[int]) -> Iterator[int]:
        line = self._lines.pop(0) if len(self._lines) > 1 else self._lines[0]
        try:
            for token in self.marked(line)[: decoding.max_tokens]:
                if token in stop:
                    return
                self._before_token()
                self.tokens_made += 1
                yield token
        finally:
            self.times_closed += 1

    def log_probabilities(self, prompt: Sequence[int], top: int) -> dict[int, float]:
        raise NotImplementedError

    def close(self) -> None:
        pass

    def marked(self, text: str) -> list[int]:
        """`text` as token ids, with the markers in it recognised."""
        tokenizer = self.format.tokenizer
        tokenizer.encode_special_tokens = False
        ids = list(tokenizer.encode(text, add_special_tokens=False).ids)
        tokenizer.encode_special_tokens = True
        return ids

    def heard(self, number: int = -1) -> str:
        """What a prompt said, markers included."""
        return str(self.format.tokenizer.decode(self.prompts[number], skip_special_tokens=False))


def said(*entries: tuple[str, float, str]) -> list[Message]:
    """Messages from (sender, minutes after nine, text)."""
    return [
        Message(f"m{number}", "test", sender, MORNING + timedelta(minutes=minutes), text)
        for number, (sender, minutes, text) in enumerate(entries)
    ]


__all__ = ["BREAK", "MORNING", "ScriptedEngine", "byte_format", "said"]
