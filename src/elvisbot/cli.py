"""The command line: one command for each stage.

Heavy parts are imported by the commands that need them, so that `elvisbot --help` is quick.
"""

import os
import shlex
import shutil
import sys
import tempfile
import webbrowser
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click
from click.types import FloatParamType

from elvisbot import __version__
from elvisbot.bots import (
    MAX_CONTEXT,
    Recipe,
    all_bots,
    home,
    open_bot,
    open_bot_or_folder,
    storage_errors,
)
from elvisbot.errors import MissingExtraError, NeedsAnswerError, UsageError

if TYPE_CHECKING:
    from elvisbot.bots import Bot, Pairing
    from elvisbot.engines import Engine
    from elvisbot.importing import Imported
    from elvisbot.sources import Answers


class Group(click.Group):
    """Lists the commands in the order of the work, as they stand in this module."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(self.commands)


class Positive(FloatParamType):
    """A number above 0."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        number = super().convert(value, param, ctx)
        if not number > 0:  # which is so of "nan", too
            self.fail(f"{value!r} is not a number above 0.", param, ctx)
        return number


EVERYONE = "everyone"
DEFAULT_ENGINE = "llama_cpp"
DATES = ("day-first", "month-first")
BACKUP_PASSWORD = "ELVISBOT_BACKUP_PASSWORD"
Result = TypeVar("Result")
TRAINING_LIBRARIES = {
    "gguf",
    "huggingface_hub",
    "lambdag",
    "numpy",
    "peft",
    "psutil",
    "regex",
    "safetensors",
    "sklearn",
    "torch",
    "transformers",
}

json_option = click.option(
    "--json", "as_json", is_flag=True, help="Print one JSON document and nothing else."
)
history_argument = click.argument(
    "path", required=False, type=click.Path(path_type=Path), metavar="[PATH]"
)
me_option = click.option(
    "--me",
    multiple=True,
    metavar="NAME",
    help="Your name in the history, for the apps whose exports do not tell; again for another one.",
)
dates_option = click.option(
    "--dates",
    type=click.Choice(DATES),
    help="How the dates of an export are written, where they do not tell.",
)
port_option = click.option(
    "--port",
    type=click.IntRange(0, 65535),
    metavar="PORT",
    help="Where to serve; by default 5000, or the next free one.",
)
browser_option = click.option(
    "--browser/--no-browser", default=True, help="Whether to open it in the browser."
)
engine_option = click.option(
    "--engine",
    default=DEFAULT_ENGINE,
    show_default=True,
    metavar="ENGINE",
    help="What runs the model: llama_cpp; transformers, the reference, with the extra [train]; "
    "openai, a server at --url; or echo, which needs none and repeats what you say.",
)
url_option = click.option(
    "--url",
    metavar="URL",
    help="With --engine openai: the server, llama-server or vLLM, that has the bot's model.",
)


@click.group(cls=Group, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="elvisbot")
def elvisbot() -> None:
    """A private bot that texts the way you do, made from your own message history.

    \b
    elvisbot people                         whom you text
    elvisbot import alex --with "+1 555…"   make the bot alex from one conversation
    elvisbot train alex                     teach it
    elvisbot serve alex                     text with it in your browser

    No history at hand? elvisbot demo goes the whole way with a real person's chat.
    """


@elvisbot.command()
@history_argument
@me_option
@dates_option
@json_option
def people(path: Path | None, me: tuple[str, ...], dates: str | None, as_json: bool) -> None:
    """List whom you text, most first.

    PATH is a message history; by default the Messages of this Mac. See import.
    """
    from elvisbot import console, sources

    history_path = path or sources.default_path()
    source = sources.load(sources.recognised(history_path))

    def listed(answers: "Answers") -> list[tuple["sources.Person", "sources.Span"]]:
        with source.opened(history_path, answers) as history:
            spans = history.spans()
            known = [(each, spans[each.key]) for each in history.people if each.key in spans]
            for line in history.notes:
                console.note(line)
        return sorted(known, key=lambda each: (-each[1].messages, each[0].name))

    found = _asking(listed, me, dates)
    if as_json:
        console.print_json(
            [
                {
                    "name": person.name,
                    "handles": person.handles,
                    "messages": span.messages,
                    "mine": span.mine,
                    "services": span.services,
                    "first": span.first.isoformat(),
                    "last": span.last.isoformat(),
                }
                for person, span in found
            ]
        )
    elif found:
        console.print_people(found)
    else:
        console.note("There is no text in any one-to-one conversation there.")


