"""The decoding is chosen by what the replies of a model look like."""

import math
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
import torch

from elvisbot import pairs
from elvisbot.bots import Decoding, make_bot
from elvisbot.conversation import Line, Pair
from elvisbot.evaluation import calibration
from elvisbot.evaluation.calibration import BOLDEST, Trial, _Judge, calibrate, mended
from elvisbot.messages import write_messages
from elvisbot.training.bases import find_base
from elvisbot.training.examples import IGNORED, Example
from elvisbot.training.hardware import Hardware
from elvisbot.training.network import Network
from elvisbot.training.run import USUAL as USUAL_REPLIES
from elvisbot.training.run import Reporter, Request, split_validation, train
from tests import tiny
from tests.histories import START, small_talk

USUAL = [("haha ok",), ("the tea",), ("what",)] * 10


@pytest.fixture(scope="module")
def network(tmp_path_factory: pytest.TempPathFactory) -> Network:
    folder = tiny.base(tmp_path_factory.mktemp("calibration"), "llama")
    made = Network(find_base(str(folder), tell=print), Hardware("cpu", torch.float32, 1))
    made.freeze()
    return made


def asked(count: int) -> list[Pair]:
    return [
        Pair((Line("ana", (f"what about {index}?",)),), ("ok",), START, index, 1)
        for index in range(count)
    ]


def test_replies_that_are_too_long_are_made_to_end_sooner(network: Network) -> None:
    start = Decoding(max_tokens=60)
    prompts = [network.format.prompt(pair.context) for pair in asked(12)]
    judge = _Judge(network, USUAL)
    before = judge.trials(prompts, [start])
    assert before[0].tokens > 1.5  # an untrained model hardly ever ends
    (after,) = judge.trials(prompts, [mended(start, before)])
    assert after.decoding.end_bias > 0
    assert after.tokens < before[0].tokens


def judged_by(monkeypatch: pytest.MonkeyPatch, judge: Callable[[Decoding], Trial]) -> None:
    def trials(self: object, prompts: object, decodings: Sequence[Decoding]) -> list[Trial]:
        return [judge(decoding) for decoding in decodings]

    monkeypatch.setattr(_Judge, "trials", trials)


