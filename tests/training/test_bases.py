import json
import os
import pickle
from pathlib import Path
from typing import Any

import pytest
import torch
from tokenizers import pre_tokenizers
from transformers import AutoModelForCausalLM

from elvisbot import cli
from elvisbot.errors import BaseModelError
from elvisbot.training.bases import DEFAULT, HUB, find_base
from tests import tiny


def quiet(line: str) -> None:
    pass


@pytest.mark.parametrize("architecture", ["gpt2", "llama", "qwen2", "qwen3"])
def test_pickled_weights_become_safetensors_at_once(
    home: Path, tmp_path: Path, architecture: str
) -> None:
    folder = tiny.base(tmp_path / "base", architecture, pickled=True)
    expected = torch.load(folder / "pytorch_model.bin", weights_only=True)
    base = find_base(str(folder), tell=quiet)
    assert base.family.key == architecture
    assert {path.suffix for path in base.folder.iterdir()} == {".json", ".safetensors"}
    loaded = AutoModelForCausalLM.from_pretrained(base.folder).state_dict()
    assert all(torch.equal(loaded[name], weight) for name, weight in expected.items())


def test_a_converted_base_keeps_its_tokenizer(home: Path, tmp_path: Path) -> None:
    folder = tiny.base(tmp_path / "base", "llama", pickled=True)
    published = tiny.byte_tokenizer()
    published.pre_tokenizer = pre_tokenizers.Digits(individual_digits=True)
    published.save(str(folder / "tokenizer.json"))
    # As SmolLM2's repositories say; transformers takes it for "made as GPT-2's is".
    (folder / "tokenizer_config.json").write_text('{"tokenizer_class": "GPT2Tokenizer"}')
    base = find_base(str(folder), tell=quiet)
    assert base.folder != folder
    assert base.tokenizer().to_str() == published.to_str()


def test_a_tokenizer_in_the_old_form_is_read(home: Path, tmp_path: Path) -> None:
    """DialoGPT's repositories hold vocab.json and merges.txt alone."""
    folder = tiny.base(tmp_path / "base", "gpt2", pickled=True)
    model = json.loads((folder / "tokenizer.json").read_text())["model"]
    (folder / "tokenizer.json").unlink()
    vocabulary = model["vocab"] | {tiny.END: len(model["vocab"])}
    (folder / "vocab.json").write_text(json.dumps(vocabulary))
    merges = "\n".join(" ".join(merge) for merge in model["merges"])
    (folder / "merges.txt").write_text(f"#version: 0.2\n{merges}\n")
    (folder / "tokenizer_config.json").write_text('{"tokenizer_class": "GPT2Tokenizer"}')
    tokenizer = find_base(str(folder), tell=quiet).tokenizer()
    for text in ["the 12345 😀", "don't  you\n\nth"]:
        assert tokenizer.encode(text).ids == tiny.byte_tokenizer().encode(text).ids


def test_a_converted_base_is_converted_once(home: Path, tmp_path: Path) -> None:
    folder = tiny.base(tmp_path / "base", "gpt2", pickled=True)
    first = find_base(str(folder), tell=quiet)
    told: list[str] = []
    assert find_base(str(folder), tell=told.append).folder == first.folder
    assert told == []


def test_a_pickle_that_runs_code_is_refused(home: Path, tmp_path: Path) -> None:
    class Exploit:
        def __reduce__(self) -> Any:
            return os.mkdir, (str(tmp_path / "exploited"),)

    folder = tiny.base(tmp_path / "base", "gpt2", pickled=True)
    torch.save({"transformer.wte.weight": Exploit()}, folder / "pytorch_model.bin")
    with pytest.raises(BaseModelError):
        find_base(str(folder), tell=quiet)
    (folder / "pytorch_model.bin").write_bytes(pickle.dumps(Exploit(), protocol=2))
    with pytest.raises(BaseModelError):
        find_base(str(folder), tell=quiet)
    assert not (tmp_path / "exploited").exists()


