"""What holds for every engine, with one tiny model in all those that run one."""

import http.server
import math
import os
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from random import Random

import pytest

from elvisbot.bots import Bot, Decoding, Recipe, Settings
from elvisbot.engines import Engine, engines, llama_cpp, load
from elvisbot.engines.openai import API_KEY
from elvisbot.errors import BotNotFoundError, EngineError, UsageError
from elvisbot.export.gguf import write_gguf
from elvisbot.families import BREAK, ChatFormat, family_of
from elvisbot.sampling import biased, draw, read_biases, with_decoding, write_biases
from tests import tiny

GREEDY = Decoding(temperature=0.0, max_tokens=12)
MODELS = sorted(set(engines()) - {"echo"})
"""The engines that run a model."""

DRAWS = 300

SERVER = """
import sys, xllamacpp
parameters = xllamacpp.CommonParams()
parameters.model.path, special = sys.argv[1:]
parameters.special = special == "special"
parameters.hostnames = ["127.0.0.1"]
parameters.port = 0
parameters.n_ctx = 1024
parameters.n_parallel = 2
parameters.kv_unified = True
parameters.fit_params = False
parameters.api_keys = ["sesame"]
parameters.ui = False
parameters.cpuparams.n_threads = parameters.cpuparams_batch.n_threads = 1
server = xllamacpp.Server(parameters)
print(server.listening_address, flush=True)
sys.stdin.read()
"""


@pytest.fixture(scope="module")
def bot(tmp_path_factory: pytest.TempPathFactory) -> Bot:
    """A bot that says letters, in 16 bits, so that all engines mean the same."""
    made = Bot(tmp_path_factory.mktemp("bots") / "tiny")
    chat_format = ChatFormat.extend(family_of("llama"), tiny.byte_tokenizer())
    model = tiny.llama(head_size=32)
    model.resize_token_embeddings(chat_format.tokenizer.get_vocab_size(), mean_resizing=False)
    model.save_pretrained(made.model)
    chat_format.tokenizer.save(str(made.tokenizer))
    made.save(
        Settings(recipe=Recipe(base="tiny", family="llama"), decoding=Decoding(max_tokens=40))
    )
    write_gguf(made.model, made.gguf, name="tiny", quantisation="f16")
    letters = chat_format.turn(["abcdefghijklmnopqrstuvwxyz"])
    write_biases(made.biases, dict.fromkeys(letters, 8.0))
    return made


@pytest.fixture(scope="module")
def server(bot: Bot) -> Iterator[str]:
    """The address of a llama.cpp server in a process of its own."""
    yield from _server(bot, "special")


def _server(bot: Bot, special: str) -> Iterator[str]:
    with (
        pytest.MonkeyPatch.context() as environment,
        subprocess.Popen(
            [sys.executable, "-c", SERVER, str(bot.gguf), special],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        ) as process,
    ):
        environment.setenv(API_KEY, "sesame")
        assert process.stdout is not None
        yield process.stdout.readline().strip()
        process.kill()


def loaded(key: str, bot: Bot, server: str) -> Engine:
    return load(key, bot, server if key == "openai" else None)


@pytest.fixture(params=engines(), scope="module")
def engine(request: pytest.FixtureRequest, bot: Bot, server: str) -> Iterator[Engine]:
    made = loaded(request.param, bot, server)
    yield made
    made.close()


def prompt_of(engine: Engine, text: str = "hey you") -> list[int]:
    return [engine.format.start_id, *engine.format.turn([text]), engine.format.answer_id]


def said(engine: Engine, prompt: list[int], decoding: Decoding = GREEDY) -> list[int]:
    return list(engine.generate(prompt, decoding, stop={engine.format.end_id}))


def test_it_says_tokens_of_its_vocabulary(engine: Engine) -> None:
    ids = said(engine, prompt_of(engine))
    assert 0 < len(ids) <= GREEDY.max_tokens
    assert all(0 <= token < engine.format.tokenizer.get_vocab_size() for token in ids)
    assert engine.format.text(ids)


