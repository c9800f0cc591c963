import io
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from elvisbot.pairs.candidates import Candidates, held_out_from
from elvisbot.pairs.duplicates import MAX_DUPLICATES


@pytest.mark.parametrize(
    ("sessions", "expected"),
    [
        ([], 0),
        ([0], 1),
        ([0] * 19, 19),
        ([0, 1], 1),
        ([0] * 9 + [1], 9),
        ([0] * 10 + [1], 11),
        ([0] * 9 + [1] + [2], 9),
        ([0] * 18 + [1, 2], 18),
        ([0] * 5 + [1] * 95, 5),
        ([0] * 5 + [1] * 5 + [2] * 2, 10),
        (list(range(249)), 224),
        (list(range(250)), 200),
        (list(range(400)), 350),
        (list(range(600)), 540),
    ],
)
def test_the_fewest_last_sessions_that_make_up_a_tenth_or_fifty_are_held_out(
    sessions: list[int], expected: int
) -> None:
    assert held_out_from(sessions) == expected


@given(st.lists(st.integers(0, 12), max_size=60).map(sorted))
def test_sessions_are_held_out_whole_and_never_all_of_them(sessions: list[int]) -> None:
    first = held_out_from(sessions)
    train, heldout = sessions[:first], sessions[first:]
    assert not set(train) & set(heldout)
    assert train or not sessions
    if heldout:
        assert len(heldout) >= 0.1 * len(sessions)
        assert sum(number != heldout[0] for number in heldout) < 0.1 * len(sessions)


def decided(pairs: list[tuple[int, int]]) -> list[tuple[str, bytes]]:
    """What becomes of pairs, given as (session, fingerprint)."""
    candidates = Candidates(io.BytesIO())
    for index, (session, same) in enumerate(pairs):
        candidates.add(b"%d\n" % index, session=session, fingerprint=same)
    return list(candidates.decided())


def test_the_first_pairs_of_a_kind_are_learnt_and_the_rest_are_not() -> None:
    parts = [part for part, _ in decided([(0, 7)] * 5 + [(0, 8), (0, 2**64 - 1)] + [(1, 9)])]
    assert parts == [*["train"] * 3, *["near_duplicate"] * 2, "train", "train", "heldout"]


def test_what_is_held_out_is_held_out_however_often_it_was_said() -> None:
    parts = Counter(part for part, _ in decided([(0, 7)] * 10 + [(1, 7)] * 5))
    assert parts == {"train": 3, "near_duplicate": 7, "heldout": 5}


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 3)), max_size=60).map(sorted))
def test_every_pair_is_decided_once_in_its_order(pairs: list[tuple[int, int]]) -> None:
    found = decided(pairs)
    assert [line for _, line in found] == [b"%d\n" % index for index in range(len(pairs))]
    learnt = Counter(
        same for (part, _), (_, same) in zip(found, pairs, strict=True) if part == "train"
    )
    assert max(learnt.values(), default=0) <= MAX_DUPLICATES
