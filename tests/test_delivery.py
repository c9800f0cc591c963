"""What is served says what was trained, or it is not served."""

from pathlib import Path

import pytest
import torch
from gguf import GGMLQuantizationType, quants
from safetensors.torch import load_file, save_file

from elvisbot import pairs
from elvisbot.bots import Bot, make_bot
from elvisbot.delivery import TOLERANCE, Agreement, deliver
from elvisbot.errors import ExportError
from elvisbot.export.gguf import Quantisation
from elvisbot.messages import write_messages
from elvisbot.training.run import Probe, Reporter, Request, train
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


@pytest.mark.parametrize(("quantisation", "kept"), [("f16", True), ("q8_0", True), ("q4_1", False)])
def test_a_grid_too_coarse_for_what_was_learnt_is_refused(
    trained: tuple[Bot, list[Probe], Agreement], quantisation: Quantisation, kept: bool
) -> None:
    bot, probes, _ = trained
    if kept:
        assert abs(deliver(bot, bot.model, probes, quantisation=quantisation).difference) < 0.01
    else:
        with pytest.raises(ExportError, match="As q4_1 the model would lose"):
            deliver(bot, bot.model, probes, quantisation=quantisation)


def test_the_tolerance_is_a_few_hundredths() -> None:
    assert Agreement(2.0, 2.0 * (1 + TOLERANCE), 10).difference == pytest.approx(TOLERANCE)
    assert 0.01 <= TOLERANCE <= 0.05
