"""What a training will take is said before, and what does not fit is refused with what does."""

import sys
from pathlib import Path

import psutil
import pytest
import torch

from elvisbot.errors import TrainingError
from elvisbot.training import estimate, give_back_memory, hardware
from elvisbot.training.bases import find_base
from elvisbot.training.estimate import free_memory, least_memory, measure, require_memory
from elvisbot.training.examples import IGNORED, Example, batches
from elvisbot.training.hardware import Hardware, this_machine
from elvisbot.training.network import Method, Network
from tests import tiny

FLOAT32 = Hardware("cpu", torch.float32, 2)
BFLOAT16 = Hardware("cpu", torch.bfloat16, 2)
LARGE = 774_030_080
SEQUENCES = [
    Example([256 + 3, *range(10), index], [IGNORED, *range(10), index]) for index in range(200)
]


@pytest.mark.parametrize(
    ("method", "hardware", "gigabytes"),
    [
        ("full", FLOAT32, 16 * 0.774 + 0.734),
        ("full", BFLOAT16, 16 * 0.774 + 0.734),
        ("lora", FLOAT32, 6 * 0.774 + 0.734),
        ("lora", BFLOAT16, 6 * 0.774 + 0.734),
    ],
)
def test_the_least_memory_counts_weights_gradients_moments_and_saving(
    method: Method, hardware: Hardware, gigabytes: float
) -> None:
    assert least_memory(LARGE, method, hardware) / 1e9 == pytest.approx(gigabytes, rel=0.01)


def test_the_parameters_are_counted_without_loading_them(home: Path, tmp_path: Path) -> None:
    base = find_base(str(tiny.base(tmp_path / "base", "gpt2")), tell=lambda line: None)
    model = tiny.gpt2()
    assert base.parameters == sum(each.numel() for each in model.parameters())


@pytest.mark.parametrize(
    ("method", "free", "remedy"),
    [
        ("full", 6.0, "Train with --method lora, which fits"),
        ("full", 2.0, "Choose a smaller base, with --method lora: smollm2-135m"),
        ("lora", 2.0, "Choose a smaller base, with --method lora: smollm2-135m"),
        ("lora", 1.0, "even the smallest base needs more"),
    ],
)
def test_what_does_not_fit_is_refused_with_what_does(
    home: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    method: Method,
    free: float,
    remedy: str,
) -> None:
    base = find_base(str(tiny.base(tmp_path / "base", "gpt2")), tell=lambda line: None)
    base.__dict__["parameters"] = LARGE
    monkeypatch.setattr(estimate, "free_memory", lambda hardware: int(free * 1e9))
    with pytest.raises(TrainingError, match="needs at least") as caught:
        require_memory(base, method, FLOAT32)
    assert remedy in caught.value.remedy


def test_what_fits_is_not_refused(home: Path, tmp_path: Path) -> None:
    base = find_base(str(tiny.base(tmp_path / "base", "gpt2")), tell=lambda line: None)
    require_memory(base, "full", FLOAT32)


@pytest.mark.parametrize("method", ["lora", "full"])
@pytest.mark.parametrize("probes", [1, 4])
def test_measuring_changes_nothing(home: Path, tmp_path: Path, method: Method, probes: int) -> None:
    base = find_base(str(tiny.base(tmp_path / "base", "gpt2")), tell=lambda line: None)
    network = Network(base, FLOAT32)
    before = {name: each.clone() for name, each in network.prepare(method).items()}
    random = torch.get_rng_state()

    pace = measure(network, method, batches(SEQUENCES, max_tokens=256), probes=probes)

    assert pace.tokens_per_second > 0
    assert pace.memory > 50 << 20
    assert torch.equal(torch.get_rng_state(), random)
    for name, weight in network.prepare(method).items():
        assert torch.equal(weight, before[name])
        assert weight.grad is None


def test_the_free_memory_is_that_of_this_process() -> None:
    assert 100 << 20 < free_memory(FLOAT32) < 1 << 45


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere nothing is kept")
def test_what_a_step_has_kept_is_given_back() -> None:
    process = psutil.Process()
    blocks = [torch.ones(1 << 18) for _ in range(300)]
    held = process.memory_info().rss
    last = blocks.pop()  # so that what is free lies below something that is not
    del blocks
    give_back_memory()
    assert held - process.memory_info().rss > 250 << 20
    assert last.sum() == 1 << 18


@pytest.mark.parametrize(
    ("cuda", "bfloat16", "mps", "device", "dtype"),
    [
        (True, True, False, "cuda", torch.bfloat16),
        (True, False, True, "cuda", torch.float32),
        (False, False, True, "mps", torch.float32),
    ],
)
def test_a_graphics_card_is_used_where_there_is_one(
    monkeypatch: pytest.MonkeyPatch,
    cuda: bool,
    bfloat16: bool,
    mps: bool,
    device: str,
    dtype: torch.dtype,
) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: cuda)
    monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda: bfloat16)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: mps)
    assert (this_machine().device, this_machine().dtype) == (device, dtype)


@pytest.mark.parametrize(
    ("capabilities", "seconds", "dtype"),
    [
        ({"avx512_bf16": True}, (1.0, 2.0), torch.bfloat16),
        ({"amx_bf16": True}, (1.0, 2.0), torch.bfloat16),
        ({"avx512_bf16": True}, (2.0, 1.0), torch.float32),
        ({"avx512_bf16": False}, (1.0, 2.0), torch.float32),
        ({}, (1.0, 2.0), torch.float32),
    ],
)
def test_bfloat16_is_used_where_the_processor_has_it_and_is_quicker_with_it(
    monkeypatch: pytest.MonkeyPatch,
    capabilities: dict[str, bool],
    seconds: tuple[float, float],
    dtype: torch.dtype,
) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: False)
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: capabilities)
    took = dict(zip((torch.bfloat16, torch.float32), seconds, strict=True))
    monkeypatch.setattr(hardware, "_multiplying", lambda dtype: took[dtype])
    assert this_machine().dtype == dtype


def test_how_fast_it_multiplies_is_measured() -> None:
    assert 1e-6 < hardware._multiplying(torch.float32) < 1


def test_the_memory_of_a_graphics_card_is_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "mem_get_info", lambda: (5, 10))
    monkeypatch.setattr(torch.cuda, "max_memory_allocated", lambda: 7)
    card = Hardware("cuda", torch.bfloat16, 2)
    assert (free_memory(card), estimate.peak_memory(card)) == (5, 7)


@pytest.mark.parametrize(
    ("usable", "busy", "free"),
    [(2, 0.0, 2), (2, 30.0, 1), (2, 100.0, 1), (8, 12.5, 7), (4, 50.0, 4), (1, 0.0, 1)],
)
def test_threads_are_the_cores_that_nobody_else_keeps_busy(
    monkeypatch: pytest.MonkeyPatch, usable: int, busy: float, free: int
) -> None:
    monkeypatch.setattr(hardware, "usable_cores", lambda: usable)
    monkeypatch.setattr(psutil, "cpu_count", lambda: 8 if usable > 2 else 2)
    monkeypatch.setattr(psutil, "cpu_percent", lambda interval: busy)
    assert hardware.free_cores() == free
