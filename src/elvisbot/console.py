"""What the commands show: tables, the progress of a training, problems.

Tables go to the standard output; everything that comes and goes, to the standard error.
"""

import contextlib
import json
import math
import sys
import time
import unicodedata
from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import partial
from types import TracebackType
from typing import TYPE_CHECKING, Any, Final, Self

import segno
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, Progress, TextColumn
from rich.table import Table
from rich.text import Text

from elvisbot.bots import Bot, Timing
from elvisbot.errors import ElvisBotError
from elvisbot.importing import Imported
from elvisbot.importing.parts import Part
from elvisbot.pairs import Counts
from elvisbot.pairs.gaps import Gap
from elvisbot.reactions import sign
from elvisbot.sources import CONTEXT, REACTION, USED, Person, Span

if TYPE_CHECKING:
    from elvisbot.delivery import Agreement
    from elvisbot.evaluation.scorecard import Scorecard
    from elvisbot.training.estimate import Estimate
    from elvisbot.training.loop import Step
    from elvisbot.training.run import Outcome, Score
    from elvisbot.web.invites import Invite

_BUCKETS: Final = {
    USED: "used: what was typed",
    CONTEXT: "context: pictures, apps, voices",
    REACTION: "reactions, attached where their message is known",
}

AT_ONCE: Final = 0.02
"""Seconds: an answer that comes sooner was not drawn."""

_MARKS: Final = {"reached": "[green]✓[/]", "near": "[yellow]~[/]", "missed": "[red]✗[/]"}

out: Final = Console(highlight=False)
err: Final = Console(stderr=True, highlight=False)


def complain(error: ElvisBotError) -> None:
    """Print a problem and its remedy."""
    _line(err, Text(_printable(error.problem), style="bold red"))
    _line(err, Text(_printable(error.remedy), style="red"))


def note(line: str) -> None:
    """Tell what is being done."""
    _line(err, Text(_printable(line), style="dim"))


def say(line: str) -> None:
    """Print a line that may hold markup on the standard output."""
    _line(out, Text.from_markup(line))


def print_json(document: Any) -> None:
    """Print one JSON document on the standard output."""
    is_unicode = (sys.stdout.encoding or "").lower().startswith("utf")
    sys.stdout.write(json.dumps(document, ensure_ascii=not is_unicode, indent=2) + "\n")


def print_people(people: Sequence[tuple[Person, Span]]) -> None:
    """A table of whom one texts."""
    table = Table(box=None, pad_edge=False)
    table.add_column("Person")
    for column in ("Messages", "Yours"):
        table.add_column(column, justify="right")
    for column in ("First", "Last"):
        table.add_column(column, no_wrap=True)
    table.add_column("By", style="dim")
    for person, span in people:
        others = [handle for handle in person.handles if handle != person.name]
        who = Text(_printable(person.name))
        who.append("".join(f"\n{_printable(handle)}" for handle in others), style="dim")
        days = (_day(moment) for moment in (span.first, span.last))
        named = {service: n for service, n in span.services.items() if service}
        by = (f"{_printable(service)} {n:,}" for service, n in named.items())
        table.add_row(who, f"{span.messages:,}", f"{span.mine:,}", *days, Text("\n".join(by)))
    out.print(table)


def _day(moment: datetime) -> str:
    """The day here; at either end of the calendar, where there may be none, that in UTC."""
    with contextlib.suppress(OverflowError):
        moment = moment.astimezone()
    return moment.date().isoformat()


def print_import(imported: Imported) -> None:
    """What was kept and what was dropped, by reason."""
    part, counts, changes = imported.part, imported.counts, imported.changes
    _print_ledger(part)
    for line in imported.notes:
        note(line)
    if imported.parts > 1:
        say(
            f"{imported.bot.name} is made of {imported.parts} conversations now; "
            f"{_counted(imported.duplicates, 'message')} were in two of them and count once."
        )
    say(
        f"[bold]{_counted(imported.messages, 'message')}[/] with "
        f"{_counted(len(imported.contacts), 'person', 'people')}: {changes.new:,} new, "
        f"{changes.edited:,} changed, {changes.gone:,} gone since the last import."
    )
    say(
        f"[bold]{_counted(counts.train, 'reply', 'replies')}[/] to learn from and "
        f"{counts.heldout:,} held out, in {_counted(counts.sessions, 'session')}."
    )
    _print_unlearnt(counts)
    note(
        f"A turn ends after {_span(counts.turn_gap)}, a session after "
        f"{_span(counts.session_gap)} of silence."
    )
    note(_pace(counts.timing))


def _print_unlearnt(counts: Counts) -> None:
    """Why there are fewer replies than turns of mine."""
    reasons = {
        "answered nothing": counts.unprompted,
        "held pictures alone": counts.placeholder_only,
        "were forwarded": counts.forwarded,
        "were bare links": counts.bare_link,
        "held codes": counts.one_time_code,
        "were written by apps": counts.app_filler,
        "were said to the same too often": counts.near_duplicate,
    }
    listed = ", ".join(f"{count:,} {reason}" for reason, count in reasons.items() if count)
    if listed:
        note(f"Of your {counts.my_turns:,} turns, {listed}.")


