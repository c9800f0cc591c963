"""The chat.db of the Messages app: what is used, what is dropped, and who is who."""

import math
import plistlib
import sqlite3
import sys
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from elvisbot.conversation import Message
from elvisbot.errors import AmbiguousPersonError, PersonNotFoundError, SourceUnreadableError
from elvisbot.sample.chatdb import nanoseconds
from elvisbot.sample.typedstream import attributed_body
from elvisbot.sources import Answers, Person, Span, imessage
from elvisbot.sources._contacts import Contact
from tests.chatdb import ANA, BEN, START, ChatDb, read, sql, texts

PICTURE_AND_CAPTION = {"0": {"lo": 0, "le": 1}, "1": {"lo": 1, "le": 7}}
SECONDS_2017 = 500_000_000  # 2016-11-05 00:53:20


def test_messages_carry_sender_time_chat_service_and_guid(tmp_path: Path) -> None:
    path = ChatDb(tmp_path).hear("you up?", guid="A-1").say("yeah", guid="A-2").done()

    theirs, mine = read(path).messages

    assert (theirs.id, theirs.sender, theirs.chat, theirs.text) == ("A-1", ANA, ANA, "you up?")
    assert (mine.id, mine.sender, mine.chat, mine.text) == ("A-2", "me", ANA, "yeah")
    assert (theirs.sent_at, mine.sent_at) == (START, START + timedelta(minutes=1))
    assert theirs.service == "iMessage"


@pytest.mark.parametrize(
    "text",
    ["  héllo  WORLD \n\n  ", "👩🏽‍🚀🇩🇪", "e\u0301 stays in two", "tab\there", "\u202fx\u200e"],
)
@pytest.mark.parametrize("in_body", [False, True])
def test_text_is_kept_to_the_byte(tmp_path: Path, text: str, in_body: bool) -> None:
    chat = ChatDb(tmp_path)
    path = (chat.say_in_body(text) if in_body else chat.say(text)).done()
    assert texts(path) == [text]


@pytest.mark.parametrize("empty", [None, ""])
def test_the_body_is_read_where_text_is_null_or_empty(tmp_path: Path, empty: str | None) -> None:
    path = ChatDb(tmp_path).say(empty, attributedBody=attributed_body("hello")).done()
    assert texts(path) == ["hello"]


def test_the_text_is_preferred_to_the_body(tmp_path: Path) -> None:
    path = ChatDb(tmp_path).say("text", attributedBody=attributed_body("body")).done()
    assert texts(path) == ["text"]


def test_placeholders_are_cut_out_of_a_text(tmp_path: Path) -> None:
    path = ChatDb(tmp_path).image(" look\ufffc at\ufffd this ").done()
    (message,) = read(path).messages
    assert (message.text, message.placeholder) == (" look at this ", "file")


def bucket_of(chat: ChatDb) -> str:
    """The bucket of the only other row beside one used message."""
    reading = read(chat.say("ok").done())
    assert reading.buckets["used"] == 1
    return next(bucket for bucket in reading.buckets if bucket != "used")


@pytest.mark.parametrize("kind", [1000, *range(2000, 2008), *range(3000, 3008)])
def test_a_reaction_is_no_message(tmp_path: Path, kind: int) -> None:
    assert bucket_of(ChatDb(tmp_path).tapback(kind)) == "reaction"


def test_a_vote_in_a_poll_is_an_event(tmp_path: Path) -> None:
    assert bucket_of(ChatDb(tmp_path).tapback(4000)) == "event"


@pytest.mark.parametrize("kind", [1001, 1006, 1999, 2008, 2999, 3008, 3999, 4001, 5000, 9999])
def test_a_reaction_of_a_kind_that_nobody_knows_is_unreadable(tmp_path: Path, kind: int) -> None:
    assert bucket_of(ChatDb(tmp_path).tapback(kind)) == "unreadable"


def test_a_reaction_without_a_target_is_unreadable(tmp_path: Path) -> None:
    assert bucket_of(ChatDb(tmp_path).tapback(associated_message_guid=None)) == "unreadable"


def reactions(path: Path) -> list[tuple[str, str]]:
    """The kind and sender of every reaction to the first message."""
    return [(each.kind, each.sender) for each in read(path).messages[0].reactions]


@pytest.mark.parametrize("prefix", ["", "p:0/", "p:11/", "bp:"])
@pytest.mark.parametrize(
    ("kind", "name"),
    [
        (2000, "loved"),
        (2001, "liked"),
        (2002, "disliked"),
        (2003, "laughed"),
        (2004, "emphasised"),
        (2005, "questioned"),
        (2006, "🎉"),
        (2007, "sticker"),
        (1000, "sticker"),
    ],
)
def test_a_reaction_is_attached_to_its_message(
    tmp_path: Path, prefix: str, kind: int, name: str
) -> None:
    chat = ChatDb(tmp_path).say("hi", guid="A").tapback(kind, to=f"{prefix}A")
    assert reactions(chat.done()) == [(name, ANA)]


def test_a_reaction_knows_when_it_came(tmp_path: Path) -> None:
    chat = ChatDb(tmp_path).say("hi", guid="A").tapback(to="p:0/A")
    assert read(chat.done()).messages[0].reactions[0].sent_at == START + timedelta(minutes=1)


def test_a_reaction_taken_back_is_gone_and_others_stay(tmp_path: Path) -> None:
    chat = ChatDb(tmp_path).say("hi", guid="A").tapback(2000, to="p:0/A").tapback(2001, to="p:0/A")
    assert reactions(chat.tapback(3000, to="p:0/A").done()) == [("liked", ANA)]


