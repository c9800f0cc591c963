"""Which spellings of a phone number or mail address mean the same person.

A number is kept as `+` and digits if its country is known, else as digits without leading zeros.
Of two numbers, the one without a country means the other if its digits are the other's last ones
and only a country code (1 to 3 digits) is missing: `(555) 010-0001` is `+15550100001`, and
`0170 1234567` is `+491701234567`.
"""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Collection, Iterable
from difflib import get_close_matches
from typing import Final

from elvisbot.errors import AmbiguousPersonError, PersonNotFoundError

SHORTEST_NUMBER: Final = 7
"""Digits. Anything shorter is a short code, which has no country to leave out."""

_LONGEST_COUNTRY_CODE: Final = 3
_MOST_NAMES: Final = 10
_SCHEME: Final = re.compile(r"^(tel|sms|mailto|imessage|e|p):", re.IGNORECASE)
# Messages marks senders that it filtered: `+15550100001(smsft)`.
_FILTER_MARK: Final = re.compile(r"\((smsf|filtered)[^)]*\)$")
_NUMBER: Final = re.compile(r"\+?[\d\s().\-/]+")


def normalised(address: str) -> str:
    """One spelling for all that surely mean the same.

    Mail addresses are lower-cased; names, such as those of companies that send SMS, stay.
    """
    # Numbers copied from Contacts are wrapped in invisible marks of direction.
    visible = "".join(each for each in address if unicodedata.category(each) != "Cf")
    bare = _FILTER_MARK.sub("", _SCHEME.sub("", visible.strip()))
    if is_number(bare):
        return _normalised_number(bare)
    return bare.lower() if "@" in bare else bare


def is_number(address: str) -> bool:
    """Whether it is written like a phone number."""
    return _NUMBER.fullmatch(address) is not None and any(map(str.isdecimal, address))


def _normalised_number(number: str) -> str:
    digits = "".join(str(int(each)) for each in number if each.isdecimal())
    if number.startswith("+"):
        return f"+{digits}"
    if len(digits) < SHORTEST_NUMBER:
        return digits
    if digits.startswith("00"):
        return f"+{digits[2:]}"
    return digits.lstrip("0") or digits


def same_number(one: str, other: str) -> bool:
    """Whether two normalised addresses are one phone number, a country code left out or not."""
    if one == other:
        return True
    if not (is_number(one) and is_number(other)):
        return False
    short, long = sorted((one, other), key=lambda number: (number.startswith("+"), len(number)))
    missing = len(long.lstrip("+")) - len(short)
    return (
        not short.startswith("+")
        and len(short) >= SHORTEST_NUMBER
        and 0 <= missing <= _LONGEST_COUNTRY_CODE
        and long.endswith(short)
    )


class AddressBook:
    """Assigns every spelling that occurs in a history to one person."""

    def __init__(self, spellings: Iterable[str]) -> None:
        self._spellings: dict[str, set[str]] = defaultdict(set)
        for spelling in spellings:
            self._spellings[normalised(spelling)].add(spelling)
        self._by_ending: dict[str, list[str]] = defaultdict(list)
        for address in self._spellings:
            if is_number(address):
                self._by_ending[address[-SHORTEST_NUMBER:]].append(address)
        self._person = {address: self._fullest(address) for address in self._spellings}
        self._handles: dict[str, set[str]] = defaultdict(set)
        for address, person in self._person.items():
            self._handles[person] |= self._spellings[address]

    def person(self, spelling: str) -> str:
        """The normalised address that stands for the person, with the country if it is known."""
        address = normalised(spelling)
        return self._person.get(address, address)

    def handles(self, person: str) -> tuple[str, ...]:
        """Every spelling of a person's address, sorted."""
        return tuple(sorted(self._handles.get(person, ())))

    def _fullest(self, address: str) -> str:
        """The one longer form of a number; itself if there is none, or more than one."""
        if not is_number(address) or address.startswith("+"):
            return address
        others = self._by_ending[address[-SHORTEST_NUMBER:]]
        longer = [
            other for other in others if len(other) > len(address) and same_number(address, other)
        ]
        full = [other for other in longer if other.startswith("+")] or longer
        return self._fullest(full[0]) if len(full) == 1 else address

    def match(self, who: str, people: Collection[str]) -> str:
        """The one of `people` that `who` means: an address in any spelling, or a part of one.

        A whole address is preferred to a part.

        Raises:
            PersonNotFoundError: if nobody matches.
            AmbiguousPersonError: if several people match.
        """
        address = normalised(who)
        found = (
            [person for person in people if person == address]
            or [person for person in people if same_number(person, address)]
            or [person for person in people if self._contains(person, who)]
        )
        if not found:
            raise _not_found(who, people)
        if len(found) > 1:
            raise AmbiguousPersonError(
                f"{who} could be any of {len(found)} people: {_listed(sorted(found))}.",
                remedy="Give the whole number or address.",
            )
        return found[0]

    def _contains(self, person: str, who: str) -> bool:
        part = who.strip().casefold()
        digits = normalised(who).lstrip("+") if is_number(who) else ""
        if digits and is_number(person) and digits in person:
            return True
        return bool(part) and any(
            part in name.casefold() for name in (person, *self.handles(person))
        )


def _not_found(who: str, people: Collection[str]) -> PersonNotFoundError:
    close = get_close_matches(normalised(who), people, n=3, cutoff=0.6)
    hint = f"Did you mean {_listed(close)}? " if close else ""
    return PersonNotFoundError(
        f"There is no one-to-one conversation with {who or 'nobody'}.",
        remedy=f"{hint}See whom you text: elvisbot people [PATH]",
    )


def _listed(names: list[str]) -> str:
    shown = ", ".join(names[:_MOST_NAMES])
    return shown if len(names) <= _MOST_NAMES else f"{shown} …"
