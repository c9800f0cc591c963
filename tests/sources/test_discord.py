import contextlib
import json
import zipfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from elvisbot.conversation import ME, Message
from elvisbot.errors import ElvisBotError, NeedsAnswerError, SourceUnreadableError, UsageError
from elvisbot.messages import decoded, encoded
from elvisbot.sources import UNREADABLE, Answers, discord
from tests.sources.reading import Reading, read

SAMPLES = Path(__file__).parents[1] / "samples" / "discord"


def account(number: int, name: str, shown: str | None = None, **more: Any) -> dict[str, Any]:
    return {"id": str(number), "name": name, "nickname": shown or name, "isBot": False, **more}


ANN = account(1, "ann_", "Ann")
SAM = account(2, "sam_", "Sam")
BOT = account(3, "Bot", isBot=True)


def said(number: Any, author: Any, content: Any = "hi", **more: Any) -> dict[str, Any]:
    return {
        "id": str(number) if isinstance(number, int) else number,
        "type": "Default",
        "timestamp": "2024-05-01T12:00:00.5+00:00",
        "content": content,
        "author": author,
        **more,
    }


def channel(*messages: Any, number: Any = "77", **more: Any) -> dict[str, Any]:
    header = {"id": number, "type": "DirectTextChat", "name": "Ann"} | more
    return {"guild": {"id": "0"}, "channel": header, "messages": list(messages)}


def written(path: Path, content: Any) -> Path:
    path.write_text(json.dumps(content), encoding="utf-8")
    return path


def reading(folder: Path, *channels: Any, me: str | None = "sam_") -> Reading:
    for number, content in enumerate(channels):
        written(folder / f"{number}.json", content)
    return read(folder, "discord", answers=Answers(() if me is None else (me,)))


def senders(found: Reading) -> list[str]:
    return [message.sender for message in found.messages]


def refusal(path: Path, me: str | None = "sam_") -> ElvisBotError:
    with (
        pytest.raises(ElvisBotError) as caught,
        discord.opened(path, Answers(() if me is None else (me,))) as history,
    ):
        list(history.entries(None))
    assert caught.value.remedy
    return caught.value


@pytest.mark.parametrize("me", ["sam_", " SAM_ ", "Sam", "sam", "2"])
def test_i_am_known_by_name_by_what_i_am_shown_as_and_by_id(tmp_path: Path, me: str) -> None:
    found = reading(tmp_path, channel(said(10, ANN), said(11, SAM)), me=me)
    assert senders(found) == ["discord:77", ME]


def test_the_owner_is_asked_and_offered_the_most_frequent_account_first(tmp_path: Path) -> None:
    written(tmp_path / "1.json", channel(said(10, ANN), said(11, SAM)))
    written(tmp_path / "2.json", channel(said(12, account(4, "bo")), said(13, SAM), number="78"))
    error = refusal(tmp_path, me=None)
    assert isinstance(error, NeedsAnswerError)
    assert (error.question, error.choices) == ("me", ("sam_", "ann_", "bo"))
    assert "--me" in error.remedy


@pytest.mark.parametrize("me", ["Zoe", "", " "])
def test_a_name_that_nobody_has_is_refused(tmp_path: Path, me: str) -> None:
    error = refusal(written(tmp_path / "1.json", channel(said(10, ANN), said(11, SAM))), me)
    assert isinstance(error, UsageError)
    assert not isinstance(error, NeedsAnswerError)
    assert "ann_" in error.remedy


def test_a_name_that_two_have_is_refused_and_their_ids_offered(tmp_path: Path) -> None:
    one, other = account(4, "Deleted User"), account(5, "Deleted User")
    path = written(tmp_path / "1.json", channel(said(10, one), said(11, other)))
    assert "4, 5" in refusal(path, "deleted user").remedy
    assert senders(reading(tmp_path, channel(said(10, one), said(11, other)), me="5"))[1] == ME


def test_a_unique_name_goes_before_what_somebody_else_is_shown_as(tmp_path: Path) -> None:
    other = account(4, "other", "sam_")
    assert senders(reading(tmp_path, channel(said(10, SAM), said(11, other))))[0] == ME