def test_a_reaction_given_again_stands(tmp_path: Path) -> None:
    chat = ChatDb(tmp_path).say("hi", guid="A").tapback(2000, to="p:0/A").tapback(3000, to="p:0/A")
    assert reactions(chat.tapback(2000, to="p:0/A").done()) == [("loved", ANA)]


def test_a_reaction_that_was_synced_before_its_message_is_attached(tmp_path: Path) -> None:
    chat = ChatDb(tmp_path).tapback(2003, to="p:0/A").say("hi", guid="A")
    assert reactions(chat.done()) == [("laughed", ANA)]


def test_my_reaction_is_mine(tmp_path: Path) -> None:
    chat = ChatDb(tmp_path).hear("hi", guid="A").tapback(2001, to="p:0/A", is_from_me=1)
    assert reactions(chat.done()) == [("liked", "me")]


@pytest.mark.parametrize("kind", [0, 2, 3, 999])
def test_other_associated_messages_are_messages(tmp_path: Path, kind: int) -> None:
    assert texts(ChatDb(tmp_path).say("hi", associated_message_type=kind).done()) == ["hi"]


@pytest.mark.parametrize(
    "quoting", ["Loved “on my way”", "👍 zu „on my way“", "Reacted 😂 to “on my way”"]
)
def test_a_reaction_that_came_by_sms_is_no_message(tmp_path: Path, quoting: str) -> None:
    reading = read(ChatDb(tmp_path).say("on my way").sms(quoting).done())
    assert [message.text for message in reading.messages] == ["on my way"]
    assert reading.buckets == {"used": 1, "reaction": 1}


@pytest.mark.parametrize(
    ("words", "kind"),
    [
        ("Loved “on my way”", "loved"),
        ("Liked “on my way”", "liked"),
        ("Disliked “on my way”", "disliked"),
        ("Laughed at “on my way”", "laughed"),
        ("Emphasized “on my way”", "emphasised"),
        ("Questioned “on my way”", "questioned"),
        ("Reacted 😂 to “on my way”", "😂"),
        ("Reacted ❤️ to “on my way”", "❤️"),
        ("Reagierte mit 👍🏽 auf „on my way“", "👍🏽"),
        ("\u200b👍\u200b to “\u200aon my way\u200a”", "👍"),
        ("Ha reagito con 👩‍🚀 a «on my way»", "👩‍🚀"),
        ("Liked “on my…”", "liked"),
    ],
)
def test_a_reaction_by_sms_is_attached_to_what_it_quotes(
    tmp_path: Path, words: str, kind: str
) -> None:
    reading = read(ChatDb(tmp_path).say("on my way").sms(words).done())
    assert [(each.kind, each.sender) for each in reading.messages[0].reactions] == [(kind, ANA)]
    assert reading.buckets == {"used": 1, "reaction": 1}


def test_a_reaction_by_sms_is_to_the_last_of_equal_messages(tmp_path: Path) -> None:
    chat = ChatDb(tmp_path).say("ok").say("ok").sms("Liked “ok”").say("ok")
    assert [len(each.reactions) for each in read(chat.done()).messages] == [0, 1, 0]


def test_a_reaction_by_sms_is_to_its_own_conversation(tmp_path: Path) -> None:
    chat = ChatDb(tmp_path).say("ok", to=BEN).sms("Liked “ok”", by=ANA)
    reading = read(chat.done(), None)
    assert reading.texts == ["ok", "Liked “ok”"]


def test_a_reaction_by_sms_can_be_taken_back(tmp_path: Path) -> None:
    chat = ChatDb(tmp_path).say("ok").sms("Loved “ok”").sms("Removed a heart from “ok”")
    assert reactions(chat.done()) == []


def test_a_reaction_by_sms_to_a_picture_is_attached(tmp_path: Path) -> None:
    reading = read(ChatDb(tmp_path).image().say("see?").sms("Loved an image").done())
    assert [len(each.reactions) for each in reading.messages] == [1, 0]


@pytest.mark.parametrize(
    "typed",
    [
        "what do you mean “fine”",
        "so “fine”",
        "lol 😂 so you said “fine”",
        "😂 “fine”",
        "loved a movie",
        "what a photo",
    ],
)
def test_typed_words_before_something_that_was_said_are_a_message(
    tmp_path: Path, typed: str
) -> None:
    path = ChatDb(tmp_path).image().say("fine").sms(typed).done()
    assert texts(path) == ["", "fine", typed]


@pytest.mark.parametrize("service", ["SMS", "RCS"])
def test_i_react_with_rows_of_their_own_so_what_i_quote_i_typed(
    tmp_path: Path, service: str
) -> None:
    chat = ChatDb(tmp_path).hear("love you", service=service)
    chat.say("Loved “love you”", service=service)
    assert texts(chat.done()) == ["love you", "Loved “love you”"]


@pytest.mark.parametrize(
    ("age", "kept"),
    [(timedelta(days=30), 1), (timedelta(days=30, seconds=1), 2), (timedelta(days=900), 2)],
)
def test_only_what_was_said_within_30_days_is_reacted_to(
    tmp_path: Path, age: timedelta, kept: int
) -> None:
    chat = ChatDb(tmp_path).say("fine").wait(age - timedelta(minutes=1)).sms("Loved “fine”")
    assert len(texts(chat.done())) == kept


def french(folder: Path, *quoted: str) -> ChatDb:
    chat = ChatDb(folder).say("un").say("deux").say("trois")
    for quote in quoted:
        chat.sms(f"A aimé « {quote} »")
    return chat


def test_words_of_a_phone_are_known_by_three_different_quotes(tmp_path: Path) -> None:
    reading = read(french(tmp_path, "un", "deux", "deux", "trois").done())
    assert reading.texts == ["un", "deux", "trois"]
    kinds = [[each.kind for each in message.reactions] for message in reading.messages]
    assert kinds == [["reacted"], ["reacted"], ["reacted"]]


