"""A bot that texts as the person does with one contact: what should it learn from?

    python -m benchmarks.one_contact NAME [--minutes 3] [--json FILE]

Takes the contact with the most replies. The last tenth of the sessions with them is held out, and
three trainings of the same length, in processor time, are compared on it: on that contact alone,
on everybody, and on everybody for two thirds of the time and then on the contact alone. Less is
better.
"""

import argparse
import json
import sys
import time
from collections import Counter
from pathlib import Path

from elvisbot.bots import open_bot
from elvisbot.conversation import Pair
from elvisbot.pairs import by_session, read_pairs

# Before torch, which reads the environment: the import sets what `elvisbot train` sets.
import elvisbot.training  # noqa: F401  isort: skip

import torch

from elvisbot.training import estimate
from elvisbot.training.bases import DEFAULT, find_base
from elvisbot.training.examples import Example, batches, examples
from elvisbot.training.hardware import this_machine
from elvisbot.training.loop import BATCH_TOKENS, Plan, Watchers, fit, learning_rate
from elvisbot.training.network import Network
from elvisbot.training.run import MAX_TOKENS

HELD_OUT = 0.1


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("name", help="a bot with imported messages")
    parser.add_argument("--minutes", type=float, default=3.0, help="of training (default: 3)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there")
    arguments = parser.parse_args()
    bot, seconds = open_bot(arguments.name), 60 * arguments.minutes
    bot.require_import()
    pairs = read_pairs(bot.train_pairs)
    contact, count = Counter(_contact(pair) for pair in pairs).most_common(1)[0]
    sessions = by_session([pair for pair in pairs if _contact(pair) == contact])
    apart = {pair.session for each in _last(sessions, HELD_OUT * count) for pair in each}
    unseen = [pair for pair in pairs if pair.session in apart]
    everybody = [pair for pair in pairs if pair.session not in apart]
    alone = [pair for pair in everybody if _contact(pair) == contact]
    print(f"{len(alone)} replies to the contact, {len(everybody)} in all, {len(unseen)} held out")
    ways = {
        "the contact": [(alone, seconds)],
        "everybody": [(everybody, seconds)],
        "everybody, then the contact": [(everybody, 2 * seconds / 3), (alone, seconds / 3)],
    }
    figures = {}
    for way, stages in ways.items():
        figures[way] = _bits(stages, unseen)
        print(f"{way:30}{figures[way]:8.3f} bits/char", flush=True)
    if arguments.json:
        arguments.json.write_text(json.dumps(figures, indent=2) + "\n")


def _bits(stages: list[tuple[list[Pair], float]], unseen: list[Pair]) -> float:
    """A character of the held-out replies, after one training behind the other."""
    hardware = this_machine()
    torch.set_num_threads(hardware.threads)
    network = Network(find_base(DEFAULT, tell=lambda line: print(line, file=sys.stderr)), hardware)
    for learnt, seconds in stages:
        sequences = _sequences(learnt, network)
        pace = estimate.measure(network, "lora", batches(sequences, max_tokens=BATCH_TOKENS))
        # Passes without end, until the time is over.
        plan = Plan(
            "lora",
            epochs=1000.0,
            learning_rate=learning_rate("lora", pace.tokens_per_second * seconds),
            seconds=seconds,
            clock=lambda: time.process_time() / hardware.threads,
        )
        fit(network, sequences, plan, Watchers(lambda step: None))
    return network.bits(_sequences(unseen, network)) / sum(pair.characters for pair in unseen)


def _sequences(pairs: list[Pair], network: Network) -> list[Example]:
    return list(examples(pairs, network.format, max_tokens=MAX_TOKENS, context_turns=6))


def _contact(pair: Pair) -> str:
    return pair.context[-1].sender


def _last(sessions: list[list[Pair]], replies: float) -> list[list[Pair]]:
    """The last sessions, as few as hold so many replies."""
    chosen: list[list[Pair]] = []
    while sum(map(len, chosen)) < replies:
        chosen.insert(0, sessions[-len(chosen) - 1])
    return chosen


if __name__ == "__main__":
    main()
