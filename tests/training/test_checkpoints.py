"""A training that is interrupted goes on as if it had not been, and nothing damaged is believed."""

import json
import signal
from collections.abc import Callable
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import torch

from elvisbot.errors import StorageError
from elvisbot.training import checkpoints as module
from elvisbot.training import loop
from elvisbot.training.bases import find_base
from elvisbot.training.checkpoints import KEPT, Checkpoints
from elvisbot.training.examples import IGNORED, Example
from elvisbot.training.hardware import Hardware
from elvisbot.training.loop import PATIENCE, Plan, Step, Watchers, fit
from elvisbot.training.network import Method, Network
from tests import tiny

SEQUENCES = [
    Example([256 + 3, *range(10), index], [IGNORED, *range(10), index]) for index in range(200)
]
STEPS = 12


@pytest.fixture
def network(home: Path, tmp_path: Path) -> Callable[[], Network]:
    """Makes the same network again and again. GPT-2 draws random numbers while it learns."""
    folder = tiny.base(tmp_path / "base", "gpt2")

    def make() -> Network:
        base = find_base(str(folder), tell=lambda line: None)
        return Network(base, Hardware("cpu", torch.float32, 2))

    return make


def train(
    learner: Network,
    kept: Checkpoints | None,
    *,
    stop_at: int | None = None,
    method: Method = "full",
    **watchers: Any,
) -> Step:
    def on_step(step: Step) -> None:
        if step.number == stop_at:
            signal.raise_signal(signal.SIGINT)

    plan = Plan(method, epochs=4, checkpoint_seconds=0)
    return fit(learner, SEQUENCES, plan, Watchers(on_step, **watchers), checkpoints=kept)


def weights(learner: Network) -> dict[str, torch.Tensor]:
    return {name: each.detach().clone() for name, each in learner.model.named_parameters()}


@pytest.mark.parametrize("method", ["lora", "full"])
@pytest.mark.parametrize("stop_at", [1, 4, 5])
def test_an_interrupted_training_ends_where_an_undisturbed_one_does(
    network: Callable[[], Network], tmp_path: Path, method: Method, stop_at: int
) -> None:
    undisturbed, interrupted, resumed = network(), network(), network()
    whole = train(undisturbed, None, method=method)
    kept = Checkpoints(tmp_path / "kept", {"any": 1})
    first = train(interrupted, kept, stop_at=stop_at, method=method)

    last = train(resumed, kept, method=method)

    assert first.number == stop_at
    assert (last.number, last.loss, last.tokens) == (whole.number, whole.loss, whole.tokens)
    expected = weights(undisturbed)
    assert all(torch.equal(each, expected[name]) for name, each in weights(resumed).items())


def states(folder: Path) -> list[Path]:
    return sorted(folder.glob("0*"))


def test_only_the_newest_are_kept(network: Callable[[], Network], tmp_path: Path) -> None:
    last = train(network(), Checkpoints(tmp_path / "kept", {}))
    names = [path.name for path in states(tmp_path / "kept")]
    assert names == [f"{number:08}" for number in range(last.number - KEPT + 1, last.number + 1)]


def spoil(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def empty(path: Path) -> None:
    path.write_bytes(b"")


@pytest.mark.parametrize("name", ["state.safetensors", "position.json"])
@pytest.mark.parametrize("damage", [spoil, cut, empty, Path.unlink])
def test_a_damaged_checkpoint_is_passed_over_for_the_one_before(
    network: Callable[[], Network], tmp_path: Path, name: str, damage: Callable[[Path], None]
) -> None:
    kept = Checkpoints(tmp_path / "kept", {})
    train(network(), kept, stop_at=5)
    damage(states(tmp_path / "kept")[-1] / name)
    numbers: list[int] = []
    plan = Plan("full", epochs=4)
    watchers = Watchers(lambda step: numbers.append(step.number))
    fit(network(), SEQUENCES, plan, watchers, checkpoints=kept)
    assert numbers[0] == 5


def test_without_a_whole_checkpoint_a_training_begins_anew(
    network: Callable[[], Network], tmp_path: Path
) -> None:
    kept = Checkpoints(tmp_path / "kept", {})
    train(network(), kept, stop_at=5)
    for state in states(tmp_path / "kept"):
        empty(state / "state.safetensors")
    assert not kept.exist()
    whole = train(network(), None)
    assert train(network(), kept).loss == whole.loss


def test_another_training_is_not_gone_on_with(
    network: Callable[[], Network], tmp_path: Path
) -> None:
    train(network(), Checkpoints(tmp_path / "kept", {"epochs": 4}), stop_at=5)
    assert Checkpoints(tmp_path / "kept", {"epochs": 4}).exist()
    assert not Checkpoints(tmp_path / "kept", {"epochs": 5}).exist()


def test_a_full_disk_costs_the_checkpoints_and_not_the_training(
    network: Callable[[], Network], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    @contextmanager
    def full(path: Path) -> Any:
        raise StorageError("The disk is full.", remedy="Make room.")
        yield

    whole = train(network(), None)
    monkeypatch.setattr(module, "atomic_folder", full)
    warnings: list[str] = []
    last = train(network(), Checkpoints(tmp_path / "kept", {}), warn=warnings.append)
    assert last.loss == whole.loss
    assert "The disk is full" in warnings[0]


def test_the_training_ends_when_it_only_gets_worse_and_the_best_is_kept(
    network: Callable[[], Network], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loop, "TOKENS_BETWEEN", 1)  # score as often as in a long pass
    learner = network()
    at_best: dict[str, torch.Tensor] = {}
    scores = iter([3.0, 2.0, 2.1, 2.2, 2.3, 1.0])

    def on_score(bits: float, is_best: bool) -> None:
        if is_best:
            at_best.update(weights(learner))

    kept = Checkpoints(tmp_path / "kept", {})
    last = train(learner, kept, score=lambda: next(scores), on_score=on_score)
    assert next(scores) == 1.0  # it was asked 2 + PATIENCE times
    assert PATIENCE == 3
    assert last.progress < 1
    assert last.settled
    assert all(torch.equal(each, at_best[name]) for name, each in weights(learner).items())


def test_after_ctrl_c_the_last_state_is_kept_if_it_is_the_best(
    network: Callable[[], Network], tmp_path: Path
) -> None:
    learner = network()
    asked: list[float] = []

    def score() -> float:
        asked.append(learner.bits(SEQUENCES[:5]))
        return asked[-1]

    train(learner, Checkpoints(tmp_path / "kept", {}), stop_at=6, score=score)
    assert learner.bits(SEQUENCES[:5]) == pytest.approx(min(asked))


def test_a_checkpoint_holds_no_pickle_and_says_what_it_is(
    network: Callable[[], Network], tmp_path: Path
) -> None:
    train(network(), Checkpoints(tmp_path / "kept", {}), stop_at=3)
    newest = states(tmp_path / "kept")[-1]
    assert {path.name for path in newest.iterdir()} == {"state.safetensors", "position.json"}
    assert json.loads((newest / "position.json").read_text())["position"]["step"] == 3