@pytest.mark.parametrize(
    "quoted", [("un", "deux"), ("un", "deux", "deux"), ("un", "deux", "trois", "never said")]
)
def test_words_that_quote_little_or_anything_are_a_persons(
    tmp_path: Path, quoted: tuple[str, ...]
) -> None:
    assert len(texts(french(tmp_path, *quoted).done())) == 3 + len(quoted)


def test_a_reaction_by_sms_is_to_my_message_even_if_they_said_the_same_later(
    tmp_path: Path,
) -> None:
    chat = ChatDb(tmp_path).say("haha").sms("haha").sms("Loved “haha”")
    reacted = [(each.sender, len(each.reactions)) for each in read(chat.done()).messages]
    assert reacted == [("me", 1), (ANA, 0)]


def test_a_reaction_by_sms_may_be_to_their_own_message(tmp_path: Path) -> None:
    chat = ChatDb(tmp_path).sms("haha").sms("Loved “haha”")
    assert [len(each.reactions) for each in read(chat.done()).messages] == [1]


def test_a_reaction_by_sms_to_a_picture_is_to_mine(tmp_path: Path) -> None:
    chat = ChatDb(tmp_path).image().hear("\ufffc", cache_has_attachments=1).sms("Loved an image")
    assert [len(each.reactions) for each in read(chat.done()).messages] == [1, 0]


@pytest.mark.parametrize("noun", ["an image", "a photo", "an audio message"])
def test_a_reaction_by_sms_to_a_picture_can_be_taken_back(tmp_path: Path, noun: str) -> None:
    chat = ChatDb(tmp_path).image().sms(f"Loved {noun}").sms(f"Removed a heart from {noun}")
    reading = read(chat.done())
    assert [message.reactions for message in reading.messages] == [()]
    assert reading.buckets == {"context": 1, "reaction": 2}


def test_an_emoji_is_a_reaction_to_a_picture(tmp_path: Path) -> None:
    chat = ChatDb(tmp_path).image().sms("Reacted 👍 to an image")
    assert reactions(chat.done()) == [("👍", ANA)]


def test_a_message_that_quotes_can_be_quoted(tmp_path: Path) -> None:
    chat = ChatDb(tmp_path).say("way").sms("he said “no way”").sms("Loved “he said “no way””")
    reading = read(chat.done())
    assert reading.texts == ["way", "he said “no way”"]
    assert [len(each.reactions) for each in reading.messages] == [0, 1]


def test_what_was_kept_back_keeps_its_place_among_messages_of_the_same_moment(
    tmp_path: Path,
) -> None:
    chat = ChatDb(tmp_path).say("1", date=SECONDS_2017)
    chat.hear("not “said”", date=SECONDS_2017, service="SMS").image()
    sql(chat.say("3", date=SECONDS_2017).done(), f"UPDATE message SET date = {SECONDS_2017}")
    assert read(chat.path).texts == ["1", "not “said”", "", "3"]


def test_loving_an_image_that_was_never_sent_is_a_message(tmp_path: Path) -> None:
    assert texts(ChatDb(tmp_path).sms("Loved an image").done()) == ["Loved an image"]


def test_rows_that_were_synced_newest_first_are_matched_by_time(tmp_path: Path) -> None:
    chat = ChatDb(tmp_path).sms("Liked “on my way”")
    chat.say("on my way", date=nanoseconds(START - timedelta(days=1)))
    assert texts(chat.done()) == ["on my way"]


def test_quoting_something_that_nobody_said_is_a_message(tmp_path: Path) -> None:
    path = ChatDb(tmp_path).sms("Loved “The Crown”").done()
    assert texts(path) == ["Loved “The Crown”"]


def test_quoting_on_imessage_is_a_message(tmp_path: Path) -> None:
    path = ChatDb(tmp_path).say("hi").hear("Loved “hi”").done()
    assert texts(path) == ["hi", "Loved “hi”"]


@pytest.mark.parametrize("blank", [None, "", " ", "\n\t\u00a0\u3000"])
def test_a_blank_is_dropped(tmp_path: Path, blank: str | None) -> None:
    assert bucket_of(ChatDb(tmp_path).say(blank)) == "blank"


@pytest.mark.parametrize("caption", ["", " ", "\ufffc\n"])
def test_an_attachment_without_text_is_context(tmp_path: Path, caption: str) -> None:
    assert bucket_of(ChatDb(tmp_path).image(caption)) == "context"


def test_an_attachment_without_mark_is_context(tmp_path: Path) -> None:
    assert bucket_of(ChatDb(tmp_path).say(None, cache_has_attachments=1)) == "context"


@pytest.mark.parametrize("item", [1, 2, 3, 4, 5, 6])
def test_an_event_is_dropped(tmp_path: Path, item: int) -> None:
    assert bucket_of(ChatDb(tmp_path).hear("renamed", item_type=item)) == "event"


def test_an_app_is_context_without_its_text(tmp_path: Path) -> None:
    game = (
        "com.apple.messages.MSMessageExtensionBalloonPlugin:0000000000:com.gamerdelights.gamepigeon"
    )
    assert bucket_of(ChatDb(tmp_path).hear("\ufffdPool!", balloon_bundle_id=game)) == ("context")


def test_an_app_mark_alone_is_context(tmp_path: Path) -> None:
    assert bucket_of(ChatDb(tmp_path).hear("\ufffd")) == "context"


def test_a_link_is_a_text_and_its_preview_is_none(tmp_path: Path) -> None:
    preview = "com.apple.messages.URLBalloonProvider"
    chat = ChatDb(tmp_path).say("https://a.example", balloon_bundle_id=preview)
    reading = read(chat.say(None, balloon_bundle_id=preview).done())
    assert [(each.text, each.placeholder) for each in reading.messages] == [
        ("https://a.example", None),
        ("", "app"),
    ]


