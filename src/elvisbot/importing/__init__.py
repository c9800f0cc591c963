"""From message histories to a bot's folder with messages and pairs."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Final

from elvisbot import pairs, sources
from elvisbot.bots import (
    Bot,
    History,
    Pairing,
    Settings,
    checked_name,
    home,
    make_bot,
    storage_errors,
)
from elvisbot.errors import EmptyConversationError
from elvisbot.importing.merging import merge
from elvisbot.importing.parts import Part, parts, read_part
from elvisbot.importing.people import common_keys, is_one_person, linked_keys
from elvisbot.importing.swapping import beside, link, swap_in
from elvisbot.sources import GROUP_CHAT, USED, Answers, Person
from elvisbot.sources._matching import match

_MOST_HANDLES: Final = 8


@dataclass(frozen=True)
class Changes:
    """How the bot's messages differ from those before the import."""

    new: int
    edited: int
    gone: int


@dataclass(frozen=True)
class Imported:
    """What an import did.

    Attributes:
        bot: Where it went.
        part: The history that was read, and what became of its rows.
        parts: How many conversations the bot is made of, this one included.
        contacts: What the people in them are called.
        messages: How many the bot has now.
        duplicates: How many of them are in two histories.
        changes: Since the import before.
        notes: What the reader could not do.
        counts: What was made of the messages.
    """

    bot: Bot
    part: Part
    parts: int
    contacts: tuple[str, ...]
    messages: int
    duplicates: int
    changes: Changes
    notes: tuple[str, ...]
    counts: pairs.Counts

    def as_json(self) -> dict[str, Any]:
        """What `elvisbot import --json` prints."""
        return {
            "bot": self.bot.name,
            "source": self.part.source,
            "contacts": self.contacts,
            "rows": self.part.rows,
            "buckets": self.part.buckets,
            "messages": self.messages,
            "duplicates": self.duplicates,
            "changes": asdict(self.changes),
            "notes": self.notes,
            "sessions": self.counts.sessions,
            "pairs": {"train": self.counts.train, "heldout": self.counts.heldout},
            "timing": asdict(self.counts.timing),
        }


def import_history(
    name: str,
    *,
    who: str | None,
    path: Path | None,
    answers: Answers,
    pairing: Pairing | None = None,
    anew: bool = False,
    tell: Callable[[str], None] = lambda line: None,
) -> Imported:
    """Make the bot `name` from a history, or add one to it, or read one again.

    The bot keeps its model and its settings, but for the times of its typing, which are learned
    anew. On an error nothing changes.

    Args:
        who: A name, or a number or address in any spelling, or a part of one of these; None for all
            one-to-one conversations.
        path: The history; None for that of this Mac.
        pairing: The gaps of turns and sessions; None leaves the bot's.
        anew: Whether to forget what was imported before.
        tell: Is told what is being read.

    Raises:
        SourceError: if the history cannot be read or holds nothing of the kind.
        NeedsAnswerError: if `answers` lacks one that is needed.
        UsageError: if no bot could be called `name`.
        StorageError: if the disk is full.
    """
    checked_name(name)  # better now than after minutes of reading
    history_path = path or sources.default_path()
    key = sources.recognised(history_path)
    with (
        sources.load(key).opened(history_path, answers) as history,
        _made_or_renewed(name) as (bot, fresh),
    ):
        person = None if who is None else match(who, history.people)
        tell(f"Reading {_described(person)} from {sources.load(key).TITLE}: {history_path}")
        if not anew:
            _copy_parts(bot, fresh)
        before = parts(fresh.imports)
        part = read_part(fresh.imports, key, history_path, history, person)
        if not part.buckets.get(USED):
            raise _empty(part, person, history_path)
        all_parts = parts(fresh.imports)
        if warning := _about_another(before, all_parts, part):
            tell(warning)
        duplicates = merge(all_parts, fresh.messages)
        settings = _settings(bot, all_parts, pairing)
        fresh.save(settings)
        counts = pairs.build_pairs(fresh)
        fresh.save(replace(settings, timing=counts.timing))
        changes, messages = _changes(bot.messages, fresh.messages)
        notes = tuple(history.notes)
    contacts = settings.history.contacts
    return Imported(
        bot, part, len(all_parts), contacts, messages, duplicates, changes, notes, counts
    )


