"""Messenger and Instagram: what the samples cannot show."""

import contextlib
import io
import json
import zipfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from elvisbot.conversation import Message
from elvisbot.errors import ElvisBotError, NeedsAnswerError, SourceUnreadableError, UsageError
from elvisbot.messages import encoded
from elvisbot.sources import Answers, meta
from elvisbot.sources._meta_messages import MAX_TEXT, mended
from elvisbot.sources._meta_notices import notice
from tests.sources.reading import Reading, read

ME = "Zoë Kent"
ANN = "Ann Lee"
NOON = 1_714_564_800_000
SAMPLES = Path(__file__).parents[1] / "samples" / "meta"
SAMPLE = SAMPLES / "one-file" / "input.json"

hundred_times = settings(
    max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def message(content: Any = "hi", sender: Any = ANN, after: int = 0, **keys: Any) -> dict[str, Any]:
    """A message sent `after` milliseconds past noon."""
    return {"sender_name": sender, "timestamp_ms": NOON + after, "content": content} | keys


def thread(
    folder: Path,
    *messages: Any,
    people: tuple[str, ...] = (ANN, ME),
    file: str = "message_1.json",
    **keys: Any,
) -> Path:
    """Writes a file of a conversation; gives its folder."""
    folder.mkdir(parents=True, exist_ok=True)
    named = [{"name": name} for name in people]
    record = {"participants": named, "messages": messages} | keys
    (folder / file).write_text(json.dumps(record), encoding="utf-8")
    return folder


def everything(path: Path, me: str | None = ME) -> Reading:
    return read(path, "meta", answers=Answers(me=(me,) if me else ()))


def refusal(path: Path, me: str | None = ME) -> ElvisBotError:
    with pytest.raises(ElvisBotError) as caught, meta.opened(path, Answers(me=(me,) if me else ())):
        pass
    assert caught.value.remedy
    return caught.value


@pytest.mark.parametrize(
    ("exported", "meant"),
    [
        ("ð\x9f\x98\xa0", "😠"),
        ("schÃ¶n", "schön"),
        ("schön", "schön"),
        ("😠 schÃ¶n", "😠 schÃ¶n"),
        ("plain", "plain"),
        ("", ""),
    ],
)
def test_a_text_is_mended(exported: str, meant: str) -> None:
    assert mended(exported) == meant


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_any_text_of_an_older_export_is_mended(text: str) -> None:
    assert mended(text.encode().decode("latin-1")) == text


@pytest.mark.parametrize(
    ("text", "sender", "expected"),
    [
        ("You sent an attachment.", ME, ("context", "file")),
        ("You sent an attachment.", ANN, None),
        ("Ann sent an attachment.", ANN, ("context", "file")),
        ("Ann Lee sent an attachment.", ANN, ("context", "file")),
        ("Ann sent an attachment.", ME, None),
        ("Ann sent an attachment. or so", ANN, None),
        ("Ann hat einen Anhang gesendet.", ANN, ("context", "file")),
        ("Du hast einen Anhang gesendet.", ME, ("context", "file")),
        ("Ann a envoyé une pièce jointe.", ANN, ("context", "file")),
        ("Ann ha inviato un allegato.", ANN, ("context", "file")),
        ("Ann sent a link.", ANN, ("context", "app")),
        ("Ann sent 3 photos.", ANN, ("context", "picture")),
        ("Ann sent a location.", ANN, ("context", "location")),
        ("Reacted 😂 to your message ", ANN, ("reaction notice", None)),
        ("Liked a message", ANN, ("reaction notice", None)),
        ("Liked a message from my boss", ANN, None),
        ("Hat mit ❤ auf deine Nachricht reagiert ", ANN, ("reaction notice", None)),
        ("Ha reagito con ❤ al tuo messaggio ", ANN, ("reaction notice", None)),
        ("Ann missed your call.", ANN, ("context", "call")),
        ("You missed a video chat with Ann.", ME, ("context", "call")),
        ("You missed the party", ANN, None),
        ("You missed the party", ME, None),
        ("You called me?", ME, None),
        ("Video chat ended", ANN, ("context", "call")),
        ("call", ANN, None),
        ("video call?", ANN, None),
        ("You are now connected on Messenger.", ANN, ("event", None)),
        ("Say hi to your new Facebook friend, Ann.", ANN, ("event", None)),
        ("You set the nickname for Ann to Annie.", ME, ("event", None)),
        ("Ann set your nickname to Z.", ANN, ("event", None)),
        ("Ann set her own nickname to A.", ANN, ("event", None)),
        ("Ann changed the theme to Love.", ANN, ("event", None)),
        ("You changed the theme?", ME, None),
        ("You changed your photo! Love it", ANN, None),
        ("Ann set the quick reaction to 🔥.", ANN, ("event", None)),
        ("Ann waved at you!", ANN, ("event", None)),
        ("Ann created a poll: pizza?", ANN, ("event", None)),
        ("Ann unsent a message", ANN, ("unsent", None)),
        ("", ANN, None),
        ("You sent an attachment." + " " * 500, ME, None),
    ],
)
def test_what_the_app_says_is_told_from_what_people_say(
    text: str, sender: str, expected: tuple[str, str | None] | None
) -> None:
    assert notice(text, sender, is_mine=sender == ME) == expected


def test_a_sender_without_a_name_says_nothing_for_the_app() -> None:
    assert notice("sent an attachment.", "", is_mine=False) is None
    assert notice(" sent an attachment.", " ", is_mine=False) is None


def test_me_is_who_is_in_every_conversation(tmp_path: Path) -> None:
    thread(tmp_path / "ann_1", message(sender=ME))
    thread(tmp_path / "bo_2", message(sender="Bo"), people=(ME, "Bo"))
    thread(tmp_path / "us_3", message(), people=("Bo", "Cy", ANN))
    reading = everything(tmp_path, me=None)
    assert [(each.chat, each.sender) for each in reading.messages] == [
        ("ann_1", "me"),
        ("bo_2", "bo_2"),
    ]


@pytest.mark.parametrize(
    "others",
    [
        [(ANN, ME)],
        [(ANN, ME), (ANN, ME)],
        [(ANN, ME), ("Bo", "Cy")],
        [(ME,)],
    ],
    ids=["one conversation", "twice the same", "nobody in both", "with nobody"],
)
def test_who_me_is_is_asked_where_it_is_unclear(
    tmp_path: Path, others: list[tuple[str, ...]]
) -> None:
    for number, people in enumerate(others):
        thread(tmp_path / f"x_{number}", message(), people=people)
    error = refusal(tmp_path, me=None)
    assert isinstance(error, NeedsAnswerError)
    assert error.question == "me"
    assert ME in error.choices
    assert "--me NAME" in error.remedy


def test_the_answer_is_preferred_and_may_be_capitalised_otherwise(tmp_path: Path) -> None:
    thread(tmp_path / "ann_1", message("a"))
    thread(tmp_path / "bo_2", message("b", sender="Bo"), people=(ME, "Bo"))
    assert [each.sender for each in everything(tmp_path, me=" ZOË kent ").messages] == [
        "ann_1",
        "bo_2",
    ]
    [mine] = everything(tmp_path / "ann_1", me="ann lee").messages
    assert mine.sender == "me"


def test_an_unknown_answer_is_refused_with_the_names(tmp_path: Path) -> None:
    error = refusal(thread(tmp_path / "ann_1", message()), me="Elvis")
    assert isinstance(error, UsageError)
    assert not isinstance(error, NeedsAnswerError)
    assert ANN in error.remedy
    assert ME in error.remedy


def test_nobody_is_asked_where_there_are_only_groups(tmp_path: Path) -> None:
    thread(tmp_path / "us_3", message(), message(), people=("Bo", ME, ANN))
    reading = everything(tmp_path, me=None)
    assert reading.buckets == {"group chat": 2}
    assert reading.people == []


@pytest.mark.parametrize(
    ("people", "senders", "expected"),
    [
        ((ANN, ME), [ANN, ME], ANN),
        ((ANN, ME), [ME], ANN),
        ((ANN, ME), [ANN, "Meta AI"], ANN),
        ((ANN, ME), [ANN, "Bo"], None),
        ((ANN, ME), [ANN, "Facebook user"], None),
        ((ME,), [ME, ANN], ANN),
        ((ME,), [ME], "x_1"),
        ((ME,), [ME, "Facebook user"], "x_1"),
        ((ME, "Instagram User"), [ME, "Instagram User"], "x_1"),
        ((ME, "Meta AI"), [ME, "Meta AI"], "x_1"),
        ((ME, ANN, "Bo"), [ANN], None),
    ],
)
def test_a_conversation_is_of_two(
    tmp_path: Path, people: tuple[str, ...], senders: list[str], expected: str | None
) -> None:
    thread(tmp_path / "x_1", *(message(sender=name) for name in senders), people=people)
    reading = everything(tmp_path)
    assert [person.name for person in reading.people] == ([] if expected is None else [expected])


def test_a_conversation_over_several_folders_is_one(tmp_path: Path) -> None:
    thread(tmp_path / "inbox" / "ann_1", message("c", after=3), message("b", after=2))
    thread(tmp_path / "inbox" / "ann_1", message("a", after=1), file="message_2.json")
    thread(tmp_path / "e2ee_cutover" / "ann_1", message("d", after=4), message("c", after=3))
    reading = everything(tmp_path)
    assert [each.text for each in reading.messages] == ["a", "b", "c", "d"]
    assert reading.buckets == {"used": 4, "duplicate": 1}


def test_the_copy_in_the_newest_download_counts(tmp_path: Path) -> None:
    loved = [{"reaction": "❤", "actor": ANN}]
    copies = (("facebook-2024-01", []), ("facebook-2024-06", loved))
    for folder, reactions in copies:
        copy = message("a", ME, reactions=reactions)
        thread(tmp_path / folder / "inbox" / "ann_1", message("b", after=1), copy)
    reading = everything(tmp_path)
    assert [(each.text, len(each.reactions)) for each in reading.messages] == [("a", 1), ("b", 0)]
    assert reading.buckets == {"used": 2, "duplicate": 2}


def test_files_are_read_by_number(tmp_path: Path) -> None:
    for number in (1, 2, 10):
        # All of one moment, newest first.
        texts = [message(f"{number}b"), message(f"{number}a")]
        thread(tmp_path / "ann_1", *texts, file=f"message_{number}.json")
    thread(tmp_path / "ann_1", message("z", after=1), message("y"), file="message_0.json")
    assert [each.text for each in everything(tmp_path).messages] == [
        *("10a", "10b", "2a", "2b", "1a", "1b"),
        *("y", "z"),
    ]


def test_ids_are_the_same_however_the_conversation_is_passed(tmp_path: Path) -> None:
    chat = tmp_path / "messages" / "inbox" / "ann_1"
    thread(chat, message("b", after=1), message("b", after=1), message("a"), thread_path="x/ann_1")
    packed = tmp_path / "export.zip"
    with zipfile.ZipFile(packed, "w") as archive:
        archive.write(chat / "message_1.json", "messages/inbox/ann_1/message_1.json")
    readings = [everything(path) for path in (tmp_path / "messages", chat, packed)]
    (alone := tmp_path / "alone.json").write_bytes((chat / "message_1.json").read_bytes())
    readings.append(everything(alone))
    assert [each.text for each in readings[0].messages] == ["a", "b", "b"]
    assert all(reading == readings[0] for reading in readings)


def test_ids_stay_in_a_newer_export(tmp_path: Path) -> None:
    thread(tmp_path / "old" / "ann_1", message("a"), message("a"))
    thread(tmp_path / "new" / "ann_1", message("b", after=1), message("a"), message("a"))
    old, new = everything(tmp_path / "old").messages, everything(tmp_path / "new").messages
    assert {each.id for each in new[:2]} == {each.id for each in old}
    assert len({each.id for each in new}) == 3


@pytest.mark.parametrize(
    ("folder", "service"),
    [
        ("your_instagram_activity/messages/inbox", "Instagram"),
        ("your_facebook_activity/messages/inbox", "Messenger"),
        ("instagram fan/facebook-zoe", "Messenger"),
        ("facebook and others/instagram-zoe", "Instagram"),
        ("messages", "Messenger"),
    ],
)
def test_the_service_is_in_the_path(tmp_path: Path, folder: str, service: str) -> None:
    thread(tmp_path / folder / "ann_1", message())
    assert [each.service for each in everything(tmp_path / folder).messages] == [service]


@pytest.mark.parametrize(
    ("keys", "bucket", "placeholder"),
    [
        ({"content": None, "photos": [{}]}, "context", "picture"),
        ({"content": "look", "photos": [{}]}, "used", "picture"),
        ({"content": None, "photos": []}, "blank", None),
        ({"content": " \n"}, "blank", None),
        ({"content": None, "share": {"link": "https://a.example"}}, "context", "app"),
        ({"content": "this one", "share": {"link": "https://a.example"}}, "used", "app"),
        ({"content": "https://a.example", "share": {"link": "x"}}, "used", None),
        ({"content": "Ann sent an attachment.", "videos": [{}]}, "context", "video"),
        ({"content": "Ann sent a location.", "share": {}}, "context", "location"),
        ({"content": "The call ended", "call_duration": 0}, "context", "call"),
        ({"content": "whatever it says", "call_duration": 7}, "context", "call"),
        ({"content": "whatever it says", "type": "Call"}, "context", "call"),
        ({"type": "Unsubscribe"}, "event", None),
        ({"is_unsent": True}, "unsent", None),
        ({"is_unsent": False}, "used", None),
        ({"sender_name": "Meta AI"}, "automatic", None),
        ({"sender_name": 7}, "unreadable", None),
        ({"sender_name": None}, "unreadable", None),
        ({"content": 7}, "unreadable", None),
        ({"content": "a" * MAX_TEXT}, "used", None),
        ({"content": "a" * (MAX_TEXT + 1)}, "unreadable", None),
        ({"timestamp_ms": 253_402_300_799_999}, "used", None),
        ({"timestamp_ms": 253_402_300_800_000}, "no date", None),
        ({"timestamp_ms": 2**62}, "no date", None),
        ({"timestamp_ms": 1}, "used", None),
        ({"timestamp_ms": 0}, "no date", None),
        ({"timestamp_ms": True}, "no date", None),
        ({"timestamp_ms": "1714564800000"}, "no date", None),
        ({"reactions": 7}, "used", None),
        (
            {"reactions": [7, {"reaction": 7}, {"actor": ME}, {"reaction": "", "actor": ME}]},
            "used",
            None,
        ),
    ],
)
def test_a_message_has_its_bucket(
    tmp_path: Path, keys: dict[str, Any], bucket: str, placeholder: str | None
) -> None:
    reading = everything(thread(tmp_path / "ann_1", message() | keys))
    assert reading.buckets == {bucket: 1}
    assert [each.placeholder for each in reading.messages] == [placeholder] * len(reading.messages)
    assert all(not each.reactions for each in reading.messages)


@pytest.mark.parametrize(
    ("uri", "placeholder"),
    [
        ("./media/1.JPEG", "picture"),
        ("./media/1.webp", "picture"),
        ("./media/1.mp4", "video"),
        ("./media/1.ogg", "voice message"),
        ("./media/1", "file"),
        (7, "file"),
    ],
)
def test_media_of_encrypted_chats_are_told_by_their_ending(
    tmp_path: Path, uri: Any, placeholder: str
) -> None:
    said = {
        "senderName": ANN,
        "timestamp": NOON,
        "text": "",
        "type": "media",
        "media": [{"uri": uri}],
    }
    record = {"participants": [ANN, ME], "threadName": ANN, "messages": [said]}
    (tmp_path / "Ann_1.json").write_text(json.dumps(record), encoding="utf-8")
    assert [each.placeholder for each in everything(tmp_path).messages] == [placeholder]


def test_a_folder_called_me_is_not_me(tmp_path: Path) -> None:
    [theirs] = everything(thread(tmp_path / "me", message())).messages
    assert (theirs.chat, theirs.sender) == ("me_", "me_")


def test_a_download_as_web_pages_is_refused_with_a_remedy(tmp_path: Path) -> None:
    folder = tmp_path / "messages" / "inbox" / "ann_1"
    folder.mkdir(parents=True)
    (folder / "message_1.html").write_text("<html></html>", encoding="utf-8")
    assert meta.recognises(tmp_path)
    assert "choose the format JSON" in refusal(tmp_path).remedy


def test_a_folder_without_messages_is_refused(tmp_path: Path) -> None:
    (tmp_path / "posts.json").write_text("[]", encoding="utf-8")
    assert not meta.recognises(tmp_path)
    assert "no messages" in refusal(tmp_path).problem


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    assert str(tmp_path / "x") in refusal(tmp_path / "x").problem


def test_a_file_cut_short_is_refused_and_named(tmp_path: Path) -> None:
    folder = thread(tmp_path / "ann_1", message())
    content = (folder / "message_1.json").read_text(encoding="utf-8")
    (folder / "message_1.json").write_text(content[:-20], encoding="utf-8")
    error = refusal(tmp_path)
    assert isinstance(error, SourceUnreadableError)
    assert str(folder / "message_1.json") in error.problem


def test_symbolic_links_are_left_alone_and_told_of(tmp_path: Path) -> None:
    outside = thread(tmp_path / "outside", message("not mine"))
    inbox = tmp_path / "inbox"
    thread(inbox / "ann_1", message("mine"))
    (inbox / "bo_2").symlink_to(outside)
    (inbox / "ann_1" / "message_2.json").symlink_to(outside / "message_1.json")
    reading = everything(inbox)
    assert [each.text for each in reading.messages] == ["mine"]
    assert reading.notes == ["Symbolic links in the folder were left alone: 2."]


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ('{"participants": [{"name": "A"}], "messages": []}', True),
        ('\ufeff\n{\n  "participants": ["A"]', True),
        ('{"threadName": "A"', True),
        ('{"participants": {}', False),
        ('[{"participants": []}]', False),
        ('{"messages": []}', False),
        ("", False),
    ],
)
def test_a_file_is_recognised_by_its_head(tmp_path: Path, content: str, expected: bool) -> None:
    (path := tmp_path / "thing.json").write_text(content, encoding="utf-8")
    assert meta.recognises(path) is expected
    assert meta.recognises(tmp_path) is expected
    with zipfile.ZipFile(tmp_path / "thing.zip", "w") as archive:
        archive.write(path, "thing.json")
    assert meta.recognises(tmp_path / "thing.zip") is expected