def _print_ledger(part: Part) -> None:
    """Every row of the history, by what became of it."""
    table = Table(box=None, pad_edge=False, show_header=False, show_footer=True)
    table.add_column(justify="right", footer=f"{part.rows:,}")
    table.add_column(footer="rows in the history")
    for bucket, rows in part.buckets.items():
        kept = bucket in (USED, CONTEXT)
        table.add_row(f"{rows:,}", Text(_BUCKETS.get(bucket, bucket), style="" if kept else "dim"))
    out.print(table)


def print_outcome(outcome: "Outcome", agreement: "Agreement", bot: Bot) -> None:
    """What a training achieved."""
    if outcome.bits_before is None:
        say("The history is too short to hold replies out and score the bot on them.")
    elif outcome.bits_after is not None:
        better = 1 - outcome.bits_after / outcome.bits_before
        say(
            f"Held-out bits per character: [bold]{outcome.bits_after:.3f}[/], "
            f"{better:.0%} below the untuned base's {outcome.bits_before:.3f} (less is closer)."
        )
    minutes, seconds = divmod(round(outcome.seconds), 60)
    say(
        f"{outcome.last.tokens:,} tokens in {minutes} min {seconds} s, "
        f"{outcome.last.tokens_per_second:,.0f} tokens/s while training."
    )
    print_agreement(agreement)
    if outcome.reactions is not None:
        favourite = escape(_printable(sign(outcome.reactions.favourite)))
        say(f"You react to {outcome.reactions.share:.0%} of their messages, most with {favourite}.")
    if outcome.epochs < 0.995 and not outcome.last.settled:
        say(f"It has seen {outcome.epochs:.0%} of the replies; more minutes make it better.")
    note(f"Next: elvisbot serve {bot.argument}   or: elvisbot chat {bot.argument}")


def print_agreement(agreement: "Agreement") -> None:
    """What rounding the weights cost."""
    if agreement.tokens:
        say(
            f"As {agreement.quantisation} it needs {agreement.served:.3f} nats for a held-out "
            f"token, where the trained model needs {agreement.trained:.3f}; they diverge by "
            f"{agreement.divergence:.4f}."
        )


class LiveLine:
    """A bar that grows, with a line of text; where the standard error is no terminal, a line of
    text every tenth of the way."""

    def __init__(self) -> None:
        self._bar: Progress | None = None
        self._reported = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.end()

    def show(self, progress: float, text: str) -> None:
        """Show how far it is, from 0 to 1."""
        if err.is_terminal:
            self._grow(progress, text)
        elif int(progress * 10) > self._reported:
            self._reported = int(progress * 10)
            note(f"{progress:4.0%} · {text}")

    def end(self) -> None:
        """Leave it as it is; the next one begins anew."""
        if self._bar is not None:
            self._bar.stop()
            self._bar = None

    def _grow(self, progress: float, text: str) -> None:
        if self._bar is None:
            columns = (BarColumn(bar_width=24), TextColumn("{task.percentage:>3.0f}%"))
            self._bar = Progress(*columns, TextColumn("{task.description}"), console=err)
            self._bar.start()
            self._bar.add_task(text, total=1.0)
        self._bar.update(self._bar.task_ids[0], completed=progress, description=text)


class AnsweringProgress(LiveLine):
    """How many messages the bot has answered, and the time left."""

    def __init__(self) -> None:
        super().__init__()
        self._began: tuple[float, int] | None = None
        self._last = 0.0

    def answered(self, count: int, total: int) -> None:
        """So many of them are answered."""
        now = time.monotonic()
        if self._began is None or now - self._last < AT_ONCE:
            self._began = (now, count)  # what was kept from before tells no pace
        self._last = now
        began, first = self._began
        pace = (now - began) / (count - first) if count > first else math.inf
        self.show(
            count / total,
            f"{count:,} of {total:,} answered · {_clock(pace * (total - count))} left",
        )


class TrainingProgress(LiveLine):
    """How far the training is: the loss, tokens a second, the time left."""

    def __init__(self) -> None:
        super().__init__()
        self._smoothed = math.nan

    def stage(self, line: str) -> None:
        """Something new begins."""
        self.end()
        note(line)

    def estimate(self, estimate: "Estimate") -> None:
        """It is known what the training will take."""
        self.end()
        minutes = math.ceil(estimate.seconds / 60)
        seen = f"; it will see {estimate.epochs:.0%} of the replies" if estimate.epochs < 1 else ""
        note(
            f"This takes about {_counted(minutes, 'minute')} and {estimate.memory / 1e9:.1f} GB of "
            f"memory{seen}. Ctrl-C ends it early and keeps what was learnt."
        )

    def score(self, score: "Score") -> None:
        """The bot was scored, and asked something."""
        self.end()
        best = "" if score.is_best else " (it was better before)"
        note(f"{score.bits:.3f} bits per character{best} · “{score.question}”")
        for text in score.answer or ("…",):
            note(f"    “{' '.join(text.split())}”")

    def step(self, step: "Step") -> None:
        """Another step is done."""
        first = math.isnan(self._smoothed)
        self._smoothed = step.loss if first else 0.9 * self._smoothed + 0.1 * step.loss
        figures = (
            f"loss {self._smoothed:.2f} · {step.tokens_per_second:,.0f} tokens/s · "
            f"{_clock(step.seconds_left)} left"
        )
        self.show(step.progress, figures)


