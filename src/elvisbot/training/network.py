"""A base model made ready to learn: the markers in its vocabulary, LoRA or all of its weights."""

import math
import warnings
from collections.abc import Iterable
from typing import Any, Literal

import torch
from peft import LoraConfig, get_peft_model
from torch.nn import functional

from elvisbot.families import ChatFormat, Family
from elvisbot.training.bases import Base
from elvisbot.training.examples import IGNORED, Batch, Example, batches
from elvisbot.training.hardware import Hardware

Method = Literal["lora", "full"]

LORA_RANK = 16
LORA_ALPHA = 32

EVALUATION_TOKENS = 2048
"""Tokens, padding included, that are scored at once."""


class Network:
    """A model, the format it speaks, and the hardware it runs on."""

    def __init__(self, base: Base, hardware: Hardware) -> None:
        self.family: Family = base.family
        self.hardware = hardware
        tokenizer = base.tokenizer()
        size = tokenizer.get_vocab_size()
        self.format = ChatFormat.extend(base.family, tokenizer)
        self.new_tokens = list(range(size, tokenizer.get_vocab_size()))
        self.model: Any = base.model()
        self._grow_vocabulary()
        self.model.to(device=torch.device(hardware.device))

    def _grow_vocabulary(self) -> None:
        """Give each new marker a row in the embedding: the mean of all others.

        Bases whose embedding has more rows than their tokenizer has tokens lose the rest.
        """
        self.model.resize_token_embeddings(
            self.format.tokenizer.get_vocab_size(), mean_resizing=False
        )
        layers = [self.model.get_input_embeddings(), self.model.get_output_embeddings()]
        known = self.new_tokens[0] if self.new_tokens else None
        for layer in layers if known is not None else ():
            with torch.no_grad():
                layer.weight[known:] = layer.weight[:known].mean(dim=0)
        self._embeddings = [
            name.rpartition(".")[2]
            for name, module in self.model.named_modules()
            if module is layers[0]
            or (module is layers[1] and layers[1].weight is not layers[0].weight)
        ]

    def prepare(self, method: Method) -> list[torch.nn.Parameter]:
        """Choose what will learn: LoRA's matrices and the new markers' rows, or every weight."""
        if method == "lora":
            self.model.to(dtype=self.hardware.dtype)
            lora = LoraConfig(
                r=LORA_RANK,
                lora_alpha=LORA_ALPHA,
                target_modules=list(self.family.lora_targets),
                fan_in_fan_out=self.family.key == "gpt2",
                trainable_token_indices=dict.fromkeys(self._embeddings, self.new_tokens)
                if self.new_tokens
                else None,
                task_type="CAUSAL_LM",
            )
            with warnings.catch_warnings():
                # PEFT 0.21 asks transformers 5.23 for an attribute by its old name.
                warnings.filterwarnings("ignore", ".*is_gradient_checkpointing", FutureWarning)
                self.model = get_peft_model(self.model, lora)
        return [weight for weight in self.model.parameters() if weight.requires_grad]

    def merge(self) -> Any:
        """The trained model as one plain float32 model, LoRA folded into its weights."""
        self.model.to(device="cpu", dtype=torch.float32)
        if hasattr(self.model, "merge_and_unload"):
            self.model = self.model.merge_and_unload()
        return self.model

    def loss(self, batch: Batch) -> tuple[torch.Tensor, int]:
        """Cross-entropy in nats, summed over the labelled tokens, and how many those are.

        Logits are made only where there is a label; with a vocabulary of 50,000 the rest would
        cost as much as the layers.
        """
        device = self.model.device
        ids, labels = batch.ids.to(device), batch.labels.to(device)[:, 1:]
        low = self.hardware.dtype != torch.float32
        with torch.autocast(device.type, dtype=self.hardware.dtype, enabled=low):
            decoder = _decoder(self.model)
            hidden = decoder(input_ids=ids, use_cache=False).last_hidden_state[:, :-1]
            labelled = labels != IGNORED
            logits = self.model.get_output_embeddings()(hidden[labelled])
        loss = functional.cross_entropy(logits.float(), labels[labelled], reduction="sum")
        return loss, int(labelled.sum())

    @torch.no_grad()
    def bits(self, sequences: Iterable[Example]) -> float:
        """Bits that the model needs for the labelled tokens of all sequences together."""
        self.model.eval()
        nats = sum(
            self.loss(batch)[0].item()
            for batch in batches(list(sequences), max_tokens=EVALUATION_TOKENS)
        )
        return nats / math.log(2)


def _decoder(model: Any) -> Any:
    """The model without its head, inside PEFT's wrappers if there are any."""
    return (model.get_base_model() if hasattr(model, "get_base_model") else model).base_model
