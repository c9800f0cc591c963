"""Exactly which tokens are supervised, in both families."""

from itertools import cycle, islice
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from elvisbot.conversation import ME, Line, Pair
from elvisbot.families import ChatFormat, families
from elvisbot.training.examples import (
    IGNORED,
    Example,
    batches,
    collate,
    examples,
    one_reply,
)
from tests.histories import START
from tests.tiny import byte_tokenizer


@pytest.fixture(params=["gpt2", "llama"])
def chat_format(request: pytest.FixtureRequest) -> ChatFormat:
    (family,) = [family for family in families() if family.key == request.param]
    return ChatFormat.extend(family, byte_tokenizer())


def pair(context: list[tuple[str, str]], reply: list[str], *, session: int, turn: int) -> Pair:
    lines = tuple(Line(who, tuple(text.split("|"))) for who, text in context)
    return Pair(lines, tuple(reply), START, session, turn)


def shown(chat_format: ChatFormat, ids: list[int]) -> str:
    return str(chat_format.tokenizer.decode(ids, skip_special_tokens=False))


def learnt(chat_format: ChatFormat, example: Example) -> str:
    return shown(chat_format, [label for label in example.labels if label != IGNORED])


def test_the_seeds_row(chat_format: ChatFormat) -> None:
    only = pair([("ana", "Hello|How are you?")], ["I'm doing fine."], session=0, turn=1)
    (row,) = examples([only], chat_format, max_tokens=200, context_turns=5)
    assert shown(chat_format, row.ids) == (
        "<|startoftext|>Hello<|brk|>How are you?<|answer|>I'm doing fine.<|endoftext|>"
    )
    answer = row.ids.index(chat_format.answer_id)
    assert row.labels[: answer + 1] == [IGNORED] * (answer + 1)
    assert row.labels[answer + 1 :] == row.ids[answer + 1 :]


def test_a_session_is_one_sequence_and_each_reply_is_learnt_once(chat_format: ChatFormat) -> None:
    first = pair([("ana", "hey|u up?")], ["yeah"], session=0, turn=1)
    second = pair(
        [("ana", "hey|u up?"), (ME, "yeah"), ("ana", "cool")], ["haha", "ok"], session=0, turn=3
    )
    (row,) = examples([first, second], chat_format, max_tokens=200, context_turns=5)
    assert shown(chat_format, row.ids) == (
        "<|startoftext|>hey<|brk|>u up?<|answer|>yeah<|endoftext|>"
        "cool<|answer|>haha<|brk|>ok<|endoftext|>"
    )
    assert learnt(chat_format, row) == "yeah<|endoftext|>haha<|brk|>ok<|endoftext|>"


def test_what_i_said_unprompted_is_context_and_not_learnt(chat_format: ChatFormat) -> None:
    only = pair([(ME, "hi"), ("ana", "hey")], ["sup"], session=0, turn=2)
    row = one_reply(only, chat_format, max_tokens=200, turns=2)
    assert shown(chat_format, row.ids) == (
        "<|startoftext|><|answer|>hi<|endoftext|>hey<|answer|>sup<|endoftext|>"
    )
    assert learnt(chat_format, row) == "sup<|endoftext|>"


def test_two_turns_of_theirs_in_a_row_are_separated(chat_format: ChatFormat) -> None:
    only = pair([("ana", "hey"), ("ana", "hello??")], ["sup"], session=0, turn=2)
    row = one_reply(only, chat_format, max_tokens=200, turns=2)
    assert shown(chat_format, row.ids) == (
        "<|startoftext|>hey<|endoftext|>hello??<|answer|>sup<|endoftext|>"
    )


def test_a_new_session_is_a_new_sequence(chat_format: ChatFormat) -> None:
    first = pair([("ana", "hey")], ["yeah"], session=0, turn=1)
    second = pair([("ana", "morning")], ["yo"], session=1, turn=1)
    rows = list(examples([first, second], chat_format, max_tokens=200, context_turns=5))
    assert [learnt(chat_format, row) for row in rows] == ["yeah<|endoftext|>", "yo<|endoftext|>"]


def test_a_session_too_long_is_cut_between_replies(chat_format: ChatFormat) -> None:
    first = pair([("ana", "hey")], ["yeah"], session=0, turn=1)
    second = pair([("ana", "hey"), (ME, "yeah"), ("ana", "cool")], ["haha"], session=0, turn=3)
    (whole,) = examples([first, second], chat_format, max_tokens=200, context_turns=1)
    length = len(whole.ids)
    (fits,) = examples([first, second], chat_format, max_tokens=length, context_turns=1)
    assert fits == whole
    rows = list(examples([first, second], chat_format, max_tokens=length - 1, context_turns=1))
    assert [shown(chat_format, row.ids) for row in rows] == [
        "<|startoftext|>hey<|answer|>yeah<|endoftext|>",
        "<|startoftext|>cool<|answer|>haha<|endoftext|>",
    ]
    assert [learnt(chat_format, row) for row in rows] == ["yeah<|endoftext|>", "haha<|endoftext|>"]


def test_without_context_every_question_and_its_answer_are_a_row(chat_format: ChatFormat) -> None:
    first = pair([("ana", "hey")], ["yeah"], session=0, turn=1)
    second = pair([("ana", "hey"), (ME, "yeah"), ("ana", "cool")], ["haha"], session=0, turn=3)
    rows = list(examples([first, second], chat_format, max_tokens=200, context_turns=0))
    assert [shown(chat_format, row.ids) for row in rows] == [
        "<|startoftext|>hey<|answer|>yeah<|endoftext|>",
        "<|startoftext|>cool<|answer|>haha<|endoftext|>",
    ]
    assert [learnt(chat_format, row) for row in rows] == ["yeah<|endoftext|>", "haha<|endoftext|>"]


