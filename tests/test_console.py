"""What the commands show."""

import os
import re
import time
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from elvisbot.console import print_people, print_scorecard
from elvisbot.evaluation.figures import Figure
from elvisbot.evaluation.scorecard import NUMBERS, Entry, Scorecard
from elvisbot.sources import Person, Span


@pytest.fixture(params=["America/Los_Angeles", "Pacific/Kiritimati"])
def zone(request: pytest.FixtureRequest) -> Iterator[str]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(os.environ, "TZ", request.param)
        time.tzset()
        yield request.param
    time.tzset()


@pytest.mark.usefixtures("zone")
def test_days_at_the_ends_of_the_calendar_are_shown(capsys: pytest.CaptureFixture[str]) -> None:
    first = datetime.min.replace(tzinfo=UTC)
    last = datetime.max.replace(tzinfo=UTC)
    print_people([(Person("1", "Ann", ("Ann",)), Span({"SMS": 2}, 1, first, last))])
    shown = capsys.readouterr().out
    assert "0001-01-01" in shown
    assert "9999-12-31" in shown


def test_a_scorecard_has_a_line_for_each_figure_in_80_columns(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    figure = Figure(10.25, -10.25, 10.25)
    references = dict.fromkeys(("person", "base", "parrot", "stranger", "characters"), figure)
    entries = tuple(Entry(number, figure, references) for number in NUMBERS)
    print_scorecard(Scorecard("Alex", 300, entries, {}, {}))
    shown = capsys.readouterr().out
    lines = shown.splitlines()[1 : 1 + len(NUMBERS)]
    for line, entry in zip(lines, entries, strict=True):
        assert entry.number.title in line
        assert len(re.findall(r"-?\d+(?:\.\d+)?%?", line.replace("–", " "))) == 8
        assert "…" not in line
        assert f"{entry.verdict} Target: {entry.number.target}." in " ".join(shown.split())
