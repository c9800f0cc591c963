"""One scoring: from a bot's held-out exchanges to its scorecard."""

import gc
import json
import multiprocessing
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from functools import partial
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray

from elvisbot import engines
from elvisbot.bots import Bot, atomic_file
from elvisbot.conversation import Pair
from elvisbot.errors import EngineError, ScoringError, TooFewMessagesError
from elvisbot.evaluation.answers import answers, heldout_pairs
from elvisbot.evaluation.base import Transcript, base_replies
from elvisbot.evaluation.comparison import Comparison, compare, said
from elvisbot.evaluation.detection import FOLDS
from elvisbot.evaluation.figures import Figure, exactly, mean, ratio_of_sums, share
from elvisbot.evaluation.likeness import Likeness
from elvisbot.evaluation.listening import CANDIDATES, Listening, listen
from elvisbot.evaluation.report import Sample, report
from elvisbot.evaluation.scorecard import NUMBERS, Entry, References, Scorecard
from elvisbot.evaluation.style import Reply
from elvisbot.pairs import by_session, read_pairs
from elvisbot.pairs.candidates import MIN_HELD_OUT
from elvisbot.training.bases import find_base
from elvisbot.training.examples import Format, examples
from elvisbot.training.hardware import this_machine
from elvisbot.training.network import Network
from elvisbot.training.run import MAX_TOKENS, hush

LISTENED: Final = 32
"""Of the exchanges, so many are compared with nine others each, which takes the longest."""

SAMPLE_TURNS: Final = 3
"""Of its context, a sample shows so many turns."""


@dataclass(frozen=True)
class Reporter:
    """Who is told how it goes.

    Attributes:
        stage: Gets one line when something new begins.
        answered: Gets how many of how many exchanges the bot has answered.
    """

    stage: Callable[[str], None]
    answered: Callable[[int, int], None]


@dataclass(frozen=True)
class Scored:
    """What came out.

    Attributes:
        made, real: The bot's replies and the person's, in the order of the exchanges; those of the
            bot may be empty.
        seconds: Which the scoring took, once the bot's replies and the base's were there.
    """

    scorecard: Scorecard
    samples: tuple[Sample, ...]
    made: tuple[Reply, ...]
    real: tuple[Reply, ...]
    seconds: float


def score(bot: Bot, engine: str, reporter: Reporter, *, url: str | None = None) -> Scored:
    """Score a trained bot on the latest held-out exchanges.

    Args:
        engine: The key of the engine that it is served with.
        url: Of that engine's server, if it has one.

    Raises:
        BotNotFoundError: if it has not been trained.
        TooFewMessagesError: if fewer than `MIN_HELD_OUT` replies are held out.
        EngineError: if it cannot answer, or answers nothing at all.
        BaseModelError: if its base is out of reach.
        ScoringError: if the process that compares was killed.
    """
    bot.require_model()
    hush()
    learnt, exchanges = _exchanges(bot)
    made = []
    load = partial(engines.load, url=url)
    for answer in answers(bot, exchanges, load, engine=engine):
        made.append(answer)
        reporter.answered(len(made), len(exchanges))
    if len(said(made)) < FOLDS:
        raise EngineError(
            f"{bot.name} said nothing to nearly all of {len(made)} messages.",
            remedy=f"Train it again, for longer: elvisbot train {bot.argument}",
        )
    untuned = f"the untuned {bot.settings.recipe.base}"
    reporter.stage(f"Letting {untuned} answer")
    base = _Base(bot)
    base_said = base.replies(exchanges)
    began = time.monotonic()
    with _beside() as beside:
        comparing = beside.submit(compare, exchanges, learnt, made, base_said)
        torch.set_num_threads(max(1, torch.get_num_threads() - 1))
        reporter.stage(f"Asking {untuned} what it expects")
        base_bits = base.bits(exchanges)
        del base  # one model at a time in memory
        reporter.stage("Asking the model what it expects")
        trained = _trained(bot, exchanges)
        reporter.stage("Comparing")
        compared = _compared(comparing)
    others = {"base": base_bits, **compared.character_bits}
    surprise = _surprise(exchanges, trained.bits, others)
    scorecard = _scorecard(bot, exchanges, trained.listening, compared.likenesses, surprise)
    seconds = time.monotonic() - began
    samples = tuple(
        Sample(pair.context[-SAMPLE_TURNS:], pair.reply, reply)
        for pair, reply in zip(exchanges, made, strict=True)
    )
    real = tuple(pair.reply for pair in exchanges)
    return Scored(scorecard, samples, tuple(made), real, seconds)


def save(bot: Bot, scored: Scored) -> None:
    """Write `scorecard.json` and `report.html`.

    Raises:
        StorageError: if the disk is full.
    """
    with atomic_file(bot.scorecard) as file:
        document = json.dumps(scored.scorecard.as_json(), ensure_ascii=False, indent=2)
        file.write(document.encode() + b"\n")
    with atomic_file(bot.report) as file:
        file.write(report(scored.scorecard, scored.samples, scored.made, scored.real).encode())


def _beside() -> ProcessPoolExecutor:
    """A process for the comparison, which takes one core about as long as the models take one.

    It makes millions of small objects, of which none is garbage before it is done.
    """
    spawn = multiprocessing.get_context("spawn")
    return ProcessPoolExecutor(1, mp_context=spawn, initializer=gc.disable)