@elvisbot.command("import")
@click.argument("name")
@click.option(
    "--with",
    "who",
    required=True,
    metavar="WHO",
    help="Whom you text with: a name, or a number or address in any spelling, or a part of one; "
    "or everyone, for all one-to-one conversations.",
)
@history_argument
@me_option
@dates_option
@click.option(
    "--turn-gap",
    type=Positive(),
    metavar="MINUTES",
    help="Messages further apart are two turns; by default learned from the conversation.",
)
@click.option(
    "--session-gap",
    type=Positive(),
    metavar="MINUTES",
    help="After so long a silence a new conversation begins; by default learned.",
)
@click.option("--anew", is_flag=True, help="Forget what was imported into the bot before.")
@json_option
def import_(
    name: str,
    who: str,
    path: Path | None,
    me: tuple[str, ...],
    dates: str | None,
    turn_gap: float | None,
    session_gap: float | None,
    anew: bool,
    as_json: bool,
) -> None:
    """Make the bot NAME from one conversation.

    Prints what was kept and what was dropped, by reason. PATH is a message history, which is only
    read and whose kind is recognised: a Mac's chat.db (by default that of this Mac), an iPhone
    backup, or an export of WhatsApp, Telegram, Messenger, Instagram, Discord or Android.

    Reading the same PATH again takes in what is new and edited; another PATH adds to the bot, and
    what is in both counts once. The bot keeps its model.
    """
    from elvisbot import console
    from elvisbot.importing import import_history

    if path is None and Path(name).exists() and Path(name).name != name:
        raise click.UsageError(f"NAME is missing: {name} is a path.")

    def run(answers: "Answers") -> "Imported":
        return import_history(
            name,
            who=None if who.casefold() == EVERYONE else who,
            path=path,
            answers=answers,
            pairing=_pairing(turn_gap, session_gap),
            anew=anew,
            tell=console.note,
        )

    imported = _asking(run, me, dates)
    if as_json:
        console.print_json(imported.as_json())
    else:
        console.print_import(imported)
        _print_next(imported, who, path, me, dates)


@elvisbot.command()
@click.argument("name")
@click.option(
    "--base",
    default=Recipe.base,
    show_default=True,
    metavar="BASE",
    help="The model to start from: smollm2-135m, smollm2-360m, smollm2-1.7b, qwen3-0.6b, "
    "qwen3-1.7b, dialogpt-small, dialogpt-medium, dialogpt-large, a folder, or a hub id such as "
    "owner/model or owner/model@commit.",
)
@click.option(
    "--method",
    type=click.Choice(["lora", "full"]),
    default="lora",
    show_default=True,
    help="lora trains small matrices beside the weights; full, all weights, with more memory.",
)
@click.option(
    "--epochs",
    type=Positive(),
    default=1.0,
    show_default=True,
    metavar="NUMBER",
    help="Passes over your replies.",
)
@click.option(
    "--minutes",
    type=Positive(),
    metavar="NUMBER",
    help="Take no longer than this, loading and scoring included.",
)
@click.option(
    "--context",
    type=click.IntRange(0, MAX_CONTEXT),
    metavar="TURNS",
    help="How many turns of the conversation, besides the one that it answers, the bot sees at "
    "least: 6, unless an earlier training set another number. 0 teaches it single questions and "
    "answers.",
)
@click.option(
    "--resume/--no-resume",
    default=True,
    help="Whether to go on with a training that was interrupted; by default it does.",
)
@json_option
def train(
    name: str,
    base: str,
    method: str,
    epochs: float,
    minutes: float | None,
    context: int | None,
    resume: bool,
    as_json: bool,
) -> None:
    """Teach the bot NAME to text the way you do.

    Needs the extra [train]. Says first how long it takes and how much memory it needs. Ctrl-C ends
    the training early and keeps the best of what was learnt so far; the same command goes on with
    it, also after a crash.
    """
    bot = open_bot(name)
    bot.require_import()
    with _training_libraries():
        from elvisbot import console
        from elvisbot.delivery import Agreement, deliver
        from elvisbot.evaluation.calibration import calibrate
        from elvisbot.training.probing import Probe
        from elvisbot.training.run import Reporter, Request
        from elvisbot.training.run import train as run_training

    agreements: list[Agreement] = []

    def export(model: Path, probes: "Sequence[Probe]") -> None:
        agreements.append(deliver(bot, model, probes))

    request = Request(
        base=base,
        method="full" if method == "full" else "lora",
        epochs=epochs,
        minutes=minutes,
        context_turns=context,
        resume=resume,
    )
    with console.TrainingProgress() as progress:
        reporter = Reporter(progress.stage, progress.step, progress.estimate, progress.score)
        outcome = run_training(bot, request, reporter=reporter, export=export, calibrate=calibrate)
    if outcome is None:
        return
    (agreement,) = agreements
    if as_json:
        console.print_json({"bot": bot.name, **outcome.as_json(), **agreement.as_json()})
    else:
        console.print_outcome(outcome, agreement, bot)


