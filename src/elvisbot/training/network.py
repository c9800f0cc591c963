"""A base model made ready to learn: the markers in its vocabulary, LoRA or all of its weights."""

import math
import warnings
from collections.abc import Iterable, Iterator, Sequence
from copy import deepcopy
from typing import Any, Final, Literal

import numpy as np
import torch
from peft import LoraConfig, get_peft_model
from peft.tuners.lora import LoraLayer
from torch.nn import functional
from torch.utils.checkpoint import checkpoint
from transformers import Cache

from elvisbot.bots import BIASES
from elvisbot.families import ChatFormat, Family
from elvisbot.sampling import CANDIDATES, read_biases
from elvisbot.training import attention
from elvisbot.training.bases import Base
from elvisbot.training.examples import IGNORED, Batch, Example, batches, collate
from elvisbot.training.hardware import Hardware
from elvisbot.training.markers import Marked, mark, unmark

Method = Literal["lora", "full"]

LORA_RANK: Final = 16
LORA_SCALE: Final = 2

EVALUATION_TOKENS: Final = 2048
"""Tokens, padding included, that are scored at once."""

ALIKE: Final = 4
"""So many replies, of like length, are compared side by side, since all are as wide as the longest
of them."""

PLACES: Final = 128
"""So many logits are made at once: 25 MB, with a vocabulary of 50,000."""

FILLED_TO: Final = 64
"""They are made for multiples of so many places. On a processor torch compiles a multiplication
anew for every size, and keeps it: about 0.6 MB each."""

SHRINKAGE: Final = 3.0
"""Uses of a token that are taken for granted, so that its bias does not rest on one or two. Of 3,
6, 10, 20 and 40, the least saved the most bits on held-out replies."""

LEAST_BIAS: Final = 0.02
"""Smaller biases are left out; they would make the file long and change nothing."""

CUT: Final = 0.002
"""Of the likeliest token's probability; about as much is cut away when replies are drawn."""

BOLDEST: Final = 2.0
"""The bias of words in capitals is no larger, either way."""

