"""What the benchmarks of the server share: bots, servers under limits, and requests to them."""

import contextlib
import http.client
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from elvisbot.bots import Bot, Decoding, Recipe, Settings
from elvisbot.families import ChatFormat, family_of
from elvisbot.replies import THEM

MIB: Final = 1 << 20
REPLY_TOKENS: Final = 25
CORE: Final = 0
"""The one that servers run on; the requests are made on the others, if there are any."""

PATIENCE: Final = 100.0
"""Seconds, after which a server that gives no answer has stalled."""

WORDS: Final = re.findall(
    r"\w+",
    "so anyway I was thinking about going to the lake this weekend if the weather is nice do you "
    "want to come with us or do you have to work again my sister asked about you the other day",
)


def small_bot(folder: Path) -> Bot:
    """The default base, untrained, as `elvisbot train` leaves a bot."""
    from elvisbot.export.gguf import write_gguf
    from elvisbot.training.bases import DEFAULT, find_base
    from elvisbot.training.hardware import this_machine
    from elvisbot.training.network import Network

    bot = Bot(folder)
    network = Network(find_base(DEFAULT, tell=_tell), this_machine())
    _save(bot, network.merge(), network.format, DEFAULT)
    write_gguf(bot.model, bot.gguf, name=bot.name)
    return bot


def large_bot(folder: Path, memory: int) -> Bot:
    """GPT-2-large with random weights, which is DialoGPT-large's shape, as it is exported for a
    host with so many bytes of memory. The vocabulary is the default base's, which is at hand."""
    import torch
    from transformers import GPT2Config, GPT2LMHeadModel

    from elvisbot.delivery import choose_for
    from elvisbot.export.gguf import write_gguf
    from elvisbot.training.bases import DEFAULT, find_base

    bot = Bot(folder)
    tokenizer = find_base(DEFAULT, tell=_tell).tokenizer()
    chat_format = ChatFormat.extend(family_of("gpt2"), tokenizer)
    config = GPT2Config(vocab_size=tokenizer.get_vocab_size(), n_embd=1280, n_layer=36, n_head=20)
    torch.manual_seed(0)
    _save(bot, GPT2LMHeadModel(config), chat_format, "gpt2-large, random")
    quantisation = choose_for(bot.model, memory)
    _tell(f"{bot.name}: {quantisation}")
    write_gguf(bot.model, bot.gguf, name=bot.name, quantisation=quantisation)
    return bot


def _save(bot: Bot, model: Any, chat_format: ChatFormat, base: str) -> None:
    """As a trained bot lies there."""
    import torch

    bot.model.mkdir(parents=True)
    model.to(dtype=torch.float16).save_pretrained(bot.model)
    chat_format.tokenizer.save(str(bot.tokenizer))
    recipe = Recipe(base=base, family=chat_format.family.key)
    bot.save(replace(Settings(), recipe=recipe, decoding=speaking(REPLY_TOKENS)))


def speaking(tokens: int) -> Decoding:
    """Replies are one bubble of so many tokens."""
    return Decoding(max_tokens=tokens, end_bias=-10.0, break_bias=-10.0)


@dataclass
class Server:
    """A server in a process of its own."""

    process: subprocess.Popen[bytes]
    port: int
    started: float

    def wait(self) -> bool:
        """Whether it is up, at last."""
        while time.monotonic() - self.started < PATIENCE and self.process.poll() is None:
            with contextlib.suppress(OSError, http.client.HTTPException):
                connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
                connection.request("GET", "/healthz")
                return connection.getresponse().status == 200
            time.sleep(0.02)
        return False

    @property
    def memory(self) -> float:
        """MiB that it holds now."""
        return self._status("VmRSS")

    @property
    def peak(self) -> float:
        """MiB that it held at most."""
        return self._status("VmHWM")

    def _status(self, key: str) -> float:
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        found = re.search(rf"{key}:\s+(\d+) kB", status)
        return int(found[1]) / 1024 if found else float("nan")