def test_an_unsent_message_is_dropped(tmp_path: Path) -> None:
    assert bucket_of(ChatDb(tmp_path).unsent()) == "unsent"


def test_an_edited_message_has_its_last_version_and_its_history(tmp_path: Path) -> None:
    (message,) = read(ChatDb(tmp_path).edited("teh", "teh end", "the end").done()).messages
    assert message.text == "the end"
    assert message.earlier == ("teh", "teh end")
    assert message.edited_at == datetime(2001, 1, 1, 0, 0, 1, tzinfo=UTC)


def test_an_edited_message_may_have_its_last_version_in_the_text(tmp_path: Path) -> None:
    (message,) = read(ChatDb(tmp_path).edited("a", "b", text="b").done()).messages
    assert (message.text, message.earlier) == ("b", ("a",))


@pytest.mark.parametrize(
    ("unsent", "left"),
    [
        ([0], "\nthe rest"),
        ([1], "😀 first"),
        ([], "😀 first\nthe rest"),
        ([7], "😀 first\nthe rest"),
    ],
)
def test_unsent_parts_are_cut_out_by_their_utf_16_ranges(
    tmp_path: Path, unsent: list[int], left: str
) -> None:
    parts = {"0": {"lo": 0, "le": 8}, "1": {"lo": 8, "le": 9}}
    chat = ChatDb(tmp_path).edited(text="😀 first\nthe rest", places=parts, unsent_parts=unsent)
    assert texts(chat.done()) == [left]


def test_a_text_from_which_the_parts_are_gone_already_is_left_alone(tmp_path: Path) -> None:
    parts = {"0": {"lo": 0, "le": 8}, "1": {"lo": 8, "le": 9}}
    chat = ChatDb(tmp_path).edited(text="the rest", places=parts, unsent_parts=[0])
    assert texts(chat.done()) == ["the rest"]


def test_a_text_that_was_unsent_as_a_whole_is_dropped(tmp_path: Path) -> None:
    chat = ChatDb(tmp_path).edited(text="oops", places={"0": {"lo": 0, "le": 4}}, unsent_parts=[0])
    assert bucket_of(chat) == "unsent"


def test_the_words_of_a_voice_message_are_context(tmp_path: Path) -> None:
    (message,) = read(ChatDb(tmp_path).voice("call me back").say("ok").done()).messages[:1]
    assert (message.text, message.placeholder) == ("call me back", "voice message")


def test_a_voice_message_that_was_not_written_down_is_context(tmp_path: Path) -> None:
    (message,) = read(ChatDb(tmp_path).voice(None).say("ok").done()).messages[:1]
    assert (message.text, message.placeholder) == ("", "voice message")


@pytest.mark.parametrize(
    ("mime_type", "kind"),
    [
        ("image/heic", "picture"),
        ("video/quicktime", "video"),
        ("text/vcard", "contact"),
        ("text/x-vlocation", "location"),
        ("application/pdf", "file"),
        (None, "file"),
    ],
)
def test_an_attachment_is_known_by_its_type(
    tmp_path: Path, mime_type: str | None, kind: str
) -> None:
    (message,) = read(ChatDb(tmp_path).attachment(mime_type).say("ok").done()).messages[:1]
    assert (message.text, message.placeholder) == ("", kind)


def test_a_sticker_is_a_sticker(tmp_path: Path) -> None:
    chat = ChatDb(tmp_path).attachment("image/png", is_sticker=1).say("ok")
    assert read(chat.done()).messages[0].placeholder == "sticker"


def test_a_reply_knows_what_it_answers(tmp_path: Path) -> None:
    chat = ChatDb(tmp_path).hear("tea?", guid="A").say("yes", thread_originator_guid="A")
    assert [each.reply_to for each in read(chat.done()).messages] == [None, "A"]


def test_a_subject_stands_above_the_text(tmp_path: Path) -> None:
    chat = ChatDb(tmp_path).say("see you", subject="Tonight").say(None, subject="Alone")
    assert texts(chat.done()) == ["Tonight\nsee you", "Alone"]


def test_the_subject_that_mms_gives_by_itself_is_left_out(tmp_path: Path) -> None:
    chat = ChatDb(tmp_path).hear("see you", subject="NoSubject", service="SMS")
    assert texts(chat.done()) == ["see you"]


@pytest.mark.parametrize(
    ("columns", "bucket"),
    [
        ({"is_from_me": 1, "error": 22}, "not sent"),
        ({"is_from_me": 1, "schedule_type": 2, "schedule_state": 2, "is_sent": 0}, "not sent yet"),
        ({"is_from_me": 0, "is_spam": 1}, "junk"),
    ],
)
def test_what_was_never_said_is_dropped(
    tmp_path: Path, columns: dict[str, Any], bucket: str
) -> None:
    assert bucket_of(ChatDb(tmp_path).hear("hi", **columns)) == bucket


@pytest.mark.parametrize(
    "columns",
    [
        {"is_from_me": 0, "error": 22},
        {"is_from_me": 1, "schedule_type": 2, "schedule_state": 3, "is_sent": 1},
        {"is_from_me": 1, "is_sent": 0},
    ],
)
def test_what_was_said_in_the_end_is_kept(tmp_path: Path, columns: dict[str, Any]) -> None:
    assert texts(ChatDb(tmp_path).hear("hi", **columns).done()) == ["hi"]


