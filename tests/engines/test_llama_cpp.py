import json
import math
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import pytest

from elvisbot.bots import Bot, Decoding, Recipe, Settings
from elvisbot.engines import Engine, llama_cpp, load
from elvisbot.engines._fair_lock import FairLock
from elvisbot.engines.llama_cpp import AT_A_TIME, LlamaCpp, _Slots
from elvisbot.errors import BotNotFoundError, ElvisBotError, EngineError
from elvisbot.families import ChatFormat
from elvisbot.families.gpt2 import FAMILY
from elvisbot.sampling import biased, read_biases, write_biases
from tests.engines.tiny_model import CONTEXT, make_bot
from tests.scripted import byte_format

GREEDY = Decoding(temperature=0.0, max_tokens=30)


@pytest.fixture(scope="module")
def bot(tmp_path_factory: pytest.TempPathFactory) -> Bot:
    """A bot that says letters."""
    made = make_bot(tmp_path_factory.mktemp("bots") / "tiny")
    letters = byte_format().turn(["abcdefghijklmnopqrstuvwxyz"])
    write_biases(made.biases, dict.fromkeys(letters, 10.0))
    return made


@pytest.fixture(scope="module")
def engine(bot: Bot) -> Iterator[Engine]:
    engine = load("llama_cpp", bot)
    yield engine
    engine.close()


@pytest.fixture
def prompt(engine: Engine) -> list[int]:
    return [engine.format.start_id, *engine.format.turn(["hey you"]), engine.format.answer_id]


def generated(engine: Engine, prompt: list[int], decoding: Decoding = GREEDY) -> list[int]:
    return list(engine.generate(prompt, decoding, stop=()))


def test_greedy_decoding_says_the_same_every_time(engine: Engine, prompt: list[int]) -> None:
    first, second = generated(engine, prompt), generated(engine, prompt)
    assert len(first) == 30
    assert first == second


def test_drawing_says_something_else_every_time(engine: Engine, prompt: list[int]) -> None:
    decoding = Decoding(temperature=1.0, top_p=1.0, min_p=0.0, max_tokens=30)
    assert generated(engine, prompt, decoding) != generated(engine, prompt, decoding)


def test_bytes_that_make_no_character_are_no_trouble(tmp_path: Path) -> None:
    wild = load("llama_cpp", make_bot(tmp_path / "wild"))
    decoding = Decoding(temperature=1.5, top_p=1.0, min_p=0.0, max_tokens=200)
    ids = generated(wild, [1, 2, 3], decoding)
    assert 0 < len(ids) <= 200
    assert "\ufffd" in wild.format.text(ids)
    wild.close()


def test_markers_come_out_as_their_ids(engine: Engine, prompt: list[int]) -> None:
    wild = Decoding(temperature=30.0, top_p=1.0, min_p=0.0, max_tokens=400)
    markers = {engine.format.break_id, engine.format.end_id, engine.format.start_id}
    seen = {token for _ in range(5) for token in generated(engine, prompt, wild)}
    assert markers <= seen


def test_it_ends_before_a_stop_token(engine: Engine, prompt: list[int]) -> None:
    ids = generated(engine, prompt)
    stop = ids[5]
    assert list(engine.generate(prompt, GREEDY, stop={stop})) == ids[: ids.index(stop)]


def test_the_biases_beside_the_model_count_when_it_draws(tmp_path: Path) -> None:
    biased = make_bot(tmp_path / "biased")
    prompt = [1, 2, 3]
    for token in (65, 66):
        biased.biases.write_text(json.dumps({str(token): 10.0}))
        engine = load("llama_cpp", biased)
        try:
            assert generated(engine, prompt) == [token] * 30
            assert engine.log_probabilities(prompt, 1).keys() != {token}
        finally:
            engine.close()


def test_biases_that_cannot_be_read_are_an_engine_error(tmp_path: Path) -> None:
    damaged = make_bot(tmp_path / "damaged")
    damaged.biases.write_text("{")
    with pytest.raises(EngineError, match="damaged"):
        load("llama_cpp", damaged)


def made_of(server: Any) -> LlamaCpp:
    return LlamaCpp(
        server, byte_format(), "", context=512, cached=512, longest_reply=100, biases={}
    )


