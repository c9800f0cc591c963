"""The chat.db of the Messages app: what is used, what is dropped, and who is who."""

import math
import sqlite3
import sys
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from elvisbot.errors import (
    AmbiguousPersonError,
    EmptyConversationError,
    PersonNotFoundError,
    SourceUnreadableError,
    UsageError,
)
from elvisbot.sample.typedstream import attributed_body
from elvisbot.sources import Source, imessage, load, sources
from tests.chatdb import ANA, BEN, START, ChatDb, read, sql, texts

SECONDS_2017 = 500_000_000  # 2016-11-05 00:53:20


def test_every_source_keeps_the_contract() -> None:
    assert sources() == ["imessage"]
    checked_by_mypy: Source = imessage
    assert load("imessage") is checked_by_mypy


def test_an_unknown_source_is_refused_with_a_list_of_the_known_ones() -> None:
    with pytest.raises(UsageError, match="fax") as error:
        load("fax")
    assert "imessage" in error.value.remedy


def test_a_part_of_a_source_is_no_source() -> None:
    with pytest.raises(UsageError):
        load("_typedstream")


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
    assert texts(path) == [" look at this "]


def bucket_of(chat: ChatDb) -> str:
    """The bucket of the only other row beside one used message."""
    reading = read(chat.say("ok").done())
    assert reading.buckets["used"] == 1
    return next(bucket for bucket in reading.buckets if bucket != "used")


@pytest.mark.parametrize("kind", [1000, *range(2000, 2008), *range(3000, 3008), 4000])
def test_a_reaction_is_no_message(tmp_path: Path, kind: int) -> None:
    assert bucket_of(ChatDb(tmp_path).tapback(kind)) == "reaction"


@pytest.mark.parametrize("kind", [0, 2, 3, 999])
def test_other_associated_messages_are_messages(tmp_path: Path, kind: int) -> None:
    assert texts(ChatDb(tmp_path).say("hi", associated_message_type=kind).done()) == ["hi"]


@pytest.mark.parametrize(
    "quoting", ["Loved “on my way”", "Gefällt „on my way“", "Reacted 😂 to “on my way”"]
)
def test_a_reaction_that_came_by_sms_is_no_message(tmp_path: Path, quoting: str) -> None:
    reading = read(ChatDb(tmp_path).say("on my way").sms(quoting).done())
    assert [message.text for message in reading.messages] == ["on my way"]
    assert reading.buckets == {"used": 1, "reaction": 1}


def test_rows_that_were_synced_newest_first_are_matched_by_time(tmp_path: Path) -> None:
    chat = ChatDb(tmp_path).sms("Liked “on my way”").say("on my way", date=SECONDS_2017)
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
def test_an_attachment_without_text_is_dropped(tmp_path: Path, caption: str) -> None:
    assert bucket_of(ChatDb(tmp_path).image(caption)) == "attachment only"


def test_an_attachment_without_placeholder_is_dropped(tmp_path: Path) -> None:
    assert bucket_of(ChatDb(tmp_path).say(None, cache_has_attachments=1)) == "attachment only"


@pytest.mark.parametrize("item", [1, 2, 3, 4, 5, 6])
def test_an_event_is_dropped(tmp_path: Path, item: int) -> None:
    assert bucket_of(ChatDb(tmp_path).hear("renamed", item_type=item)) == "event"


def test_an_app_is_dropped_with_its_text(tmp_path: Path) -> None:
    game = (
        "com.apple.messages.MSMessageExtensionBalloonPlugin:0000000000:com.gamerdelights.gamepigeon"
    )
    assert bucket_of(ChatDb(tmp_path).hear("\ufffdPool!", balloon_bundle_id=game)) == (
        "app or link preview"
    )


def test_an_app_mark_alone_is_dropped(tmp_path: Path) -> None:
    assert bucket_of(ChatDb(tmp_path).hear("\ufffd")) == "app or link preview"


def test_a_link_is_a_text_and_its_preview_is_none(tmp_path: Path) -> None:
    preview = "com.apple.messages.URLBalloonProvider"
    chat = ChatDb(tmp_path).say("https://a.example", balloon_bundle_id=preview)
    reading = read(chat.say(None, balloon_bundle_id=preview).done())
    assert [message.text for message in reading.messages] == ["https://a.example"]
    assert reading.buckets == {"used": 1, "app or link preview": 1}


