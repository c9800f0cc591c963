"""From messages to what a model learns: turns, sessions, pairs, and the part held out by time.

A line of `train.jsonl` or `heldout.jsonl`:

    {"context": [{"from": "+15550100001", "messages": ["hey", "u up?"]}], "reply": ["yeah"],
     "sent_at": "2018-05-02T19:38:20Z", "session": 7, "turn": 1}
"""

import hashlib
import json
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, fields
from datetime import datetime
from itertools import groupby
from pathlib import Path
from typing import Any, Final, Literal

from elvisbot.bots import MAX_CONTEXT, Bot, Timing, atomic_folder
from elvisbot.conversation import Line, Pair, Session
from elvisbot.errors import DamagedBotError
from elvisbot.messages import read_messages, records, timestamp
from elvisbot.pairs.candidates import Candidates
from elvisbot.pairs.duplicates import fingerprint
from elvisbot.pairs.gaps import Gap, Gaps, gaps_of
from elvisbot.pairs.targets import UNFIT, Unfit, line, target, unfit
from elvisbot.pairs.timing import Waits
from elvisbot.pairs.turns import sessions

MIN_PAIRS: Final = 50
"""Fewer pairs to train on teach a model nothing that its owner would recognise."""

Reason = Literal["unprompted"] | Unfit
"""Why a turn of mine makes no pair."""

_encode: Final = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


@dataclass(frozen=True)
class Counts:
    """What became of a history; `manifest.json` holds the same figures.

    Every turn of mine is counted once among those from `train` to `near_duplicate`.

    Attributes:
        messages, sessions, turns, my_turns: How many there are.
        train: Turns of mine to learn from.
        heldout: To be scored on.
        unprompted: They open a session or follow another turn of mine, and so answer nothing.
        placeholder_only: There is nothing but pictures and the like, or spoken words.
        forwarded: Somebody else wrote them.
        bare_link: There is nothing but web addresses.
        one_time_code: They carry a code that proves who somebody is.
        app_filler: An app wrote them.
        near_duplicate: The same has been said to the same as often as it is learnt.
        dropped_messages: How many messages were left out of the turns that make pairs, by reason.
        turn_gap, session_gap: What the turns and sessions were cut by.
        timing: How long the person takes, as far as the times tell; the defaults for the rest, and
            the patience that was set.
    """

    messages: int
    sessions: int
    turns: int
    my_turns: int
    train: int
    heldout: int
    unprompted: int
    placeholder_only: int
    forwarded: int
    bare_link: int
    one_time_code: int
    app_filler: int
    near_duplicate: int
    dropped_messages: dict[Unfit, int]
    turn_gap: Gap
    session_gap: Gap
    timing: Timing


def build_pairs(bot: Bot) -> Counts:
    """Make `pairs/` from `messages.jsonl` and say what became of it.

    Raises:
        BotNotFoundError: if nothing has been imported yet.
        DamagedBotError: if `messages.jsonl` is missing or cannot be understood.
        UnsortedMessagesError: if its messages are not in the order of time.
        UsageError: if `bot.toml` cannot be understood.
    """
    settings = bot.settings
    gaps = gaps_of(read_messages(bot), settings.pairs)
    tally: Counter[str] = Counter()
    dropped: Counter[Unfit] = Counter()
    waits = Waits()
    with atomic_folder(bot.pairs) as folder:
        with tempfile.TemporaryFile(dir=folder) as file:
            candidates = Candidates(file)
            for number, session in enumerate(_sessions(bot, gaps)):
                _count(session, tally)
                _sort_out(number, session, candidates, tally, dropped)
                waits.add(session)
            digest = _write(candidates, bot, folder, tally)
        counts = Counts(
            **{each.name: tally[each.name] for each in fields(Counts) if each.type is int},
            dropped_messages={reason: dropped[reason] for reason in UNFIT},
            turn_gap=gaps.turn,
            session_gap=gaps.session,
            timing=waits.timing(settings.timing),
        )
        manifest = {**asdict(counts), **_described(gaps), "sha256": digest}
        (folder / "manifest.json").write_text(json.dumps(manifest, indent=2) + "\n")
    return counts