@contextlib.contextmanager
def running(command: Sequence[str], port: int, memory: int | None = None) -> Iterator[Server]:
    """A server on one core.

    Args:
        command: To start it on `port`.
        memory: MiB that it may take, without swap.
    """
    with _group(memory) as groups:

        def confine() -> None:
            os.sched_setaffinity(0, {CORE})
            for group in groups:
                (group / "cgroup.procs").write_text(str(os.getpid()))

        started = time.monotonic()
        process = subprocess.Popen(
            command, preexec_fn=confine, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        try:
            yield Server(process, port, started)
        finally:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(timeout=20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def elvisbot(bot: Bot, port: int) -> list[str]:
    """The command that serves `bot`."""
    script = "from elvisbot.__main__ import main; main()"
    options = ["serve", f"{bot.path}/", "--no-browser", "--port", str(port)]
    return [sys.executable, "-c", script, *options]


@contextlib.contextmanager
def _group(memory: int | None) -> Iterator[list[Path]]:
    """A control group with a limit, of version 1 or 2; only root may make one."""
    if memory is None:
        yield []
        return
    root = Path("/sys/fs/cgroup")
    first = (root / "memory").is_dir()
    group = (root / "memory" if first else root) / f"elvisbot-{os.getpid()}"
    group.mkdir()
    try:
        limits = ("memory.limit_in_bytes", "memory.memsw.limit_in_bytes")
        for limit in limits if first else ("memory.max",):
            with contextlib.suppress(FileNotFoundError):
                (group / limit).write_text(str(memory * MIB))
        if not first:
            with contextlib.suppress(FileNotFoundError):
                (group / "memory.swap.max").write_text("0")
        yield [group]
    finally:
        for _ in range(50):
            try:
                group.rmdir()
                break
            except OSError:  # the last process is just about to go
                time.sleep(0.1)


def free_port() -> int:
    """One that nobody uses."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


def message(number: int, words: int) -> str:
    """One that differs from the others from its first word on."""
    return " ".join([str(number), *(WORDS[(number + n) % len(WORDS)] for n in range(words - 1))])


def conversation(texts: Sequence[str]) -> bytes:
    """The request for an answer to the last of `texts`, which are the visitor's and the bot's in
    turn."""
    messages = [
        {
            "id": str(number),
            "from": THEM if number % 2 == 0 else "me",
            "text": text,
            "sent_at": "2026-03-01T21:02:15Z",
        }
        for number, text in enumerate(texts)
    ]
    return json.dumps({"messages": messages}).encode()


@dataclass(frozen=True)
class Answer:
    """What came back.

    Attributes:
        status: Of HTTP; 0 where there was no answer at all.
        text: Of the reply.
        first: Seconds to the first bubble.
        seconds: To the end.
        retry_after: Whether those who are turned away are told when to come back.
    """

    status: int
    text: str = ""
    first: float = float("nan")
    seconds: float = float("nan")
    retry_after: bool = False

    @property
    def is_whole(self) -> bool:
        return self.status == 200 and bool(self.text)


def ask(port: int, texts: Sequence[str], *, timeout: float = PATIENCE) -> Answer:
    """Ask for a reply, as the web app does."""
    began = time.monotonic()
    first, done = float("nan"), False
    said: list[str] = []
    try:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=timeout)
        connection.request(
            "POST", "/api/reply", conversation(texts), {"Content-Type": "application/json"}
        )
        response = connection.getresponse()
        retry_after = response.getheader("Retry-After") is not None
        if response.status != 200:
            response.read()
            return Answer(response.status, retry_after=retry_after)
        for line in response:
            event = json.loads(line) if line.strip() else {}
            if event.get("event") == "bubble":
                first = first if said else time.monotonic() - began
                said.append(event["text"])
            done = done or event.get("event") == "done"
    except (OSError, http.client.HTTPException, ValueError):
        return Answer(0)
    return Answer(200 if done else 0, "\n".join(said), first, time.monotonic() - began)


def _tell(line: str) -> None:
    print(line, file=sys.stderr)
