"""Which spellings of a phone number or mail address mean the same person.

A number is kept as `+` and digits if its country is known, else as digits without leading zeros.
Of two numbers, the one without a country means the other if its digits are the other's last ones
and only a country code (1 to 3 digits) is missing: `(555) 010-0001` is `+15550100001`, and
`0170 1234567` is `+491701234567`.
"""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable
from typing import Final

from elvisbot.sources._contacts import Contact

SHORTEST_NUMBER: Final = 7
"""Digits. Anything shorter is a short code, which has no country to leave out."""

_LONGEST_COUNTRY_CODE: Final = 3
_MOST_ALIKE: Final = 200
"""Of numbers with the same last digits. In a history with more, they are no people's."""

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
    """Assigns every spelling that occurs in a history to one person.

    What Contacts knows as one person is one person, across their numbers and mail addresses.
    Contacts of one name are one person, as the Contacts app itself shows cards of several accounts.
    An address on the cards of several people, such as a landline, is nobody's but its own.
    """

    def __init__(self, spellings: Iterable[str], contacts: Iterable[Contact] = ()) -> None:
        self._spellings: dict[str, set[str]] = defaultdict(set)
        for spelling in spellings:
            self._spellings[normalised(spelling)].add(spelling)
        self._by_ending = _by_ending(self._spellings)
        self._person = {address: self._fullest(address) for address in self._spellings}
        self._names = _named(set(self._person.values()), contacts)
        self._merge_contacts()
        self._handles: dict[str, set[str]] = defaultdict(set)
        for address, person in self._person.items():
            self._handles[person] |= self._spellings[address]

    def person(self, spelling: str) -> str:
        """The normalised address that stands for the person, with the country if it is known."""
        address = normalised(spelling)
        return self._person.get(address, address)

    def handles(self, person: str) -> tuple[str, ...]:
        """Every spelling of a person's addresses, sorted."""
        return tuple(sorted(self._handles.get(person, ())))

    def name(self, person: str) -> str:
        """What Contacts calls the person; else the address that stands for them."""
        return " / ".join(self._names.get(person, ())) or person

    def _fullest(self, address: str) -> str:
        """The one longer form of a number; itself if there is none, or more than one."""
        if not is_number(address) or address.startswith("+"):
            return address
        others = self._by_ending[address[-SHORTEST_NUMBER:]]
        if len(others) > _MOST_ALIKE:
            return address
        longer = [
            other for other in others if len(other) > len(address) and same_number(address, other)
        ]
        full = [other for other in longer if other.startswith("+")] or longer
        return self._fullest(full[0]) if len(full) == 1 else address

    def _merge_contacts(self) -> None:
        """Let the first address of each contact, numbers before mail, stand for all of them."""
        first: dict[str, str] = {}
        for address in sorted(self._names):
            if len(self._names[address]) == 1:
                first.setdefault(self._names[address][0], address)
        for address, person in self._person.items():
            names = self._names.get(person, ())
            self._person[address] = first[names[0]] if len(names) == 1 else person


def _by_ending(addresses: Iterable[str]) -> dict[str, list[str]]:
    """Normalised numbers by their last digits, so that few have to be compared."""
    found: dict[str, list[str]] = defaultdict(list)
    for address in addresses:
        if is_number(address):
            found[address[-SHORTEST_NUMBER:]].append(address)
    return found


def _named(people: set[str], contacts: Iterable[Contact]) -> dict[str, tuple[str, ...]]:
    """The names, sorted, under which Contacts has each of `people`; who is not there, lacks."""
    by_ending = _by_ending(people)
    names: dict[str, set[str]] = defaultdict(set)
    for contact in contacts:
        for written in contact.addresses:
            address = normalised(written)
            near = by_ending.get(address[-SHORTEST_NUMBER:], []) if is_number(address) else []
            near = near if len(near) <= _MOST_ALIKE else []
            for person in {address} & people or [
                each for each in near if same_number(each, address)
            ]:
                names[person].add(contact.name)
    return {person: tuple(sorted(found)) for person, found in names.items()}