@pytest.mark.parametrize(("action", "bucket"), [(1, "used"), (2, "junk"), (4, "junk"), (5, "used")])
def test_what_the_mac_filtered_is_junk(tmp_path: Path, action: int, bucket: str) -> None:
    path = ChatDb(tmp_path).say("ok").hear("buy now").done()
    sql(path, "ALTER TABLE message ADD COLUMN filter_action INTEGER DEFAULT 0")
    sql(path, f"UPDATE message SET filter_action = {action} WHERE ROWID = 2")
    assert bucket in read(path).buckets


def test_what_i_wrote_to_myself_is_no_conversation(tmp_path: Path) -> None:
    path = ChatDb(tmp_path).say("milk", to="+15550100000").say("hi").done()
    reading = read(path, None)
    assert (reading.texts, reading.buckets) == (["hi"], {"used": 1, "note to self": 1})
    assert [person.key for person in reading.people] == [ANA]


@pytest.mark.parametrize("column", ["account_login", "last_addressed_handle"])
def test_all_my_addresses_are_mine_in_every_chat(tmp_path: Path, column: str) -> None:
    path = ChatDb(tmp_path).say("hi").say("milk", to="me@example.com").done()
    sql(path, f"UPDATE chat SET {column} = 'E:Me@example.com' WHERE ROWID = 1")
    assert read(path, None).buckets == {"used": 1, "note to self": 1}


@pytest.mark.parametrize("login", ["''", "'E:'", "NULL"])
def test_an_account_without_an_address_is_nobodys(tmp_path: Path, login: str) -> None:
    path = ChatDb(tmp_path).say("hi", to="tel:").done()
    sql(path, f"UPDATE chat SET account_login = {login}, last_addressed_handle = {login}")
    assert read(path, None).buckets == {"used": 1}


def test_an_unsent_part_of_an_edited_message_is_left_out(tmp_path: Path) -> None:
    chat = ChatDb(tmp_path).edited("first", unsent_parts=[0]).edited("kept", unsent_parts=[1])
    reading = read(chat.done())
    assert [message.text for message in reading.messages] == ["kept"]
    assert reading.buckets == {"used": 1, "unsent": 1}


@pytest.mark.parametrize("text", [None, "\ufffc"])
def test_an_unsent_picture_is_dropped(tmp_path: Path, text: str | None) -> None:
    chat = ChatDb(tmp_path).edited(text=text, unsent_parts=[0], cache_has_attachments=1)
    assert bucket_of(chat) == "unsent"


@pytest.mark.parametrize("text", ["\ufffccaption", "caption"])
def test_the_caption_of_an_unsent_picture_stands_alone(tmp_path: Path, text: str) -> None:
    chat = ChatDb(tmp_path).edited(
        text=text, places=PICTURE_AND_CAPTION, unsent_parts=[0], cache_has_attachments=1
    )
    (message,) = read(chat.done()).messages
    assert (message.text, message.placeholder) == ("caption", None)


def test_a_picture_whose_caption_was_unsent_is_still_there(tmp_path: Path) -> None:
    chat = ChatDb(tmp_path).edited(
        text="\ufffccaption",
        places=PICTURE_AND_CAPTION,
        unsent_parts=[1],
        cache_has_attachments=1,
    )
    (message,) = read(chat.say("ok").done()).messages[:1]
    assert (message.text, message.placeholder) == ("", "file")


def test_a_picture_whose_caption_was_edited_is_still_there(tmp_path: Path) -> None:
    chat = ChatDb(tmp_path).edited(
        "captoin", "caption", places=PICTURE_AND_CAPTION, part=1, cache_has_attachments=1
    )
    (message,) = read(chat.done()).messages
    assert (message.text, message.placeholder) == ("caption", "file")


@pytest.mark.parametrize(
    "body", ["first \nsecnod", "first \nsecond, and longer"], ids=["as it was sent", "as it is"]
)
def test_the_parts_that_were_not_edited_stay(tmp_path: Path, body: str) -> None:
    places = {"0": {"lo": 0, "le": 7}, "1": {"lo": 7, "le": 6}}
    chat = ChatDb(tmp_path).edited(
        "secnod",
        "second, and longer",
        places=places,
        part=1,
        attributedBody=attributed_body(body),
    )
    assert texts(chat.done()) == ["first \nsecond, and longer"]


def test_a_text_that_is_the_last_version_is_not_cut(tmp_path: Path) -> None:
    places = {"0": {"lo": 0, "le": 2}, "1": {"lo": 2, "le": 2}}
    chat = ChatDb(tmp_path).edited(
        "me", "meow", text="meow", places=places, part=1, unsent_parts=[0]
    )
    assert texts(chat.done()) == ["meow"]


def test_the_last_version_is_preferred_to_an_earlier_one_in_the_text(tmp_path: Path) -> None:
    (message,) = read(ChatDb(tmp_path).edited("a", "ab", "abc", text="ab").done()).messages
    assert (message.text, message.earlier) == ("abc", ("a", "ab"))


@pytest.mark.parametrize("summary", [None, b"bplist00", b"junk"])
def test_a_text_outlives_the_history_of_its_edits(tmp_path: Path, summary: bytes | None) -> None:
    chat = ChatDb(tmp_path).say("hi", date_edited=10**9, message_summary_info=summary)
    (message,) = read(chat.done()).messages
    assert (message.text, message.earlier) == ("hi", ())
    assert message.edited_at == datetime(2032, 9, 9, 1, 46, 40, tzinfo=UTC)


def test_an_endless_history_of_edits_is_not_read(tmp_path: Path) -> None:
    version = {"d": 1.0, "t": attributed_body("x" * 100_000)}
    summary = plistlib.dumps({"ec": {"0": [version] * 50_000}}, fmt=plistlib.FMT_BINARY)
    assert len(summary) < 1 << 20
    chat = ChatDb(tmp_path).say(None, date_edited=1, message_summary_info=summary)
    assert bucket_of(chat) == "unreadable"


