import contextlib
import json
import os
import time
import zipfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from elvisbot.conversation import ME, Message
from elvisbot.errors import ElvisBotError, NeedsAnswerError, SourceUnreadableError, UsageError
from elvisbot.messages import decoded, encoded
from elvisbot.sources import UNREADABLE, Answers, telegram
from tests.sources.reading import Reading, read

SAMPLES = Path(__file__).parents[1] / "samples" / "telegram"
ANN = 5550100001
SAM = 5550100009


def said(number: Any, who: int, text: Any = "hi", **more: Any) -> dict[str, Any]:
    return {
        "id": number,
        "type": "message",
        "date_unixtime": str(1714550400 + (number if isinstance(number, int) else 0)),
        "from": {ANN: "Ann", SAM: "Sam"}.get(who),
        "from_id": f"user{who}",
        "text": text,
        **more,
    }


def chat(*messages: Any, **more: Any) -> dict[str, Any]:
    header = {"name": "Ann", "type": "personal_chat", "id": ANN} | more
    return {**header, "messages": list(messages)}


def account(*chats: Any, me: Any = SAM) -> dict[str, Any]:
    return {
        "about": "Here is the data you requested. Remember: Telegram is ad free.",
        "personal_information": {"user_id": me},
        "chats": {"about": "", "list": list(chats)},
    }


def written(folder: Path, content: Any) -> Path:
    (path := folder / "result.json").write_text(json.dumps(content), encoding="utf-8")
    return path


def reading(folder: Path, content: Any, me: str | None = None) -> Reading:
    return read(written(folder, content), "telegram", answers=Answers(() if me is None else (me,)))


def senders(found: Reading) -> list[str]:
    return [message.sender for message in found.messages]


def refusal(path: Path, me: str | None = None) -> ElvisBotError:
    with (
        pytest.raises(ElvisBotError) as caught,
        telegram.opened(path, Answers(() if me is None else (me,))) as history,
    ):
        list(history.entries(None))
    assert caught.value.remedy
    return caught.value


def test_the_account_that_is_not_the_other_one_is_me(tmp_path: Path) -> None:
    found = reading(tmp_path, chat(said(1, SAM), said(2, ANN), said(3, SAM)))
    assert senders(found) == [ME, f"telegram:{ANN}", ME]


def test_a_third_account_in_a_chat_of_two_is_nobody(tmp_path: Path) -> None:
    assert reading(tmp_path, chat(said(1, SAM), said(2, 7), said(3, ANN))).buckets[UNREADABLE] == 1
    found = reading(tmp_path, account(chat(said(1, 7), said(2, SAM))))
    assert senders(found) == [ME]


@pytest.mark.parametrize("from_id", [None, "", "user", "user1x", "channel5550100001", 1.5, [], {}])
def test_a_message_of_no_account_is_unreadable(tmp_path: Path, from_id: Any) -> None:
    found = reading(tmp_path, chat(said(1, ANN), said(2, SAM, from_id=from_id)))
    assert found.buckets == {"used": 1, UNREADABLE: 1}


def test_where_the_other_account_is_unknown_mine_tells(tmp_path: Path) -> None:
    found = reading(tmp_path, account(chat(said(1, ANN), said(2, SAM), said(3, 7), id=None)))
    assert senders(found) == ["telegram:Ann", ME]
    assert found.people[0].handles == ("Ann",)


def test_where_no_account_is_known_the_owner_is_asked(tmp_path: Path) -> None:
    content = chat(said(1, ANN), said(2, SAM), said(3, 7), id=None)
    error = refusal(written(tmp_path, content))
    assert isinstance(error, NeedsAnswerError)
    assert (error.question, error.choices) == ("me", ("Ann", "Sam"))
    assert "--me" in error.remedy


@pytest.mark.parametrize("name", ["Sam", "sam", " SAM "])
def test_the_owner_answers_by_name(tmp_path: Path, name: str) -> None:
    content = chat(said(1, ANN), said(2, SAM), said(3, 7), id=None)
    found = reading(tmp_path, content, me=name)
    assert senders(found) == ["telegram:Ann", ME]
    assert found.buckets == {"used": 2, UNREADABLE: 1}