def test_missing_weights_are_not_made_up(home: Path, tmp_path: Path) -> None:
    folder = tiny.base(tmp_path / "base", "gpt2", pickled=True)
    weights = torch.load(folder / "pytorch_model.bin", weights_only=True)
    del weights["transformer.h.1.mlp.c_fc.weight"]
    torch.save(weights, folder / "pytorch_model.bin")
    with pytest.raises(BaseModelError, match="missing"):
        find_base(str(folder), tell=quiet)


def test_a_safetensors_folder_is_used_where_it_lies(home: Path, tmp_path: Path) -> None:
    folder = tiny.base(tmp_path / "base", "llama")
    assert find_base(str(folder), tell=quiet).folder == folder
    assert not home.exists()


@pytest.mark.parametrize("name", ["smollm3", "a/b/c", "", "gpt2-xl"])
def test_an_unknown_base_names_the_known_ones(home: Path, name: str) -> None:
    with pytest.raises(BaseModelError) as problem:
        find_base(name, tell=quiet)
    assert DEFAULT in problem.value.remedy
    assert all(short in problem.value.remedy for short in HUB)


def test_the_command_line_names_every_short_name() -> None:
    (option,) = [parameter for parameter in cli.train.params if parameter.name == "base"]
    assert all(f"{name}, " in option.help for name in [DEFAULT, *HUB])


def test_a_folder_without_a_model_is_a_problem(home: Path, tmp_path: Path) -> None:
    with pytest.raises(BaseModelError, match=r"config\.json"):
        find_base(str(tmp_path), tell=quiet)


def test_a_model_of_another_kind_names_the_supported_ones(home: Path, tmp_path: Path) -> None:
    folder = with_config(tmp_path, {"model_type": "bert"})
    with pytest.raises(BaseModelError) as problem:
        find_base(str(folder), tell=quiet)
    assert "gpt2, llama, qwen2, qwen3" in problem.value.remedy