@elvisbot.command()
@click.argument("name")
@engine_option
@url_option
@json_option
def score(name: str, engine: str, url: str | None, as_json: bool) -> None:
    """Say how like you the bot NAME texts.

    Needs the extra [train]. The bot answers the latest messages that it has not learnt from, and
    its replies are compared with yours. Writes scorecard.json and report.html into the bot's
    folder. The replies are kept, so that a second time is quick.
    """
    bot = open_bot(name)
    bot.require_model()
    with _training_libraries():
        from elvisbot import console
        from elvisbot.evaluation.score import Reporter, save
        from elvisbot.evaluation.score import score as run_score

    with console.AnsweringProgress() as progress:
        reporter = Reporter(console.note, progress.answered)
        scored = run_score(bot, engine, reporter, url=url)
    save(bot, scored)
    if as_json:
        console.print_json(scored.scorecard.as_json())
    else:
        console.print_scorecard(scored.scorecard)
        console.note(f"Scored in {scored.seconds:.0f} s, without the time that the replies took.")
        console.note(f"The whole report, with its replies beside yours: {bot.report}")


@elvisbot.command()
@click.argument("name")
@engine_option
@url_option
def chat(name: str, engine: str, url: str | None) -> None:
    """Text with the bot NAME in the terminal.

    Every line you enter is one message. Ctrl-D ends it.
    """
    from elvisbot.reactions import read_reactions
    from elvisbot.replies import Replier
    from elvisbot.terminal import talk

    bot = open_bot_or_folder(name)
    reactions = read_reactions(bot.reactions)
    with _loaded(engine, bot, url) as loaded:
        talk(Replier(loaded, bot.settings, reactions=reactions), bot.shown_name)


@elvisbot.command()
@click.argument("name")
@click.option(
    "--host",
    default="127.0.0.1",
    show_default=True,
    metavar="ADDRESS",
    help="The address to serve on; 0.0.0.0 is every one of this machine. Others can reach it only "
    "once somebody is invited.",
)
@port_option
@browser_option
@click.option(
    "--real-time",
    is_flag=True,
    help="Wait as long as the person would, hours if need be; by default as long as the patience "
    "in bot.toml says.",
)
@engine_option
@url_option
def serve(
    name: str,
    host: str,
    port: int | None,
    browser: bool,
    real_time: bool,
    engine: str,
    url: str | None,
) -> None:
    """Text with the bot NAME in your browser.

    The web app stores no conversation. It is for this machine alone, until you invite somebody.
    """
    from elvisbot import console
    from elvisbot.reactions import read_reactions
    from elvisbot.replies import Replier
    from elvisbot.web import create_app, serving
    from elvisbot.web.defences import LOOPBACK_NAMES
    from elvisbot.web.invites import Invites

    bot = open_bot_or_folder(name)
    web = bot.settings.web
    invites = Invites(bot) if web.url else None
    reactions = read_reactions(bot.reactions)
    hosts = {*LOOPBACK_NAMES, *([web.host] if web.url else [])}
    with (
        serving.listen(host, port, to_others=invites is not None) as listener,
        _loaded(engine, bot, url) as loaded,
    ):
        app = create_app(
            Replier(loaded, bot.settings, reactions=reactions, real_time=real_time),
            name=bot.shown_name,
            model=loaded.description,
            allowed_hosts=hosts,
            invites=invites,
            is_secure=web.is_secure,
        )
        address = serving.url(listener)
        if invites is None:
            console.say(f"Text with {bot.shown_name} at [bold]{address}[/] (Ctrl-C ends it)")
            if browser and _has_screen():
                webbrowser.open(address)
        else:
            console.say(f"Whoever has an invite finds {bot.shown_name} at [bold]{web.url}[/]")
            console.note(f"It is served at {address}. Ctrl-C ends it.")
            console.note(f"An invite for yourself: elvisbot invite {bot.argument} --for me")
        serving.serve(app, listener)