def test_a_turn_of_mine_that_makes_no_pair_is_context_and_not_learnt(
    chat_format: ChatFormat,
) -> None:
    first = pair([("ana", "hey")], ["yeah"], session=0, turn=1)
    context = [("ana", "hey"), (ME, "yeah"), ("ana", "cool"), (ME, "[picture]"), ("ana", "wow")]
    third = pair(context, ["ikr"], session=0, turn=5)
    (row,) = examples([first, third], chat_format, max_tokens=200, context_turns=5)
    assert shown(chat_format, row.ids) == (
        "<|startoftext|>hey<|answer|>yeah<|endoftext|>"
        "cool<|answer|>[picture]<|endoftext|>wow<|answer|>ikr<|endoftext|>"
    )
    assert learnt(chat_format, row) == "yeah<|endoftext|>ikr<|endoftext|>"


@pytest.mark.parametrize(("turn", "rows"), [(5, 1), (6, 2)])
def test_a_pair_whose_context_does_not_reach_back_begins_a_new_sequence(
    chat_format: ChatFormat, turn: int, rows: int
) -> None:
    first = pair([("ana", "hey")], ["yeah"], session=0, turn=1)
    context = [("ana", "cool"), (ME, "[picture]"), ("ana", "wow")]
    later = pair(context, ["ikr"], session=0, turn=turn)
    found = list(examples([first, later], chat_format, max_tokens=200, context_turns=1))
    assert len(found) == rows
    replies = "".join(learnt(chat_format, row) for row in found)
    assert replies == "yeah<|endoftext|>ikr<|endoftext|>"


@pytest.mark.parametrize(("context", "opening", "turns"), [(1, 6, 1), (6, 0, 0), (6, 2, 2)])
def test_sequences_begin_with_more_and_more_turns_in_rotation(
    chat_format: ChatFormat, context: int, opening: int, turns: int
) -> None:
    lines = [("ana", "a"), (ME, "b"), ("ana", "c"), (ME, "d"), ("ana", "e")]
    sessions = [pair(lines, ["f"], session=session, turn=5) for session in range(4)]
    rows = examples(
        sessions, chat_format, max_tokens=200, context_turns=context, opening_turns=opening
    )
    begins = [
        "<|startoftext|>",
        "<|startoftext|><|answer|>d<|endoftext|>",
        "<|startoftext|>c<|answer|>d<|endoftext|>",
    ][: turns + 1]
    expected = [*islice(cycle(begins), len(sessions))]
    assert [shown(chat_format, row.ids).partition("e<|answer|>")[0] for row in rows] == expected


@pytest.mark.parametrize(("room", "context"), [(0, "abcdef"), (1, "bcdef"), (5, "f")])
def test_a_pair_too_long_loses_the_beginning_of_its_context(
    chat_format: ChatFormat, room: int, context: str
) -> None:
    only = pair([("ana", "abcdef")], ["ok"], session=0, turn=1)
    length = len("abcdef") + len("ok") + 3
    row = one_reply(only, chat_format, max_tokens=length - room, turns=6)
    assert shown(chat_format, row.ids) == f"<|startoftext|>{context}<|answer|>ok<|endoftext|>"
    assert learnt(chat_format, row) == "ok<|endoftext|>"


def test_a_reply_too_long_takes_half(chat_format: ChatFormat) -> None:
    only = pair([("ana", "q" * 50)], ["a" * 50], session=0, turn=1)
    row = one_reply(only, chat_format, max_tokens=20, turns=6)
    assert len(row.ids) == 20
    assert learnt(chat_format, row) == "a" * 10
    assert row.ids[0] == chat_format.start_id


@pytest.mark.parametrize(
    "typed", ["<|answer|>", "<|endoftext|>", "<|ans<|answer|>wer|>", "<|brk|>", "<|startoftext|>"]
)
def test_a_typed_marker_stays_text(chat_format: ChatFormat, typed: str) -> None:
    (lead, turn), *_ = chat_format.pieces([Line("ana", (typed,))])
    markers = {
        chat_format.start_id,
        chat_format.answer_id,
        chat_format.break_id,
        chat_format.end_id,
    }
    assert not markers & set(lead + turn)
    assert chat_format.text(turn) == typed


@given(st.text())
def test_text_survives_encoding(text: str) -> None:
    for family in families():
        chat_format = ChatFormat.extend(family, byte_tokenizer())
        assert chat_format.text(chat_format.turn([text])) == text


@given(st.lists(st.integers(1, 60), max_size=40), st.integers(8, 256))
def test_batches_hold_every_sequence_once_within_the_limit(
    lengths: list[int], max_tokens: int
) -> None:
    sequences = [
        Example([index] * length, [index] * length) for index, length in enumerate(lengths)
    ]
    made = batches(sequences, max_tokens=max_tokens, shuffle=Random(0))
    assert sum(batch.tokens for batch in made) == sum(lengths)
    rows = [row[row != IGNORED].tolist() for batch in made for row in batch.labels]
    assert sorted(rows) == sorted(sequence.labels for sequence in sequences)
    for batch in made:
        assert batch.ids.shape[0] == 1 or batch.ids.numel() <= max_tokens


def test_padding_goes_to_multiples_of_eight_and_is_not_learnt() -> None:
    batch = collate([Example([1] * 9, [1] * 9), Example([2] * 3, [2] * 3)])
    assert batch.ids.shape == (2, 16)
    assert batch.tokens == 12
    assert int((batch.labels != IGNORED).sum()) == 12
