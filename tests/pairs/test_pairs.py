import json
import subprocess
import sys
from datetime import timedelta
from itertools import accumulate
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from elvisbot.bots import MAX_CONTEXT, Bot, Pairing, Settings, make_bot
from elvisbot.conversation import ME, Line, Message, Pair
from elvisbot.errors import BotNotFoundError, DamagedBotError, UnsortedMessagesError
from elvisbot.messages import count_messages, read_messages, write_messages
from elvisbot.pairs import build_pairs, read_pairs
from elvisbot.pairs.targets import UNFIT
from tests.histories import START, said, small_talk

DECISIONS = (
    *("train", "heldout", "unprompted", "placeholder_only", "forwarded", "bare_link"),
    *("one_time_code", "app_filler", "near_duplicate"),
)


@pytest.fixture
def bot(home: Path) -> Bot:
    return make_bot("alex")


def built(bot: Bot, messages: list[Message]) -> list[Pair]:
    write_messages(bot, messages)
    build_pairs(bot)
    return read_pairs(bot.train_pairs) + read_pairs(bot.heldout_pairs)


def manifest(bot: Bot) -> dict[str, Any]:
    found = json.loads((bot.pairs / "manifest.json").read_text())
    assert isinstance(found, dict)
    return found


def varied(exchanges: int) -> list[Message]:
    """A conversation with something of every kind that is not learnt."""
    replies = ["ok", "https://example.org", "482913", "Sent from my iPhone", "ok", "ok", "ok"]
    lines: list[tuple[str, float, str]] = []
    for index in range(exchanges):
        moment = index // 5 * 86_400.0 + index % 5 * 60
        lines.append(("ana", moment, "hm?"))
        lines.append((ME, moment + 5, replies[index % len(replies)]))
        if index % 4 == 3:
            lines.append((ME, moment + 1500, "still there?"))
    messages = said(*lines)
    mine = [index for index, message in enumerate(messages) if message.sender == ME]
    for index in mine[::9]:
        messages[index] = messages[index]._replace(text="", placeholder="picture")
    for index in mine[4::9]:
        messages[index] = messages[index]._replace(is_forwarded=True)
    return sorted(messages, key=lambda message: message.sent_at)


def test_their_turn_then_mine_is_a_pair(bot: Bot) -> None:
    chat = said(("ana", 0, "Hello"), ("ana", 3, "How are you?"), (ME, 9, "I'm doing fine."))
    (pair,) = built(bot, chat)
    assert pair.context == (Line("ana", ("Hello", "How are you?")),)
    assert pair.reply == ("I'm doing fine.",)


def test_what_was_said_earlier_in_the_session_is_context(bot: Bot) -> None:
    chat = said((ME, 0, "hi"), ("ana", 5, "hey"), (ME, 9, "sup"), ("ana", 12, "nm"), (ME, 15, "k"))
    first, second = built(bot, chat)
    assert first.context == (Line(ME, ("hi",)), Line("ana", ("hey",)))
    assert second.context == (*first.context, Line(ME, ("sup",)), Line("ana", ("nm",)))
    assert (first.session, first.turn, second.session, second.turn) == (0, 2, 0, 4)


def test_a_long_silence_is_never_bridged(bot: Bot) -> None:
    chat = said(("ana", 0, "hey"), (ME, 3601, "sorry, was asleep"))
    assert built(bot, chat) == []


def test_a_turn_of_mine_after_my_own_is_not_a_reply(bot: Bot) -> None:
    chat = said(("ana", 0, "hey"), (ME, 5, "hi"), (ME, 5 + 601, "still there?"))
    assert [pair.reply for pair in built(bot, chat)] == [("hi",)]