def test_with_no_temperature_it_says_the_same_again(engine: Engine) -> None:
    assert said(engine, prompt_of(engine)) == said(engine, prompt_of(engine))


def test_it_ends_before_a_stop_token(engine: Engine) -> None:
    prompt = prompt_of(engine)
    ids = said(engine, prompt)
    stop = ids[-1]
    assert list(engine.generate(prompt, GREEDY, stop={stop})) == ids[: ids.index(stop)]


def test_it_ends_after_so_many_tokens(engine: Engine) -> None:
    ids = said(engine, prompt_of(engine), Decoding(temperature=0.0, max_tokens=3))
    assert ids == said(engine, prompt_of(engine))[:3]


def test_an_iterator_that_is_closed_is_in_nobodys_way(engine: Engine) -> None:
    prompt = prompt_of(engine)
    for _ in range(2 * engine.at_once):
        tokens = engine.generate(prompt, GREEDY, stop=())
        assert len(list(islice(tokens, 2))) == 2
        tokens.close()  # type: ignore[attr-defined]
    assert said(engine, prompt)


def test_as_many_as_it_says_may_be_open_at_once(engine: Engine) -> None:
    prompts = [prompt_of(engine, f"number {number}") for number in range(min(engine.at_once, 4))]
    alone = [said(engine, prompt) for prompt in prompts]
    running = [engine.generate(each, GREEDY, stop={engine.format.end_id}) for each in prompts]
    together: list[list[int]] = [[] for _ in prompts]
    for _ in range(GREEDY.max_tokens):
        for ids, tokens in zip(together, running, strict=True):
            ids += islice(tokens, 1)
    for tokens in running:
        tokens.close()  # type: ignore[attr-defined]
    assert together == alone


@pytest.mark.parametrize("length", [0, 100_000])
def test_a_prompt_that_does_not_fit_is_an_engine_error(engine: Engine, length: int) -> None:
    ids = [engine.format.start_id] * length
    with pytest.raises(EngineError, match=f"has {length} tokens"):
        list(engine.generate(ids, GREEDY, stop=()))
    with pytest.raises(EngineError, match=f"has {length} tokens"):
        engine.log_probabilities(ids, 1)


def test_the_longest_prompt_is_answered(engine: Engine) -> None:
    longest = [engine.format.start_id] * (engine.max_prompt - 1) + [engine.format.answer_id]
    assert list(engine.generate(longest, Decoding(temperature=0, max_tokens=1), stop=()))


def test_log_probabilities_are_those_of_the_likeliest(engine: Engine) -> None:
    logs = engine.log_probabilities(prompt_of(engine), 5)
    assert 0 < len(logs) <= 5
    assert all(value <= 0 for value in logs.values())
    assert sum(map(math.exp, logs.values())) <= 1 + 1e-6


def test_it_names_what_runs(engine: Engine) -> None:
    assert engine.description


@pytest.mark.parametrize("key", MODELS)
def test_every_engine_expects_what_the_reference_expects(key: str, bot: Bot, server: str) -> None:
    one, other = loaded(key, bot, server), loaded("transformers", bot, server)
    for text in ("hey", "what about the other thing?", "Ünïcödé 😂"):
        ours = one.log_probabilities(prompt_of(one, text), 20)
        theirs = other.log_probabilities(prompt_of(other, text), 60)
        assert len(ours) == 20
        assert ours == pytest.approx({token: theirs[token] for token in ours}, abs=0.02)
    assert said(one, prompt_of(one)) == said(other, prompt_of(other))
    one.close()
    other.close()


@pytest.mark.parametrize("key", MODELS)
def test_the_biases_beside_the_model_count(key: str, bot: Bot, server: str) -> None:
    engine = loaded(key, bot, server)
    text = engine.format.text(said(engine, prompt_of(engine)))
    assert text.isalpha()
    assert text.islower()
    engine.close()


