"""Importing into a bot: once, again, and from several histories."""

import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from elvisbot.bots import Bot, Pairing, Timing, all_bots, open_bot
from elvisbot.conversation import ME, Message, Reaction
from elvisbot.errors import EmptyConversationError, PersonNotFoundError
from elvisbot.importing import Changes, Imported, import_history
from elvisbot.messages import encoded, read_messages
from elvisbot.sources import Answers
from tests.chatdb import ANA, BEN, ChatDb, sql
from tests.commands import contents
from tests.histories import said

pytestmark = pytest.mark.usefixtures("home")


def imported(
    path: Path, who: str | None = ANA, *, anew: bool = False, pairing: Pairing | None = None
) -> Imported:
    return import_history("ana", who=who, path=path, answers=Answers(), anew=anew, pairing=pairing)


def jsonl(folder: Path, messages: list[Message], name: str = "history.jsonl") -> Path:
    (path := folder / name).write_bytes(b"".join(map(encoded, messages)))
    return path


def texts(bot: Bot) -> list[str]:
    return [message.text for message in read_messages(bot)]


def written(bot: Bot) -> dict[str, bytes]:
    """What an import leaves, by its place in the bot's folder."""
    files = {name: content for name, content in contents(bot.path).items() if content is not None}
    return {name: content for name, content in files.items() if "model" not in name}


def test_the_ledger_holds_every_row_once(tmp_path: Path) -> None:
    chat = ChatDb(tmp_path).say("hi", guid="A").tapback(to="p:0/A").image().group("all").unsent()
    report = imported(chat.hear("yo").done())

    document = report.as_json()
    assert document["rows"] == 6
    assert sum(document["buckets"].values()) == document["rows"]
    assert document["buckets"] == {
        "used": 2,
        "reaction": 1,
        "context": 1,
        "group chat": 1,
        "unsent": 1,
    }
    assert json.loads(json.dumps(document))["bot"] == "ana"


def test_importing_the_same_again_changes_nothing(tmp_path: Path) -> None:
    path = ChatDb(tmp_path).hear("hi").say("yo").done()
    before = written(imported(path).bot)

    report = imported(path)

    assert report.changes == Changes(0, 0, 0)
    assert written(report.bot) == before


def test_importing_again_takes_in_what_is_new_edited_and_gone(tmp_path: Path) -> None:
    chat = ChatDb(tmp_path).hear("one", guid="1").say("two", guid="2").hear("three", guid="3")
    path = chat.done()
    imported(path)
    sql(
        path,
        "UPDATE message SET text = 'two!' WHERE guid = '2'",
        "DELETE FROM message WHERE guid = '3'",
        "INSERT INTO message (guid, text, date, is_from_me, service) "
        "VALUES ('4', 'four', 900000000000000000, 1, 'iMessage')",
        "INSERT INTO chat_message_join (chat_id, message_id) VALUES (1, 4)",
    )

    report = imported(path)

    assert report.changes == Changes(new=1, edited=1, gone=1)
    assert texts(report.bot) == ["one", "two!", "four"]


def test_importing_again_is_to_the_byte_what_importing_from_scratch_is(tmp_path: Path) -> None:
    path = ChatDb(tmp_path).hear("one", guid="1").say("two", guid="2").done()
    imported(path)
    sql(path, "UPDATE message SET text = 'late' WHERE guid = '1'")
    again = written(imported(path).bot)

    fresh = import_history("fresh", who=ANA, path=path, answers=Answers())

    assert written(fresh.bot) == again


def test_another_history_adds_what_is_missing(tmp_path: Path) -> None:
    path = ChatDb(tmp_path).hear("hi").say("yo").done()
    imported(path)
    report = imported(jsonl(tmp_path, said(("Ana", 0, "hello"), ("me", 5, "there"))), "Ana")

    assert (report.parts, report.messages, report.duplicates) == (2, 4, 0)
    assert texts(report.bot) == ["hello", "there", "hi", "yo"]
    assert {message.chat for message in read_messages(report.bot)} == {ANA}
    assert report.bot.settings.history.sources == ("imessage", "jsonl")


@pytest.mark.parametrize(("seconds", "duplicates"), [(0, 1), (-60, 1), (60, 1), (61, 0), (-61, 0)])
def test_the_same_words_within_a_minute_are_one_message(
    tmp_path: Path, seconds: int, duplicates: int
) -> None:
    one = jsonl(tmp_path, said(("ana", 0, "hi  there"), ("me", 0, "hi  there")), "one.jsonl")
    other = jsonl(tmp_path, said(("Ana A.", seconds, "hi there\n"), chat="Ana A."), "other.jsonl")
    imported(one, None)
    assert imported(other, None).duplicates == duplicates


