"""SMS Backup & Restore: what the samples cannot show."""

import contextlib
import io
import tracemalloc
import zipfile
from collections.abc import Iterator
from html import escape
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from elvisbot.conversation import Message
from elvisbot.errors import ElvisBotError, SourceUnreadableError
from elvisbot.sources import Answers, _android_mending, android
from elvisbot.sources._android_mending import mended
from elvisbot.sources._android_records import MAX_ADDRESS, MAX_TEXT
from elvisbot.sources._android_xml import (
    MAX_CHILDREN,
    MAX_DEPTH,
    MAX_NAMES,
    MAX_RECORD,
    records,
)
from tests.sources.reading import Reading, read

ANN = "+15550101234"
NOON = 1_714_564_800_000
SAMPLE = Path(__file__).parents[1] / "samples" / "android" / "everything" / "input.xml"


def sms(body: str, **attributes: object) -> str:
    """An element; `body` as it stands in the file."""
    known = {"address": ANN, "date": NOON, "type": 1, "body": body} | attributes
    return "<sms " + " ".join(f'{name}="{value}"' for name, value in known.items()) + " />"


def mms(*parts: str, addrs: str = "", **attributes: object) -> str:
    known = {"address": ANN, "date": NOON, "msg_box": 1} | attributes
    given = " ".join(f'{name}="{value}"' for name, value in known.items())
    return f"<mms {given}><parts>{''.join(parts)}</parts><addrs>{addrs}</addrs></mms>"


def backup(path: Path, *elements: str) -> Path:
    path.write_text(f"<smses>{''.join(elements)}</smses>", encoding="utf-8")
    return path


def texts(path: Path) -> list[str]:
    return [message.text for message in read(path, "android").messages]


def everything(path: Path) -> Reading:
    return read(path, "android")


def refusal(path: Path) -> SourceUnreadableError:
    with pytest.raises(SourceUnreadableError) as caught, android.opened(path, Answers()):
        pass
    assert caught.value.remedy
    return caught.value


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("&#55357;&#56832;", "😀"),
        ("&#xD83D;&#xde00;", "😀"),
        ("&#xD83D;&#56832;", "😀"),
        ("&#128512;", "😀"),
        ("&#X41;", "A"),
        ("&#55357;", "�"),
        ("&#56832;", "�"),
        ("&#56832;&#55357;", "��"),
        ("&#55357;&#55357;&#56832;", "�😀"),
        ("&#55357; &#56832;", "� �"),
        ("&#55295;&#57344;", "\ud7ff\ue000"),
        ("&#0;&#8;&#11;&#31;", "����"),
        ("&#9;&#10;&#13;", "\t\n\r"),
        ("&#65534;&#65535;&#1114111;&#1114112;", "��\U0010ffff�"),
        ("\x0b\x1f", "��"),
        ("&amp;#55357;&lt;&quot;", '&#55357;<"'),
    ],
)
def test_a_text_is_mended(tmp_path: Path, written: str, meant: str) -> None:
    assert texts(backup(tmp_path / "sms.xml", sms(f"({written})"))) == [f"({meant})"]


def test_bytes_that_are_no_text_spoil_themselves_alone(tmp_path: Path) -> None:
    path = tmp_path / "sms.xml"
    path.write_bytes(f"\ufeff<smses>{sms('cut ~ off')}</smses>".encode().replace(b"~", b"\xf0\x9f"))
    assert texts(path) == ["cut � off"]


@pytest.mark.parametrize("chunk", range(1, 60))
def test_chunks_may_end_anywhere(monkeypatch: pytest.MonkeyPatch, chunk: int) -> None:
    file = (
        "&#55357;&#56832;&#xD83D;&#xDE00;&#55357;é&#0;&&#10;"
        "<part text='data=\"no' data=\"AAA'A\" x='1'/><parts><part data='B\"B' ct=\"c\"/>"
        '<part text=" data=\' " /><sms body=\' data="kept"\'/><part'
    ).encode()
    monkeypatch.setattr(_android_mending, "CHUNK", chunk)
    assert "".join(mended(io.BytesIO(file))) == (
        "&#128512;&#128512;&#65533;é&#65533;&&#10;"
        "<part text='data=\"no' data=\"\" x='1'/><parts><part data='' ct=\"c\"/>"
        '<part text=" data=\' " /><sms body=\' data="kept"\'/><part'
    )


