"""Which way of training learns most of a person in a given time.

    python -m benchmarks.recipes NAME [--minutes 10] [--only ours --only seed …] [--json FILE]

Every recipe trains the same base on the same history for the same time, each in a process of its
own, and is scored on the same held-out replies: with the markers that it was trained with, and in
whole sessions, but for those that know single questions or similar exchanges only. Only what the
recipe says differs from ours:

    ours         whole sessions, each sequence beginning with the turn that is answered first, new
                 markers, LoRA of rank 16, at the rate that a training of so many tokens gets
    6 turns      0 to 6 turns before that one, in rotation; so the others with turns
    seed         single questions and answers, all weights, at the rate that transformers' example
                 scripts take
    peer         LoRA of rank 16 at a rate of 2e-4, a row for each reply with 6 turns before it, in
                 the base's own chat template
    similar      a row for each reply, with 2 turns before it and the person's 2 exchanges that
                 began with the most similar messages, as if they had just been said
    latest third the newest third of the history only, which is about what three minutes allow
    latest half  the newest half of the history only, twice
    recent       the newest third of the history counts twice
    all tokens   the contacts' words are learnt too
    the others   one thing changed each, or what the words between the commas say

Bits a character are those of the held-out replies, breaks and ends included; less is better. The
minutes are the processors', so that other work on the machine takes little of a recipe's share: of
two cores, they are over when both together have worked for twice as long.
"""

import argparse
import json
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from itertools import islice
from pathlib import Path
from typing import Final, Literal

from elvisbot.bots import open_bot
from elvisbot.conversation import ME, Line, Pair
from elvisbot.pairs import read_pairs

# Before torch, which reads the environment: the import sets what `elvisbot train` sets.
import elvisbot.training  # noqa: F401  isort: skip

import numpy as np
import torch
from sklearn.feature_extraction.text import TfidfVectorizer

from elvisbot.evaluation.answers import EXCHANGES
from elvisbot.evaluation.score import session_bits
from elvisbot.training import estimate
from elvisbot.training.bases import DEFAULT, find_base
from elvisbot.training.examples import (
    IGNORED,
    OPENING_TURNS,
    Example,
    Format,
    batches,
    examples,
    one_reply,
)
from elvisbot.training.hardware import this_machine
from elvisbot.training.loop import BATCH_TOKENS, Plan, Watchers, fit, learning_rate
from elvisbot.training.network import LORA_RANK, Method, Network
from elvisbot.training.run import MAX_TOKENS, split_validation

OWN_START: Final = "<|im_start|>"
OWN_END: Final = "<|im_end|>"
"""The markers of SmolLM2-Instruct."""


@dataclass(frozen=True)
class Recipe:
    """One way of training.

    Attributes:
        rate: The learning rate at its peak; None for that of so many tokens.
        turns: Before the one that is answered.
        openings: So many of them at most begin a sequence.
        whole: Whether sessions are learnt whole, or each reply in a row of its own.
        similar: So many of the person's exchanges come before the turns, the most similar ones.
        latest: The share of the history that is learnt, the newest.
        passes: Over that share.
        again: The share of the history, the newest, that comes once more in each pass.
        all_tokens: Whether the contacts' words are learnt too.
        form: Which markers part the turns.
    """

    method: Method = "lora"
    rank: int = LORA_RANK
    rate: float | None = None
    turns: int = 6
    openings: int = OPENING_TURNS
    whole: bool = True
    similar: int = 0
    latest: float = 1.0
    passes: int = 1
    again: float = 0.0
    all_tokens: bool = False
    form: Literal["new markers", "own markers", "chat template"] = "new markers"


