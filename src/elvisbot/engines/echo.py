"""An engine without a model: it says what was said to it, each message capitalised.

For work on the front end and for tests. It needs nothing of a bot but its folder.
"""

from collections.abc import Collection, Iterator, Sequence
from itertools import islice
from typing import Final

from tokenizers import Tokenizer, decoders, models, pre_tokenizers

from elvisbot.bots import Bot, Decoding
from elvisbot.engines import require_fit
from elvisbot.families import ChatFormat
from elvisbot.families.gpt2 import FAMILY

MAX_PROMPT: Final = 4096
"""Tokens, which are bytes here."""


def load(bot: Bot, url: str | None = None) -> "Echo":
    """An echo for `bot`, trained or not."""
    return Echo()


def byte_tokenizer() -> Tokenizer:
    """A tokenizer whose tokens are the 256 bytes, in the alphabet of byte-level BPE."""
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    vocabulary = {character: number for number, character in enumerate(alphabet)}
    tokenizer = Tokenizer(models.BPE(vocabulary, merges=[]))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    tokenizer.decoder = decoders.ByteLevel()
    return tokenizer


class Echo:
    """See `elvisbot.engines.Engine`. Deterministic; `decoding` gives nothing but the length."""

    def __init__(self) -> None:
        self.format = ChatFormat.extend(FAMILY, byte_tokenizer())
        self.description = "an echo"
        self.max_prompt = MAX_PROMPT
        self.at_once = 4

    def generate(
        self, prompt: Sequence[int], decoding: Decoding, *, stop: Collection[int]
    ) -> Iterator[int]:
        """See `elvisbot.engines.Engine`."""
        for token in islice(self._rest(prompt), decoding.max_tokens):
            if token in stop:
                return
            yield token

    def log_probabilities(self, prompt: Sequence[int], top: int) -> dict[int, float]:
        """See `elvisbot.engines.Engine`: there is only ever one token, and it is certain."""
        return dict.fromkeys(self._rest(prompt)[:1], 0.0)

    def close(self) -> None:
        """See `elvisbot.engines.Engine`."""

    def _rest(self, prompt: Sequence[int]) -> list[int]:
        """What is still to be said after `prompt`, which may end within the answer."""
        require_fit(prompt, self.max_prompt)
        *_, heard, said = [[], *self._pieces(prompt)]
        return [*self._echo(heard), self.format.end_id][len(said) :] or [self.format.end_id]

    def _pieces(self, prompt: Sequence[int]) -> list[list[int]]:
        """`prompt` cut at every marker but the break."""
        markers = self.format.stops
        pieces: list[list[int]] = [[]]
        for token in prompt:
            if token in markers:
                pieces.append([])
            else:
                pieces[-1].append(token)
        return pieces

    def _echo(self, heard: Sequence[int]) -> list[int]:
        messages: list[list[int]] = [[]]
        for token in heard:
            if token == self.format.break_id:
                messages.append([])
            else:
                messages[-1].append(token)
        texts = [self.format.text(message) for message in messages]
        return self.format.turn([text[:1].upper() + text[1:] for text in texts])
