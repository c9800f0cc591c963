"""Writes `model.gguf`, the quantised model that llama.cpp serves.

The format and the tensors' names are llama.cpp's; `gguf`, its own Python package, brings both.
"""

import json
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any, Final

import gguf
import numpy as np
from numpy.typing import NDArray
from safetensors import safe_open

from elvisbot.bots import atomic_path
from elvisbot.errors import ExportError
from elvisbot.families import ChatFormat, Family, family_of

QUANTISATION: Final = gguf.GGMLQuantizationType.Q8_0
"""Q8_0 keeps what fine-tuning changed. The default base was published in Q4_1; putting it back on
that grid rounds most of the tuning away (held-out perplexity 29 instead of 8)."""

_FILE_TYPE: Final = gguf.LlamaFileType.MOSTLY_Q8_0

_SKIPPED: Final = (".attn.bias", ".attn.masked_bias", "rotary_emb.inv_freq")
"""Buffers, not weights: llama.cpp makes its own."""


def write_gguf(model: Path, destination: Path, *, name: str) -> None:
    """Write a trained model as GGUF.

    Args:
        model: The folder with its safetensors, `config.json` and `tokenizer.json`.
        destination: The file to write; it appears when it is whole.
        name: What the file says it is called.

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
        writer.add_file_type(_FILE_TYPE)
        writer.add_quantization_version(gguf.GGML_QUANT_VERSION)
        for key, value in family.gguf_parameters(config).items():
            if isinstance(value, float):
                writer.add_float32(f"{family.model_type}.{key}", value)
            else:
                writer.add_uint32(f"{family.model_type}.{key}", value)
        _add_vocabulary(writer, ChatFormat.load(family, model / "tokenizer.json"))
        for label, tensor in _tensors(model, family, config):
            _add_tensor(writer, label, tensor)
        writer.write_header_to_file()
        writer.write_kv_data_to_file()
        writer.write_tensors_to_file()


def _add_vocabulary(writer: gguf.GGUFWriter, chat_format: ChatFormat) -> None:
    """The tokens' strings and kinds. ElvisBot sends and gets ids; other programs need the text."""
    model = json.loads(chat_format.tokenizer.to_str())["model"]
    size = chat_format.tokenizer.get_vocab_size()
    special = {
        token
        for token, added in chat_format.tokenizer.get_added_tokens_decoder().items()
        if added.special
    }
    tokens = [chat_format.tokenizer.id_to_token(token) or "" for token in range(size)]
    control, normal = gguf.TokenType.CONTROL, gguf.TokenType.NORMAL
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("gpt-2")
    writer.add_token_list(tokens)
    writer.add_token_types([control if token in special else normal for token in range(size)])
    writer.add_token_merges([_merge(merge) for merge in model["merges"]])
    writer.add_bos_token_id(chat_format.start_id)
    writer.add_eos_token_id(chat_format.end_id)
    writer.add_add_bos_token(False)


def _merge(merge: str | list[str]) -> str:
    return merge if isinstance(merge, str) else " ".join(merge)


def _tensors(
    folder: Path, family: Family, config: dict[str, Any]
) -> Iterator[tuple[str, NDArray[np.float32]]]:
    """Every weight under llama.cpp's name and in its layout, as float32."""
    blocks = int(family.gguf_parameters(config)["block_count"])
    names = gguf.get_tensor_name_map(_architecture(family), blocks)
    for path in sorted(folder.glob("*.safetensors")):
        with safe_open(path, framework="numpy") as weights:
            for name in weights.keys():  # noqa: SIM118  (not a mapping)
                if name.endswith(_SKIPPED):
                    continue
                known = names.get_name(name, try_suffixes=(".weight", ".bias"))
                if known is None:
                    raise ExportError(
                        f"llama.cpp has no name for the weight {name}.",
                        remedy="Train on another base; this one has parts that cannot be served.",
                    )
                tensor = family.gguf_tensor(name, weights.get_tensor(name), config)
                yield known, np.ascontiguousarray(tensor, dtype=np.float32)


def _add_tensor(writer: gguf.GGUFWriter, name: str, tensor: NDArray[np.float32]) -> None:
    """Matrices are quantised; vectors, and rows that do not fill whole blocks, stay as they are."""
    block, _ = gguf.GGML_QUANT_SIZES[QUANTISATION]
    # llama.cpp wants the learnt positions of GPT-2 unquantised.
    if tensor.ndim == 1 or tensor.shape[-1] % block or name == "position_embd.weight":
        writer.add_tensor(name, tensor)
    else:
        packed = gguf.quants.quantize(tensor, QUANTISATION)
        writer.add_tensor(name, packed, raw_dtype=QUANTISATION)


def _architecture(family: Family) -> gguf.MODEL_ARCH:
    for architecture, name in gguf.MODEL_ARCH_NAMES.items():
        if name == family.model_type:
            return architecture
    raise ExportError(
        f"llama.cpp does not know the architecture {family.model_type}.",
        remedy="Update ElvisBot, or train on another base.",
    )