def test_nothing_is_asked_where_there_are_groups_alone(tmp_path: Path) -> None:
    content = channel(said(10, ANN), said(11, SAM), type="GuildTextChat")
    found = reading(tmp_path, content, me=None)
    assert (found.people, found.buckets) == ([], {"group chat": 2})


@pytest.mark.parametrize("kind", ["DirectGroupTextChat", "GuildPublicThread", "", None, 1, []])
def test_what_is_no_direct_channel_is_a_group(tmp_path: Path, kind: Any) -> None:
    assert reading(tmp_path, channel(said(10, SAM), None, type=kind)).buckets == {"group chat": 2}


def test_somebody_who_never_answered_is_called_like_the_channel(tmp_path: Path) -> None:
    [person] = reading(tmp_path, channel(said(10, SAM))).people
    assert (person.name, person.handles) == ("Ann", ("Ann",))


def test_somebody_is_known_from_all_files_of_a_channel(tmp_path: Path) -> None:
    found = reading(tmp_path, channel(said(10, SAM), name=None), channel(said(11, ANN), name=None))
    assert [(each.name, each.handles) for each in found.people] == [("Ann", ("Ann", "ann_"))]


def test_a_conversation_with_a_bot_is_automatic_and_a_bot_in_one_drops_out(tmp_path: Path) -> None:
    with_bot = channel(said(10, SAM), said(11, BOT))
    with_ann = channel(said(12, SAM), said(13, BOT), said(14, ANN), number="78")
    found = reading(tmp_path, with_bot, with_ann)
    assert found.buckets == {"automatic": 3, "used": 2}
    assert [each.key for each in found.people] == ["discord:78"]


def test_channels_between_others_are_left_out_and_noted(tmp_path: Path) -> None:
    between = channel(said(10, ANN), said(11, account(4, "bo")), number="78", name="Bo")
    found = reading(tmp_path, channel(said(12, SAM)), between)
    assert found.buckets == {"used": 1, "another conversation": 2}
    assert found.notes == ["“Bo” is between others and was left out."]


@pytest.mark.parametrize(
    ("timestamp", "sent_at"),
    [
        ("2024-05-01T12:00:00+02:00", "2024-05-01T10:00:00+00:00"),
        ("2024-05-01T12:00:00.1234567Z", "2024-05-01T12:00:00.123456+00:00"),
        ("0001-01-01T00:00:00+00:00", "0001-01-01T00:00:00+00:00"),
        ("0001-01-01T00:00:00+01:00", None),
        ("9999-12-31T23:59:59-01:00", None),
        ("2024-05-01T12:00:00", None),
        ("2024-02-30T12:00:00Z", None),
        ("now", None),
        ("", None),
        (1714550400, None),
        (None, None),
    ],
)
def test_times_are_told_in_utc(tmp_path: Path, timestamp: Any, sent_at: str | None) -> None:
    found = reading(tmp_path, channel(said(10, SAM, timestamp=timestamp)))
    assert [each.sent_at.isoformat() for each in found.messages] == ([sent_at] if sent_at else [])
    assert found.buckets == {"used" if sent_at else "no date": 1}


@pytest.mark.parametrize(
    ("attachment", "placeholder"),
    [
        ({"fileName": "a.JPG"}, "picture"),
        ({"fileName": "SPOILER_a.b.webp"}, "picture"),
        ({"fileName": "a.mov"}, "video"),
        ({"fileName": "voice-message.ogg"}, "voice message"),
        ({"fileName": "song.ogg"}, "file"),
        ({"fileName": "jpg"}, "file"),
        ({"fileName": ""}, "file"),
        ({"fileName": None}, "file"),
        ({}, "file"),
        (None, None),
        ("a.jpg", None),
    ],
)
def test_what_was_attached_is_told_by_its_ending(
    tmp_path: Path, attachment: Any, placeholder: str | None
) -> None:
    [message] = reading(tmp_path, channel(said(10, SAM, attachments=[attachment]))).messages
    assert message.placeholder == placeholder