@pytest.mark.parametrize("summary", [b"bplist00", b"junk", b"<plist/>"])
def test_a_history_of_edits_that_is_damaged_is_dropped(tmp_path: Path, summary: bytes) -> None:
    chat = ChatDb(tmp_path).say(None, date_edited=1, message_summary_info=summary)
    assert bucket_of(chat) == "unreadable"


@pytest.mark.parametrize("body", [b"", b"\x04\x0bstreamtyped", attributed_body("hello")[:80]])
def test_a_damaged_body_spoils_one_message(tmp_path: Path, body: bytes) -> None:
    expected = "unreadable" if body else "blank"
    assert bucket_of(ChatDb(tmp_path).say(None, attributedBody=body)) == expected


def test_a_lone_surrogate_in_the_body_spoils_one_message(tmp_path: Path) -> None:
    assert bucket_of(ChatDb(tmp_path).say_in_body("\ud83d")) == "unreadable"


@pytest.mark.parametrize("date", [0, None, -1, "soon", math.inf, -math.inf, 1e300])
def test_a_message_without_a_sensible_date_is_dropped(tmp_path: Path, date: object) -> None:
    assert bucket_of(ChatDb(tmp_path).say("hi", date=date)) == "no date"


def test_a_date_far_ahead_is_kept(tmp_path: Path) -> None:
    (message,) = read(ChatDb(tmp_path).say("hi", date=2**62).done()).messages
    assert message.sent_at.year == 2147


@pytest.mark.parametrize(
    ("date", "expected"),
    [
        (1, datetime(2001, 1, 1, 0, 0, 1, tzinfo=UTC)),
        (SECONDS_2017, datetime(2016, 11, 5, 0, 53, 20, tzinfo=UTC)),
        (SECONDS_2017 * 10**9, datetime(2016, 11, 5, 0, 53, 20, tzinfo=UTC)),
        (SECONDS_2017 * 10**9 + 123_456_789, datetime(2016, 11, 5, 0, 53, 20, 123_456, tzinfo=UTC)),
        (10**12, datetime(2001, 1, 1, 0, 16, 40, tzinfo=UTC)),
    ],
)
def test_dates_are_seconds_below_a_trillion_and_nanoseconds_from_there(
    tmp_path: Path, date: int, expected: datetime
) -> None:
    (message,) = read(ChatDb(tmp_path).say("hi", date=date).done()).messages
    assert message.sent_at == expected


def test_the_last_second_before_nanoseconds_is_out_of_the_calendar(tmp_path: Path) -> None:
    assert bucket_of(ChatDb(tmp_path).say("hi", date=10**12 - 1)) == "no date"


def test_messages_are_ordered_by_time_and_then_by_row(tmp_path: Path) -> None:
    late, early = SECONDS_2017 * 10**9 + 1000, SECONDS_2017
    chat = ChatDb(tmp_path).say("2", date=late).say("3", date=late).say("1", date=early)
    assert texts(chat.done()) == ["1", "2", "3"]


def test_group_chats_stay_out(tmp_path: Path) -> None:
    chat = ChatDb(tmp_path).say("just us").group("hi all").group("hi!", by=ANA)
    reading = read(chat.done())
    assert [message.text for message in reading.messages] == ["just us"]
    assert reading.buckets == {"used": 1, "group chat": 2}


def test_group_chats_stay_out_of_everyone(tmp_path: Path) -> None:
    chat = ChatDb(tmp_path).say("to ana").hear("by ben", by=BEN).group("hi!", by=ANA)
    assert texts(chat.done(), None) == ["to ana", "by ben"]


def test_a_group_of_one_other_person_is_a_group(tmp_path: Path) -> None:
    assert bucket_of(ChatDb(tmp_path).group("all left", of=[ANA])) == "group chat"


def test_without_styles_a_chat_with_one_handle_is_one_to_one(tmp_path: Path) -> None:
    path = ChatDb(tmp_path).say("just us").group("hi all").done()
    sql(path, "ALTER TABLE chat DROP COLUMN style")
    assert texts(path) == ["just us"]


def test_without_handles_the_identifier_of_a_one_to_one_chat_names_the_person(
    tmp_path: Path,
) -> None:
    path = ChatDb(tmp_path).say("just us").group("hi all").done()
    sql(path, "DROP TABLE chat_handle_join")
    assert texts(path) == ["just us"]


def test_another_conversation_stays_out(tmp_path: Path) -> None:
    reading = read(ChatDb(tmp_path).say("to ana").say("to ben", to=BEN).done())
    assert [message.text for message in reading.messages] == ["to ana"]
    assert reading.contacts == [ANA]
    assert reading.buckets == {"used": 1, "another conversation": 1}


def test_a_message_without_chat_is_deleted(tmp_path: Path) -> None:
    assert bucket_of(ChatDb(tmp_path).say("gone", to=None)) == "deleted"


def test_a_message_of_a_chat_that_is_gone_is_deleted(tmp_path: Path) -> None:
    assert bucket_of(ChatDb(tmp_path).say("gone", to=None).also_in(99)) == "deleted"


def test_a_recently_deleted_message_is_deleted(tmp_path: Path) -> None:
    assert bucket_of(ChatDb(tmp_path).say("oops").recently_deleted()) == "deleted"


def test_a_message_in_two_chats_of_one_person_is_used_once(tmp_path: Path) -> None:
    chat = ChatDb(tmp_path).say("once")
    chat.also_in(chat.conversation(ANA, "SMS"))
    assert texts(chat.done()) == ["once"]


