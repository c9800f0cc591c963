"""A whole scoring, of a small bot."""

import json
import math
import os
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from elvisbot import pairs
from elvisbot.bots import Bot, make_bot
from elvisbot.conversation import Line, Pair
from elvisbot.delivery import deliver
from elvisbot.errors import ScoringError, TooFewMessagesError
from elvisbot.evaluation.base import Transcript
from elvisbot.evaluation.characters import character_bits
from elvisbot.evaluation.comparison import parrot, their_turns
from elvisbot.evaluation.figures import Figure
from elvisbot.evaluation.score import Reporter, _beside, _compared, save, score
from elvisbot.evaluation.scorecard import NUMBERS, Entry, References
from elvisbot.messages import write_messages
from elvisbot.training import hardware
from elvisbot.training.run import Reporter as TrainingReporter
from elvisbot.training.run import Request, train
from tests import tiny
from tests.commands import Here
from tests.histories import START, small_talk

QUIET = Reporter(lambda line: None, lambda count, total: None)
KEYS = {
    *("style_ratio", "excess_detectability", "identity_share", "copied_replies", "diversity"),
    *("listening_bits", "hits_at_1_of_10", "bits_per_char"),
}


def trained(home: Path, base: Path, exchanges: int) -> Bot:
    bot = make_bot("tiny")
    write_messages(bot, small_talk(exchanges))
    pairs.build_pairs(bot)
    train(
        bot,
        Request(str(tiny.base(base, "llama")), "full", epochs=2),
        reporter=TrainingReporter(lambda line: None, lambda step: None),
        export=lambda model, probes: deliver(bot, model, probes) and None,
    )
    settings = bot.settings
    bot.save(replace(settings, decoding=replace(settings.decoding, max_tokens=16)))
    return bot


def test_a_bot_is_scored_from_end_to_end(
    home: Path, tmp_path: Path, elvisbot: Here, monkeypatch: pytest.MonkeyPatch
) -> None:
    # What is measured anew each time decides how sums are rounded, and so which words are drawn.
    monkeypatch.setattr(hardware, "free_cores", lambda: 1)
    monkeypatch.setattr(hardware, "_bfloat16_is_faster", lambda: False)
    bot = trained(home, tmp_path / "base", 620)
    told: list[tuple[int, int]] = []
    scored = score(bot, "llama_cpp", Reporter(lambda line: None, lambda *each: told.append(each)))
    exchanges = pairs.read_pairs(bot.heldout_pairs)
    assert told[-1] == (len(exchanges), len(exchanges))
    assert scored.real == tuple(pair.reply for pair in exchanges)
    entries = {entry.number.key: entry for entry in scored.scorecard.entries}
    assert set(entries) == KEYS
    for entry in entries.values():
        assert entry.figure.low <= entry.figure.high
        assert np.isfinite([entry.figure.low, entry.figure.value, entry.figure.high]).all()
    assert set(entries["style_ratio"].references) == {"person", "base", "parrot", "stranger"}
    assert set(entries["bits_per_char"].references) == {"base", "characters", "stranger"}
    for key, chance in (("listening_bits", 0.0), ("hits_at_1_of_10", 0.1)):
        assert entries[key].references["chance"].value == chance

    save(bot, scored)
    written = json.loads(bot.scorecard.read_text())
    assert written["exchanges"] == len(exchanges)
    assert written.keys() >= KEYS
    assert not any(text in bot.scorecard.read_text() for reply in scored.real for text in reply)
    assert exchanges[0].reply[0] in bot.report.read_text()
    for file in (bot.scorecard, bot.report):
        assert file.stat().st_mode & 0o077 == 0

    again = elvisbot("score", "tiny", "--json")
    assert again.code == 0
    assert json.loads(again.out) == written
    shown = elvisbot("score", "tiny")
    assert "unseen exchanges" in shown.out
    assert re.search(r"Scored in \d+ s, without", shown.err)
    assert str(bot.report) in shown.err.replace("\n", "")


def test_a_comparison_that_was_killed_is_a_problem_with_a_remedy() -> None:
    with _beside() as beside, pytest.raises(ScoringError, match="was killed") as caught:
        _compared(beside.submit(os._exit, 9))
    assert "are kept" in caught.value.remedy


def test_too_few_exchanges_are_refused_with_a_remedy(home: Path, tmp_path: Path) -> None:
    bot = trained(home, tmp_path / "base", 120)
    with pytest.raises(TooFewMessagesError, match="a score needs 100 and 50") as caught:
        score(bot, "llama_cpp", QUIET)
    assert "--with everyone" in caught.value.remedy


