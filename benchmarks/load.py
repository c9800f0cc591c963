"""How a server bears up: five chats, fifty at once, a thousand replies, and visitors who misbehave.

    python -m benchmarks.load [--minutes 10] [--replies 1000] [--only STEP] [--json FILE]

`elvisbot serve` with the default base runs on one core, in a control group of 1 GiB without swap
where this may make one (which takes root). Then

    five chats      each sends every 10 seconds; how soon is the first bubble there?
    fifty at once   each is answered, or told to come back later
    replies         one after the other; does the server grow?
    gone            visitors who close the connection as soon as the reply begins; when is their
                    place free?
    slow            60 connections that send a byte a second; do they delay a real visitor?
"""

import argparse
import contextlib
import http.client
import json
import os
import socket
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from statistics import median, quantiles
from typing import Any

from benchmarks.hosting import (
    Answer,
    Server,
    ask,
    conversation,
    elvisbot,
    free_port,
    message,
    running,
    small_bot,
)

MEMORY = 1024
CHATS = 5
EVERY = 10.0
SENT, BLOCK = 40, 20
CROWD = 50
SLOW = 60
GONE = 12
WARM = 100
"""Replies, after which the server has allocated what it needs."""


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--minutes", type=float, default=10.0, help="of the five chats")
    parser.add_argument("--replies", type=int, default=1000, help="one after the other")
    parser.add_argument("--only", action="append", help="this step; again for more")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there")
    arguments = parser.parse_args()
    is_root = hasattr(os, "geteuid") and os.geteuid() == 0
    if not is_root:
        print("not root: measured without a limit of memory", file=sys.stderr)
    steps: dict[str, Callable[[Server], dict[str, Any]]] = {
        "five chats": lambda server: _five_chats(server, 60 * arguments.minutes),
        "fifty at once": _fifty,
        "slow": _slow,
        "gone": _gone,
        "replies": lambda server: _many(server, arguments.replies),
    }
    figures: dict[str, Any] = {}
    with tempfile.TemporaryDirectory(prefix="elvisbot-load-") as folder:
        bot, port = small_bot(Path(folder) / "bot"), free_port()
        with running(elvisbot(bot, port), port, MEMORY if is_root else None) as server:
            if not server.wait():
                sys.exit("The server did not start.")
            for name, step in steps.items():
                if arguments.only and name not in arguments.only:
                    continue
                figures[name] = step(server)
                print(f"{name:14} {json.dumps(figures[name])}", flush=True)
            print(f"peak of memory: {server.peak:.0f} MiB")
    if arguments.json:
        arguments.json.write_text(json.dumps(figures, indent=2) + "\n")


def _five_chats(server: Server, seconds: float) -> dict[str, Any]:
    until = time.monotonic() + seconds

    def chat(number: int) -> list[Answer]:
        time.sleep(number * EVERY / CHATS / 2)
        answers: list[Answer] = []
        texts: list[str] = []
        while time.monotonic() < until:
            began = time.monotonic()
            texts.append(message(number + len(answers), 12))
            # As the web app leaves out what is old.
            surplus = max(0, len(texts) - SENT)
            answers.append(ask(server.port, texts[surplus - surplus % BLOCK :]))
            texts.append(answers[-1].text or "…")
            time.sleep(max(0.0, EVERY - (time.monotonic() - began)))
        return answers

    with ThreadPoolExecutor(CHATS) as pool:
        answers = [answer for each in pool.map(chat, range(CHATS)) for answer in each]
    firsts = [answer.first for answer in answers if answer.is_whole]
    return {
        "requests": len(answers),
        "errors": sum(not answer.is_whole for answer in answers),
        "median_first": round(median(firsts), 2),
        "p95_first": round(quantiles(firsts, n=20)[-1], 2),
        "longest_first": round(max(firsts), 2),
    }


def _fifty(server: Server) -> dict[str, Any]:
    with ThreadPoolExecutor(CROWD) as pool:
        asked = [[message(number, 12)] for number in range(CROWD)]
        answers = list(pool.map(lambda texts: ask(server.port, texts), asked))
    outcomes = Counter(
        "answered"
        if answer.is_whole
        else f"{answer.status}{', come back' if answer.retry_after else ''}"
        for answer in answers
    )
    return dict(outcomes)


def _many(server: Server, replies: int) -> dict[str, Any]:
    began, sizes = time.monotonic(), []
    for number in range(WARM + replies):
        if number >= WARM and (number - WARM) % 100 == 0:
            sizes.append(server.memory)
        if not ask(server.port, [message(number, 12)]).is_whole:
            return {"failed_at": number}
    sizes.append(server.memory)
    return {
        "replies": replies,
        "seconds": round(time.monotonic() - began),
        "memory_before": round(sizes[0], 1),
        "memory_after": round(sizes[-1], 1),
        "growth": round(max(sizes) / sizes[0] - 1, 4),
    }


def _gone(server: Server) -> dict[str, Any]:
    """As many as there are places close their connections; then one asks."""
    body = conversation([message(1, 12)])
    connections = []
    for _ in range(GONE):
        connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
        connection.request("POST", "/api/reply", body, {"Content-Type": "application/json"})
        connections.append(connection)
    connections[0].getresponse().readline()  # it has begun
    for connection in connections:
        connection.close()
    began = time.monotonic()
    while ask(server.port, [message(2, 12)]).status == 503:
        time.sleep(0.05)
    answered = time.monotonic() - began
    alone = median(ask(server.port, [message(number, 12)]).seconds for number in range(3, 8))
    return {
        "visitors": GONE,
        "place_free_after": round(max(0.0, answered - alone), 2),
        "a_reply_takes": round(alone, 2),
    }


def _slow(server: Server) -> dict[str, Any]:
    over = threading.Event()

    def drip() -> None:
        with (
            contextlib.suppress(OSError),
            socket.create_connection(("127.0.0.1", server.port)) as connection,
        ):
            connection.sendall(b"POST /api/reply HTTP/1.1\r\nHost: 127.0.0.1\r\nX: ")
            while not over.wait(1.0):
                connection.sendall(b"a")

    before = median(ask(server.port, [message(number, 12)]).first for number in range(5))
    threads = [threading.Thread(target=drip, daemon=True) for _ in range(SLOW)]
    for thread in threads:
        thread.start()
    time.sleep(3)
    during = [ask(server.port, [message(10 + number, 12)]) for number in range(10)]
    over.set()
    return {
        "connections": SLOW,
        "errors": sum(not answer.is_whole for answer in during),
        "first_before": round(before, 2),
        "first_during": round(median(answer.first for answer in during), 2),
    }


if __name__ == "__main__":
    main()
