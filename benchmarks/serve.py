"""How fast and in how little memory a bot is served, beside the seed's way of serving one.

    python -m benchmarks.serve [--only large] [--json FILE]

Two models: GPT-2-large with random weights (774 million, DialoGPT-large's shape) and the default
base. Two ways: `elvisbot serve`, and the seed's, which is Flask, transformers and torch in float32.
Each server runs on one core and answers

    20 requests, each the first of a conversation: a context of about 60 tokens, a reply of 25
    a conversation of 8 turns, of which the first is not counted

first without limits, then in a control group with a limit of memory and no swap (for which this
must run as root). The first bubble is taken to be the first 8 tokens of the 25: ElvisBot sends it
then, and is measured with replies of that length too; the seed sends the whole reply at its end.
Tokens/s are those of the 17 in between, while the bot speaks. A token needs every weight once, and
the bandwidth is that of reading memory on one core.
"""

import argparse
import contextlib
import json
import os
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.hosting import (
    CORE,
    MIB,
    REPLY_TOKENS,
    Server,
    ask,
    elvisbot,
    free_port,
    large_bot,
    message,
    running,
    small_bot,
    speaking,
)
from elvisbot.bots import Bot

REQUESTS = 20
BUBBLE_TOKENS = 8
TURNS = 8
CONTEXT_WORDS = 50
LIMITS = {"large": 768, "small": 320}
"""MiB."""


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--only", choices=LIMITS, help="this model")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there")
    parser.add_argument("--seed", nargs=3, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.seed:
        model, port, tokens = arguments.seed
        _serve_as_the_seed_did(Path(model), int(port), int(tokens))
        return
    bandwidth = _bandwidth()
    print(f"reading memory on one core: {bandwidth / 1e9:.1f} GB/s")
    figures: dict[str, Any] = {"bandwidth": bandwidth}
    with tempfile.TemporaryDirectory(prefix="elvisbot-serve-") as folder:
        for name, limit in LIMITS.items():
            if arguments.only in (None, name):
                make = large_bot if name == "large" else lambda path, memory: small_bot(path)
                bot = make(Path(folder) / name, limit * MIB)
                figures[name] = _compared(bot, limit, bandwidth)
    if arguments.json:
        arguments.json.write_text(json.dumps(figures, indent=2) + "\n")


def _compared(bot: Bot, limit: int, bandwidth: float) -> dict[str, Any]:
    size = bot.gguf.stat().st_size
    print(f"\n{bot.name}: model.gguf has {size / MIB:.0f} MiB")
    print(
        f"{'':22}{'start':>8}{'answered':>10}{'tokens/s':>10}{'1st bubble':>12}"
        f"{'later turns':>13}{'a reply':>10}{'peak MiB':>10}"
    )
    found: dict[str, Any] = {"file": size}
    for memory in (None, limit):
        for way in ("elvisbot", "seed"):
            label = f"{way}, {'no limit' if memory is None else f'{memory} MiB'}"
            found[label] = row = _row(bot, way, memory)
            print(f"{label:22}" + _shown(row), flush=True)
    ours, seed = found["elvisbot, no limit"], found["seed, no limit"]
    if "failed" not in ours | seed:
        faster = ours["tokens_per_second"] / seed["tokens_per_second"]
        sooner = ours["later_turns"] / seed["later_turns"]
        reached = ours["tokens_per_second"] * size / bandwidth
        found |= {"tokens_ratio": faster, "later_ratio": sooner, "bandwidth_share": reached}
        print(
            f"{faster:.1f} times the seed's tokens/s; from the second turn on, {sooner:.2f} of its "
            f"time to the first bubble; {reached:.0%} of what the memory allows"
        )
    return found


def _row(bot: Bot, way: str, memory: int | None) -> dict[str, Any]:
    """What one way of serving measures, from replies of both lengths."""
    rows = []
    for tokens in (REPLY_TOKENS, BUBBLE_TOKENS):
        bot.save(replace(bot.settings, decoding=speaking(tokens)))
        port = free_port()
        arguments = [str(bot.model), str(port), str(tokens)]
        command = (
            elvisbot(bot, port)
            if way == "elvisbot"
            else [sys.executable, "-m", "benchmarks.serve", "--seed", *arguments]
        )
        with running(command, port, memory) as server:
            rows.append(_measured(server))
        if "failed" in rows[-1]:
            return rows[-1]
    whole, part = rows
    between = whole["reply"] - part["reply"]
    first = part if way == "elvisbot" else whole
    return {
        **whole,
        "tokens_per_second": (REPLY_TOKENS - BUBBLE_TOKENS) / between,
        "first_bubble": first["reply"],
        "later_turns": first["later"],
    }


def _measured(server: Server) -> dict[str, Any]:
    if not server.wait():
        killed = server.process.poll()
        return {"failed": "stalled" if killed is None else f"killed ({killed}) while loading"}
    row: dict[str, Any] = {}
    seconds = []
    for number in range(REQUESTS):
        answer = ask(server.port, [message(number, CONTEXT_WORDS)])
        if number == 0:
            row["start"] = time.monotonic() - server.started
        if not answer.is_whole:
            gone = server.process.poll()
            return {"failed": "stalled" if gone is None else f"killed ({gone})"}
        seconds.append(answer.seconds)
    texts, later = [message(REQUESTS, CONTEXT_WORDS)], []
    for turn in range(TURNS):
        answer = ask(server.port, texts)
        if turn:
            later.append(answer.seconds)
        texts += [answer.text, message(turn, 8)]
    return {
        **row,
        "answered": len(seconds),
        "reply": median(seconds),
        "later": median(later),
        "peak": server.peak,
    }


def _shown(row: dict[str, Any]) -> str:
    if "failed" in row:
        return f"  {row['failed']}"
    return (
        f"{row['start']:7.1f}s{row['answered']:10}{row['tokens_per_second']:10.1f}"
        f"{row['first_bubble']:11.2f}s{row['later_turns']:12.2f}s{row['reply']:9.2f}s"
        f"{row['peak']:10.0f}"
    )


def _bandwidth() -> float:
    """Bytes a second that one core reads."""
    import numpy as np

    usual = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {CORE})
    try:
        numbers = np.ones(64 * MIB, dtype=np.float64)
        best = float("inf")
        for _ in range(5):
            began = time.perf_counter()
            numbers.max()
            best = min(best, time.perf_counter() - began)
        return float(numbers.nbytes / best)
    finally:
        os.sched_setaffinity(0, usual)