def test_a_name_that_nobody_has_is_refused(tmp_path: Path) -> None:
    error = refusal(written(tmp_path, chat(said(1, ANN), id=None)), "Zoe")
    assert isinstance(error, UsageError)
    assert not isinstance(error, NeedsAnswerError)
    assert "Ann" in error.remedy


def test_no_question_is_asked_that_the_file_answers(tmp_path: Path) -> None:
    assert senders(reading(tmp_path, chat(said(1, SAM)), me="Zoe")) == [ME]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a\r\nb", "a\r\nb"),
        (
            ["a", {"type": "link", "text": "b"}, "", {"type": "pre", "text": "c", "language": ""}],
            "abc",
        ),
        (" é\u0301 ", " é\u0301 "),
        (["half \ud83d", "\ude00"], "half ��"),
        ("\u200b", "\u200b"),
    ],
)
def test_texts_stay_as_they_were_typed(tmp_path: Path, text: Any, expected: str) -> None:
    assert [each.text for each in reading(tmp_path, chat(said(1, SAM, text))).messages] == [
        expected
    ]


@pytest.mark.parametrize("text", ["", "  \n", [], ["", {"text": ""}]])
def test_a_message_without_text_is_blank_or_what_came_with_it(tmp_path: Path, text: Any) -> None:
    assert reading(tmp_path, chat(said(1, SAM, text))).buckets == {"blank": 1}
    found = reading(tmp_path, chat(said(1, SAM, text, photo="x.jpg")))
    assert [(each.text, each.placeholder) for each in found.messages] == [("", "picture")]


@pytest.mark.parametrize("text", [None, 1, {"text": 1}, [1], [[]], [{}], ["a", {"text": None}]])
def test_a_text_that_is_none_is_unreadable(tmp_path: Path, text: Any) -> None:
    assert reading(tmp_path, chat(said(1, SAM, text))).buckets == {UNREADABLE: 1}


@pytest.mark.parametrize(
    ("stamp", "bucket"),
    [
        ("1", "used"),
        (1714550400, "used"),
        ("253402300799", "used"),
        ("253402300800", "no date"),
        ("0", "no date"),
        ("-1", "no date"),
        ("9" * 5000, "no date"),
        (2**62, "no date"),
        ("", "no date"),
        ("1e9", "no date"),
    ],
)
def test_dates_are_within_the_calendar(tmp_path: Path, stamp: Any, bucket: str) -> None:
    assert reading(tmp_path, chat(said(1, SAM, date_unixtime=stamp))).buckets == {bucket: 1}


@pytest.mark.parametrize(
    "date", [None, 1, [], "", "soon", "0001-01-01T00:00:00", "2024-13-01T00:00:00"]
)
def test_impossible_local_dates_are_no_dates(tmp_path: Path, date: Any) -> None:
    content = chat(said(1, SAM, date_unixtime=None, date=date))
    assert reading(tmp_path, content).buckets == {"no date": 1}


def test_a_local_date_counts_where_there_are_no_seconds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TZ", "Asia/Kolkata")
    time.tzset()
    content = chat(said(1, SAM, date_unixtime=None, date="2020-02-29T05:30:00"))
    [message] = reading(tmp_path, content).messages
    assert message.sent_at.isoformat() == "2020-02-29T00:00:00+00:00"


def test_what_changed_in_an_export_leaves_ids_as_they_were(tmp_path: Path) -> None:
    old = reading(tmp_path, chat(said(1, SAM), said(2, ANN))).messages
    new = chat(said(1, SAM, "edited"), said(2, ANN), said(3, ANN), name="Ann-Marie")
    assert {each.id for each in old} < {each.id for each in reading(tmp_path, new).messages}


def test_the_same_message_twice_is_one(tmp_path: Path) -> None:
    found = reading(tmp_path, chat(said(1, SAM, "a"), said(1, SAM, "b")))
    assert [each.text for each in found.messages] == ["a"]
    assert found.buckets == {"used": 1, "duplicate": 1}