def read_or_refused(path: Path) -> None:
    meta.recognises(path)
    with contextlib.suppress(ElvisBotError), meta.opened(path, Answers(me=(ME,))) as history:
        for _, content in history.entries(None):
            if isinstance(content, Message):
                encoded(content)


@hundred_times
@given(
    at=st.integers(0, SAMPLE.stat().st_size),
    length=st.integers(0, 40),
    instead=st.binary(max_size=20)
    | st.sampled_from([b"[", b"{", b'"', b"\\ud83d", b"null", b"1e9"]),
    is_zip=st.booleans(),
)
def test_a_damaged_file_raises_nothing_else(
    tmp_path: Path, at: int, length: int, instead: bytes, is_zip: bool
) -> None:
    content = SAMPLE.read_bytes()
    content = content[:at] + instead + content[at + length :]
    (path := tmp_path / "thing").write_bytes(content)
    if is_zip:
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w") as archive:
            archive.writestr("inbox/eli_900/message_1.json", content)
        path.write_bytes(packed.getvalue())
    read_or_refused(path)


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)
KEYS = (
    *("sender_name", "senderName", "timestamp_ms", "timestamp", "content", "text", "type"),
    *("reactions", "share", "media", "photos", "call_duration", "is_unsent"),
)


@hundred_times
@given(
    st.lists(values | st.dictionaries(st.sampled_from(KEYS), values | st.just(ANN))),
    values | st.lists(st.just({"name": ANN}) | st.just(ME) | values),
)
def test_nonsense_anywhere_raises_nothing_else(
    tmp_path: Path, given: list[Any], people: Any
) -> None:
    thread(tmp_path / "ann_1", *given, participants=people)
    read_or_refused(tmp_path / "ann_1")
