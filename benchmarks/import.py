"""How fast, and in how little memory, a large chat.db is imported.

    python -m benchmarks.import [--rows 300000] [--runs 5] [--json FILE]

Builds a chat.db with made-up messages, two thirds of them in `attributedBody` alone, and measures,
in turns, each run in a process of its own:

    scan      SQLite reading the same columns of the same rows, nothing decoded: the limit
    read      rows to messages.jsonl
    import    the whole command, pairs included
    people    the whole command

The ratio is of read to scan. Memory is the most that the process held at once.
"""

import argparse
import json
import os
import random
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from elvisbot.bots import make_bot
from elvisbot.importing.merging import merge
from elvisbot.importing.parts import parts, read_part
from elvisbot.sample.chatdb import ChatDatabase
from elvisbot.sample.typedstream import attributed_body
from elvisbot.sources import Answers, imessage
from elvisbot.sources._imessage_rows import History
from elvisbot.sources._sqlite import opened

TEXT = """
ok yeah no so what about the one we saw haha lol omg really i think you should come over
tomorrow maybe later tonight 😂 ❤️ café naïve dinner train work tired home soon miss u
"""
WORDS = TEXT.split()
PEOPLE = 40


def build(path: Path, rows: int) -> None:
    """A made-up history of 10 years: bursts, silences, reactions, pictures, edits, SMS."""
    chance = random.Random(0)
    moment = datetime(2014, 1, 1, tzinfo=UTC)
    with ChatDatabase(path) as database:
        guid = ""
        for row in range(rows):
            moment += timedelta(seconds=chance.choice((5, 9, 20, 60, 240, 3000)))
            person = f"+1555010{chance.randrange(PEOPLE):04}"
            service = "SMS" if chance.random() < 0.15 else "iMessage"
            chat = database.conversation(person, service)
            sender = None if chance.random() < 0.5 else person
            kind = chance.random()
            if kind < 0.04 and guid:
                reaction: dict[str, Any] = {
                    "associated_message_type": 2000,
                    "associated_message_guid": f"p:0/{guid}",
                }
                database.message(chat, sender, moment, text="Loved “ok”", **reaction)
            elif kind < 0.07:
                database.attachment_message(chat, sender, moment, "a.heic", "image/heic")
            else:
                text = " ".join(chance.choices(WORDS, k=chance.randrange(1, 16)))
                in_body = row % 3 > 0
                guid = database.guid()
                database.message(
                    chat,
                    sender,
                    moment,
                    guid=guid,
                    text=None if in_body else text,
                    attributedBody=attributed_body(text),
                    service=service,
                )


def scan(path: Path, folder: Path) -> None:
    with opened(path) as database:
        query = History(database, ()).select("message.ROWID > ?")
        for _ in database.rows(query, -1):
            pass


def read(path: Path, folder: Path) -> None:
    bot = make_bot(folder.name)
    with imessage.opened(path, Answers()) as history:
        read_part(bot.imports, "imessage", path, history, None)
    merge(parts(bot.imports), bot.messages)


def command(*arguments: str) -> None:
    from elvisbot.cli import elvisbot

    elvisbot.main(arguments, standalone_mode=False)


TASKS: dict[str, Callable[[Path, Path], None]] = {
    "scan": scan,
    "read": read,
    "import": lambda path, folder: command(
        "import", folder.name, "--with", "everyone", str(path), "--json"
    ),
    "people": lambda path, folder: command("people", str(path), "--json"),
}


def measured(task: str, path: Path) -> tuple[float, float]:
    """Seconds and MiB of one run of a task."""
    with tempfile.TemporaryDirectory() as home:
        environment = os.environ | {"ELVISBOT_HOME": home}
        run = [sys.executable, "-m", "benchmarks.import", "--task", task, "--database", str(path)]
        ended = subprocess.run(run, env=environment, check=True, capture_output=True, text=True)
    seconds, memory = ended.stderr.split()[-2:]
    return float(seconds), float(memory)


def run_task(task: str, path: Path) -> None:
    started = time.perf_counter()
    TASKS[task](path, Path("Bench"))
    seconds = time.perf_counter() - started
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    mebibytes = peak / (1 << 20 if sys.platform == "darwin" else 1 << 10)
    print(seconds, mebibytes, file=sys.stderr)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rows", type=int, default=300_000)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there")
    parser.add_argument("--task", choices=TASKS, help=argparse.SUPPRESS)
    parser.add_argument("--database", type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.task:
        run_task(arguments.task, arguments.database)
        return
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "chat.db"
        build(path, arguments.rows)
        rounds = [{task: measured(task, path) for task in TASKS} for _ in range(arguments.runs)]
    report(arguments.rows, rounds, arguments.json)


def report(rows: int, rounds: list[dict[str, tuple[float, float]]], file: Path | None) -> None:
    figures = {
        task: {
            "seconds": round(statistics.median(each[task][0] for each in rounds), 2),
            "peak_mib": round(max(each[task][1] for each in rounds)),
        }
        for task in TASKS
    }
    ratio = round(statistics.median(each["read"][0] / each["scan"][0] for each in rounds), 2)
    print(f"{rows:,} rows, medians of {len(rounds)} runs")
    for task, figure in figures.items():
        rate = rows / figure["seconds"]
        print(f"{task:8}{figure['seconds']:8.2f} s {rate:12,.0f} rows/s {figure['peak_mib']:6} MiB")
    print(f"read / scan: {ratio:.2f}")
    if file:
        file.write_text(json.dumps({"rows": rows, "ratio": ratio, **figures}, indent=2) + "\n")


if __name__ == "__main__":
    main()
