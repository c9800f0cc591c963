"""A bot with a random model: three layers, 64 wide, one token a byte, 0.3 MB."""

import json
from pathlib import Path

import gguf
import numpy as np

from elvisbot.bots import Bot, Recipe, Settings
from elvisbot.engines.echo import byte_tokenizer
from elvisbot.families import ChatFormat
from elvisbot.families.gpt2 import FAMILY

LAYERS, WIDTH, HEADS, INNER, CONTEXT = 3, 64, 4, 128, 512


def make_bot(path: Path, *, settings: Settings | None = None, seed: int = 0) -> Bot:
    """A bot at `path` whose model says nonsense, always the same for one seed."""
    bot = Bot(path)
    bot.model.mkdir(parents=True)
    bot.save(settings or Settings(recipe=Recipe(base="random", family="gpt2")))
    chat_format = ChatFormat.extend(FAMILY, byte_tokenizer())
    chat_format.tokenizer.save(str(bot.tokenizer))
    _write_gguf(bot.gguf, chat_format, seed)
    return bot


def _write_gguf(path: Path, chat_format: ChatFormat, seed: int) -> None:
    writer = gguf.GGUFWriter(path, "llama")
    _add_vocabulary(writer, chat_format)
    writer.add_context_length(CONTEXT)
    writer.add_embedding_length(WIDTH)
    writer.add_feed_forward_length(INNER)
    writer.add_block_count(LAYERS)
    writer.add_head_count(HEADS)
    writer.add_head_count_kv(HEADS)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_rope_dimension_count(WIDTH // HEADS)
    _add_weights(writer, chat_format.tokenizer.get_vocab_size(), seed)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def _add_vocabulary(writer: gguf.GGUFWriter, chat_format: ChatFormat) -> None:
    tokenizer = json.loads(chat_format.tokenizer.to_str())
    special = {token["id"]: token["content"] for token in tokenizer["added_tokens"]}
    tokens = {number: token for token, number in tokenizer["model"]["vocab"].items()} | special
    kinds = [
        gguf.TokenType.CONTROL if number in special else gguf.TokenType.NORMAL
        for number in range(len(tokens))
    ]
    # First in the file, so that the metadata's reader has arrays to step over.
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("gpt-2")
    writer.add_token_list([tokens[number] for number in range(len(tokens))])
    writer.add_token_types(kinds)
    writer.add_token_merges(["a b"])
    writer.add_eos_token_id(chat_format.end_id)


def _add_weights(writer: gguf.GGUFWriter, vocabulary: int, seed: int) -> None:
    random = np.random.default_rng(seed)

    def add(name: str, *shape: int) -> None:
        writer.add_tensor(name, random.normal(0, 0.2, shape).astype(np.float32))

    def add_ones(name: str) -> None:
        writer.add_tensor(name, np.ones(WIDTH, np.float32))

    add("token_embd.weight", vocabulary, WIDTH)
    add("output.weight", vocabulary, WIDTH)
    add_ones("output_norm.weight")
    for layer in range(LAYERS):
        for part in ("attn_q", "attn_k", "attn_v", "attn_output"):
            add(f"blk.{layer}.{part}.weight", WIDTH, WIDTH)
        add(f"blk.{layer}.ffn_gate.weight", INNER, WIDTH)
        add(f"blk.{layer}.ffn_up.weight", INNER, WIDTH)
        add(f"blk.{layer}.ffn_down.weight", WIDTH, INNER)
        add_ones(f"blk.{layer}.attn_norm.weight")
        add_ones(f"blk.{layer}.ffn_norm.weight")