OURS: Final = Recipe()
RECIPES: Final[dict[str, Recipe]] = {
    "ours": OURS,
    "seed": Recipe("full", rate=5e-5, turns=0),
    "peer": Recipe(rate=2e-4, whole=False, form="chat template"),
    "questions": replace(OURS, turns=0),
    **{f"{turns} turns": replace(OURS, turns=turns, openings=turns) for turns in range(1, 7)},
    "rows": replace(OURS, whole=False),
    "rate 1e-3": replace(OURS, rate=1e-3),
    "rate 2e-3": replace(OURS, rate=2e-3),
    "rate 3e-3": replace(OURS, rate=3e-3),
    "rate 5e-3": replace(OURS, rate=5e-3),
    "rank 4": replace(OURS, rank=4),
    "rank 64": replace(OURS, rank=64),
    "own markers": replace(OURS, form="own markers"),
    "full 2e-4": replace(OURS, method="full", rate=2e-4),
    "full 5e-4": replace(OURS, method="full", rate=5e-4),
    "similar": replace(OURS, whole=False, similar=2, turns=2),
    "latest third": replace(OURS, latest=1 / 3),
    "latest half": replace(OURS, latest=1 / 2, passes=2),
    "recent": replace(OURS, again=1 / 3),
    "all tokens": replace(OURS, all_tokens=True),
    "2 turns, own markers": replace(OURS, openings=2, form="own markers"),
    "2 turns, latest half": replace(OURS, openings=2, latest=1 / 2, passes=2),
    "6 turns, rate 3e-3": replace(OURS, openings=6, rate=3e-3),
    "6 turns, full 2e-4": replace(OURS, openings=6, method="full", rate=2e-4),
    "6 turns, recent": replace(OURS, openings=6, again=1 / 3),
}


@dataclass(frozen=True)
class Result:
    """What came out.

    Attributes:
        bits: A character of the held-out replies.
        tokens: Seen in training.
        epochs: Passes over the replies.
    """

    bits: float
    tokens: int
    epochs: float


class ChatTemplate:
    """SmolLM2-Instruct's own: `<|im_start|>user … <|im_end|>`; line breaks part the messages."""

    def __init__(self, network: Network) -> None:
        self._tokenizer = network.format.tokenizer

    @property
    def start_id(self) -> int:
        return self._id("<|endoftext|>")

    @property
    def answer_id(self) -> int:
        return self._id(OWN_START)

    def pieces(self, lines: Sequence[Line]) -> Iterator[tuple[list[int], list[int]]]:
        for line in lines:
            speaker = "assistant" if line.is_mine else "user"
            yield [self.answer_id, *self._encoded(f"{speaker}\n")], self.reply(line.texts)

    def reply(self, texts: Sequence[str]) -> list[int]:
        return [*self._encoded("\n".join(texts)), self._id(OWN_END), *self._encoded("\n")]

    def _id(self, marker: str) -> int:
        token = self._tokenizer.token_to_id(marker)
        if token is None:
            raise KeyError(marker)
        return token

    def _encoded(self, text: str) -> list[int]:
        ids: list[int] = self._tokenizer.encode(text, add_special_tokens=False).ids
        return ids


def run(bot_name: str, recipe: Recipe, seconds: float) -> Result:
    bot, hardware = open_bot(bot_name), this_machine()
    torch.set_num_threads(hardware.threads)
    base = find_base(DEFAULT, tell=lambda line: print(line, file=sys.stderr))
    if recipe.form == "own markers":
        base = replace(base, family=replace(base.family, start=OWN_START, answer=OWN_END))
    network = Network(base, hardware)
    form = ChatTemplate(network) if recipe.form == "chat template" else network.format
    learnt, _ = split_validation(read_pairs(bot.train_pairs))
    unseen = read_pairs(bot.heldout_pairs)[-EXCHANGES:]
    if recipe.similar:
        similar = Similar(learnt, recipe)
        learnt, unseen = similar.before(learnt), similar.before(unseen)
    learnt = learnt[-round(recipe.latest * len(learnt)) :]
    newest = learnt[len(learnt) - round(recipe.again * len(learnt)) :]
    sequences = [*_sequences(learnt, form, recipe), *_sequences(newest, form, recipe)]
    network.prepare(recipe.method, recipe.rank)
    pace = estimate.measure(network, recipe.method, batches(sequences, max_tokens=BATCH_TOKENS))
    total = sum(len(sequence.ids) for sequence in sequences)
    expected = min(recipe.passes * total, pace.tokens_per_second * seconds)
    plan = Plan(
        recipe.method,
        recipe.passes,
        recipe.rate or learning_rate(recipe.method, expected),
        recipe.rank,
        seconds=seconds,
        clock=lambda: time.process_time() / hardware.threads,
    )
    last = fit(network, sequences, plan, Watchers(lambda step: None))
    if recipe.similar:
        bits = network.bits(_sequences(unseen, form, recipe))
    else:  # whole sessions, however the recipe learnt them: each reply has more context then
        bits = session_bits(network, form, unseen, turns=recipe.turns, max_tokens=MAX_TOKENS).sum()
    characters = sum(pair.characters for pair in unseen)
    return Result(float(bits) / characters, last.tokens, last.tokens / total)