def print_scorecard(scorecard: "Scorecard") -> None:
    """The figures of a bot beside those of others, and what they mean."""
    table = Table(box=None, pad_edge=False)
    table.add_column(scorecard.bot, no_wrap=True)
    for column in ("Score", "95 %", "They", "Base", "Parrot", "Stranger", "5-gram"):
        table.add_column(column, justify="right", no_wrap=True)
    for entry in scorecard.entries:
        shown = partial(_figure, is_share=entry.number.is_share)
        others = ["person", "base", "parrot", "stranger", "characters"]
        table.add_row(
            f"{_MARKS[entry.judgement]} {entry.number.title}",
            f"[bold]{shown(entry.figure.value)}[/]",
            f"{shown(entry.figure.low)}–{shown(entry.figure.high)}",
            *(shown(entry.references[k].value) if k in entry.references else "" for k in others),
        )
    out.print(table)
    for entry in scorecard.entries:
        say(f"{_MARKS[entry.judgement]} {entry.verdict} [dim]Target: {entry.number.target}.[/]")
    reached = sum(entry.judgement == "reached" for entry in scorecard.entries)
    say(
        f"[bold]{reached} of {len(scorecard.entries)}[/] targets reached, "
        f"on {_counted(scorecard.exchanges, 'unseen exchange')}."
    )


def _figure(value: float, *, is_share: bool) -> str:
    return f"{value:.0%}" if is_share else f"{value:.2f}"


def print_invite(link: str, who: str, bot: str) -> None:
    """A link, as text and as QR code."""
    say(f"For {escape(_printable(who))}, once, in the browser in which they will text with {bot}:")
    say("")
    out.print(link, soft_wrap=True, markup=False, highlight=False)
    if out.is_terminal:
        segno.make(link, error="l").terminal(compact=True)


def print_invites(invites: "Sequence[Invite]", bot: str) -> None:
    """A table of invites."""
    if not invites:
        note(f"Nobody is invited. Invite somebody: elvisbot invite {bot} --for WHO")
        return
    table = Table(box=None, pad_edge=False)
    for column in ("Id", "For", "Made", "Used"):
        table.add_column(column)
    for each in invites:
        used = f"{each.used_at:%Y-%m-%d}" if each.used_at else "not yet"
        table.add_row(each.id, Text(_printable(each.who)), f"{each.made_at:%Y-%m-%d}", used)
    out.print(table)


def print_bots(bots: Sequence[Mapping[str, Any]]) -> None:
    """A table of bots."""
    table = Table(box=None, pad_edge=False)
    for column in ("Bot", "Texts with", "Messages", "Trained from"):
        table.add_column(column, justify="right" if column == "Messages" else "left")
    for bot in bots:
        people = bot["contacts"]
        who = people[0] if len(people) == 1 else _counted(len(people), "person", "people")
        base = Text(bot["base"]) if bot["trained"] else Text("not trained yet", style="dim")
        table.add_row(Text(bot["name"]), Text(_printable(who)), f"{bot['messages']:,}", base)
    out.print(table)


def _line(console: Console, text: Text) -> None:
    """Print a line, which only a terminal breaks, so that paths and commands stay whole."""
    console.print(text, soft_wrap=not console.is_terminal)


def _printable(text: str) -> str:
    """`text` without the control characters that could command the terminal."""
    return "".join(each for each in text if each == "\n" or unicodedata.category(each) != "Cc")


def _counted(number: int, one: str, several: str | None = None) -> str:
    return f"{number:,} {one if number == 1 else several or f'{one}s'}"


def _span(gap: Gap) -> str:
    minutes = gap.length.total_seconds() / 60
    return f"{minutes:.3g} min ({gap.origin})"


def _pace(timing: Timing) -> str:
    """How long somebody takes, in words."""
    parts = []
    if timing.begin:
        soon, late = (_duration(of(timing.begin)) for of in (min, max))
        by_hour = soon if soon == late else f"{soon} to {late}, by the hour of the day,"
        parts.append(f"begin to answer after {by_hour}")
    if timing.pause != Timing.pause:
        few, many = (_duration(timing.typing(characters)) for characters in (10, 100))
        parts.append(f"take {few} for a further message of 10 characters and {many} for one of 100")
    if not parts:
        return "The times of the messages do not tell how long you take; the bot types as is usual."
    return f"You {' and '.join(parts)}."


def _duration(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 90 else f"{seconds / 60:.0f} min"


def _clock(seconds: float) -> str:
    if not math.isfinite(seconds):
        return "?"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes}:{rest:02}"
