import json
import os
import pickle
from pathlib import Path
from typing import Any

import pytest
import torch
from transformers import AutoModelForCausalLM

from elvisbot.errors import BaseModelError
from elvisbot.training.bases import DEFAULT, HUB, find_base
from tests import tiny


def quiet(line: str) -> None:
    pass


@pytest.mark.parametrize("architecture", ["gpt2", "llama"])
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


def test_a_folder_without_a_model_is_a_problem(home: Path, tmp_path: Path) -> None:
    with pytest.raises(BaseModelError, match=r"config\.json"):
        find_base(str(tmp_path), tell=quiet)


def test_a_model_of_another_kind_names_the_supported_ones(home: Path, tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text('{"model_type": "bert"}')
    (tmp_path / "model.safetensors").touch()
    (tmp_path / "tokenizer.json").touch()
    with pytest.raises(BaseModelError) as problem:
        find_base(str(tmp_path), tell=quiet)
    assert "gpt2, llama" in problem.value.remedy


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
    "change",
    [
        {"rope_scaling": {"rope_type": "llama3", "factor": 8.0}},
        {"rope_parameters": {"rope_type": "yarn"}},
        {"attention_bias": True},
    ],
)
def test_a_llama_that_could_not_be_served_is_refused_before_the_training(
    home: Path, tmp_path: Path, change: dict[str, Any]
) -> None:
    folder = tiny.base(tmp_path / "base", "llama")
    config = json.loads((folder / "config.json").read_text())
    config.pop("rope_parameters", None)
    (folder / "config.json").write_text(json.dumps(config | change))
    with pytest.raises(BaseModelError, match="not supported"):
        find_base(str(folder), tell=quiet)
