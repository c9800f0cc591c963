"""Drawing the next token, in the same way whatever engine computed its probabilities."""

import math
from collections.abc import Mapping
from random import Random
from typing import Final

from elvisbot.bots import Decoding

CANDIDATES: Final = 256
"""Tokens to draw from. The default `min_p` leaves fewer wherever the likeliest token has over 13 %;
below that, some of the far tail is lost. llama.cpp takes 6 ms longer to tell of 1,024, and 1 ms for
256."""


def biased(log_probabilities: Mapping[int, float], biases: Mapping[int, float]) -> dict[int, float]:
    """`log_probabilities` with each bias added to its token's, and all of them summing to 1 again.

    Args:
        log_probabilities: Natural logarithms, of the likeliest tokens at least.
        biases: A token that is not among those is left out.
    """
    shifts = {token: bias for token, bias in biases.items() if token in log_probabilities}
    growth = sum(
        math.exp(log_probabilities[token]) * math.expm1(bias) for token, bias in shifts.items()
    )
    total = math.log1p(growth)
    return {
        token: value + shifts.get(token, 0.0) - total for token, value in log_probabilities.items()
    }


def draw(log_probabilities: Mapping[int, float], decoding: Decoding, random: Random) -> int:
    """Draw one token.

    The unlikely tokens are cut away first, by `top_p` and then by `min_p`, both measured on the
    model's own probabilities; the temperature then only reorders what is left. That is llama.cpp's
    order: a high temperature cannot bring nonsense back in.

    Args:
        log_probabilities: Natural logarithms, of the likeliest tokens at least; not empty.
        decoding: Of it `temperature`, `top_p` and `min_p`. A temperature of 0 takes the likeliest
            token, and of equals the one with the smaller id.
    """
    ranked = sorted(log_probabilities.items(), key=lambda pair: (-pair[1], pair[0]))
    best, highest = ranked[0]
    if decoding.temperature <= 0:
        return best
    kept = _without_the_unlikely(ranked, decoding)
    weights = [math.exp((value - highest) / decoding.temperature) for _, value in kept]
    return random.choices([token for token, _ in kept], weights)[0]


def _without_the_unlikely(
    ranked: list[tuple[int, float]], decoding: Decoding
) -> list[tuple[int, float]]:
    """The head of `ranked` that `top_p` and `min_p` keep; the likeliest token always stays."""
    least = math.exp(ranked[0][1]) * decoding.min_p
    kept: list[tuple[int, float]] = []
    mass = 0.0
    for token, value in ranked:
        if kept and (mass >= decoding.top_p or math.exp(value) < least):
            break
        kept.append((token, value))
        mass += math.exp(value)
    return kept