def test_a_message_in_a_group_and_a_conversation_stays_out(tmp_path: Path) -> None:
    chat = ChatDb(tmp_path).group("to all")
    assert bucket_of(chat.also_in(chat.conversation(ANA))) == "group chat"


def test_a_message_in_a_conversation_and_a_later_group_stays_out(tmp_path: Path) -> None:
    chat = ChatDb(tmp_path).say("to ana?")
    group = chat.conversation(ANA) + 1
    message = chat.last
    chat.group("to all").insert("chat_message_join", chat_id=group, message_id=message)
    assert read(chat.say("ok").done()).buckets == {"group chat": 2, "used": 1}


def test_a_one_to_one_chat_with_several_handles_is_whose_name_it_bears(tmp_path: Path) -> None:
    chat = ChatDb(tmp_path).say("to ana").say("to ben", to=BEN)
    chat.insert("chat_handle_join", chat_id=chat.conversation(ANA), handle_id=2)
    assert texts(chat.done()) == ["to ana"]


def test_a_one_to_one_chat_with_several_handles_and_another_name_is_a_group(
    tmp_path: Path,
) -> None:
    chat = ChatDb(tmp_path).say("to whom?").say("to ben", to=BEN)
    chat.insert("chat_handle_join", chat_id=chat.conversation(ANA), handle_id=2)
    path = sql(chat.done(), "UPDATE chat SET chat_identifier = 'chat123' WHERE ROWID = 1")
    assert read(path, BEN).buckets == {"used": 1, "group chat": 1}


def test_imessage_sms_and_rcs_of_one_number_are_one_person(tmp_path: Path) -> None:
    chat = ChatDb(tmp_path).say("blue").sms("green", by="5550100001")
    path = chat.hear("also green", by="tel:+1 (555) 010-0001", service="RCS").done()

    reading = read(path)

    assert [message.text for message in reading.messages] == ["blue", "green", "also green"]
    assert {message.chat for message in reading.messages} == {ANA}
    assert [message.sender for message in reading.messages] == ["me", ANA, ANA]
    assert [message.service for message in reading.messages] == ["iMessage", "SMS", "RCS"]


@pytest.mark.parametrize(
    "who",
    [
        "+15550100001",
        "15550100001",
        "5550100001",
        "+1 (555) 010-0001",
        "555.010.0001",
        "tel:+15550100001",
        "001 555 010 0001",
        "\u202a+1 555 010 0001\u202c",
        "0001",
        "0100001",
    ],
)
def test_a_person_is_found_by_a_number_in_any_spelling_or_a_part(tmp_path: Path, who: str) -> None:
    path = ChatDb(tmp_path).say("hi").say("no", to=BEN).done()
    assert read(path, who).contacts == [ANA]


@pytest.mark.parametrize("who", ["Ana@Example.com", "mailto:ana@example.com", "ANA", "example"])
def test_a_person_is_found_by_a_mail_address_or_a_part(tmp_path: Path, who: str) -> None:
    path = ChatDb(tmp_path).say("hi", to="ana@Example.com").say("no", to=BEN).done()
    assert read(path, who).contacts == ["ana@example.com"]


def test_a_whole_address_is_preferred_to_a_part(tmp_path: Path) -> None:
    path = ChatDb(tmp_path).say("yes", to="12345").say("no", to="1234567").done()
    assert texts(path, "12345") == ["yes"]


def test_numbers_of_different_countries_are_different_people(tmp_path: Path) -> None:
    path = ChatDb(tmp_path).say("us").say("elsewhere", to="+495550100001").done()
    assert texts(path, ANA) == ["us"]
    with pytest.raises(AmbiguousPersonError, match="2 people"):
        read(path, "5550100001")


def test_several_matches_are_named(tmp_path: Path) -> None:
    path = ChatDb(tmp_path).say("a").say("b", to=BEN).done()
    with pytest.raises(AmbiguousPersonError, match=r"\+15550100001, \+15550100002"):
        read(path, "555")


@pytest.mark.parametrize("who", ["Zoe", "", "+15550109999"])
def test_nobody_is_found_with_a_remedy(tmp_path: Path, who: str) -> None:
    path = ChatDb(tmp_path).say("hi").done()
    with pytest.raises(PersonNotFoundError) as error:
        read(path, who)
    assert "elvisbot people" in error.value.remedy


def test_a_typing_error_is_answered_with_close_matches(tmp_path: Path) -> None:
    path = ChatDb(tmp_path).say("hi", to="ana@example.com").done()
    with pytest.raises(PersonNotFoundError) as error:
        read(path, "anna@exampel.com")
    assert "Did you mean ana@example.com?" in error.value.remedy


def test_somebody_met_in_groups_alone_is_nobody(tmp_path: Path) -> None:
    path = ChatDb(tmp_path).say("hi").group("hi all", by=BEN).done()
    with pytest.raises(PersonNotFoundError):
        read(path, BEN)


def people(path: Path) -> dict[str, Span]:
    with imessage.opened(path, Answers()) as history:
        return history.spans()


def test_people_are_counted_with_their_services_and_dates(tmp_path: Path) -> None:
    chat = ChatDb(tmp_path).say("1").say("2", to=BEN).sms("3", by="(555) 010-0002")
    path = chat.hear("4", by=BEN).tapback().hear("sold", by=BEN, is_spam=1).group("5").done()

    found = people(path)

    minutes = [START + timedelta(minutes=minute) for minute in range(4)]
    assert found == {
        ANA: Span({"iMessage": 1}, 1, minutes[0], minutes[0]),
        BEN: Span({"iMessage": 2, "SMS": 1}, 1, minutes[1], minutes[3]),
    }


