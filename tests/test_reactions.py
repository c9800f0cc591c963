import json
import math
from collections import Counter
from pathlib import Path
from random import Random
from typing import Any

import pytest

from elvisbot.errors import DamagedBotError
from elvisbot.reactions import (
    NEVER,
    Reactions,
    features,
    read_reactions,
    sign,
    write_reactions,
)

KNOWN = Reactions(
    alone=0.25,
    kinds=["", "loved", "🎉"],
    intercepts=[1.0, 0.0, -1.0],
    weights={"word love": [-1.0, 2.0, 0.0], "end ?": [1.0, -3.0, 0.0]},
)


def test_what_is_written_is_read_again(tmp_path: Path) -> None:
    write_reactions(path := tmp_path / "reactions.json", KNOWN)
    assert read_reactions(path) == KNOWN


def test_without_a_file_nobody_reacts(tmp_path: Path) -> None:
    assert read_reactions(tmp_path / "none.json") == NEVER
    assert NEVER.draw("i love you", Random(0)) is None


def document(**changes: Any) -> str:
    good = {
        "alone": 0.5,
        "kinds": ["", "loved"],
        "intercepts": [0, 0],
        "weights": {"emoji": [0, 1]},
    }
    return json.dumps({**good, **changes})


def test_the_document_that_the_damaged_ones_come_from_is_fine(tmp_path: Path) -> None:
    (path := tmp_path / "reactions.json").write_text(document())
    assert read_reactions(path).kinds == ["", "loved"]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{}",
        "[" * 100_000,
        document(alone=1.5),
        document(alone=None),
        document(kinds=[]),
        document(kinds=["loved", ""]),
        document(kinds=["", "x" * 65]),
        document(kinds=["", "loved", "liked"]),
        document(intercepts=[0, "high"]),
        document(intercepts=[0, math.inf]),
        document(weights=[]),
        document(weights={"emoji": [0]}),
        document(weights={"emoji": [0, 10**400]}),
    ],
    ids=range(15),
)
def test_a_damaged_file_is_a_problem_with_a_remedy(tmp_path: Path, text: str) -> None:
    (path := tmp_path / "reactions.json").write_text(text)
    with pytest.raises(DamagedBotError, match="is damaged"):
        read_reactions(path)


def test_bytes_that_are_no_text_are_a_problem(tmp_path: Path) -> None:
    (path := tmp_path / "reactions.json").write_bytes(b"\xff")
    with pytest.raises(DamagedBotError, match="is damaged"):
        read_reactions(path)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", {"length 0"}),
        ("Love   LOVE", {"word love", "length 1"}),
        ("Don’t? ", {"word don't", "end ?", "length 0"}),
        ("ok 😂!", {"word ok", "word 😂", "emoji", "end !", "length 0"}),
        ("...", {"length 0"}),
    ],
)
def test_words_emoji_the_end_and_the_length_count(text: str, expected: set[str]) -> None:
    assert features(text) == expected


@pytest.mark.parametrize(("length", "bucket"), [(7, 0), (8, 1), (119, 3), (120, 4)])
def test_lengths_are_told_apart_at_their_bounds(length: int, bucket: int) -> None:
    assert f"length {bucket}" in features("x" * length)


def test_probabilities_are_those_of_the_regression() -> None:
    odds = [math.exp(1.0 - 1.0 + 1.0), math.exp(0.0 + 2.0 - 3.0), math.exp(-1.0)]
    expected = [each / sum(odds) for each in odds]
    assert list(KNOWN.probabilities("love?").values()) == pytest.approx(expected)


def test_great_scores_do_not_overflow() -> None:
    certain = Reactions(0.0, ("", "loved"), (0.0, 1e6), {})
    assert certain.probabilities("x") == {"": 0.0, "loved": 1.0}


def test_kinds_are_drawn_as_often_as_they_are_likely() -> None:
    random = Random(0)
    drawn = Counter(KNOWN.draw("love", random) for _ in range(5000))
    for kind, probability in KNOWN.probabilities("love").items():
        assert drawn[kind or None] / 5000 == pytest.approx(probability, abs=0.02)


def test_kinds_are_shown_by_their_signs_and_emoji_as_they_are() -> None:
    assert [sign(kind) for kind in ("loved", "questioned", "🎉")] == ["❤️", "❓", "🎉"]
