"""How weights are rounded, and which way suits a machine."""

from pathlib import Path

import gguf
import numpy as np
import pytest
from gguf import GGMLQuantizationType as Kind

from elvisbot.errors import ExportError
from elvisbot.export.gguf import weights_size, write_gguf
from elvisbot.export.quantising import QUANTISATIONS, Quantisation, choose, kind_of, quantised
from elvisbot.families import ChatFormat, family_of
from tests import tiny

MIB = 1 << 20


@pytest.mark.parametrize(("quantisation", "error"), [("q6_k", 0.02), ("q4_k_m", 0.08)])
def test_llama_cpps_own_package_reads_what_was_written(
    quantisation: Quantisation, error: float
) -> None:
    matrix = np.random.default_rng(0).normal(size=(6, 512)).astype(np.float32)
    kind = kind_of("blk.1.ffn_up.weight", quantisation, blocks=12, is_head=False)
    packed, kept = quantised(matrix, kind)
    assert kept == kind
    back = gguf.quants.dequantize(packed, kept)
    assert np.sqrt(np.mean((back - matrix) ** 2)) < error


@pytest.mark.parametrize(("width", "kept"), [(512, Kind.Q4_K), (96, Kind.Q5_0), (33, Kind.F32)])
def test_rows_that_fill_no_blocks_are_kept_in_another_way(width: int, kept: Kind) -> None:
    packed, kind = quantised(np.ones((2, width), dtype=np.float32), Kind.Q4_K)
    assert kind == kept
    if kind != Kind.F32:
        assert gguf.quants.dequantize(packed, kind) == pytest.approx(1, abs=0.01)


def test_the_matrices_that_suffer_most_keep_more_bits() -> None:
    def kind(name: str, quantisation: Quantisation = "q4_k_m", *, is_head: bool = False) -> Kind:
        return kind_of(name, quantisation, blocks=16, is_head=is_head)

    assert kind("token_embd.weight", is_head=True) == Kind.Q6_K
    assert kind("token_embd.weight") == Kind.Q4_K
    assert kind("blk.5.attn_qkv.weight") == Kind.Q5_K
    layers = [layer for layer in range(16) if kind(f"blk.{layer}.ffn_down.weight") == Kind.Q6_K]
    assert layers == [0, 1, 4, 7, 10, 13, 14, 15]
    assert kind("blk.0.ffn_up.weight") == Kind.Q4_K
    assert kind("blk.3.attn_qkv.weight", "q5_k_m") == Kind.Q6_K
    assert {kind("blk.0.ffn_down.weight", each) for each in ("f16", "q8_0")} == {
        Kind.F16,
        Kind.Q8_0,
    }


WEIGHTS = {"f16": 1600, "q8_0": 800, "q6_k": 620, "q5_k_m": 560, "q4_k_m": 490}
"""MiB, about those of GPT-2-large."""


def size(quantisation: Quantisation) -> int:
    return WEIGHTS[quantisation] * MIB


@pytest.mark.parametrize(
    ("memory", "chosen"), [(2048, "q8_0"), (850, "q6_k"), (780, "q5_k_m"), (768, "q4_k_m")]
)
def test_the_finest_that_fits_is_chosen(memory: int, chosen: Quantisation) -> None:
    assert choose(size, memory * MIB) == chosen


def test_what_does_not_fit_at_all_is_said() -> None:
    with pytest.raises(ExportError, match="699 MiB at least, and 300 MiB are given"):
        choose(size, 300 * MIB)


@pytest.mark.parametrize("quantisation", QUANTISATIONS)
@pytest.mark.parametrize("architecture", ["gpt2", "awkward_llama"])
def test_the_size_is_known_before_it_is_written(
    architecture: str, quantisation: Quantisation, tmp_path: Path
) -> None:
    family = family_of("llama" if "llama" in architecture else architecture)
    chat_format = ChatFormat.extend(family, tiny.byte_tokenizer())
    made = tiny.ARCHITECTURES[architecture]()
    made.resize_token_embeddings(chat_format.tokenizer.get_vocab_size(), mean_resizing=False)
    made.save_pretrained(tmp_path)
    chat_format.tokenizer.save(str(tmp_path / "tokenizer.json"))
    write_gguf(tmp_path, tmp_path / "model.gguf", name="tiny", quantisation=quantisation)
    written = gguf.GGUFReader(tmp_path / "model.gguf").tensors
    assert weights_size(tmp_path, quantisation) == sum(int(each.n_bytes) for each in written)