ROUNDS: Final = 20
"""In so many the bias of words in capitals is found."""


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
        if hardware.device == "cpu":
            self.model.set_attn_implementation(attention.NAME)
        self.biases = torch.zeros(tokenizer.get_vocab_size(), device=hardware.device)
        for token, bias in read_biases(base.folder / BIASES).items():
            self.biases[token] = bias

    def _grow_vocabulary(self) -> None:
        """Give each new marker a row in the embedding: the mean of all others.

        Bases whose embedding has more rows than their tokenizer has tokens lose the rest.
        """
        size = self.format.tokenizer.get_vocab_size()
        self.model.resize_token_embeddings(size, mean_resizing=False)
        embedding, output = self.model.get_input_embeddings(), self.model.get_output_embeddings()
        layers = [embedding] if output.weight is embedding.weight else [embedding, output]
        with torch.no_grad():
            for layer in layers:
                known = layer.weight[: size - len(self.new_tokens)]
                layer.weight[self.new_tokens] = known.mean(dim=0)

    def prepare(self, method: Method, rank: int = LORA_RANK) -> dict[str, torch.nn.Parameter]:
        """Choose what will learn: LoRA's matrices and the new markers' rows, or every weight.

        Args:
            rank: Of LoRA's matrices, whose product counts `LORA_SCALE` times.

        Returns:
            The weights that learn, by name. The second call finds everything done.
        """
        if method == "lora" and not hasattr(self.model, "peft_config"):
            self.model.to(dtype=self.hardware.dtype)
            if self.new_tokens:
                mark(self.model, len(self.new_tokens))
            lora = LoraConfig(
                r=rank,
                lora_alpha=LORA_SCALE * rank,
                target_modules=list(self.family.lora_targets),
                fan_in_fan_out=self.family.transposed_layers,
                task_type="CAUSAL_LM",
            )
            with warnings.catch_warnings():
                # PEFT 0.21 asks transformers 5.23 for an attribute by its old name.
                warnings.filterwarnings("ignore", ".*is_gradient_checkpointing", FutureWarning)
                torch.manual_seed(0)  # processes that train together begin with the same matrices
                self.model = get_peft_model(self.model, lora)
            for layer in self.model.modules():
                if isinstance(layer, Marked):
                    layer.rows.requires_grad_()  # PEFT has frozen them with the rest
                elif isinstance(layer, LoraLayer):
                    layer.cast_input_dtype_enabled = False  # `precision` casts, and once
        named = self.model.named_parameters()
        return {name: weight for name, weight in named if weight.requires_grad}

    def precision(self) -> torch.autocast:
        """Within it, what is multiplied is in the hardware's precision, whatever it is kept in."""
        dtype = self.hardware.dtype
        return torch.autocast(self.model.device.type, dtype=dtype, enabled=dtype != torch.float32)

    def freeze(self) -> None:
        """Keep the weights on the hardware, in its precision: from now on they only answer.

        Weights in float32 would be converted anew for every token.
        """
        device = torch.device(self.hardware.device)
        self.model.requires_grad_(False).to(device=device, dtype=self.hardware.dtype)

    def merge(self) -> Any:
        """The trained model as one plain float32 model, LoRA folded into its weights."""
        self.model.to(device="cpu", dtype=torch.float32)
        if hasattr(self.model, "merge_and_unload"):
            self.model = self.model.merge_and_unload()
        if isinstance(self.model.get_output_embeddings(), Marked):
            unmark(self.model)
        return self.model

    def loss(self, batch: Batch) -> torch.Tensor:
        """Cross-entropy in nats, summed over the labelled tokens.

        Logits are made only where there is a label; with a vocabulary of 50,000 the rest would
        cost as much as the layers. They are not kept for the way back but made again, since those
        of a batch would take as much memory as the whole model.
        """
        losses = [
            checkpoint(self._cross_entropy, hidden, labels, use_reentrant=False)
            for hidden, labels in self._labelled(batch)
        ]
        return torch.stack(losses).sum()

    def _cross_entropy(self, hidden: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
        return functional.cross_entropy(self._logits(hidden), labels, reduction="sum")

    def _labelled(self, batch: Batch) -> Iterator[tuple[torch.Tensor, torch.Tensor]]:
        """Where there is a label: hidden states, (`PLACES` at most, size), and the labels."""
        device = self.model.device
        ids, labels = batch.ids.to(device), batch.labels.to(device)[:, 1:]
        with self.precision():
            hidden = _decoder(self.model)(input_ids=ids, use_cache=False).last_hidden_state[:, :-1]
        labelled = labels != IGNORED
        parts = (torch.split(each[labelled], PLACES) for each in (hidden, labels))
        return zip(*parts, strict=True)

    def _expected(
        self, sequences: Sequence[Example]
    ) -> Iterator[tuple[torch.Tensor, torch.Tensor]]:
        """At all labels of the sequences, some at a time: the logits, and the labels."""
        for batch in batches(sequences, max_tokens=EVALUATION_TOKENS):
            for hidden, labels in self._labelled(batch):
                yield self._logits(hidden), labels

    def _logits(self, hidden: torch.Tensor) -> torch.Tensor:
        """What the last layer and the biases make of hidden states: float32, (places, vocabulary).

        The places are filled up to a multiple of `FILLED_TO`.
        """
        places = len(hidden)
        filled = functional.pad(hidden, (0, 0, 0, -places % FILLED_TO))
        with self.precision():
            logits: torch.Tensor = self.model.get_output_embeddings()(filled)[:places]
        return logits.float() + self.biases

    @torch.no_grad()
    def fit_biases(self, sequences: Sequence[Example]) -> None:
        """Make each token as likely, over all the labels together, as it is among them.

        The layers learn what follows what long before they unlearn how often the base says a word
        at all. A bias for each token, added to its logit, mends that with far fewer texts.

        Words in capitals have one more in common; see `capitals_bias`.
        """
        self.model.eval()
        expected, used = torch.zeros_like(self.biases), torch.zeros_like(self.biases)
        likeliest = []
        for logits, labels in self._expected(sequences):
            expected += logits.softmax(dim=-1).sum(dim=0)
            used += torch.bincount(labels, minlength=len(used))
            likeliest.append(logits.topk(min(CANDIDATES, len(used))))
        biases = ((used + SHRINKAGE) / (expected + SHRINKAGE)).log()
        capitals = torch.tensor(self.format.in_capitals(), device=biases.device).float()
        tokens = torch.cat([each.indices for each in likeliest])
        logits = torch.cat([each.values for each in likeliest]) + biases[tokens]
        biases += capitals * capitals_bias(logits, capitals[tokens], float(used @ capitals))
        self.biases += biases

    def worthwhile_biases(self) -> dict[int, float]:
        """The biases, by token, without those that are too small to matter."""
        biases = enumerate(self.biases.tolist())
        return {token: round(bias, 3) for token, bias in biases if abs(bias) >= LEAST_BIAS}

    @torch.no_grad()
    def log_probabilities(self, sequence: Example, top: int) -> list[dict[int, float]]:
        """Natural logarithms of the `top` likeliest tokens' probabilities at each labelled token.

        They are computed in the precision of the weights, and from the weights alone.
        """
        self.model.eval()
        ids = torch.tensor([sequence.ids], device=self.model.device)
        logs = self.model(input_ids=ids, use_cache=False).logits[0, :-1].float().log_softmax(-1)
        learnt = [at - 1 for at, label in enumerate(sequence.labels) if label != IGNORED]
        values, tokens = logs[learnt].topk(min(top, logs.shape[1]))
        return [
            dict(zip(row, each, strict=True))
            for row, each in zip(tokens.tolist(), values.tolist(), strict=True)
        ]

    @torch.no_grad()
    def likelihoods(self, context: Sequence[int], replies: Sequence[Sequence[int]]) -> Any:
        """The natural logarithms of the probabilities of replies behind one and the same context.

        Args:
            context: Two token ids at least; the last one is the marker that begins a reply.

        Returns:
            A numpy array, one number for each reply.
        """
        self.model.eval()
        ids = torch.tensor([context[:-1]], device=self.model.device)
        with self.precision():
            known = _decoder(self.model)(input_ids=ids, use_cache=True).past_key_values
        logs = np.zeros(len(replies))
        order = sorted(range(len(replies)), key=lambda index: len(replies[index]))
        for first in range(0, len(order), ALIKE):
            group = order[first : first + ALIKE]
            texts = [[context[-1], *replies[index]] for index in group]
            logs[group] = self._likelihoods(deepcopy(known), texts)
        return logs

    def _likelihoods(self, known: Cache, texts: Sequence[list[int]]) -> Any:
        """As `likelihoods`, of texts that each begin with the last token of their context.

        Args:
            known: What is before that; it is changed.
        """
        known.batch_repeat_interleave(len(texts))
        batch = collate([Example(text, [IGNORED, *text[1:]]) for text in texts])
        ids = batch.ids.to(self.model.device)
        labels = batch.labels.to(self.model.device)[:, 1:]
        with self.precision():
            decoder = _decoder(self.model)
            hidden = decoder(input_ids=ids, past_key_values=known).last_hidden_state[:, :-1]
        labelled = labels != IGNORED
        logits = self._logits(hidden[labelled])
        nats = functional.cross_entropy(logits, labels[labelled], reduction="none")
        rows = labelled.nonzero()[:, 0]
        return -torch.zeros(len(texts), device=nats.device).index_add(0, rows, nats).cpu().numpy()

    @torch.no_grad()
    def answer(self, prompt: Sequence[int], *, max_tokens: int) -> list[int]:
        """What the model says after `prompt`, drawn with a fixed seed, up to `<end>`.

        The random numbers of the training are left as they were.
        """
        self.model.eval()
        ids = torch.tensor([prompt], device=self.model.device)
        with torch.random.fork_rng(devices=[]), self.precision():
            torch.manual_seed(0)
            made = self.model.generate(
                input_ids=ids,
                attention_mask=torch.ones_like(ids),
                do_sample=True,
                temperature=0.7,
                top_p=0.9,
                max_new_tokens=max_tokens,
                eos_token_id=self.format.end_id,
                pad_token_id=self.format.end_id,
            )
        reply: list[int] = made[0, len(prompt) :].tolist()
        return reply[: reply.index(self.format.end_id)] if self.format.end_id in reply else reply

    @torch.no_grad()
    def likeliest_temperature(
        self, sequences: Sequence[Example], temperatures: Sequence[float]
    ) -> float:
        """That of `temperatures` with which the labelled tokens are the likeliest."""
        self.model.eval()
        nats = torch.zeros(len(temperatures))
        for logits, labels in self._expected(sequences):
            for index, heat in enumerate(temperatures):
                nats[index] += functional.cross_entropy(logits / heat, labels, reduction="sum")
        return temperatures[int(nats.argmin())]

    @torch.no_grad()
    def bits(self, sequences: Iterable[Example]) -> float:
        """Bits that the model needs for the labelled tokens of all sequences together."""
        self.model.eval()
        nats = sum(
            self.loss(batch).item()
            for batch in batches(list(sequences), max_tokens=EVALUATION_TOKENS)
        )
        return nats / math.log(2)


def capitals_bias(logits: torch.Tensor, capitals: torch.Tensor, uses: float) -> float:
    """What to add to the logits of words in capitals, so that as many are drawn as are used.

    Each of them is unlikely where it stands ("I NEVER said so"), so that cutting away what is
    unlikely takes more of them than of others: about a third.

    Args:
        logits: Of the likeliest tokens at each place, (places, candidates).
        capitals: 1 for those that are in capitals, else 0, of the same shape.
        uses: At how many places the person wrote one.
    """
    bias = 0.0
    for _ in range(ROUNDS):
        shares = (logits + bias * capitals).softmax(dim=-1)
        shares *= shares >= CUT * shares.amax(dim=-1, keepdim=True)
        drawn = float(((shares * capitals).sum(dim=-1) / shares.sum(dim=-1)).sum())
        bias += math.log((uses + 1) / (drawn + 1))
    return max(-BOLDEST, min(BOLDEST, bias))


def _decoder(model: Any) -> Any:
    """The model without its head, inside PEFT's wrappers if there are any."""
    return (model.get_base_model() if hasattr(model, "get_base_model") else model).base_model
