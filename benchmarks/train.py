"""How fast a bot is trained, beside transformers' `Trainer` as its documentation shows it.

    python -m benchmarks.train NAME [--replies 200] [--heldout 100] [--json FILE]

Both train the same base on the latest replies of the bot NAME, each once, with the same method and
the same peak learning rate, each in a process of its own, with a thread for each core there is:

    Trainer    float32, 8 rows a step in random order, a row for each reply, padded on the right to
               the longest of the step, logits for every token, AdamW; LoRA by PEFT, of the same
               rank and on the same layers
    ElvisBot   what `elvisbot train` does

once with the turns before each reply that the bot is given (`context`), and once with questions and
answers alone (`question`), a row for each reply on both sides. The first ratio shows what whole
sessions and the loop bring together, the second what the loop brings by itself.

Speed is that of the steps after the first two; what those took longer, for compilation and the
like, is told as warm-up. A token is one that is read or learnt; padding is none. Bits a character
are those of the latest held-out replies after the training, a row for each, scored alike on both
sides. Memory is the most that the process held at once.

The share is of the matmul peak, measured in the same run at the shapes of the base's layers, in the
precision that the side multiplies in. 6 operations are counted for each token and weight of the
layers, with LoRA 4, and as many for each learnt token and weight of the head. What is spent on
padding, on attention and on other logits counts for nothing.

On a busy machine the figures mean little; the load is printed.
"""

import argparse
import json
import os
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

from elvisbot.bots import open_bot
from elvisbot.pairs import read_pairs

# Before torch, which reads the environment: the import sets what `elvisbot train` sets.
import elvisbot.training  # noqa: F401  isort: skip

import torch
from peft import LoraConfig, get_peft_model
from transformers import (
    DataCollatorForSeq2Seq,
    PreTrainedTokenizerFast,
    Trainer,
    TrainerCallback,
    TrainingArguments,
)

from elvisbot.training.bases import find_base
from elvisbot.training.examples import IGNORED, Example, examples, one_reply
from elvisbot.training.hardware import Hardware, this_machine
from elvisbot.training.loop import Plan, Step, Watchers, fit, learning_rate
from elvisbot.training.network import LORA_RANK, LORA_SCALE, Method, Network
from elvisbot.training.run import MAX_TOKENS

Side = Literal["Trainer", "ElvisBot"]
Rows = Literal["context", "question"]

SIDES: tuple[Side, ...] = ("Trainer", "ElvisBot")
ROWS: tuple[Rows, ...] = ("context", "question")
METHODS: tuple[Method, ...] = ("lora", "full")

WARM_UP_STEPS = 2
TRAINER_ROWS = 8
"""Rows of a step, the Trainer's default."""


@dataclass(frozen=True)
class Task:
    """One training.

    Attributes:
        replies: The latest so many are learnt.
        heldout: The latest so many are scored.
    """

    bot: str
    base: str
    side: Side
    method: Method
    rows: Rows
    replies: int
    heldout: int


@dataclass(frozen=True)
class Result:
    """What came out of it.

    Attributes:
        replies, tokens: Per second, after the warm-up.
        warm_up: Seconds that the first steps took longer than so many others.
        operations: Per second, of floating-point numbers, as counted above.
        memory: MiB.
        bits: A character of the held-out replies.
    """

    replies: float
    tokens: float
    warm_up: float
    operations: float
    memory: int
    bits: float


class Clock:
    """When each step ended, and how many tokens had been seen by then."""

    def __init__(self) -> None:
        self.marks: list[tuple[float, int]] = []

    def mark(self, tokens: int) -> None:
        self.marks.append((time.perf_counter(), tokens))

    def steady(self) -> tuple[float, float]:
        """Tokens a second after the first steps, and the seconds that these took longer."""
        (started, _), (warm, before) = self.marks[0], self.marks[WARM_UP_STEPS]
        ended, tokens = self.marks[-1]
        rate = (tokens - before) / (ended - warm)
        return rate, warm - started - before / rate


class Ticker(TrainerCallback):
    """Marks the end of every step of the Trainer; `tokens` are those of each step."""

    def __init__(self, clock: Clock, seen: list[int]) -> None:
        self._clock = clock
        self._seen = seen

    def on_train_begin(self, *arguments: Any, **options: Any) -> None:
        self._clock.mark(0)

    def on_step_end(self, *arguments: Any, **options: Any) -> None:
        self._clock.mark(sum(self._seen[: len(self._clock.marks)]))


