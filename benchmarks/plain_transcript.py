"""How well the untuned base guesses a person's replies from a plain transcript.

    python -m benchmarks.plain_transcript NAME

`elvisbot train` scores the base in ElvisBot's own format, whose new markers it has never seen. This
is the stricter reference: the same held-out replies, written in the way the base knows from its
pretraining, without a marker.

    A: hey / u up?
    B: yeah
"""

import argparse
import sys

from elvisbot.bots import open_bot
from elvisbot.conversation import Line, Pair
from elvisbot.pairs import read_pairs
from elvisbot.training.bases import DEFAULT, find_base
from elvisbot.training.examples import IGNORED, Example
from elvisbot.training.hardware import this_machine
from elvisbot.training.network import Network
from elvisbot.training.run import EVALUATED, MAX_TOKENS

BETWEEN_MESSAGES = " / "


def turn(line: Line) -> str:
    return f"{'B' if line.is_mine else 'A'}: {BETWEEN_MESSAGES.join(line.texts)}\n"


def example(network: Network, pair: Pair) -> Example:
    """The whole context that the pair keeps; the line break that ends the reply is scored too."""
    encode = network.format.tokenizer.encode
    context = "\n" + "".join(map(turn, pair.context)) + "B:"
    reply = encode(f" {BETWEEN_MESSAGES.join(pair.reply)}\n", add_special_tokens=False).ids
    before = encode(context, add_special_tokens=False).ids[-(MAX_TOKENS - len(reply)) :]
    return Example(before + reply, [IGNORED] * len(before) + reply)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("name", help="a bot with held-out replies")
    parser.add_argument("--base", default=DEFAULT)
    arguments = parser.parse_args()
    pairs = read_pairs(open_bot(arguments.name).heldout_pairs)[-EVALUATED:]
    base = find_base(arguments.base, tell=lambda line: print(line, file=sys.stderr))
    network = Network(base, this_machine())
    characters = sum(len("\n".join(pair.reply)) for pair in pairs)
    bits = network.bits([example(network, pair) for pair in pairs]) / characters
    print(f"{bits:.3f} bits per character, {len(pairs)} replies, {characters:,} characters")


if __name__ == "__main__":
    main()
