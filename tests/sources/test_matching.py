"""Finds the person whom the user means."""

import pytest

from elvisbot.errors import AmbiguousPersonError
from elvisbot.sources import Person
from elvisbot.sources._matching import match

ANNS = [Person(f"telegram:{number}", "Ann", ("Ann", f"user{number}")) for number in (1, 2)]


def test_namesakes_are_listed_with_what_tells_them_apart() -> None:
    with pytest.raises(AmbiguousPersonError, match=r"Ann \(user1\), Ann \(user2\)"):
        match("Ann", ANNS)


@pytest.mark.parametrize("person", ANNS)
def test_what_tells_namesakes_apart_names_one_of_them(person: Person) -> None:
    assert match(person.handles[1], ANNS) is person


def test_namesakes_without_other_handles_are_told_apart_by_their_keys() -> None:
    people = [Person(key, "Ann", ("Ann",)) for key in ("discord:1", "discord:2")]
    with pytest.raises(AmbiguousPersonError, match=r"Ann \(discord:1\), Ann \(discord:2\)"):
        match("Ann", people)
    assert match("discord:2", people) is people[1]


@pytest.mark.parametrize(
    "spelling", ["+44 (0)20 7946 0018", "011 44 20 7946‑0018", "020 7946 0018"]
)
def test_a_number_may_be_given_in_any_spelling(spelling: str) -> None:
    person = Person("+442079460018", "Ann", ("+442079460018",))
    assert match(spelling, [person]) is person
