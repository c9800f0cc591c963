"""The imports that a bot is made of: each history as it was read last, before they are merged.

    imports/imessage-5f2c1e9a.jsonl     its messages, as in messages.jsonl
    imports/imessage-5f2c1e9a.json      where it came from, whose it is, what became of every row

Reading a conversation again replaces its files; another one adds its own. So what comes out does
not depend on how often or in which order they were read.
"""

import hashlib
import json
import tempfile
from collections import Counter
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from elvisbot.bots import atomic_file, storage_errors
from elvisbot.conversation import Message
from elvisbot.errors import DamagedBotError
from elvisbot.importing.spool import Spool
from elvisbot.messages import timestamp
from elvisbot.sources import History, Person, ReactionTo


@dataclass(frozen=True)
class Part:
    """One history as it was read.

    Attributes:
        lines: Its messages.
        source: The source's key.
        path: Where the history lay.
        is_everyone: Whether all conversations in it were asked for.
        people: The key and the name of everybody in it, most messages first.
        handles: By the key, every number, address and account of theirs.
        newest: When its last message was sent, in UTC.
        buckets: How many rows went where.
    """

    lines: Path
    source: str
    path: str
    is_everyone: bool
    people: dict[str, str]
    handles: dict[str, tuple[str, ...]]
    newest: datetime
    buckets: dict[str, int]

    @property
    def rows(self) -> int:
        return sum(self.buckets.values())


def read_part(
    folder: Path, source: str, path: Path, history: History, person: Person | None
) -> Part:
    """Read a history into `folder`, in place of the same conversation read before.

    Everyone's conversations take the place of single ones from the same path, and the other way
    round.

    Args:
        person: Whose conversation; None for everyone's.

    Raises:
        SourceError: if it cannot be read.
        StorageError: if the disk is full or refuses.
    """
    buckets: Counter[str] = Counter()
    chats: Counter[str] = Counter()
    newest = datetime.fromtimestamp(0, UTC)
    place = str(path.resolve())
    with storage_errors(folder):
        folder.mkdir(mode=0o700, exist_ok=True)
        for old in parts(folder):
            if old.path == place and (person is None or old.is_everyone):
                old.lines.unlink(missing_ok=True)
                old.lines.with_suffix(".json").unlink()
    lines = folder / f"{_name(source, place, person)}.jsonl"
    with storage_errors(folder), tempfile.TemporaryFile(dir=folder) as file:
        spool = Spool(file)
        for bucket, content in history.entries(person):
            buckets[bucket] += 1
            if isinstance(content, Message):
                chats[content.chat] += 1
                newest = max(newest, content.sent_at)
                spool.add(content)
            elif isinstance(content, ReactionTo):
                spool.react(content)
        with atomic_file(lines) as written:
            written.writelines(spool.lines())
    known = {each.key: each for each in history.people}
    part = Part(
        lines=lines,
        source=source,
        path=place,
        is_everyone=person is None,
        people={key: known[key].name for key, _ in chats.most_common()},
        handles={key: known[key].handles for key, _ in chats.most_common()},
        newest=newest,
        buckets=dict(buckets.most_common()),
    )
    with atomic_file(lines.with_suffix(".json")) as file:
        record = {**asdict(part), "newest": timestamp(newest)}
        del record["lines"]
        file.write(json.dumps(record, ensure_ascii=False, indent=2).encode() + b"\n")
    return part


def parts(folder: Path) -> list[Part]:
    """Every part in `folder`, in the order of their names.

    Raises:
        DamagedBotError: if one cannot be understood.
    """
    return [_part(record) for record in sorted(folder.glob("*.json"))]


def _part(record: Path) -> Part:
    try:
        known = json.loads(record.read_bytes())
        return Part(
            lines=record.with_suffix(".jsonl"),
            source=str(known["source"]),
            path=str(known["path"]),
            is_everyone=bool(known["is_everyone"]),
            people={str(key): str(name) for key, name in known["people"].items()},
            handles={str(key): tuple(map(str, each)) for key, each in known["handles"].items()},
            newest=datetime.fromisoformat(known["newest"]),
            buckets={str(key): int(count) for key, count in known["buckets"].items()},
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise DamagedBotError(
            f"{record} cannot be understood.",
            remedy="Delete the file and import that history again.",
        ) from error


def _name(source: str, place: str, person: Person | None) -> str:
    whose = f"{place}\0{person.key if person else ''}"
    digest = hashlib.sha256(whose.encode("utf-8", "surrogateescape")).hexdigest()
    return f"{source}-{digest[:8]}"
