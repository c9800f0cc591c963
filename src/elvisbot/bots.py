"""The bot's folder: where everything of one bot lies, and how it is written.

Every bot is one folder below `home()`, readable by its owner alone:

    bot.toml        who it imitates, whom it talks to, base, recipe, decoding, timing
    imports/        each imported history by itself, and what became of its rows
    messages.jsonl  all of them together, one message a line
    pairs/          train.jsonl, heldout.jsonl, manifest.json
    run/            metrics.jsonl of the last training, and the checkpoints of an unfinished one
    model/          weights (safetensors), tokenizer, biases.json: how much likelier the person
                    makes each token than the weights do, reactions.json: what they react to
    model.gguf      what is served
    answers.jsonl   what it said to the held-out contexts, when it was scored
    scorecard.json, report.html
    invites/        who may talk to it, if others can reach it: hashes of their links and cookies
    quiz.json       the blind test under way, and how those before it ended

A file or folder is written beside its place, flushed to the disk and swapped in, so that a reader
never meets half of one.
"""

import contextlib
import errno
import math
import os
import re
import shutil
import tempfile
import tomllib
import unicodedata
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field, fields, replace
from pathlib import Path
from typing import Any, BinaryIO, Final, get_args, get_origin
from urllib.parse import urlsplit

import platformdirs
import tomli_w

from elvisbot.errors import BotNotFoundError, StorageError, UsageError

MAX_NAME: Final = 64
"""Characters. Longer names run into the path limits of some file systems."""

BIASES: Final = "biases.json"
"""In a model's folder; see `elvisbot.sampling.read_biases`."""

REACTIONS: Final = "reactions.json"
"""In a model's folder; see `elvisbot.reactions.read_reactions`."""

MAX_BIAS: Final = 10
"""Of `Decoding`: e to the tenth power is 22,000 times as likely."""

MAX_CONTEXT: Final = 12
"""Turns before a reply that its pair keeps, and that a bot can be given."""

MAX_GAP_MINUTES: Final = 7 * 24 * 60
"""Of `Pairing`: a week."""

MAX_SPREAD: Final = 1.5
"""Of `Timing`: two times in three are then between a quarter and four and a half times the usual
one; more is no habit."""

HOURS: Final = 24
"""In `Timing.begin`."""

_ADDRESS: Final = re.compile(r"https?://([0-9A-Za-z_.-]+|\[[0-9A-Fa-f:.]+\])(:[0-9]{1,5})?")
_KINDS: Final = {
    float: "a number",
    int: "a whole number",
    str: "a text in quotes",
    tuple[str, ...]: "a list of texts in quotes",
    tuple[float, ...]: "a list of numbers",
}
_FULL: Final = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_REFUSED: Final = (
    *(errno.EACCES, errno.EPERM, errno.EROFS, errno.EEXIST),
    *(errno.ENOTDIR, errno.EISDIR, errno.ENAMETOOLONG),
)


@dataclass(frozen=True)
class History:
    """Where the messages came from.

    Attributes:
        sources: The keys of the sources that read them (`imessage`); empty before an import.
        contacts: What the people in the conversation are called; empty before an import.
    """

    sources: tuple[str, ...] = ()
    contacts: tuple[str, ...] = ()


@dataclass(frozen=True)
class Pairing:
    """How messages are joined to turns and sessions. 0: learned from the conversation.

    Attributes:
        turn_gap_minutes: Messages of one sender further apart are two turns.
        session_gap_minutes: Turns further apart do not answer each other.
    """

    turn_gap_minutes: float = 0.0
    session_gap_minutes: float = 0.0

    def __post_init__(self) -> None:
        for key in ("turn_gap_minutes", "session_gap_minutes"):
            _require(0 <= getattr(self, key) <= MAX_GAP_MINUTES, key, f"0 to {MAX_GAP_MINUTES}")
        if self.turn_gap_minutes and self.session_gap_minutes:
            _require(
                self.session_gap_minutes >= self.turn_gap_minutes,
                "session_gap_minutes",
                "turn_gap_minutes or more",
            )


