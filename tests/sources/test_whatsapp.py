"""What the samples of WhatsApp exports cannot show: questions, boundaries, and hostile files."""

import io
import os
import tempfile
import time
import zipfile
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from elvisbot.conversation import ME
from elvisbot.errors import ElvisBotError, NeedsAnswerError, SourceUnreadableError, UsageError
from elvisbot.sources import (
    AUTOMATIC,
    BLANK,
    CONTEXT,
    DUPLICATE,
    EVENT,
    NO_DATE,
    UNREADABLE,
    UNSENT,
    USED,
    Answers,
    whatsapp,
)
from elvisbot.sources._whatsapp_content import content
from elvisbot.sources._whatsapp_dates import header, in_utc, moment, order
from elvisbot.sources._whatsapp_lines import MAX_TEXT, Layout, Row, layout, rows
from elvisbot.sources._whatsapp_names import with_whole_names
from elvisbot.sources._whatsapp_pasted import outsiders
from elvisbot.sources._whatsapp_people import chat_name, is_in_group, participants
from tests.sources.reading import Reading, read

LRM = "\u200e"
RLM = "\u200f"
ANN = "WhatsApp Chat with Ann.txt"
BOB = Answers(me=("Bob",))
PLAIN = Layout("utf-8", has_returns=False)
HI = ("13/01/2023, 19:02 - Ann: hi", "13/01/2023, 19:03 - Bob: hey")


def written(folder: Path, *lines: str, name: str = ANN, end: str = "\n") -> Path:
    """A chat of these lines."""
    path = folder / name
    path.write_bytes("".join(line + end for line in lines).encode())
    return path


def zipped(folder: Path, files: dict[str, str], name: str = "WhatsApp Chat - Ann.zip") -> Path:
    path = folder / name
    with zipfile.ZipFile(path, "w") as archive:
        for file, text in files.items():
            archive.writestr(file, text)
    return path


def reading(folder: Path, *lines: str, answers: Answers = BOB, end: str = "\n") -> Reading:
    return read(written(folder, *lines, end=end), "whatsapp", answers=answers)


def opening(path: Path, answers: Answers = BOB) -> None:
    with whatsapp.opened(path, answers) as history:
        list(history.entries(None))


def refusal(path: Path, answers: Answers = BOB) -> ElvisBotError:
    with pytest.raises(ElvisBotError) as caught:
        opening(path, answers)
    assert caught.value.remedy
    return caught.value


def said(text: str, *, line: str = "[13.01.23, 19:02:33] Ann: ") -> tuple[str, str, str | None]:
    """The bucket, text and placeholder of what Ann said on an iPhone."""
    [row] = rows(io.BytesIO(f"{line}{text}".encode()), PLAIN, Path("chat"))
    found = content(row)
    return found.bucket, found.text, found.placeholder


# Who is who


def test_the_owner_is_asked_who_they_are_the_other_one_being_the_last_choice(
    tmp_path: Path,
) -> None:
    problem = refusal(written(tmp_path, *HI), Answers())
    assert isinstance(problem, NeedsAnswerError)
    assert (problem.question, problem.choices) == ("me", ("Bob", "Ann"))
    assert "--me NAME" in problem.remedy


@pytest.mark.parametrize("me", ["Bob", " bob ", "BOB", "\u202aBob\u202c", "~Bob"])
def test_the_owner_answers_by_name(tmp_path: Path, me: str) -> None:
    found = reading(tmp_path, *HI, answers=Answers(me=(me,)))
    assert [message.sender for message in found.messages] == ["Ann", ME]


@pytest.mark.parametrize("me", ["Bo", "Cleo", "", "ann lee"])
def test_a_name_that_neither_side_has_is_refused(tmp_path: Path, me: str) -> None:
    problem = refusal(written(tmp_path, *HI), Answers(me=(me,)))
    assert isinstance(problem, UsageError)
    assert not isinstance(problem, NeedsAnswerError)
    assert "Bob" in problem.remedy
    assert "Ann" in problem.remedy


def test_the_owner_may_have_several_names(tmp_path: Path) -> None:
    found = reading(tmp_path, *HI, answers=Answers(me=("Bobby", "Bob")))
    assert [message.sender for message in found.messages] == ["Ann", ME]


def test_names_of_both_sides_are_refused(tmp_path: Path) -> None:
    problem = refusal(written(tmp_path, *HI), Answers(me=("Ann", "Bob")))
    assert not isinstance(problem, NeedsAnswerError)
    assert "Ann or Bob" in problem.problem


def test_where_one_side_wrote_the_other_is_called_after_the_file(tmp_path: Path) -> None:
    path = written(tmp_path, HI[1])
    problem = refusal(path, Answers())
    assert isinstance(problem, NeedsAnswerError)
    assert problem.choices == ("Bob", "Ann")

    found = read(path, "whatsapp", answers=BOB)
    assert [person.name for person in found.people] == ["Ann"]
    assert [message.sender for message in found.messages] == [ME]


def test_where_the_other_one_alone_wrote_any_name_is_mine(tmp_path: Path) -> None:
    found = reading(tmp_path, HI[0])
    assert [(each.chat, each.sender) for each in found.messages] == [("Ann", "Ann")]


def test_where_one_side_wrote_and_the_file_tells_nothing_the_chat_is_called_after_it(
    tmp_path: Path,
) -> None:
    path = written(tmp_path, HI[1], name="export.txt")
    assert [person.name for person in read(path, "whatsapp", answers=BOB).people] == ["export"]
    assert [
        person.name for person in read(path, "whatsapp", answers=Answers(me=("Al",))).people
    ] == ["Bob"]


def test_an_iphone_tells_the_other_one_by_its_remark_on_encryption(tmp_path: Path) -> None:
    notice = f"[13/01/2023, 19:02:00] Ann 🌸: {LRM}Messages and calls are end-to-end encrypted."
    path = written(tmp_path, notice, "[13/01/2023, 19:02:33] Bob: hi", name="_chat.txt", end="\r\n")
    assert [person.name for person in read(path, "whatsapp", answers=BOB).people] == ["Ann 🌸"]


def test_where_nobody_wrote_nobody_is_asked(tmp_path: Path) -> None:
    path = written(tmp_path, "13/01/2023, 19:02 - You blocked this contact.")
    found = read(path, "whatsapp", answers=Answers())
    assert [person.name for person in found.people] == ["Ann"]
    assert found.buckets == {EVENT: 1}


def test_an_other_one_called_me_is_not_taken_for_me(tmp_path: Path) -> None:
    found = reading(tmp_path, "13/01/2023, 19:02 - me: hi", "13/01/2023, 19:02 - Bob: hey")
    assert [message.sender for message in found.messages] == ["ME", ME]


def test_a_name_of_invisible_characters_is_a_name(tmp_path: Path) -> None:
    found = reading(tmp_path, f"13/01/2023, 19:02 - {LRM}: hi", "13/01/2023, 19:02 - Bob: hey")
    assert [message.sender for message in found.messages] == ["?", ME]


def test_what_the_assistant_says_makes_no_group(tmp_path: Path) -> None:
    found = reading(tmp_path, *HI, "13/01/2023, 19:04 - Meta AI: Hello!")
    assert found.buckets == {USED: 2, AUTOMATIC: 1}