@elvisbot.command()
@click.argument("name")
@click.option("--for", "who", required=True, metavar="WHO", help="Whom you invite.")
@click.option(
    "--url",
    metavar="URL",
    help="Where they find the bot, such as https://bot.example.org; it is kept for the next time.",
)
@json_option
def invite(name: str, who: str, url: str | None, as_json: bool) -> None:
    """Invite somebody to text with the bot NAME.

    Prints a link, and the same as a QR code. It works once, for the browser in which it is opened.
    From the first invite on, elvisbot serve lets nobody in without one.
    """
    from elvisbot import console
    from elvisbot.web.invites import Invites

    bot = open_bot_or_folder(name)
    settings = bot.settings
    if url is not None:
        try:
            settings = replace(settings, web=replace(settings.web, url=url.rstrip("/")))
        except ValueError as error:
            raise UsageError(f"{url} is no such address.", remedy=f"The {error}.") from error
    if not settings.web.url:
        raise UsageError(
            f"Nobody knows yet where {bot.name} will be found.",
            remedy=f"Say it: elvisbot invite {bot.argument} --for WHO --url https://bot.example.org",
        )
    token = Invites(bot).make(who)
    bot.save(settings)
    link = f"{settings.web.url}/join/{token}"
    if as_json:
        console.print_json({"bot": bot.name, "id": token.partition(".")[0], "link": link})
    else:
        console.print_invite(link, who, bot.shown_name)


@elvisbot.command()
@click.argument("name")
@click.option("--revoke", metavar="ID", help="Take this invite back: it lets nobody in any more.")
@json_option
def invites(name: str, revoke: str | None, as_json: bool) -> None:
    """List who is invited to the bot NAME, or take an invite back."""
    from elvisbot import console
    from elvisbot.web.invites import Invites

    bot = open_bot_or_folder(name)
    known = Invites(bot)
    if revoke is not None:
        console.note(f"The invite for {known.revoke(revoke).who} is taken back.")
    if as_json:
        console.print_json(
            [
                {
                    "id": each.id,
                    "for": each.who,
                    "made_at": each.made_at.isoformat(),
                    "used_at": each.used_at and each.used_at.isoformat(),
                }
                for each in known.all()
            ]
        )
    elif revoke is None:
        console.print_invites(known.all(), bot.argument)


@elvisbot.command()
@click.argument("name")
@port_option
@browser_option
def quiz(name: str, port: int | None, browser: bool) -> None:
    """Find out whether people can tell the bot NAME from the person.

    A blind test for somebody who knows them: up to 40 exchanges that the bot has never seen, two
    replies to each, and one question: which one is real? It is served on this machine only and can
    be left and resumed. At the end it says how often the bot was taken for the person.
    """
    from elvisbot import console, engines
    from elvisbot.evaluation.answers import answers, heldout_pairs
    from elvisbot.quiz import Exchange, Quiz, Result, create_app
    from elvisbot.web import serving

    bot = open_bot(name)
    bot.require_model()
    pairs = heldout_pairs(bot)

    def load(key: str, bot: "Bot") -> "Engine":
        console.note(f"{bot.name} first answers {len(pairs)} held-out messages, which are kept.")
        console.note("It can be stopped with Ctrl-C; the same command goes on with it.")
        return engines.load(key, bot)

    def tell(result: Result) -> None:
        console.say(result.figure(bot.name))
        console.say(result.meaning(bot.name))

    with serving.listen(port=port) as listener:
        exchanges: list[Exchange] = []
        with console.AnsweringProgress() as progress:
            drawn = answers(bot, pairs, load, engine=DEFAULT_ENGINE)
            for pair, answer in zip(pairs, drawn, strict=True):
                exchanges.append(Exchange(pair, answer))
                progress.answered(len(exchanges), len(pairs))
        app = create_app(Quiz(bot, exchanges, when_over=tell))
        address = serving.url(listener)
        console.say(f"Take the quiz at [bold]{address}[/] (Ctrl-C ends it)")
        if browser and _has_screen():
            webbrowser.open(address)
        serving.serve(app, listener)


