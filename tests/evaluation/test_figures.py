import numpy as np
import pytest

from elvisbot.evaluation.figures import mean, ratio_of_sums, share


def test_the_interval_of_a_share_is_that_of_the_binomial() -> None:
    figure = share([True] * 30 + [False] * 70)
    assert figure.value == pytest.approx(0.3)
    assert figure.low == pytest.approx(0.21, abs=0.02)
    assert figure.high == pytest.approx(0.39, abs=0.02)


def test_a_share_of_nothing_is_0() -> None:
    assert share([]).high == 0


def test_a_mean_of_the_same_has_no_width() -> None:
    figure = mean(np.full(20, 2.5))
    assert (figure.low, figure.value, figure.high) == pytest.approx((2.5, 2.5, 2.5))


def test_a_ratio_of_sums_weighs_its_members_by_the_lower_one() -> None:
    figure = ratio_of_sums(np.array([1.0, 30.0]), np.array([1.0, 10.0]))
    assert figure.value == pytest.approx(31 / 11)
    assert figure.low >= 1
    assert figure.high <= 3