def train_with_trainer(network: Network, sequences: Sequence[Example], method: Method) -> Clock:
    clock, seen = Clock(), list[int]()
    tokenizer = PreTrainedTokenizerFast(  # type: ignore[no-untyped-call]
        tokenizer_object=network.format.tokenizer, pad_token=network.family.end
    )
    pad = DataCollatorForSeq2Seq(tokenizer)

    def collate(rows: list[dict[str, list[int]]]) -> Any:
        seen.append(sum(len(row["input_ids"]) for row in rows))
        return pad(rows)

    network.model.set_attn_implementation("sdpa")  # what transformers takes by itself
    if method == "lora":
        network.model = with_peft(network)
    with tempfile.TemporaryDirectory() as folder:
        Trainer(
            model=network.model,
            args=TrainingArguments(
                output_dir=folder,
                per_device_train_batch_size=TRAINER_ROWS,
                num_train_epochs=1,
                learning_rate=learning_rate(method, sum(len(each.ids) for each in sequences)),
                use_cpu=not torch.cuda.is_available(),
                save_strategy="no",
                logging_strategy="no",
                report_to="none",
                disable_tqdm=True,
            ),
            data_collator=collate,
            train_dataset=[
                {"input_ids": sequence.ids, "labels": sequence.labels} for sequence in sequences
            ],
            callbacks=[Ticker(clock, seen)],
        ).train()
    if method == "lora":
        network.model = network.model.merge_and_unload()
    return clock


def with_peft(network: Network) -> Any:
    """LoRA on the same layers, and the rows of the new markers, as PEFT's documentation has it."""
    config = LoraConfig(
        r=LORA_RANK,
        lora_alpha=LORA_SCALE * LORA_RANK,
        target_modules=list(network.family.lora_targets),
        trainable_token_indices=network.new_tokens or None,
        task_type="CAUSAL_LM",
    )
    return get_peft_model(network.model, config)


def train_with_elvisbot(network: Network, sequences: Sequence[Example], method: Method) -> Clock:
    clock = Clock()

    def on_step(step: Step) -> None:
        if not clock.marks:
            clock.marks.append((time.perf_counter() - step.seconds, 0))
        clock.mark(step.tokens)

    fit(network, sequences, Plan(method, epochs=1), Watchers(on_step))
    return clock


def run(task: Task) -> Result:
    bot, hardware = open_bot(task.bot), this_machine()
    torch.set_num_threads(hardware.threads)
    base = find_base(task.base, tell=lambda line: print(line, file=sys.stderr))
    precise = Hardware(hardware.device, torch.float32, hardware.threads)
    network = Network(base, hardware if task.side == "ElvisBot" else precise)
    turns = bot.settings.recipe.context_turns if task.rows == "context" else 0
    longest = min(MAX_TOKENS, base.context_length)

    def rows(pairs: Sequence[Any]) -> list[Example]:
        chat_format = network.format
        return [one_reply(pair, chat_format, max_tokens=longest, turns=turns + 1) for pair in pairs]

    layers, head = weights(network)
    pairs = read_pairs(bot.train_pairs)[-task.replies :]
    if task.side == "Trainer":
        sequences = rows(pairs)
        clock = train_with_trainer(network, sequences, task.method)
    else:
        whole = examples(pairs, network.format, max_tokens=longest, context_turns=turns)
        sequences = list(whole)
        clock = train_with_elvisbot(network, sequences, task.method)
    rate, warm_up = clock.steady()

    tokens = sum(len(sequence.ids) for sequence in sequences)
    learnt = sum(label != IGNORED for sequence in sequences for label in sequence.labels)
    per_weight = 4 if task.method == "lora" else 6
    operations = per_weight * (layers + head * learnt / tokens)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    network.hardware = hardware
    unseen = read_pairs(bot.heldout_pairs)[-task.heldout :]
    characters = sum(pair.characters for pair in unseen)
    return Result(
        replies=rate * len(pairs) / tokens,
        tokens=rate,
        warm_up=warm_up,
        operations=rate * operations,
        memory=round(peak / (1 << 20 if sys.platform == "darwin" else 1 << 10)),
        bits=network.bits(rows(unseen)) / characters,
    )


def weights(network: Network) -> tuple[int, int]:
    """How many weights the layers' matrices have, and the head."""
    head = network.model.get_output_embeddings().weight
    matrices = [
        weight
        for name, weight in network.model.named_parameters()
        if weight.ndim == 2 and "emb" not in name and "wte" not in name and "wpe" not in name
    ]
    return sum(each.numel() for each in matrices if each is not head), head.numel()


