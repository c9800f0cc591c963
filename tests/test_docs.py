"""The documentation is true: commands, options, links, make targets, samples and keys."""

import re
import shlex
import tomllib
from collections.abc import Iterator
from dataclasses import asdict, fields
from pathlib import Path

import click
import pytest

from docs import reference
from elvisbot import pairs
from elvisbot.bots import History, Recipe, Settings, make_bot
from elvisbot.cli import elvisbot
from elvisbot.engines import engines
from elvisbot.families import BREAK, Family, families
from elvisbot.messages import read_messages, write_messages

ROOT = Path(__file__).parents[1]
PAGES = [
    *(ROOT / name for name in ("README.md", "CHANGELOG.md", "frontend/README.md")),
    *sorted((ROOT / "docs").glob("*.md")),
]
SOURCE = ROOT / "src" / "elvisbot"
HOW_IT_WORKS = ROOT / "docs" / "how-it-works.md"
COMMANDS = list(reference.commands_below(reference.root_context()))

each_page = pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
each_command = pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.info_name)

FENCED = re.compile(r"^ *```(\w*)\n(.*?)^ *```", re.MULTILINE | re.DOTALL)
INLINE = re.compile(r"(?<!`)`([^`\n]+(?:\n[^`\n]+)?)`(?!`)")
SHELL = re.compile(r"(?:\$ )?(?:[\w./-]*/)?(elvisbot|make)(?: +(\S.*))?")
LINK = re.compile(r"\]\(([^)\s]+)[^)]*\)|(?:src|srcset|href)=\"([^\"\s]+)")
HEADING = re.compile(r"^#+ +(.+)$", re.MULTILINE)
OWN_FILE = re.compile(r"(?:src|tests|docs|frontend)/[\w./-]*")
MADE_LATER = {"src/elvisbot/web/static/"}
PLACEHOLDERS = {"[OPTIONS]", "COMMAND"}


def blocks(text: str, language: str) -> list[str]:
    """The fenced blocks of one language."""
    return [body for known, body in FENCED.findall(text) if known == language]


def code(text: str) -> Iterator[str]:
    """Everything that a page shows as code, line by line."""
    for _, body in FENCED.findall(text):
        yield from re.sub(r"\s*\\\n\s*", " ", body).splitlines()
    yield from (" ".join(span.split()) for span in INLINE.findall(FENCED.sub("", text)))


def shown(program: str, text: str) -> list[list[str]]:
    """The arguments of every call of `program` that a page shows.

    A comment, or an explanation after a gap, ends the call; `&&` begins another one.
    """
    calls = []
    for line in code(text):
        for part in line.strip().split("&&"):
            found = SHELL.fullmatch(part.strip())
            if found and found[1] == program:
                words = shlex.split(re.split(r"\s{2,}", found[2] or "")[0], comments=True)
                calls.append([word for word in words if word not in PLACEHOLDERS])
    return calls


def complaint(arguments: list[str]) -> str | None:
    """What click finds wrong with a call of `elvisbot`, values aside; None if nothing."""
    context = reference.root_context()
    if arguments and not arguments[0].startswith("-"):
        known = elvisbot.commands.get(arguments[0])
        if known is None:
            return f"There is no command {arguments[0]}."
        context = click.Context(known, info_name=arguments[0], parent=context)
        arguments = arguments[1:]
    elif not arguments:
        return None
    try:
        _, rest, _ = context.command.make_parser(context).parse_args(list(arguments))
    except click.UsageError as error:
        return error.format_message()
    return f"{rest} is too much." if rest else None


def anchors(page: Path) -> set[str]:
    """What can stand behind the # of a link to a page, as GitHub names its headings."""
    headings = HEADING.findall(FENCED.sub("", page.read_text(encoding="utf-8")))
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def dead(link: str, page: Path) -> bool:
    """Whether a link leads nowhere within the repository; links out of it are not followed."""
    if re.match(r"[a-z]+:|//", link):
        return False
    target, _, anchor = link.partition("#")
    file = (page.parent / target).resolve() if target else page
    if not (file.exists() and file.is_relative_to(ROOT)):
        return True
    return bool(anchor) and file.suffix == ".md" and anchor not in anchors(file)


def section(command: click.Context) -> str:
    """What the reference says about one command."""
    _, _, rest = reference.reference().partition(f"\n## {command.command_path}\n")
    return rest.partition("\n## ")[0]


def test_the_command_reference_is_up_to_date() -> None:
    written = reference.PAGE.read_text(encoding="utf-8")
    assert written == reference.reference(), "Write it anew: make docs"


@each_command
def test_every_command_and_every_option_has_a_help_text(command: click.Context) -> None:
    assert command.command.help
    for option in reference.options(command):
        assert option.help, f"{option.opts[0]} has no help text."


@each_command
def test_every_command_is_in_the_reference(command: click.Context) -> None:
    assert reference.usage(command) in section(command)
    assert f"](#{command.command_path.replace(' ', '-')})" in reference.reference()


@each_command
def test_every_option_is_in_the_reference(command: click.Context) -> None:
    listed = section(command)
    for option in reference.options(command):
        assert f"- `{reference.spelling(option, command)}`: " in listed


@each_command
def test_every_argument_is_explained_by_its_commands_help(command: click.Context) -> None:
    for parameter in command.command.params:
        if isinstance(parameter, click.Argument):
            assert parameter.name is not None
            assert parameter.name.upper() in (command.command.help or "")


def test_the_options_of_the_command_line_name_every_base_and_every_engine() -> None:
    from elvisbot.training.bases import DEFAULT, HUB  # imports torch; nothing else here needs it

    written = reference.reference()
    assert {name for name in (DEFAULT, *HUB) if name not in written} == set()
    assert {name for name in engines() if name not in written} == set()