def _compared(comparing: Future[Comparison]) -> Comparison:
    try:
        return comparing.result()
    except BrokenProcessPool as error:
        raise ScoringError(
            "The process that compares the replies was killed, most likely for want of memory.",
            remedy="Close other programs and score again; the bot's replies are kept.",
        ) from error


@dataclass(frozen=True)
class _Trained:
    """What the bot's model expects: the bits that each session's replies cost, and more."""

    bits: NDArray[np.float64]
    listening: Listening


class _Base:
    """The untuned base of a bot, which reads and writes transcripts."""

    def __init__(self, bot: Bot) -> None:
        self._network, self._longest = _network(bot.settings.recipe.base)
        self._turns = bot.settings.recipe.context_turns

    def replies(self, exchanges: Sequence[Pair]) -> list[Reply]:
        """What it says."""
        return base_replies(self._network, exchanges, turns=self._turns, max_tokens=self._longest)

    def bits(self, exchanges: Sequence[Pair]) -> NDArray[np.float64]:
        """What it expects: the bits that each session's replies cost."""
        transcript = Transcript(self._network.format.tokenizer)
        return session_bits(
            self._network, transcript, exchanges, turns=self._turns, max_tokens=self._longest
        )


def _exchanges(bot: Bot) -> tuple[list[Pair], list[Pair]]:
    """The training part, and the exchanges to score on."""
    learnt, heldout = read_pairs(bot.train_pairs), heldout_pairs(bot)
    # As many of the person's earlier replies are compared, and as many at least say what is usual.
    count = min(len(heldout), len(learnt) // 2)
    if count < MIN_HELD_OUT:
        raise TooFewMessagesError(
            f"{bot.name} has {len(learnt)} replies to learn from and {len(heldout)} held out; "
            f"a score needs {2 * MIN_HELD_OUT} and {MIN_HELD_OUT}.",
            remedy="Import a longer conversation, or all of them: "
            f"elvisbot import {bot.argument} --with everyone",
        )
    return learnt, heldout[-count:]


def _network(name: str) -> tuple[Network, int]:
    """A model, and the longest sequence that it takes."""
    hardware = this_machine()
    torch.set_num_threads(hardware.threads)
    base = find_base(name, tell=lambda line: None)
    network = Network(base, hardware)
    network.freeze()
    return network, min(MAX_TOKENS, base.context_length)


def _trained(bot: Bot, exchanges: Sequence[Pair]) -> _Trained:
    network, longest = _network(str(bot.model))
    turns = bot.settings.recipe.context_turns
    bits = session_bits(network, network.format, exchanges, turns=turns, max_tokens=longest)
    torch.set_num_threads(this_machine().threads)  # the comparison may have left one
    return _Trained(bits, listen(network, exchanges[-LISTENED:], turns=turns, max_tokens=longest))


def session_bits(
    network: Network, form: Format, pairs: Sequence[Pair], *, turns: int, max_tokens: int
) -> NDArray[np.float64]:
    """Bits that the replies of each session cost a model, breaks and ends included."""
    return np.array(
        [
            network.bits(examples(each, form, max_tokens=max_tokens, context_turns=turns))
            for each in by_session(pairs)
        ]
    )


def _scorecard(
    bot: Bot,
    exchanges: Sequence[Pair],
    listening: Listening,
    likenesses: Mapping[str, Likeness],
    surprise: tuple[Figure, References],
) -> Scorecard:
    own: dict[str, tuple[Figure, References]] = {
        "listening_bits": (mean(listening.gained), {"chance": exactly(0.0)}),
        "hits_at_1_of_10": (share(list(listening.hits)), {"chance": exactly(1 / CANDIDATES)}),
        "bits_per_char": surprise,
    }
    entries = []
    for number in NUMBERS:
        figure, references = own.get(number.key) or _likened(number.key, likenesses)
        entries.append(Entry(number, figure, references))
    return Scorecard(
        bot.name,
        len(exchanges),
        tuple(entries),
        details={who: _details(each) for who, each in likenesses.items()},
        habits={who: likenesses[who].habits for who in ("bot", "person")},
    )


def _surprise(
    exchanges: Sequence[Pair],
    bits: NDArray[np.float64],
    others: Mapping[str, NDArray[np.float64]],
) -> tuple[Figure, References]:
    """Bits a character, of the bot and of those who have not learnt it.

    Args:
        bits, others: What each session's replies cost the bot, and others by their names.
    """
    lengths = [sum(pair.characters for pair in each) for each in by_session(exchanges)]
    characters = np.array(lengths, dtype=np.float64)
    return ratio_of_sums(bits, characters), {
        who: ratio_of_sums(each, characters) for who, each in others.items()
    }


def _likened(key: str, likenesses: Mapping[str, Likeness]) -> tuple[Figure, References]:
    """One figure of the bot, and the same of all others."""
    figures = {who: getattr(each, key) for who, each in likenesses.items()}
    return figures.pop("bot"), figures


def _details(likeness: Likeness) -> dict[str, float]:
    return {
        "detectability": likeness.detectability,
        "masked_detectability": likeness.masked_detectability,
        "length_detectability": likeness.length_detectability,
        "commonest_reply": likeness.commonest_reply,
    }
