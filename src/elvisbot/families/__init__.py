"""Base-model families: how each writes a conversation, and what its layers are called.

One module per family; its name is its key, and it offers one constant, `FAMILY`. Modules whose
names begin with `_` are parts of families. A conversation is written the same way in all of them,
only the strings of the markers differ:

    <start> their turn <answer> my turn <end> their turn <answer> my turn <end> …

Messages of one turn are joined by `<|brk|>`. Two
turns of theirs in a row, with a pause between them, are separated by `<end>`.
"""

import importlib
import pkgutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Final

from tokenizers import AddedToken, Tokenizer

from elvisbot.conversation import Line
from elvisbot.errors import BaseModelError, EngineError

BREAK: Final = "<|brk|>"
"""Stands between the messages of one turn, in every family."""


def _as_it_is(name: str, tensor: Any, config: Mapping[str, Any]) -> Any:
    return tensor


@dataclass(frozen=True)
class Family:
    """What sets one family apart.

    Attributes:
        key: The name of its module.
        model_type: As in the `config.json` of its models.
        start, answer, end: The markers' strings, as in the module's docstring. Whichever of them,
            and of `BREAK`, the base's vocabulary lacks is added to it.
        lora_targets: Names of the linear layers that LoRA adapts.
        gguf_parameters: From a `config.json` to the keys below the architecture's name in a GGUF
            file, as llama.cpp reads them.
        gguf_tensor: From a tensor's name in the checkpoint, the tensor and the `config.json` to
            the tensor as llama.cpp lays it out.
        transposed_layers: Whether the linear layers keep their weights as (in, out).
    """

    key: str
    model_type: str
    start: str
    answer: str
    end: str
    lora_targets: tuple[str, ...]
    gguf_parameters: Callable[[Mapping[str, Any]], dict[str, int | float]]
    gguf_tensor: Callable[[str, Any, Mapping[str, Any]], Any] = _as_it_is
    transposed_layers: bool = False

    @property
    def markers(self) -> tuple[str, ...]:
        return (self.start, self.answer, BREAK, self.end)


def families() -> Iterator[Family]:
    """Every family, by key."""
    for key in sorted(module.name for module in pkgutil.iter_modules(__path__)):
        if not key.startswith("_"):
            yield importlib.import_module(f"{__name__}.{key}").FAMILY


def family_of(model_type: str) -> Family:
    """The family whose models call themselves `model_type`.

    Raises:
        BaseModelError: if there is none.
    """
    for family in families():
        if family.model_type == model_type:
            return family
    known = ", ".join(family.model_type for family in families())
    raise BaseModelError(
        f"Models of the type {model_type!r} are not supported.",
        remedy=f"Choose a base of one of these types: {known}.",
    )


@dataclass(frozen=True)
class ChatFormat:
    """Writes conversations as token ids, and reads replies back.

    What anyone typed never becomes a marker: text is encoded with special tokens disabled.
    """

    family: Family
    tokenizer: Tokenizer

    @classmethod
    def load(cls, family: Family, tokenizer_file: Path) -> "ChatFormat":
        """The format of a trained bot.

        Raises:
            EngineError: if the file cannot be read or lacks a marker.
        """
        try:
            chat_format = cls(family, Tokenizer.from_file(str(tokenizer_file)))
            chat_format.end_id  # noqa: B018  (raises where a marker is missing)
        except Exception as error:  # the library raises plain Exception
            raise EngineError(
                f"The tokenizer in {tokenizer_file} cannot be read.",
                remedy="Train the bot again; its model folder is damaged.",
            ) from error
        return chat_format

    @classmethod
    def extend(cls, family: Family, tokenizer: Tokenizer) -> "ChatFormat":
        """The format over a base's own tokenizer, to which the missing markers are added."""
        tokenizer.add_special_tokens(
            [AddedToken(marker, special=True, normalized=False) for marker in family.markers]
        )
        return cls(family, tokenizer)

    @cached_property
    def start_id(self) -> int:
        return self._id(self.family.start)

    @cached_property
    def answer_id(self) -> int:
        return self._id(self.family.answer)

    @cached_property
    def break_id(self) -> int:
        return self._id(BREAK)

    @cached_property
    def end_id(self) -> int:
        return self._id(self.family.end)

    @property
    def stops(self) -> frozenset[int]:
        """The markers after which a turn is over: all but the break."""
        return frozenset({self.start_id, self.answer_id, self.end_id})

    def turn(self, texts: Sequence[str]) -> list[int]:
        """One turn's messages as token ids, joined by the break."""
        self.tokenizer.encode_special_tokens = True
        ids: list[int] = []
        for text in texts:
            if ids:
                ids.append(self.break_id)
            ids += self.tokenizer.encode(text, add_special_tokens=False).ids
        return ids

    def pieces(self, lines: Sequence[Line]) -> Iterator[tuple[list[int], list[int]]]:
        """Each turn of a conversation in two parts: what leads to it, and the turn itself.

        The parts of all turns, one after the other behind `<start>`, are the whole sequence. What
        leads to a turn of mine ends with `<answer>`; the turn itself ends with `<end>`.
        """
        before: Line | None = None
        for line in lines:
            if line.is_mine:
                yield [self.answer_id], self.reply(line.texts)
            else:
                follows_theirs = before is not None and not before.is_mine
                yield [self.end_id] if follows_theirs else [], self.turn(line.texts)
            before = line

    def prompt(self, context: Sequence[Line]) -> list[int]:
        """What the model is given to answer `context`: the turns, and the `<answer>` marker."""
        ids = [self.start_id]
        for lead, turn in self.pieces(context):
            ids += lead + turn
        return [*ids, self.answer_id]

    def reply(self, texts: Sequence[str]) -> list[int]:
        """What the model should say: the messages joined by the break, and `<end>`."""
        return [*self.turn(texts), self.end_id]

    def messages(self, ids: Sequence[int]) -> list[str]:
        """The texts of a reply's messages, which the break parts."""
        parts: list[list[int]] = [[]]
        for token in ids:
            if token == self.break_id:
                parts.append([])
            else:
                parts[-1].append(token)
        return [self.text(part) for part in parts]

    def text(self, ids: Sequence[int]) -> str:
        """The text of one message's token ids."""
        return str(self.tokenizer.decode(list(ids), skip_special_tokens=True))

    def in_capitals(self) -> list[bool]:
        """For every token whether it stands for two letters or more, all of them capitals."""
        texts = (self.text([token]) for token in range(self.tokenizer.get_vocab_size()))
        letters = ([each for each in text if each.isalpha()] for text in texts)
        return [len(each) > 1 and all(letter.isupper() for letter in each) for each in letters]

    def _id(self, marker: str) -> int:
        token = self.tokenizer.token_to_id(marker)
        if token is None:
            raise EngineError(f"The tokenizer has no {marker}.", remedy="Train the bot again.")
        return int(token)
