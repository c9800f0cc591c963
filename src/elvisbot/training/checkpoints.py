"""What a training has reached, kept on the disk so that nothing can take it away.

    run/checkpoints/00000240/state.safetensors     weights that learn, optimiser, random numbers
    run/checkpoints/00000240/position.json         how far it is, and the hash of the other file

A checkpoint is written beside its place, flushed to the disk and swapped in, and the one before is
kept. On loading, the newest one whose hash is right counts; whatever else is there is passed over.
"""

import hashlib
import json
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file

from elvisbot.bots import atomic_folder
from elvisbot.training.bases import system_errors

FORMAT: Final = 3
"""Of what a checkpoint holds, and of the order in which it was learnt; a training does not go on
from one of another format."""

KEPT: Final = 2
"""Checkpoints; the older one stands in if the newer one is damaged."""

_STATE: Final = "state.safetensors"
_POSITION: Final = "position.json"
_MOMENTS: Final = ("exp_avg", "exp_avg_sq")


@dataclass(frozen=True)
class Position:
    """How far a training is.

    Attributes:
        step: Steps done.
        epoch, batch: The next batch: the number of the pass, and the batch's number in it.
        tokens: Seen so far, without padding.
        seconds: Spent training so far.
        evaluations: How often the validation replies were scored.
        best: The lowest bits a character of them; None before the first time.
        worse: Evaluations since then.
    """

    step: int = 0
    epoch: int = 0
    batch: int = 0
    tokens: int = 0
    seconds: float = 0.0
    evaluations: int = 0
    best: float | None = None
    worse: int = 0


Weights = Mapping[str, torch.nn.Parameter]
"""The weights that learn, by name."""


class Checkpoints:
    """Those of one training, which is told from others by what it trains on, and how."""

    def __init__(self, folder: Path, training: Mapping[str, Any]) -> None:
        """Keep them in `folder`.

        Args:
            training: Everything that must be the same for a training to go on; JSON values.
        """
        self._folder = folder
        known = json.dumps([FORMAT, training], sort_keys=True)
        self._key = hashlib.sha256(known.encode()).hexdigest()

    def save(self, position: Position, weights: Weights, optimiser: torch.optim.Optimizer) -> None:
        """Keep a state, and drop all but `KEPT`.

        Raises:
            StorageError: if the disk is full or refuses; what was kept before stays.
        """
        tensors = {f"weight.{name}": weight.detach() for name, weight in weights.items()}
        for name, weight in weights.items():
            for moment in _MOMENTS:
                if moment in optimiser.state.get(weight, {}):
                    tensors[f"{moment}.{name}"] = optimiser.state[weight][moment]
        tensors["random"] = torch.get_rng_state()
        self._write(f"{position.step:08}", tensors, asdict(position))
        for old in sorted(self._states())[:-KEPT]:
            shutil.rmtree(old, ignore_errors=True)

    def exist(self) -> bool:
        """Whether there is a whole state to go on from."""
        return any(self._read(folder) is not None for folder in self._states())

    def resume(self, weights: Weights, optimiser: torch.optim.Optimizer) -> Position | None:
        """Put the newest whole state into `weights` and `optimiser`; None if there is none."""
        for folder in sorted(self._states(), reverse=True):
            found = self._read(folder)
            if found is None:
                continue
            tensors, record = found
            position = Position(**record)
            _restore(tensors, weights, optimiser, position.step)
            torch.set_rng_state(tensors["random"].to(device="cpu"))
            return position
        return None

    def save_best(self, weights: Weights) -> None:
        """Keep the weights that were the best so far.

        Raises:
            StorageError: as `save`.
        """
        self._write("best", {f"weight.{name}": each.detach() for name, each in weights.items()}, {})

    def restore_best(self, weights: Weights) -> None:
        """Put the best weights back, if there are any that are whole."""
        found = self._read(self._folder / "best")
        if found is not None:
            _restore(found[0], weights, None, 0)

    def clear(self) -> None:
        """Forget everything."""
        shutil.rmtree(self._folder, ignore_errors=True)

    def _states(self) -> Iterator[Path]:
        return self._folder.glob("[0-9]" * 8)

    def _write(self, name: str, tensors: dict[str, torch.Tensor], record: dict[str, Any]) -> None:
        with atomic_folder(self._folder / name) as folder:
            contiguous = {key: tensor.contiguous() for key, tensor in tensors.items()}
            _save(contiguous, folder / _STATE)
            digest = _hash(folder / _STATE)
            whole = {"training": self._key, "sha256": digest, "position": record}
            (folder / _POSITION).write_text(json.dumps(whole) + "\n")

    def _read(self, folder: Path) -> tuple[dict[str, torch.Tensor], dict[str, Any]] | None:
        """The tensors and the record in `folder`; None unless whole and of this training."""
        try:
            whole = json.loads((folder / _POSITION).read_text())
            if whole["training"] != self._key or whole["sha256"] != _hash(folder / _STATE):
                return None
            tensors = load_file(folder / _STATE)
            record = whole["position"]
        except (OSError, ValueError, KeyError, TypeError, SafetensorError):
            return None
        return tensors, record


def _restore(
    tensors: Mapping[str, torch.Tensor],
    weights: Weights,
    optimiser: torch.optim.Optimizer | None,
    step: int,
) -> None:
    with torch.no_grad():
        for name, weight in weights.items():
            weight.copy_(tensors[f"weight.{name}"])
            if optimiser is not None and f"{_MOMENTS[0]}.{name}" in tensors:
                moments = {key: tensors[f"{key}.{name}"].to(weight.device) for key in _MOMENTS}
                optimiser.state[weight] = {
                    "step": torch.tensor(float(step), device=weight.device),
                    **moments,
                }


def _save(tensors: dict[str, torch.Tensor], path: Path) -> None:
    with system_errors():
        save_file(tensors, path)


def _hash(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