@pytest.mark.parametrize("key", MODELS)
@pytest.mark.parametrize(
    "decoding",
    [
        Decoding(temperature=1.0, top_p=1.0, min_p=0.0, break_bias=6.0, max_tokens=1),
        Decoding(temperature=0.7, top_p=1.0, min_p=0.3, max_tokens=1),
        Decoding(temperature=1.3, top_p=0.6, min_p=0.0, max_tokens=1),
    ],
)
def test_every_engine_draws_by_the_same_rules(
    key: str, decoding: Decoding, bot: Bot, server: str
) -> None:
    engine = loaded(key, bot, server)
    prompt = prompt_of(engine)
    biases = with_decoding(read_biases(bot.biases), engine.format, decoding)
    logs = biased(engine.log_probabilities(prompt, 260), biases)
    random = Random(1)
    expected = Counter(draw(logs, decoding, random) for _ in range(20_000))
    drawn = Counter(
        next(iter(engine.generate(prompt, decoding, stop=())), -1) for _ in range(DRAWS)
    )
    apart = sum(abs(drawn[token] / DRAWS - count / 20_000) for token, count in expected.items())
    assert apart / 2 < 0.15
    if decoding.min_p or decoding.top_p < 1:
        assert drawn.keys() <= expected.keys()
    engine.close()


@pytest.mark.parametrize("key", MODELS)
def test_the_break_comes_out_as_its_id(key: str, bot: Bot, server: str) -> None:
    engine = loaded(key, bot, server)
    eager = Decoding(temperature=0.0, break_bias=10.0, max_tokens=3)
    assert engine.format.break_id in said(engine, prompt_of(engine), eager)
    engine.close()


@pytest.mark.parametrize("key", MODELS)
def test_a_marker_that_was_typed_stays_text(key: str, bot: Bot, server: str) -> None:
    engine = loaded(key, bot, server)
    typed, meant = prompt_of(engine, BREAK), prompt_of(engine, "")
    meant.insert(1, engine.format.break_id)
    assert len(typed) == len(BREAK) + 2
    assert engine.log_probabilities(typed, 5) != pytest.approx(engine.log_probabilities(meant, 5))
    engine.close()


@pytest.mark.parametrize("key", ["llama_cpp", "transformers"])
def test_a_closed_engine_answers_with_an_error(key: str, bot: Bot, server: str) -> None:
    engine = loaded(key, bot, server)
    engine.close()
    engine.close()
    with pytest.raises(EngineError, match="closed"):
        engine.log_probabilities([65], 1)


@pytest.mark.parametrize("key", MODELS)
def test_an_untrained_bot_is_not_found(key: str, tmp_path: Path) -> None:
    (untrained := Bot(tmp_path)).save(Settings())
    with pytest.raises(BotNotFoundError):
        loaded(key, untrained, "http://127.0.0.1:9")