@pytest.mark.parametrize(
    ("counts", "expected"),
    [
        ({"Ann": 9, "Bob": 9}, ["Ann", "Bob"]),
        ({"Ann": 9, "Ann Lee": 3}, ["Ann", "Ann Lee"]),
        ({"Ann": 9, "Ann Lee": 2}, ["Ann"]),
        ({"Ann": 2, "Ann Lee": 2}, ["Ann", "Ann Lee"]),
        ({"Anna": 1, "Ann": 9}, ["Ann", "Anna"]),
        ({"Ann": 9, 'Ann changed the subject to "Trip': 9}, ["Ann"]),
        ({"Ann": 9, 'Bob "Bobby" Lee': 1}, ["Ann", 'Bob "Bobby" Lee']),
        ({"Ann": 9, "Ann hat den Betreff zu „Reise": 1}, ["Ann"]),
        ({"Jörg „Jo“ Mai": 1}, ["Jörg „Jo“ Mai"]),
        ({"A « sujet": 5, "« B »": 1, "C 「D": 4}, ["« B »"]),
        ({"one two three four five six seven": 1}, ["one two three four five six seven"]),
        ({"one two three four five six seven eight": 2}, []),
        (
            {"one two three four five six seven eight": 3},
            ["one two three four five six seven eight"],
        ),
        ({}, []),
    ],
)
def test_who_is_a_person_and_who_a_remark_with_a_colon(
    counts: dict[str, int], expected: list[str]
) -> None:
    assert participants(Counter(counts)) == expected


@pytest.mark.parametrize(
    ("people", "remarks", "expected"),
    [
        (["Ann", "Bob"], [], False),
        (["Ann", "Bob", "Cleo"], [], True),
        (["Ann", "Bob"], ["Messages and calls are end-to-end encrypted."], False),
        (["Ann", "Bob"], ["Ann created group “Trip”"], True),
        (["Ann", "Bob"], ["Ann hat die Gruppe „Reise“ erstellt."], True),
        (["Ann", "Bob"], ["Ann changed the subject to “Trip”"], True),
        (["Ann", "Bob"], ["You added Bob"], True),
        (["Ann", "Bob"], ["Ann cambió el ícono de este grupo."], True),
        (["Study Group Ann", "Bob"], ["Your security code with Study Group Ann changed."], False),
    ],
)
def test_what_makes_a_group(people: list[str], remarks: list[str], expected: bool) -> None:
    assert is_in_group(people, remarks) is expected


def test_what_is_taken_for_a_group_is_named_once_with_the_reason(tmp_path: Path) -> None:
    several = [f"13/01/2023, 19:05 - {name}: hi" for name in "ABCDEFGHIJ"]
    written(tmp_path, *HI, *several, name="many.txt")
    (inner := tmp_path / "WhatsApp Chat - Trip").mkdir()
    remark = "13/01/2023, 19:01 - Ann created group “Trip”"
    trip = written(inner, remark, *HI, name="_chat.txt")
    names = "Ann, Bob, A, B, C, D, E, F, G, H …"
    assert read(tmp_path, "whatsapp", answers=BOB).notes == [
        f"many.txt is taken for a group, since 12 people write in it: {names}."
    ]
    assert read(trip, "whatsapp", answers=BOB).notes == [
        "WhatsApp Chat - Trip/_chat.txt is taken for a group, since WhatsApp speaks of one in it."
    ]


@pytest.mark.parametrize(
    ("stem", "expected"),
    [
        ("WhatsApp Chat with Ann", "Ann"),
        ("WhatsApp Chat with Ann (2)", "Ann"),
        ("WhatsApp Chat - Ann Lee", "Ann Lee"),
        ("WhatsApp-Chat mit Jörg", "Jörg"),
        ("WhatsApp-Chat mit Jo\u0308rg", "Jörg"),
        ("Chat de WhatsApp con Lucía", "Lucía"),
        ("Chat WhatsApp con Giulia", "Giulia"),
        ("Discussion WhatsApp avec Zoé", "Zoé"),
        ("Conversa do WhatsApp com João", "João"),
        ("WhatsApp-chat met Sanne", "Sanne"),
        ("Ece ile WhatsApp Sohbeti", "Ece"),
        ("Czat WhatsApp z Ola", "Ola"),
        ("Чат WhatsApp с\u00a0контактом Оля", "Оля"),
        ("دردشة واتساب مع سارة", "سارة"),
        ("Asha के साथ WhatsApp चैट", "Asha"),
        ("ゆいとのWhatsAppチャット", "ゆい"),
        ("WhatsApp 与小雨的对话", "小雨"),
        ("與 小雨 的 WhatsApp 對話", "小雨"),
        ("holiday", None),
        ("_chat", None),
    ],
)
def test_after_whom_a_file_is_named(stem: str, expected: str | None) -> None:
    assert chat_name(stem) == expected


# Rows pasted from other chats


def at(time: str, sender: str, text: str = "hi") -> str:
    return f"{time} - {sender}: {text}"


FIRST = at("13/01/2023, 19:00", "Ann")
PASTE = at("13/01/2023, 19:10", "Bob", "look:")
MAX = at("12/01/2023, 10:00", "Max")
AFTER = at("13/01/2023, 19:11", "Ann")
THIRD = at("13/01/2023, 19:12", "Cleo")


def talk(rows: int) -> list[str]:
    """As many rows of Ann and Bob, in order, after all others here."""
    return [at(f"14/01/2023, 19:{row % 60:02}", "Ann" if row % 2 else "Bob") for row in range(rows)]


def is_group(folder: Path, *lines: str, name: str = "chat.txt") -> bool:
    found = read(written(folder, *lines, name=name), "whatsapp", answers=BOB)
    assert bool(found.notes) is not bool(found.people)
    return not found.people


@pytest.mark.parametrize("name", [ANN, "chat.txt", "WhatsApp Chat with Anna.txt"])
@pytest.mark.parametrize(
    "lines",
    [
        (MAX,),
        (MAX, "", " two lines"),
        (MAX, at("12/01/2023, 10:01", "Ann"), at("12/01/2023, 10:02", "Tom")),
        (at("12/01/2023, 09:59", "Ann"), MAX),
        (at("12/01/2023, 10:00", "Max left"), MAX),
        ("12/01/2023, 09:00 - Max created group “Trip”", MAX),
        (at("31/02/2023, 10:00", "Max"),),
        (at("12/01/2023, 10:00", "Max"), at("11/01/2023, 10:00", "Tom")),
    ],
)
def test_a_pasted_row_continues_the_message_above_to_the_byte(
    tmp_path: Path, lines: tuple[str, ...], name: str
) -> None:
    path = written(tmp_path, FIRST, PASTE, *lines, AFTER, PASTE, name=name)
    found = read(path, "whatsapp", answers=BOB)
    assert found.texts == ["hi", "\n".join(("look:", *lines)), "look:", "hi"]
    assert found.buckets == {USED: 4}
    assert not found.notes


def test_a_paste_may_be_the_last_thing_in_a_chat(tmp_path: Path) -> None:
    found = reading(tmp_path, FIRST, PASTE, MAX)
    assert found.texts == ["hi", f"look:\n{MAX}"]


def test_a_paste_may_be_all_that_one_wrote(tmp_path: Path) -> None:
    found = reading(tmp_path, PASTE, MAX)
    assert found.texts == [f"look:\n{MAX}"]
    assert [person.name for person in found.people] == ["Ann"]


def test_who_the_owner_is_was_not_pasted(tmp_path: Path) -> None:
    late = at("12/01/2023, 18:00", "Bob")
    assert reading(tmp_path, FIRST, late, AFTER, MAX).texts == ["hi", "hi", f"hi\n{MAX}"]
    ann = talk(40)[1::2]
    assert is_group(tmp_path, HI[1], *ann, *[at("15/01/2023, 10:00", "Max")] * 2, name=ANN)


