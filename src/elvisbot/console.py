"""What the commands show: tables, the progress of a training, problems.

Tables go to the standard output; everything that comes and goes, to the standard error.
"""

import json
import math
import sys
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from types import TracebackType
from typing import TYPE_CHECKING, Any, Final

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn
from rich.table import Table
from rich.text import Text

from elvisbot.errors import ElvisBotError
from elvisbot.importing import Imported
from elvisbot.sources import USED, Person

if TYPE_CHECKING:
    from elvisbot.training.loop import Step
    from elvisbot.training.run import Outcome

out: Final = Console(highlight=False)
err: Final = Console(stderr=True, highlight=False)


def complain(error: ElvisBotError) -> None:
    """Print a problem and its remedy."""
    err.print(Text(error.problem, style="bold red"))
    err.print(Text(error.remedy, style="red"))


def note(line: str) -> None:
    """Tell what is being done."""
    err.print(Text(line, style="dim"))


def print_json(document: Any) -> None:
    """Print one JSON document on the standard output."""
    sys.stdout.write(json.dumps(document, ensure_ascii=False, indent=2) + "\n")


def print_people(people: Sequence[Person]) -> None:
    """A table of whom one texts."""
    table = Table(box=None, pad_edge=False)
    table.add_column("Person")
    table.add_column("Messages", justify="right")
    table.add_column("First")
    table.add_column("Last")
    for person in people:
        also = [handle for handle in person.handles if handle != person.name]
        who = Text(person.name).append("".join(f"\n{handle}" for handle in also), style="dim")
        days = (moment.astimezone().strftime("%Y-%m-%d") for moment in (person.first, person.last))
        table.add_row(who, f"{person.messages:,}", *days)
    out.print(table)


def print_import(imported: Imported) -> None:
    """What was kept and what was dropped, by reason."""
    table = Table(box=None, pad_edge=False, show_header=False)
    table.add_column(justify="right")
    table.add_column()
    dropped = sorted(imported.buckets.items(), key=lambda bucket: -bucket[1])
    for bucket, rows in dropped:
        if rows and bucket != USED:
            table.add_row(f"{rows:,}", Text(bucket, style="dim"))
    counts, people = imported.counts, len(imported.contacts)
    out.print(
        f"[bold]{imported.messages:,} messages[/] with {people:,} "
        f"{'person' if people == 1 else 'people'} kept, of {imported.rows:,} rows. Left out:"
    )
    out.print(table)
    out.print(
        f"[bold]{counts.train:,} replies[/] to learn from and {counts.heldout:,} held out, "
        f"in {counts.sessions:,} sessions."
    )
    out.print(Text(f"Next: elvisbot train {imported.bot.name}", style="dim"))


def print_outcome(outcome: "Outcome", name: str) -> None:
    """What a training achieved."""
    if outcome.bits_before is None or outcome.bits_after is None:
        out.print("The history is too short to hold replies out and score the bot on them.")
    else:
        better = 1 - outcome.bits_after / outcome.bits_before
        out.print(
            f"Held-out bits per character: [bold]{outcome.bits_after:.3f}[/], "
            f"{better:.0%} below the untuned base's {outcome.bits_before:.3f} (less is closer)."
        )
    minutes, seconds = divmod(round(outcome.seconds), 60)
    out.print(
        f"{outcome.last.tokens:,} tokens in {minutes} min {seconds} s, "
        f"{outcome.last.tokens_per_second:,.0f} tokens/s while training."
    )
    out.print(Text(f"Next: elvisbot serve {name}   or: elvisbot chat {name}", style="dim"))


class TrainingProgress(AbstractContextManager["TrainingProgress"]):
    """A live line: how far, the loss, tokens a second, the time left.

    Where the standard error is not a terminal, a line every tenth of the way.
    """

    def __init__(self) -> None:
        self._bar: Progress | None = None
        self._smoothed = math.nan
        self._reported = 0

    def __enter__(self) -> "TrainingProgress":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._end()

    def stage(self, line: str) -> None:
        """Something new begins."""
        self._end()
        note(line)

    def step(self, step: "Step") -> None:
        """Another step is done."""
        first = math.isnan(self._smoothed)
        self._smoothed = step.loss if first else 0.9 * self._smoothed + 0.1 * step.loss
        figures = (
            f"loss {self._smoothed:.2f} · {step.tokens_per_second:,.0f} tokens/s · "
            f"{_clock(step.seconds_left)} left"
        )
        if err.is_terminal:
            self._show(step.progress, figures)
        elif int(step.progress * 10) > self._reported:
            self._reported = int(step.progress * 10)
            note(f"{step.progress:4.0%} · {figures}")

    def _show(self, progress: float, figures: str) -> None:
        if self._bar is None:
            columns = (BarColumn(bar_width=24), TextColumn("{task.percentage:>3.0f}%"))
            self._bar = Progress(*columns, TextColumn("{task.description}"), console=err)
            self._bar.start()
            self._bar.add_task(figures, total=1.0)
        task = self._bar.task_ids[0]
        self._bar.update(task, completed=progress, description=figures)

    def _end(self) -> None:
        if self._bar is not None:
            self._bar.stop()
            self._bar = None


def print_bots(bots: Sequence[Mapping[str, Any]]) -> None:
    """A table of bots."""
    table = Table(box=None, pad_edge=False)
    for column in ("Bot", "Messages", "Base", "Ready"):
        table.add_column(column, justify="right" if column == "Messages" else "left")
    for bot in bots:
        ready = "yes" if bot["trained"] else "not trained"
        table.add_row(Text(bot["name"]), f"{bot['messages']:,}", Text(bot["base"]), ready)
    out.print(table)


def _clock(seconds: float) -> str:
    if not math.isfinite(seconds):
        return "?"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes}:{rest:02}"
