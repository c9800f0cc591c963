"""Who talks in a WhatsApp chat, and which of them is me: nothing in its file says so."""

import re
import unicodedata
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from elvisbot.conversation import ME
from elvisbot.sources._owner import is_called, unknown_owner
from elvisbot.sources._whatsapp_lines import visible
from elvisbot.sources._whatsapp_wordings import FILE_NAMES, IN_A_GROUP

ASSISTANT: Final = "Meta AI"
"""The name of the bot that can be asked within any chat."""

_OFTEN: Final = 3
_MOST_WORDS: Final = 7


@dataclass(frozen=True)
class Sides:
    """The two sides of a one-to-one chat.

    Attributes:
        me: My name in it; None if I never wrote.
        other: The other one's.
    """

    me: str | None
    other: str


def participants(said: Counter[str]) -> list[str]:
    """Which of the names that seem to send are people, those who wrote most first.

    The app's remarks can hold a colon: `Ann changed the subject to “Trip: Rome”`. What stands
    before it has a quotation that is not closed, or sends once or twice and either begins with the
    name of somebody who sends or has more than seven words.

    Args:
        said: How many rows each of them seems to have sent.
    """
    return [name for name, count in said.most_common() if _is_name(name, count, said)]


def is_in_group(people: list[str], remarks: list[str]) -> bool:
    """Whether it is a group: more than two write, or the app remarks on what only groups have.

    Args:
        remarks: The app's.
    """
    if len(people) > 2:
        return True
    for remark in remarks:
        words = remark.casefold()
        for name in people:
            words = words.replace(name.casefold(), "")
        if IN_A_GROUP.search(words):
            return True
    return False


def chat_name(stem: str) -> str | None:
    """After whom a file is named: `WhatsApp Chat with Ann (2)` after Ann; None if not known."""
    composed = unicodedata.normalize("NFC", stem)  # a Mac may spell it in parts
    bare = visible(re.sub(r"\s?\(\d+\)$", "", composed))
    match = FILE_NAMES.fullmatch(bare)
    return next(filter(None, match.groups())) if match else None


def sides(
    people: list[str], contact: str | None, path: Path, title: str, me: Sequence[str]
) -> Sides:
    """Who is who.

    Where one side alone wrote, the other is called after the file.

    Args:
        people: The one or two who write, or nobody.
        contact: Who the other one seems to be.
        path: What to call the file in errors.
        title: What the chat is called.
        me: What the owner answered: one of their names, or several.

    Raises:
        NeedsAnswerError: if they did not.
        UsageError: if neither side is called so, or both are.
    """
    if not people:
        return Sides(None, _other(contact or title))
    known = people if contact is None or contact in people else [*people, contact][:2]
    answer = [visible(each) for each in me]
    mine = [each for each in known if is_called(each, answer)]
    if not answer or (len(known) == 2 and len(mine) != 1):
        raise unknown_owner(sorted(known, key=lambda each: each == contact), answer, path)
    others = [each for each in known if each not in mine]
    return Sides(mine[0] if mine else None, _other(others[0] if others else title))


def _other(name: str) -> str:
    return name.upper() if name == ME else name


def _is_name(name: str, count: int, said: Counter[str]) -> bool:
    if _is_unclosed(name):
        return False
    words = name.split()
    beginnings = (" ".join(words[:end]) for end in range(1, len(words)))
    return count >= _OFTEN or not (
        len(words) > _MOST_WORDS or any(said[each] > count for each in beginnings)
    )


def _is_unclosed(name: str) -> bool:
    """Whether a quotation begins that does not end. In German it ends as an English one begins."""
    return (
        name.count('"') % 2 == 1
        or sum(map(name.count, "„“”")) % 2 == 1
        or name.count("«") != name.count("»")
        or name.count("「") != name.count("」")
    )
