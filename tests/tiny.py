"""Small models with random weights, of the architectures that real bases have."""

from pathlib import Path

import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers
from transformers import (
    GPT2Config,
    GPT2LMHeadModel,
    LlamaConfig,
    LlamaForCausalLM,
    PreTrainedModel,
    PreTrainedTokenizerFast,
    Qwen2Config,
    Qwen2ForCausalLM,
    Qwen3Config,
    Qwen3ForCausalLM,
)

END = "<|endoftext|>"


def byte_tokenizer() -> Tokenizer:
    """One token a byte, and the end marker that GPT-2 and SmolLM2 have from the start."""
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    vocabulary = {token: index for index, token in enumerate([*alphabet, "th", "he"])}
    tokenizer = Tokenizer(models.BPE(vocab=vocabulary, merges=[("t", "h"), ("h", "e")]))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_special_tokens([END])
    return tokenizer


def gpt2() -> PreTrainedModel:
    torch.manual_seed(0)
    return GPT2LMHeadModel(
        GPT2Config(
            vocab_size=byte_tokenizer().get_vocab_size(),
            n_positions=128,
            n_embd=64,
            n_layer=2,
            n_head=4,
            bos_token_id=0,
            eos_token_id=0,
            initializer_range=0.1,
        )
    )


def llama(*, tied: bool = True, spare_rows: int = 0, head_size: int = 16) -> PreTrainedModel:
    torch.manual_seed(0)
    return LlamaForCausalLM(
        LlamaConfig(
            vocab_size=byte_tokenizer().get_vocab_size() + spare_rows,
            max_position_embeddings=256,
            hidden_size=64,
            intermediate_size=96,
            num_hidden_layers=2,
            num_attention_heads=4,
            num_key_value_heads=2,
            head_dim=head_size,
            tie_word_embeddings=tied,
            initializer_range=0.1,
        )
    )


def awkward_llama() -> PreTrainedModel:
    """As many bases are: the output layer is not the embedding, and both have rows to spare.

    Its heads together are wider than what goes into them.
    """
    return llama(tied=False, spare_rows=13, head_size=32)


def qwen2() -> PreTrainedModel:
    """As from Qwen2.5-7B on: the output layer is not the embedding."""
    torch.manual_seed(0)
    config = Qwen2Config(
        vocab_size=byte_tokenizer().get_vocab_size() + 13,
        max_position_embeddings=256,
        hidden_size=64,
        intermediate_size=96,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=2,
        rope_parameters={"rope_type": "default", "rope_theta": 1_000_000},
        tie_word_embeddings=False,
        initializer_range=0.1,
    )
    return with_random_vectors(Qwen2ForCausalLM(config))


def qwen3() -> PreTrainedModel:
    """As up to Qwen3-4B: the output layer is the embedding."""
    torch.manual_seed(0)
    config = Qwen3Config(
        vocab_size=byte_tokenizer().get_vocab_size() + 13,
        max_position_embeddings=256,
        hidden_size=64,
        intermediate_size=96,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=2,
        head_dim=32,
        rope_parameters={"rope_type": "default", "rope_theta": 1_000_000},
        tie_word_embeddings=True,
        initializer_range=0.1,
    )
    return with_random_vectors(Qwen3ForCausalLM(config))


def with_random_vectors(model: PreTrainedModel) -> PreTrainedModel:
    """`model` with random biases and norms, which begin as zeros and ones: lost ones then show."""
    with torch.no_grad():
        for weight in model.parameters():
            if weight.ndim == 1:
                weight += 0.3 * torch.randn_like(weight)
    return model


ARCHITECTURES = {
    "gpt2": gpt2,
    "llama": llama,
    "awkward_llama": awkward_llama,
    "qwen2": qwen2,
    "qwen3": qwen3,
}


def base(folder: Path, architecture: str, *, pickled: bool = False) -> Path:
    """A base model's folder, as a hub repository holds it: safetensors, or pickled weights."""
    model = ARCHITECTURES[architecture]()
    model.save_pretrained(folder)
    PreTrainedTokenizerFast(tokenizer_object=byte_tokenizer()).save_pretrained(folder)
    if pickled:
        (folder / "model.safetensors").unlink()
        torch.save(model.state_dict(), folder / "pytorch_model.bin")
    return folder
