"""Several histories become one."""

import tempfile
import time
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from elvisbot.conversation import ME, Message, Reaction
from elvisbot.importing.merging import merge
from elvisbot.importing.parts import Part
from elvisbot.importing.people import common_keys
from elvisbot.messages import decoded, encoded
from tests.histories import START, said

NUMBER = "+15550100001"


def part(
    folder: Path,
    name: str,
    messages: Sequence[Message] = (),
    *,
    source: str = "imessage",
    people: dict[str, str] | None = None,
    handles: dict[str, tuple[str, ...]] | None = None,
    path: str | None = None,
) -> Part:
    (lines := folder / f"{name}.jsonl").write_bytes(b"".join(map(encoded, messages)))
    people = people or {message.chat: message.chat for message in messages}
    return Part(
        lines=lines,
        source=source,
        path=path or name,
        is_everyone=True,
        people=people,
        handles=dict.fromkeys(people, ()) | (handles or {}),
        newest=max((each.sent_at for each in messages), default=START),
        buckets={},
    )


def merged(folder: Path, *parts: Part) -> list[Message]:
    duplicates = merge(parts, folder / "merged")
    found = [decoded(line) for line in (folder / "merged").read_bytes().splitlines()]
    assert len(found) + duplicates == sum(
        len(each.lines.read_bytes().splitlines()) for each in parts
    )
    return found


def one(text: str, seconds: float = 0, *, id_: str = "A", service: str | None = None) -> Message:
    return Message(id_, "ana", "ana", START + timedelta(seconds=seconds), text, service)


# Of two copies


@pytest.mark.parametrize("names", [("a", "b"), ("b", "a")])
def test_of_one_id_the_text_edited_last_is_kept_whatever_the_files_are_called(
    tmp_path: Path, names: tuple[str, str]
) -> None:
    edited = one("the")._replace(edited_at=START + timedelta(hours=1), earlier=("teh",))
    old = part(tmp_path, names[0], [one("teh"), one("later", 999, id_="B")])
    new = part(tmp_path, names[1], [edited], source="iphone")
    assert merged(tmp_path, *sorted((old, new), key=lambda each: each.path))[0] == edited


@pytest.mark.parametrize("names", [("a", "b"), ("b", "a")])
def test_of_one_id_never_edited_the_text_of_the_newer_history_is_kept(
    tmp_path: Path, names: tuple[str, str]
) -> None:
    old = part(tmp_path, names[0], [one("teh")])
    new = part(tmp_path, names[1], [one("the"), one("later", 999, id_="B")])
    found = merged(tmp_path, *sorted((old, new), key=lambda each: each.path))
    assert [each.text for each in found] == ["the", "later"]


@pytest.mark.parametrize("other", ["A", "B"], ids=["one id", "the same words"])
def test_both_copies_give_their_reactions_and_what_they_answer(tmp_path: Path, other: str) -> None:
    loved, liked = Reaction("loved", "ana", START), Reaction("liked", ME)
    first = one("hi")._replace(reactions=(loved,))
    second = one("hi", 1, id_=other)._replace(reactions=(liked, replace(loved, sent_at=None)))
    parts = [
        part(tmp_path, "a", [first]),
        part(tmp_path, "b", [second._replace(reply_to="Q")]),
    ]
    (found,) = merged(tmp_path, *parts)
    assert sorted(each.kind for each in found.reactions) == ["liked", "loved"]
    assert (found.id, found.sent_at, found.reply_to) == ("A", START, "Q")


# What is no copy


@pytest.mark.parametrize(
    ("one_service", "other", "count"),
    [
        ("iMessage", "WhatsApp", 2),
        ("Telegram", "WhatsApp", 2),
        ("iMessage", "SMS", 1),
        ("RCS", "MMS", 1),
        ("WhatsApp", "WhatsApp", 1),
        (None, "WhatsApp", 1),
        ("SMS", None, 1),
    ],
)
def test_the_same_words_are_one_message_only_if_the_services_can_be_one(
    tmp_path: Path, one_service: str | None, other: str | None, count: int
) -> None:
    first = part(tmp_path, "a", [one("ok", service=one_service)], source="imessage")
    second = part(tmp_path, "b", [one("ok", 30, id_="B", service=other)], source="jsonl")
    assert len(merged(tmp_path, first, second)) == count


@pytest.mark.parametrize(
    ("sources", "count"),
    [
        (("imessage", "iphone"), 1),
        (("telegram", "telegram"), 1),
        (("imessage", "jsonl"), 2),
        (("telegram", "discord"), 2),
    ],
)
def test_an_id_means_the_same_in_histories_of_one_kind_only(
    tmp_path: Path, sources: tuple[str, str], count: int
) -> None:
    first = part(tmp_path, "a", [one("one")], source=sources[0])
    second = part(tmp_path, "b", [one("two")], source=sources[1])
    assert len(merged(tmp_path, first, second)) == count


def test_thousands_of_messages_of_one_moment_are_merged_at_once(tmp_path: Path) -> None:
    sent = [one(f"text {number}", id_=str(number)) for number in range(4000)]
    parts = [part(tmp_path, "a", sent), part(tmp_path, "b", sent, source="jsonl")]
    begun = time.process_time()
    assert len(merged(tmp_path, *parts)) == 4000
    assert time.process_time() - begun < 4


# Who is who