@dataclass(frozen=True)
class Recipe:
    """What the model was trained from, and how.

    Attributes:
        base: As given to `--base`.
        family: The key of the base's family; empty before a training.
        method: `lora` or `full`.
        context_turns: How many turns before the message to answer are given to the model.
        pairs: The hash of the pairs that it was trained from; empty before a training.
    """

    base: str = "smollm2-135m"
    family: str = ""
    method: str = "lora"
    context_turns: int = 6
    pairs: str = ""

    def __post_init__(self) -> None:
        _require(self.context_turns >= 0, "context_turns", "0 or more")


@dataclass(frozen=True)
class Decoding:
    """How a reply is drawn from the model.

    Attributes:
        temperature: Divides the logits; 0 always takes the likeliest token.
        top_p: Keeps the likeliest tokens that together hold this probability.
        min_p: Drops tokens less likely than this share of the likeliest one.
        end_bias: Added to the logarithm of the probability that the reply ends; below 0 it gets
            longer.
        break_bias: The same for the break between two messages; above 0 there are more.
        max_tokens: A reply is cut here, whatever the model wants.
        max_bubbles: So many messages at most in one reply.
    """

    temperature: float = 1.0
    top_p: float = 1.0
    min_p: float = 0.01
    end_bias: float = 0.0
    break_bias: float = 0.0
    max_tokens: int = 120
    max_bubbles: int = 6

    def __post_init__(self) -> None:
        _require(0 <= self.temperature < math.inf, "temperature", "0 or more")
        _require(0 <= self.top_p <= 1, "top_p", "0 to 1")
        _require(0 <= self.min_p <= 1, "min_p", "0 to 1")
        for key in ("end_bias", "break_bias"):
            _require(abs(getattr(self, key)) <= MAX_BIAS, key, f"-{MAX_BIAS} to {MAX_BIAS}")
        _require(self.max_tokens >= 1, "max_tokens", "1 or more")
        _require(self.max_bubbles >= 1, "max_bubbles", "1 or more")


@dataclass(frozen=True)
class Timing:
    """How long the person takes, in seconds, and how much of it the bot makes others wait.

    Attributes:
        pause: What every message takes, however short it is.
        characters_per_second: Typed beyond that.
        spread: Standard deviation of the logarithm of the real times about that; 0: always the
            same.
        begin: How long until the person begins to answer, by the hour of the day in UTC, so that a
            machine elsewhere answers as they do; empty: at once.
        begin_spread: As `spread`, about those.
        patience: Others are made to wait at most so long at a time, in place of the real times.
    """

    pause: float = 0.6
    characters_per_second: float = 22.0
    spread: float = 0.0
    begin: tuple[float, ...] = ()
    begin_spread: float = 0.0
    patience: float = 3.0

    def __post_init__(self) -> None:
        _require(0 <= self.pause < math.inf, "pause", "0 or more")
        _require(0 < self.characters_per_second < math.inf, "characters_per_second", "above 0")
        for key in ("spread", "begin_spread"):
            _require(0 <= getattr(self, key) <= MAX_SPREAD, key, f"0 to {MAX_SPREAD}")
        _require(
            len(self.begin) in (0, HOURS) and all(0 <= each < math.inf for each in self.begin),
            "begin",
            f"empty, or {HOURS} numbers of 0 or more",
        )
        _require(0 <= self.patience < math.inf, "patience", "0 or more")

    def typing(self, characters: int) -> float:
        """Seconds that the person usually takes for a message of so many characters."""
        return self.pause + characters / self.characters_per_second