class Similar:
    """The person's exchanges that began with messages like the one that is answered."""

    def __init__(self, known: Sequence[Pair], recipe: Recipe) -> None:
        self._known = known
        self._recipe = recipe
        self._grams = TfidfVectorizer(analyzer="char_wb", ngram_range=(1, 4), sublinear_tf=True)
        self._table = self._grams.fit_transform(map(_question, known))

    def before(self, pairs: Sequence[Pair]) -> list[Pair]:
        """`pairs` with such exchanges, of other sessions, in front of their last turns."""
        likeness = (self._grams.transform(map(_question, pairs)) @ self._table.T).toarray()
        changed = []
        for pair, row in zip(pairs, likeness, strict=True):
            found = (self._known[index] for index in np.argsort(-row))
            others = (each for each in found if each.session != pair.session)
            recalled = [
                line
                for each in reversed([*islice(others, self._recipe.similar)])
                for line in (each.context[-1], Line(ME, each.reply))
            ]
            context = (*recalled, *pair.context[-self._recipe.turns - 1 :])
            changed.append(replace(pair, context=context))
        return changed


def _question(pair: Pair) -> str:
    return "\n".join(pair.context[-1].texts)


def _sequences(pairs: Sequence[Pair], form: Format, recipe: Recipe) -> Iterator[Example]:
    if recipe.whole:
        made = examples(
            pairs,
            form,
            max_tokens=MAX_TOKENS,
            context_turns=recipe.turns,
            opening_turns=recipe.openings,
        )
    else:
        turns = recipe.turns + 1 + 2 * recipe.similar
        made = (one_reply(pair, form, max_tokens=MAX_TOKENS, turns=turns) for pair in pairs)
    for each in made:
        yield Example(each.ids, [IGNORED, *each.ids[1:]]) if recipe.all_tokens else each


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("name", help="a bot with imported messages")
    parser.add_argument("--minutes", type=float, default=10.0, help="of training (default: 10)")
    parser.add_argument("--only", action="append", choices=RECIPES, help="this one; again for more")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there")
    parser.add_argument("--recipe", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.recipe:
        found = run(arguments.name, RECIPES[arguments.recipe], 60 * arguments.minutes)
        print(json.dumps(asdict(found)))
        return
    open_bot(arguments.name).require_import()
    print(f"{'':22}{'bits/char':>10}{'tokens':>10}{'passes':>8}{'seconds':>9}")
    figures = {}
    for name in arguments.only or RECIPES:
        began = time.monotonic()
        command = [sys.executable, "-m", "benchmarks.recipes", arguments.name, "--recipe", name]
        ended = subprocess.run(
            [*command, "--minutes", str(arguments.minutes)], capture_output=True, text=True
        )
        if ended.returncode:
            sys.exit(ended.stderr)
        found = Result(**json.loads(ended.stdout.splitlines()[-1]))
        figures[name] = asdict(found) | asdict(RECIPES[name])
        seconds = time.monotonic() - began
        print(
            f"{name:22}{found.bits:10.3f}{found.tokens:10,}{found.epochs:8.2f}{seconds:9.0f}",
            flush=True,
        )
    if arguments.json:
        arguments.json.write_text(json.dumps(figures, indent=2) + "\n")


if __name__ == "__main__":
    main()
