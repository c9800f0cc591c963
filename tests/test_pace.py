import math
from datetime import UTC, datetime, timedelta, timezone
from random import Random
from statistics import median, stdev

import pytest

from elvisbot.bots import Timing
from elvisbot.pace import LONGEST, Pace

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
TIMING = Timing(pause=0.5, characters_per_second=10.0, patience=3.0)


def pace(timing: Timing = TIMING, *, real_time: bool = False) -> Pace:
    return Pace(timing, Random(0), real_time=real_time)


@pytest.mark.parametrize(
    ("length", "seconds"),
    [(0, 3 * (1 - math.exp(-0.5 / 3))), (25, 3 * (1 - math.exp(-1))), (4000, 3.0)],
)
def test_typing_takes_longer_the_longer_it_is_up_to_the_visitors_patience(
    length: int, seconds: float
) -> None:
    assert pace().typing("x" * length) == pytest.approx(seconds)


def test_what_takes_no_time_to_speak_of_is_hardly_squeezed() -> None:
    quick = Timing(pause=0.0, characters_per_second=1000.0, patience=3.0)
    assert pace(quick).typing("x") == pytest.approx(0.001, rel=1e-3)


def test_in_real_time_typing_takes_as_long_as_it_takes() -> None:
    assert pace(real_time=True).typing("x" * 4000) == 400.5


@pytest.mark.parametrize("begin", [(), (7200.0,) * 24])
def test_without_patience_nobody_waits(begin: tuple[float, ...]) -> None:
    impatient = pace(Timing(begin=begin, patience=0.0))
    assert (impatient.typing("hello"), impatient.begin(NOON)) == (0.0, 0.0)


def test_a_person_whose_answers_were_not_timed_begins_at_once() -> None:
    assert pace().begin(NOON) == pace(real_time=True).begin(NOON) == 0.0


@pytest.mark.parametrize(
    ("seconds", "squeezed"),
    [(0.0, 0.0), (59.0, 3 * math.log(60) / math.log(3601)), (3600.0, 3.0), (7200.0, 3.0)],
)
def test_an_hour_until_the_answer_begins_is_all_of_the_patience(
    seconds: float, squeezed: float
) -> None:
    assert pace(Timing(begin=(seconds,) * 24)).begin(NOON) == pytest.approx(squeezed)


def test_the_hour_of_the_day_is_that_in_utc() -> None:
    by_hour = pace(Timing(begin=tuple(float(hour) for hour in range(24))), real_time=True)
    assert by_hour.begin(NOON) == 12.0
    assert by_hour.begin(NOON.astimezone(timezone(timedelta(hours=-9)))) == 12.0
    assert by_hour.begin(NOON + timedelta(hours=11, minutes=59, seconds=59)) == 23.0


def test_in_real_time_no_answer_takes_longer_than_a_session_may_be_silent() -> None:
    assert pace(Timing(begin=(1e6,) * 24), real_time=True).begin(NOON) == LONGEST


def test_in_real_time_what_was_waited_already_counts() -> None:
    hours = pace(Timing(begin=(100.0,) * 24), real_time=True)
    waits = [hours.begin(NOON, NOON + timedelta(seconds=later)) for later in (-5, 0, 30, 200)]
    assert waits == [100.0, 100.0, 70.0, 0.0]


def test_times_are_drawn_around_the_usual_one_with_the_persons_spread() -> None:
    timing = Timing(pause=4.0, spread=0.5, begin=(100.0,) * 24, begin_spread=1.0)
    drawn = pace(timing, real_time=True)
    typing = [drawn.typing("") for _ in range(4000)]
    begin = [drawn.begin(NOON) for _ in range(4000)]
    assert median(typing) == pytest.approx(4.0, rel=0.05)
    assert median(begin) == pytest.approx(100.0, rel=0.05)
    assert stdev(map(math.log, typing)) == pytest.approx(0.5, rel=0.05)
    assert stdev(map(math.log, begin)) == pytest.approx(1.0, rel=0.05)
