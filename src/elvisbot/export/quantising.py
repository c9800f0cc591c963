"""How finely a served model's weights are kept, and which way suits a machine.

    f16      16 bits a weight, as they are saved
    q8_0     8.5 bits: nothing is lost that a reader could notice
    q6_k, q5_k_m, q4_k_m
             6.6, 6.1 and 5.3 bits with GPT-2-large: for large models on small machines

The K kinds are llama.cpp's own mixtures: the matrices that suffer most from rounding keep more bits
than the others, by the rules of its `llama-quant.cpp`. Their rounding is done by ggml, llama.cpp's
own library, out of the PyPI package `libggml-python`.
"""

import ctypes
import importlib.util
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, Final, Literal, get_args

import gguf
import numpy as np
from gguf import GGMLQuantizationType as Kind
from gguf import LlamaFileType
from numpy.typing import NDArray

from elvisbot.errors import ExportError, MissingExtraError

Quantisation = Literal["f16", "q8_0", "q6_k", "q5_k_m", "q4_k_m"]

QUANTISATIONS: Final[tuple[Quantisation, ...]] = get_args(Quantisation)
"""From the finest to the coarsest."""

FILE_TYPES: Final[dict[Quantisation, LlamaFileType]] = {
    "f16": LlamaFileType.MOSTLY_F16,
    "q8_0": LlamaFileType.MOSTLY_Q8_0,
    "q6_k": LlamaFileType.MOSTLY_Q6_K,
    "q5_k_m": LlamaFileType.MOSTLY_Q5_K_M,
    "q4_k_m": LlamaFileType.MOSTLY_Q4_K_M,
}

BESIDE: Final = 170 << 20
"""Bytes that the server takes whatever the model: Python, the web app, llama.cpp."""

GROWTH: Final = 1.08
"""The memory that grows with the model, over its weights: there is also the state of the chats."""

_PLAIN: Final[dict[Quantisation, Kind]] = {
    "f16": Kind.F16,
    "q8_0": Kind.Q8_0,
    "q6_k": Kind.Q6_K,
    "q5_k_m": Kind.Q5_K,
    "q4_k_m": Kind.Q4_K,
}
_FINER: Final = {Kind.Q4_K: Kind.Q5_K, Kind.Q5_K: Kind.Q6_K}
_FOR_OTHER_ROWS: Final = {Kind.Q4_K: Kind.Q5_0, Kind.Q5_K: Kind.Q5_1, Kind.Q6_K: Kind.Q8_0}
"""Instead, where a row is no multiple of 256 weights long."""


def choose(size: Callable[[Quantisation], int], memory: int) -> Quantisation:
    """The finest way, but for `f16`, in which a model can be served in so much memory.

    Args:
        size: Bytes of the model's weights in each way.
        memory: Bytes that the whole server may take.

    Raises:
        ExportError: if there is none.
    """
    for quantisation in QUANTISATIONS[1:]:
        if served_memory(size(quantisation)) <= memory:
            return quantisation
    raise ExportError(
        f"A server of this model takes {served_memory(size(QUANTISATIONS[-1])) >> 20} MiB at "
        f"least, and {memory >> 20} MiB are given.",
        remedy="Give it more memory, or train a smaller base.",
    )


def served_memory(weights: int) -> int:
    """Bytes that a server takes, about, whose model's weights take so many."""
    return round(GROWTH * weights) + BESIDE


def kind_of(name: str, quantisation: Quantisation, *, blocks: int, is_head: bool) -> Kind:
    """How the matrix called `name` is kept.

    Args:
        name: llama.cpp's.
        blocks: Layers of the model.
        is_head: Whether it gives the probabilities of the tokens, be it the embedding as well.
    """
    plain = _PLAIN[quantisation]
    if plain not in _FINER:
        return plain
    if is_head or (name.endswith(("attn_v.weight", "ffn_down.weight")) and _suffers(name, blocks)):
        return Kind.Q6_K
    return _FINER[plain] if name.endswith("attn_qkv.weight") else plain


def _suffers(name: str, blocks: int) -> bool:
    """Whether the layer is one of those in which rounding costs most: at both ends, and every
    third in between."""
    layer = int(name.split(".")[1])
    ends = blocks // 8
    return layer < ends or layer >= 7 * blocks // 8 or (layer - ends) % 3 == 2


def kept_kind(kind: Kind, width: int) -> Kind:
    """How rows of so many weights are kept: as another kind where they do not fill the blocks of
    `kind`, as F32 where they fill none."""
    for each in (kind, _FOR_OTHER_ROWS.get(kind, kind)):
        if width % _block(each) == 0:
            return each
    return Kind.F32


def size_of(shape: tuple[int, ...], kind: Kind) -> int:
    """Bytes of a matrix that is kept as `kind`."""
    block, size = gguf.GGML_QUANT_SIZES[kept_kind(kind, shape[-1])]
    return int(np.prod(shape)) // block * size


def quantised(matrix: NDArray[np.float32], kind: Kind) -> tuple[NDArray[Any], Kind]:
    """A matrix in the rows of bytes that llama.cpp reads, and their kind."""
    kind = kept_kind(kind, matrix.shape[-1])
    if kind == Kind.F32:
        return matrix, kind
    if kind in _FOR_OTHER_ROWS:
        return _by_ggml(matrix, kind), kind
    return gguf.quants.quantize(matrix, kind), kind


def _block(kind: Kind) -> int:
    size, _ = gguf.GGML_QUANT_SIZES[kind]
    return int(size)


def _by_ggml(matrix: NDArray[np.float32], kind: Kind) -> NDArray[np.uint8]:
    rows, width = matrix.shape
    block, size = gguf.GGML_QUANT_SIZES[kind]
    packed = np.empty((rows, width // block * size), dtype=np.uint8)
    matrix = np.ascontiguousarray(matrix, dtype=np.float32)
    written = _ggml().ggml_quantize_chunk(
        int(kind), matrix.ctypes.data, packed.ctypes.data, 0, rows, width, None
    )
    if written != packed.nbytes:
        raise ExportError(
            f"ggml wrote {written} bytes where {packed.nbytes} were due.",
            remedy="Reinstall the extra [train]; if that does not help, please report this.",
        )
    return packed


@cache
def _ggml() -> ctypes.CDLL:
    """https://github.com/ggml-org/ggml/blob/master/include/ggml.h"""
    found = importlib.util.find_spec("libggml")
    folders = list(found.submodule_search_locations or []) if found else []
    names = ("lib64/libggml-base.so", "lib/libggml-base.dylib", "bin/ggml-base.dll")
    paths = [path for folder in folders for name in names if (path := Path(folder, name)).exists()]
    if not paths:
        raise MissingExtraError(
            "Rounding to so few bits needs libggml-python, which is not installed.",
            remedy="Install it in the folder of the clone: pip install '.[train]'",
        )
    library = ctypes.CDLL(str(paths[0]))
    library.ggml_quantize_chunk.restype = ctypes.c_size_t
    library.ggml_quantize_chunk.argtypes = [
        *(ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p),
        *(ctypes.c_int64, ctypes.c_int64, ctypes.c_int64, ctypes.c_void_p),
    ]
    return library
