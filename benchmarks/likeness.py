"""How like different people their bots become with nothing but the defaults.

    python -m benchmarks.likeness HOME [SENDER …] [--json FILE]

For each sender of chitchat-dataset, the demo's and two others unless named, the history becomes a
chat.db, and `elvisbot import`, `train` and `score` run as they would for anybody, once. Bots and
scorecards stay in HOME. About half an hour each.
"""

import argparse
import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any, Final

from elvisbot.demo import CHITCHAT
from elvisbot.evaluation.scorecard import NUMBERS
from elvisbot.packages import package_file
from elvisbot.sample import ME, write_sample_history

SENDERS: Final = (
    ME,
    "a54af4d5-736a-4ef6-8f51-f45b6c5fdab7",
    "afe2b8b4-deb6-4f94-849b-8cc59a6140bd",
)
"""The second and the third had no part in any choice of the recipe, but for the words in capitals,
which were counted for the third, too."""


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("home", type=Path, help="a folder for the bots")
    parser.add_argument("senders", nargs="*", default=SENDERS, help="of chitchat-dataset")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there")
    arguments = parser.parse_args()
    os.environ["ELVISBOT_HOME"] = str(arguments.home.resolve())
    dataset = package_file(CHITCHAT, tell=lambda line: print(line, file=sys.stderr))
    figures: dict[str, Any] = {}
    for sender in arguments.senders:
        figures[sender] = found = _one(sender, dataset, arguments.home)
        replies = found["replies"]
        print(f"{sender}: {replies:,} replies, trained for {found['training']['seconds']:.0f} s")
        for number in NUMBERS:
            figure = found[number.key]
            low, high = figure["low"], figure["high"]
            print(f"  {number.key:22}{figure['value']:8.2f}  ({low:.2f} to {high:.2f})", flush=True)
    if arguments.json:
        arguments.json.write_text(json.dumps(figures, indent=2) + "\n")


def _one(sender: str, dataset: Path, home: Path) -> dict[str, Any]:
    """The scorecard of one sender's bot, and how it came about."""
    name = sender[:8]
    imported = import_sender(sender, dataset, home)
    trained = _elvisbot("train", name)
    began = time.monotonic()
    scored = _elvisbot("score", name)
    return {
        **scored,
        "replies": imported["pairs"]["train"],
        "training": trained,
        "scoring_seconds": time.monotonic() - began,
    }


def import_sender(sender: str, dataset: Path, home: Path) -> dict[str, Any]:
    """Make the bot named by the first eight letters of `sender`; what its import says."""
    name = sender[:8]
    history = home / ".cache" / "samples" / f"{name}.db"
    write_sample_history(dataset, history, me=sender)
    return _elvisbot("import", name, "--with", "everyone", str(history))


def _elvisbot(*command: str) -> dict[str, Any]:
    ended = subprocess.run(
        [sys.executable, "-m", "elvisbot", *command, "--json"], stdout=subprocess.PIPE, text=True
    )
    if ended.returncode:
        sys.exit(ended.returncode)
    found: dict[str, Any] = json.loads(ended.stdout)
    return found


if __name__ == "__main__":
    main()
