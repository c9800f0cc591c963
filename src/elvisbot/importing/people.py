"""Which people of several histories are the same.

Each app knows a person by another key: a number here, an account or a name there.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

from elvisbot.importing.parts import Part
from elvisbot.sources._addresses import AddressBook, is_number

_Member = tuple[str, str]
"""Somebody as one history knows them: its path, and their key in it."""

_Groups = dict[_Member, tuple[_Member, ...]]
"""For each member all that are the same person, in the order of the parts."""


def common_keys(parts: Sequence[Part]) -> list[dict[str, str]]:
    """For each part, by what key everybody in it is known in all of them.

    If every history is about one person, all of them are one. Else it is as `linked_keys` says.
    """
    if is_one_person(parts):
        common = next(iter(parts[0].people))
        return [dict.fromkeys(part.people, common) for part in parts]
    return linked_keys(parts)


def is_one_person(parts: Sequence[Part]) -> bool:
    """Whether each history is about one person only, so that all are taken for the same."""
    people: dict[str, set[str]] = defaultdict(set)
    for part in parts:
        people[part.path] |= set(part.people)
    return all(len(each) == 1 for each in people.values())


def linked_keys(parts: Sequence[Part]) -> list[dict[str, str]]:
    """As `common_keys`, but by what is known of the people alone.

    Those who share a number, address or account are one, and through them their other addresses.
    So are those of one name, unless that would make two people of one history the same.
    """
    groups: _Groups = {
        (part.path, key): ((part.path, key),) for part in parts for key in part.people
    }
    order = {member: number for number, member in enumerate(groups)}
    for sharing in _sharing(_addresses(parts)):
        _unite(groups, sharing, order)
    for sharing in _sharing(_names(parts)):
        if not _clashes(groups, sharing):
            _unite(groups, sharing, order)
    return [{key: groups[part.path, key][0][1] for key in part.people} for part in parts]


def _sharing(labels: Iterable[tuple[_Member, str]]) -> list[list[_Member]]:
    """Those who share a label, in the order of the labels; not those that tell nobody apart, since
    two people of one history have them."""
    members: dict[str, dict[_Member, None]] = defaultdict(dict)
    for member, label in labels:
        members[label][member] = None
    found = (list(members[label]) for label in sorted(members))
    return [each for each in found if len(each) == len({path for path, _ in each}) > 1]


def _addresses(parts: Sequence[Part]) -> Iterator[tuple[_Member, str]]:
    book = AddressBook(each for part in parts for key in part.people for each in _own(part, key))
    for part in parts:
        for key in part.people:
            for address in _own(part, key):
                yield (part.path, key), book.person(address)


def _own(part: Part, key: str) -> Iterator[str]:
    """What is nobody else's. Some apps list the name among the handles, which others may have."""
    yield key
    for handle in part.handles[key]:
        if handle != part.people[key] or is_number(handle) or "@" in handle:
            yield handle


def _names(parts: Sequence[Part]) -> Iterator[tuple[_Member, str]]:
    for part in parts:
        for key, name in part.people.items():
            yield (part.path, key), name.casefold()


def _clashes(groups: _Groups, members: Iterable[_Member]) -> bool:
    """Whether two of their groups have somebody in the same history."""
    apart = {groups[member] for member in members}
    paths = [path for group in apart for path in {path for path, _ in group}]
    return len(paths) != len(set(paths))


def _unite(groups: _Groups, members: Iterable[_Member], order: dict[_Member, int]) -> None:
    united = {other for member in members for other in groups[member]}
    group = tuple(sorted(united, key=order.__getitem__))
    groups.update(dict.fromkeys(group, group))