def test_pasted_rows_do_not_confuse_days_with_months(tmp_path: Path) -> None:
    lines = [at(f"{day}, 19:00", who) for day, who in (("02/01/23", "Ann"), ("04/01/23", "Bob"))]
    found = reading(tmp_path, *lines, at("01/01/23, 10:00", "Max"), at("06/01/23, 19:00", "Ann"))
    assert [message.sent_at.day for message in found.messages] == [2, 4, 6]


def test_where_days_and_months_could_be_confused_a_paste_is_older_in_both_ways() -> None:
    def strangers(pasted: str) -> set[str]:
        lines = [at("02/04/23, 19:00", "Ann"), at("02/04/23, 19:01", "Bob"), pasted]
        file = "\n".join([*lines, at("02/04/23, 19:02", "Ann")]).encode()
        read_rows = list(rows(io.BytesIO(file), PLAIN, Path("chat")))
        said = {"Ann": 2, "Bob": 1, "Max": 1}
        return set(outsiders(read_rows, said, None, Answers()))

    assert strangers(at("01/03/23, 10:00", "Max")) == {"Max"}
    assert strangers(at("01/05/23, 10:00", "Max")) == set()


def test_a_group_stays_a_group(tmp_path: Path) -> None:
    real = (FIRST, PASTE, AFTER, THIRD)
    assert is_group(tmp_path, *real)
    assert is_group(tmp_path, *real, name=ANN)
    assert is_group(tmp_path, *real, PASTE, MAX, *talk(9))
    assert is_group(tmp_path, *real, PASTE, MAX, *talk(9), name=ANN)
    assert is_group(tmp_path, *talk(100), at("15/01/2023, 19:00", "Cleo"))
    assert is_group(tmp_path, "13/01/2023, 18:00 - Ann created group “Trip”", FIRST, PASTE, MAX)


def test_somebody_who_writes_in_order_too_is_not_pasted(tmp_path: Path) -> None:
    lines = (FIRST, PASTE, MAX, AFTER, at("13/01/2023, 19:12", "Max"), *talk(9))
    assert is_group(tmp_path, *lines)
    assert is_group(tmp_path, *lines, name=ANN)


@pytest.mark.parametrize(("rows_of_two", "expected"), [(18, True), (19, False), (20, False)])
def test_if_the_file_is_named_after_one_of_two_who_wrote_19_in_20_rows_the_rest_is_pasted(
    tmp_path: Path, rows_of_two: int, expected: bool
) -> None:
    lines = (*talk(rows_of_two), at("15/01/2023, 10:00", "Max"))
    assert is_group(tmp_path, *lines, name=ANN) is expected


def test_after_a_remark_nothing_can_be_pasted(tmp_path: Path) -> None:
    remark, odd = "14/01/2023, 19:59 - Ann has a new number.", at("14/01/2023, 19:59", "News")
    found = reading(tmp_path, *talk(40), remark, odd)
    assert found.buckets == {USED: 40, EVENT: 2}


@pytest.mark.parametrize(("pasted", "expected"), [(3, False), (4, True)])
def test_where_the_file_tells_nobody_only_few_rows_are_pasted(
    tmp_path: Path, pasted: int, expected: bool
) -> None:
    assert is_group(tmp_path, FIRST, PASTE, *[MAX] * pasted, AFTER) is expected
    assert not is_group(tmp_path, FIRST, PASTE, *[MAX] * pasted, AFTER, name=ANN)
    assert not is_group(tmp_path, FIRST, PASTE, *[MAX] * pasted, *talk(76))


@pytest.mark.parametrize(("pasted", "expected"), [(300, False), (301, True)])
def test_a_paste_of_as_many_rows_as_allowed_is_one_and_one_of_more_is_not(
    tmp_path: Path, pasted: int, expected: bool
) -> None:
    assert is_group(tmp_path, FIRST, PASTE, *[MAX] * pasted, AFTER, name=ANN) is expected


def test_an_hour_that_comes_twice_is_no_paste(tmp_path: Path) -> None:
    twice = (at("29/10/2023, 02:50", "Ann"), at("29/10/2023, 02:10", "Bob"))
    assert reading(tmp_path, FIRST, PASTE, MAX, AFTER, *twice).buckets == {USED: 5}


# Names with colons


LENA = "Dr. Lena: Work"


def senders(*texts: str, named: str | None = None, name: str = "Ann") -> list[tuple[str, str]]:
    """Who sends which text in a chat of these rows, all of which begin with `name`."""
    file = "\n".join(f"13/01/2023, 19:02 - {name}: {text}" for text in texts).encode()
    found = with_whole_names(list(rows(io.BytesIO(file), PLAIN, Path("chat"))), named)
    return [(row.sender or "-", row.text) for row in found]


@pytest.mark.parametrize("named", ["Dr. Lena_ Work", "Dr. Lena Work", LENA])
def test_a_file_named_after_a_contact_tells_that_a_colon_is_in_their_name(named: str) -> None:
    assert senders("a: b", "", name=LENA, named=named) == [(LENA, "a: b"), (LENA, "")]
    assert senders("hi", name="A: B: C", named="A B C") == [("A: B: C", "hi")]


@pytest.mark.parametrize(
    ("texts", "name"),
    [
        (["Work: a", "Work: b", "Work: c"], "Ann: Work"),
        (["Work: a", "Work:\u00a0 b: c", "Work: c"], "Ann"),
        (["Work: a", "Work: b"], "Ann"),
        (["Work: a", "Work: b", "Work: c", "d"], "Ann"),
        ([*["Work: a"] * 19, "d"], "Ann: Work"),
        ([*["Work: a"] * 18, "d"], "Ann"),
        (["Work: Ltd: a", "Work: Ltd: b", "Work: Ltd: c"], "Ann: Work: Ltd"),
        (["Work: Ltd: a", "Work: Ltd: b", "Work: c"], "Ann: Work"),
        ([f"Location: https://maps.google.com/?q=1,{each}" for each in range(9)], "Ann"),
        (["POLL:", "POLL:", "POLL:"], "Ann"),
        ([f"{LRM}Work: a", f"{LRM}Work: b", f"{LRM}Work: c"], "Ann"),
        ([": a", ": b", ": c"], "Ann"),
        (["x: " * 100] * 3, "Ann" + ": x" * 39),
    ],
)
def test_what_nearly_all_rows_go_on_with_is_a_part_of_the_name(texts: list[str], name: str) -> None:
    assert senders(*texts)[0][0] == name


def test_a_file_named_after_the_short_name_tells_that_nothing_belongs_to_it() -> None:
    assert senders("Work: a", "Work: b", "Work: c", named="ann")[0] == ("Ann", "Work: a")
    assert senders("Work: a", "Work: b", "Work: c", named="Bob")[0] == ("Ann: Work", "a")


def test_what_the_app_says_of_a_name_with_a_colon_is_said_by_nobody() -> None:
    said_by_her = ["Work: a", "Work: b"]
    found = senders(*said_by_her, "Work has a new number", "hm", named="Ann Work")
    assert found[1:] == [("Ann: Work", "b"), ("-", "Work has a new number"), ("Ann", "hm")]


