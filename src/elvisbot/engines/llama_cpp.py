"""The default engine: llama.cpp in this process, through `xllamacpp` and llama-server's JSON.

llama.cpp draws the tokens, by the rules of `elvisbot.sampling.draw`, and streams them. The stream
leaves out tokens that end within a UTF-8 character, which is how most emoji begin, and tells their
text with the token that completes it; such a text is encoded anew.

Several conversations share the model, a few tokens each in turn, since a step that makes a token
for two of them takes longer than two steps. Each has a slot in which llama.cpp keeps what it
computed of it. The slots share one cache; before it is full, the state that was not used for
longest is given up.

Probabilities are asked for with a request that makes llama.cpp "draw" one fixed token, whose text
is complete; only what stands beside it is read.
"""

import contextlib
import os
import secrets
import shutil
import struct
import sys
import tempfile
import threading
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Final

from elvisbot.bots import Bot, Decoding
from elvisbot.engines import common_beginning, require_fit, trained_format
from elvisbot.engines._fair_lock import FairLock
from elvisbot.errors import EngineError
from elvisbot.families import BREAK, ChatFormat
from elvisbot.machine import usable_cores, usable_memory
from elvisbot.sampling import read_biases, with_decoding

try:
    import xllamacpp
except ModuleNotFoundError:
    raise
except ImportError as error:
    raise EngineError(
        f"llama.cpp cannot be loaded: {error}.",
        remedy="If that is a library of the system, install it (Debian, Ubuntu and Raspberry Pi "
        "OS: sudo apt install libgomp1); else install ElvisBot again.",
    ) from error

MAX_CONTEXT: Final = 1024
"""Tokens of one conversation. More than the last few turns a bot is not given."""

SLOTS: Final = 8
"""Conversations whose computed state is kept."""

AT_ONCE: Final = 2
"""Conversations that are answered at the same time: with more, all of them would wait longer for
their first bubble than one after the other."""

AT_A_TIME: Final = 8
"""Tokens of one conversation, before it is another one's turn. To ask for a single one takes a
quarter longer with SmolLM2-135M (12.3 ms against 9.8); for 2 conversations at once, 32 ms."""

CACHE: Final = 256 << 20
SMALL_CACHE: Final = 48 << 20
"""Bytes of that state, for all slots together, where there is room for it and where there is not.
It takes 23 KB a token with SmolLM2-135M, 184 KB with GPT-2-large; where there is no room it is kept
in 8 bits instead of 16."""

STEP: Final = 256
MOST_CACHED: Final = 3072
"""Tokens of it: a multiple of `STEP`, as llama.cpp has it, and no more than this."""

BESIDE: Final = 170 << 20
"""Bytes that the process takes beside the weights and the cache."""

MAX_THREADS: Final = 4
"""Small models are bound by memory; more threads gain nothing and disturb everybody else."""

BATCH: Final = 128
"""Tokens of a prompt computed at once. 64 to 512 were equally fast with SmolLM2-135M."""

_BLOCK: Final = 32
_MARGIN: Final = 4
_ERRORS_ONLY: Final = 1
_OVERWHELMING: Final = 1e6
_LONGEST_SOCKET_PATH: Final = 100


def load(bot: Bot, url: str | None = None) -> "LlamaCpp":
    """Load `bot`'s `model.gguf`.

    Raises:
        BotNotFoundError: if the bot has no model yet.
        EngineError: if the model or its tokenizer cannot be read, or do not belong together.
    """
    settings = bot.settings
    return open_model(
        bot.gguf,
        trained_format(bot),
        description=f"{settings.recipe.base} in llama.cpp",
        longest_reply=settings.decoding.max_tokens,
        biases=read_biases(bot.biases),
    )