def piece(token: int, text: str, own: str, drawn: int) -> dict[str, Any]:
    """What llama.cpp streams with a token: the text since the piece before, and the token's own."""
    told = {"content": [{"id": token, "token": own}]}
    choice = {"text": text, "logprobs": told, "finish_reason": None}
    return {"choices": [choice], "timings": {"predicted_n": drawn}}


def end(drawn: int) -> dict[str, Any]:
    choice = {"text": "", "logprobs": None, "finish_reason": "length"}
    return {"choices": [choice], "timings": {"predicted_n": drawn}}


class Streaming:
    """A llama.cpp that streams what `pieces` gives for a request."""

    def __init__(self, pieces: Callable[[dict[str, Any]], Iterable[dict[str, Any]]]) -> None:
        self._pieces = pieces
        self.requests: list[dict[str, Any]] = []
        self.told: list[dict[str, Any]] = []

    def handle_completions(
        self, request: dict[str, Any], tell: Callable[[dict[str, Any]], bool]
    ) -> None:
        self.requests.append(request)
        for each in self._pieces(request):
            self.told.append(each)
            if tell(each):
                return


def only_a(request: dict[str, Any]) -> list[dict[str, Any]]:
    """As many times "A", whose id is 32, as are asked for."""
    few = request["n_predict"]
    return [*(piece(32, "A", "A", number) for number in range(1, few + 1)), end(few)]


def test_after_closing_the_iterator_the_model_makes_only_a_few_tokens() -> None:
    server = Streaming(only_a)
    tokens = made_of(server).generate([1, 2], GREEDY, stop=())
    assert list(islice(tokens, AT_A_TIME + 1)) == [32] * (AT_A_TIME + 1)
    del tokens
    assert [(request["prompt"], request["n_predict"]) for request in server.requests] == [
        ([1, 2], AT_A_TIME),
        ([1, 2, *[32] * AT_A_TIME], AT_A_TIME),
    ]


def test_the_last_tokens_are_as_many_as_are_left() -> None:
    server = Streaming(only_a)
    list(made_of(server).generate([1, 2], GREEDY, stop=()))
    asked = [request["n_predict"] for request in server.requests]
    assert sum(asked) == GREEDY.max_tokens
    assert max(asked) == AT_A_TIME


@pytest.mark.parametrize("marker", ["break_id", "end_id"])
def test_a_bubble_does_not_wait_for_what_comes_after_it(marker: str) -> None:
    pause = getattr(byte_format(), marker)
    pieces = [piece(token, "x", "x", at) for at, token in enumerate((32, pause, 33), start=1)]
    server = Streaming(lambda request: pieces)
    tokens = made_of(server).generate([1], GREEDY, stop={byte_format().end_id})
    assert next(tokens) == 32
    assert server.told == pieces[:2]


def test_a_character_of_several_tokens_comes_out_whole() -> None:
    form = byte_format()
    laughing = [
        piece(form.turn(["h"])[0], "h", "h", 1),
        piece(form.turn(["😂"])[-1], "😂", "\ufffd", 5),
        piece(form.break_id, "\ufffd<|brk|>", "<|brk|>", 7),
        end(7),
    ]
    engine = made_of(Streaming(lambda request: laughing))
    ids = list(islice(engine.generate([1], Decoding(max_tokens=9), stop=()), 9))
    assert ids == [*form.turn(["h😂\ufffd"]), form.break_id]


def test_what_is_held_back_at_the_end_is_drawn_once_more_with_the_same_seed() -> None:
    form = byte_format()

    def interrupted(request: dict[str, Any]) -> Iterator[dict[str, Any]]:
        yield from (piece(32, "A", "A", number) for number in range(1, 7))
        if request["n_predict"] >= 10:
            yield piece(form.turn(["😂"])[-1], "😂", "\ufffd", 10)
        yield end(request["n_predict"])

    server = Streaming(interrupted)
    tokens = made_of(server).generate([1], GREEDY, stop=())
    assert form.text(list(islice(tokens, 10))) == "AAAAAA😂"
    assert [request["n_predict"] for request in server.requests] == [8, 9, 10]
    assert len({request["seed"] for request in server.requests}) == 1
    next(tokens)
    assert server.requests[-1]["seed"] != server.requests[0]["seed"]


