"""Writes docs/commands.md from the commands themselves, so that it cannot go stale.

    python -m docs.reference

What it says comes from the help texts in `elvisbot.cli`; change it there and run `make docs`.
"""

import inspect
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import click

from elvisbot.cli import elvisbot

PAGE: Final = Path(__file__).parent / "commands.md"

INTRODUCTION: Final = """\
<!-- Written by docs/reference.py from the help texts in src/elvisbot/cli.py: make docs -->

# Commands

`elvisbot COMMAND --help` says the same in the terminal. How the commands build on each other is
told in [how it works](how-it-works.md).
"""

CLOSING: Final = """\
## What all commands share

- **Output.** Tables and JSON go to the standard output; progress, notes and problems to the
  standard error. With `--json`, the standard output holds one JSON document and nothing else.
- **Exit code.** 0: done. 1: there was a problem, which is printed with its remedy. 2: the command
  was written wrongly, and the usage is printed.
- **Where bots live.** In the folder that the variable `ELVISBOT_HOME` names, else in the data
  folder of your account; see [the bot's folder](how-it-works.md#the-bots-folder).
"""

_VERBATIM: Final = "\b"
"""Before a paragraph of a help text: click must not wrap it."""


def reference() -> str:
    """The whole page, in Markdown. The same commands give the same text, to the byte."""
    root = root_context()
    commands = list(commands_below(root))
    parts = [
        INTRODUCTION,
        *_help(elvisbot),
        "\n".join(_contents(context) for context in commands) + "\n",
        "`elvisbot` by itself, and `--help` behind every command:\n",
        "\n".join(_option(option, root) for option in options(root)) + "\n",
        *(part for context in commands for part in _section(context)),
        CLOSING,
    ]
    return "\n".join(parts)


def root_context() -> click.Context:
    """A context for `elvisbot` itself, with its own settings."""
    return click.Context(elvisbot, info_name="elvisbot", **elvisbot.context_settings)


def commands_below(group: click.Context) -> Iterator[click.Context]:
    """A context for every command below `group`, in the order in which they are defined."""
    assert isinstance(group.command, click.Group)
    for name, command in group.command.commands.items():
        context = click.Context(command, info_name=name, parent=group)
        if isinstance(command, click.Group):
            yield from commands_below(context)
        elif not command.hidden:
            yield context


def _contents(context: click.Context) -> str:
    path = context.command_path
    first = _paragraphs(context.command)[0]
    return f"- [`{path}`](#{path.replace(' ', '-')}): {_escaped(first)}"


def _section(context: click.Context) -> Iterator[str]:
    yield f"## {context.command_path}\n"
    yield f"```text\n{usage(context)}\n```\n"
    yield from _help(context.command)
    if listed := options(context):
        yield "\n".join(_option(option, context) for option in listed) + "\n"


def usage(context: click.Context) -> str:
    """How a command is written: `elvisbot train [OPTIONS] NAME`."""
    return " ".join([context.command_path, *context.command.collect_usage_pieces(context)])


def _help(command: click.Command) -> Iterator[str]:
    for paragraph in _paragraphs(command):
        if paragraph.startswith(_VERBATIM):
            yield f"```text\n{paragraph.removeprefix(_VERBATIM).strip(chr(10))}\n```\n"
        else:
            yield _escaped(paragraph) + "\n"


def _paragraphs(command: click.Command) -> list[str]:
    """A help text's paragraphs, each on one line; those that begin with `\\b`, as they stand."""
    paragraphs = inspect.cleandoc(command.help or "").split("\n\n")
    return [each if each.startswith(_VERBATIM) else " ".join(each.split()) for each in paragraphs]


def options(context: click.Context) -> list[click.Option]:
    """A command's options; `--help`, which all of them have, belongs to `elvisbot` alone."""
    shared = set() if context.parent is None else {"--help"}
    found = [each for each in context.command.get_params(context) if isinstance(each, click.Option)]
    return [each for each in found if not each.hidden and shared.isdisjoint(each.opts)]


def _option(option: click.Option, context: click.Context) -> str:
    sentences = [_escaped(option.help or "")]
    if option.required:
        sentences.append("Required.")
    if (default := _default(option)) is not None:
        sentences.append(f"Default: `{default}`.")
    if allowed := option.get_help_extra(context).get("range"):
        sentences.append(f"Allowed: `{allowed}`.")
    return f"- `{spelling(option, context)}`: {' '.join(sentences)}"


def spelling(option: click.Option, context: click.Context) -> str:
    """An option as it is written, its short form first: `-h, --help`, `--base BASE`."""
    positive, negative = sorted(option.opts, key=len), sorted(option.secondary_opts, key=len)
    names = ", ".join(positive) + "".join(f" / {name}" for name in negative)
    return names if option.is_flag or option.count else f"{names} {option.make_metavar(context)}"


def _default(option: click.Option) -> str | None:
    """The value that holds where the option is left out; None where that changes nothing."""
    value = option.to_info_dict()["default"]
    if option.is_flag:
        return next(iter(option.opts if value else option.secondary_opts), None)
    return None if value is None or option.required else str(value)


def _escaped(text: str) -> str:
    """`text` without anything that Markdown would take for markup."""
    return re.sub(r"([\\`*<])", r"\\\1", text)


def main() -> None:
    """Write the page anew."""
    PAGE.write_text(reference(), encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()
