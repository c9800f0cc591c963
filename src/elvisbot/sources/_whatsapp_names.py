"""Names with a colon in a WhatsApp chat: rows are parted at the first one, and not all end there.

    04.01.23, 19:02 - Dr. Lena: Arbeit: hi              Dr. Lena: Arbeit says hi
    04.01.23, 19:03 - Dr. Lena: Arbeit has a new number the app remarks on her

What follows the colon is a part of the name if the file is called so, or if (nearly) all rows of
that sender go on with it.
"""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from elvisbot.sources._whatsapp_lines import LONGEST_NAME, Row, visible

_OFTEN: Final = 3
_NEARLY_ALL: Final = 0.95
_MOST: Final = 0.5
_MARKS: Final = ("\u200e", "\u200f")


def letters(name: str) -> str:
    """A name without what files and contacts spell differently."""
    return "".join(filter(str.isalnum, name)).casefold()


def with_whole_names(rows: Sequence[Row], named: str | None) -> list[Row]:
    """`rows` with the whole names of their senders.

    Args:
        named: After whom the file is named.
    """
    texts: dict[str, list[str]] = defaultdict(list)
    for row in rows:
        if row.sender is not None:
            texts[row.sender].append(row.text)
    rest = {name: _rest(name, of_theirs, named) for name, of_theirs in texts.items()}
    return [_resent(row, rest.get(row.sender or "", [])) for row in rows]


def _rest(name: str, texts: list[str], named: str | None) -> list[str]:
    """The parts of a name that follow its first colon."""
    wanted = None if named is None else letters(named)
    parts: list[str] = []
    surely = 0
    while letters(whole := ": ".join((name, *parts))) != wanted and len(whole) < LONGEST_NAME:
        part, share, count = _next(texts)
        if part is None or share < _MOST:
            return parts[:surely]
        texts = [text.partition(": ")[2] for text in texts if _part(text) == part]
        parts.append(part)
        if share >= _NEARLY_ALL and count >= _OFTEN and surely == len(parts) - 1:
            surely += 1
    return parts if letters(whole) == wanted else parts[:surely]


def _next(texts: list[str]) -> tuple[str | None, float, int]:
    """The part of a name that the most texts begin with, and how many do."""
    telling = [text for text in texts if not _is_link(text)]
    parts = Counter(filter(None, map(_part, telling)))
    if not parts:
        return None, 0, 0
    [(part, count)] = parts.most_common(1)
    return part, count / len(telling), count


def _part(text: str) -> str:
    """What may be a part of the sender's name, at the beginning of a text; nothing without one."""
    first = text[:LONGEST_NAME].partition("\n")[0]
    name, colon, _ = first.partition(": ")
    return visible(name) if colon and not first.startswith(_MARKS) else ""


def _is_link(text: str) -> bool:
    """Whether it is such as `Location: https://…`, which many may send."""
    return text[:LONGEST_NAME].partition(": ")[2].startswith("http")


def _resent(row: Row, rest: list[str]) -> Row:
    """A row sent by its sender's whole name; by nobody if the app says something of that name."""
    text = row.text
    for part in rest:
        if _part(text) != part:
            is_remark = visible(text[:LONGEST_NAME]).startswith(part)
            return replace(row, sender=None) if is_remark else row
        text = text.partition(": ")[2]
    return replace(row, sender=": ".join((row.sender or "", *rest)), text=text) if rest else row
