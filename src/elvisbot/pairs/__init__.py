"""From messages to what a model learns: turns, sessions, pairs, and the part held out by time.

A line of `train.jsonl` or `heldout.jsonl`:

    {"context": [{"from": "+15550100001", "messages": ["hey", "u up?"]}], "reply": ["yeah"],
     "sent_at": "2018-05-02T19:38:20Z", "session": 7, "turn": 1}
"""

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final, TypeVar

from elvisbot.bots import Bot, atomic_file, atomic_folder
from elvisbot.conversation import Line, Message, Pair, Session
from elvisbot.errors import DamagedBotError
from elvisbot.pairs.turns import sessions, turns

MAX_TURN_GAP: Final = timedelta(minutes=10)
"""Messages of one sender further apart are two turns."""

MAX_SESSION_GAP: Final = timedelta(hours=1)
"""Turns further apart do not answer each other."""

MAX_CONTEXT: Final = 12
"""Turns before a reply that its pair keeps."""

HELD_OUT: Final = 0.1
"""Share of the pairs, the latest, that training never sees."""

MIN_PAIRS: Final = 50
"""Fewer pairs to train on teach a model nothing that its owner would recognise."""

Record = TypeVar("Record", Message, Pair)


@dataclass(frozen=True)
class Counts:
    """What became of the history; `manifest.json` holds the same figures."""

    sessions: int
    turns: int
    my_turns: int
    my_unprompted_turns: int
    train: int
    heldout: int


def pairs(numbered: Iterable[tuple[int, Session]]) -> Iterator[Pair]:
    """Every turn of mine that follows one of theirs in its session, with what came before.

    Args:
        numbered: Sessions, each with its number in the history.
    """
    for number, session in numbered:
        for index in range(1, len(session.turns)):
            turn, before = session.turns[index], session.turns[index - 1]
            if turn.is_mine and not before.is_mine:
                context = session.turns[max(0, index - MAX_CONTEXT) : index]
                yield Pair(
                    context=tuple(earlier.line for earlier in context),
                    reply=turn.line.texts,
                    sent_at=turn.sent_at,
                    session=number,
                    turn=index,
                )


def split_by_time(chronological: Sequence[Pair]) -> tuple[list[Pair], list[Pair]]:
    """Hold out the last sessions: as few as together make up a tenth of the pairs.

    Args:
        chronological: Pairs in the order of their sessions, oldest session first.

    Returns:
        The pairs to train on and the pairs held out. With a single session nothing can be held
        out without taking it whole, so everything is for training.
    """
    first = len(chronological)
    while first > 0 and len(chronological) - first < HELD_OUT * len(chronological):
        number = chronological[first - 1].session
        while first > 0 and chronological[first - 1].session == number:
            first -= 1
    if first == 0:
        return list(chronological), []
    return list(chronological[:first]), list(chronological[first:])


def build_pairs(bot: Bot) -> Counts:
    """Make `pairs/` from `messages.jsonl` and say what became of it."""
    found = sorted(
        sessions(turns(read_messages(bot), max_gap=MAX_TURN_GAP), max_gap=MAX_SESSION_GAP),
        key=lambda session: session.started_at,
    )
    train, heldout = split_by_time(list(pairs(enumerate(found))))
    all_turns = [turn for session in found for turn in session.turns]
    mine = sum(turn.is_mine for turn in all_turns)
    counts = Counts(
        sessions=len(found),
        turns=len(all_turns),
        my_turns=mine,
        my_unprompted_turns=mine - len(train) - len(heldout),
        train=len(train),
        heldout=len(heldout),
    )
    _write(bot, train, heldout, counts)
    return counts


def read_pairs(path: Path) -> list[Pair]:
    """The pairs in one of the files of `pairs/`.

    Raises:
        DamagedBotError: if it is missing or cannot be understood.
    """
    return _records(path, _pair)


def write_messages(bot: Bot, messages: Iterable[Message]) -> None:
    """Write `messages.jsonl`, one message a line, in the order given."""
    with atomic_file(bot.messages) as file:
        for message in messages:
            record = {
                "id": message.id,
                "chat": message.chat,
                "from": message.sender,
                "sent_at": _timestamp(message.sent_at),
                "text": message.text,
            }
            if message.service is not None:
                record["service"] = message.service
            file.write(_json_line(record))


def read_messages(bot: Bot) -> list[Message]:
    """The messages in `messages.jsonl`, in its order.

    Raises:
        BotNotFoundError: if nothing has been imported yet.
        DamagedBotError: if the file is missing or cannot be understood.
    """
    if not bot.messages.is_file():
        bot.require_import()
    return _records(bot.messages, _message)


def count_messages(bot: Bot) -> int:
    """How many messages were imported, without reading them.

    Raises:
        DamagedBotError: if the file is missing.
    """
    try:
        with bot.messages.open("rb") as lines:
            return sum(1 for _ in lines)
    except FileNotFoundError as error:
        raise _missing(bot.messages) from error


def _records(path: Path, read: Callable[[Any], Record]) -> list[Record]:
    """What `read` makes of every line."""
    records: list[Record] = []
    try:
        with path.open("rb") as lines:
            for line in lines:
                records.append(read(json.loads(line)))
            return records
    except FileNotFoundError as error:
        raise _missing(path) from error
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise DamagedBotError(
            f"{path} is damaged: line {len(records) + 1} cannot be understood.",
            remedy="Import the conversation again.",
        ) from error


def _missing(path: Path) -> DamagedBotError:
    return DamagedBotError(f"{path} is missing.", remedy="Import the conversation again.")


def _write(bot: Bot, train: list[Pair], heldout: list[Pair], counts: Counts) -> None:
    digest = hashlib.sha256()
    with atomic_folder(bot.pairs) as folder:
        for path, part in ((bot.train_pairs, train), (bot.heldout_pairs, heldout)):
            with (folder / path.name).open("wb") as file:
                for pair in part:
                    line = _json_line(_record(pair))
                    digest.update(line)
                    file.write(line)
        manifest = {**vars(counts), "sha256": digest.hexdigest()}
        (folder / "manifest.json").write_text(json.dumps(manifest, indent=2) + "\n")


def _record(pair: Pair) -> dict[str, Any]:
    return {
        "context": [{"from": line.sender, "messages": line.texts} for line in pair.context],
        "reply": pair.reply,
        "sent_at": _timestamp(pair.sent_at),
        "session": pair.session,
        "turn": pair.turn,
    }


def _pair(record: dict[str, Any]) -> Pair:
    return Pair(
        context=tuple(Line(turn["from"], tuple(turn["messages"])) for turn in record["context"]),
        reply=tuple(record["reply"]),
        sent_at=datetime.fromisoformat(record["sent_at"]),
        session=record["session"],
        turn=record["turn"],
    )


def _message(record: dict[str, Any]) -> Message:
    return Message(
        id=record["id"],
        chat=record["chat"],
        sender=record["from"],
        sent_at=datetime.fromisoformat(record["sent_at"]),
        text=record["text"],
        service=record.get("service"),
    )


def _timestamp(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _json_line(record: dict[str, Any]) -> bytes:
    return json.dumps(record, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"