# Dates


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("1/14/23, 7:02 PM - Ann: hi", "2023-01-14T19:02:00"),
        ("1/14/23, 7:02\u202fPM - Ann: hi", "2023-01-14T19:02:00"),
        ("1/14/23, 12:00 AM - Ann: hi", "2023-01-14T00:00:00"),
        ("1/14/23, 12:59 PM - Ann: hi", "2023-01-14T12:59:00"),
        ("14/1/2023, 8:28 p.\u00a0m. - Ann: hi", "2023-01-14T20:28:00"),
        ("14/1/2023, 8:28 a. m. - Ann: hi", "2023-01-14T08:28:00"),
        ("14/1/2023 8:28 pm - Ann: hi", "2023-01-14T20:28:00"),
        ("14/1/2023, 8:28 in the evening - Ann: hi", "2023-01-14T20:28:00"),
        ("14.01.23, 22:35 - Ann: hi", "2023-01-14T22:35:00"),
        ("14.01.23 22.35.10: Ann: hi", "2023-01-14T22:35:10"),
        ("14.1.2023 klo 7.02 - Ann: hi", "2023-01-14T07:02:00"),
        ("14/01/2023 à 22:35 - Ann: hi", "2023-01-14T22:35:00"),
        ("2023-01-14 19 h 02 - Ann: hi", "2023-01-14T19:02:00"),
        ("14-01-2023 22:35 - Ann: hi", "2023-01-14T22:35:00"),
        ("14.01.23 г., 19:02 ч. - Ann: hi", "2023-01-14T19:02:00"),
        ("[14/01/2023, 10:14:33] Ann: hi", "2023-01-14T10:14:33"),
        (f"{LRM}[14/01/2023, 10:14:33] Ann: hi", "2023-01-14T10:14:33"),
        ("[2024/10/31 15:50:46] Ann: hi", "2024-10-31T15:50:46"),
        ("[2024/10/31 下午3:50:46] Ann: hi", "2024-10-31T15:50:46"),
        ("[2024/10/31 上午12:10:00] Ann: hi", "2024-10-31T00:10:00"),
        ("[2024/10/31 午後0:15:00] Ann: hi", "2024-10-31T12:15:00"),
        ("2023. 1. 14. 오후 7:02 - Ann: hi", "2023-01-14T19:02:00"),
        ("[14:56:01, 14/1/23] Ann: hi", "2023-01-14T14:56:01"),
        (f"[١٤{RLM}/١{RLM}/٢٠٢٣، ١٠:٣٥:٣٣\u00a0م] Ann: hi", "2023-01-14T22:35:33"),
        (f"[١٤{RLM}/١{RLM}/٢٠٢٣، ١٠:٣٥:٣٣\u00a0ص] Ann: hi", "2023-01-14T10:35:33"),
        ("१४/०१/२३, १०:३५ pm - Ann: hi", "2023-01-14T22:35:00"),
        ("14/1/2566 22:35 - Ann: hi", "2023-01-14T22:35:00"),
        ("14/1/66 22:35 - Ann: hi", "2023-01-14T22:35:00"),
        ("[1/14/2566 BE, 22:35:00] Ann: hi", "2023-01-14T22:35:00"),
        ("[1/14/R5, 22:35:00] Ann: hi", "2023-01-14T22:35:00"),
        ("[1/14/H31, 22:35:00] Ann: hi", "2019-01-14T22:35:00"),
        ("14/1/09, 0:00 - Ann: hi", "2009-01-14T00:00:00"),
        ("14/1/2100, 23:59 - Ann: hi", "2100-01-14T23:59:00"),
        ("14/1/2008, 23:59 - Ann: hi", None),
        ("14/1/2101, 0:00 - Ann: hi", None),
        ("14/1/1402, 0:00 - Ann: hi", None),
        ("31/2/2023, 10:00 - Ann: hi", None),
        ("29/2/2024, 10:00 - Ann: hi", "2024-02-29T10:00:00"),
        ("14/1/2023, 24:00 - Ann: hi", None),
        ("14/1/2023, 23:60 - Ann: hi", None),
        ("14/1/2023, 13:05 PM - Ann: hi", "2023-01-14T13:05:00"),
        ("0/0/2023, 10:00 - Ann: hi", None),
    ],
)
def test_dates_are_read_in_any_language(line: str, expected: str | None) -> None:
    found = header(line)
    assert found is not None
    assert line[found.end :] == "Ann: hi"
    known = order([found.stamp], found.form, Path("chat"), Answers(day_first=True))
    local = moment(found.stamp, known)
    assert (local and local.isoformat()) == expected


@pytest.mark.parametrize(
    "line",
    [
        "",
        "hello",
        "14.01.23",
        "14.01.23, 22:35",
        "14.01.23, 22:35 -Ann: hi",
        "14.01/23, 22:35 - Ann: hi",
        "[14.01.23, 22:35 - Ann: hi",
        "14.01.23, 22:35] Ann: hi",
        " " * 40 + "14.01.23, 22:35 - Ann: hi",
        "at 14.01.23, 22:35 - Ann: hi",
        "14.01.23, 7:02 xm - Ann: hi",
        "[22:35] Ann: hi",
    ],
)
def test_what_is_no_date(line: str) -> None:
    assert header(line) is None


def days(*written: str) -> list[str]:
    """The days and months of a chat whose rows have these dates, as they are read."""
    found = [header(f"{day}, 19:02 - Ann: hi") for day in written]
    headers = [each for each in found if each]
    known = order([each.stamp for each in headers], headers[0].form, Path("chat"), Answers())
    local = [moment(each.stamp, known) for each in headers]
    return [each.strftime("%d %b") if each else "-" for each in local]


@pytest.mark.parametrize(
    ("dates", "first"),
    [
        (["1/12/23", "13/12/23"], "01 Dec"),
        (["1/12/23", "1/13/23"], "12 Jan"),
        (["1/12/23", "31/2/23", "13/3/23"], "01 Dec"),
        (["11/2/23", "3/3/23"], "11 Feb"),
        (["2/11/23", "3/3/23"], "11 Feb"),
        (["4.1.23"], "04 Jan"),
        (["1/2/23", "3/2/23", "5/2/23"], "01 Feb"),
        (["2/1/23", "2/3/23", "2/5/23"], "01 Feb"),
        (["5/5/23"], "05 May"),
        (["2023/4/1"], "01 Apr"),
        (["23. 1. 31.", "23. 2. 1."], "31 Jan"),
    ],
)
def test_whether_the_day_comes_first_shows_in_the_whole_file(dates: list[str], first: str) -> None:
    assert days(*dates)[0] == first


@pytest.mark.parametrize("dates", [["1/2/23"], ["1/2/23", "3/2/23"], ["1/2/23", "3/4/23"]])
def test_where_it_does_not_show_the_owner_is_asked(dates: list[str]) -> None:
    with pytest.raises(NeedsAnswerError) as caught:
        days(*dates)
    assert caught.value.question == "day_first"
    assert caught.value.choices == ("day-first", "month-first")
    assert (
        caught.value.remedy
        == "Say how the dates are written: --dates day-first or --dates month-first"
    )


@pytest.mark.parametrize(("day_first", "month"), [(True, 2), (False, 1)])
def test_the_owner_answers_how_dates_are_written(
    tmp_path: Path, day_first: bool, month: int
) -> None:
    found = reading(tmp_path, "1/2/23, 19:02 - Ann: hi", answers=Answers(("Bob",), day_first))
    assert found.messages[0].sent_at.month == month