@pytest.mark.parametrize(
    "reactions",
    [
        None,
        {},
        [None, 1, []],
        [{"type": "emoji", "emoji": "👍"}],
        [{"type": "emoji", "emoji": "👍", "recent": None}],
        [{"type": "emoji", "emoji": "👍", "recent": [None, {}, {"from_id": "user7"}]}],
        [{"type": "emoji", "emoji": None, "recent": [{"from_id": f"user{ANN}"}]}],
        [{"type": "paid", "recent": [{"from_id": f"user{ANN}"}]}],
    ],
)
def test_reactions_of_nobody_are_none(tmp_path: Path, reactions: Any) -> None:
    [message] = reading(tmp_path, chat(said(1, SAM, reactions=reactions))).messages
    assert message.reactions == ()


def test_the_copy_in_the_newest_export_counts(tmp_path: Path) -> None:
    for folder, text in (("DataExport_2024-05-02", "edited"), ("ChatExport_2024-06-01", "again")):
        (tmp_path / folder).mkdir()
        written(tmp_path / folder, chat(said(1, SAM, "a"), said(2, ANN, text), said(3, SAM, "c")))
    (tmp_path / "ChatExport_2024-05-01").mkdir()
    first = account(chat(said(1, SAM, "a"), said(2, ANN, "typed"), said(4, SAM, "gone")))
    written(tmp_path / "ChatExport_2024-05-01", first)
    found = read(tmp_path, "telegram")
    assert [each.text for each in found.messages] == ["a", "again", "c", "gone"]
    assert found.buckets == {"used": 4, "duplicate": 5}


def test_reactions_without_a_date_come_last(tmp_path: Path) -> None:
    recent = [{"from_id": f"user{ANN}"}, {"from_id": f"user{SAM}", "date": "2024-05-01T10:00:00"}]
    reactions = [{"type": "emoji", "emoji": "👎", "count": 2, "recent": recent}]
    [message] = reading(tmp_path, chat(said(1, SAM, reactions=reactions))).messages
    assert [each.sender for each in message.reactions] == [ME, f"telegram:{ANN}"]
    assert [each.kind for each in message.reactions] == ["👎", "👎"]


def test_a_chat_without_messages_or_with_what_is_none_harms_nobody(tmp_path: Path) -> None:
    found = reading(tmp_path, account(None, 3, [], {}, {"messages": {}}, chat(said(1, SAM))))
    assert senders(found) == [ME]


@pytest.mark.parametrize("kind", [None, 1, [], "Personal_Chat", "replies", "a chat of the future"])
def test_what_is_no_personal_chat_is_a_group(tmp_path: Path, kind: Any) -> None:
    assert reading(tmp_path, account(chat(said(1, SAM), type=kind))).buckets == {"group chat": 1}


def test_messages_before_their_chat_are_refused(tmp_path: Path) -> None:
    wrong = {"messages": [said(1, SAM)], "type": "personal_chat", "id": ANN, "name": "Ann"}
    error = refusal(written(tmp_path, account(wrong)))
    assert "what chat" in error.problem
    # A chat without a header does not inherit that of the one before.
    assert "what chat" in refusal(written(tmp_path, account(chat(), wrong))).problem


def test_an_export_cut_short_is_refused_and_named(tmp_path: Path) -> None:
    path = written(tmp_path, chat(said(1, SAM, "secret words"), said(2, ANN)))
    path.write_bytes(path.read_bytes()[:-40])
    error = refusal(path)
    assert isinstance(error, SourceUnreadableError)
    assert str(path) in error.problem
    assert "secret" not in error.problem + error.remedy


def test_an_export_in_html_is_recognised_and_its_remedy_told(tmp_path: Path) -> None:
    (tmp_path / "css").mkdir()
    (tmp_path / "css" / "style.css").touch()
    assert not telegram.recognises(tmp_path)
    (tmp_path / "messages.html").write_text("<html>")
    assert telegram.recognises(tmp_path)
    assert "JSON" in refusal(tmp_path).remedy