@pytest.mark.parametrize("content", ["a\r\n b ", "é\u0301", "half �", ":smile: <@1>"])
def test_texts_stay_as_they_are(tmp_path: Path, content: str) -> None:
    found = reading(tmp_path, channel(said(10, SAM, content.replace("�", "\udc00"))))
    assert [each.text for each in found.messages] == [content]


@pytest.mark.parametrize(
    "author", [None, "Sam", {}, {"id": 2}, {"id": "9"}, {"id": "x"}, {"id": []}]
)
def test_a_message_of_nobody_is_unreadable(tmp_path: Path, author: Any) -> None:
    found = reading(tmp_path, channel(said(10, SAM), said(11, ANN), said(12, author)), me="Sam")
    assert found.buckets in ({"used": 2, UNREADABLE: 1}, {"another conversation": 3})


@pytest.mark.parametrize("number", [None, 1.5, "", "x", "-1", "1" * 21, "١", []])
def test_a_message_without_an_id_is_unreadable(tmp_path: Path, number: Any) -> None:
    assert reading(tmp_path, channel(said(10, SAM), said(number, SAM))).buckets[UNREADABLE] == 1


@pytest.mark.parametrize("kind", ["ThreadCreated", "7", "", None, 0, []])
def test_what_nobody_typed_is_an_event(tmp_path: Path, kind: Any) -> None:
    assert reading(tmp_path, channel(said(10, SAM, type=kind))).buckets == {"event": 1}


@pytest.mark.parametrize("reference", [None, [], {}, {"messageId": None}, {"messageId": "x"}])
def test_an_answer_to_nothing_is_a_message(tmp_path: Path, reference: Any) -> None:
    content = channel(said(10, SAM, type="Reply", reference=reference))
    assert [each.reply_to for each in reading(tmp_path, content).messages] == [None]


def test_what_is_forwarded_is_not_my_text(tmp_path: Path) -> None:
    forward = said(
        10, SAM, "", forwardedMessage={"content": "theirs"}, reference={"messageId": "1"}
    )
    [message] = reading(tmp_path, channel(forward)).messages
    assert (message.text, message.is_forwarded, message.reply_to) == ("theirs", True, None)


@pytest.mark.parametrize(
    "reactions",
    [
        None,
        {},
        [None, 1],
        [{"emoji": None, "users": [SAM]}],
        [{"emoji": {"name": None}, "users": [SAM]}],
        [{"emoji": {"name": "👍"}, "count": 2}],
        [{"emoji": {"name": "👍"}, "users": None}],
        [{"emoji": {"name": "👍"}, "users": [None, {}, account(9, "zed")]}],
    ],
)
def test_reactions_of_nobody_are_none(tmp_path: Path, reactions: Any) -> None:
    [message] = reading(tmp_path, channel(said(10, SAM, reactions=reactions))).messages
    assert message.reactions == ()


@pytest.mark.parametrize(
    "header", [{}, {"channel": None}, {"channel": {}}, {"channel": {"id": 7}}, {"messages": []}]
)
def test_a_file_that_does_not_tell_its_channel_is_refused(tmp_path: Path, header: Any) -> None:
    content = {"guild": {"id": "0"}, **header, "channel ": channel()["channel"]}
    path = written(tmp_path / "1.json", content)
    assert discord.recognises(path)
    assert "what channel" in refusal(path).problem


def test_messages_before_their_channel_are_refused(tmp_path: Path) -> None:
    content = channel(said(10, SAM))
    turned = {key: content[key] for key in ("guild", "messages", "channel")}
    assert "what channel" in refusal(written(tmp_path / "1.json", turned)).problem


def test_an_export_cut_short_is_refused_and_named(tmp_path: Path) -> None:
    written(tmp_path / "1.json", channel(said(10, ANN)))
    path = written(tmp_path / "2.json", channel(said(11, SAM, "secret words")))
    path.write_bytes(path.read_bytes()[:-20])
    error = refusal(tmp_path)
    assert isinstance(error, SourceUnreadableError)
    assert str(path) in error.problem
    assert "secret" not in error.problem + error.remedy


def test_a_folder_of_something_else_is_refused(tmp_path: Path) -> None:
    written(tmp_path / "1.json", {"guild": "none"})
    assert not discord.recognises(tmp_path)
    assert "JSON" in refusal(tmp_path).remedy