@each_page
def test_every_command_that_a_page_shows_can_be_run(page: Path) -> None:
    calls = shown("elvisbot", page.read_text(encoding="utf-8"))
    wrong = {shlex.join(call): why for call in calls if (why := complaint(call))}
    assert wrong == {}


@each_page
def test_every_make_target_that_a_page_shows_exists(page: Path) -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z]+):", makefile, re.MULTILINE))
    words = {word for call in shown("make", page.read_text(encoding="utf-8")) for word in call}
    assert {word for word in words if "=" not in word} <= targets


@each_page
def test_every_link_within_the_repository_leads_somewhere(page: Path) -> None:
    text = FENCED.sub("", page.read_text(encoding="utf-8"))
    links = [first or second for first, second in LINK.findall(text)]
    assert [link for link in links if dead(link, page)] == []


@each_page
def test_every_file_of_the_repository_that_a_page_names_exists(page: Path) -> None:
    spans = INLINE.findall(FENCED.sub("", page.read_text(encoding="utf-8")))
    named = {span for span in spans if OWN_FILE.fullmatch(span) and span not in MADE_LATER}
    homes = (ROOT, page.parent)
    assert [name for name in named if not any((home / name).exists() for home in homes)] == []


def test_every_constant_that_is_named_exists() -> None:
    source = "".join(path.read_text(encoding="utf-8") for path in SOURCE.rglob("*.py"))
    named = re.findall(r"`([A-Z]+(?:_[A-Z]+)*)`", HOW_IT_WORKS.read_text(encoding="utf-8"))
    assert {name for name in named if not re.search(rf"\b{name}\b", source)} == set()


def test_the_layout_names_every_module_and_no_other() -> None:
    contributing = ROOT / "docs" / "contributing.md"
    (layout,) = [
        text for text in blocks(contributing.read_text(encoding="utf-8"), "") if "/\n" in text
    ]
    modules = {path.name for path in SOURCE.glob("[a-z]*.py")}
    packages = {f"{path.parent.name}/" for path in SOURCE.glob("*/__init__.py")}
    assert set(re.findall(r"^  ([\w/.]+) ", layout, re.MULTILINE)) == modules | packages


@pytest.mark.parametrize(
    "call",
    [
        ["fly"],
        ["train", "alex", "--fast"],
        ["train", "alex", "--base"],
        ["list", "alex"],
        ["--fast"],
    ],
    ids=shlex.join,
)
def test_a_call_that_cannot_be_run_is_noticed(call: list[str]) -> None:
    assert complaint(call)


def test_calls_are_found_wherever_a_page_shows_them() -> None:
    page = (
        "Run `make demo` or `elvisbot list`; `elvisbotic` is no call, nor is make up.\n"
        "```sh\n"
        "$ .venv/bin/elvisbot train alex \\\n"
        "  --minutes 3  # three\n"
        "cd here && elvisbot people      whom you text\n"
        "Next: elvisbot chat alex\n"
        "```\n"
    )
    assert shown("make", page) == [["demo"]]
    assert shown("elvisbot", page) == [["train", "alex", "--minutes", "3"], ["people"], ["list"]]


def test_a_dead_link_is_noticed() -> None:
    assert dead("nowhere.md", HOW_IT_WORKS)
    assert dead("../../elsewhere.md", HOW_IT_WORKS)
    assert dead("privacy.md#no-such-heading", HOW_IT_WORKS)
    assert not dead("#the-bots-folder", HOW_IT_WORKS)


def test_every_key_of_bot_toml_is_explained() -> None:
    text = HOW_IT_WORKS.read_text(encoding="utf-8")
    settings = Settings()
    keys = [
        f"{table.name}.{key.name}"
        for table in fields(settings)
        for key in fields(getattr(settings, table.name))
    ]
    _, _, listed = text.partition("\n## bot.toml\n")
    assert re.findall(r"^\| `(\w+\.\w+)` \| \S", listed, re.MULTILINE) == keys


def test_the_bot_toml_that_is_shown_holds_every_key_and_the_defaults() -> None:
    (sample,) = blocks(HOW_IT_WORKS.read_text(encoding="utf-8"), "toml")
    settings = Settings(History(("imessage",), ("+15550100001",)), recipe=Recipe(family="llama"))
    expected = asdict(settings)
    lists = {
        table: {key: list(value) if type(value) is tuple else value for key, value in keys.items()}
        for table, keys in expected.items()
    }
    assert tomllib.loads(sample) == lists


def test_the_messages_that_are_shown_make_the_pairs_that_are_shown(home: Path) -> None:
    messages, lines, *_ = blocks(HOW_IT_WORKS.read_text(encoding="utf-8"), "jsonl")
    bot = make_bot("sample")
    bot.messages.write_text(messages, encoding="utf-8")
    write_messages(bot, list(read_messages(bot)))
    assert bot.messages.read_text(encoding="utf-8") == messages
    pairs.build_pairs(bot)
    assert bot.train_pairs.read_text(encoding="utf-8") == lines


@pytest.mark.parametrize("family", list(families()), ids=lambda family: family.key)
def test_the_row_that_is_shown_is_written_with_the_markers_of_the_family(family: Family) -> None:
    row, labelled, *_ = blocks(HOW_IT_WORKS.read_text(encoding="utf-8"), "text")
    assert row.strip() == f"{family.start}QUESTION{family.answer}ANSWER{family.end}"
    assert set(re.findall(r"<\|\w+\|>", labelled)) == {*family.markers, BREAK}
