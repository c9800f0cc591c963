"""Writes `model.gguf`, the quantised model that llama.cpp serves.

The format and the tensors' names are llama.cpp's; `gguf`, its own Python package, brings both.
"""

import json
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any, Final

import gguf
import numpy as np
from numpy.typing import NDArray
from safetensors import safe_open

from elvisbot.bots import atomic_path
from elvisbot.errors import ExportError
from elvisbot.export.quantising import (
    FILE_TYPES,
    Quantisation,
    kind_of,
    quantised,
    size_of,
)
from elvisbot.families import ChatFormat, Family, family_of

_QWEN2: Final = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}"
    r"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)
_LLAMA3: Final = _QWEN2.replace(r"|\p{N}|", r"|\p{N}{1,3}|")

_PRE_TOKENIZERS: Final = {
    ("ByteLevel",): "gpt-2",
    ("Digits", "ByteLevel"): "smollm",
    (_QWEN2, "ByteLevel"): "qwen2",
    (_LLAMA3, "ByteLevel"): "llama-bpe",
}
"""llama.cpp's names for the steps by which a tokenizer cuts text before it looks for tokens, as in
its `src/llama-vocab.cpp`: a step of the kind Split is told by its pattern."""

_SKIPPED: Final = (".attn.bias", ".attn.masked_bias", "rotary_emb.inv_freq")
"""Buffers, not weights: llama.cpp makes its own."""


def write_gguf(
    model: Path, destination: Path, *, name: str, quantisation: Quantisation = "q8_0"
) -> None:
    """Write a trained model as GGUF.

    Args:
        model: The folder with its safetensors, `config.json` and `tokenizer.json`.
        destination: The file to write; it appears when it is whole.
        name: What the file says it is called.
        quantisation: How the matrices are rounded.

    Raises:
        ExportError: if the model holds something that llama.cpp has no name for.
        StorageError: if the disk is full.
    """
    config = json.loads((model / "config.json").read_text(encoding="utf-8"))
    family = family_of(config["model_type"])
    with (
        atomic_path(destination) as path,
        closing(gguf.GGUFWriter(path, family.model_type)) as writer,
    ):
        writer.add_name(name)
        writer.add_file_type(FILE_TYPES[quantisation])
        writer.add_quantization_version(gguf.GGML_QUANT_VERSION)
        for key, value in family.gguf_parameters(config).items():
            if isinstance(value, float):
                writer.add_float32(f"{family.model_type}.{key}", value)
            else:
                writer.add_uint32(f"{family.model_type}.{key}", value)
        _add_vocabulary(writer, ChatFormat.load(family, model / "tokenizer.json"))
        for label, tensor, kind in _tensors(model, family, config, quantisation, _weights):
            tensor = np.ascontiguousarray(tensor, dtype=np.float32)
            packed, kept = quantised(tensor, kind) if kind else (tensor, None)
            writer.add_tensor(label, packed, raw_dtype=kept)
        writer.write_header_to_file()
        writer.write_kv_data_to_file()
        writer.write_tensors_to_file()


def _add_vocabulary(writer: gguf.GGUFWriter, chat_format: ChatFormat) -> None:
    """The tokens' strings and kinds. ElvisBot sends and gets ids; other programs need the text."""
    tokenizer = json.loads(chat_format.tokenizer.to_str())
    size = chat_format.tokenizer.get_vocab_size()
    kinds = [gguf.TokenType.NORMAL] * size
    for token, added in chat_format.tokenizer.get_added_tokens_decoder().items():
        kinds[token] = gguf.TokenType.CONTROL if added.special else gguf.TokenType.USER_DEFINED
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre(_pre_tokenizer(tokenizer["pre_tokenizer"]))
    writer.add_token_list([chat_format.tokenizer.id_to_token(token) or "" for token in range(size)])
    writer.add_token_types(kinds)
    writer.add_token_merges([_merge(merge) for merge in tokenizer["model"]["merges"]])
    writer.add_bos_token_id(chat_format.start_id)
    writer.add_eos_token_id(chat_format.end_id)
    writer.add_add_bos_token(False)


def _pre_tokenizer(first: dict[str, Any] | None) -> str:
    """llama.cpp's name for a tokenizer's `pre_tokenizer`; "default" is its own for all others."""
    steps = (first or {}).get("pretokenizers", [first] if first else [])
    cuts = (step.get("pattern", {}).get("Regex", step["type"]) for step in steps)
    return _PRE_TOKENIZERS.get(tuple(cuts), "default")


def _merge(merge: str | list[str]) -> str:
    return merge if isinstance(merge, str) else " ".join(merge)


def weights_size(model: Path, quantisation: Quantisation) -> int:
    """Bytes of a trained model's weights in one way of keeping them, from their shapes alone."""
    config = json.loads((model / "config.json").read_text(encoding="utf-8"))
    family = family_of(config["model_type"])
    return sum(
        size_of(tensor.shape, kind) if kind else 4 * tensor.size
        for _, tensor, kind in _tensors(model, family, config, quantisation, _shape)
    )


def _weights(weights: Any, name: str) -> NDArray[np.float32]:
    found: NDArray[np.float32] = weights.get_tensor(name)
    return found


def _shape(weights: Any, name: str) -> NDArray[np.float32]:
    """Zeros that take no memory."""
    return np.broadcast_to(np.float32(0), weights.get_slice(name).get_shape())


def _tensors(
    folder: Path,
    family: Family,
    config: dict[str, Any],
    quantisation: Quantisation,
    read: Callable[[Any, str], NDArray[np.float32]],
) -> Iterator[tuple[str, NDArray[np.float32], gguf.GGMLQuantizationType | None]]:
    """Every weight under llama.cpp's name and in its layout, as float32, and how it is kept; None
    for vectors and the learnt positions of GPT-2, which llama.cpp wants as they are."""
    blocks = int(family.gguf_parameters(config)["block_count"])
    known = gguf.get_tensor_name_map(_architecture(family), blocks)
    files = {path: _names(path) for path in sorted(folder.glob("*.safetensors"))}
    own_head = any(name.endswith("lm_head.weight") for names in files.values() for name in names)
    head = "output.weight" if own_head else "token_embd.weight"
    for path, names in files.items():
        with safe_open(path, framework="numpy") as weights:
            for name in names:
                label = known.get_name(name, try_suffixes=(".weight", ".bias"))
                if label is None:
                    raise ExportError(
                        f"llama.cpp has no name for the weight {name}.",
                        remedy="Train on another base; this one has parts that cannot be served.",
                    )
                tensor = family.gguf_tensor(name, read(weights, name), config)
                if tensor.ndim == 1 or label == "position_embd.weight":
                    kind = None
                else:
                    kind = kind_of(label, quantisation, blocks=blocks, is_head=label == head)
                yield label, tensor, kind


def _names(path: Path) -> list[str]:
    with safe_open(path, framework="numpy") as weights:
        return [name for name in weights.keys() if not name.endswith(_SKIPPED)]  # noqa: SIM118


def _architecture(family: Family) -> gguf.MODEL_ARCH:
    for architecture, name in gguf.MODEL_ARCH_NAMES.items():
        if name == family.model_type:
            return architecture
    raise ExportError(
        f"llama.cpp does not know the architecture {family.model_type}.",
        remedy="Update ElvisBot, or train on another base.",
    )
