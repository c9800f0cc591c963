"""Drawing the next token, in the same way whatever engine computed its probabilities."""

import json
import math
from collections.abc import Mapping
from pathlib import Path
from random import Random
from typing import Final

from elvisbot.bots import MAX_BIAS, Decoding
from elvisbot.errors import EngineError
from elvisbot.families import ChatFormat

CANDIDATES: Final = 256
"""Tokens to draw from. The default `min_p` leaves fewer wherever the likeliest token has over 13 %;
below that, some of the far tail is lost. llama.cpp, which draws by itself, draws from all; to tell
of 1,024 it takes 6 ms longer, and of 256 1 ms."""


def biased(log_probabilities: Mapping[int, float], biases: Mapping[int, float]) -> dict[int, float]:
    """`log_probabilities` with each bias added to its token's, and all of them summing to 1 again.

    Args:
        log_probabilities: Natural logarithms, of the likeliest tokens at least.
        biases: A token that is not among those is left out.
    """
    shifts = {token: biases[token] for token in log_probabilities if token in biases}
    growth = sum(
        math.exp(log_probabilities[token]) * math.expm1(bias) for token, bias in shifts.items()
    )
    total = math.log1p(growth)
    return {
        token: value + shifts.get(token, 0.0) - total for token, value in log_probabilities.items()
    }


def with_decoding(
    biases: Mapping[int, float], chat_format: ChatFormat, decoding: Decoding
) -> dict[int, float]:
    """The biases of a model and those of its decoding, together."""
    summed = dict(biases)
    for token, bias in (
        (chat_format.end_id, decoding.end_bias),
        (chat_format.break_id, decoding.break_bias),
    ):
        summed[token] = summed.get(token, 0.0) + bias
    return summed


def read_biases(path: Path) -> dict[int, float]:
    """The biases that belong to a model, by token; none where there is no such file.

    Raises:
        EngineError: if the file holds anything else.
    """
    try:
        written = json.loads(path.read_text(encoding="utf-8"))
        biases = {int(token): float(bias) for token, bias in written.items()}
        if not all(abs(bias) <= MAX_BIAS for bias in biases.values()):
            raise ValueError("a bias out of bounds")
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, TypeError, AttributeError, RecursionError) as error:
        raise EngineError(f"{path} is damaged.", remedy="Train the bot again.") from error
    return biases


def write_biases(path: Path, biases: Mapping[int, float]) -> None:
    """Write what `read_biases` reads: one JSON object, a bias for each token that has one."""
    path.write_text(json.dumps({str(token): bias for token, bias in biases.items()}) + "\n")


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