@pytest.mark.parametrize(
    ("pairing", "replies"),
    [
        (Pairing(), [("hi", "you"), ("late",)]),
        (Pairing(turn_gap_minutes=0.5), [("hi",), ("late",)]),
        (Pairing(session_gap_minutes=10), [("hi", "you")]),
        (Pairing(turn_gap_minutes=1, session_gap_minutes=15), [("hi", "you"), ("late",)]),
    ],
)
def test_gaps_can_be_set(bot: Bot, pairing: Pairing, replies: list[tuple[str, ...]]) -> None:
    bot.save(Settings(pairs=pairing))
    lines = (("ana", 0.0, "hey"), (ME, 5.0, "hi"), (ME, 65.0, "you"), ("ana", 70.0, "yo"))
    found = built(bot, said(*lines, (ME, 970, "late")))
    assert [pair.reply for pair in found] == replies


def test_context_is_limited(bot: Bot) -> None:
    chat = small_talk(40, per_session=40)
    assert max(len(pair.context) for pair in built(bot, chat)) == MAX_CONTEXT


def test_the_last_tenth_by_time_is_held_out_in_whole_sessions(bot: Bot) -> None:
    built(bot, small_talk(200, per_session=7))
    train, heldout = read_pairs(bot.train_pairs), read_pairs(bot.heldout_pairs)
    assert not {pair.session for pair in train} & {pair.session for pair in heldout}
    assert max(pair.sent_at for pair in train) < min(pair.sent_at for pair in heldout)
    assert len(heldout) >= 20
    # One session fewer would be less than a tenth.
    assert len(heldout) - len([p for p in heldout if p.session == heldout[0].session]) < 20


def test_sessions_of_several_chats_are_numbered_as_they_begin(bot: Bot) -> None:
    ana = said(("ana", 0, "a"), (ME, 3000, "b"), ("ana", 6000, "c"), (ME, 9000, "d"))
    ben = said(("ben", 10, "e"), (ME, 20, "f"), ("ben", 7000, "g"), (ME, 7001, "h"), chat="ben")
    found = built(bot, sorted(ana + ben, key=lambda message: message.sent_at))
    assert [(pair.session, pair.turn, pair.reply) for pair in found] == [
        (0, 1, ("b",)),
        (0, 3, ("d",)),
        (1, 1, ("f",)),
        (2, 1, ("h",)),
    ]


def test_a_turn_that_is_no_target_stays_in_the_context_of_the_next(bot: Bot) -> None:
    chat = said(
        *(("ana", 0, "hey"), (ME, 5, "https://example.org"), ("ana", 9, "lol"), (ME, 12, "right"))
    )
    chat[2] = chat[2]._replace(placeholder="sticker")
    (pair,) = built(bot, chat)
    assert pair.context == (
        Line("ana", ("hey",)),
        Line(ME, ("https://example.org",)),
        Line("ana", ("[sticker]", "lol")),
    )
    assert (pair.reply, pair.turn) == (("right",), 3)


def test_what_is_not_learnt_is_left_out_of_a_reply_and_shown_in_later_context(bot: Bot) -> None:
    chat = said(("ana", 0, "hey"), (ME, 5, ""), (ME, 6, "us!"), ("ana", 9, "aww"), (ME, 12, ":)"))
    chat[1] = chat[1]._replace(placeholder="picture")
    first, second = built(bot, chat)
    assert first.reply == ("us!",)
    assert second.context[1] == Line(ME, ("[picture]", "us!"))


def test_what_i_say_again_and_again_is_learnt_three_times(bot: Bot) -> None:
    lines = [
        line
        for index in range(10)
        for line in (
            ("ana", index * 86_400.0, "morning!" + "!" * index),
            (ME, index * 86_400.0 + 5, "Morning" if index % 2 else "morniiing"),
        )
    ]
    built(bot, said(*lines))
    assert [pair.session for pair in read_pairs(bot.train_pairs)] == [0, 1, 2]
    assert [pair.session for pair in read_pairs(bot.heldout_pairs)] == [9]
    assert manifest(bot)["near_duplicate"] == 6


@pytest.mark.parametrize(
    "text",
    ["é e\u0301", "👩‍👩‍👧 🇩🇪", "a\u2028b\u0085c\rd\ne", " lead\ttrail ", "LOUD quiet", "<|brk|>"],
)
def test_emoji_accents_case_and_line_breaks_reach_the_pairs(bot: Bot, text: str) -> None:
    (pair,) = built(bot, said(("ana", 0, text), (ME, 1, text)))
    assert pair.context[0].texts == (text,)
    assert pair.reply == (text,)