@given(st.text(), st.sampled_from(["{:d}", "x{:x}", "x{:04X}"]), st.integers(1, 80))
def test_any_text_comes_out_as_it_was_written(text: str, style: str, chunk: int) -> None:
    units = text.encode("utf-16-be", "surrogatepass")
    numbers = [int.from_bytes(units[at : at + 2], "big") for at in range(0, len(units), 2)]
    written = "".join(f"&#{style.format(number)};" for number in numbers)
    whole = units.decode("utf-16-be", "replace")
    meant = "".join("�" if _is_forbidden(each) else each for each in whole)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_android_mending, "CHUNK", chunk)
        file = io.BytesIO(f'<smses><sms body="{written}"/></smses>'.encode())
        [record] = records(file, Path("sms.xml"))
    assert record.attributes["body"] == meant


def _is_forbidden(character: str) -> bool:
    return (character < " " and character not in "\t\n\r") or character in "\ufffe\uffff"


def test_a_text_between_single_quotes_may_hold_double_ones(tmp_path: Path) -> None:
    element = sms("").replace('body=""', 'body=\'a "b" data="c"\'')
    assert texts(backup(tmp_path / "sms.xml", element)) == ['a "b" data="c"']


def test_a_type_of_document_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "sms.xml"
    bomb = '<!DOCTYPE a [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;">]>'
    path.write_text(f"{bomb}<smses>{sms('&b;')}</smses>", encoding="utf-8")
    assert android.recognises(path)
    assert "document type" in refusal(path).problem


@pytest.mark.parametrize(
    "content",
    [
        "<smses>",
        "<smses><sms",
        "<smses></sms>",
        '<smses><sms body="&what;" /></smses>',
        "<smses /> more",
        "<!-- <smses> --><html />",
        '<smses><sms body="a" body="b" /></smses>',
        '<smses><mms><parts><part data="AAAA',
    ],
)
def test_what_is_no_backup_or_cut_short_is_refused(tmp_path: Path, content: str) -> None:
    (path := tmp_path / "sms.xml").write_text(content, encoding="utf-8")
    assert "damaged or cut short" in refusal(path).remedy


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    path = tmp_path / "sms.xml"
    assert str(path) in refusal(path).problem


@pytest.mark.parametrize("name", ["empty", "calls"])
def test_a_folder_without_messages_is_refused(tmp_path: Path, name: str) -> None:
    if name == "calls":
        (tmp_path / "calls.xml").write_text("<calls count='0' />", encoding="utf-8")
    assert not android.recognises(tmp_path)
    assert "holds no messages" in refusal(tmp_path).problem


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"<smses/>", True),
        (b"\xef\xbb\xbf\r\n <?xml version='1.0'?>\n<smses count='0'>", True),
        (b"<calls count='0' />", False),
        (b"see <smses>", False),
        (b"{}", False),
        (b"", False),
    ],
)
def test_a_backup_is_recognised_by_its_root(tmp_path: Path, content: bytes, expected: bool) -> None:
    (path := tmp_path / "thing").write_bytes(content)
    assert android.recognises(path) is expected


def test_a_zip_that_cannot_be_read_is_not_recognised(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "sms.zip", "w") as archive:
        archive.writestr("sms.xml", "<smses/>" * 1000)
    content = (tmp_path / "sms.zip").read_bytes()
    (tmp_path / "sms.zip").write_bytes(content.replace(b"<smses/>", b"<calls/>", 1))
    assert not android.recognises(tmp_path / "sms.zip")