def test_spans_know_seconds_and_nanoseconds(tmp_path: Path) -> None:
    path = ChatDb(tmp_path).say("old", date=SECONDS_2017).say("new").done()
    assert people(path)[ANA].first == datetime(2016, 11, 5, 0, 53, 20, tzinfo=UTC)


def test_a_date_out_of_the_calendar_hides_nobody(tmp_path: Path) -> None:
    path = ChatDb(tmp_path).say("1").say("2").say("3").say("4").done()
    for row, date in ((2, 10**12 - 1), (3, 1e300), (4, 252_423_993_600)):
        sql(path, f"UPDATE message SET date = {date} WHERE ROWID = {row}")
    assert people(path) == {ANA: Span({"iMessage": 1}, 1, START, START)}
    assert read(path, None).buckets == {"used": 1, "no date": 3}


def test_the_last_second_of_the_calendar_is_in_it(tmp_path: Path) -> None:
    path = ChatDb(tmp_path).say("1", date=252_423_993_599).done()
    assert people(path)[ANA].last == datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)


def test_the_first_seconds_are_seconds_in_spans(tmp_path: Path) -> None:
    path = ChatDb(tmp_path).say("1", date=1).done()
    assert people(path)[ANA].first == datetime(2001, 1, 1, 0, 0, 1, tzinfo=UTC)


def test_who_sent_it_may_be_unknown(tmp_path: Path) -> None:
    path = sql(ChatDb(tmp_path).say("1").done(), "UPDATE message SET is_from_me = NULL")
    assert people(path) == {ANA: Span({"iMessage": 1}, 0, START, START)}


def test_an_address_that_names_nobody_is_unknown(tmp_path: Path) -> None:
    path = ChatDb(tmp_path).hear("hi", by=BEN).hear("yo", by=ANA).done()
    sql(path, "UPDATE handle SET id = '' WHERE ROWID = 1", "UPDATE chat SET chat_identifier = ''")
    reading = read(path, None)
    assert [message.sender for message in reading.messages] == ["unknown", ANA]


def test_an_empty_history_has_no_people(tmp_path: Path) -> None:
    assert people(ChatDb(tmp_path).done()) == {}


def test_one_contact_is_one_person_with_all_numbers_and_addresses(tmp_path: Path) -> None:
    chat = (
        ChatDb(tmp_path).say("1", to="ana@example.com").say("2", to="5550100001").say("3", to=BEN)
    )
    contacts = [Contact("Ana Alba", ("+1 (555) 010-0001", "Ana@Example.com"))]
    with imessage.opened(chat.done(), Answers(), contacts=contacts) as history:
        ben, ana = history.people
        kept = [each.text for _, each in history.entries(ana) if isinstance(each, Message)]

    assert ana == Person("5550100001", "Ana Alba", ("5550100001", "ana@example.com"))
    assert ben == Person(BEN, BEN, (BEN,))
    assert kept == ["1", "2"]


def test_contacts_are_listed_most_messages_first(tmp_path: Path) -> None:
    path = ChatDb(tmp_path).say("1").say("2", to=BEN).say("3", to=BEN).done()
    assert read(path, None).contacts == [BEN, ANA]


def old_schema(path: Path) -> Path:
    """A database as old Macs have it, with the columns that matter and no others."""
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(
            """
            CREATE TABLE message (ROWID INTEGER PRIMARY KEY, guid TEXT, text TEXT,
                handle_id INTEGER, date INTEGER, is_from_me INTEGER);
            CREATE TABLE handle (ROWID INTEGER PRIMARY KEY, id TEXT);
            CREATE TABLE chat (ROWID INTEGER PRIMARY KEY, guid TEXT, style INTEGER);
            CREATE TABLE chat_handle_join (chat_id INTEGER, handle_id INTEGER);
            CREATE TABLE chat_message_join (chat_id INTEGER, message_id INTEGER);
            INSERT INTO handle VALUES (1, '+15550100001');
            INSERT INTO chat VALUES (1, 'iMessage;-;+15550100001', 45);
            INSERT INTO chat_handle_join VALUES (1, 1);
            INSERT INTO message VALUES (1, 'A', 'hi', 1, 300000000, 0);
            INSERT INTO message VALUES (2, 'B', 'yo', 1, 300000060, 1);
            INSERT INTO chat_message_join VALUES (1, 1), (1, 2);
            """
        )
    return path


def test_an_old_schema_is_read(tmp_path: Path) -> None:
    reading = read(old_schema(tmp_path / "chat.db"))
    assert [(each.sender, each.text) for each in reading.messages] == [(ANA, "hi"), ("me", "yo")]
    assert reading.messages[0].service is None


@pytest.mark.parametrize(
    "column",
    [
        "attributedBody",
        "associated_message_emoji",
        "error",
        "is_audio_message",
        "is_sent",
        "is_spam",
        "schedule_type",
        "subject",
        "thread_originator_guid",
        "associated_message_type",
        "date_edited",
        "date_retracted",
        "item_type",
        "balloon_bundle_id",
        "cache_has_attachments",
        "message_summary_info",
        "service",
        "text",
    ],
)
def test_a_column_may_be_missing(tmp_path: Path, column: str) -> None:
    path = ChatDb(tmp_path).say("hi", attributedBody=attributed_body("hi")).done()
    sql(path, f"ALTER TABLE message DROP COLUMN {column}")
    assert texts(path) == ["hi"]


def test_on_a_mac_the_history_lies_in_the_library(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "darwin")
    monkeypatch.setenv("HOME", "/Users/elvis")
    assert imessage.default_path() == Path("/Users/elvis/Library/Messages/chat.db")


def test_elsewhere_there_is_no_history_and_a_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "linux")
    with pytest.raises(SourceUnreadableError, match="not a Mac") as error:
        imessage.default_path()
    assert "chat.db-wal" in error.value.remedy