def test_within_one_history_nothing_is_a_duplicate(tmp_path: Path) -> None:
    ok = said(("ana", 0, "ok"), ("ana", 1, "ok"), ("me", 2, "ok"))
    imported(jsonl(tmp_path, ok, "one.jsonl"), None)
    report = imported(jsonl(tmp_path, ok, "other.jsonl"), None)
    assert (report.messages, report.duplicates) == (3, 3)


@pytest.mark.parametrize("names", [("1.db", "2.db"), ("2.db", "1.db")])
def test_the_same_id_is_the_same_message_whatever_it_says(
    tmp_path: Path, names: tuple[str, str]
) -> None:
    old, new = (
        ChatDb(tmp_path, name).hear("hi", guid="A").say(text, guid="B")
        for name, text in zip(names, ("teh", "the"), strict=True)
    )
    imported(new.hear("and later", guid="C").done())
    report = imported(old.done())
    assert (report.messages, report.duplicates) == (3, 2)
    assert texts(report.bot) == ["hi", "the", "and later"]


def test_the_order_of_the_imports_does_not_matter(tmp_path: Path) -> None:
    one = jsonl(tmp_path, said(("ana", 0, "hi"), ("me", 30, "yo"), ("ana", 90, "so")), "one.jsonl")
    other = jsonl(tmp_path, said(("Ana", 9, "hi"), ("me", 60, "hm"), chat="Ana"), "other.jsonl")
    imported(one, None)
    forth = written(imported(other, None).bot)
    imported(other, None, anew=True)
    assert written(imported(one, None).bot) == forth


def test_everyone_of_two_histories_stays_everyone(tmp_path: Path) -> None:
    imported(ChatDb(tmp_path).hear("a").hear("b", by=BEN).done(), None)
    report = imported(jsonl(tmp_path, said(("Ana", 0, "hello"), ("me", 1, "hm"))), None)
    assert {message.chat for message in read_messages(report.bot)} == {ANA, BEN, "ana"}


def test_somebody_of_two_histories_of_everyone_is_one_person(tmp_path: Path) -> None:
    imported(ChatDb(tmp_path).hear("a").hear("b", by=BEN).done(), None)
    others = [*said(("Ana", 0, "hello"), chat=f"tel:{ANA}"), *said(("me", 9, "x"), chat="cleo")]
    report = imported(jsonl(tmp_path, others), None)
    assert {message.chat for message in read_messages(report.bot)} == {ANA, BEN, "cleo"}
    assert sorted(report.contacts) == sorted((ANA, BEN, "cleo"))


def test_two_people_of_one_history_stay_two(tmp_path: Path) -> None:
    path = ChatDb(tmp_path).hear("a").hear("b", by=BEN).done()
    imported(path, ANA)
    report = imported(path, BEN)
    assert (report.parts, texts(report.bot)) == (2, ["a", "b"])
    assert {message.chat for message in read_messages(report.bot)} == {ANA, BEN}


def test_everyone_takes_the_place_of_one_person_and_the_other_way_round(tmp_path: Path) -> None:
    path = ChatDb(tmp_path).hear("a").hear("b", by=BEN).done()
    imported(path, ANA)
    assert texts(imported(path, None).bot) == ["a", "b"]
    report = imported(path, BEN)
    assert (report.parts, texts(report.bot)) == (1, ["b"])


def test_a_path_is_the_same_path_however_it_is_written(tmp_path: Path) -> None:
    path = ChatDb(tmp_path).hear("a").done()
    imported(path)
    assert imported(tmp_path / "home" / ".." / "chat.db").parts == 1


def test_reactions_of_a_merged_person_are_that_persons(tmp_path: Path) -> None:
    imported(ChatDb(tmp_path).hear("hi").done())
    liked = said(("me", 0, "hello"), ("Ana", 5, "yo"), chat="Ana")
    liked[0] = liked[0]._replace(reactions=(Reaction("liked", "Ana"),))
    report = imported(jsonl(tmp_path, liked), "Ana")
    assert next(read_messages(report.bot)).reactions[0].sender == ANA


def test_somebody_of_another_name_is_told_before_they_are_taken_for_the_same(
    tmp_path: Path,
) -> None:
    told: list[str] = []
    imported(ChatDb(tmp_path).hear("hi").done())
    other = jsonl(tmp_path, said(("DHL", 0, "parcel"), ("me", 5, "ok"), chat="DHL"))
    import_history("ana", who="DHL", path=other, answers=Answers(), tell=told.append)
    assert f"was about {ANA}; DHL is taken for the same person" in told[-1]


