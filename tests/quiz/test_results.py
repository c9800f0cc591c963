import pytest

from elvisbot.quiz.results import Result, percent, wilson
from tests.quiz.quizzes import BEGIN


# The first four: Newcombe, Statistics in Medicine 17 (1998), table I, method 3.
@pytest.mark.parametrize(
    ("successes", "trials", "low", "high"),
    [
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0, 0.1611),
        (1, 29, 0.0061, 0.1718),
        (20, 40, 0.3520, 0.6480),
        (20, 20, 0.8389, 1.0),
    ],
)
def test_the_interval_is_wilsons(successes: int, trials: int, low: float, high: float) -> None:
    assert wilson(successes, trials) == pytest.approx((low, high), abs=5e-5)


@pytest.mark.parametrize(
    ("mistaken", "asked", "is_reached"), [(17, 40, False), (18, 40, True), (11, 25, True)]
)
def test_the_target_is_44_per_cent(mistaken: int, asked: int, is_reached: bool) -> None:
    result = Result(BEGIN, asked, mistaken)
    assert result.is_reached == is_reached
    assert ("The target, 44%, is reached." in result.meaning("Ana")) == is_reached


def test_the_figure_in_words() -> None:
    assert Result(BEGIN, 40, 17).figure("Ana") == (
        "You took the bot for Ana 17 out of 40 times: 42.5% (95% interval: 29% to 58%)."
    )


@pytest.mark.parametrize(
    ("mistaken", "words"),
    [
        (13, "You can tell Ana from the bot"),
        (14, "You could have been guessing"),
        (26, "You could have been guessing"),
        (27, "more often than Ana"),
    ],
)
def test_what_the_figure_means_follows_from_its_interval(mistaken: int, words: str) -> None:
    assert words in Result(BEGIN, 40, mistaken).meaning("Ana")


def test_per_cents() -> None:
    assert percent(0.425) == "42%"
    assert percent(0.425, digits=1) == "42.5%"
    assert percent(0.45, digits=1) == "45%"
    assert percent(1.0) == "100%"