def test_symbolic_links_in_a_folder_are_left_alone_and_told_of(tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    backup(folder / "sms.xml", sms("mine"))
    (folder / "other.xml").symlink_to(backup(tmp_path / "other.xml", sms("not mine")))
    reading = everything(folder)
    assert [message.text for message in reading.messages] == ["mine"]
    assert reading.notes == ["Symbolic links in the folder were left alone: 1."]


def test_a_picture_of_any_size_is_skipped_in_little_memory() -> None:
    size = 96 << 20

    class Endless(io.RawIOBase):
        left = size

        def read(self, count: int = -1) -> bytes:
            given = min(count, self.left)
            self.left -= given
            return b"A" * given

    class Joined(io.RawIOBase):
        files: list[io.IOBase]

        def read(self, count: int = -1) -> bytes:
            while self.files:
                if found := self.files[0].read(count):
                    return found
                self.files.pop(0)
            return b""

    file = Joined()
    before, after = mms('<part ct="image/png" data="@" />').split("@")
    file.files = [
        io.BytesIO(b"<smses>" + before.encode()),
        Endless(),
        io.BytesIO(after.encode() + b"</smses>"),
    ]
    tracemalloc.start()
    try:
        [record] = records(file, Path("sms.xml"))  # type: ignore[arg-type]
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert record.children[1] == ("part", {"ct": "image/png", "data": ""})
    assert peak < 16 << 20


def test_a_text_is_no_longer_than_a_text_can_be(tmp_path: Path) -> None:
    path = backup(tmp_path / "sms.xml", sms("a" * MAX_TEXT), sms("a" * (MAX_TEXT + 1)))
    assert everything(path).buckets == {"used": 1, "unreadable": 1}


@pytest.mark.parametrize(
    "element",
    [
        sms("a" * (MAX_RECORD + (4 << 20))),
        mms('<part ct="text/plain" text="' + "a" * (MAX_RECORD + (4 << 20)) + '" />'),
        mms("<x/>" * (MAX_RECORD // 4 + (4 << 20))),
        f"<!--{'a' * (MAX_RECORD + (4 << 20))}-->",
    ],
    ids=["attribute", "part", "elements", "comment"],
)
def test_a_record_beyond_all_measure_is_refused(tmp_path: Path, element: str) -> None:
    assert "a message in it" in refusal(backup(tmp_path / "sms.xml", element)).problem


@pytest.mark.parametrize(
    ("count", "is_kept"), [(MAX_CHILDREN - 3, True), (MAX_CHILDREN - 2, False)]
)
def test_a_record_has_so_many_parts(tmp_path: Path, count: int, is_kept: bool) -> None:
    part = '<part ct="text/plain" text="a" />'
    path = backup(tmp_path / "sms.xml", mms(part, "<x/>" * count))
    if is_kept:
        assert texts(path) == ["a"]
    else:
        assert "parts" in refusal(path).problem


@pytest.mark.parametrize(("depth", "is_kept"), [(MAX_DEPTH - 1, True), (MAX_DEPTH, False)])
def test_elements_are_nested_so_deep(tmp_path: Path, depth: int, is_kept: bool) -> None:
    path = backup(tmp_path / "sms.xml", "<x>" * depth, "</x>" * depth, sms("a"))
    if is_kept:
        assert everything(path).buckets == {"unreadable": 1, "used": 1}
    else:
        assert "nested" in refusal(path).problem


def test_attributes_have_so_many_names(tmp_path: Path) -> None:
    elements = [f'<x a{number}="" />' for number in range(MAX_NAMES)]
    assert "kinds of attributes" in refusal(backup(tmp_path / "sms.xml", *elements)).problem


@pytest.mark.parametrize(
    ("date", "bucket"),
    [
        ("1", "used"),
        ("253402300799999", "used"),
        ("253402300800000", "no date"),
        ("0", "no date"),
        ("-1", "no date"),
        ("", "no date"),
        ("null", "no date"),
        ("١", "no date"),
        ("9" * 5000, "no date"),
    ],
)
def test_a_date_must_be_one(tmp_path: Path, date: str, bucket: str) -> None:
    assert everything(backup(tmp_path / "sms.xml", sms("a", date=date))).buckets == {bucket: 1}


@pytest.mark.parametrize(
    ("address", "buckets"),
    [
        ("a" * MAX_ADDRESS, {"used": 1}),
        ("a" * (MAX_ADDRESS + 1), {"unreadable": 1}),
        ("null", {"unreadable": 1}),
        ("\u200e", {"unreadable": 1}),
        (f"{ANN}~{ANN}", {"used": 1}),
        (f"{ANN}~", {"used": 1}),
        (f"{ANN}~+15550100009", {"group chat": 1}),
    ],
)
def test_a_message_is_from_one_somebody(
    tmp_path: Path, address: str, buckets: dict[str, int]
) -> None:
    element = mms('<part ct="text/plain" text="hi" />', address=address)
    assert everything(backup(tmp_path / "sms.xml", element)).buckets == buckets


@pytest.mark.parametrize(
    ("content_type", "placeholder"),
    [
        ("image/gif", "picture"),
        ("IMAGE/JPEG", "picture"),
        ("video/mp4", "video"),
        ("audio/mp4", "voice message"),
        ("text/x-vCard", "contact"),
        ("text/vcard", "contact"),
        ("application/vnd.gsma.rcspushlocation+xml", "location"),
        ("application/pdf", "file"),
        ("text/x-vCalendar", "file"),
    ],
)
def test_what_was_sent_is_told_by_its_type(
    tmp_path: Path, content_type: str, placeholder: str
) -> None:
    element = mms(f'<part ct="{content_type}" text="null" />')
    [message] = everything(backup(tmp_path / "sms.xml", element)).messages
    assert (message.text, message.placeholder) == ("", placeholder)


def test_ids_stay_when_a_newer_export_knows_more(tmp_path: Path) -> None:
    old = [sms("a", contact_name="Ann"), sms("a", contact_name="Ann"), sms("b", type=2)]
    new = [element.replace("Ann", "Ann 💛") for element in old]
    before = everything(backup(tmp_path / "old.xml", *old)).messages
    after = everything(backup(tmp_path / "new.xml", *new, sms("c", date=NOON + 1))).messages
    assert len({message.id for message in after}) == 4
    assert [message.id for message in after[:3]] == [message.id for message in before]


def test_a_number_without_its_country_is_the_same_person(tmp_path: Path) -> None:
    elements = (sms("a", address="0555010777"), sms("b", type=2, address="+39 555 010777"))
    reading = everything(backup(tmp_path / "sms.xml", *elements))
    assert [person.key for person in reading.people] == ["+39555010777"]
    assert [message.sender for message in reading.messages] == ["+39555010777", "me"]


def test_numbers_that_the_phone_calls_by_one_name_are_one_person(tmp_path: Path) -> None:
    elements = (
        sms("a", contact_name="Ann"),
        sms("b", date=NOON + 1, address="+15550105678", contact_name="Ann"),
        sms("c", date=NOON + 2, address="+15550109999", contact_name="Ann B."),
    )
    reading = everything(backup(tmp_path / "sms.xml", *elements))
    assert [(each.name, each.handles) for each in reading.people] == [
        ("Ann", (ANN, "+15550105678")),
        ("Ann B.", ("+15550109999",)),
    ]
    assert [message.chat for message in reading.messages] == [ANN, ANN, "+15550109999"]
    assert texts(tmp_path / "sms.xml") == ["a", "b", "c"]


@pytest.mark.parametrize("name", ["null", "(Unknown)", "", "555 0100"])
def test_numbers_without_a_real_name_keep_apart(tmp_path: Path, name: str) -> None:
    elements = (
        sms("a", contact_name=name),
        sms("b", address="+15550105678", contact_name=name),
    )
    assert len(everything(backup(tmp_path / "sms.xml", *elements)).people) == 2


def all_of(path: Path) -> Iterator[object]:
    """Everything that a user of the source asks for."""
    android.recognises(path)
    with android.opened(path, Answers()) as history:
        yield from history.people
        yield from history.spans().items()
        for bucket, content in history.entries(None):
            if isinstance(content, Message):
                content.text.encode()
            yield bucket
        yield from history.notes


def read_or_refused(path: Path) -> None:
    with contextlib.suppress(ElvisBotError):
        for _ in all_of(path):
            pass


hundred_times = settings(
    max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@hundred_times
@given(
    at=st.integers(0, SAMPLE.stat().st_size),
    length=st.integers(0, 40),
    instead=st.binary(max_size=20)
    | st.sampled_from([b"<", b">", b'"', b"'", b"&#55357;", b"\x00"]),
    is_zip=st.booleans(),
)
def test_a_damaged_file_raises_nothing_else(
    tmp_path: Path, at: int, length: int, instead: bytes, is_zip: bool
) -> None:
    content = SAMPLE.read_bytes()
    if is_zip:
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("sms.xml", content)
        content = packed.getvalue()
        at = at * len(content) // (SAMPLE.stat().st_size + 1)
    (path := tmp_path / "thing").write_bytes(content[:at] + instead + content[at + length :])
    read_or_refused(path)


@hundred_times
@given(
    st.lists(
        st.tuples(
            st.sampled_from(["sms", "mms", "part"]),
            st.dictionaries(
                st.sampled_from(["address", "date", "type", "msg_box", "body", "ct", "text"]),
                st.text(max_size=20) | st.sampled_from(["1", "2", ANN, "~", "text/plain"]),
            ),
        )
    )
)
def test_nonsense_in_any_attribute_raises_nothing_else(
    tmp_path: Path, elements: list[tuple[str, dict[str, str]]]
) -> None:
    written = (
        f"<{name} " + " ".join(f'{key}="{escape(value)}"' for key, value in given.items()) + " />"
        for name, given in elements
    )
    read_or_refused(backup(tmp_path / "sms.xml", *written))