def open_model(
    gguf: Path,
    chat_format: ChatFormat,
    *,
    description: str = "",
    longest_reply: int = 0,
    biases: Mapping[int, float] | None = None,
) -> "LlamaCpp":
    """Load a GGUF file.

    Args:
        biases: Of the tokens, when replies are drawn.

    Raises:
        EngineError: if it cannot be read, or does not belong to the tokenizer of `chat_format`.
    """
    shape, has_room = _shape(gguf), _has_room(gguf)
    halved = not has_room and shape.head_size % _BLOCK == 0
    fits = (CACHE if has_room else SMALL_CACHE * (1 + halved)) // shape.cache_bytes
    cached = max(1, min(fits, MOST_CACHED) // STEP) * STEP
    context = min(shape.context, MAX_CONTEXT, cached - 1)
    engine = LlamaCpp(
        _start(gguf, cached, copied=has_room, halved=halved),
        chat_format,
        description,
        context=context,
        cached=cached,
        longest_reply=longest_reply,
        biases=biases or {},
    )
    engine.check()
    return engine


class LlamaCpp:
    """See `elvisbot.engines.Engine`.

    `log_probabilities` also takes prompts over `max_prompt`, as long as they fit the context, so
    that a whole reply can be measured behind the longest prompt.
    """

    def __init__(
        self,
        server: Any,
        chat_format: ChatFormat,
        description: str,
        *,
        context: int,
        cached: int,
        longest_reply: int,
        biases: Mapping[int, float],
    ) -> None:
        self.format = chat_format
        self.description = description
        self.max_prompt = max(context // 2, context - longest_reply - _MARGIN)
        self._server = server
        self._biases = biases
        self.context = context
        # Also keeps close() from taking the model away under a running step, which would hang.
        self._turn = FairLock()
        # No more than fit beside each other, however long they get.
        self.at_once = max(1, min(AT_ONCE, cached // (context + 1)))
        self._slots = _Slots(self.at_once, cached)

    def generate(
        self, prompt: Sequence[int], decoding: Decoding, *, stop: Collection[int]
    ) -> Iterator[int]:
        """See `elvisbot.engines.Engine`."""
        ids = list(prompt)
        require_fit(ids, self.max_prompt)
        end = min(len(ids) + decoding.max_tokens, self.context)
        biases = with_decoding(self._biases, self.format, decoding)
        drawing = {
            "n_probs": 1,
            "post_sampling_probs": True,
            "timings_per_token": True,
            "samplers": ["top_p", "min_p", "temperature"],
            "top_p": decoding.top_p,
            "min_p": decoding.min_p,
            "temperature": decoding.temperature,
            "logit_bias": [[token, bias] for token, bias in biases.items()],
        }
        pauses = {self.format.break_id, *stop}
        with self._slot(ids, end) as slot:
            while len(ids) < end:
                tokens = self._drawn(drawing, ids, slot, end - len(ids), pauses)
                for token in tokens:
                    if token in stop:
                        return
                    ids.append(token)
                    yield token
                if not tokens:  # what was left was too little for a whole character
                    return

    def log_probabilities(self, prompt: Sequence[int], top: int) -> dict[int, float]:
        """See `elvisbot.engines.Engine`."""
        require_fit(prompt, self.context)
        with self._slot(prompt, len(prompt)) as slot:
            likeliest = self._probable(prompt, top, slot)["top_logprobs"]
        return {each["id"]: each["logprob"] for each in likeliest}

    def close(self) -> None:
        """See `elvisbot.engines.Engine`. Waits for a step under way; closing twice is fine."""
        with self._turn:
            self._server = None

    def check(self) -> None:
        """Warm the model up, and raise EngineError if its vocabulary is not the tokenizer's."""
        if self._probable([self.format.start_id], 1, 0)["token"] != BREAK:
            self.close()
            raise EngineError(
                "The model and its tokenizer do not belong together.",
                remedy="Train the bot again; one of the two files was replaced.",
            )

    @contextlib.contextmanager
    def _slot(self, ids: Sequence[int], room: int) -> Iterator[int]:
        """Where to compute a conversation that may grow to `room` tokens."""
        with self._slots.taken(ids, room) as (slot, given_up):
            for each in given_up:
                self._probable([self.format.start_id], 1, each)
            yield slot

    def _probable(self, prompt: Sequence[int], top: int, slot: int) -> dict[str, Any]:
        """What llama.cpp tells of the token after `prompt`, with the `top` likeliest ones."""
        request = {
            **_place(prompt, slot, 1),
            "n_probs": top,
            "samplers": ["temperature"],
            "temperature": 0,
            "logit_bias": [[self.format.break_id, _OVERWHELMING]],
        }
        with self._model() as model:
            answer = model.handle_completions(request)
        entry = _entry(answer)
        if entry is None:
            raise _no_answer("it drew no token")
        return entry

    def _drawn(
        self,
        drawing: Mapping[str, Any],
        ids: Sequence[int],
        slot: int,
        most: int,
        pauses: Collection[int],
    ) -> list[int]:
        """The next tokens, up to the first of `pauses`; `AT_A_TIME`, but `most` at most.

        Those that are held back at the end would be lost. Then the same are drawn once more, with
        the same seed, and the ones after them.
        """
        seed = secrets.randbits(31)
        for few in range(min(AT_A_TIME, most), most + 1):
            request = {**drawing, **_place(ids, slot, few), "seed": seed}
            pieces = self._streamed(request, pauses)
            tokens = [token for piece in pieces for token in self._told(piece)]
            if not _holds_back(pieces):
                break
        return tokens[:most]

    def _streamed(
        self, request: Mapping[str, Any], pauses: Collection[int]
    ) -> list[dict[str, Any]]:
        """The pieces of llama.cpp's stream, up to the first of `pauses`."""
        pieces: list[dict[str, Any]] = []

        def is_enough(piece: dict[str, Any]) -> bool:
            pieces.append(piece)
            entry = _entry(piece)
            return entry is not None and entry["id"] in pauses

        with self._model() as model:
            model.handle_completions({**request, "stream": True}, is_enough)
        if not pieces:
            raise _no_answer("it said nothing")
        return pieces

    def _told(self, piece: Mapping[str, Any]) -> list[int]:
        """The tokens of a piece of the stream: one, and those that were held back before it."""
        entry = _entry(piece)
        if entry is None:
            return []
        text, last = piece["choices"][0]["text"], entry["token"]
        if text == last:
            return [entry["id"]]
        if last and text.endswith(last):
            return [*self.format.turn([text.removesuffix(last)]), entry["id"]]
        return self.format.turn([text])

    @contextlib.contextmanager
    def _model(self) -> Iterator[Any]:
        """llama.cpp, when it is this conversation's turn."""
        with self._turn:
            if self._server is None:
                raise EngineError("The model is closed.", remedy="Start ElvisBot again.")
            yield self._server


def _place(ids: Sequence[int], slot: int, tokens: int) -> dict[str, Any]:
    """The part of a request that says what to continue, where, and by how much."""
    return {"prompt": list(ids), "id_slot": slot, "cache_prompt": True, "n_predict": tokens}


def _entry(answer: Mapping[str, Any]) -> dict[str, Any] | None:
    """The last token that llama.cpp tells of, if any."""
    try:
        told = answer["choices"][0]["logprobs"]
        return None if told is None else dict(told["content"][-1])
    except (KeyError, IndexError, TypeError) as error:
        reason = answer.get("error", {}).get("message", "no reason given")
        raise _no_answer(reason) from error


def _holds_back(pieces: Sequence[Mapping[str, Any]]) -> bool:
    """Whether a stream ends with tokens that no piece of it told of."""
    is_over = pieces[-1]["choices"][0]["finish_reason"] is not None
    counts = [0, *(piece["timings"]["predicted_n"] for piece in pieces)]
    return is_over and counts[-1] > counts[-2]


def _no_answer(reason: str) -> EngineError:
    return EngineError(
        f"llama.cpp could not answer: {reason}.",
        remedy="Train the bot again; if that does not help, please report this.",
    )


class _Slots:
    """Which conversation is computed in which slot."""

    def __init__(self, at_once: int, cached: int) -> None:
        """
        Args:
            at_once: So many are in use at most.
            cached: Tokens that the slots hold together.
        """
        self._at_once = at_once
        self._cached = cached
        self._changed = threading.Condition()
        # From the one that was used longest ago to the latest: the slots, and what they hold.
        self._free: dict[int, Sequence[int]] = dict.fromkeys(range(SLOTS), ())
        self._used: dict[int, int] = {}

    @contextlib.contextmanager
    def taken(self, ids: Sequence[int], room: int) -> Iterator[tuple[int, list[int]]]:
        """The free slot that holds the beginning of `ids`, or else the one that was used longest
        ago, kept until the end; and those that are to be emptied before, to make room.

        Waits while as many are in use as may be.

        Args:
            ids: May grow in the meantime.
            room: Tokens that it may grow to.
        """
        with self._changed:
            self._changed.wait_for(lambda: len(self._used) < self._at_once)
            slot = self._best(ids)
            del self._free[slot]
            self._used[slot] = room
            given_up = [*self._given_up()]
        try:
            yield slot, given_up
        finally:
            with self._changed:
                del self._used[slot]
                self._free[slot] = list(ids)
                self._changed.notify()

    def _best(self, ids: Sequence[int]) -> int:
        shared = {slot: common_beginning(held, ids) for slot, held in self._free.items()}
        best = max(shared, key=lambda slot: shared[slot])
        # All conversations begin with the same marker; that alone is no reason to forget one.
        if shared[best] > len(self._free[best]) / 2:
            return best
        return next(iter(self._free))

    def _given_up(self) -> Iterator[int]:
        """Slots that must hold nothing any more, so that those in use can grow."""
        room = self._cached - sum(self._used.values())
        for slot, held in self._free.items():
            if sum(map(len, self._free.values())) <= room:
                return
            if len(held) > 1:
                self._free[slot] = held[:0]
                yield slot


def _start(gguf: Path, cached: int, *, copied: bool, halved: bool) -> Any:
    with _hidden_address() as hosts:
        parameters = _parameters(gguf, cached, hosts)
        parameters.no_extra_bufts = not copied
        if halved:
            parameters.cache_type_k = parameters.cache_type_v = xllamacpp.ggml_type.GGML_TYPE_Q8_0
        try:
            return xllamacpp.Server(parameters)
        except RuntimeError as error:
            raise _unreadable(gguf) from error


def _parameters(gguf: Path, cached: int, hosts: list[str]) -> Any:
    parameters = xllamacpp.CommonParams()
    parameters.model.path = str(gguf)
    parameters.n_ctx = cached
    parameters.n_batch = parameters.n_ubatch = BATCH
    parameters.n_parallel = SLOTS
    parameters.kv_unified = True
    parameters.cache_ram_mib = 0
    parameters.n_ctx_checkpoints = 0
    parameters.fit_params = False
    parameters.warmup = False
    parameters.special = True
    parameters.cpuparams.n_threads = parameters.cpuparams_batch.n_threads = _threads()
    parameters.verbosity = _ERRORS_ONLY
    parameters.n_threads_http = 2
    parameters.ui = False
    parameters.endpoint_slots = False
    parameters.hostnames = hosts
    parameters.api_keys = [secrets.token_urlsafe()]
    return parameters


def _has_room(gguf: Path) -> bool:
    """Whether there is memory for a large cache, and for llama.cpp to lay the weights out anew.

    That makes large models a fifth faster; beside the file's own pages they are there twice then.
    """
    memory = usable_memory()
    return memory is None or 2 * gguf.stat().st_size + BESIDE + CACHE <= memory


def _threads() -> int:
    """One less than there are cores for this process.

    llama.cpp's threads wait for each other at every layer, spinning; one of them without a core to
    itself holds up all. On a two-core machine with both busy, two threads made 0.6 to 25 tokens a
    second, one made 65.
    """
    return max(1, min(usable_cores() - 1, MAX_THREADS))


@contextlib.contextmanager
def _hidden_address() -> Iterator[list[str]]:
    """Where llama.cpp may open the HTTP server that it cannot be kept from opening.

    A socket file that is gone as soon as the model is loaded, so that nobody can connect; where
    there are none, a free port of 127.0.0.1, behind a key that nobody knows.
    """
    folder = tempfile.mkdtemp(prefix="elvisbot-")
    try:
        socket = str(Path(folder) / "llama.sock")
        fits = sys.platform != "win32" and len(os.fsencode(socket)) <= _LONGEST_SOCKET_PATH
        yield [socket] if fits else ["127.0.0.1"]
    finally:
        shutil.rmtree(folder, ignore_errors=True)


_DAMAGE: Final = (
    *(OSError, ValueError, KeyError, TypeError),
    *(ZeroDivisionError, RecursionError, struct.error),
)


@dataclass(frozen=True)
class _Shape:
    """What a GGUF file says of its model.

    Attributes:
        context: Tokens that it was trained to see at once.
        cache_bytes: Of computed state, for each token, in 16 bits.
        head_size: Numbers of it that a head has.
    """

    context: int
    cache_bytes: int
    head_size: int


def _shape(gguf: Path) -> _Shape:
    """The format: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md"""
    try:
        with gguf.open("rb") as file:
            magic, version, _, entries = struct.unpack("<4sIQQ", file.read(24))
            if magic != b"GGUF" or version not in (2, 3):
                raise ValueError("not a GGUF file of version 2 or 3")
            known = {}
            for _ in range(entries):
                key = _read_string(file).decode()
                known[key.partition(".")[2]] = _read_value(file, _read(file, "<I"))
        heads = known["attention.head_count"]
        size = int(known.get("attention.key_length", known["embedding_length"] // heads))
        width = known.get("attention.head_count_kv", heads) * size
        # A key and a value in each layer, of two bytes a number.
        return _Shape(int(known["context_length"]), 4 * known["block_count"] * width, size)
    except _DAMAGE as error:
        raise _unreadable(gguf) from error


_SCALARS: Final = dict(enumerate(("<B", "<b", "<H", "<h", "<I", "<i", "<f", "<?"))) | {
    10: "<Q",
    11: "<q",
    12: "<d",
}
_STRING: Final = 8
_ARRAY: Final = 9


def _read_value(file: BinaryIO, kind: int) -> Any:
    if kind == _STRING:
        return _read_string(file)
    if kind == _ARRAY:
        kind, count = _read(file, "<I"), _read(file, "<Q")
        if kind in _SCALARS:
            return file.seek(count * struct.calcsize(_SCALARS[kind]), os.SEEK_CUR)
        for _ in range(count):
            _read_value(file, kind)
        return None
    return _read(file, _SCALARS[kind])


def _read(file: BinaryIO, layout: str) -> Any:
    return struct.unpack(layout, file.read(struct.calcsize(layout)))[0]


def _read_string(file: BinaryIO) -> bytes:
    length = _read(file, "<Q")
    if length > 1 << 24:
        raise ValueError("a string of over 16 MiB")
    return file.read(length)


def _unreadable(gguf: Path) -> EngineError:
    return EngineError(
        f"{gguf} cannot be loaded: it is damaged, or there is not enough memory.",
        remedy="Close other programs and try again, or train the bot again.",
    )