def test_where_no_whole_character_fits_any_more_the_reply_ends() -> None:
    server = Streaming(lambda request: [end(request["n_predict"])])
    assert generated(made_of(server), [1]) == []


class Watched:
    """A server that keeps llama.cpp's own counts of the tokens it computed."""

    def __init__(self, server: Any) -> None:
        self._server = server
        self.computed: list[int] = []

    def handle_completions(
        self, request: dict[str, Any], tell: Callable[[dict[str, Any]], bool] | None = None
    ) -> dict[str, Any]:
        answers: list[dict[str, Any]] = []

        def tell_both(piece: dict[str, Any]) -> bool:
            answers.append(piece)
            return tell is not None and tell(piece)

        if tell is None:
            answers.append(self._server.handle_completions(request))
        else:
            self._server.handle_completions(request, tell_both)
        self.computed.append(answers[-1]["timings"]["prompt_n"])
        return answers[-1]


@pytest.fixture
def watched(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> Watched:
    assert isinstance(engine, LlamaCpp)
    made = Watched(engine._server)
    monkeypatch.setattr(engine, "_server", made)
    return made


def test_a_longer_conversation_costs_only_its_new_tokens(engine: Engine, watched: Watched) -> None:
    first = [*engine.format.turn(["a" * 60]), engine.format.answer_id]
    reply = list(engine.generate(first, Decoding(temperature=0, max_tokens=5), stop=()))
    assert watched.computed == [61]
    watched.computed.clear()
    following = [*engine.format.turn(["b" * 9]), engine.format.answer_id]
    longer = [*first, *reply, engine.format.end_id, *following]
    list(engine.generate(longer, Decoding(temperature=0, max_tokens=3), stop=()))
    # The last token of the reply, <end>, and the new turn.
    assert watched.computed == [2 + len(following)]


def test_conversations_in_turn_do_not_cost_each_other_anything(
    engine: Engine, watched: Watched
) -> None:
    chats = [[*b"hey ", *[letter] * 80] for letter in b"abcd"]
    for _ in range(3):
        for chat in chats:
            chat += engine.generate(chat, Decoding(temperature=0, max_tokens=2), stop=())
    assert watched.computed == [84] * 4 + [1] * 8


def test_conversations_at_the_same_time_do_not_either(engine: Engine, watched: Watched) -> None:
    decoding = Decoding(temperature=0, max_tokens=3 * AT_A_TIME)
    prompts = [[token] * 70 for token in (210, 211)]
    running = [engine.generate(prompt, decoding, stop=()) for prompt in prompts]
    steps = [[next(each) for each in running] for _ in range(3 * AT_A_TIME)]
    assert watched.computed == [70] * 2 + [1] * 4
    assert [list(each) for each in running] == [[], []]
    alone = [list(engine.generate(prompt, decoding, stop=())) for prompt in prompts]
    assert [list(each) for each in zip(*steps, strict=True)] == alone


def test_who_would_be_one_too_many_waits(engine: Engine) -> None:
    taken = [engine.generate([number] * 9, GREEDY, stop=()) for number in range(engine.at_once)]
    for tokens in taken:
        next(tokens)
    done = threading.Event()

    def late() -> None:
        next(engine.generate([99] * 9, GREEDY, stop=()))
        done.set()

    waiting = threading.Thread(target=late)
    waiting.start()
    assert not done.wait(0.3)
    for tokens in taken:
        tokens.close()  # type: ignore[attr-defined]
    assert done.wait(10)
    waiting.join()


def test_what_was_not_used_for_longest_is_given_up_before_the_cache_is_full() -> None:
    slots = _Slots(at_once=2, cached=100)
    for number in range(3):
        with slots.taken([number] * 30, 30) as (_, given_up):
            assert given_up == []
    with slots.taken([9] * 20, 40) as (fourth, given_up):
        assert len(given_up) == 1
        with slots.taken([2] * 31, 40) as (third, more):
            assert third not in given_up
            assert len(more) == 1
            assert fourth != third
    with slots.taken([2] * 31, 31) as (again, given_up):
        assert (again, given_up) == (third, [])


def test_full_slots_cost_those_in_use_nothing(bot: Bot, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(llama_cpp, "MOST_CACHED", 512)
    engine = load("llama_cpp", bot)
    assert isinstance(engine, LlamaCpp)
    engine.at_once = 2
    engine._slots = _Slots(2, 512)
    for number in range(5):
        list(engine.generate([number] * 90, Decoding(temperature=0, max_tokens=2), stop=()))
    watching = Watched(engine._server)
    monkeypatch.setattr(engine, "_server", watching)
    decoding = Decoding(temperature=0, max_tokens=20)
    running = [engine.generate([number] * 150, decoding, stop=()) for number in (101, 102)]
    for _ in range(20):
        for tokens in running:
            next(tokens)
    assert sorted(watching.computed, reverse=True)[:3] == [150, 150, 1]
    engine.close()


def test_everybody_gets_a_turn() -> None:
    lock, order = FairLock(), []

    def work(name: str) -> None:
        for _ in range(20):
            with lock:
                order.append(name)
                # Until the others, who had their turns before, have asked again.
                for _ in range(5000):
                    if len(lock._waiting) == 2 or len(order) >= 50:
                        break
                    time.sleep(0.001)

    threads = [threading.Thread(target=work, args=(name,)) for name in "abc"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    together = order[3:48]
    assert all(len(set(together[at : at + 3])) == 3 for at in range(len(together) - 3))


def test_what_llama_cpp_answers_instead_of_a_token_is_an_engine_error() -> None:
    class Failing:
        def handle_completions(self, request: object) -> dict[str, Any]:
            return {"error": {"code": 500, "message": "out of memory"}}

    engine = made_of(Failing())
    with pytest.raises(EngineError, match="out of memory"):
        engine.log_probabilities([1], 1)


def test_the_longest_prompt_leaves_room_for_a_whole_reply(engine: Engine) -> None:
    longest = [engine.format.start_id] * engine.max_prompt
    decoding = Decoding(max_tokens=120)
    assert engine.max_prompt == CONTEXT - 120 - 4
    assert len(generated(engine, longest, decoding)) == 120


@pytest.mark.parametrize("length", [0, CONTEXT])
def test_a_prompt_that_does_not_fit_is_an_engine_error(engine: Engine, length: int) -> None:
    with pytest.raises(EngineError, match=f"has {length} tokens"):
        generated(engine, [65] * length)


def test_one_token_over_the_longest_prompt_is_an_engine_error(engine: Engine) -> None:
    with pytest.raises(EngineError):
        generated(engine, [65] * (engine.max_prompt + 1))


def test_a_token_that_the_model_does_not_have_is_an_engine_error(engine: Engine) -> None:
    with pytest.raises(EngineError, match="invalid tokens"):
        generated(engine, [65, 99_999])


def test_all_log_probabilities_make_a_distribution(engine: Engine, prompt: list[int]) -> None:
    logs = engine.log_probabilities(prompt, 260)
    assert len(logs) == engine.format.tokenizer.get_vocab_size() == 260
    assert sum(math.exp(value) for value in logs.values()) == pytest.approx(1, abs=1e-3)


def test_the_likeliest_token_is_the_greedy_choice(
    bot: Bot, engine: Engine, prompt: list[int]
) -> None:
    ids = list(prompt)
    for token in generated(engine, prompt)[:8]:
        assert len(engine.log_probabilities(ids, 5)) == 5
        logs = biased(engine.log_probabilities(ids, 260), read_biases(bot.biases))
        assert max(logs, key=lambda token: logs[token]) == token
        ids.append(token)


def test_log_probabilities_do_not_depend_on_what_was_computed_before(
    engine: Engine, prompt: list[int]
) -> None:
    fresh = engine.log_probabilities(prompt, 10)
    generated(engine, [*prompt[:4], *b"something quite different"])
    assert engine.log_probabilities(prompt, 10) == pytest.approx(fresh, abs=5e-3)


def test_a_closed_engine_answers_with_an_error(tmp_path: Path) -> None:
    engine = load("llama_cpp", make_bot(tmp_path / "bot"))
    engine.close()
    engine.close()
    with pytest.raises(EngineError, match="closed"):
        engine.log_probabilities([65], 1)


def test_two_models_at_once_do_not_get_in_each_others_way(engine: Engine, tmp_path: Path) -> None:
    other = load("llama_cpp", make_bot(tmp_path / "other", seed=1))
    before = generated(engine, [65, 66])
    assert generated(other, [65, 66]) != before
    other.close()
    assert generated(engine, [65, 66]) == before


def test_loading_leaves_ctrl_c_to_python(bot: Bot) -> None:
    script = (
        "import os, signal, sys\n"
        "from pathlib import Path\n"
        "from elvisbot.bots import Bot\n"
        "from elvisbot.engines import load\n"
        "signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        "engine = load('llama_cpp', Bot(Path(sys.argv[1])))\n"
        "try:\n"
        "    os.kill(os.getpid(), signal.SIGINT)\n"
        "    while True: pass\n"
        "except KeyboardInterrupt:\n"
        "    print(len(engine.log_probabilities([65], 3)))\n"
    )
    command = [sys.executable, "-c", script, str(bot.path)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert (done.stdout, done.stderr, done.returncode) == ("3\n", "", 0)


@pytest.mark.skipif(not Path("/proc/net/tcp").exists(), reason="looks into /proc")
def test_no_port_is_opened(engine: Engine) -> None:
    sockets = {
        str(entry.readlink()) for entry in Path("/proc/self/fd").iterdir() if entry.is_symlink()
    }
    listening = {
        f"socket:[{line.split()[9]}]"
        for line in Path("/proc/self/net/tcp").read_text().splitlines()[1:]
        if line.split()[3] == "0A"
    }
    assert not sockets & listening


def test_an_untrained_bot_is_not_found(tmp_path: Path) -> None:
    bot = Bot(tmp_path)
    bot.save(Settings())
    with pytest.raises(BotNotFoundError):
        load("llama_cpp", bot)


def test_a_bot_of_an_unknown_family_is_an_engine_error(tmp_path: Path) -> None:
    bot = make_bot(tmp_path / "bot", settings=Settings(recipe=Recipe(family="mamba")))
    with pytest.raises(EngineError, match="mamba"):
        load("llama_cpp", bot)


def truncated(file: bytes) -> bytes:
    return file[: len(file) // 2]


def without_tail_of_the_metadata(file: bytes) -> bytes:
    return file[:100]


def junk(file: bytes) -> bytes:
    return b"GGUF" + bytes(range(256)) * 8


def huge_string(file: bytes) -> bytes:
    return struct.pack("<4sIQQQ", b"GGUF", 3, 0, 1, 1 << 60)


def huge_array(file: bytes) -> bytes:
    key = struct.pack("<Q", 1) + b"k"
    return struct.pack("<4sIQQ", b"GGUF", 3, 0, 1) + key + struct.pack("<IIQ", 9, 10, 1 << 62)


def empty(file: bytes) -> bytes:
    return b""


@pytest.mark.parametrize(
    "damage", [truncated, without_tail_of_the_metadata, junk, huge_string, huge_array, empty]
)
def test_a_damaged_model_is_an_engine_error(
    tmp_path: Path, damage: Callable[[bytes], bytes]
) -> None:
    bot = make_bot(tmp_path / "bot")
    bot.gguf.write_bytes(damage(bot.gguf.read_bytes()))
    with pytest.raises(EngineError, match=r"model\.gguf"):
        load("llama_cpp", bot)


def test_a_tokenizer_of_another_model_is_an_engine_error(tmp_path: Path) -> None:
    bot = make_bot(tmp_path / "bot")
    tokenizer = bot.tokenizer.read_text()
    bot.tokenizer.write_text(
        tokenizer.replace("<|brk|>", "<|xxx|>").replace("<|answer|>", "<|brk|>")
        .replace("<|xxx|>", "<|answer|>")
    )  # fmt: skip
    assert ChatFormat.load(FAMILY, bot.tokenizer).break_id
    with pytest.raises(ElvisBotError, match="do not belong together"):
        load("llama_cpp", bot)