def test_an_impossible_date_is_stronger_than_the_answer(tmp_path: Path) -> None:
    found = reading(
        tmp_path, "13/2/23, 19:02 - Ann: hi", answers=Answers(("Bob",), day_first=False)
    )
    assert found.messages[0].sent_at.month == 2


def test_a_row_without_a_date_is_counted(tmp_path: Path) -> None:
    found = reading(tmp_path, *HI, "31/02/2023, 19:02 - Ann: hi", "13/03/2023, 24:02 - Bob: hi")
    assert found.buckets == {USED: 2, NO_DATE: 2}


def test_times_are_those_of_this_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "Europe/Berlin")
    time.tzset()
    winter, summer = (
        read(written(tmp_path, line), "whatsapp", answers=BOB).messages[0].sent_at
        for line in ("13/01/2023, 19:02 - Ann: hi", "13/07/2023, 19:02 - Ann: hi")
    )
    assert (winter.hour, summer.hour) == (18, 17)


@pytest.mark.parametrize(
    ("local", "previous", "expected"),
    [
        ("2023-10-29T02:10", None, "2023-10-29T00:10"),
        ("2023-10-29T02:10", "2023-10-29T00:10", "2023-10-29T00:10"),
        ("2023-10-29T02:10", "2023-10-29T00:11", "2023-10-29T01:10"),
        ("2023-10-29T02:10", "2023-10-29T01:10", "2023-10-29T01:10"),
        ("2023-10-29T02:10", "2023-10-29T01:11", "2023-10-29T00:10"),  # out of order anyway
        ("2023-10-29T03:10", "2023-10-29T01:59", "2023-10-29T02:10"),
        ("2023-07-01T12:00", "2023-08-01T12:00", "2023-07-01T10:00"),
    ],
)
def test_of_the_hour_that_comes_twice_the_later_one_is_what_comes_later(
    local: str, previous: str | None, expected: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TZ", "Europe/Berlin")
    time.tzset()
    before = None if previous is None else datetime.fromisoformat(previous).replace(tzinfo=UTC)
    found = in_utc(datetime.fromisoformat(local), before)
    assert found.strftime("%Y-%m-%dT%H:%M") == expected


# Words


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("hi", (USED, "hi", None)),
        ("  hi there ", (USED, "  hi there ", None)),
        ("...", (USED, "...", None)),
        ("<3", (USED, "<3", None)),
        ("<>", (USED, "<>", None)),
        ("look at <this>", (USED, "look at <this>", None)),
        ("see notes.txt (old version)", (USED, "see notes.txt (old version)", None)),
        ("image omitted from the paper", (USED, "image omitted from the paper", None)),
        ("null pointer", (USED, "null pointer", None)),
        (
            "here https://maps.google.com/?q=1.5,2.5",
            (USED, "here https://maps.google.com/?q=1.5,2.5", None),
        ),
        ("A: b (c)\nA: d (e)", (USED, "A: b (c)\nA: d (e)", None)),
        ("POLL:\nonly a question", (USED, "POLL:\nonly a question", None)),
        ("@\u2068Ann Lee\u2069 you there?", (USED, "@Ann Lee you there?", None)),
        ("a\ufffcb", (USED, "ab", None)),
        ("", (BLANK, "", None)),
        ("\ufffc", (BLANK, "", None)),
        (f"{LRM} ", (BLANK, "", None)),
        ("null", (BLANK, "", None)),
        ("Waiting for this message. This may take a while.", (BLANK, "", None)),
        ("This message was deleted", (UNSENT, "", None)),
        (f"{LRM}You deleted this message.", (UNSENT, "", None)),
        (f"{RLM}تم حذف هذه الرسالة.", (UNSENT, "", None)),
        ("hi <This message was edited>", (USED, "hi", None)),
        (f"hi {LRM}<This message was edited.>", (USED, "hi", None)),
        (f"hi\nyou {LRM}<Este recado foi mudado>", (USED, "hi\nyou", None)),
        ("hi <This message was eaten>", (USED, "hi <This message was eaten>", None)),
        ("<Media omitted>", (CONTEXT, "", "picture")),
        ("<Media omitted>\nlook", (USED, "look", "picture")),
        ("<Media omitted>\nplan.pdf", (CONTEXT, "", "file")),
        (f"{LRM}image omitted", (CONTEXT, "", "picture")),
        (f"<{LRM}image omitted>", (CONTEXT, "", "picture")),
        (f"look {LRM}image omitted", (USED, "look", "picture")),
        (f"plan.pdf • {LRM}2 pages {LRM}document omitted", (CONTEXT, "", "file")),
        (f"plan.pdf {LRM}document omitted", (CONTEXT, "", "file")),
        (f"the plan {LRM}document omitted", (USED, "the plan", "file")),
        (f"{LRM}<attached: 00000012-PHOTO-2023-01-13-19-02-33.jpg>", (CONTEXT, "", "picture")),
        (f"{LRM}<attached: 0001-PHOTO.jpg>", (CONTEXT, "", "picture")),
        (f"look {LRM}<Anhang: 00000012-VIDEO-2023-01-13-19-02-33.mp4>", (USED, "look", "video")),
        (f"{LRM}<00000012-AUDIO-2023-01-13-19-02-33.opus eklendi>", (CONTEXT, "", "voice message")),
        (f"{LRM}<adjunto: 00000012-Ann Lee.vcf>", (CONTEXT, "", "contact")),
        (f"my list.txt {LRM}<attached: 00000012-my list.txt>", (CONTEXT, "", "file")),
        (
            f"edit {LRM}<attached: 00000012-PHOTO-1.jpg> {LRM}<This message was edited>",
            (USED, "edit", "picture"),
        ),
        ("2017-07-25-PHOTO-00000043.jpg <attached>", (CONTEXT, "", "picture")),
        ("IMG-20230113-WA0001.jpg (file attached)", (CONTEXT, "", "picture")),
        ("IMG-20230113-WA0001.jpg (in no language at all)\nlook", (USED, "look", "picture")),
        ("STK-20230113-WA0001.webp (Datei angehängt)", (CONTEXT, "", "sticker")),
        ("PTT-20230113-WA0001.opus (fichier joint)", (CONTEXT, "", "voice message")),
        ("VID-20230113-WA0001.mp4 (file allegato)", (CONTEXT, "", "video")),
        ("GIF-20230113-WA0001.mp4 (dosya ekli)", (CONTEXT, "", "picture")),
        ("AUD-20230113-WA0001. (bestand bijgevoegd)", (CONTEXT, "", "voice message")),
        ("Ann.vcf (arquivo anexado)", (CONTEXT, "", "contact")),
        ("plan.pdf (файл добавлен)\nplan", (CONTEXT, "", "file")),
        ("plan.pdf (archivo adjunto)\nlook", (USED, "look", "file")),
        (f"{LRM}plan.xyz (keine Ahnung)", (CONTEXT, "", "file")),
        (f"{LRM}Missed video call, {LRM}Tap to call back", (CONTEXT, "", "call")),
        (f"{LRM}Sprachanruf. {LRM}2 Min.", (CONTEXT, "", "call")),
        ("Missed voice call", (CONTEXT, "", "call")),
        ("voice call later?", (USED, "voice call later?", None)),
        ("location: https://maps.google.com/?q=-1.5,2.5", (CONTEXT, "", "location")),
        ("Home\n1 Street\nlocation: https://maps.google.com/?q=1.5,2.5", (CONTEXT, "", "location")),
        ("live location shared", (CONTEXT, "", "location")),
        ("POLL:\nwhen?\nOPTION: now (1 vote)\nOPTION: never (0 votes)", (CONTEXT, "", "poll")),
        (
            f"{LRM}ENCUESTA:\n¿ya?\n{LRM}OPCIÓN: sí ({LRM}1 voto)\n{LRM}OPCIÓN: no ({LRM}0 votos)",
            (CONTEXT, "", "poll"),
        ),
        ("Messages and calls are end-to-end encrypted. No one can read them.", (EVENT, "", None)),
        (f"{LRM}You turned on disappearing messages.", (EVENT, "", None)),
        (f"{LRM}Ann blokis vin.", (EVENT, "", None)),
    ],
)
def test_what_was_typed_is_told_from_what_the_app_wrote(
    text: str, expected: tuple[str, str, str | None]
) -> None:
    assert said(text) == expected