@elvisbot.command()
@click.argument("name")
@click.option(
    "--to",
    "target",
    required=True,
    type=click.Choice(["folder", "ollama", "gguf"]),
    help="folder is all that elvisbot serve needs on another machine; ollama, a model for Ollama; "
    "gguf, the file for llama.cpp alone.",
)
@click.option(
    "--quant",
    type=click.Choice(["f16", "q8_0", "q6_k", "q5_k_m", "q4_k_m"]),
    help="How finely to keep the weights, from 16 bits to 5; by default as they are served here.",
)
@click.option(
    "--memory",
    type=click.IntRange(min=1),
    metavar="MIB",
    help="The finest way in which a server with so much memory can hold it.",
)
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    metavar="PATH",
    help="A new folder, or file, to write; by default NAME-folder, NAME-ollama or NAME.gguf here.",
)
def export(name: str, target: str, quant: str | None, memory: int | None, out: Path | None) -> None:
    """Pack the bot NAME for another machine or program, without a message.

    Whoever has it has the model, which may quote what it has learnt. --quant and --memory need the
    extra [train]; they print what the model loses.
    """
    from elvisbot import console
    from elvisbot.packing import pack, require_new

    if quant is not None and memory is not None:
        raise click.UsageError("Give --quant or --memory, not both.")
    bot = open_bot(name)
    bot.require_model()
    destination = out or Path(f"{bot.name}.gguf" if target == "gguf" else f"{bot.name}-{target}")
    if quant is None and memory is None:
        pack(bot, target, destination, bot.gguf)
    else:
        with _training_libraries():
            from elvisbot.delivery import choose_for, requantise
            from elvisbot.export.quantising import QUANTISATIONS
        require_new(destination)
        if memory is not None:
            chosen = choose_for(bot.model, memory << 20)
        else:
            chosen = next(each for each in QUANTISATIONS if each == quant)
        with tempfile.TemporaryDirectory(dir=bot.path, prefix=".export-") as folder:
            model = Path(folder) / bot.gguf.name
            console.print_agreement(requantise(bot, chosen, model))
            pack(bot, target, destination, model)
    console.say(f"{destination} is ready.")
    if target == "folder":
        console.note(
            f"Copy it to the other machine, and there: elvisbot serve ./{destination.name}"
        )
    elif target == "ollama":
        console.note(f"In it: ollama create {bot.name.lower()} -f Modelfile")


@elvisbot.command("list")
@json_option
def list_(as_json: bool) -> None:
    """List your bots."""
    from elvisbot import console

    found = [_summary(bot) for bot in all_bots()]
    if as_json:
        console.print_json(found)
    elif found:
        console.print_bots(found)
    else:
        console.note(f"There are no bots in {home()} yet.")
        console.note("Make one: elvisbot import NAME --with WHO")


@elvisbot.command()
@click.argument("name")
@click.option("--yes", is_flag=True, help="Do not ask.")
def delete(name: str, yes: bool) -> None:
    """Delete the bot NAME: its messages, its model, everything."""
    bot = open_bot(name)
    if not yes:
        click.confirm(f"Delete {bot.path} with everything in it?", abort=True)
    with storage_errors(bot.path):
        shutil.rmtree(bot.path)
    click.echo(f"{bot.name} is gone.")


@elvisbot.command()
@click.option(
    "--minutes",
    type=Positive(),
    default=4.5,
    show_default=True,
    metavar="NUMBER",
    help="How long to train.",
)
@browser_option
@port_option
def demo(minutes: float, browser: bool, port: int | None) -> None:
    """Go the whole way with a real person's chat: import, train, serve.

    Needs the extra [train], but no Mac and no model hub. The history is that of one participant of
    the chitchat-dataset (MIT licence), written as a Mac's chat.db. A second start serves at once.
    """
    from elvisbot import console
    from elvisbot import demo as sample

    if not sample.is_ready():
        with _training_libraries():
            import elvisbot.delivery
            import elvisbot.training.run  # noqa: F401  (better now than after the import)
        history = str(sample.sample_history(tell=console.note))
        sample.run("people", history)
        sample.run("import", sample.BOT, "--with", EVERYONE, history)
        sample.run("train", sample.BOT, "--minutes", f"{minutes:g}")
    options = [] if browser else ["--no-browser"]
    if port is not None:
        options += ["--port", str(port)]
    sample.hand_over("serve", sample.BOT, *options)


