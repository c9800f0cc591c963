"""Likelihoods of replies, and what the context is worth."""

import numpy as np
import pytest
import torch

from elvisbot.conversation import Line, Pair
from elvisbot.evaluation.listening import CANDIDATES, _candidates, _is_first, listen
from elvisbot.training.bases import find_base
from elvisbot.training.examples import one_reply
from elvisbot.training.hardware import Hardware
from elvisbot.training.loop import Plan, Watchers, fit
from elvisbot.training.network import Network
from tests import tiny
from tests.histories import START

PLAIN = Hardware("cpu", torch.float32, 1)


def network(folder: pytest.TempPathFactory, family: str) -> Network:
    return Network(find_base(str(tiny.base(folder.mktemp(family), family)), tell=print), PLAIN)


def exchange(number: int, question: str, reply: str, contact: str = "ana") -> Pair:
    return Pair((Line(contact, (question,)),), (reply,), START, number, 1)


@pytest.mark.parametrize("family", ["gpt2", "llama"])
def test_likelihoods_are_those_of_whole_sequences(
    family: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    made = network(tmp_path_factory, family)
    made.freeze()
    pair = exchange(0, "what about it?", "")
    replies = [made.format.reply([text]) for text in ("ok", "the other thing, haha", "")]
    context = made.format.prompt(pair.context)
    found = made.likelihoods(context, replies)
    for reply, log in zip(replies, found, strict=True):
        ids = torch.tensor([[*context, *reply]])
        logs = made.model(input_ids=ids).logits[0, :-1].log_softmax(-1)
        own = range(len(context) - 1, ids.shape[1] - 1)
        assert log == pytest.approx(sum(float(logs[at, ids[0, at + 1]]) for at in own), abs=1e-3)


def test_a_model_that_listens_gains_bits_and_finds_the_reply(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    made = network(tmp_path_factory, "llama")
    colours = ["red", "blue", "green", "white", "black", "pink", "grey", "gold", "tan", "lime"]
    pairs = [exchange(n, f"say {colour}", colour) for n, colour in enumerate(colours)]
    deaf = listen(made, pairs, turns=6, max_tokens=128)
    rows = [one_reply(pair, made.format, max_tokens=128, turns=7) for pair in pairs]
    fit(made, rows, Plan("full", epochs=100), Watchers(lambda step: None))
    heard = listen(made, pairs, turns=6, max_tokens=128)
    assert heard.gained.mean() > max(1.0, deaf.gained.mean() + 1)
    assert heard.hits.mean() > 0.8 > deaf.hits.mean()


def test_too_few_exchanges_to_compare_are_refused(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    made = network(tmp_path_factory, "llama")
    with pytest.raises(ValueError, match="are needed"):
        listen(made, [exchange(0, "a", "b")] * (CANDIDATES - 1), turns=6, max_tokens=128)


def test_replies_are_compared_with_others_to_the_same_contact() -> None:
    pairs = [exchange(n, "a", "b", "ana" if n % 2 else "ben") for n in range(40)]
    for index, candidates in _candidates(pairs):
        assert candidates[0] == index
        assert len(set(candidates)) == CANDIDATES
        assert {each % 2 for each in candidates} == {index % 2}


@pytest.mark.parametrize("sizes", [(40, 3), (3, 4, 5), (10, 9), (300,)])
def test_every_reply_is_compared_once_in_its_own_context_and_nine_times_elsewhere(
    sizes: tuple[int, ...],
) -> None:
    contacts = [f"contact {number}" for number, size in enumerate(sizes) for _ in range(size)]
    pairs = [exchange(n, "a", "b", contact) for n, contact in enumerate(contacts)]
    found = list(_candidates(pairs))
    assert sorted(index for index, _ in found) == list(range(len(pairs)))
    counts = np.bincount([each for _, candidates in found for each in candidates])
    assert set(counts.tolist()) == {CANDIDATES}


def test_who_says_the_same_does_not_compete() -> None:
    gains = np.array([1.0, 1.0, 0.5])
    assert _is_first(gains, [("ok",), ("ok",), ("no",)])
    assert not _is_first(gains, [("ok",), ("yes",), ("no",)])
    assert not _is_first(gains[:1], [("ok",)])
