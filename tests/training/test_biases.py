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
from elvisbot.training.network import BOLDEST, CUT, LEAST_BIAS, Network, capitals_bias
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


def drawn_in_capitals(logits: torch.Tensor, bias: float) -> float:
    """Expected among 100 places, of which the last token of three is the one in capitals."""
    shares = (logits + torch.tensor([0.0, 0.0, bias])).softmax(dim=-1)
    shares[shares < CUT * shares.max(dim=-1, keepdim=True).values] = 0
    return float((shares / shares.sum(dim=-1, keepdim=True))[:, 2].sum())


def test_what_is_cut_away_of_words_in_capitals_is_made_up_for() -> None:
    random = torch.Generator().manual_seed(0)
    # Four of 100 are expected, most of them a little at many places, where they are cut away.
    chances = torch.full((100, 1), 0.0015)
    chances[:8] = 0.5
    others = torch.rand(100, 2, generator=random) + 0.1
    others *= (1 - chances) / others.sum(dim=1, keepdim=True)
    logits = torch.cat([others, chances], dim=1).log()
    capitals = torch.tensor([0.0, 0.0, 1.0]).expand_as(logits)
    assert drawn_in_capitals(logits, 0.0) == pytest.approx(4, abs=0.2)
    bias = capitals_bias(logits, capitals, 6.0)
    assert 0 < bias < BOLDEST
    assert drawn_in_capitals(logits, bias) == pytest.approx(6, abs=0.5)
    assert abs(capitals_bias(logits, capitals, 4.0)) < 0.05
    assert capitals_bias(logits, capitals, 90.0) == BOLDEST
    assert -BOLDEST <= capitals_bias(logits, capitals, 0.0) < -0.5


def test_words_in_capitals_have_two_letters_and_all_of_them_capitals(network: Network) -> None:
    form = network.format
    form.tokenizer.add_tokens([" OK", "IT", "'M", "NOt", "42"])
    shown = {form.text([token]) for token, is_so in enumerate(form.in_capitals()) if is_so}
    assert shown == {" OK", "IT"}


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