@dataclass(frozen=True)
class Web:
    """How others reach the bot.

    Attributes:
        url: Where visitors find it (`https://bot.example.org`); empty where it is for this machine
            alone. With it, everybody needs an invite.
        name: What the bot is called there; empty for its folder's name.
    """

    url: str = ""
    name: str = ""

    def __post_init__(self) -> None:
        _require(
            not self.url or _ADDRESS.fullmatch(self.url) is not None,
            "url",
            "like https://bot.example.org or http://192.168.1.5:5000",
        )

    @property
    def host(self) -> str:
        """The name or address in `url`."""
        return urlsplit(self.url).hostname or ""

    @property
    def is_secure(self) -> bool:
        return self.url.startswith("https:")


@dataclass(frozen=True)
class Settings:
    """The contents of `bot.toml`."""

    history: History = field(default_factory=History)
    pairs: Pairing = field(default_factory=Pairing)
    recipe: Recipe = field(default_factory=Recipe)
    decoding: Decoding = field(default_factory=Decoding)
    timing: Timing = field(default_factory=Timing)
    web: Web = field(default_factory=Web)


@dataclass(frozen=True)
class Bot:
    """One bot's folder; says where things lie, whether or not they are there yet."""

    path: Path

    @property
    def name(self) -> str:
        return self.path.name

    @property
    def shown_name(self) -> str:
        """What visitors see."""
        return self.settings.web.name or self.name

    @property
    def argument(self) -> str:
        """The bot as it is typed in a command: its name, or its path where that is not enough."""
        typed = self.name if self.path.parent == home() else f"{self.path}{os.sep}"
        return f'"{typed}"' if " " in typed else typed

    @property
    def messages(self) -> Path:
        return self.path / "messages.jsonl"

    @property
    def imports(self) -> Path:
        return self.path / "imports"

    @property
    def pairs(self) -> Path:
        return self.path / "pairs"

    @property
    def train_pairs(self) -> Path:
        return self.pairs / "train.jsonl"

    @property
    def heldout_pairs(self) -> Path:
        return self.pairs / "heldout.jsonl"

    @property
    def metrics(self) -> Path:
        return self.path / "run" / "metrics.jsonl"

    @property
    def checkpoints(self) -> Path:
        return self.path / "run" / "checkpoints"

    @property
    def model(self) -> Path:
        return self.path / "model"

    @property
    def tokenizer(self) -> Path:
        return self.model / "tokenizer.json"

    @property
    def biases(self) -> Path:
        return self.model / BIASES

    @property
    def reactions(self) -> Path:
        return self.model / REACTIONS

    @property
    def gguf(self) -> Path:
        return self.path / "model.gguf"

    @property
    def answers(self) -> Path:
        return self.path / "answers.jsonl"

    @property
    def scorecard(self) -> Path:
        return self.path / "scorecard.json"

    @property
    def report(self) -> Path:
        return self.path / "report.html"

    @property
    def invites(self) -> Path:
        return self.path / "invites"

    @property
    def quiz(self) -> Path:
        return self.path / "quiz.json"

    @property
    def settings(self) -> Settings:
        """What `bot.toml` says; the defaults, where there is none yet.

        Raises:
            UsageError: if it cannot be understood.
        """
        return _read_settings(self.path / "bot.toml")

    def save(self, settings: Settings) -> None:
        """Write `bot.toml`."""
        tables = {table.name: asdict(getattr(settings, table.name)) for table in fields(settings)}
        with atomic_file(self.path / "bot.toml") as file:
            file.write(tomli_w.dumps(tables).encode())

    def require_import(self) -> None:
        """Raise BotNotFoundError unless messages have been imported."""
        if not self.train_pairs.is_file():
            raise BotNotFoundError(
                f"{self.name} has no messages yet.",
                remedy=f"Import a conversation first: elvisbot import {self.argument} --with WHO",
            )

    @property
    def is_trained(self) -> bool:
        return self.gguf.is_file() and self.tokenizer.is_file()

    def require_model(self) -> None:
        """Raise BotNotFoundError unless there is a model to talk to."""
        if not self.is_trained:
            raise BotNotFoundError(
                f"{self.name} has not been trained yet.",
                remedy=f"Train it first: elvisbot train {self.argument}",
            )