def test_links_in_a_folder_are_told_of(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(SAMPLES)
    written(tmp_path, chat(said(1, SAM)))
    found = read(tmp_path, "telegram")
    assert found.notes == ["Symbolic links in the folder were left alone: 1."]


def test_links_in_a_folder_are_not_followed(tmp_path: Path) -> None:
    outside = written(tmp_path, chat(said(1, SAM)))
    (folder := tmp_path / "export").mkdir()
    (folder / "result.json").symlink_to(outside)
    (elsewhere := tmp_path / "elsewhere").mkdir()
    outside.rename(elsewhere / "result.json")
    (folder / "ChatExport").symlink_to(elsewhere)
    assert not telegram.recognises(folder)
    assert isinstance(refusal(folder), SourceUnreadableError)


def test_a_forbidden_file_is_refused(tmp_path: Path) -> None:
    path = written(tmp_path, chat(said(1, SAM)))
    path.chmod(0)
    if os.access(path, os.R_OK):
        pytest.skip("this user may read everything")
    assert "may not be read" in refusal(path).problem


@pytest.mark.parametrize(
    "content",
    [
        b'{"name": "Ann", "type": "personal_chat"}',
        b'{"participants": [], "messages": []}',
        b'{"guild": {}, "channel": {}, "messages": []}',
        b'{"about": "me"}',
        b'[{"name": "Ann", "type": "personal_chat", "id": 1, "messages": []}]',
        b'{"id":"1","chat":"2","from":"me","sent_at":"2024-05-01T12:00:00Z","text":"hi"}',
    ],
)
def test_other_json_is_not_recognised(tmp_path: Path, content: bytes) -> None:
    (path := tmp_path / "result.json").write_bytes(content)
    assert not telegram.recognises(path)
    assert not telegram.recognises(tmp_path)


def test_a_zip_of_something_else_is_not_recognised(tmp_path: Path) -> None:
    path = tmp_path / "other.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a/result.json", "{}")
        archive.writestr("chat.json", json.dumps(chat()))
    assert not telegram.recognises(path)


SAMPLE = (SAMPLES / "one-chat" / "input.json").read_bytes()
scalars = (
    st.none()
    | st.booleans()
    | st.integers(1 - 2**63, 2**63 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(), max_size=5)
)
anything = st.recursive(
    scalars,
    lambda inner: st.lists(inner) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=5,
)
FIELDS = sorted(
    {
        key
        for message in json.loads(SAMPLE.replace(rb"a\x0B", b"a"))["messages"]
        for key in message or ()
    }
)
records = st.builds(
    lambda base, changes: base | changes,
    st.just(said(1, SAM)),
    st.dictionaries(st.sampled_from(FIELDS), anything),
)


def survives(path: Path) -> None:
    with contextlib.suppress(ElvisBotError):
        telegram.recognises(path)
        with telegram.opened(path, Answers()) as history:
            for _, content in history.entries(None):
                if isinstance(content, Message):
                    assert decoded(encoded(content)) == content


@settings(max_examples=150, deadline=None)
@given(st.lists(records | anything), st.dictionaries(st.sampled_from(["name", "id"]), anything))
def test_whatever_stands_in_the_fields_nothing_but_our_errors_is_raised(
    tmp_path_factory: pytest.TempPathFactory, messages: list[Any], header: dict[str, Any]
) -> None:
    folder = tmp_path_factory.mktemp("fuzz")
    survives(written(folder, chat(*messages, **header)))
    survives(written(folder, account(chat(*messages, **header))))


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_whatever_bytes_are_broken_nothing_but_our_errors_is_raised(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    content = bytearray(SAMPLE)
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(content) - 1))
        content[at : at + data.draw(st.integers(0, 30))] = data.draw(st.binary(max_size=8))
    (path := tmp_path_factory.mktemp("fuzz") / "result.json").write_bytes(content)
    survives(path)