@pytest.mark.parametrize(
    ("wordings", "kind"),
    [
        ("<Media omitted>|<Medien ausgeschlossen>|<Multimedia omitido>|<Médias omis>", "picture"),
        ("<Media omessi>|<Mídia oculta>|<Media weggelaten>|<Medya dahil edilmedi>", "picture"),
        ("<pominięto multimedia>|<Без медиафайлов>|<تم استبعاد الوسائط>", "picture"),
        ("<मीडिया के बिना>|<メディアなし>|<省略多媒体文件>|<忽略多媒體檔>", "picture"),
        (
            "Bild weggelassen|imagen omitida|image absente|immagine omessa|imagem ocultada",
            "picture",
        ),
        ("afbeelding weggelaten|görüntü dahil edilmedi|obraz pominięty", "picture"),
        (
            "изображение отсутствует|لم يتم إدراج الصورة|फ़ोटो हटाई गई|照片已忽略|圖片已略去",
            "picture",
        ),
        ("video omitted|Video weggelassen|vidéo absente|видео отсутствует|视频已忽略", "video"),
        ("<Video note omitted>|vídeo omitido|video omesso|ビデオは含まれていません", "video"),
        (
            "audio omitted|audio omis|áudio ocultado|ses dahil edilmedi|音声は含まれていません",
            "voice message",
        ),
        (
            "sticker omitted|figurinha omitida|pominięto naklejkę|スタンプは含まれていません",
            "sticker",
        ),
        ("document omitted|document manquant|belge dahil edilmedi|文档已省略", "file"),
        ("Contact card omitted|Kontaktkarte ausgelassen|fiche contact manquante", "contact"),
        ("Verpasster Sprachanruf|Llamada perdida|Appel vocal manqué|未接语音通话", "call"),
    ],
)
def test_what_was_left_out_is_known_in_many_languages(wordings: str, kind: str) -> None:
    for wording in wordings.split("|"):
        assert said(wording) == (CONTEXT, "", kind), wording
        assert said(f"{LRM}{wording}") == (CONTEXT, "", kind), wording


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (f"jen {LRM}bildo forlasita", (USED, "jen", "picture")),
        (f"plano.pdf {LRM}dokumento forlasita", (CONTEXT, "", "file")),
        (f"{LRM}plano.pdf {LRM}dokumento forlasita", (CONTEXT, "", "file")),
        (f"plano.pdf • {LRM}2 paĝoj {LRM}dokumento forlasita", (CONTEXT, "", "file")),
        (f"{LRM}<almetita: 00000012-VIDEO-1.mp4>", (CONTEXT, "", "video")),
        ("sen iu marko", (USED, "sen iu marko", None)),
    ],
)
def test_an_iphone_marks_attachments_in_languages_unknown_here(
    text: str, expected: tuple[str, str, str | None]
) -> None:
    assert said(text, line=f"{LRM}[13.01.23, 19:02:33] Ann: ") == expected


@pytest.mark.parametrize(
    "text",
    [
        f"{LRM}You pinned a message",
        f"{LRM}You pinned a message: plan.pdf",
        f"{LRM}You blocked this contact. {LRM}Tap to unblock.",
        f"{LRM}Du hast eine Nachricht angepinnt",
        f"{LRM}You turned on disappearing messages.",
        f"{LRM}Ann changed their phone number to a new number. {LRM}Tap to message the new number.",
        f"{RLM}{LRM}Io, kion neniu listo konas.",
        f"{LRM}bildo forlasita",
    ],
)
@pytest.mark.parametrize("mark", ["", LRM, RLM])
def test_remarks_that_an_iphone_puts_in_somebodys_mouth_are_no_pictures(
    text: str, mark: str
) -> None:
    assert said(text, line=f"{mark}[13.01.23, 19:02:33] Ann: ") == (EVENT, "", None)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (f"{LRM}Foto weggelassen", (CONTEXT, "", "picture")),
        (f"{LRM}view once photo omitted", (CONTEXT, "", "picture")),
        (f"{LRM}view once video omitted", (CONTEXT, "", "video")),
        (f"jen {LRM}Anhang weggelassen", (USED, "jen", "picture")),
        (f"{LRM}plan.pdf {LRM}Anhang weggelassen", (CONTEXT, "", "file")),
        (f"{LRM}one two three four omitted", (CONTEXT, "", "picture")),
        (f"{LRM}one two three four five omitted", (EVENT, "", None)),
        (f"{LRM}omitted", (EVENT, "", None)),
        ("Foto weggelassen", (USED, "Foto weggelassen", None)),
        (f"{LRM}Voice call, {LRM}12 min", (CONTEXT, "", "call")),
    ],
)
@pytest.mark.parametrize("mark", ["", LRM])
def test_what_an_iphone_left_out_is_known_by_the_word_for_that(
    text: str, expected: tuple[str, str, str | None], mark: str
) -> None:
    assert said(text, line=f"{mark}[13.01.23, 19:02:33] Ann: ") == expected


def test_a_mark_before_words_means_nothing_with_android() -> None:
    assert said(f"{LRM}hi", line="13.01.23, 19:02 - Ann: ") == (USED, f"{LRM}hi", None)


# Lines


def texts(*lines: str, end: str = "\n") -> list[str]:
    file = "".join(line + end for line in lines).encode()
    return [row.text for row in rows(io.BytesIO(file), layout(io.BytesIO(file)), Path("chat"))]


def test_a_line_in_another_format_belongs_to_the_message_above() -> None:
    quotes = [
        "13/01/2023 19:02 - Ann: no comma",
        "13.01.2023, 19:02 - Ann: dots",
        "[13/01/2023, 19:02:00] Ann: an iPhone",
        "13/01/23, 19:02 - Ann: a short year",
        "13/01/2023, 7:02 PM - Ann: an afternoon",
    ]
    assert texts(HI[0], *quotes, HI[1]) == ["\n".join(["hi", *quotes]), "hey"]


def test_within_a_message_of_an_iphone_a_copied_row_is_no_row() -> None:
    first, second = "[13/01/2023, 19:02:33] Ann: hi", "[13/01/2023, 19:03:00] Bob: hey"
    assert texts(first, second) == ["hi", "hey"]
    assert texts(first, second, end="\r\n") == ["hi", "hey"]
    assert texts(f"{first}\n{second}", second, end="\r\n") == [f"hi\n{second}", "hey"]


def test_with_android_a_message_may_hold_what_ends_the_rows_of_an_iphone() -> None:
    assert texts(f"{HI[0]}\r", *HI) == ["hi", "hi", "hey"]


def test_line_breaks_within_a_message_are_kept_and_those_after_it_are_not() -> None:
    assert texts("13/01/2023, 19:02 - Ann: a", "", " b ", "", "", HI[1], "", "") == [
        "a\n\n b ",
        "hey",
    ]