def home() -> Path:
    """Where bots live: `$ELVISBOT_HOME`, else the platform's data folder."""
    chosen = os.environ.get("ELVISBOT_HOME")
    return Path(chosen).expanduser() if chosen else platformdirs.user_data_path("elvisbot")


def cache() -> Path:
    """Where base models and samples lie, which can be fetched again: `.cache` in a chosen home."""
    if os.environ.get("ELVISBOT_HOME"):
        return home() / ".cache"
    return platformdirs.user_cache_path("elvisbot")


def all_bots() -> list[Bot]:
    """Every bot in the home folder, by name.

    Raises:
        StorageError: if the folder may not be read.
    """
    with storage_errors(home()):
        if not home().is_dir():
            return []
        return [Bot(path) for path in sorted(home().iterdir()) if (path / "bot.toml").is_file()]


def open_bot(name: str) -> Bot:
    """The bot called `name`.

    Raises:
        UsageError: if no bot could be called that.
        BotNotFoundError: if there is none.
        StorageError: if the home folder may not be read.
    """
    bot = Bot(home() / checked_name(name))
    with storage_errors(bot.path):
        is_there = (bot.path / "bot.toml").is_file()
    if not is_there:
        known = ", ".join(other.name for other in all_bots())
        raise BotNotFoundError(
            f"There is no bot called {name}.",
            remedy=f"Choose one of: {known}."
            if known
            else f"Make it first: elvisbot import {bot.argument} --with WHO",
        )
    return bot


def open_bot_or_folder(name: str) -> Bot:
    """The bot called `name`, or the one in the folder of that path, as packed for another machine.

    Raises:
        As `open_bot`.
    """
    folder = Path(name)
    if {"/", os.sep} & set(name) or name in (".", ".."):
        if not (folder / "bot.toml").is_file():
            raise BotNotFoundError(
                f"There is no bot in {name}.",
                remedy="Pack one: elvisbot export NAME --to folder --out FOLDER",
            )
        return Bot(folder.resolve())
    return open_bot(name)


def make_bot(name: str) -> Bot:
    """The bot called `name`, its folder made if need be.

    Raises:
        UsageError: if no bot could be called that.
        StorageError: if the folder cannot be made.
    """
    bot = Bot(home() / checked_name(name))
    _private_folder(bot.path)
    return bot


def checked_name(name: str) -> str:
    """`name` in Unicode's composed form, if a bot can be called that.

    Raises:
        UsageError: if none can.
    """
    name = unicodedata.normalize("NFC", name)  # as most file systems would, or compare by
    allowed = all(
        each.isalnum() or each in " ._-" or unicodedata.category(each).startswith("M")
        for each in name
    )
    ends_well = name[:1].isalnum() and name[-1:] not in (" ", ".")
    if not (allowed and ends_well and len(name) <= MAX_NAME):
        raise UsageError(
            f"{name!r} cannot be the name of a bot.",
            remedy="Use letters, digits, spaces, dots, dashes and underscores, "
            f"beginning with a letter or digit, {MAX_NAME} characters at most.",
        )
    return name


@contextlib.contextmanager
def atomic_path(path: Path) -> Iterator[Path]:
    """An empty file for others to write in place of `path`; swapped in at the end.

    On an error nothing changes. The file is readable by its owner alone.

    Raises:
        StorageError: if the disk is full or refuses.
    """
    with storage_errors(path):
        _private_folder(path.parent)
        descriptor, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
        os.close(descriptor)
        beside = Path(name)
        try:
            yield beside
            _make_durable(beside)
            beside.replace(path)
        finally:
            beside.unlink(missing_ok=True)


@contextlib.contextmanager
def atomic_file(path: Path) -> Iterator[BinaryIO]:
    """An open file to write in place of `path`; otherwise as `atomic_path`."""
    with atomic_path(path) as beside, beside.open("wb") as file:
        yield file
        file.flush()


