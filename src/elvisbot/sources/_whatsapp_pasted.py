"""Rows of other chats that somebody pasted into a message of a WhatsApp chat.

    12.03.23, 18:00 - Ann: look what they write
    11.03.23, 10:00 - Max: are you coming?          pasted
    11.03.23, 10:01 - Lena: sure                    pasted as well
    12.03.23, 18:01 - Lena: haha

Nothing but who writes and when tells them from rows: a phone with Android breaks lines as it ends
rows. Were they taken for rows, a chat of two would be one of three, which is a group.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from itertools import chain
from typing import Final

from elvisbot.sources import Answers
from elvisbot.sources._owner import is_called
from elvisbot.sources._whatsapp_dates import Order, likely_order, moment
from elvisbot.sources._whatsapp_lines import Row, visible

_FEW: Final = 3
_NEARLY_ALL: Final = 0.95
_LONGEST: Final = 300
"""Rows. More at once are not taken for pasted ones."""


def outsiders(
    rows: Sequence[Row], said: Mapping[str, int], contact: str | None, answers: Answers
) -> frozenset[str]:
    """Who seems to write in a chat of two, but was pasted into it; nobody if it is a group even
    without them.

    All rows of theirs are older than the message above them, and few: three, or a twentieth of all.
    If the file tells who the other one is, and they write, the rows may be many; and they may lie
    in order if the other one and somebody else wrote nearly all rows.

    Args:
        said: How many rows everybody wrote, those who wrote most first.
        contact: Who the other one seems to be.
    """
    most = 2 if contact is None or contact in said else 1
    if len(said) <= most:
        return frozenset()
    me = [visible(each) for each in answers.me]
    sides = [name for name in said if name == contact or is_called(name, me)]
    others = {name: count for name, count in said.items() if name not in sides}
    few = sum(said.values()) if contact in said else max(_FEW, _part_of(said))
    places = _Places(rows, answers)
    found = {name for name in others if others[name] <= few and places.are_displaced(name)}
    if contact in said:
        found |= _rare({name: said[name] for name in said if name not in found}, sides)
    return frozenset(found) if len(said) - len(found) <= 2 else frozenset()


def pasted(rows: Sequence[Row], strangers: Iterable[str], answers: Answers) -> frozenset[int]:
    """The numbers of the rows that are lines of the message above them: those of `strangers`, and
    all that were pasted along with one of them."""
    places = _Places(rows, answers)
    found: set[int] = set()
    for number in sorted(chain.from_iterable(map(places.of, strangers))):
        found.update(places.block(number) or ())
        if number > 0 and (number - 1 in found or rows[number - 1].sender is not None):
            found.add(number)
    return frozenset(found)


def _part_of(said: Mapping[str, int]) -> float:
    """How many rows are next to nothing in a chat."""
    return (1 - _NEARLY_ALL) * sum(said.values())


def _rare(said: Mapping[str, int], sides: Sequence[str]) -> set[str]:
    """Everybody but the two sides, if these wrote nearly all rows: those of `sides`, and for want
    of two who wrote most."""
    others = [name for name in said if name not in sides][max(2 - len(sides), 0) :]
    return set(others) if sum(said[name] for name in others) <= _part_of(said) else set()


class _Places:
    """Where rows lie in the order of time."""

    def __init__(self, rows: Sequence[Row], answers: Answers) -> None:
        self._rows = rows
        headers = [row.header for row in rows if row.header]
        known = likely_order((each.stamp for each in headers), headers[0].form, answers)
        orders: tuple[Order, ...] = (known,) if known else ("day first", "month first")
        self._times = [
            [moment(row.header.stamp, each) if row.header else None for row in rows]
            for each in orders
        ]
        self._numbers: dict[str, list[int]] = defaultdict(list)
        for number, row in enumerate(rows):
            if row.sender is not None:
                self._numbers[row.sender].append(number)

    def of(self, sender: str) -> list[int]:
        """The numbers of the rows of a sender."""
        return self._numbers[sender]

    def are_displaced(self, sender: str) -> bool:
        """Whether all rows of a sender lie out of order."""
        return all(self.block(number) for number in self.of(sender))

    def block(self, number: int) -> range | None:
        """The rows around one, with it, that are all older than the message above them, if the row
        below them is not, or there is none; None if that one lies in order.

        Where the day and the month could be confused, it has to be so in both ways."""
        blocks = [_block(number, times) for times in self._times]
        found = [each for each in blocks if each and self._rows[each.start - 1].sender is not None]
        if len(found) < len(blocks):
            return None
        return range(max(each.start for each in found), min(each.stop for each in found))


def _block(number: int, times: Sequence[datetime | None]) -> range | None:
    here = times[number]
    if here is None:  # WhatsApp writes no such time
        return range(number, number + 1) if number > 0 else None
    for start in range(number - 1, max(number - _LONGEST, 0) - 1, -1):
        then = times[start]
        if then is not None and then > here:
            below = range(number + 1, min(number + _LONGEST + 1, len(times)))
            stop = next((each for each in below if not _is_before(times[each], then)), None)
            is_open = stop is None and below.stop < len(times)
            return None if is_open else range(start + 1, stop or below.stop)
    return None


def _is_before(time: datetime | None, then: datetime) -> bool:
    """Whether it is earlier; what has no time was pasted along."""
    return time is None or time < then