def _about_another(before: list[Part], after: list[Part], part: Part) -> str | None:
    """What to say if a person of another name comes into a bot that was about one."""
    known = [name for each in before for name in each.people.values()]
    linked = dict(zip((each.lines for each in after), linked_keys(after), strict=True))
    keys = linked.pop(part.lines)
    elsewhere = {key for others in linked.values() for key in others.values()}
    new = [
        name
        for key, name in part.people.items()
        if name not in known and keys[key] not in elsewhere
    ]
    if not known or not new:
        return None
    if is_one_person(after):
        return (
            f"Until now this bot was about {known[0]}; {new[0]} is taken for the same person. If "
            "that is somebody else, import once more with --anew, or into a bot of another name."
        )
    if any(each.is_everyone for each in after):
        return None
    return f"Until now this bot was about {', '.join(known)}; it learns from {new[0]}, too, now."


def _described(person: Person | None) -> str:
    if person is None:
        return "all one-to-one conversations"
    others = [handle for handle in person.handles if handle != person.name]
    shown = ", ".join(others[:_MOST_HANDLES]) + (" …" if len(others) > _MOST_HANDLES else "")
    return f"{person.name} ({shown})" if others else person.name


def _empty(part: Part, person: Person | None, path: Path) -> EmptyConversationError:
    where = f"the conversation with {person.name}" if person else str(path)
    if part.rows and part.buckets.get(GROUP_CHAT) == part.rows:
        return EmptyConversationError(
            f"{path} holds group chats alone.",
            remedy="Bots learn from one-to-one conversations; export one of these.",
        )
    return EmptyConversationError(
        f"There is no text in {where}.",
        remedy="Choose somebody else (elvisbot people) or everyone (--with everyone).",
    )


def _settings(bot: Bot, all_parts: list[Part], pairing: Pairing | None) -> Settings:
    settings = bot.settings
    contacts: dict[str, str] = {}
    for part, keys in zip(all_parts, common_keys(all_parts), strict=True):
        for key, name in part.people.items():
            contacts.setdefault(keys[key], name)
    history = History(
        sources=tuple(dict.fromkeys(part.source for part in all_parts)),
        contacts=tuple(dict.fromkeys(contacts.values())),
    )
    return replace(settings, history=history, pairs=pairing or settings.pairs)


def _copy_parts(bot: Bot, fresh: Bot) -> None:
    """Take over what was imported before."""
    with storage_errors(fresh.imports):
        fresh.imports.mkdir(mode=0o700)
        for file in bot.imports.glob("*.json*"):
            link(file, fresh.imports / file.name)


def _changes(before: Path, after: Path) -> tuple[Changes, int]:
    """The changes, and how many lines there are after them."""
    known: dict[int, int] = {}
    if before.is_file():
        with before.open("rb") as lines:
            known = dict(map(_id_and_line, lines))
    new = edited = messages = 0
    with after.open("rb") as lines:
        for id_, line in map(_id_and_line, lines):
            messages += 1
            old = known.pop(id_, None)
            new += old is None
            edited += old is not None and old != line
    return Changes(new, edited, gone=len(known)), messages


def _id_and_line(line: bytes) -> tuple[int, int]:
    """Hashes of the id and of the rest, without what the conversation is called.

    In full, 300,000 messages would take 50 MB more.
    """
    return hash(line.partition(b'","chat":"')[0]), hash(line.partition(b'"sent_at":')[2])


@contextmanager
def _made_or_renewed(name: str) -> Iterator[tuple[Bot, Bot]]:
    """The bot, and one beside it to fill, whose files take the place of the bot's at the end."""
    is_new = not (home() / checked_name(name)).exists()
    bot = make_bot(name)
    try:
        with beside(bot) as fresh:
            yield bot, fresh
            _move(fresh, bot)
    finally:
        if is_new:
            with suppress(OSError):  # it is full, unless the import failed
                bot.path.rmdir()


def _move(fresh: Bot, bot: Bot) -> None:
    swap_in(fresh, bot)