@pytest.mark.parametrize("name", ["dialogpt-small", "owner/model", "owner/model@0123abc"])
def test_no_network_is_a_problem_with_a_remedy(
    home: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("huggingface_hub.constants.ENDPOINT", "http://127.0.0.1:9")
    monkeypatch.setattr("huggingface_hub.hf_api.constants.ENDPOINT", "http://127.0.0.1:9")
    with pytest.raises(BaseModelError) as problem:
        find_base(name, tell=quiet)
    assert "network" in problem.value.remedy
    assert DEFAULT in problem.value.remedy


def test_the_default_base_comes_out_of_its_package_and_keeps_text_to_the_byte(
    home: Path,
) -> None:
    base = find_base(DEFAULT, tell=quiet)
    assert base.family.key == "llama"
    assert {path.suffix for path in base.folder.iterdir()} >= {".json", ".safetensors"}
    tokenizer = base.tokenizer()
    tokenizer.encode_special_tokens = True
    for text in ["héllo 😀 12345  two\n\nlines\tTab", "\u202e👩‍👩‍👧 ß", "<|im_end|>"]:
        ids = tokenizer.encode(text, add_special_tokens=False).ids
        assert tokenizer.decode(ids, skip_special_tokens=False) == text
    assert base.model().num_parameters() == 134_515_008


@pytest.mark.parametrize(
    ("architecture", "change"),
    [
        ("llama", {"rope_scaling": {"rope_type": "llama3", "factor": 8.0}}),
        ("llama", {"rope_parameters": {"rope_type": "yarn"}}),
        ("llama", {"attention_bias": True}),
        ("llama", {"mlp_bias": True}),
        ("llama", {"hidden_act": "gelu"}),
        ("qwen2", {"rope_scaling": {"type": "yarn", "factor": 4.0}}),
        ("qwen2", {"use_sliding_window": True, "sliding_window": 64}),
        ("qwen3", {"rope_scaling": {"rope_type": "yarn", "factor": 4.0}}),
        ("qwen3", {"use_sliding_window": True, "sliding_window": 64}),
        ("qwen3", {"attention_bias": True}),
    ],
)
def test_a_model_that_could_not_be_served_is_refused_before_the_training(
    home: Path, tmp_path: Path, architecture: str, change: dict[str, Any]
) -> None:
    folder = tiny.base(tmp_path / "base", architecture)
    config = json.loads((folder / "config.json").read_text())
    config.pop("rope_parameters", None)
    (folder / "config.json").write_text(json.dumps(config | change))
    with pytest.raises(BaseModelError, match=rf"{architecture.capitalize()} .* not supported"):
        find_base(str(folder), tell=quiet)


@pytest.mark.parametrize("model_type", ["qwen3_moe", "qwen2_moe", "smollm3", "gemma3_text"])
def test_a_relative_of_a_family_is_not_taken_for_it(
    home: Path, tmp_path: Path, model_type: str
) -> None:
    folder = with_config(tmp_path, {"model_type": model_type})
    with pytest.raises(BaseModelError, match=model_type):
        find_base(str(folder), tell=quiet)


SMOLLM2 = {
    "model_type": "llama",
    "attention_bias": False,
    "mlp_bias": False,
    "hidden_act": "silu",
    "max_position_embeddings": 8192,
    "rms_norm_eps": 1e-05,
    "rope_scaling": None,
}
QWEN3 = {
    "model_type": "qwen3",
    "attention_bias": False,
    "head_dim": 128,
    "hidden_act": "silu",
    "max_position_embeddings": 40960,
    "max_window_layers": 28,
    "num_attention_heads": 16,
    "num_hidden_layers": 28,
    "num_key_value_heads": 8,
    "rms_norm_eps": 1e-06,
    "rope_scaling": None,
    "rope_theta": 1_000_000,
    "sliding_window": None,
    "use_sliding_window": False,
}
PUBLISHED = {
    "smollm2-360m": SMOLLM2
    | {
        "hidden_size": 960,
        "intermediate_size": 2560,
        "num_attention_heads": 15,
        "num_hidden_layers": 32,
        "num_key_value_heads": 5,
        "rope_theta": 100_000,
    },
    "smollm2-1.7b": SMOLLM2
    | {
        "hidden_size": 2048,
        "intermediate_size": 8192,
        "num_attention_heads": 32,
        "num_hidden_layers": 24,
        "num_key_value_heads": 32,
        "rope_theta": 130_000,
    },
    "qwen3-0.6b": QWEN3 | {"hidden_size": 1024, "intermediate_size": 3072},
    "qwen3-1.7b": QWEN3 | {"hidden_size": 2048, "intermediate_size": 6144},
    "Qwen/Qwen2.5-1.5B": {
        "model_type": "qwen2",
        "hidden_act": "silu",
        "hidden_size": 1536,
        "intermediate_size": 8960,
        "max_position_embeddings": 32768,
        "max_window_layers": 21,
        "num_attention_heads": 12,
        "num_hidden_layers": 28,
        "num_key_value_heads": 2,
        "rms_norm_eps": 1e-06,
        "rope_theta": 1_000_000.0,
        "sliding_window": 32768,
        "use_sliding_window": False,
    },
}
"""What matters of the `config.json` that these models were published with."""


@pytest.mark.parametrize(
    ("name", "head_size", "frequency"),
    [
        ("smollm2-360m", 64, 100_000),
        ("smollm2-1.7b", 64, 130_000),
        ("qwen3-0.6b", 128, 1_000_000),
        ("qwen3-1.7b", 128, 1_000_000),
        ("Qwen/Qwen2.5-1.5B", 128, 1_000_000),
    ],
)
def test_a_published_config_gives_what_llama_cpp_reads(
    home: Path, tmp_path: Path, name: str, head_size: int, frequency: int
) -> None:
    base = find_base(str(with_config(tmp_path, PUBLISHED[name])), tell=quiet)
    found = base.family.gguf_parameters(base.config)
    assert found["rope.dimension_count"] == found["attention.key_length"] == head_size
    assert found["rope.freq_base"] == frequency
    for key, value in found.items():
        # llama.cpp takes no whole number where it wants a fraction.
        assert isinstance(value, float) == key.endswith(("epsilon", "freq_base"))


def with_config(folder: Path, config: dict[str, Any]) -> Path:
    (folder / "config.json").write_text(json.dumps(config))
    (folder / "model.safetensors").touch()
    (folder / "tokenizer.json").touch()
    return folder