def test_a_library_that_the_system_lacks_is_an_engine_error(
    bot: Bot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lacking = 'raise ImportError("libgomp.so.1: cannot open shared object file")'
    (tmp_path / "xllamacpp.py").write_text(lacking)
    monkeypatch.syspath_prepend(tmp_path)
    for module in ("xllamacpp", "elvisbot.engines.llama_cpp"):
        monkeypatch.delitem(sys.modules, module)
    with pytest.raises(EngineError, match=r"libgomp\.so\.1") as caught:
        load("llama_cpp", bot)
    assert "apt install libgomp1" in caught.value.remedy


def test_little_memory_changes_little(bot: Bot, monkeypatch: pytest.MonkeyPatch) -> None:
    roomy = load("llama_cpp", bot)
    monkeypatch.setattr(llama_cpp, "usable_memory", lambda: 1 << 20)
    tight = load("llama_cpp", bot)
    prompt = prompt_of(roomy, "what about the other thing?")
    ours, theirs = (each.log_probabilities(prompt, 20) for each in (tight, roomy))
    assert ours.keys() & theirs.keys() >= set(list(theirs)[:10])
    assert all(abs(ours[token] - theirs[token]) < 0.1 for token in ours.keys() & theirs.keys())
    assert ours != theirs
    for each in (roomy, tight):
        assert said(each, prompt)
        each.close()


# The server elsewhere


def test_without_an_address_there_is_no_server(bot: Bot) -> None:
    for url in (None, "ftp://there", "there"):
        with pytest.raises(UsageError, match="server"):
            load("openai", bot, url)


def test_only_a_server_has_an_address(bot: Bot) -> None:
    with pytest.raises(UsageError, match="runs on this machine"):
        load("llama_cpp", bot, "http://127.0.0.1:9")


def test_the_address_may_end_as_openais_does(bot: Bot, server: str) -> None:
    assert "tiny" in load("openai", bot, f"{server}/v1/").description


def test_a_server_that_is_not_there_is_an_engine_error(bot: Bot) -> None:
    with pytest.raises(EngineError, match="cannot be reached"):
        load("openai", bot, "http://127.0.0.1:9")


def test_a_server_with_another_key_is_an_engine_error(
    bot: Bot, server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(API_KEY, "open")
    with pytest.raises(EngineError, match="401") as caught:
        load("openai", bot, server)
    assert API_KEY in caught.value.remedy


def test_a_server_that_hides_the_break_is_an_engine_error(bot: Bot) -> None:
    for address in _server(bot, "hidden"):
        with pytest.raises(EngineError, match="does not write out") as caught:
            load("openai", bot, address)
        assert "--special" in caught.value.remedy


@pytest.mark.parametrize(
    "rest", [b"", b"data: {", b'data: {"error": "hey you"}\n\n', b'data: {"choices": 1}\n\n']
)
def test_a_reply_that_breaks_off_is_an_engine_error(
    bot: Bot, server: str, rest: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = load("openai", bot, server)

    class Breaking(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b'data: {"choices": [{"text": "he"}]}\n\n: a comment\n\n' + rest)

    with http.server.HTTPServer(("127.0.0.1", 0), Breaking) as there:
        threading.Thread(target=there.handle_request).start()
        monkeypatch.setattr(engine, "_url", f"http://127.0.0.1:{there.server_port}")
        tokens = engine.generate(prompt_of(engine), GREEDY, stop=())
        assert engine.format.text(list(islice(tokens, 1)))
        with pytest.raises(EngineError) as caught:
            list(tokens)
        assert "hey you" not in caught.value.problem


def test_what_a_visitor_types_stays_text_while_others_are_answered(bot: Bot, server: str) -> None:
    engine = load("openai", bot, server)
    over = threading.Event()

    def answer() -> None:
        while not over.is_set():
            engine._tokens(f"hey{BREAK}you")  # type: ignore[attr-defined]

    answering = threading.Thread(target=answer)
    answering.start()
    turns = [engine.format.turn([f"hey {BREAK} you"]) for _ in range(3000)]
    over.set()
    answering.join()
    assert not any(engine.format.break_id in ids for ids in turns)


def test_it_follows_no_redirect(bot: Bot) -> None:
    class Elsewhere(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(302)
            self.send_header("Location", "http://127.0.0.1:9/")
            self.end_headers()

    with http.server.HTTPServer(("127.0.0.1", 0), Elsewhere) as there:
        threading.Thread(target=there.handle_request).start()
        with pytest.raises(EngineError, match="302"):
            load("openai", bot, f"http://127.0.0.1:{there.server_port}")


def test_a_packed_bot_has_no_weights_for_the_reference(bot: Bot, tmp_path: Path) -> None:
    packed = Bot(tmp_path / "packed")
    packed.model.mkdir(parents=True)
    packed.save(bot.settings)
    for name in ("model.gguf", "model/tokenizer.json"):
        os.link(bot.path / name, packed.path / name)
    with pytest.raises(EngineError, match="not here"):
        load("transformers", packed)
