"""Which of a person's earlier replies are most like their later ones.

    python -m benchmarks.drift HOME [SENDER …] [--json FILE]

People change how they text. For senders of chitchat-dataset, unless named the 14 with the most
messages without those of benchmarks.likeness, 300 replies at a time are compared with as many
drawn, with replacement, from the replies before them: from the last 100, 200 … or from all. The
distance in habits is given over that to the 300 replies just before, as in the scorecard's
`style_ratio`: so it is what a bot would score that had learnt nothing but those replies, and learnt
them perfectly. Bots without a model stay in HOME. Under ten minutes.
"""

import argparse
import json
import os
import random
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from statistics import fmean
from typing import Final

import numpy as np

from benchmarks.likeness import SENDERS, import_sender
from elvisbot.bots import open_bot
from elvisbot.demo import CHITCHAT
from elvisbot.evaluation import style
from elvisbot.evaluation.answers import EXCHANGES
from elvisbot.evaluation.style import Reply
from elvisbot.packages import package_file
from elvisbot.pairs import read_pairs

COUNT: Final = 14
"""Senders."""

WINDOWS: Final = (100, 200, 300, 500, 800, 1200, 2000, sys.maxsize)
"""So many of the latest replies are drawn from."""

MIN_BEFORE: Final = 900
"""Replies, without which the larger windows would be one and the same."""

APART: Final = 600
"""Replies from one comparison to the next of the same person."""

MAX_COMPARISONS: Final = 6
"""Of one person, so that no chatterbox decides alone."""

DRAWS: Final = 4


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("home", type=Path, help="a folder for the bots")
    parser.add_argument("senders", nargs="*", help="of chitchat-dataset")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there")
    arguments = parser.parse_args()
    os.environ["ELVISBOT_HOME"] = str(arguments.home.resolve())
    dataset = package_file(CHITCHAT, tell=lambda line: print(line, file=sys.stderr))
    print(f"{'':10}" + "".join(f"{_named(window):>8}" for window in WINDOWS))
    rows: dict[str, list[float]] = {}
    for sender in arguments.senders or _chattiest(dataset):
        import_sender(sender, dataset, arguments.home)
        replies = [pair.reply for pair in read_pairs(open_bot(sender[:8]).train_pairs)]
        if found := list(_comparisons(replies)):
            rows[sender[:8]] = list(np.mean(found, axis=0))
            _show(sender[:8], rows[sender[:8]])
    _show("mean", list(np.mean(list(rows.values()), axis=0)))
    if arguments.json:
        figures = {
            who: dict(zip(map(_named, WINDOWS), row, strict=True)) for who, row in rows.items()
        }
        arguments.json.write_text(json.dumps(figures, indent=2) + "\n")


def _chattiest(dataset: Path) -> list[str]:
    """The senders with the most messages, without those whom benchmarks.likeness takes."""
    conversations = json.loads(dataset.read_text(encoding="utf-8"))
    sent = Counter(
        message["sender"]
        for conversation in conversations.values()
        for turn in conversation["messages"]
        for message in turn
    )
    return [sender for sender, _ in sent.most_common() if sender not in SENDERS][:COUNT]


def _comparisons(replies: Sequence[Reply]) -> Iterator[list[float]]:
    """For 300 replies at several times, the distance of the replies of each window from them."""
    ends = range(len(replies) - EXCHANGES, MIN_BEFORE, -APART)
    for end in ends[:MAX_COMPARISONS]:
        yield _compared(replies[:end], replies[end : end + EXCHANGES])


def _compared(before: Sequence[Reply], later: Sequence[Reply]) -> list[float]:
    habits = style.Habits(before)

    def apart(earlier: Sequence[Reply]) -> float:
        ours, theirs = habits.tables(earlier, later)
        return style.distance(ours, theirs)

    own = apart(before[-EXCHANGES:])
    return [
        fmean(
            apart(random.Random(seed).choices(before[-window:], k=EXCHANGES))
            for seed in range(DRAWS)
        )
        / own
        for window in WINDOWS
    ]


def _named(window: int) -> str:
    return "all" if window == sys.maxsize else str(window)


def _show(who: str, row: Sequence[float]) -> None:
    print(f"{who:10}" + "".join(f"{ratio:8.3f}" for ratio in row), flush=True)


if __name__ == "__main__":
    main()
