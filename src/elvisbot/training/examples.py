"""Pairs → sequences of token ids with labels → batches.

A session is one sequence in which each of my replies is learnt once, with everything before it as
its context:

    ids     <start> hey <brk> u up? <answer> yeah <end> cool <answer> haha <end>
    labels   -100  -100 -100 -100    -100    yeah <end> -100   -100   haha <end>
"""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import cycle
from typing import Final, Protocol

import torch

from elvisbot.conversation import ME, Line, Pair

IGNORED: Final = -100
"""The label of a token that is context: the loss skips it."""

OPENING_TURNS: Final = 0
"""So many turns at most come before the one that the first reply of a sequence answers. With 6 of
them a pass takes a fifth to a quarter longer, and is worth no more
(`python -m benchmarks.recipes`)."""

PADDED_TO: Final = 8
"""Lengths are rounded up to multiples of this, and long ones to multiples of more, at most an
eighth of them: on a processor torch compiles every multiplication for every length."""


class Format(Protocol):
    """What writes a conversation as token ids; see `elvisbot.families.ChatFormat`."""

    @property
    def start_id(self) -> int: ...

    @property
    def answer_id(self) -> int: ...

    def pieces(self, lines: Sequence[Line]) -> Iterator[tuple[list[int], list[int]]]: ...

    def reply(self, texts: Sequence[str]) -> list[int]: ...


@dataclass(frozen=True)
class Example:
    """One sequence.

    Attributes:
        ids: Token ids.
        labels: As long as `ids`: the token itself where it is to be learnt, else `IGNORED`.
    """

    ids: list[int]
    labels: list[int]


@dataclass(frozen=True)
class Batch:
    """Sequences side by side, padded on the right.

    Attributes:
        ids: int64, (sequences, tokens).
        labels: int64, (sequences, tokens); `IGNORED` in the padding.
        tokens: How many tokens are not padding.
    """

    ids: torch.Tensor
    labels: torch.Tensor
    tokens: int

    @property
    def labelled(self) -> int:
        """How many tokens are learnt: no sequence begins with one."""
        return int((self.labels != IGNORED).sum())


def examples(
    pairs: Sequence[Pair],
    chat_format: Format,
    *,
    max_tokens: int,
    context_turns: int,
    opening_turns: int = OPENING_TURNS,
) -> Iterator[Example]:
    """Sequences in which every reply of `pairs` is learnt exactly once.

    A session too long for one sequence is cut between two replies. Each sequence begins with the
    turn that its first reply answers, and 0, 1 … `opening_turns` before it, in rotation, or
    `context_turns` if those are fewer. A single pair too long by itself loses the beginning of its
    context, then the end of its reply.

    Args:
        pairs: In the order of their sessions, as `read_pairs` gives them.
        max_tokens: The longest sequence.
        context_turns: As many turns as the bot is given at reply time before the one that it
            answers. With 0, every question and its answer are a sequence of their own.
    """
    if context_turns == 0:
        for pair in pairs:
            yield one_reply(pair, chat_format, max_tokens=max_tokens, turns=1)
    else:
        longest = min(context_turns, opening_turns)
        yield from _sessions(pairs, chat_format, max_tokens=max_tokens, opening_turns=longest)


def _sessions(
    pairs: Sequence[Pair], chat_format: Format, *, max_tokens: int, opening_turns: int
) -> Iterator[Example]:
    current: Example | None = None
    last: Pair | None = None
    openings = cycle(range(1, opening_turns + 2))
    for pair in pairs:
        longer = None
        if current is not None and last is not None and _continues(last, pair):
            longer = _extended(current, pair, chat_format, turns=pair.turn - last.turn - 1)
        if longer is not None and len(longer.ids) <= max_tokens:
            current = longer
        else:
            if current is not None:
                yield current
            current = one_reply(pair, chat_format, max_tokens=max_tokens, turns=next(openings))
        last = pair
    if current is not None:
        yield current


def one_reply(pair: Pair, chat_format: Format, *, max_tokens: int, turns: int) -> Example:
    """One reply in the context that the bot gets when it is asked: at most the last `turns` turns.

    Where that is longer than `max_tokens`, turns are left out, oldest first; then the beginning of
    the last one; and a reply never takes more than half.
    """
    start = Example([chat_format.start_id], [IGNORED])
    for fewer in range(turns, 0, -1):
        example = _extended(start, pair, chat_format, turns=fewer)
        if len(example.ids) <= max_tokens:
            return example
    reply = chat_format.reply(pair.reply)
    question = example.ids[1 : -len(reply) - 1]
    reply = reply[: max_tokens // 2]
    room = max_tokens - len(reply) - 2
    ids = [chat_format.start_id, *question[-room:], chat_format.answer_id]
    return Example(ids + reply, [IGNORED] * len(ids) + reply)


def batches(
    sequences: Sequence[Example], *, max_tokens: int, shuffle: random.Random | None = None
) -> list[Batch]:
    """Group sequences of like length, so that little is padding.

    Args:
        max_tokens: The most tokens of a batch, padding included; a longer sequence is a batch by
            itself.
        shuffle: Puts the batches, not the sequences in them, in random order.
    """
    groups: list[list[Example]] = []
    for sequence in sorted(sequences, key=lambda sequence: len(sequence.ids)):
        width = _padded(len(sequence.ids))
        if groups and width * (len(groups[-1]) + 1) <= max_tokens:
            groups[-1].append(sequence)
        else:
            groups.append([sequence])
    if shuffle is not None:
        shuffle.shuffle(groups)
    return [collate(group) for group in groups]


def collate(group: Sequence[Example]) -> Batch:
    """Lay sequences side by side."""
    width = _padded(max(len(sequence.ids) for sequence in group))
    ids = torch.zeros(len(group), width, dtype=torch.int64)
    labels = torch.full((len(group), width), IGNORED, dtype=torch.int64)
    for row, sequence in enumerate(group):
        ids[row, : len(sequence.ids)] = torch.tensor(sequence.ids)
        labels[row, : len(sequence.labels)] = torch.tensor(sequence.labels)
    return Batch(ids, labels, sum(len(sequence.ids) for sequence in group))


def _continues(before: Pair, pair: Pair) -> bool:
    """Whether `pair` begins no later than right after the reply of `before`."""
    return pair.session == before.session and pair.turn - len(pair.context) <= before.turn + 1


def _extended(example: Example, pair: Pair, chat_format: Format, *, turns: int) -> Example:
    """`example` with the last `turns` turns of the context of `pair`, and its reply, added."""
    lines = [*pair.context[max(0, len(pair.context) - turns) :], Line(ME, pair.reply)]
    ids, labels = list(example.ids), list(example.labels)
    for index, (lead, turn) in enumerate(chat_format.pieces(lines), start=1):
        ids += lead + turn
        learnt = turn if index == len(lines) else [IGNORED] * len(turn)
        labels += [IGNORED] * len(lead) + learnt
    return Example(ids, labels)


def _padded(length: int) -> int:
    step = PADDED_TO
    while 16 * step < length:
        step *= 2
    return -(-length // step) * step
