import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from elvisbot import pairs as stage
from elvisbot.bots import Bot, make_bot
from elvisbot.conversation import ME, Line, Message, Pair
from elvisbot.errors import BotNotFoundError
from elvisbot.pairs import build_pairs, read_messages, read_pairs, split_by_time, write_messages
from tests.histories import START, said, small_talk


@pytest.fixture
def bot(home: Path) -> Bot:
    return make_bot("alex")


def built(bot: Bot, messages: list[Message]) -> list[Pair]:
    write_messages(bot, messages)
    build_pairs(bot)
    return read_pairs(bot.train_pairs) + read_pairs(bot.heldout_pairs)


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


def test_context_is_limited(bot: Bot) -> None:
    chat = small_talk(40, per_session=40)
    assert max(len(pair.context) for pair in built(bot, chat)) == stage.MAX_CONTEXT


def test_the_last_tenth_by_time_is_held_out_in_whole_sessions(bot: Bot) -> None:
    built(bot, small_talk(200, per_session=7))
    train, heldout = read_pairs(bot.train_pairs), read_pairs(bot.heldout_pairs)
    assert not {pair.session for pair in train} & {pair.session for pair in heldout}
    assert max(pair.sent_at for pair in train) < min(pair.sent_at for pair in heldout)
    assert len(heldout) >= 20
    # One session fewer would be less than a tenth.
    assert len(heldout) - len([p for p in heldout if p.session == heldout[0].session]) < 20


def test_a_single_session_is_not_held_out() -> None:
    only = [Pair((Line("ana", ("a",)),), ("b",), START, 0, turn) for turn in range(1, 20, 2)]
    assert split_by_time(only) == (only, [])


def test_no_pairs_split_into_nothing() -> None:
    assert split_by_time([]) == ([], [])


@given(st.lists(st.text(min_size=1), min_size=1, max_size=5))
def test_text_survives_to_the_byte(
    tmp_path_factory: pytest.TempPathFactory, texts: list[str]
) -> None:
    bot = Bot(tmp_path_factory.mktemp("bot") / "alex")
    sent = said(*((ME, index, text) for index, text in enumerate(texts)))
    write_messages(bot, sent)
    assert read_messages(bot) == sent


@pytest.mark.parametrize(
    "text",
    ["é e\u0301", "👩‍👩‍👧 🇩🇪", "a\u2028b\u0085c\rd\ne", " lead\ttrail ", "LOUD quiet", "<|brk|>"],
)
def test_emoji_accents_case_and_line_breaks_reach_the_pairs(bot: Bot, text: str) -> None:
    (pair,) = built(bot, said(("ana", 0, text), (ME, 1, text)))
    assert pair.context[0].texts == (text,)
    assert pair.reply == (text,)


def test_the_files_are_as_documented(bot: Bot) -> None:
    built(bot, said(("ana", 0, "hey"), (ME, 1, "hi 😀")))
    message = json.loads(bot.messages.read_text(encoding="utf-8").splitlines()[1])
    assert message == {
        "id": "ana-1",
        "chat": "ana",
        "from": "me",
        "sent_at": "2024-01-01T12:00:01Z",
        "text": "hi 😀",
    }
    assert json.loads(bot.train_pairs.read_text(encoding="utf-8")) == {
        "context": [{"from": "ana", "messages": ["hey"]}],
        "reply": ["hi 😀"],
        "sent_at": "2024-01-01T12:00:01Z",
        "session": 0,
        "turn": 1,
    }


def test_the_manifest_accounts_for_every_turn_of_mine(bot: Bot) -> None:
    built(bot, [*small_talk(120), *said((ME, 1e9, "anyone?"), chat="zoe")])
    manifest = json.loads((bot.pairs / "manifest.json").read_text())
    assert manifest["my_turns"] == (
        manifest["train"] + manifest["heldout"] + manifest["my_unprompted_turns"]
    )
    assert manifest["my_unprompted_turns"] == 1
    assert manifest["train"] == len(read_pairs(bot.train_pairs))


def test_the_same_messages_give_the_same_bytes(bot: Bot) -> None:
    built(bot, small_talk(60))
    before = {path.name: path.read_bytes() for path in bot.pairs.iterdir()}
    build_pairs(bot)
    assert {path.name: path.read_bytes() for path in bot.pairs.iterdir()} == before


def test_a_bot_without_messages_says_how_to_get_some(bot: Bot) -> None:
    with pytest.raises(BotNotFoundError) as problem:
        read_messages(bot)
    assert "elvisbot import alex" in problem.value.remedy