@contextlib.contextmanager
def atomic_folder(path: Path) -> Iterator[Path]:
    """A folder to fill in place of `path`, swapped in at the end; on an error nothing changes.

    Raises:
        StorageError: if the disk is full or refuses.
    """
    with storage_errors(path):
        _private_folder(path.parent)
        beside = Path(tempfile.mkdtemp(prefix=f".{path.name}.", dir=path.parent))
        try:
            (fresh := beside / "new").mkdir(mode=0o700)
            yield fresh
            for file in fresh.rglob("*"):
                if file.is_file():
                    _make_durable(file)
            _swap(fresh, path, aside=beside / "old")
        finally:
            shutil.rmtree(beside, ignore_errors=True)


@contextlib.contextmanager
def storage_errors(path: Path) -> Iterator[None]:
    """Turn a full or forbidding disk into a StorageError that names `path`."""
    try:
        yield
    except OSError as error:
        if error.errno in _FULL:
            raise StorageError(
                f"The disk is full: {path} could not be written.",
                remedy="Make room and run the same command again. Nothing was changed.",
            ) from error
        if error.errno in _REFUSED:
            raise StorageError(
                f"{path} cannot be used: {error.strerror}.",
                remedy="Mend that, or choose a folder of your own with the variable ELVISBOT_HOME.",
            ) from error
        raise


def _private_folder(path: Path) -> None:
    if not path.is_dir():
        with storage_errors(path):
            for folder in reversed([path, *path.parents]):
                folder.mkdir(mode=0o700, exist_ok=True)


def _swap(fresh: Path, path: Path, *, aside: Path) -> None:
    if path.exists():
        path.rename(aside)
    try:
        fresh.rename(path)
    except BaseException:
        if aside.exists():
            aside.rename(path)
        raise


def _require(valid: bool, key: str, allowed: str) -> None:
    if not valid:
        raise ValueError(f"{key} must be {allowed}")


def _make_durable(file: Path) -> None:
    file.chmod(0o600)
    with file.open("r+b") as opened:  # Windows flushes only what is open for writing
        os.fsync(opened.fileno())


def _read_settings(path: Path) -> Settings:
    if not path.exists():
        return Settings()
    try:
        tables = tomllib.loads(path.read_text(encoding="utf-8"))
        defaults = Settings()
        _require_known(tables, defaults)
        chosen = {key: _chosen(getattr(defaults, key), table) for key, table in tables.items()}
        return replace(defaults, **chosen)
    except ValueError as error:  # of TOML and UTF-8, too
        raise UsageError(
            f"{path} cannot be understood: {error}.",
            remedy="Mend that line, or delete the bot and make it again: "
            f"elvisbot delete {Bot(path.parent).argument}",
        ) from error


def _require_known(table: dict[str, Any], defaults: Any) -> None:
    known = {each.name for each in fields(defaults)}
    for key in table:
        if key not in known:
            raise ValueError(f"unknown key {key}")


def _chosen(defaults: Any, table: Any) -> Any:
    """`defaults` with the values of `table` in place of its own, each of the type that it had."""
    if not isinstance(table, dict):
        raise ValueError(f"{table} stands where a table is expected")
    _require_known(table, defaults)
    kinds = {each.name: each.type for each in fields(defaults)}
    return replace(
        defaults, **{key: _typed(key, value, kinds[key]) for key, value in table.items()}
    )


def _typed(key: str, value: Any, kind: Any) -> Any:
    try:
        return _as(kind, value)
    except TypeError as error:
        raise ValueError(f"{key} must be {_KINDS[kind]}") from error


def _as(kind: Any, value: Any) -> Any:
    """`value` as TOML gives it, as one of the `_KINDS`; TypeError if it is of another."""
    if get_origin(kind) is tuple and type(value) is list:
        each, _ = get_args(kind)
        return tuple(_as(each, item) for item in value)
    if kind is float and type(value) is int:
        return float(value)
    if type(value) is not kind:
        raise TypeError
    return value