def peak(base_name: str) -> dict[str, float]:
    """Operations a second of the matmuls of one layer, forward, in float32 and in bfloat16."""
    hardware = this_machine()
    torch.set_num_threads(hardware.threads)
    network = Network(find_base(base_name, tell=lambda line: None), hardware)
    decoder = network.model.base_model
    layer = next(each for each in decoder.modules() if isinstance(each, torch.nn.ModuleList))[0]
    shapes = [weight.shape for weight in layer.parameters() if weight.ndim == 2]
    return {
        str(dtype).removeprefix("torch."): matmul_rate(shapes, dtype, hardware.device)
        for dtype in (torch.float32, torch.bfloat16)
    }


def matmul_rate(
    shapes: Sequence[torch.Size], dtype: torch.dtype, device: str, *, tokens: int = 1024
) -> float:
    """Of the fastest of 20 rounds."""
    operands = [
        (torch.randn(tokens, inner, dtype=dtype, device=device), weight.t())
        for outer, inner in shapes
        for weight in [torch.randn(outer, inner, dtype=dtype, device=device)]
    ]
    seconds = []
    for _ in range(20):
        started = time.perf_counter()
        for rows, matrix in operands:
            product = rows @ matrix
        product[0, 0].item()  # on a graphics card, this waits for the result
        seconds.append(time.perf_counter() - started)
    return sum(2 * tokens * shape.numel() for shape in shapes) / min(seconds)


def in_a_process(*arguments: str) -> Any:
    """What this program prints when it is run with `arguments`, a line of JSON at the end."""
    command = [sys.executable, "-m", "benchmarks.train", *arguments]
    ended = subprocess.run(command, capture_output=True, text=True)
    if ended.returncode:
        sys.exit(ended.stderr)
    return json.loads(ended.stdout.splitlines()[-1])


def report(peaks: dict[str, float], results: list[tuple[Task, Result]], file: Path | None) -> None:
    fine = str(this_machine().dtype).removeprefix("torch.")
    print(", ".join(f"{name} {rate / 1e9:.0f}" for name, rate in peaks.items()), end=" ")
    print("billion operations a second in the layers' matmuls\n")
    print(f"{'':26}{'replies/s':>10}{'tokens/s':>10}{'warm-up':>10}", end="")
    print(f"{'of peak':>9}{'memory':>11}{'bits/char':>11}{'ratio':>7}")
    figures, slow = [], 0.0
    for task, result in results:
        share = result.operations / peaks["float32" if task.side == "Trainer" else fine]
        slow = result.replies if task.side == "Trainer" else slow
        ratio = result.replies / slow
        print(
            f"{task.rows:9}{task.method:6}{task.side:11}{result.replies:10.2f}{result.tokens:10.0f}"
            f"{result.warm_up:8.1f} s{share:9.0%}{result.memory:7} MiB{result.bits:11.3f}"
            f"{ratio:6.1f}×",
            flush=True,
        )
        figures.append({**asdict(task), **asdict(result), "share": share, "ratio": ratio})
    if file:
        file.write_text(json.dumps({"peak": peaks, "runs": figures}, indent=2) + "\n")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("name", help="a bot with imported messages")
    parser.add_argument("--base", default="smollm2-135m")
    parser.add_argument("--replies", type=int, default=200, help="to learn (default: 200)")
    parser.add_argument("--heldout", type=int, default=100, help="to score (default: 100)")
    parser.add_argument("--rows", choices=ROWS, help="these alone")
    parser.add_argument("--method", choices=METHODS, help="this alone")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there")
    parser.add_argument("--task", help=argparse.SUPPRESS)
    parser.add_argument("--peak", action="store_true", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.peak:
        print(json.dumps(peak(arguments.base)))
        return
    if arguments.task:
        random.seed(0)
        print(json.dumps(asdict(run(Task(**json.loads(arguments.task))))))
        return
    load = os.getloadavg()[0] if hasattr(os, "getloadavg") else 0.0
    threads = this_machine().threads
    print(f"{arguments.replies} replies, {threads} threads; load before: {load:.2f}", flush=True)
    open_bot(arguments.name).require_import()
    peaks = in_a_process(arguments.name, "--base", arguments.base, "--peak")
    tasks = [
        Task(
            arguments.name, arguments.base, side, method, rows, arguments.replies, arguments.heldout
        )
        for rows in ([arguments.rows] if arguments.rows else ROWS)
        for method in ([arguments.method] if arguments.method else METHODS)
        for side in SIDES
    ]
    results = []
    for task in tasks:
        print(f"{task.rows}, {task.method}, {task.side} …", file=sys.stderr)
        ended = in_a_process(task.bot, "--task", json.dumps(asdict(task)))
        results.append((task, Result(**ended)))
    report(peaks, results, arguments.json)


if __name__ == "__main__":
    main()
