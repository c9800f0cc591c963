import math
from collections import Counter
from random import Random

import pytest

from elvisbot.bots import Decoding
from elvisbot.sampling import biased, draw

LOGS = {token: math.log(p) for token, p in {7: 0.5, 3: 0.3, 9: 0.15, 1: 0.05}.items()}
WIDE = Decoding(temperature=1.0, top_p=1.0, min_p=0.0)


def drawn(decoding: Decoding, times: int = 4000) -> Counter[int]:
    random = Random(1)
    return Counter(draw(LOGS, decoding, random) for _ in range(times))


def test_temperature_zero_takes_the_likeliest_token() -> None:
    assert set(drawn(Decoding(temperature=0.0), 50)) == {7}


def test_of_two_equals_temperature_zero_takes_the_smaller_id() -> None:
    assert draw({8: -1.0, 2: -1.0}, Decoding(temperature=0.0), Random(1)) == 2


def test_at_temperature_one_tokens_come_as_often_as_they_are_likely() -> None:
    counts = drawn(WIDE)
    assert {token: counts[token] / 4000 for token in LOGS} == pytest.approx(
        {token: math.exp(value) for token, value in LOGS.items()}, abs=0.03
    )


@pytest.mark.parametrize(
    ("top_p", "kept"),
    [(0.0, {7}), (0.49, {7}), (0.5, {7}), (0.51, {7, 3}), (0.81, {7, 3, 9}), (1.0, {7, 3, 9, 1})],
)
def test_top_p_keeps_tokens_until_their_sum_reaches_it(top_p: float, kept: set[int]) -> None:
    assert set(drawn(Decoding(temperature=1.0, top_p=top_p, min_p=0.0))) == kept


@pytest.mark.parametrize(
    ("min_p", "kept"),
    [(1.0, {7}), (0.61, {7}), (0.59, {7, 3}), (0.1, {7, 3, 9, 1}), (0.11, {7, 3, 9})],
)
def test_min_p_drops_tokens_below_its_share_of_the_likeliest(min_p: float, kept: set[int]) -> None:
    assert set(drawn(Decoding(temperature=1.0, top_p=1.0, min_p=min_p))) == kept


def test_a_low_temperature_favours_the_likeliest_token() -> None:
    assert drawn(Decoding(temperature=0.2, top_p=1.0, min_p=0.0))[7] > 3500


def test_a_high_temperature_brings_nothing_back_that_top_p_has_cut_away() -> None:
    assert set(drawn(Decoding(temperature=50.0, top_p=0.75, min_p=0.0))) == {7, 3}


def test_a_bias_makes_a_token_likelier_and_all_others_less_so() -> None:
    found = biased(LOGS, {3: math.log(2), 99: 5.0})
    total = 0.5 + 2 * 0.3 + 0.15 + 0.05
    assert {token: math.exp(value) for token, value in found.items()} == pytest.approx(
        {7: 0.5 / total, 3: 0.6 / total, 9: 0.15 / total, 1: 0.05 / total}
    )


def test_without_a_bias_nothing_changes() -> None:
    assert biased(LOGS, {7: 0.0}) == pytest.approx(LOGS)