def test_the_pairs_are_as_documented(bot: Bot) -> None:
    built(bot, said(("ana", 0, "hey"), (ME, 1, "hi 😀")))
    assert json.loads(bot.train_pairs.read_text(encoding="utf-8")) == {
        "context": [{"from": "ana", "messages": ["hey"]}],
        "reply": ["hi 😀"],
        "sent_at": "2024-01-01T12:00:01Z",
        "session": 0,
        "turn": 1,
    }


@pytest.mark.parametrize("exchanges", [0, 1, 7, 400])
def test_the_manifest_decides_every_turn_of_mine_once(bot: Bot, exchanges: int) -> None:
    messages = varied(exchanges)
    built(bot, messages)
    found = manifest(bot)
    assert sum(int(str(found[key])) for key in DECISIONS) == found["my_turns"]
    assert found["messages"] == len(messages)
    assert found["train"] == len(read_pairs(bot.train_pairs))
    assert found["heldout"] == len(read_pairs(bot.heldout_pairs))
    assert found["dropped_messages"].keys() == set(UNFIT)
    if exchanges == 400:
        assert all(found[key] for key in DECISIONS)


SENT = [
    *(Message("", "ana", who, START, text) for who in ("ana", ME) for text in ("ok", "482913")),
    Message("", "ana", ME, START, "https://example.org"),
    Message("", "ana", ME, START, "ok", is_forwarded=True),
    Message("", "ana", ME, START, "", placeholder="picture"),
    Message("", "ana", ME, START, "us", placeholder="picture"),
    Message("", "ana", ME, START, "so", placeholder="voice message"),
]
kinds = st.sampled_from(SENT)


@given(st.lists(st.tuples(kinds, st.sampled_from([5.0, 700.0, 4000.0])), max_size=40))
def test_no_turn_of_mine_is_lost_or_counted_twice(
    tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[Message, float]]
) -> None:
    moments = accumulate(timedelta(seconds=wait) for _, wait in steps)
    messages = [
        message._replace(id=str(index), sent_at=START + moment)
        for index, ((message, _), moment) in enumerate(zip(steps, moments, strict=True))
    ]
    bot = Bot(tmp_path_factory.mktemp("bot") / "alex")
    write_messages(bot, messages)
    counts = build_pairs(bot)
    assert sum(getattr(counts, key) for key in DECISIONS) == counts.my_turns
    assert counts.messages == len(messages)
    assert counts.my_turns <= counts.turns <= counts.messages


def test_messages_left_out_of_a_turn_that_is_learnt_are_counted(bot: Bot) -> None:
    mine = ["https://x.example", "look", "482913", "www.example.org"]
    built(bot, said(("ana", 0, "hm?"), *((ME, 5 + index, text) for index, text in enumerate(mine))))
    found = manifest(bot)
    assert found["bare_link"] == found["one_time_code"] == 0
    assert found["dropped_messages"] == {
        "placeholder_only": 0,
        "forwarded": 0,
        "bare_link": 2,
        "one_time_code": 1,
        "app_filler": 0,
    }


def test_messages_of_turns_that_are_not_learnt_are_not_counted_as_left_out(bot: Bot) -> None:
    chat = said((ME, 0, "482913"), ("ana", 5, "hm?"), (ME, 9, "482913"), (ME, 9 + 601, "ok"))
    assert built(bot, chat) == []
    counts = build_pairs(bot)
    assert (counts.unprompted, counts.one_time_code) == (2, 1)
    assert not any(counts.dropped_messages.values())


