"""When a row of a WhatsApp chat was sent: the date and time at its beginning, in any language.

They are written as the phone writes short dates, and tell neither the time zone nor, often, whether
the day or the month comes first:

    1/4/23, 7:02 PM          14.02.23, 22:35          2023/10/31 下午3:50:46
    ١٤‏/٢‏/٢٠٢٣، ١٠:٣٥ م        4/1/2566 BE, 19:02        4/1/23 klo 7.02.33

The years of the Thai calendar (from 2552) and of the Japanese one (R5) are converted. Those of
others are not: their rows have no date.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from itertools import groupby, pairwise
from pathlib import Path
from typing import Final, Literal, NamedTuple

from elvisbot.errors import NeedsAnswerError
from elvisbot.sources import Answers

Order = Literal["day first", "month first", "year first"]

YEARS: Final = range(2009, 2101)
"""WhatsApp began in 2009; dates before are impossible."""

_BUDDHIST: Final = 543
_JAPANESE: Final = {"R": 2018, "H": 1988}

_MORNING: Final = "am|上午|午前|凌晨|清晨|早上|오전|ص|πμ|sa|öö|قظ|पूर्वाह्न|in the morning"
_EVENING: Final = (
    "pm|下午|午後|中午|晚上|傍晚|오후|م|μμ|ch|ös|بظ|अपराह्न|ptg"
    "|in the afternoon|in the evening|at night"
)
_AFTERNOONS: Final = frozenset(_EVENING.split("|"))


def _spelled(word: str) -> str:
    """A pattern for a word such as `pm`, which may be written `p. m.`"""
    return r"\.?\s?".join(word) + r"\.?" if len(word) == 2 and word.isalpha() else word


_PERIOD: Final = "|".join(map(_spelled, f"{_MORNING}|{_EVENING}".split("|")))
_GAP: Final = r"[\s\u200e\u200f\u061c\u202a-\u202e\ufeff]{0,4}"
_DATE: Final = (
    rf"(?P<first>\d{{1,4}}){_GAP}(?P<dot>[./-]){_GAP}(?P<second>\d{{1,2}}){_GAP}(?P=dot){_GAP}"
    rf"(?P<era>[RH]?)(?P<third>\d{{1,4}})(?:{_GAP}(?:BE|г\.?|\.))?"
)
_TIME: Final = (
    rf"(?:(?P<before>{_PERIOD}){_GAP})?"
    r"(?P<hour>\d{1,2})(?:[:.]|\s?h\s?)(?P<minute>\d\d)(?:[:.](?P<seconds>\d\d))?"
    rf"(?:{_GAP}(?P<after>{_PERIOD}))?(?:\s?(?:Uhr|ч\.))?"
)
_BETWEEN: Final = rf"(?P<comma>[,،、]?){_GAP}(?:(?:à|às|a las|um|klo|kl\.|alle|la|в|о|v)\s)?"
_BEFORE: Final = rf"{_GAP}(?P<bracket>\[)?{_GAP}"
_AFTER: Final = rf"(?(bracket){_GAP}\]\s?|(?:{_GAP}[-–]\s|:\s))"
_HEADERS: Final = tuple(
    re.compile(_BEFORE + stamp + _AFTER, re.IGNORECASE)
    for stamp in (_DATE + _BETWEEN + _TIME, _TIME + _BETWEEN + _DATE)
)


class Stamp(NamedTuple):
    """A date and time as they are written.

    Attributes:
        first, second, third: The date's numbers; a year of another calendar is converted where it
            says so.
        clock: None if there is no such time.
    """

    first: int
    second: int
    third: int
    clock: time | None


@dataclass(frozen=True, slots=True)
class Form:
    """How the rows of one file begin.

    Attributes:
        is_bracketed: `[04.01.23, 19:02:33] `; else `04.01.23, 19:02 - `.
        details: Whatever else all rows of a file have in common.
    """

    is_bracketed: bool
    details: tuple[bool | str, ...]

    @property
    def has_seconds(self) -> bool:
        return not self.details[5]


@dataclass(frozen=True, slots=True)
class Header:
    """What stands before the sender of a row, and where it ends."""

    stamp: Stamp
    form: Form
    end: int


def header(line: str, form: Form | None = None) -> Header | None:
    """The header at the beginning of a line, if there is one.

    Args:
        form: Any other one does not count.
    """
    for number, pattern in enumerate(_HEADERS):
        if match := pattern.match(line):
            found = Header(_stamp(match), _form(match, number), match.end())
            return found if form in (None, found.form) else None
    return None


def _form(match: re.Match[str], number: int) -> Form:
    return Form(
        match["bracket"] is not None,
        (
            number == 0,
            match["dot"],
            len(match["first"]) == 4,
            len(match["third"]) == 4 or bool(match["era"]),
            bool(match["comma"]),
            match["seconds"] is None,
            match["before"] is None,
            match["after"] is None,
        ),
    )


def _stamp(match: re.Match[str]) -> Stamp:
    third = int(match["third"]) + _JAPANESE.get(match["era"].upper(), 0)
    return Stamp(int(match["first"]), int(match["second"]), third, _clock(match))


def _clock(match: re.Match[str]) -> time | None:
    hour, period = int(match["hour"]), match["before"] or match["after"]
    if period and hour <= 12:
        word = period.casefold()
        if word not in _AFTERNOONS:
            word = re.sub(r"[\s.]", "", word)
        hour = hour % 12 + 12 * (word in _AFTERNOONS)
    try:
        return time(hour, int(match["minute"]), int(match["seconds"] or 0))
    except ValueError:
        return None


def order(stamps: Iterable[Stamp], form: Form, path: Path, answers: Answers) -> Order:
    """What comes first in the dates of one file, as `likely_order` finds it.

    Args:
        path: What to call the file in errors.

    Raises:
        NeedsAnswerError: if it could be either.
    """
    if known := likely_order(stamps, form, answers):
        return known
    raise NeedsAnswerError(
        f"In {path}, the days and the months of the dates could be confused.",
        remedy="Say how the dates are written: --dates day-first or --dates month-first",
        question="day_first",
        choices=("day-first", "month-first"),
    )


def likely_order(stamps: Iterable[Stamp], form: Form, answers: Answers) -> Order | None:
    """What comes first in the dates of one file; None if it could be the day or the month.

    A date that is impossible in one order decides; then what the owner answered; then whether the
    rows go back in time; then whether the month changes while the day stays, which is rare: at
    least two such steps more in one order than in the other.

    Args:
        stamps: Of all rows, oldest first.
    """
    if form.details[2]:
        return "year first"
    days = [day for day, _ in groupby(stamp[:3] for stamp in stamps)]
    day_first, month_first, year_first = (
        _Faults.of([_date(day, each) for day in days])
        for each in ("day first", "month first", "year first")
    )
    if not form.details[3] and year_first[:2] < min(day_first[:2], month_first[:2]):
        return "year first"
    if day_first.impossible != month_first.impossible:
        return "day first" if day_first.impossible < month_first.impossible else "month first"
    # No language has dots in a date that begins with the month.
    if form.details[1] == "." or all(first == second for first, second, _ in days):
        return "day first"
    return _likely(day_first, month_first, answers)


def moment(stamp: Stamp, known: Order) -> datetime | None:
    """When, on the clock of the phone; None if there is no such day or time."""
    day = _date(stamp[:3], known)
    return None if day is None or stamp.clock is None else datetime.combine(day, stamp.clock)


def in_utc(local: datetime, previous: datetime | None) -> datetime:
    """The moment in UTC, if the phone's clock went with this machine's.

    An hour that the clock showed twice, in autumn, is the second one if it came after `previous`.
    """
    first = local.astimezone(UTC)
    if previous is not None and first < previous:
        second = local.replace(fold=1).astimezone(UTC)
        return second if second >= previous else first
    return first


class _Faults(NamedTuple):
    """What speaks against an order: how often a date is impossible, or before the one above, or on
    the same day of another month."""

    impossible: int
    backward: int
    same_day: int

    @classmethod
    def of(cls, days: Sequence[date | None]) -> "_Faults":
        known = [day for day in days if day is not None]
        steps = list(pairwise(known))
        return cls(
            len(days) - len(known),
            sum(later < earlier for earlier, later in steps),
            sum(later.day == earlier.day for earlier, later in steps),
        )


def _likely(day_first: _Faults, month_first: _Faults, answers: Answers) -> Order | None:
    if answers.day_first is not None:
        return "day first" if answers.day_first else "month first"
    if (day_first.backward == 0) != (month_first.backward == 0):
        return "day first" if day_first.backward == 0 else "month first"
    if abs(day_first.same_day - month_first.same_day) >= 2:
        return "day first" if day_first.same_day < month_first.same_day else "month first"
    return None


def _date(numbers: tuple[int, ...], known: Order) -> date | None:
    first, second, third = numbers
    match known:
        case "day first":
            year, month, day = third, second, first
        case "month first":
            year, month, day = third, first, second
        case "year first":
            year, month, day = first, second, third
    year = _gregorian(year)
    try:
        return date(year, month, day) if year in YEARS else None
    except ValueError:
        return None


def _gregorian(year: int) -> int:
    """A year in full: of two digits, or of the Thai calendar, or both."""
    if year < 52:
        return 2000 + year
    if year < 100:
        return 2500 + year - _BUDDHIST
    return year - _BUDDHIST if year >= YEARS.start + _BUDDHIST else year