def test_somebody_of_the_same_number_is_not_told_of(tmp_path: Path) -> None:
    told: list[str] = []
    imported(ChatDb(tmp_path).hear("hi").done())
    other = jsonl(tmp_path, said(("Ana", 0, "hello"), ("me", 5, "ok"), chat=ANA))
    import_history("ana", who="Ana", path=other, answers=Answers(), tell=told.append)
    assert len(told) == 1


def test_a_history_of_groups_alone_says_so(tmp_path: Path) -> None:
    with pytest.raises(EmptyConversationError, match="group chats alone"):
        imported(ChatDb(tmp_path).group("hi").done(), None)


def test_anew_forgets_what_was_imported_before(tmp_path: Path) -> None:
    imported(ChatDb(tmp_path).hear("hi").done())
    report = imported(jsonl(tmp_path, said(("ana", 0, "hello"), ("me", 1, "x"))), None, anew=True)
    assert (report.parts, texts(report.bot)) == (1, ["hello", "x"])


def test_the_gaps_that_were_set_stay_set(tmp_path: Path) -> None:
    chat = ChatDb(tmp_path).hear("hi").say("1").wait(timedelta(minutes=20)).hear("yo").say("2")
    path = chat.done()
    assert imported(path, pairing=Pairing(5, 10)).counts.sessions == 2
    assert imported(path).counts.sessions == 2
    assert imported(path, pairing=Pairing(5, 30)).counts.sessions == 1


def test_a_failed_import_leaves_the_bot_as_it_was(tmp_path: Path) -> None:
    before = written(imported(ChatDb(tmp_path).hear("hi").say("yo").done()).bot)
    with pytest.raises(EmptyConversationError, match="no text"):
        imported(ChatDb(tmp_path, "other.db").image().done())
    with pytest.raises(PersonNotFoundError):
        imported(ChatDb(tmp_path, "third.db").say("hi").done(), "Zoe")
    assert written(open_bot("ana")) == before


def test_a_failed_first_import_leaves_no_bot(tmp_path: Path) -> None:
    with pytest.raises(EmptyConversationError):
        imported(ChatDb(tmp_path).image().done())
    assert all_bots() == []


def test_a_failed_import_deletes_nothing_that_it_did_not_make(tmp_path: Path) -> None:
    bot = imported(ChatDb(tmp_path).hear("hi").say("yo").done()).bot
    (bot.path / "bot.toml").unlink()
    bot.gguf.write_bytes(b"weights")
    before = contents(bot.path)
    with pytest.raises(EmptyConversationError):
        imported(ChatDb(tmp_path, "other.db").image().done())
    assert contents(bot.path) == before


def test_a_failed_first_import_leaves_an_empty_folder_that_was_there(
    home: Path, tmp_path: Path
) -> None:
    (home / "ana").mkdir(parents=True)
    with pytest.raises(EmptyConversationError):
        imported(ChatDb(tmp_path).image().done())
    assert (home / "ana").is_dir()


def test_the_remains_of_a_killed_import_are_swept(tmp_path: Path) -> None:
    path = ChatDb(tmp_path).hear("hi").done()
    bot = imported(path).bot
    (bot.path / ".import.killed").mkdir()
    imported(path)
    assert list(bot.path.glob(".import*")) == []


def _bursts(wait: float) -> list[Message]:
    lines: list[tuple[str, float, str]] = []
    for number in range(200):
        moment = number * 86_400.0
        lines += [("ana", moment, "hm?"), (ME, moment + 30, "so"), (ME, moment + 30 + wait, "so")]
    return said(*lines)


def test_an_import_learns_how_long_i_take_and_leaves_the_patience(tmp_path: Path) -> None:
    bot = imported(jsonl(tmp_path, _bursts(wait=7.0)), who=None).bot
    assert bot.settings.timing.typing(2) == pytest.approx(7.0, abs=0.1)
    assert bot.settings.timing.begin == pytest.approx((23.0,) * 24, abs=0.1)
    bot.save(replace(bot.settings, timing=replace(bot.settings.timing, patience=1.5)))

    report = imported(jsonl(tmp_path, _bursts(wait=60.0)), who=None)

    assert bot.settings.timing.typing(2) == pytest.approx(60.0, rel=0.02)
    assert bot.settings.timing.patience == 1.5
    assert bot.settings.timing == report.counts.timing


def test_a_history_without_seconds_brings_the_usual_times_back(tmp_path: Path) -> None:
    bot = imported(jsonl(tmp_path, _bursts(wait=7.0)), who=None).bot
    minutes = [each._replace(sent_at=each.sent_at.replace(second=0)) for each in _bursts(wait=60.0)]
    imported(jsonl(tmp_path, minutes), who=None)
    assert bot.settings.timing == Timing()