def test_people_are_the_same_by_number_address_or_name(tmp_path: Path) -> None:
    mac = part(
        tmp_path,
        "mac",
        people={NUMBER: NUMBER, "ben@b.org": "Ben", "x": "Cleo C."},
        handles={"ben@b.org": ("Ben@B.org",)},
    )
    other = part(
        tmp_path,
        "other",
        people={"ana": "Ana", "ben": "Benjamin", "cleo": "cleo c.", "dora": "Dora"},
        handles={"ana": ("(555) 010-0001",), "ben": ("mailto:ben@b.org",)},
    )
    assert common_keys([mac, other]) == [
        {NUMBER: NUMBER, "ben@b.org": "ben@b.org", "x": "x"},
        {"ana": NUMBER, "ben": "ben@b.org", "cleo": "x", "dora": "dora"},
    ]


def test_two_people_of_one_name_in_one_history_stay_two(tmp_path: Path) -> None:
    mac = part(tmp_path, "mac", people={NUMBER: "Alex", "+15550100002": "Alex"})
    other = part(tmp_path, "other", people={"alex": "Alex", "ben": "Ben"})
    assert common_keys([mac, other])[1] == {"alex": "alex", "ben": "ben"}
    assert len(set(common_keys([mac])[0].values())) == 2


def test_two_parts_of_one_history_are_one_history(tmp_path: Path) -> None:
    ana = part(tmp_path, "ana", people={NUMBER: "Alex"}, path="mac")
    ben = part(tmp_path, "ben", people={"ben": "Alex"}, path="mac")
    assert common_keys([ana, ben]) == [{NUMBER: NUMBER}, {"ben": "ben"}]


def test_addresses_that_another_history_knows_to_be_one_persons_are_one(tmp_path: Path) -> None:
    phone = part(tmp_path, "1", people={NUMBER: NUMBER, "a@b.org": "a@b.org"})
    mac = part(
        tmp_path, "2", people={NUMBER: "Ana", "x": "X"}, handles={NUMBER: (NUMBER, "a@b.org")}
    )
    assert common_keys([phone, mac])[0] == {NUMBER: NUMBER, "a@b.org": NUMBER}


def test_a_common_handle_that_is_but_a_name_does_not_join_two_of_one_history(
    tmp_path: Path,
) -> None:
    name = "Deleted Account"
    chats = part(
        tmp_path,
        "1",
        people={"t1": name, "t2": name},
        handles={"t1": (name, "user1"), "t2": (name, "user2")},
    )
    assert common_keys([chats, part(tmp_path, "2", people={"y": "Y", "z": "Z"})])[0] == {
        "t1": "t1",
        "t2": "t2",
    }


def test_an_address_of_two_people_of_one_history_joins_nobody(tmp_path: Path) -> None:
    family = part(
        tmp_path,
        "1",
        people={"ana": "Ana", "ben": "Ben"},
        handles={"ana": (NUMBER,), "ben": (NUMBER,)},
    )
    other = part(tmp_path, "2", people={NUMBER: NUMBER, "x": "X"})
    assert common_keys([family, other]) == [
        {"ana": "ana", "ben": "ben"},
        {NUMBER: NUMBER, "x": "x"},
    ]


def test_what_several_people_write_is_in_two_histories_once(tmp_path: Path) -> None:
    ana, ben = said(("ana", 0, "hi")), said(("ben", 0, "hi"), chat="ben")
    number = [each._replace(chat=NUMBER, sender=NUMBER, id="N") for each in ana]
    mac = part(tmp_path, "1", [*number, *ben], people={NUMBER: "Ana", "ben": "Ben"})
    other = part(tmp_path, "2", ana, source="jsonl", people={"ana": "Ana", "dora": "Dora"})
    assert {each.chat for each in merged(tmp_path, mac, other)} == {NUMBER, "ben"}


# Whatever comes


SENT = st.lists(
    st.tuples(st.integers(0, 40), st.booleans(), st.sets(st.integers(0, 2), min_size=1)),
    max_size=25,
)
"""Messages: in which minute, whether mine, and the histories that have them."""


@given(SENT)
def test_every_message_comes_out_once_in_the_order_of_time(
    sent: list[tuple[int, bool, set[int]]],
) -> None:
    messages = {
        f"text {number}": (
            Message(
                f"id {number}",
                "ana",
                ME if is_mine else "ana",
                datetime(2024, 1, 1, 12, minute, number % 7, tzinfo=UTC),
                f"text {number}",
            ),
            histories,
        )
        for number, (minute, is_mine, histories) in enumerate(sent)
    }
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        parts = []
        for history, source in enumerate(("imessage", "iphone", "jsonl")):
            mine = [each for each, histories in messages.values() if history in histories]
            mine.sort(key=lambda each: each.sent_at)
            parts.append(
                part(folder, str(history), mine, source=source, people={"ana": "ana", "b": "b"})
            )
        found = merged(folder, *parts)
        backwards = merged(folder, *parts[::-1])

    assert sorted(each.text for each in found) == sorted(messages)
    assert [each.sent_at for each in found] == sorted(each.sent_at for each in found)
    assert {each.text: each for each in backwards} == {each.text: each for each in found}


@given(st.lists(st.integers(0, 300), max_size=20), st.lists(st.integers(0, 300), max_size=20))
def test_of_the_same_words_as_many_come_out_as_one_history_has_and_never_more_than_both(
    one_times: list[int], other_times: list[int]
) -> None:
    with tempfile.TemporaryDirectory() as name:
        parts = [
            part(Path(name), source, said(*(("ana", each, "ok") for each in sorted(times))))
            for source, times in (("a", one_times), ("b", other_times))
        ]
        parts = [
            replace(each, source=each.path, people={"ana": "ana"}, handles={"ana": ()})
            for each in parts
        ]
        found = merged(Path(name), *parts)
    longest = max(len(one_times), len(other_times))
    assert longest <= len(found) <= len(one_times) + len(other_times)
    for moment in (*one_times, *other_times):
        near = [abs(each.sent_at - START - timedelta(seconds=moment)) for each in found]
        assert min(near) <= timedelta(minutes=1)