def test_links_in_a_folder_are_told_of(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(SAMPLES)
    found = reading(tmp_path, channel(said(10, SAM)))
    assert found.notes == ["Symbolic links in the folder were left alone: 1."]


def test_the_copy_that_was_exported_last_counts(tmp_path: Path) -> None:
    old = channel(said(10, SAM, "a"), said(11, ANN, "typed"), said(12, SAM, "gone"))
    new = channel(said(10, SAM, "a"), said(11, ANN, "edited"), said(13, SAM, "c"))
    for content, moment in ((old, "2024-05-01"), (new, "2024-05-02")):
        messages = content.pop("messages")
        content |= {"exportedAt": f"{moment}T12:00:00+00:00", "messages": messages}
    found = reading(tmp_path, new, old)
    assert [each.text for each in found.messages] == ["a", "edited", "gone", "c"]
    assert found.buckets == {"used": 4, "duplicate": 2}


def test_of_copies_without_a_date_the_last_by_name_counts(tmp_path: Path) -> None:
    found = reading(tmp_path, channel(said(10, SAM, "a")), channel(said(10, SAM, "b")))
    assert [each.text for each in found.messages] == ["b"]


def test_links_in_a_folder_are_not_followed(tmp_path: Path) -> None:
    outside = written(tmp_path / "outside.json", channel(said(10, SAM)))
    (folder := tmp_path / "export").mkdir()
    (folder / "1.json").symlink_to(outside)
    (folder / "more").symlink_to(tmp_path)
    assert not discord.recognises(folder)
    assert isinstance(refusal(folder), SourceUnreadableError)


@pytest.mark.parametrize(
    "content",
    [
        b'{"name": "Ann", "type": "personal_chat", "id": 1, "messages": []}',
        b'{"participants": [], "messages": []}',
        b'[{"guild": {"id": "0"}}]',
        b'{"guild": {"id": 0}}',
    ],
)
def test_other_json_is_not_recognised(tmp_path: Path, content: bytes) -> None:
    (path := tmp_path / "1.json").write_bytes(content)
    with zipfile.ZipFile(tmp_path / "1.zip", "w") as archive:
        archive.writestr("1.json", content)
    assert not discord.recognises(path)
    assert not discord.recognises(tmp_path)
    assert not discord.recognises(tmp_path / "1.zip")


SAMPLE = (SAMPLES / "one-channel" / "input.json").read_bytes()
FIELDS = sorted({key for message in json.loads(SAMPLE)["messages"] for key in message or ()})
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
records = st.builds(
    lambda base, changes: base | changes,
    st.sampled_from([said(10, SAM), said(11, ANN, attachments=[{}], type="Reply")]),
    st.dictionaries(st.sampled_from(FIELDS), anything, max_size=3),
)


def survives(path: Path) -> None:
    with contextlib.suppress(ElvisBotError):
        discord.recognises(path)
        with discord.opened(path, Answers(("sam_",))) as history:
            for _, content in history.entries(None):
                if isinstance(content, Message):
                    assert decoded(encoded(content)) == content


@settings(max_examples=150, deadline=None)
@given(st.lists(records | anything), st.dictionaries(st.sampled_from(["name", "id"]), anything))
def test_whatever_stands_in_the_fields_nothing_but_our_errors_is_raised(
    tmp_path_factory: pytest.TempPathFactory, messages: list[Any], header: dict[str, Any]
) -> None:
    folder = tmp_path_factory.mktemp("fuzz")
    content = channel(said(1, SAM), *messages)
    survives(written(folder / "1.json", content))
    survives(written(folder / "1.json", content | {"channel": content["channel"] | header}))


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_whatever_bytes_are_broken_nothing_but_our_errors_is_raised(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    content = bytearray(SAMPLE.replace(b"sam.example", b"sam_"))
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(content) - 1))
        content[at : at + data.draw(st.integers(0, 30))] = data.draw(st.binary(max_size=8))
    (path := tmp_path_factory.mktemp("fuzz") / "1.json").write_bytes(content)
    survives(path)