def _print_next(
    imported: "Imported", who: str, path: Path | None, me: tuple[str, ...], dates: str | None
) -> None:
    """What to do after an import."""
    from elvisbot import console
    from elvisbot.pairs import MIN_PAIRS

    name = imported.bot.argument
    if imported.counts.train >= MIN_PAIRS:
        console.note(f"Next: elvisbot train {name}")
    elif who.casefold() == EVERYONE:
        console.note(f"A training needs {MIN_PAIRS} replies. Add a longer history.")
    else:
        options = [option for each in me for option in ("--me", each)]
        options += ["--dates", dates] if dates else []
        options += [str(path)] if path else []
        words = ["elvisbot", "import", imported.bot.name, "--with", EVERYONE, *options]
        console.note(f"A training needs {MIN_PAIRS} replies. Add a longer history, or take all")
        console.note(f"conversations of this one: {shlex.join(words)}")


def _asking(run: "Callable[[Answers], Result]", me: tuple[str, ...], dates: str | None) -> Result:
    """What `run` gives, once it has the answers that the history does not tell. In a terminal they
    are asked for; elsewhere the lack of one is a problem that names the option."""
    from elvisbot.sources import Answers

    day_first = None if dates is None else dates == DATES[0]
    answers = Answers(me, day_first, os.environ.get(BACKUP_PASSWORD))
    while True:
        try:
            return run(answers)
        except NeedsAnswerError as question:
            if not sys.stdin.isatty():
                raise
            answers = _with_answer(answers, question)


def _with_answer(answers: "Answers", question: NeedsAnswerError) -> "Answers":
    """`answers` with what the user says in the terminal."""
    click.echo(question.problem, err=True)
    if question.question == "password":
        return replace(answers, password=click.prompt("Password", hide_input=True, err=True))
    answer = _chosen(question.choices)
    if question.question == "day_first":
        return replace(answers, day_first=answer == DATES[0])
    return replace(answers, me=(*answers.me, answer))


def _chosen(choices: Sequence[str]) -> str:
    """One of `choices`, by its number or its beginning."""
    for number, choice in enumerate(choices, start=1):
        click.echo(f"  {number}  {choice}", err=True)
    while True:
        answer = str(click.prompt("Which one", err=True)).strip()
        if answer.isdecimal() and 1 <= int(answer) <= len(choices):
            return choices[int(answer) - 1]
        alike = [each for each in choices if each.casefold().startswith(answer.casefold())]
        if len(alike) == 1:
            return alike[0]
        click.echo("Please give the number, or the name.", err=True)


def _pairing(turn_gap: float | None, session_gap: float | None) -> "Pairing | None":
    from elvisbot.bots import Pairing

    if turn_gap is None and session_gap is None:
        return None
    try:
        return Pairing(turn_gap or 0.0, session_gap or 0.0)
    except ValueError as error:
        raise click.UsageError(f"--turn-gap and --session-gap: {error}.") from error


@contextmanager
def _loaded(key: str, bot: "Bot", url: str | None) -> Iterator["Engine"]:
    from elvisbot import engines

    engine = engines.load(key, bot, url)
    try:
        yield engine
    finally:
        engine.close()


@contextmanager
def _training_libraries() -> Iterator[None]:
    """Turn the lack of the extra [train] into a problem with a remedy."""
    try:
        yield
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] not in TRAINING_LIBRARIES:
            raise
        raise MissingExtraError(
            f"Training needs {error.name}, which is not installed.",
            remedy="Install it in the folder of the clone: pip install '.[train]'",
        ) from error


def _summary(bot: "Bot") -> dict[str, Any]:
    from elvisbot.messages import count_messages

    return {
        "name": bot.name,
        "messages": count_messages(bot),
        "contacts": bot.settings.history.contacts,
        "base": bot.settings.recipe.base,
        "trained": bot.is_trained,
    }


def _has_screen() -> bool:
    """Whether a browser could show anything. If not, a text browser would take the terminal."""
    if sys.platform.startswith("linux"):
        return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))
    return True
