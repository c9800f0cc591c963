"""Five hundred replies of a bot that was trained for a minute or two on the sample history.

None of them is what would tell at once that a machine is talking, and a badly trained one at that.
"""

import re
from collections import deque
from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from typing import Final

import pytest

from elvisbot.bots import Bot, Decoding
from elvisbot.conversation import Pair
from elvisbot.demo import sample_history
from elvisbot.errors import SilenceError
from elvisbot.evaluation.answers import as_messages
from elvisbot.evaluation.calibration import CUTS, TEMPERATURES
from elvisbot.importing import import_history
from elvisbot.pairs import read_pairs
from elvisbot.replies import Bubble, Replier
from elvisbot.sources import Answers
from elvisbot.training import run
from elvisbot.training.bases import find_base
from elvisbot.training.generation import generate
from elvisbot.training.hardware import this_machine
from elvisbot.training.network import Network
from elvisbot.training.run import Reporter, Request, train

pytestmark = pytest.mark.timeout(1800)

REPLIES: Final = 500

TURNS: Final = 2
"""Before the one that is answered."""

EPOCHS: Final = 0.08
LONGEST: Final = 60
"""Tokens of a reply."""

ASSISTANT: Final = re.compile(
    r"how (can|could|may) i (help|assist) you|\bassist you\b|(here|happy) to (help|assist) you"
    r"|\b(as|i('|’)?m|i am) (just )?an? (ai|chatbot|(large )?language model|\w+ assistant)\b"
    r"|feel free to ask",
    re.IGNORECASE,
)
MARKERS: Final = re.compile(r"<\||\|>|\ufffd|<s>|</s>|\[INST\]|im_start|im_end|endoftext", re.I)


class Prepared:
    """An engine whose replies were drawn side by side; what is asked for again is drawn again."""

    description = "prepared"
    max_prompt = 400
    at_once = 1

    def __init__(self, network: Network, decoding: Decoding) -> None:
        self.format = network.format
        self._network = network
        self._decoding = decoding
        self._made: dict[tuple[int, ...], deque[list[int]]] = {}

    def prepare(self, prompts: Sequence[Sequence[int]]) -> None:
        for prompt, ids in zip(prompts, self._draw(prompts), strict=True):
            self._made.setdefault(tuple(prompt), deque()).append(ids)

    def generate(
        self, prompt: Sequence[int], decoding: Decoding, *, stop: Collection[int]
    ) -> Iterator[int]:
        kept = self._made[tuple(prompt)]
        return iter(kept.popleft() if kept else self._draw([prompt])[0])

    def log_probabilities(self, prompt: Sequence[int], top: int) -> dict[int, float]:
        raise NotImplementedError

    def close(self) -> None:
        pass

    def _draw(self, prompts: Sequence[Sequence[int]]) -> list[list[int]]:
        stop = self.format.stops
        return generate(self._network, prompts, [self._decoding], stop=stop)[0]


@pytest.fixture(scope="module")
def bot(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bot]:
    home = tmp_path_factory.mktemp("home")
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("ELVISBOT_HOME", str(home))
        environment.setattr(run, "EVALUATED", 20)  # how good it is, others measure
        made = import_history(
            "Demo", who=None, path=sample_history(tell=print), answers=Answers()
        ).bot
        train(
            made,
            Request("smollm2-135m", "lora", epochs=EPOCHS),
            reporter=Reporter(lambda line: None, lambda step: None),
            export=lambda model, probes: None,
        )
        yield made


@pytest.fixture(scope="module")
def answered(bot: Bot) -> list[tuple[Pair, list[str]]]:
    """Exchanges that the bot has not learnt from, and what it says in them."""
    asked = [replace(p, context=p.context[-TURNS - 1 :]) for p in read_pairs(bot.heldout_pairs)]
    asked = asked[-REPLIES:]
    assert len(asked) == REPLIES
    network = Network(find_base(str(bot.model), tell=print), this_machine())
    network.freeze()
    boldest = replace(bot.settings.decoding, min_p=min(CUTS), temperature=max(TEMPERATURES))
    engine = Prepared(network, replace(boldest, top_p=1.0, max_tokens=LONGEST))
    replier = Replier(engine, bot.settings)
    engine.prepare([replier.prompt(as_messages(pair)) for pair in asked])
    return [(pair, said(replier, pair)) for pair in asked]


def said(replier: Replier, pair: Pair) -> list[str]:
    """The bubbles that are sent; none where the bot could not think of anything."""
    try:
        sent = list(replier.reply(as_messages(pair)))
    except SilenceError:
        return []
    return [each.text for each in sent if isinstance(each, Bubble)]


def test_none_is_empty(answered: list[tuple[Pair, list[str]]]) -> None:
    assert [pair for pair, reply in answered if not any(map(str.strip, reply))] == []


def test_none_echoes_what_it_answers(answered: list[tuple[Pair, list[str]]]) -> None:
    echoes = [reply for pair, reply in answered if _is_echo(reply, pair)]
    assert [reply for reply in echoes if len(_plain(reply).split()) > 2] == []
    # Whoever is greeted greets.
    assert len(echoes) <= max(2, sum(_is_echo(pair.reply, pair) for pair, _ in answered))


def test_none_runs_away(answered: list[tuple[Pair, list[str]]], bot: Bot) -> None:
    said = [text for pair in read_pairs(bot.train_pairs) for text in pair.reply]
    longest = 1.5 * max(map(len, said))
    most = bot.settings.decoding.max_bubbles
    assert sum(len(reply) >= most for _, reply in answered) <= 0.05 * REPLIES
    for _, reply in answered:
        assert len(reply) <= most
        assert max(map(len, reply)) <= longest
        assert all(reply.count(text) < 4 for text in reply)


def test_none_speaks_as_an_assistant(answered: list[tuple[Pair, list[str]]]) -> None:
    assert [text for _, reply in answered for text in reply if ASSISTANT.search(text)] == []


def test_none_leaks_a_marker(answered: list[tuple[Pair, list[str]]]) -> None:
    assert [text for _, reply in answered for text in reply if MARKERS.search(text)] == []


def test_they_are_not_one_reply_over_and_over(answered: list[tuple[Pair, list[str]]]) -> None:
    assert len({_plain(reply) for _, reply in answered}) > 0.8 * REPLIES


def _is_echo(reply: Sequence[str], pair: Pair) -> bool:
    return _plain(reply) == _plain(pair.context[-1].texts)


def _plain(texts: Sequence[str]) -> str:
    return re.sub(r"\W+", " ", " ".join(texts)).strip().casefold()
