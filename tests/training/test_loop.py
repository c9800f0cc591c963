import math
import signal
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
import torch

from elvisbot.errors import TrainingError
from elvisbot.training.bases import find_base
from elvisbot.training.examples import IGNORED, Example
from elvisbot.training.hardware import Hardware, this_machine
from elvisbot.training.loop import (
    EVALUATIONS,
    FULL_RATE,
    WARM_UP,
    Plan,
    Step,
    Watchers,
    evaluations,
    fit,
    learning_rate,
    schedule,
)
from elvisbot.training.network import Method, Network
from tests import tiny

FLOAT32 = Hardware("cpu", torch.float32, 2)
SEQUENCES = [
    Example([256 + 3, *range(10), index], [IGNORED, *range(10), index]) for index in range(20)
]


def trained(
    network: Network,
    *,
    method: Method = "lora",
    epochs: float = 1,
    seconds: float | None = None,
    on_step: Callable[[Step], None] = lambda step: None,
    sequences: Sequence[Example] = SEQUENCES,
) -> Step:
    return fit(network, sequences, Plan(method, epochs, seconds=seconds), Watchers(on_step))


def network(folder: Path, architecture: str = "llama") -> Network:
    base = find_base(str(tiny.base(folder / "base", architecture)), tell=lambda line: None)
    return Network(base, FLOAT32)


@pytest.mark.parametrize(
    ("progress", "share"), [(0, 0.1), (WARM_UP, 1.0), ((1 + WARM_UP) / 2, 0.55), (1, 0.1)]
)
def test_the_rate_rises_and_falls(progress: float, share: float) -> None:
    assert schedule(progress) == pytest.approx(share)


def test_one_epoch_sees_every_token_once(home: Path, tmp_path: Path) -> None:
    last = trained(network(tmp_path))
    assert last.tokens == sum(len(sequence.ids) for sequence in SEQUENCES)
    assert last.progress == 1


def test_the_time_limit_ends_it(home: Path, tmp_path: Path) -> None:
    steps: list[Step] = []
    last = trained(network(tmp_path), epochs=1e6, seconds=1.0, on_step=steps.append)
    assert 1.0 <= last.seconds < 5.0
    assert last.progress == 1
    assert [step.number for step in steps] == list(range(1, len(steps) + 1))


def test_ctrl_c_finishes_the_step_and_keeps_what_was_learnt(home: Path, tmp_path: Path) -> None:
    def interrupt(step: Step) -> None:
        if step.number == 3:
            signal.raise_signal(signal.SIGINT)

    last = trained(network(tmp_path), epochs=100, on_step=interrupt)
    assert last.number == 3
    assert last.progress < 1


def test_ctrl_c_twice_ends_everything(home: Path, tmp_path: Path) -> None:
    def interrupt(step: Step) -> None:
        signal.raise_signal(signal.SIGINT)
        signal.raise_signal(signal.SIGINT)

    # Where the tests run in the background of a shell, Ctrl-C is ignored from the start.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        with pytest.raises(KeyboardInterrupt):
            trained(network(tmp_path), on_step=interrupt)
    finally:
        signal.signal(signal.SIGINT, before)


def test_lora_leaves_the_base_as_it_was(home: Path, tmp_path: Path) -> None:
    learner = network(tmp_path)
    before = learner.bits(SEQUENCES)
    learning = learner.prepare("lora")
    named = dict(learner.model.named_parameters())
    frozen = {name: named[name].clone() for name in named.keys() - learning.keys()}
    trained(learner, epochs=5)
    assert learner.bits(SEQUENCES) < before - 1
    assert len(frozen) > 10
    assert all(torch.equal(named[name], weight) for name, weight in frozen.items())


@pytest.mark.parametrize("architecture", ["gpt2", "llama"])
@pytest.mark.parametrize("method", ["lora", "full"])
def test_merging_changes_no_prediction(
    home: Path, tmp_path: Path, architecture: str, method: str
) -> None:
    learner = network(tmp_path, architecture)
    trained(learner, method="lora" if method == "lora" else "full", epochs=20)
    before = learner.bits(SEQUENCES)
    learner.merge()
    assert learner.bits(SEQUENCES) == pytest.approx(before, rel=1e-4)


def test_new_markers_start_at_the_mean_of_all_others(home: Path, tmp_path: Path) -> None:
    made = network(tmp_path)
    rows = made.model.get_input_embeddings().weight.detach()
    old = tiny.byte_tokenizer().get_vocab_size()
    assert made.new_tokens == [old, old + 1, old + 2]
    assert torch.allclose(rows[old:], rows[:old].mean(dim=0).expand(3, -1), atol=1e-6)


def test_bits_are_those_of_the_labelled_tokens_alone(home: Path, tmp_path: Path) -> None:
    made = network(tmp_path)
    ids = [1, 2, 3, 4, 5]
    with torch.no_grad():
        logs = made.model(torch.tensor([ids])).logits[0].log_softmax(-1)
    expected = -(logs[1, 3] + logs[3, 5]).item() / math.log(2)
    labelled = Example(ids, [IGNORED, IGNORED, 3, IGNORED, 5])
    assert made.bits([labelled]) == pytest.approx(expected, rel=1e-5)


def test_this_machine_has_at_least_one_core_and_a_known_device() -> None:
    found = this_machine()
    assert found.threads >= 1
    assert found.device in {"cpu", "cuda", "mps"}
    assert found.description


def test_lora_teaches_the_markers_of_a_base_whose_output_layer_stands_alone(
    home: Path, tmp_path: Path
) -> None:
    learner = network(tmp_path, "awkward_llama")
    said, unsaid = learner.new_tokens[:2]
    ending = [Example([1, said], [IGNORED, said])] * 20
    trained(learner, epochs=5, sequences=ending)
    rows = learner.merge().get_output_embeddings().weight.detach()[[said, unsaid]]
    assert not torch.allclose(rows[0], rows[1])


def test_a_loss_that_is_no_number_ends_the_training(home: Path, tmp_path: Path) -> None:
    learner = network(tmp_path)
    with torch.no_grad():
        learner.model.get_input_embeddings().weight[:] = torch.nan
    with pytest.raises(TrainingError, match="astray"):
        trained(learner, method="full")


@pytest.mark.parametrize(
    ("tokens", "rate"), [(0, 3e-3), (50_000, 3e-3), (85_000, 2e-3), (170_000, 1e-3), (10**7, 1e-3)]
)
def test_a_longer_training_has_a_lower_rate(tokens: int, rate: float) -> None:
    assert learning_rate("lora", tokens) == pytest.approx(rate)
    assert learning_rate("full", tokens) == FULL_RATE


@pytest.mark.parametrize(
    ("tokens", "times"), [(100, 1), (7_000, 1), (13_000, 2), (180_000, EVALUATIONS)]
)
def test_a_short_pass_is_scored_less_often(tokens: int, times: int) -> None:
    assert evaluations(tokens) == times
