import errno
import os
from pathlib import Path

import gguf
import pytest
import torch
from safetensors.torch import load_file, save_file
from tokenizers import Regex, Tokenizer, models, pre_tokenizers, trainers
from transformers.models.qwen2.tokenization_qwen2 import PRETOKENIZE_REGEX

from elvisbot.engines.llama_cpp import open_model
from elvisbot.errors import ExportError, StorageError
from elvisbot.export.gguf import write_gguf
from elvisbot.families import BREAK, ChatFormat, family_of
from tests import tiny


@pytest.fixture(params=["gpt2", "llama", "qwen2", "qwen3"])
def model(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """A model whose vocabulary has the markers, as training leaves it."""
    folder = tmp_path / "model"
    chat_format = ChatFormat.extend(family_of(request.param), tiny.byte_tokenizer())
    made = tiny.ARCHITECTURES[request.param]()
    made.resize_token_embeddings(chat_format.tokenizer.get_vocab_size())
    made.save_pretrained(folder)
    chat_format.tokenizer.save(str(folder / "tokenizer.json"))
    return folder


def test_matrices_are_quantised_and_vectors_are_not(model: Path, tmp_path: Path) -> None:
    write_gguf(model, tmp_path / "model.gguf", name="alex")
    kinds = {
        tensor.name: tensor.tensor_type
        for tensor in gguf.GGUFReader(tmp_path / "model.gguf").tensors
    }
    assert kinds["token_embd.weight"] == gguf.GGMLQuantizationType.Q8_0
    assert kinds["blk.0.ffn_up.weight"] == gguf.GGMLQuantizationType.Q8_0
    assert kinds["blk.1.attn_norm.weight"] == gguf.GGMLQuantizationType.F32


def test_the_markers_are_control_tokens(model: Path, tmp_path: Path) -> None:
    write_gguf(model, tmp_path / "model.gguf", name="alex")
    fields = gguf.GGUFReader(tmp_path / "model.gguf").fields
    tokens = fields["tokenizer.ggml.tokens"].contents()
    types = fields["tokenizer.ggml.token_type"].contents()
    control = {token for token, kind in zip(tokens, types, strict=True) if kind == 3}
    assert control == {"<|startoftext|>", "<|answer|>", BREAK, "<|endoftext|>"}


BYTES = pre_tokenizers.ByteLevel(add_prefix_space=False)


def split_by(pattern: str) -> pre_tokenizers.PreTokenizer:
    steps = [
        pre_tokenizers.Split(Regex(pattern), "isolated"),
        pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
    ]
    return pre_tokenizers.Sequence(steps)


CUTS = {
    "gpt-2": BYTES,
    "smollm": pre_tokenizers.Sequence([pre_tokenizers.Digits(individual_digits=True), BYTES]),
    "qwen2": split_by(PRETOKENIZE_REGEX),
    "llama-bpe": split_by(PRETOKENIZE_REGEX.replace(r"\p{N}|", r"\p{N}{1,3}|")),
}
TEXT = (
    "DON'T we'll  call 0171 555 1234 or 12345!!\n\n\n 2024-11-24, 3.14 (maybe)... ñandú 😀<think>"
)


def trained_on_the_text(cut: pre_tokenizers.PreTokenizer) -> Tokenizer:
    """A tokenizer whose tokens reach as far as `cut` lets them."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = cut
    trainer = trainers.BpeTrainer(
        vocab_size=400,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        special_tokens=[tiny.END],
        show_progress=False,
    )
    tokenizer.train_from_iterator([TEXT, TEXT], trainer)
    tokenizer.add_tokens(["<think>"])
    return tokenizer


def exported(chat_format: ChatFormat, folder: Path) -> Path:
    made = tiny.llama()
    made.resize_token_embeddings(chat_format.tokenizer.get_vocab_size(), mean_resizing=False)
    made.save_pretrained(folder)
    chat_format.tokenizer.save(str(folder / "tokenizer.json"))
    write_gguf(folder, folder / "model.gguf", name="alex")
    return folder / "model.gguf"


@pytest.mark.parametrize("name", list(CUTS))
def test_other_programs_cut_text_as_the_bots_tokenizer_does(name: str, tmp_path: Path) -> None:
    chat_format = ChatFormat.extend(family_of("llama"), trained_on_the_text(CUTS[name]))
    file = exported(chat_format, tmp_path)
    assert gguf.GGUFReader(file).fields["tokenizer.ggml.pre"].contents() == name
    engine = open_model(file, chat_format)
    try:
        answer = engine._server.handle_completions({"prompt": TEXT, "n_predict": 1})
    finally:
        engine.close()
    ours = chat_format.tokenizer.encode(TEXT, add_special_tokens=False).ids
    assert answer["usage"]["prompt_tokens"] == len(ours)


def test_a_tokenizer_that_llama_cpp_has_no_name_for_is_no_obstacle(tmp_path: Path) -> None:
    cut = pre_tokenizers.Sequence([pre_tokenizers.Punctuation(), BYTES])
    chat_format = ChatFormat.extend(family_of("llama"), trained_on_the_text(cut))
    engine = open_model(exported(chat_format, tmp_path), chat_format)
    try:
        assert engine.log_probabilities(chat_format.prompt([]), 10)
    finally:
        engine.close()


def test_the_same_model_gives_the_same_bytes(model: Path, tmp_path: Path) -> None:
    for name in ("one.gguf", "two.gguf"):
        write_gguf(model, tmp_path / name, name="alex")
    assert (tmp_path / "one.gguf").read_bytes() == (tmp_path / "two.gguf").read_bytes()


def test_a_weight_without_a_name_in_llama_cpp_is_refused(model: Path, tmp_path: Path) -> None:
    weights = load_file(model / "model.safetensors")
    weights["transformer.h.0.novelty.weight"] = torch.zeros(4, 4)
    save_file(weights, model / "model.safetensors")
    with pytest.raises(ExportError, match="novelty"):
        write_gguf(model, tmp_path / "model.gguf", name="alex")
    assert not list(tmp_path.glob("*.gguf"))


def test_a_full_disk_leaves_the_file_before_as_it_was(
    model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "model.gguf").write_bytes(b"old")

    def full(*arguments: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(gguf.GGUFWriter, "write_tensors_to_file", full)
    with pytest.raises(StorageError):
        write_gguf(model, tmp_path / "model.gguf", name="alex")
    assert (tmp_path / "model.gguf").read_bytes() == b"old"
    assert [path.name for path in tmp_path.iterdir() if path.is_file()] == ["model.gguf"]