@given(st.lists(kinds.filter(lambda message: message.sender == ME), min_size=1, max_size=12))
def test_what_is_learnt_and_what_is_left_out_make_the_turn(
    tmp_path_factory: pytest.TempPathFactory, messages: list[Message]
) -> None:
    bot = Bot(tmp_path_factory.mktemp("bot") / "alex")
    asked = SENT[0]._replace(id="asked")
    turn = [each._replace(id=str(index)) for index, each in enumerate(messages)]
    pairs = built(bot, [asked, *turn])
    dropped = sum(manifest(bot)["dropped_messages"].values())
    assert sum(len(pair.reply) for pair in pairs) + dropped == (len(turn) if pairs else 0)


def test_the_manifest_says_where_the_gaps_come_from(bot: Bot) -> None:
    bot.save(Settings(pairs=Pairing(session_gap_minutes=45)))
    built(bot, said(("ana", 0, "hey"), (ME, 1, "hi")))
    assert manifest(bot)["turn_gap"] == {"seconds": 600.0, "origin": "default"}
    assert manifest(bot)["session_gap"] == {"seconds": 2700.0, "origin": "set"}


def test_the_manifest_holds_the_counts_and_a_hash(bot: Bot) -> None:
    write_messages(bot, varied(60))
    counts = build_pairs(bot)
    found = manifest(bot)
    assert list(found) == [*vars(counts), "sha256"]
    assert {key: found[key] for key in DECISIONS} == {
        key: getattr(counts, key) for key in DECISIONS
    }


def test_the_same_messages_give_the_same_bytes_in_every_process(bot: Bot) -> None:
    built(bot, varied(60))
    before = {path.name: path.read_bytes() for path in bot.pairs.iterdir()}
    assert set(before) == {"train.jsonl", "heldout.jsonl", "manifest.json"}
    program = "import sys; from pathlib import Path; from elvisbot.bots import Bot; "
    program += "from elvisbot.pairs import build_pairs; build_pairs(Bot(Path(sys.argv[1])))"
    subprocess.run([sys.executable, "-c", program, str(bot.path)], check=True)
    assert {path.name: path.read_bytes() for path in bot.pairs.iterdir()} == before


def test_a_message_out_of_order_changes_nothing(bot: Bot) -> None:
    built(bot, varied(20))
    before = {path.name: path.read_bytes() for path in bot.pairs.iterdir()}
    with pytest.raises(UnsortedMessagesError, match="ana-1"):
        built(bot, said(("ana", 5, "hey"), (ME, 4, "hi")))
    assert {path.name: path.read_bytes() for path in bot.pairs.iterdir()} == before


@given(st.lists(st.text(min_size=1), min_size=1, max_size=5))
def test_text_survives_to_the_byte(
    tmp_path_factory: pytest.TempPathFactory, texts: list[str]
) -> None:
    bot = Bot(tmp_path_factory.mktemp("bot") / "alex")
    sent = said(*((ME, index, text) for index, text in enumerate(texts)))
    write_messages(bot, sent)
    assert list(read_messages(bot)) == sent
    assert count_messages(bot) == len(sent)


def test_a_bot_without_messages_says_how_to_get_some(bot: Bot) -> None:
    for read in (lambda: list(read_messages(bot)), lambda: build_pairs(bot)):
        with pytest.raises(BotNotFoundError) as problem:
            read()
        assert "elvisbot import alex" in problem.value.remedy


def test_messages_that_have_gone_missing_are_a_damaged_bot(bot: Bot) -> None:
    built(bot, varied(20))
    bot.messages.unlink()
    for read in (lambda: list(read_messages(bot)), lambda: count_messages(bot)):
        with pytest.raises(DamagedBotError, match="missing"):
            read()


@pytest.mark.parametrize("line", ["", "{}", "[]", "1", "nonsense", '{"id": "x"}'])
def test_a_damaged_line_is_named_and_not_shown(bot: Bot, line: str) -> None:
    built(bot, varied(20))
    for path in (bot.messages, bot.train_pairs):
        lines = path.read_text(encoding="utf-8").splitlines()
        lines[2] = line
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    for read in (lambda: list(read_messages(bot)), lambda: read_pairs(bot.train_pairs)):
        with pytest.raises(DamagedBotError, match="line 3 cannot be understood") as problem:
            read()
        assert "nonsense" not in problem.value.problem
