"""What is served says what was trained, or it is not served."""

import math
from pathlib import Path

import pytest
import torch
from gguf import GGMLQuantizationType, quants
from safetensors.torch import load_file, save_file

from elvisbot import delivery, pairs
from elvisbot.bots import Bot, make_bot
from elvisbot.delivery import TOLERANCE, Agreement, deliver, divergence, requantise
from elvisbot.errors import ExportError
from elvisbot.export.quantising import Quantisation
from elvisbot.messages import write_messages
from elvisbot.training.probing import Probe
from elvisbot.training.run import Reporter, Request, train
from tests import tiny
from tests.histories import small_talk


def on_a_grid_of_four_bits(folder: Path) -> Path:
    """A base as the default one is published: its weights lie on the grid of Q4_1."""
    tiny.base(folder, "llama")
    weights = load_file(folder / "model.safetensors")
    for name, weight in weights.items():
        if weight.ndim == 2 and weight.shape[1] % 32 == 0:
            packed = quants.quantize(weight.numpy(), GGMLQuantizationType.Q4_1)
            weights[name] = torch.from_numpy(
                quants.dequantize(packed, GGMLQuantizationType.Q4_1)
            ).contiguous()
    save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})
    return folder


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> tuple[Bot, list[Probe], Agreement]:
    folder = tmp_path_factory.mktemp("delivery")
    probed: list[Probe] = []
    agreements: list[Agreement] = []

    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("ELVISBOT_HOME", str(folder / "home"))
        bot = make_bot("tiny")
        write_messages(bot, small_talk(120))
        pairs.build_pairs(bot)

        def export(model: Path, probes: list[Probe]) -> None:
            probed.extend(probes)
            agreements.append(deliver(bot, model, probes))

        train(
            bot,
            Request(str(on_a_grid_of_four_bits(folder / "base")), "full", epochs=2),
            reporter=Reporter(lambda line: None, lambda step: None),
            export=export,  # type: ignore[arg-type]
        )
    return bot, probed, agreements[0]


def test_eight_bits_keep_what_was_learnt(
    trained: tuple[Bot, list[Probe], Agreement],
) -> None:
    bot, probes, agreement = trained
    assert abs(agreement.difference) < 0.01
    assert agreement.tokens == len(probes) > 50
    assert bot.gguf.is_file()
    assert not (bot.model / "model.gguf").exists()


def test_a_model_that_is_not_the_trained_one_is_refused(
    trained: tuple[Bot, list[Probe], Agreement], tmp_path: Path
) -> None:
    bot, probes, _ = trained
    before = bot.gguf.read_bytes()
    other = tmp_path / "other"
    other.mkdir()
    for file in bot.model.iterdir():
        (other / file.name).write_bytes(file.read_bytes())
    weights = load_file(other / "model.safetensors")
    name = next(name for name in weights if "q_proj" in name)
    weights[name] = torch.flip(weights[name], [0])
    weights["model.norm.weight"] *= 1.5
    save_file(weights, other / "model.safetensors", metadata={"format": "pt"})

    with pytest.raises(ExportError, match="would lose what it has learnt") as caught:
        deliver(bot, other, probes)

    assert "Nothing was replaced" in caught.value.remedy
    assert bot.gguf.read_bytes() == before


def test_the_finer_the_grid_the_nearer_it_stays(
    trained: tuple[Bot, list[Probe], Agreement], tmp_path: Path
) -> None:
    bot, _, delivered = trained
    assert delivered.quantisation == "q8_0"
    kinds: tuple[Quantisation, ...] = ("f16", "q8_0", "q4_k_m")
    fine, usual, coarse = (requantise(bot, each, tmp_path / each) for each in kinds)
    assert fine.tokens == delivered.tokens
    assert usual.divergence == pytest.approx(delivered.divergence, rel=0.2)
    assert 0 <= fine.divergence < usual.divergence < 0.1 * coarse.divergence
    assert abs(fine.difference) < 0.01


def test_a_loss_beyond_the_tolerance_is_refused(
    trained: tuple[Bot, list[Probe], Agreement], monkeypatch: pytest.MonkeyPatch
) -> None:
    bot, probes, _ = trained
    monkeypatch.setattr(delivery, "TOLERANCE", 1e-7)
    with pytest.raises(ExportError, match="As q4_k_m the model would lose"):
        deliver(bot, bot.model, probes, quantisation="q4_k_m")


def test_the_divergence_of_a_distribution_from_another() -> None:
    even = {1: math.log(0.5), 2: math.log(0.5)}
    uneven = {1: math.log(0.25), 2: math.log(0.75)}
    assert divergence(even, even) == pytest.approx(0)
    assert divergence(even, uneven) == pytest.approx(0.5 * math.log(2) + 0.5 * math.log(2 / 3))


def test_what_is_not_among_the_likeliest_of_both_counts_as_one() -> None:
    true = {1: math.log(0.5), 2: math.log(0.25)}
    other = {1: math.log(0.5), 3: math.log(0.25)}
    assert divergence(true, other) == pytest.approx(0)
    assert divergence(true, {1: math.log(0.1)}) == pytest.approx(
        0.5 * math.log(5) + 0.5 * math.log(0.5 / 0.9)
    )


def test_the_tolerance_is_a_few_hundredths() -> None:
    agreement = Agreement("q8_0", 2.0, 2.0 * (1 + TOLERANCE), 0.0, 10)
    assert agreement.difference == pytest.approx(TOLERANCE)
    assert 0.01 <= TOLERANCE <= 0.05
