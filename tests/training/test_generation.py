"""Replies drawn side by side are those that would be drawn one by one."""

from collections import Counter
from dataclasses import replace
from random import Random

import pytest
import torch

from elvisbot.bots import Decoding
from elvisbot.sampling import biased, draw
from elvisbot.training.bases import find_base
from elvisbot.training.generation import generate
from elvisbot.training.hardware import Hardware
from elvisbot.training.network import Network
from tests import tiny

COLD = Decoding(temperature=0.0, end_bias=0.0, max_tokens=12)
PLAIN = Hardware("cpu", torch.float32, 1)


@pytest.fixture(scope="module", params=["gpt2", "llama", "qwen3"])
def network(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Network:
    folder = tiny.base(tmp_path_factory.mktemp(request.param), request.param)
    made = Network(find_base(str(folder), tell=print), PLAIN)
    made.freeze()
    return made


def prompts(network: Network) -> list[list[int]]:
    encode = network.format.turn
    texts = ["hey", "what is up with the other thing?", "a", "the the the"]
    return [[network.format.start_id, *encode([text]), network.format.answer_id] for text in texts]


def test_padding_on_the_left_changes_nothing(network: Network) -> None:
    (made,) = generate(network, prompts(network), [COLD], stop=())
    for prompt, reply in zip(prompts(network), made, strict=True):
        assert len(reply) == COLD.max_tokens
        with torch.no_grad():
            logits = network.model(input_ids=torch.tensor([prompt + reply])).logits[0]
        for place, token in enumerate(reply, start=len(prompt) - 1):
            assert logits[place, token] == pytest.approx(float(logits[place].max()), abs=1e-3)


def test_every_reply_ends_before_its_stop(network: Network) -> None:
    (whole,) = generate(network, prompts(network), [COLD], stop=())
    stop = whole[1][3]
    (cut,) = generate(network, prompts(network), [COLD], stop=[stop])
    assert cut == [ids[: ids.index(stop)] if stop in ids else ids for ids in whole]


def test_every_decoding_has_its_own_length(network: Network) -> None:
    short = replace(COLD, max_tokens=3)
    first, second = generate(network, prompts(network), [short, COLD], stop=())
    assert [ids[:3] for ids in second] == first


def test_tokens_are_drawn_as_the_served_model_draws_them(network: Network) -> None:
    decoding = Decoding(temperature=1.3, top_p=0.9, min_p=0.5, end_bias=5.0, max_tokens=1)
    prompt = prompts(network)[1]
    (made,) = generate(network, [prompt] * 1000, [decoding], stop=())
    with torch.no_grad():
        logs = network.model(input_ids=torch.tensor([prompt])).logits[0, -1].log_softmax(-1)
    candidates = biased(dict(enumerate(logs.tolist())), {network.format.end_id: decoding.end_bias})
    random = Random(0)
    wanted = Counter(draw(candidates, decoding, random) for _ in range(1000))
    found = Counter(ids[0] for ids in made)
    apart = sum(abs(wanted[token] - found[token]) for token in wanted | found) / 2000
    assert apart < 0.1
    assert found[network.format.end_id] > 0


def test_attention_is_what_it_was_before(network: Network) -> None:
    usual = network.model.config._attn_implementation
    generate(network, prompts(network), [COLD], stop=())
    assert network.model.config._attn_implementation == usual
