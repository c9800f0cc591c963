"""The biases make each word as likely as the person makes it."""

from pathlib import Path

import pytest
import torch

from elvisbot.bots import BIASES, Decoding
from elvisbot.errors import EngineError
from elvisbot.sampling import read_biases, write_biases
from elvisbot.training.bases import find_base
from elvisbot.training.examples import IGNORED, Example
from elvisbot.training.generation import generate
from elvisbot.training.hardware import Hardware
from elvisbot.training.network import LEAST_BIAS, Network
from tests import tiny

PLAIN = Hardware("cpu", torch.float32, 1)
SAID = ["ok so", "ok ok", "no", "ok then", "haha ok"] * 40


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tiny.base(tmp_path, "llama")


@pytest.fixture
def network(folder: Path) -> Network:
    return Network(find_base(str(folder), tell=print), PLAIN)


def sequences(network: Network) -> list[Example]:
    form = network.format
    return [
        Example(
            [form.start_id, *form.turn(["hey"]), form.answer_id, *form.reply([text])],
            [IGNORED] * (len(form.turn(["hey"])) + 2) + form.reply([text]),
        )
        for text in SAID
    ]


def test_words_become_as_likely_as_they_are_frequent(network: Network) -> None:
    learnt = sequences(network)
    before = network.bits(learnt)
    network.fit_biases(learnt)
    assert network.bits(learnt) < 0.8 * before
    (token,) = network.format.turn(["k"])
    (never,) = network.format.turn(["z"])
    assert network.biases[token] > 1
    assert network.biases[never] < 0


def test_fitting_again_changes_little(network: Network) -> None:
    learnt = sequences(network)
    network.fit_biases(learnt)
    first = network.biases.clone()
    network.fit_biases(learnt)
    assert float((network.biases - first).abs().max()) < 0.5 * float(first.abs().max())


def test_all_that_depends_on_them_knows_them(network: Network) -> None:
    (token,) = network.format.turn(["q"])
    turn = network.format.turn(["hey"])
    prompt = [network.format.start_id, *turn, network.format.answer_id]
    (rare,) = network.likelihoods(prompt, [[token]])
    network.biases[token] = 10
    (likely,) = network.likelihoods(prompt, [[token]])
    assert likely > rare + 1
    ((made,),) = generate(network, [prompt], [Decoding(temperature=0, max_tokens=5)], stop=())
    assert made == [token] * 5


def test_they_are_kept_beside_the_weights(network: Network, folder: Path) -> None:
    network.fit_biases(sequences(network))
    write_biases(folder / BIASES, network.worthwhile_biases())
    again = Network(find_base(str(folder), tell=print), PLAIN)
    assert float((again.biases - network.biases).abs().max()) <= LEAST_BIAS


@pytest.mark.parametrize(
    "text", ["", "[]", "{", '{"a": 1}', '{"1": "x"}', '{"1": 11}', '{"1": NaN}', "[" * 9999]
)
def test_anything_else_in_their_file_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / BIASES
    path.write_text(text)
    with pytest.raises(EngineError, match="damaged"):
        read_biases(path)


def test_a_model_may_have_none(tmp_path: Path) -> None:
    assert read_biases(tmp_path / BIASES) == {}