def test_only_line_feeds_end_lines() -> None:
    text = "a\u2028b\u0085c\x0bd\x0ce"
    assert texts(f"13/01/2023, 19:02 - Ann: {text}") == [text]


def test_what_stands_before_the_first_row_is_one_unreadable_row(tmp_path: Path) -> None:
    path = zipped(tmp_path, {"_chat.txt": "\n".join(("some", "words", *HI))})
    assert read(path, "whatsapp", answers=BOB).buckets == {UNREADABLE: 1, USED: 2}


@pytest.mark.parametrize("codec", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_texts_are_read_in_every_encoding_of_unicode(tmp_path: Path, codec: str, end: str) -> None:
    path = tmp_path / ANN
    path.write_bytes((end.join((*HI, "13/01/2023, 19:04 - Ann: 😂 ñ")) + end).encode(codec))
    assert [message.text for message in read(path, "whatsapp", answers=BOB).messages] == [
        "hi",
        "hey",
        "😂 ñ",
    ]


def test_broken_characters_are_replaced(tmp_path: Path) -> None:
    path = tmp_path / ANN
    path.write_bytes("13/01/2023, 19:02 - Ann: ñññño ".encode() + b"a\xffb\xed\xa0\x80\n")
    [message] = read(path, "whatsapp", answers=BOB).messages
    assert message.text == "ñññño a\ufffdb\ufffd\ufffd\ufffd"


@pytest.mark.parametrize("codec", ["cp1252", "latin-1"])
@pytest.mark.parametrize("before", [0, 5000, 1 << 17])
def test_a_file_that_is_not_in_utf_8_is_read_as_windows_1252(
    tmp_path: Path, codec: str, before: int
) -> None:
    path = tmp_path / ANN
    path.write_bytes(f"{HI[0]}{'x' * before}\n13/01/2023, 19:03 - Bob: schöne Grüße".encode(codec))
    found = read(path, "whatsapp", answers=BOB)
    assert found.texts[-1] == "schöne Grüße"
    [note] = found.notes
    assert note.startswith(f"{ANN} is not in UTF-8 and was read as Windows-1252.")


def test_a_date_may_hold_what_is_not_in_utf_8(tmp_path: Path) -> None:
    path = tmp_path / "chat.txt"
    path.write_bytes("13/01/2023 à 19:02 - Ann: hi".encode("cp1252"))
    assert read(path, "whatsapp", answers=BOB).texts == ["hi"]


@pytest.mark.parametrize(
    ("content", "codec"),
    [
        ("ü".encode(), "utf-8-sig"),
        (b"hi", "utf-8-sig"),
        (b"", "utf-8-sig"),
        ("\ufffd\ufffd".encode(), "utf-8-sig"),
        (b"\xfc", "cp1252"),
        ("ü".encode() + b"\xfc", "utf-8-sig"),
        ("ü".encode() + b"\xfc\xfc", "cp1252"),
        (b"x" * 65535 + "ü".encode(), "utf-8-sig"),
        ("ü".encode()[:1], "utf-8-sig"),  # cut short
        (b"\xff\xfeh\x00i\x00", "utf-16"),
    ],
)
def test_more_characters_than_bytes_that_are_none_make_utf_8(content: bytes, codec: str) -> None:
    assert layout(io.BytesIO(content)).codec == codec


@pytest.mark.parametrize(("length", "bucket"), [(0, USED), (1, UNREADABLE)])
def test_a_line_as_long_as_the_limit_is_read_and_a_longer_one_is_not(
    tmp_path: Path, length: int, bucket: str
) -> None:
    start = "13/01/2023, 19:04 - Ann: "
    line = start + "x" * (MAX_TEXT - len(start) - 1 + length)
    found = reading(tmp_path, *HI, line, "13/01/2023, 19:05 - Bob: bye")
    assert found.buckets == Counter({USED: 3}) + Counter({bucket: 1})
    assert found.messages[-1].text == "bye"


def test_a_message_of_too_many_lines_is_unreadable_and_no_more(tmp_path: Path) -> None:
    lines = ["x" * 1023] * 1025
    found = reading(tmp_path, HI[0], *lines, HI[1])
    assert found.buckets == {UNREADABLE: 1, USED: 1}


# Ids


def test_a_newer_export_with_media_gives_the_same_ids(tmp_path: Path) -> None:
    older = [*HI, HI[1], "13/01/2023, 19:04 - Ann: <Media omitted>"]
    newer = [*HI, HI[1], "13/01/2023, 19:04 - Ann: VID-20230113-WA0001.mp4 (file attached)"]
    first = reading(tmp_path, *older)
    second = reading(tmp_path, *newer, "14/01/2023, 19:04 - Ann: new")
    ids = [message.id for message in second.messages]
    assert ids[:4] == [message.id for message in first.messages]
    assert len(set(ids)) == 5
    assert all(each.startswith("whatsapp:") for each in ids)


def test_the_exports_of_two_kinds_of_phones_give_the_same_ids(tmp_path: Path) -> None:
    iphone = reading(
        tmp_path,
        "[13/01/2023, 19:02:00] Ann: hi",
        "[13/01/2023, 19:02:59] Ann: hi",
        "[13/01/2023, 19:03:00] Ann: hi",
        f"[13/01/2023, 19:04:01] Ann: {LRM}Missed voice call",
        f"{LRM}[13/01/2023, 19:04:02] Ann: {LRM}image omitted",
        end="\r\n",
    )
    android = reading(
        tmp_path,
        *["13/01/2023, 19:02 - Ann: hi"] * 2,
        "13/01/2023, 19:03 - Ann: hi",
        "13/01/2023, 19:04 - Missed voice call",
        "13/01/2023, 19:04 - Ann: <Media omitted>",
    )
    ids = [each.id for each in iphone.messages if each.placeholder != "call"]
    assert ids == [each.id for each in android.messages]
    assert len({each.id for each in iphone.messages}) == 5


@pytest.mark.parametrize("name", ["A.txt", "Z.txt"])
def test_what_is_in_two_exports_keeps_the_time_with_seconds(tmp_path: Path, name: str) -> None:
    written(tmp_path, *HI, name="M.txt")
    written(tmp_path, "[13/01/2023, 19:02:33] Ann: hi", name=name, end="\r\n")
    found = read(tmp_path, "whatsapp", answers=BOB)
    assert found.buckets == {USED: 2, DUPLICATE: 1}
    assert [message.sent_at.second for message in found.messages] == [33, 0]


def test_ids_do_not_depend_on_the_clock_of_the_machine(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = []
    for zone in ("Asia/Tokyo", "America/Lima"):
        monkeypatch.setenv("TZ", zone)
        time.tzset()
        found.append([message.id for message in reading(tmp_path, *HI).messages])
    assert found[0] == found[1]


# Files


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"hello\n",
        b'{"chats": []}',
        b"13/01/2023\n",
        b"hello\n13/01/2023, 19:02 - Ann: hi\n",
        b"SQLite format 3\x00" + b"\x00" * 100,
        b"<?xml version='1.0'?>",
        b"\xff\xfe",
        b"\x00" * 5000,
        b"PK\x03\x04",
    ],
)
def test_other_files_are_not_recognised(tmp_path: Path, content: bytes) -> None:
    (path := tmp_path / ANN).write_bytes(content)
    assert not whatsapp.recognises(path)
    assert not whatsapp.recognises(tmp_path)
    assert isinstance(refusal(path), SourceUnreadableError)
    assert isinstance(refusal(tmp_path), SourceUnreadableError)


