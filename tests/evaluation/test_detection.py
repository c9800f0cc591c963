"""The area under the ROC curve: the chance that one set's member is taken for the higher one."""

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from elvisbot.evaluation import detection


def test_the_area_is_the_share_of_right_guesses_a_draw_being_half_of_one() -> None:
    ours, theirs = np.array([3.0, 2.0, 1.0]), np.array([2.0, 0.0])
    assert detection.area((ours, theirs)) == pytest.approx(4.5 / 6)


def test_the_area_counts_each_member_as_often_as_it_was_drawn() -> None:
    random = np.random.default_rng(1)
    ours, theirs = random.integers(0, 9, 40) / 9, random.integers(0, 7, 30) / 9  # with draws
    times = random.multinomial(40, np.full(40, 1 / 40)), random.multinomial(30, np.full(30, 1 / 30))
    expected = roc_auc_score(
        np.repeat([1, 0], [40, 30]),
        np.concatenate([ours, theirs]),
        sample_weight=np.concatenate(times),
    )
    area = detection.area((ours, theirs), (times[0].astype(float), times[1].astype(float)))
    assert area == pytest.approx(expected)