def test_the_way_that_is_nearest_to_them_is_chosen(
    network: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    least = calibration.CUTS[1]
    judged_by(
        monkeypatch, lambda each: Trial(each, 0.1 if each.min_p == least else 0.2, 1.0, 1.0, 1.0)
    )
    chosen = calibrate(network, asked(10), USUAL, turns=6, max_tokens=128, start=Decoding())
    assert chosen.min_p == least
    judged_by(monkeypatch, lambda each: Trial(each, 0.1, 0.5 if each.min_p == least else 1, 1, 1))
    chosen = calibrate(network, asked(10), USUAL, turns=6, max_tokens=128, start=Decoding())
    assert chosen.min_p != least


def test_the_biases_end_where_the_replies_are_as_long_and_as_broken_up_as_theirs(
    network: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    def judge(decoding: Decoding) -> Trial:
        tokens = 1.5 * math.exp(-decoding.end_bias)
        return Trial(decoding, 0.1, 1.0, tokens, 0.8 * tokens * math.exp(decoding.break_bias))

    judged_by(monkeypatch, judge)
    chosen = calibrate(network, asked(10), USUAL, turns=6, max_tokens=128, start=Decoding())
    last = judge(chosen)
    assert (last.tokens, last.breaks) == pytest.approx((1, 1), abs=0.01)


def test_half_of_what_is_lacking_after_the_second_time_is_made_up() -> None:
    (first, second) = (Trial(Decoding(), 0.1, 1.0, tokens, tokens) for tokens in (1.2, 0.8))
    assert mended(Decoding(), [first]).end_bias == pytest.approx(math.log(1.2), abs=0.001)
    half = mended(Decoding(end_bias=0.5), [second], share=0.5)
    assert half.end_bias == pytest.approx(0.5 + math.log(0.8) / 2, abs=0.001)
    both = mended(Decoding(), [first, second])
    assert both.end_bias == pytest.approx(math.log(1.2 * 0.8) / 2, abs=0.001)


@pytest.mark.parametrize(("longest", "allowed"), [(1, 3), (9, 9)])
def test_it_may_send_as_many_messages_in_a_row_as_they_do(
    network: Network, monkeypatch: pytest.MonkeyPatch, longest: int, allowed: int
) -> None:
    started: list[int] = []

    def judge(decoding: Decoding) -> Trial:
        started.append(decoding.max_bubbles)
        return Trial(decoding, 0.1, 1.0, 1.0, 1.0)

    judged_by(monkeypatch, judge)
    usual = [("ok",)] * 90 + [("so",) * longest] * 9 + [("!",) * 50]
    chosen = calibrate(network, asked(10), usual, turns=6, max_tokens=128, start=Decoding())
    assert {chosen.max_bubbles, *started} == {allowed}


@pytest.mark.parametrize(("sharper", "heat"), [(0.5, 0.5), (1.0, 1.0), (2.0, 2.0)])
def test_who_is_too_sure_of_themselves_gets_a_higher_temperature(
    network: Network, monkeypatch: pytest.MonkeyPatch, sharper: float, heat: float
) -> None:
    """Labels are drawn from what the model expects, which is then made sharper or flatter."""
    ids = torch.randint(20, 200, (40, 30), generator=torch.Generator().manual_seed(0)).tolist()
    with torch.no_grad():
        shares = network.model(torch.tensor(ids)).logits.softmax(-1)
    torch.manual_seed(0)
    drawn = torch.multinomial(shares.flatten(0, 1), 1).view(40, 30).tolist()
    # What follows a token is learnt, and is not what stands behind it.
    sequences = [
        Example([*row[: at + 1], said[at]], [IGNORED] * (at + 1) + [said[at]])
        for row, said in zip(ids, drawn, strict=True)
        for at in range(0, 30, 3)
    ]
    plain = network._logits
    monkeypatch.setattr(network, "_logits", lambda hidden: sharper * plain(hidden))
    assert network.likeliest_temperature(sequences, (0.5, 1.0, 2.0)) == heat


def test_a_temperature_is_chosen(network: Network, monkeypatch: pytest.MonkeyPatch) -> None:
    judged_by(monkeypatch, lambda each: Trial(each, 0.1, 1.0, 1.0, 1.0))
    start = Decoding(temperature=0.2, top_p=0.5)
    hot = calibrate(network, asked(10), USUAL, turns=6, max_tokens=128, start=start)
    assert hot.temperature in calibration.TEMPERATURES
    assert hot.top_p == 1.0


def test_a_few_exchanges_choose_nothing(network: Network) -> None:
    start = Decoding(temperature=0.4)
    assert calibrate(network, asked(9), USUAL, turns=6, max_tokens=128, start=start) == start


@pytest.mark.parametrize(("tokens", "breaks"), [(0.0, 0.0), (1e6, 1e-6), (1e-6, 1e6)])
def test_biases_have_bounds(tokens: float, breaks: float) -> None:
    found = mended(Decoding(), [Trial(Decoding(), 0.1, 1.0, tokens, breaks)])
    assert abs(found.end_bias) <= BOLDEST
    assert abs(found.break_bias) <= BOLDEST


def test_as_long_and_as_broken_up_as_theirs_needs_no_bias() -> None:
    found = mended(Decoding(), [Trial(Decoding(), 0.1, 1.0, 1.0, 1.0)])
    assert (found.end_bias, found.break_bias) == (0, 0)


@pytest.mark.parametrize(("minutes", "chosen"), [(None, True), (9.9, False)])
def test_a_training_without_a_short_limit_ends_with_it(
    home: Path, tmp_path: Path, minutes: float | None, chosen: bool
) -> None:
    bot = make_bot("ana")
    write_messages(bot, small_talk(250))
    pairs.build_pairs(bot)
    asked_for: list[dict[str, object]] = []

    def choose(
        network: Network, contexts: list[Pair], usual: list[object], **more: object
    ) -> Decoding:
        asked_for.append({"contexts": contexts, "usual": usual, **more})
        return Decoding(temperature=0.5)

    train(
        bot,
        Request(str(tiny.base(tmp_path, "llama")), "lora", epochs=0.2, minutes=minutes),
        reporter=Reporter(lambda line: None, lambda step: None),
        export=lambda model, probes: None,
        calibrate=choose,  # type: ignore[arg-type]
    )
    assert bot.settings.decoding == (Decoding(temperature=0.5) if chosen else Decoding())
    if chosen:
        (given,) = asked_for
        heldout = pairs.read_pairs(bot.heldout_pairs)
        assert given["contexts"]
        known = pairs.read_pairs(bot.train_pairs)
        learnt, _ = split_validation(known)
        assert not [p for p in given["contexts"] if p in heldout or p in learnt]  # type: ignore[attr-defined]
        assert given["usual"] == [pair.reply for pair in known[-USUAL_REPLIES:]]
        assert given["turns"] == bot.settings.recipe.context_turns