def test_a_chat_is_recognised_by_what_it_says_and_not_by_its_name(tmp_path: Path) -> None:
    path = written(tmp_path, *HI, name="export")
    assert len(read(path, "whatsapp", answers=BOB).messages) == 2


def test_blank_lines_may_come_first(tmp_path: Path) -> None:
    assert len(reading(tmp_path, "", "", *HI).messages) == 2


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    path = tmp_path / "nowhere.txt"
    assert str(path) in refusal(path).problem


@pytest.mark.parametrize(
    "names",
    [
        ["_chat.txt", "00000001-notes.txt", "__MACOSX/._chat.txt"],
        ["folder/_chat.txt", "folder/WhatsApp Chat with Bob.txt"],
        ["WhatsApp Chat - Ann.txt", "WhatsApp Chat with Bob.txt", "notes.txt"],
        ["WhatsApp Chat with Ann.txt", "notes.txt"],
        ["anything.txt"],
    ],
)
def test_of_a_zip_the_chat_is_read_and_nothing_that_was_attached(
    tmp_path: Path, names: list[str]
) -> None:
    chat, *others = names
    path = zipped(tmp_path, {chat: "\n".join(HI), **dict.fromkeys(others, "\n".join(HI * 3))})
    assert len(read(path, "whatsapp", answers=BOB).messages) == 2


def test_a_zip_of_several_chats_is_refused(tmp_path: Path) -> None:
    texts = {"WhatsApp Chat with Ann.txt": HI[0], "WhatsApp Chat with Cleo.txt": HI[0]}
    path = zipped(tmp_path, texts, name="all.zip")
    assert whatsapp.recognises(path)
    assert "2 chats" in refusal(path).problem


@pytest.mark.parametrize("text", ["", "hello\n"])
def test_a_zip_whose_chat_is_none_is_refused(tmp_path: Path, text: str) -> None:
    path = zipped(tmp_path, {"_chat.txt": text})
    assert "no WhatsApp chat" in refusal(path).problem


def test_a_zip_of_other_texts_is_not_recognised(tmp_path: Path) -> None:
    assert not whatsapp.recognises(zipped(tmp_path, {"notes.txt": "milk", "a.txt": HI[0]}))
    assert not whatsapp.recognises(zipped(tmp_path, {"notes.txt": "milk"}))
    assert not whatsapp.recognises(zipped(tmp_path, {"result.json": "{}"}))


def test_a_zip_cut_short_is_refused(tmp_path: Path) -> None:
    path = zipped(tmp_path, {"_chat.txt": "\n".join(HI)})
    path.write_bytes(path.read_bytes()[:-30])
    assert isinstance(refusal(path), SourceUnreadableError)


def test_each_export_in_a_folder_is_a_chat(tmp_path: Path) -> None:
    written(tmp_path, *HI)
    zipped(tmp_path, {"_chat.txt": "\n".join((HI[1], "13/01/2023, 19:04 - Cleo: yo"))})
    (tmp_path / "notes.txt").write_text("milk\n", encoding="utf-8")
    found = read(tmp_path, "whatsapp", answers=BOB)
    assert {person.name for person in found.people} == {"Ann", "Cleo"}


@pytest.mark.skipif(not hasattr(os, "symlink"), reason="there are no links")
def test_links_in_a_folder_are_not_followed(tmp_path: Path) -> None:
    written(outside := tmp_path, *HI, name="outside.txt")
    (folder := tmp_path / "folder").mkdir()
    (folder / ANN).symlink_to(outside / "outside.txt")
    assert not whatsapp.recognises(folder)


class Endless(io.RawIOBase):
    """A file that repeats itself for ever."""

    def __init__(self, first: str, rest: bytes) -> None:
        self._next = first.encode()
        self._rest = rest

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        part, self._next = self._next[: len(buffer)], self._rest
        buffer[: len(part)] = part
        return len(part)


@pytest.mark.parametrize("rest", [b"x" * 8192, b"x" * 8191 + b"\n"])
def test_a_file_without_an_end_is_refused_in_little_memory(rest: bytes) -> None:
    file = io.BufferedReader(Endless(f"{HI[0]}\n", rest))
    with pytest.raises(SourceUnreadableError, match="longer than any chat"):
        list(rows(file, PLAIN, Path("chat")))


def test_a_file_of_as_many_rows_as_allowed_is_read_and_one_of_more_is_not() -> None:
    file = "\n".join(HI).encode()
    assert len(list(rows(io.BytesIO(file), PLAIN, Path("chat"), most=2))) == 2
    with pytest.raises(SourceUnreadableError, match="longer than any chat"):
        list(rows(io.BytesIO(file), PLAIN, Path("chat"), most=1))


def test_a_row_without_a_sender_is_an_event() -> None:
    assert content(Row(None, None, "You blocked Ann")).bucket == EVENT


@pytest.mark.parametrize(
    "text",
    ["<" * MAX_TEXT, "x: " * (MAX_TEXT // 4), LRM * (MAX_TEXT // 4), "POLL:\n" * (MAX_TEXT // 8)],
)
def test_no_text_takes_long(text: str) -> None:
    started = time.monotonic()
    said(text[: MAX_TEXT - 100])
    assert time.monotonic() - started < 2


PARTS = st.sampled_from(
    [
        *("13/01/2023, 19:02 - ", "[13/01/23, 7:02:33\u202fPM] ", "1/2/23, 1:02 AM - ", "٣/٤/٢٣ "),
        *("12/01/2023, 10:00 - Max: ", "13/01/2023, 19:09 - Bob: ", "Work: "),
        *("Ann: ", "Bob: ", "Meta AI: ", "Ann changed “Trip: ", ": ", LRM, RLM, "\u2068", "\ufffc"),
        *("<Media omitted>", "image omitted", "null", "IMG-20230113-WA0001.jpg (file attached)"),
        *("<attached: 0001-PHOTO.jpg>", "<This message was edited>", "POLL:", "OPTION: a (1 vote)"),
        *("https://maps.google.com/?q=1.5,2.5", "\n", "\r\n", "\r", "\x00", "😂", "\ufeff", " • "),
    ]
)


def survives(path: Path) -> None:
    """Read it, and let nothing but our errors escape."""
    for answers in (Answers(), Answers(("Bob",), day_first=True)):
        try:
            whatsapp.recognises(path)
            with whatsapp.opened(path, answers) as history:
                found = list(history.entries(None))
                assert found
                history.spans()
        except ElvisBotError:
            pass


@settings(max_examples=100, deadline=None)
@given(st.lists(PARTS | st.text(max_size=5), max_size=30), st.sampled_from(["utf-8", "utf-16"]))
def test_whatever_stands_in_a_file_nothing_but_our_errors_is_raised(
    parts: list[str], codec: str
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, ANN)
        path.write_bytes(f"{HI[0]}\n{''.join(parts)}".encode(codec, "surrogatepass"))
        survives(path)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 400), st.integers(0, 255)), max_size=6))
def test_whatever_bytes_are_broken_nothing_but_our_errors_is_raised(
    changes: list[tuple[int, int]],
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        for path in (
            written(Path(folder), *HI * 3),
            zipped(Path(folder), {"_chat.txt": "\n".join(HI * 3)}),
        ):
            broken = bytearray(path.read_bytes())
            for place, value in changes:
                broken[place % len(broken)] = value
            path.write_bytes(broken)
            survives(path)
