"""Which spellings of a phone number or mail address mean the same person.

A number is kept as `+` and digits if its country is known, else as digits without leading zeros;
an extension, and the `(0)` of `+44 (0)20 7946 0018`, are left out.
Of two numbers, the one without a country means the other if its digits are the other's last ones
and only a country code (1 to 3 digits) is missing: `(555) 010-0001` is `+15550100001`, and
`0170 1234567` is `+491701234567`.
"""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import Final, NamedTuple

from elvisbot.sources._contacts import Contact

SHORTEST_NUMBER: Final = 7
"""Digits. Anything shorter is a short code, which has no country to leave out."""

_LONGEST_COUNTRY_CODE: Final = 3
_MOST_ALIKE: Final = 200
"""Of numbers with the same last digits, and of cards with one name. More are no people's."""

_SCHEME: Final = re.compile(r"^(tel|sms|mailto|imessage|e|p):", re.IGNORECASE)
# Messages marks senders that it filtered: `+15550100001(smsft)`.
_FILTER_MARK: Final = re.compile(r"\((smsf|filtered)[^)]*\)$")
_NUMBER: Final = re.compile(r"\+?[\d\s().\-\u2010-\u2015\u2212/]+")
_EXTENSION: Final = re.compile(
    # A longer one without `#` is rather another number.
    r"\s*(?:[,;]+(?:[\d,;]{1,6}|[\d,;*]{1,32}#)|(?:;\s*ext\s*=|ext\.?|x)\s*\d{1,8})",
    re.IGNORECASE,
)
_TRUNK_ZERO: Final = re.compile(r"((?:\+|00|011)[^\d(]*\d{1,3}[^\d(]*)\(\s*0\s*\)")
_AMERICAN_EXIT: Final = re.compile(r"011([1-9]\d{9,14})")
"""What Americans dial before a foreign number. Shorter ones may lie in Delhi or in São Paulo."""


def normalised(address: str) -> str:
    """One spelling for all that surely mean the same.

    Mail addresses are lower-cased; names, such as those of companies that send SMS, stay.
    """
    # Numbers copied from Contacts are wrapped in invisible marks of direction.
    visible = "".join(each for each in address if unicodedata.category(each) != "Cf")
    bare = _without_extension(_FILTER_MARK.sub("", _SCHEME.sub("", visible.strip())))
    if is_number(bare):
        return _normalised_number(bare)
    return bare.lower() if "@" in bare else bare


def is_number(address: str) -> bool:
    """Whether it is written like a phone number."""
    return _NUMBER.fullmatch(address) is not None and any(map(str.isdecimal, address))


def _without_extension(address: str) -> str:
    start = re.match(r"[^,;xe]*", address, re.IGNORECASE)
    assert start is not None  # it matches nothing, too
    number = start[0].rstrip()
    is_long = sum(map(str.isdecimal, number)) >= SHORTEST_NUMBER
    is_extended = is_long and is_number(number) and _EXTENSION.fullmatch(address, len(number))
    return number if is_extended else address


def _normalised_number(number: str) -> str:
    number = _TRUNK_ZERO.sub(r"\1", number, count=1)
    digits = "".join(str(int(each)) for each in number if each.isdecimal())
    if number.startswith("+"):
        return f"+{digits}"
    if len(digits) < SHORTEST_NUMBER:
        return digits
    if abroad := _AMERICAN_EXIT.fullmatch(digits):
        return f"+{abroad[1]}"
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
    Cards of one name in the books of several accounts are one person, as the Contacts app itself
    shows them; two of one book are two people, unless they share an address. An address on the
    cards of several people, such as a landline, is nobody's but its own.
    """

    def __init__(self, spellings: Iterable[str], contacts: Iterable[Contact] = ()) -> None:
        self._spellings: dict[str, set[str]] = defaultdict(set)
        for spelling in spellings:
            self._spellings[normalised(spelling)].add(spelling)
        self._by_ending = _by_ending(self._spellings)
        self._person = {address: self._fullest(address) for address in self._spellings}
        self._cards = _known(set(self._person.values()), contacts)
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
        names = dict.fromkeys(known.name for known in self._cards.get(person, ()))
        return " / ".join(names) or person

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
        first: dict[_Known, str] = {}
        for address in sorted(self._cards):
            if len(self._cards[address]) == 1:
                first.setdefault(self._cards[address][0], address)
        for address, person in self._person.items():
            cards = self._cards.get(person, ())
            self._person[address] = first[cards[0]] if len(cards) == 1 else person


def _by_ending(addresses: Iterable[str]) -> dict[str, list[str]]:
    """Normalised numbers by their last digits, so that few have to be compared."""
    found: dict[str, list[str]] = defaultdict(list)
    for address in addresses:
        if is_number(address):
            found[address[-SHORTEST_NUMBER:]].append(address)
    return found


class _Known(NamedTuple):
    """Somebody whom Contacts knows, on one card or several; the number tells namesakes apart."""

    name: str
    number: int


def _known(people: set[str], contacts: Iterable[Contact]) -> dict[str, tuple[_Known, ...]]:
    """Who each of `people` is, sorted by name; who is not in Contacts, lacks."""
    by_ending = _by_ending(people)
    found: dict[str, set[_Known]] = defaultdict(set)
    for known, addresses in _told_apart(contacts):
        for address in addresses:
            if (person := _person_at(address, people, by_ending)) is not None:
                found[person].add(known)
    return {person: tuple(sorted(each)) for person, each in found.items()}


def _person_at(address: str, people: set[str], by_ending: dict[str, list[str]]) -> str | None:
    """The one of `people` whose address it is; None if there is none, or more than one."""
    if address in people or not is_number(address):
        return address if address in people else None
    near = by_ending.get(address[-SHORTEST_NUMBER:], [])
    if len(near) > _MOST_ALIKE:
        return None
    same = [each for each in near if same_number(each, address)]
    return same[0] if len(same) == 1 else None


def _told_apart(contacts: Iterable[Contact]) -> Iterator[tuple[_Known, set[str]]]:
    """Everybody with all addresses, normalised."""
    named: dict[str, list[_Cards]] = defaultdict(list)
    for contact in contacts:
        addresses = {normalised(each) for each in contact.addresses}
        named[contact.name].append(_Cards(addresses, {contact.book}))
    for name, cards in named.items():
        people: list[_Cards] = []
        for card in cards[:_MOST_ALIKE]:
            apart = [each for each in people if not each.addresses & card.addresses]
            same = [each for each in people if each.addresses & card.addresses]
            people = [*apart, _together([*same, card])]
        books = [book for person in people for book in person.books]
        if len(books) == len(set(books)):
            people = [_together(people)]
        for number, person in enumerate(people):
            yield _Known(name, number), person.addresses


class _Cards(NamedTuple):
    """Cards of one person: their addresses, and the books in which they are."""

    addresses: set[str]
    books: set[str]


def _together(cards: Sequence[_Cards]) -> _Cards:
    return _Cards(
        {address for each in cards for address in each.addresses},
        {book for each in cards for book in each.books},
    )
