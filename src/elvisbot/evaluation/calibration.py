"""How a bot's replies are drawn, chosen so that they are as long and as varied as the person's.

The temperature is that by which the person's replies to exchanges that training did not see are the
likeliest. With it a few ways of drawing are tried side by side on those exchanges. From how much
longer and how much more broken up all those replies are than the person's, the biases of the end
and of the break follow. With these everything is tried once more: the way whose habits are nearest
to theirs is taken, and the biases by half of what they still lack, since either estimate is by
chance a little off.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from statistics import fmean
from typing import Final

from elvisbot.bots import Decoding
from elvisbot.conversation import Pair
from elvisbot.evaluation import style
from elvisbot.evaluation.originality import token_pairs, variety
from elvisbot.evaluation.style import Reply
from elvisbot.training.examples import examples
from elvisbot.training.generation import generate
from elvisbot.training.network import Network

CUTS: Final = (0.005, 0.001)
"""Values of min_p that are tried. After a whole pass a model expects unlikely tokens about as often
as the person writes them; cutting many away makes it tamer than they are."""

TEMPERATURES: Final = (0.85, 0.9, 0.95, 1.0, 1.05, 1.1, 1.15)
"""One of them is taken. Who has learnt too long needs more than 1, being too sure of themselves."""

CONTEXTS: Final = 60
"""So many contexts, the latest, are answered once in each way."""

MIN_CONTEXTS: Final = 10
"""With fewer, chance would choose."""

BOLDEST: Final = 1.5
"""A bias is no larger, either way."""

BURST: Final = 0.99
"""The share of the person's replies that have no more messages than the bot's may have."""

SHORTEST_BURST: Final = 3
"""So many messages the bot may always send."""

LEAST: Final = 1e-3
"""Of what has a logarithm."""

FEW: Final = 0.05
"""Breaks a reply that are taken for as good as none."""

VARIETY: Final = 0.3
"""How much a difference in variety counts beside one in style."""


@dataclass(frozen=True)
class Trial:
    """What one way of drawing gave.

    Attributes:
        distance: Of the habits from the person's, 0 to 1.
        variety: The share of different word pairs, over the person's.
        tokens, breaks: A reply, over the person's.
    """

    decoding: Decoding
    distance: float
    variety: float
    tokens: float
    breaks: float

    @property
    def loss(self) -> float:
        """How far from the person it is in all."""
        return self.distance + VARIETY * abs(math.log(max(LEAST, self.variety)))


def calibrate(
    network: Network,
    contexts: Sequence[Pair],
    usual: Sequence[Reply],
    *,
    turns: int,
    max_tokens: int,
    start: Decoding,
) -> Decoding:
    """Choose the decoding of a trained model.

    Args:
        contexts: Exchanges that it has not learnt from; with fewer than `MIN_CONTEXTS`, nothing is
            chosen.
        usual: How the person writes.
        turns: So many turns before the one that is answered are given.
        max_tokens: The longest prompt and reply together.
        start: What is not calibrated is taken from here.
    """
    if len(contexts) < MIN_CONTEXTS:
        return start
    start = replace(start, max_bubbles=_longest_burst(usual))
    longest = max_tokens // 2
    prompts = [
        network.format.prompt(pair.context[-turns - 1 :])[-longest:]
        for pair in contexts[-CONTEXTS:]
    ]
    judge = _Judge(network, usual)
    sequences = examples(contexts, network.format, max_tokens=max_tokens, context_turns=turns)
    heat = network.likeliest_temperature(list(sequences), TEMPERATURES)
    neutral = replace(start, temperature=heat, top_p=1.0, end_bias=0.0, break_bias=0.0)
    plain = [replace(neutral, min_p=least) for least in CUTS]
    first = judge.trials(prompts, plain)
    second = judge.trials(prompts, [mended(each.decoding, first) for each in first])
    best = min(second, key=lambda trial: trial.loss)
    return mended(best.decoding, second, share=0.5)


def mended(decoding: Decoding, trials: Sequence[Trial], *, share: float = 1.0) -> Decoding:
    """`decoding` with biases that would have made the replies as long, and as broken up, as the
    person's.

    A reply of n tokens ends at each of them with a chance of about 1/n.

    Args:
        trials: All of them tell the length, which hangs little on how much is cut away.
        share: Of what is lacking.
    """
    longer = fmean(math.log(max(LEAST, trial.tokens)) for trial in trials)
    more_broken = fmean(math.log(max(LEAST, trial.breaks)) for trial in trials)
    return replace(
        decoding,
        end_bias=_bounded(decoding.end_bias + share * longer),
        break_bias=_bounded(decoding.break_bias - share * (more_broken - longer)),
    )


def _bounded(bias: float) -> float:
    return round(min(BOLDEST, max(-BOLDEST, bias)), 3)


def _longest_burst(usual: Sequence[Reply]) -> int:
    sizes = sorted(map(len, usual))
    return max(SHORTEST_BURST, sizes[int(BURST * (len(sizes) - 1))])


class _Judge:
    """Draws replies and compares them with the person's."""

    def __init__(self, network: Network, usual: Sequence[Reply]) -> None:
        self._network = network
        self._usual = usual
        self._habits = style.Habits(usual)
        written = [network.format.reply(reply) for reply in usual]
        self._tokens = fmean(map(len, written))
        self._breaks = fmean(len(reply) - 1 for reply in usual)

    def trials(
        self, prompts: Sequence[Sequence[int]], decodings: Sequence[Decoding]
    ) -> list[Trial]:
        made = generate(self._network, prompts, decodings, stop=self._network.format.stops)
        return [self._judged(each, ids) for each, ids in zip(decodings, made, strict=True)]

    def _judged(self, decoding: Decoding, made: Sequence[Sequence[int]]) -> Trial:
        texts = [self._network.format.messages(ids)[: decoding.max_bubbles] for ids in made]
        replies = [tuple(text.strip() for text in reply if text.strip()) for reply in texts]
        replies = [reply for reply in replies if reply]
        if not replies:
            return Trial(decoding, 1.0, 0.0, 0.0, 0.0)
        ours, theirs = self._habits.tables(replies, self._usual)
        return Trial(
            decoding,
            style.distance(ours, theirs),
            self._variety(replies),
            fmean(len(ids) + 1 for ids in made) / self._tokens,
            (fmean(len(reply) - 1 for reply in replies) + FEW) / (self._breaks + FEW),
        )

    def _variety(self, replies: Sequence[Reply]) -> float:
        """The share of different word pairs, over that of as many pairs of the person's."""
        ours, theirs = (
            [pair for pairs in token_pairs(each) for pair in pairs]
            for each in (replies, self._usual)
        )
        return variety(ours, theirs)