def _serve_as_the_seed_did(model: Path, port: int, tokens: int) -> None:
    """Flask, transformers and torch in float32; the whole context is read for every reply."""
    import torch
    from flask import Flask, Response, request
    from tokenizers import Tokenizer
    from transformers import AutoModelForCausalLM

    from elvisbot.conversation import Line
    from elvisbot.families import ChatFormat, family_of
    from elvisbot.replies import THEM

    torch.set_num_threads(1)
    loaded: Any = AutoModelForCausalLM.from_pretrained(model, dtype=torch.float32)
    family = family_of(loaded.config.model_type)
    chat_format = ChatFormat(family, Tokenizer.from_file(str(model / "tokenizer.json")))
    app = Flask(__name__)

    @app.get("/healthz")
    def health() -> str:
        return "ok"

    @app.post("/api/reply")
    def reply() -> Response:
        messages = request.get_json()["messages"]
        lines = [Line("me" if each["from"] != THEM else THEM, (each["text"],)) for each in messages]
        ids = torch.tensor([chat_format.prompt(lines[-7:])])
        with torch.no_grad():
            made = loaded.generate(
                input_ids=ids,
                attention_mask=torch.ones_like(ids),
                do_sample=True,
                min_new_tokens=tokens,
                max_new_tokens=tokens,
                pad_token_id=chat_format.end_id,
            )
        text = chat_format.text(made[0, ids.shape[1] :].tolist()) or "…"
        lines_out = [{"event": "bubble", "text": text}, {"event": "done"}]
        return Response("".join(json.dumps(line) + "\n" for line in lines_out))

    with contextlib.suppress(KeyboardInterrupt):
        app.run(port=port)


if __name__ == "__main__":
    main()
