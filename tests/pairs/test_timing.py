"""The pace of a person comes back from histories that were made with a known one."""

import math
import random
from datetime import timedelta

import pytest

from elvisbot.bots import MAX_SPREAD, Timing
from elvisbot.conversation import ME, Message
from elvisbot.pairs.timing import FASTEST, MAX_PAUSE, MIN_SAMPLES, Waits
from elvisbot.pairs.turns import sessions
from tests.histories import START, said

TURN_GAP = timedelta(minutes=5)
SESSION_GAP = timedelta(hours=2)


def learned(messages: list[Message], before: Timing | None = None) -> Timing:
    waits = Waits()
    for session in sessions(messages, turn_gap=TURN_GAP, session_gap=SESSION_GAP):
        waits.add(session)
    return waits.timing(before or Timing())


def history(
    person: Timing, *, exchanges: int = 2000, seed: int = 0, whole: int = 1, first: int = 0
) -> list[Message]:
    """One exchange an hour, a message answered with three of mine.

    Args:
        whole: Times are cut to so many whole seconds.
        first: Characters of each first message of mine; 0 for any.
    """
    chance = random.Random(seed)

    def drawn(usual: float, spread: float) -> float:
        return usual * chance.lognormvariate(0.0, spread)

    def typing(characters: int) -> float:
        return drawn(person.typing(characters), person.spread)

    lines: list[tuple[str, float, str]] = []
    for hour in range(exchanges):
        moment = hour * 10_800 + chance.uniform(0, 600)  # three hours: every session is another
        lines.append(("ana", moment, "hm"))
        if person.begin:
            moment += drawn(person.begin[_hour(moment)], person.begin_spread)
        for number in range(3):
            length = first if first and number == 0 else chance.randint(1, 120)
            moment += typing(length)
            lines.append((ME, moment, "x" * length))
    return said(*((sender, moment // whole * whole, text) for sender, moment, text in lines))


def _hour(seconds: float) -> int:
    return (START + timedelta(seconds=seconds)).hour


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize(
    ("pause", "speed", "spread"), [(1.0, 6.0, 0.4), (4.0, 12.0, 0.8), (8.0, 3.0, 0.6)]
)
def test_pause_speed_and_spread_come_back(
    pause: float, speed: float, spread: float, seed: int
) -> None:
    person = Timing(pause=pause, characters_per_second=speed, spread=spread)
    found = learned(history(person, seed=seed))
    assert found.pause == pytest.approx(pause, rel=0.2, abs=0.3)
    assert found.characters_per_second == pytest.approx(speed, rel=0.15)
    assert found.spread == pytest.approx(spread, abs=0.06)


def test_a_coffee_in_between_changes_little() -> None:
    person = Timing(pause=2.0, characters_per_second=5.0, spread=0.3)
    messages = history(person)
    late = 0.0
    for index, message in enumerate(messages):
        late += 240.0 if index % 12 == 3 else 0.0
        messages[index] = message._replace(sent_at=message.sent_at + timedelta(seconds=late))
    found = learned(messages)
    assert found.pause == pytest.approx(2.0, abs=0.6)
    assert found.characters_per_second == pytest.approx(5.0, rel=0.2)


def test_when_i_begin_comes_back_hour_by_hour() -> None:
    begin = tuple(20.0 if 8 <= hour < 20 else 300.0 for hour in range(24))
    person = Timing(begin=begin, begin_spread=0.5, spread=0.2, characters_per_second=10.0)
    found = learned(history(person, exchanges=4000, first=4))
    assert found.begin == pytest.approx(begin, rel=0.2)
    assert found.begin_spread == pytest.approx(0.5, abs=0.06)


def test_an_hour_with_few_answers_is_taken_together_with_those_around_it() -> None:
    lines: list[tuple[str, float, str]] = []
    for day in range(60):
        for hour, wait in ((0, 10), (6, 1000)):  # at 12 and at 18 o'clock
            moment = day * 86_400.0 + hour * 3600
            lines += [("ana", moment, "hm"), (ME, moment + wait, "x"), (ME, moment + wait + 2, "x")]
    begin = learned(said(*lines)).begin
    assert begin[12] == begin[13] == begin[11] < 20
    assert begin[18] == begin[17] == begin[19] > 900


def test_the_time_of_typing_is_no_part_of_the_begin() -> None:
    begin = (30.0,) * 24
    person = Timing(pause=2.0, characters_per_second=2.0, begin=begin, spread=0.05)
    found = learned(history(person, first=100))
    assert found.begin == pytest.approx(begin, rel=0.15)


def test_who_answers_before_they_could_have_typed_begins_at_once() -> None:
    lines: list[tuple[str, float, str]] = []
    for number in range(200):
        moment = number * 10_801.0
        lines += [("ana", moment, "hm"), (ME, moment + 1, "x" * 80), (ME, moment + 21, "x" * 80)]
    assert learned(said(*lines)).begin == (0.0,) * 24


@pytest.mark.parametrize("whole", [60, 3600])
def test_a_history_of_whole_minutes_keeps_the_defaults(whole: int) -> None:
    person = Timing(begin=(200.0,) * 24, spread=0.5)
    assert learned(history(person, whole=whole)) == Timing()


def test_of_a_mixed_history_the_part_with_seconds_is_learned() -> None:
    person = Timing(pause=3.0, characters_per_second=4.0, spread=0.3)
    whole = [each._replace(chat="minutes") for each in history(person, seed=1, whole=60)]
    both = sorted([*history(person), *whole], key=lambda message: message.sent_at)
    assert learned(both).pause == pytest.approx(3.0, abs=0.5)


def _bursts(count: int, text: str, wait: float) -> list[Message]:
    lines: list[tuple[str, float, str]] = []
    for number in range(count):
        lines += [(ME, number * 10_801.0, "x"), (ME, number * 10_801.0 + wait, text)]
    return said(*lines)


def test_too_little_tells_nothing() -> None:
    assert learned(_bursts(MIN_SAMPLES - 1, "x" * 20, 5.0)) == Timing()
    assert learned(_bursts(MIN_SAMPLES, "x" * 20, 5.0)) != Timing()


@pytest.mark.parametrize("text", ["https://example.org/x", "your code is 123456"])
def test_what_nobody_typed_does_not_count(text: str) -> None:
    assert learned(_bursts(200, text, 5.0)) == Timing()


def test_pictures_and_forwards_do_not_count() -> None:
    bursts = _bursts(200, "look", 5.0)
    assert learned([each._replace(placeholder="picture") for each in bursts]) == Timing()
    assert learned([each._replace(is_forwarded=True) for each in bursts]) == Timing()


def test_what_is_learned_stays_within_reason() -> None:
    slow = learned(_bursts(200, "x", 290.0))
    assert slow.pause == MAX_PAUSE
    assert slow.spread <= MAX_SPREAD
    pasted = learned(_bursts(200, "x" * 5000, 1.0))
    assert (pasted.pause, pasted.characters_per_second) == (0.0, FASTEST)


def test_the_patience_is_the_owners() -> None:
    before = Timing(pause=9.0, patience=7.0)
    assert learned([], before) == Timing(patience=7.0)
    assert learned(_bursts(200, "x" * 20, 5.0), before).patience == 7.0


def test_a_sample_of_no_spread_has_none() -> None:
    found = learned(_bursts(200, "x" * 20, 5.0))
    assert found.spread == 0.0
    assert found.typing(20) == pytest.approx(5.0, abs=0.1)
    assert not math.isnan(found.characters_per_second)
