"""The untuned base as a reference: it reads a plain transcript, as it knows them from pretraining.

    A: hey / u up?
    B: yeah

In our own format, whose markers it has never seen, it would do worse than it can.
"""

from collections.abc import Collection, Iterator, Sequence
from functools import cached_property
from typing import Final

from tokenizers import Tokenizer

from elvisbot.bots import Decoding
from elvisbot.conversation import Line, Pair
from elvisbot.evaluation.style import Reply
from elvisbot.training.generation import generate
from elvisbot.training.network import Network

BETWEEN_MESSAGES: Final = " / "
ROOM: Final = 64
"""Tokens that a reply may take."""


class Transcript:
    """Writes conversations as plain text; otherwise as `elvisbot.families.ChatFormat`."""

    def __init__(self, tokenizer: Tokenizer) -> None:
        self._tokenizer = tokenizer

    @cached_property
    def start_id(self) -> int:
        return self._encoded("\n")[0]

    @cached_property
    def answer_id(self) -> int:
        return self._encoded("B:")[-1]

    def pieces(self, lines: Sequence[Line]) -> Iterator[tuple[list[int], list[int]]]:
        """Each turn in two parts: who speaks, and what they say up to the end of the line."""
        for line in lines:
            yield self._encoded("B:" if line.is_mine else "A:"), self.reply(line.texts)

    def prompt(self, context: Sequence[Line]) -> list[int]:
        """The conversation so far, and whose turn it is."""
        ids = [self.start_id]
        for lead, turn in self.pieces(context):
            ids += lead + turn
        return ids + self._encoded("B:")

    def reply(self, texts: Sequence[str]) -> list[int]:
        return self._encoded(f" {BETWEEN_MESSAGES.join(texts)}\n")

    def messages(self, ids: Sequence[int]) -> Reply:
        """The texts of a line."""
        parts = str(self._tokenizer.decode(list(ids))).split(BETWEEN_MESSAGES.strip())
        return tuple(part.strip() for part in parts if part.strip())

    def line_ends(self) -> Collection[int]:
        """Every token that holds a line break."""
        size = self._tokenizer.get_vocab_size()
        return frozenset(token for token in range(size) if "\n" in self._tokenizer.decode([token]))

    def _encoded(self, text: str) -> list[int]:
        ids: list[int] = self._tokenizer.encode(text, add_special_tokens=False).ids
        return ids


def base_replies(
    network: Network, pairs: Sequence[Pair], *, turns: int, max_tokens: int
) -> list[Reply]:
    """What the base writes behind `B:`, one reply for each pair; it may be empty."""
    transcript = Transcript(network.format.tokenizer)
    prompts = [
        transcript.prompt(pair.context[-turns - 1 :])[-(max_tokens - ROOM) :] for pair in pairs
    ]
    stop = {*transcript.line_ends(), network.format.end_id}
    (made,) = generate(network, prompts, [Decoding(max_tokens=ROOM)], stop=stop)
    return [transcript.messages(ids) for ids in made]