def test_an_unsent_message_is_dropped(tmp_path: Path) -> None:
    assert bucket_of(ChatDb(tmp_path).unsent()) == "unsent"


def test_an_edited_message_has_its_last_version(tmp_path: Path) -> None:
    assert texts(ChatDb(tmp_path).edited("teh end", "the end").done()) == ["the end"]


def test_an_unsent_part_of_an_edited_message_is_left_out(tmp_path: Path) -> None:
    chat = ChatDb(tmp_path).edited("first", unsent_parts=[0]).edited("kept", unsent_parts=[1])
    reading = read(chat.done())
    assert [message.text for message in reading.messages] == ["kept"]
    assert reading.buckets == {"used": 1, "unsent": 1}


@pytest.mark.parametrize("summary", [b"bplist00", b"junk", b"<plist/>"])
def test_a_history_of_edits_that_is_damaged_is_dropped(tmp_path: Path, summary: bytes) -> None:
    chat = ChatDb(tmp_path).say(None, date_edited=1, message_summary_info=summary)
    assert bucket_of(chat) == "unreadable text"


@pytest.mark.parametrize("body", [b"", b"\x04\x0bstreamtyped", attributed_body("hello")[:80]])
def test_a_damaged_body_spoils_one_message(tmp_path: Path, body: bytes) -> None:
    expected = "unreadable text" if body else "blank"
    assert bucket_of(ChatDb(tmp_path).say(None, attributedBody=body)) == expected


def test_a_lone_surrogate_in_the_body_spoils_one_message(tmp_path: Path) -> None:
    assert bucket_of(ChatDb(tmp_path).say_in_body("\ud83d")) == "unreadable text"


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
    assert reading.contacts == (ANA,)
    assert reading.buckets == {"used": 1, "another conversation": 1}


def test_a_message_without_chat_is_deleted(tmp_path: Path) -> None:
    assert bucket_of(ChatDb(tmp_path).say("gone", to=None)) == "no chat (deleted)"


def test_a_message_of_a_chat_that_is_gone_is_deleted(tmp_path: Path) -> None:
    assert bucket_of(ChatDb(tmp_path).say("gone", to=None).also_in(99)) == "no chat (deleted)"


def test_a_recently_deleted_message_is_deleted(tmp_path: Path) -> None:
    assert bucket_of(ChatDb(tmp_path).say("oops").recently_deleted()) == "no chat (deleted)"


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
    assert read(path, who).contacts == (ANA,)


@pytest.mark.parametrize("who", ["Ana@Example.com", "mailto:ana@example.com", "ANA", "example"])
def test_a_person_is_found_by_a_mail_address_or_a_part(tmp_path: Path, who: str) -> None:
    path = ChatDb(tmp_path).say("hi", to="ana@Example.com").say("no", to=BEN).done()
    assert read(path, who).contacts == ("ana@example.com",)


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


@pytest.mark.parametrize("who", [ANA, None])
def test_a_conversation_without_text_is_refused(tmp_path: Path, who: str | None) -> None:
    path = ChatDb(tmp_path).image().tapback().done()
    with pytest.raises(EmptyConversationError):
        read(path, who)


def test_people_are_listed_most_messages_first(tmp_path: Path) -> None:
    chat = ChatDb(tmp_path).say("1").say("2", to=BEN).sms("3", by="(555) 010-0002")
    path = chat.hear("4", by=BEN).image().tapback().group("5", by=ANA).done()

    ben, ana = imessage.people(path)

    assert (ben.name, ben.messages) == (BEN, 3)
    assert ben.handles == ("(555) 010-0002", BEN)
    assert (ben.first, ben.last) == (START + timedelta(minutes=1), START + timedelta(minutes=3))
    assert (ana.name, ana.messages, ana.first, ana.last) == (ANA, 1, START, START)


def test_an_empty_history_has_no_people(tmp_path: Path) -> None:
    assert imessage.people(ChatDb(tmp_path).done()) == []


def test_contacts_are_listed_most_messages_first(tmp_path: Path) -> None:
    path = ChatDb(tmp_path).say("1").say("2", to=BEN).say("3", to=BEN).done()
    assert read(path, None).contacts == (BEN, ANA)


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