def answers(number: int, session: Session) -> Iterator[Pair | Reason]:
    """For every turn of mine the pair that it makes, or the reason why it makes none.

    A pair holds what there is to learn in the turn, and up to `MAX_CONTEXT` turns before it, the
    last of which is theirs.

    Args:
        number: Of the session in the history.
    """
    lines = [line(turn) for turn in session.turns]
    for index, turn in enumerate(session.turns):
        if not turn.is_mine:
            continue
        if index == 0 or lines[index - 1].is_mine:
            yield "unprompted"
            continue
        found = target(turn)
        if isinstance(found, str):
            yield found
        else:
            context = tuple(lines[max(0, index - MAX_CONTEXT) : index])
            yield Pair(context, found, turn.sent_at, session=number, turn=index)


def pairs_hash(bot: Bot) -> str:
    """The SHA-256 of both files of pairs, from the manifest.

    Raises:
        DamagedBotError: if that is missing or cannot be understood.
    """
    path = bot.pairs / "manifest.json"
    try:
        return str(json.loads(path.read_bytes())["sha256"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise DamagedBotError(
            f"{path} is missing or damaged.", remedy="Import the conversation again."
        ) from error


def read_pairs(path: Path) -> list[Pair]:
    """The pairs in one of the files of `pairs/`.

    Raises:
        DamagedBotError: if it is missing or cannot be understood.
    """
    return list(records(path, _decoded))


def by_session(pairs: Sequence[Pair]) -> list[list[Pair]]:
    """The pairs of each session, in their order."""
    return [list(each) for _, each in groupby(pairs, key=lambda pair: pair.session)]


def sessions_of(bot: Bot) -> Iterator[Session]:
    """The sessions of `messages.jsonl` from which the pairs were made, as they begin.

    Raises:
        As `build_pairs`.
    """
    return _sessions(bot, gaps_of(read_messages(bot), bot.settings.pairs))


def _sessions(bot: Bot, gaps: Gaps) -> Iterator[Session]:
    return sessions(read_messages(bot), turn_gap=gaps.turn.length, session_gap=gaps.session.length)


def _count(session: Session, tally: Counter[str]) -> None:
    tally["sessions"] += 1
    tally["turns"] += len(session.turns)
    tally["messages"] += sum(len(turn.messages) for turn in session.turns)
    tally["my_turns"] += sum(turn.is_mine for turn in session.turns)


def _sort_out(
    number: int,
    session: Session,
    candidates: Candidates,
    tally: Counter[str],
    dropped: Counter[Unfit],
) -> None:
    for answer in answers(number, session):
        if isinstance(answer, Pair):
            candidates.add(_encoded(answer), session=number, fingerprint=fingerprint(answer))
            reasons = map(unfit, session.turns[answer.turn].messages)
            dropped.update(reason for reason in reasons if reason is not None)
        else:
            tally[answer] += 1


def _write(candidates: Candidates, bot: Bot, folder: Path, tally: Counter[str]) -> str:
    """Write the pairs into `folder`, and return the SHA-256 of both files, one after the other."""
    digest = hashlib.sha256()
    with (
        (folder / bot.train_pairs.name).open("wb") as train,
        (folder / bot.heldout_pairs.name).open("wb") as heldout,
    ):
        for part, pair in candidates.decided():
            tally[part] += 1
            if part != "near_duplicate":
                digest.update(pair)
                (train if part == "train" else heldout).write(pair)
    return digest.hexdigest()


def _described(gaps: Gaps) -> dict[str, Any]:
    return {
        f"{name}_gap": {"seconds": gap.length.total_seconds(), "origin": gap.origin}
        for name, gap in (("turn", gaps.turn), ("session", gaps.session))
    }


def _encoded(pair: Pair) -> bytes:
    record = {
        "context": [{"from": line.sender, "messages": line.texts} for line in pair.context],
        "reply": pair.reply,
        "sent_at": timestamp(pair.sent_at),
        "session": pair.session,
        "turn": pair.turn,
    }
    return _encode(record).encode() + b"\n"


def _decoded(encoded: bytes) -> Pair:
    try:
        record = json.loads(encoded)
        return Pair(
            context=tuple(
                Line(each["from"], tuple(each["messages"])) for each in record["context"]
            ),
            reply=tuple(record["reply"]),
            sent_at=datetime.fromisoformat(record["sent_at"]),
            session=record["session"],
            turn=record["turn"],
        )
    except (KeyError, TypeError, RecursionError) as error:
        raise ValueError("no pair") from error
