"""What the commands show."""

import os
import time
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from elvisbot.console import print_people
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
