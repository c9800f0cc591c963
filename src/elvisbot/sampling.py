"""Drawing the next token, in the same way whatever engine computed its probabilities."""

import math
from collections.abc import Mapping
from random import Random

from elvisbot.bots import Decoding


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
