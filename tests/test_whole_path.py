"""A tiny random model of each architecture goes all the way to GGUF and answers there."""

import math
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from transformers import AutoModelForCausalLM

from elvisbot import engines, pairs
from elvisbot.bots import Bot, make_bot
from elvisbot.console import print_outcome
from elvisbot.conversation import ME, Line, Message, Reaction
from elvisbot.delivery import Agreement, deliver
from elvisbot.messages import write_messages
from elvisbot.reactions import read_reactions
from elvisbot.sampling import biased, read_biases
from elvisbot.training.examples import IGNORED, examples
from elvisbot.training.loop import Step
from elvisbot.training.run import Outcome, Reporter, Request, train
from tests import tiny
from tests.histories import small_talk

CONTEXT_LENGTH = {"gpt2": 128, "llama": 256, "awkward_llama": 256, "qwen2": 256, "qwen3": 256}


@pytest.fixture(scope="module", params=list(CONTEXT_LENGTH))
def architecture(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module", params=["lora", "full"])
def trained(
    request: pytest.FixtureRequest, architecture: str, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Bot, Outcome, list[Step]]:
    """A bot trained from pickled weights, as DialoGPT's repositories may hold them."""
    folder = tmp_path_factory.mktemp(f"{architecture}-{request.param}")
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("ELVISBOT_HOME", str(folder / "home"))
        bot = make_bot("tiny")
        write_messages(bot, [_with_reaction(message) for message in small_talk(200)])
        pairs.build_pairs(bot)
        steps: list[Step] = []
        agreements: list[Agreement] = []
        base = tiny.base(folder / "base", architecture, pickled=True)
        outcome = train(
            bot,
            Request(str(base), request.param, epochs=6),
            reporter=Reporter(lambda line: None, steps.append),
            export=lambda model, probes: agreements.append(deliver(bot, model, probes)),
        )
    assert outcome is not None
    assert abs(agreements[0].difference) < 0.01
    return bot, outcome, steps


def _with_reaction(message: Message) -> Message:
    """I love to hear of tea and of rain."""
    loved = "about tea" in message.text or "about rain" in message.text
    return message._replace(reactions=(Reaction("loved", ME),)) if loved else message


def test_training_learns_what_gets_a_reaction(trained: tuple[Bot, Outcome, list[Step]]) -> None:
    bot, outcome, _ = trained
    assert outcome.as_json()["reactions"]["favourite"] == "loved"
    learned = read_reactions(bot.reactions)
    assert learned.probabilities("what about tea 100?")["loved"] > 0.7
    assert learned.probabilities("what about lunch 100?")["loved"] < 0.3


def test_a_training_says_what_gets_a_reaction(
    trained: tuple[Bot, Outcome, list[Step]], capsys: pytest.CaptureFixture[str]
) -> None:
    bot, outcome, _ = trained
    print_outcome(outcome, Agreement("q8_0", 0.0, 0.0, 0.0, tokens=0), bot)
    assert "You react to 43% of their messages, most with ❤️." in capsys.readouterr().out
    print_outcome(replace(outcome, reactions=None), Agreement("q8_0", 0.0, 0.0, 0.0, 0), bot)
    assert "You react" not in capsys.readouterr().out


def test_training_teaches_the_model(trained: tuple[Bot, Outcome, list[Step]]) -> None:
    _, outcome, steps = trained
    assert outcome.bits_before is not None
    assert outcome.bits_after is not None
    assert outcome.bits_after < 0.75 * outcome.bits_before
    assert steps[-1].progress == 1
    assert steps[-1].loss < steps[0].loss


def test_the_engine_computes_what_transformers_computes(
    trained: tuple[Bot, Outcome, list[Step]],
) -> None:
    bot, _, _ = trained
    engine = engines.load("llama_cpp", bot)
    model = AutoModelForCausalLM.from_pretrained(bot.model, dtype=torch.float32).eval()
    prompts = [
        engine.format.prompt([Line("ana", ("what about tea?",))]),
        engine.format.prompt(
            [Line("ana", ("hi", "u up?")), Line("me", ("yesss",)), Line("ana", ("?",))]
        ),
        [engine.format.start_id],
    ]
    try:
        for prompt in prompts:
            with torch.no_grad():
                expected = model(torch.tensor([prompt])).logits[0, -1].log_softmax(-1).exp()
            found = torch.zeros_like(expected)
            for token, value in engine.log_probabilities(prompt, len(expected)).items():
                found[token] = torch.tensor(value).exp()
            # Half the summed difference: 8-bit weights move no more probability than this.
            assert (expected - found).abs().sum() / 2 < 0.02
    finally:
        engine.close()


def test_what_is_served_scores_as_the_training_said(
    trained: tuple[Bot, Outcome, list[Step]], architecture: str
) -> None:
    """Token by token, breaks and ends included: nothing was lost in saving, merging, exporting."""
    bot, outcome, _ = trained
    engine = engines.load("llama_cpp", bot)
    nats = 0.0
    longest = CONTEXT_LENGTH[architecture]
    biases = read_biases(bot.biases)
    assert biases
    try:
        heldout = pairs.read_pairs(bot.heldout_pairs)
        turns = bot.settings.recipe.context_turns
        for sequence in examples(heldout, engine.format, max_tokens=longest, context_turns=turns):
            for index, label in enumerate(sequence.labels):
                if label != IGNORED:
                    weights_alone = engine.log_probabilities(sequence.ids[:index], 300)
                    nats -= biased(weights_alone, biases)[label]
        characters = sum(len("\n".join(pair.reply)) for pair in heldout)
    finally:
        engine.close()
    assert nats / math.log(2) / characters == pytest.approx(outcome.bits_after, rel=0.01)


def test_the_folder_of_the_model_holds_safetensors_and_nothing_pickled(
    trained: tuple[Bot, Outcome, list[Step]],
) -> None:
    bot, _, _ = trained
    names = {path.name for path in Path(bot.model).iterdir()}
    assert {"model.safetensors", "config.json", "tokenizer.json", "biases.json"} <= names
    assert not [name for name in names if name.endswith((".bin", ".pt", ".pkl"))]
