"""Whether it pays to draw several replies and send the one that fits best.

    python -m benchmarks.reranking NAME [--exchanges 150] [--drawn 4] [--json FILE]

Draws some replies of a trained bot to each of its held-out messages, and compares three choices:
the first, which is what the bot sends; the likeliest a token; and the one that gains most from the
context, as DialoGPT chose its replies. The choices are judged by how like the person they are, as
in `elvisbot score`, and by their fit: how many bits likelier the untuned base, which took no part,
finds a reply behind its own context than behind another's. The person's own replies stand beside.
"""

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path

from elvisbot.bots import Bot, open_bot
from elvisbot.conversation import Pair
from elvisbot.evaluation.style import Reply
from elvisbot.pairs import read_pairs

# Before torch, which reads the environment: the import sets what `elvisbot train` sets.
import elvisbot.training  # noqa: F401  isort: skip

import numpy as np
import torch

from elvisbot.evaluation.base import Transcript
from elvisbot.evaluation.comparison import likenesses, said
from elvisbot.training.bases import find_base
from elvisbot.training.generation import generate
from elvisbot.training.hardware import this_machine
from elvisbot.training.network import Network
from elvisbot.training.run import MAX_TOKENS

HALF = MAX_TOKENS // 2


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("name", help="a trained bot")
    parser.add_argument("--exchanges", type=int, default=150, help="answered (default: 150)")
    parser.add_argument("--drawn", type=int, default=4, help="replies to each (default: 4)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there")
    arguments = parser.parse_args()
    bot = open_bot(arguments.name)
    bot.require_model()
    exchanges = read_pairs(bot.heldout_pairs)[-arguments.exchanges :]
    chosen = _choices(bot, exchanges, arguments.drawn)
    measure = likenesses(exchanges, read_pairs(bot.train_pairs))
    own: dict[str, list[Reply]] = {"the person's own": [pair.reply for pair in exchanges]}
    fits = _fits(bot, exchanges, chosen | own)
    figures = {}
    print(f"{'':22}{'style':>8}{'excess':>8}{'diversity':>10}{'letters':>9}{'fit, bits':>11}")
    for name, replies in chosen.items():
        spoken = said(replies)
        like = measure.measure(spoken)
        figures[name] = {
            "style_ratio": like.style_ratio.value,
            "excess_detectability": like.excess_detectability.value,
            "diversity": like.diversity.value,
            "letters": _letters(spoken),
            "fit_bits": fits[name],
        }
        style, excess, diversity, letters, fit = figures[name].values()
        print(f"{name:22}{style:8.2f}{excess:+8.3f}{diversity:10.2f}{letters:9.1f}{fit:11.2f}")
    (letters,) = (_letters(replies) for replies in own.values())
    (name,) = own
    figures[name] = {"letters": letters, "fit_bits": fits[name]}
    print(f"{name:22}{'':26}{letters:9.1f}{fits[name]:11.2f}")
    if arguments.json:
        arguments.json.write_text(json.dumps(figures, indent=2) + "\n")


def _letters(replies: Sequence[Reply]) -> float:
    return float(np.mean([len("\n".join(reply)) for reply in replies]))


def _network(name: str) -> Network:
    hardware = this_machine()
    torch.set_num_threads(hardware.threads)
    network = Network(find_base(name, tell=lambda line: print(line, file=sys.stderr)), hardware)
    network.freeze()
    return network


def _choices(bot: Bot, exchanges: Sequence[Pair], drawn: int) -> dict[str, list[Reply]]:
    """For each way of choosing, the reply to each exchange."""
    network, settings = _network(str(bot.model)), bot.settings
    form = network.format
    prompts = [
        form.prompt(pair.context[-settings.recipe.context_turns - 1 :])[-HALF:]
        for pair in exchanges
    ]
    made = generate(network, prompts, [settings.decoding] * drawn, stop=form.stops)
    chosen: dict[str, list[Reply]] = {"the first": [], "the likeliest": [], "gains most": []}
    for index, prompt in enumerate(prompts):
        candidates = [[*replies[index], form.end_id] for replies in made]
        logs = network.likelihoods(prompt, candidates)
        alone = network.likelihoods([form.start_id, form.answer_id], candidates)
        lengths = np.array([len(ids) for ids in candidates])
        for name, place in (
            ("the first", 0),
            ("the likeliest", int((logs / lengths).argmax())),
            ("gains most", int(((logs - alone) / lengths).argmax())),
        ):
            texts = form.messages(candidates[place][:-1])[: settings.decoding.max_bubbles]
            chosen[name].append(tuple(text.strip() for text in texts if text.strip()))
    return chosen


def _fits(bot: Bot, exchanges: Sequence[Pair], chosen: dict[str, list[Reply]]) -> dict[str, float]:
    """What the replies of each choice gain, on average, from their contexts in a transcript."""
    network, turns = _network(bot.settings.recipe.base), bot.settings.recipe.context_turns
    transcript = Transcript(network.format.tokenizer)
    prompts = [transcript.prompt(pair.context[-turns - 1 :])[-HALF:] for pair in exchanges]
    written = {
        name: [transcript.reply(reply)[:HALF] for reply in replies]
        for name, replies in chosen.items()
    }
    gains: dict[str, list[float]] = {name: [] for name in chosen}
    for index in range(len(exchanges)):
        both = [
            network.likelihoods(prompt, [written[name][index] for name in chosen])
            for prompt in (prompts[index], prompts[index - len(exchanges) // 2])
        ]
        for name, gain in zip(chosen, both[0] - both[1], strict=True):
            gains[name].append(float(gain) / np.log(2))
    return {name: float(np.mean(each)) for name, each in gains.items()}


if __name__ == "__main__":
    main()