def test_after_another_import_the_bot_has_to_be_trained_again(
    home: Path, tmp_path: Path, elvisbot: Here
) -> None:
    bot = trained(home, tmp_path / "base", 620)
    write_messages(bot, small_talk(700))
    pairs.build_pairs(bot)
    for command in (["score"], ["quiz", "--no-browser"]):
        ended = elvisbot(*command, "tiny")
        assert ended.code == 1
        assert "Train it again: elvisbot train tiny" in ended.err


def test_a_bot_that_was_not_trained_has_no_score(home: Path, elvisbot: Here) -> None:
    bot = make_bot("new")
    write_messages(bot, small_talk(60))
    pairs.build_pairs(bot)
    bot.save(bot.settings)
    ended = elvisbot("score", "new")
    assert ended.code == 1
    assert "elvisbot train new" in ended.err


def exchange(question: str, reply: str) -> Pair:
    return Pair((Line("ana", (question,)),), (reply,), START, 0, 1)


def test_a_parrot_gives_the_reply_to_the_most_similar_message() -> None:
    learnt = [exchange("how was the exam?", "awful"), exchange("dinner at eight?", "yes")]
    asked = [exchange("dinner at nine?", ""), exchange("and how was your exam", "")]
    assert parrot(asked, learnt) == [("yes",), ("awful",)]


def test_a_stranger_is_what_the_contacts_wrote() -> None:
    assert their_turns([exchange("hey", "a"), exchange(" ", "b")]) == [("hey",)]


def test_pictures_are_nobodys_words() -> None:
    assert their_turns([exchange("[picture]", "a"), exchange("[pictures]", "b")]) == [
        ("[pictures]",)
    ]


def test_the_base_reads_a_transcript() -> None:
    transcript = Transcript(tiny.byte_tokenizer())
    lines = [Line("ana", ("hey", "u up?")), Line("me", ("yeah",)), Line("ana", ("cool",))]
    text = tiny.byte_tokenizer().decode(transcript.prompt(lines))
    assert text == "\nA: hey / u up?\nB: yeah\nA: cool\nB:"
    assert transcript.messages(transcript.reply(("a", "b"))) == ("a", "b")
    assert transcript.messages(transcript.reply(())) == ()
    assert all("\n" in tiny.byte_tokenizer().decode([each]) for each in transcript.line_ends())


def test_a_person_is_likelier_under_their_own_characters() -> None:
    learnt = [("haha ok",), ("ok haha", "yes")] * 30
    own, other = character_bits(learnt, [[("haha yes",)], [("Sehr geehrte",)]])
    assert own < 24 < other


def test_what_is_undefined_is_no_number_in_json() -> None:
    nothing = Figure(math.nan, math.inf, 1.0)
    document = Entry(NUMBERS[0], nothing, {"person": nothing}).as_json()
    assert (document["value"], document["low"], document["high"]) == (None, None, 1.0)
    assert document["references"]["person"]["value"] is None
    json.dumps(document, allow_nan=False)


FIGURES: dict[str, tuple[float, float, float]] = {
    "style_ratio": (1.05, 1.2, 1.6),
    "excess_detectability": (0.02, 0.1, 0.3),
    "identity_share": (1.1, 1.4, 2.0),
    "copied_replies": (0.05, 0.10, 0.5),
    "diversity": (0.95, 0.85, 0.5),
    "hits_at_1_of_10": (0.3, 0.2, 0.1),
    "bits_per_char": (0.8, 0.95, 1.1),
}
REFERENCES: References = {
    "person": Figure(0.03, 0.0, 0.1),
    "base": Figure(1.0, 0.9, 1.1),
    "characters": Figure(2.0, 1.9, 2.1),
}


@pytest.mark.parametrize("number", NUMBERS, ids=lambda number: number.key)
def test_every_figure_is_judged_and_put_into_words(number) -> None:  # type: ignore[no-untyped-def]
    if number.key == "listening_bits":
        figures = [Figure(1.0, 0.1, 2.0), Figure(1.0, -0.1, 2.0), Figure(-0.5, -1.0, 0.2)]
    else:
        figures = [Figure(value, value, value) for value in FIGURES[number.key]]
    entries = [Entry(number, figure, REFERENCES) for figure in figures]
    assert [entry.judgement for entry in entries] == ["reached", "near", "missed"]
    assert [entry.as_json()["reached"] for entry in entries] == [True, False, False]
    assert len({entry.verdict for entry in entries}) == 3


def test_the_surprise_has_to_beat_the_persons_own_characters_too() -> None:
    (number,) = (each for each in NUMBERS if each.key == "bits_per_char")
    better = {**REFERENCES, "characters": Figure(0.7, 0.6, 0.8)}
    assert Entry(number, Figure(0.8, 0.8, 0.8), better).judgement == "near"
