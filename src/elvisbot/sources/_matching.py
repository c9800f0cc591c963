"""Finds the person whom the user means."""

from collections.abc import Sequence
from difflib import get_close_matches
from typing import Final

from elvisbot.errors import AmbiguousPersonError, PersonNotFoundError
from elvisbot.sources import Person
from elvisbot.sources._addresses import is_number, normalised, same_number

_MOST_NAMES: Final = 10


def match(who: str, people: Sequence[Person]) -> Person:
    """The one of `people` that `who` means: a name, or a number or address in any spelling, or a
    part of one of these. What is whole is preferred to a part.

    Raises:
        PersonNotFoundError: if nobody matches.
        AmbiguousPersonError: if several people match.
    """
    address, name = normalised(who), who.strip().casefold()
    spellings = {person: {person.key, *map(normalised, person.handles)} for person in people}
    found = (
        [person for person in people if person.name.casefold() == name]
        or [person for person in people if address in spellings[person]]
        or [
            person
            for person in people
            if any(same_number(each, address) for each in spellings[person])
        ]
        or [person for person in people if _contains(person, who)]
    )
    if not found:
        raise _not_found(who, people)
    if len(found) > 1:
        raise AmbiguousPersonError(
            f"{who} could be any of {len(found)} people: {_listed(sorted(map(_shown, found)))}.",
            remedy="Give the whole name, number or address.",
        )
    return found[0]


def _contains(person: Person, who: str) -> bool:
    part = who.strip().casefold()
    digits = normalised(who).lstrip("+") if is_number(who) else ""
    numbers = [address for address in map(normalised, person.handles) if is_number(address)]
    if digits and any(digits in number for number in numbers):
        return True
    return bool(part) and any(part in each.casefold() for each in (person.name, *person.handles))


def _shown(person: Person) -> str:
    """The name, and what tells people of one name apart."""
    others = [handle for handle in (*person.handles, person.key) if handle != person.name]
    return f"{person.name} ({others[0]})" if others else person.name


def _not_found(who: str, people: Sequence[Person]) -> PersonNotFoundError:
    known = {each.casefold(): each for person in people for each in (person.name, *person.handles)}
    close = get_close_matches(normalised(who).casefold(), known, n=3, cutoff=0.6)
    hint = f"Did you mean {_listed([known[each] for each in close])}? " if close else ""
    return PersonNotFoundError(
        f"There is no one-to-one conversation with {who or 'nobody'}.",
        remedy=f"{hint}See whom you text: elvisbot people [PATH]",
    )


def _listed(names: list[str]) -> str:
    shown = ", ".join(names[:_MOST_NAMES])
    return shown if len(names) <= _MOST_NAMES else f"{shown} …"
