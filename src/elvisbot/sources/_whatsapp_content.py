"""What a row of a WhatsApp chat says, without what the app put in.

    look at this ‎<attached: 00000012-PHOTO-2023-01-04-19-02-33.jpg>      iPhone, with media
    look at this ‎image omitted                                            iPhone, without
    IMG-20230104-WA0001.jpg (file attached)⏎look at this                  Android, with media
    <Media omitted>⏎look at this                                          Android, without

An iPhone puts a mark of direction before the app's own words, which tells even those that no list
here has. Often it puts one before the whole row too, whether something was attached or the app
remarks on something; what is in no list is a remark then, unless it has a caption or a file's name
before it. What the app says of itself is an event; what it says in place of something that a person
sent stands for that. Calls that were missed are said by the one who called, with a mark; without a
sender, as with Android, nobody knows whose they are, and they are events.
"""

import re
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Final

from elvisbot.conversation import Placeholder
from elvisbot.sources import BLANK, CONTEXT, EVENT, UNREADABLE, UNSENT, USED
from elvisbot.sources._whatsapp_lines import Row
from elvisbot.sources._whatsapp_wordings import (
    ATTACHED,
    CALLS,
    DELETED,
    EDITED,
    LEFT_OUT,
    NOTICES,
    OMITTED,
    WAITING,
    plain,
)

_LONGEST_WORDING: Final = 400
_MARKS: Final = ("\u200e", "\u200f")
_AROUND: Final = " \u00a0\u202f\u200e\u200f\r\n"

_MADE_NAME: Final = re.compile(r"(?:\d{4,}-)?([A-Z]{3,7})-\d|\d{4}-\d\d-\d\d-([A-Z]+)-\d+\.")
_NUMBERED: Final = re.compile(r"[^<>]{0,40}?(\d{4,}-[^<>\n]+?\.\w{1,5})(?:\s[^<>.]{1,20})?")
_DATED: Final = re.compile(r"(.*?)(\d{4}-\d\d-\d\d-[A-Z]+-\d+\.\w{1,5})", re.DOTALL)
_BRACKETED: Final = re.compile(r"([^\n]{1,300}?\.\w{0,5}) \(([^()\n]{2,40})\)")
_PLACE: Final = re.compile(
    r"(?:.*:|.*\n|)\s?(?:https://foursquare\.com/v/\w+"
    r"|(?<=: )https://maps\.google\.com/\?q=-?\d+\.\d+,-?\d+\.\d+)",
    re.DOTALL,
)
_OPTION: Final = re.compile(r"[\u200e\u200f]?([^\n:]{2,20}): .+\([^()]{1,40}\)")
_TITLE: Final = re.compile(r"[\u200e\u200f]?([^\n:]{2,20}):")
_MENTION: Final = re.compile("@\u2068([^\u2068\u2069\n]*)\u2069")

_ENDINGS: Final[dict[Placeholder, str]] = {
    "picture": "IMG PHOTO GIF jpg jpeg png heic gif bmp",
    "video": "VID VIDEO mp4 mov 3gp mkv avi webm",
    "voice message": "PTT AUD AUDIO opus ogg m4a mp3 aac amr wav",
    "sticker": "STK STICKER webp",
    "contact": "vcf",
    "file": "DOC pdf doc docx xls xlsx ppt pptx odt ods rtf txt csv json xml html epub ics zip rar"
    " 7z apk",
}
_KINDS: Final = {each: kind for kind, endings in _ENDINGS.items() for each in endings.split()}
"""By what WhatsApp calls its files, in capitals, and by the endings of others."""


@dataclass(frozen=True, slots=True)
class Content:
    """The bucket of a row, and what `USED` and `CONTEXT` have.

    A text comes with `USED` alone."""

    bucket: str
    text: str = ""
    placeholder: Placeholder | None = None


def content(row: Row) -> Content:
    """What a row says, supposing that its sender is a person."""
    if not row.is_whole:
        return Content(UNREADABLE)
    if row.sender is None:
        return Content(EVENT)
    text = _without_edited(row.text)
    wording = _wording(text)
    if text.strip(_AROUND) in ("", "null") or wording in WAITING:
        return Content(BLANK)
    if wording in DELETED:
        return Content(UNSENT)
    return (
        _attachment(text)
        or _omission(text, wording)
        or _other_thing(text)
        or _own_words(row, text, wording)
        or _typed(text, None)
    )


def is_notice(text: str) -> bool:
    """Whether it is a remark of the app on encryption."""
    return plain(text[:_LONGEST_WORDING]).startswith(NOTICES)


def _wording(text: str) -> str | None:
    """A text as the lists spell it; None if it is longer than anything in them."""
    return plain(text) if len(text) <= _LONGEST_WORDING else None


def _typed(text: str, placeholder: Placeholder | None) -> Content:
    words = _MENTION.sub(r"@\1", text).replace("\ufffc", "")
    if words.strip(_AROUND):
        return Content(USED, words, placeholder)
    return Content(CONTEXT, "", placeholder) if placeholder else Content(BLANK)


def _without_edited(text: str) -> str:
    """A text without the remark at its end that it was edited."""
    before, inner = _tag(text)
    if inner is None or not before.strip(_AROUND):
        return text
    is_marked = before.endswith(_MARKS) and not re.search(r"[\d:]", inner)
    if plain(inner) not in EDITED and (not is_marked or plain(inner) in OMITTED):
        return text
    return before.rstrip(" \u00a0\u200e\u200f")


def _tag(text: str) -> tuple[str, str | None]:
    """What stands before the `<…>` at the end of a text, and in it; None without one."""
    start = text.rfind("<", max(0, len(text) - _LONGEST_WORDING))
    if start < 0 or not text.rstrip(_AROUND).endswith(">"):
        return text, None
    return text[:start], text[start:].rstrip(_AROUND)[1:-1]


def _attachment(text: str) -> Content | None:
    """What was attached, with its caption."""
    before, inner = _tag(text)
    if inner is not None:
        if numbered := _NUMBERED.fullmatch(inner):
            return _captioned(before, _kind(numbered[1]), numbered[1].partition("-")[2])
        if len(before) <= _LONGEST_WORDING and (dated := _DATED.fullmatch(before.rstrip(_AROUND))):
            return _captioned(dated[1], _kind(dated[2]), dated[2])
    first, _, caption = text.partition("\n")
    if bracketed := _BRACKETED.fullmatch(first.strip(_AROUND)):
        name, words = bracketed.groups()
        if plain(words) in ATTACHED or text.startswith(_MARKS) or _MADE_NAME.match(name):
            return _captioned(caption, _kind(name), name)
    return None


def _omission(text: str, wording: str | None) -> Content | None:
    """What was attached and left out, with its caption."""
    if kind := OMITTED.get(wording or ""):
        return Content(CONTEXT, "", kind)
    first, _, caption = text.partition("\n")
    if first.startswith("<") and (kind := OMITTED.get(_wording(first) or "")):
        return _captioned(caption, kind)
    mark = _last_mark(text)
    if mark >= 0 and (kind := OMITTED.get(_wording(text[mark:]) or "")):
        return _captioned(text[:mark], kind)
    return None


def _last_mark(text: str) -> int:
    """Where the last words of the app itself begin; -1 if nothing marks any."""
    return max(text.rfind("\u200e"), text.rfind("\u200f"))


def _captioned(caption: str, kind: Placeholder, name: str | None = None) -> Content:
    """What came with a caption, which is often nothing but the name of a file."""
    words = caption.strip(_AROUND)
    if " • " in words and kind == "file":
        return Content(CONTEXT, "", kind)
    if words and name is not None and words in (name, PurePosixPath(name).stem):
        return Content(CONTEXT, "", kind)
    if _is_file_name(shown := _name_of(words)):
        return Content(CONTEXT, "", _kind(shown) if kind == "picture" else kind)
    return _typed(words, kind)


def _name_of(words: str) -> str:
    """What may be a file's name in a caption, which can tell its length: `Notes.pdf • ‎2 pages`."""
    return words.partition(" • ")[0]


def _is_file_name(words: str) -> bool:
    name, _, ending = words.rpartition(".")
    return bool(name) and ending.lower() in _KINDS and not re.search(r"[\n/]", words)


def _kind(name: str) -> Placeholder:
    """What a file is, by the name that WhatsApp gave it, else by its ending."""
    if made := _MADE_NAME.match(name):
        kind = _KINDS.get(made[1] or made[2])
        if kind is not None:
            return kind
    return _KINDS.get(name.rpartition(".")[2].lower(), "file")


def _other_thing(text: str) -> Content | None:
    """A place or a poll."""
    if len(text) <= 4 * _LONGEST_WORDING and _PLACE.fullmatch(text.strip(_AROUND)):
        return Content(CONTEXT, "", "location")
    return Content(CONTEXT, "", "poll") if _is_poll(text) else None


def _is_poll(text: str) -> bool:
    """Whether it is `POLL:`, the question, and a line `OPTION: … (2 votes)` for each answer."""
    title = _TITLE.match(text)
    if title is None or title[1] != title[1].upper():
        return False
    options = [_OPTION.fullmatch(line) for line in text.strip(_AROUND).split("\n")[1:]]
    words = {option[1] for option in options if option}
    return len(words) == 1 and sum(map(bool, options)) >= 2 and words == {*map(str.upper, words)}


def _own_words(row: Row, text: str, wording: str | None) -> Content | None:
    """What the app said itself, in the name of the sender."""
    if wording is not None and wording.startswith(NOTICES):
        return Content(EVENT)
    mark = _last_mark(text)
    if not row.is_from_iphone or mark < 0:
        return None
    if kind := _left_out(text[mark:]):
        return _captioned(text[:mark], kind)
    if text.startswith(_MARKS):
        return _marked_words(row, text[:mark], wording)
    # With a caption, in a language that no list here has.
    return _captioned(text[:mark], "picture") if row.is_marked else None


def _marked_words(row: Row, caption: str, wording: str | None) -> Content:
    """What begins with a mark and is none of what is known to be left out: a call, a file whose
    name stands in place of a caption, or a remark."""
    if wording is not None and wording.startswith(CALLS):
        return Content(CONTEXT, "", "call")
    if row.is_marked and _is_file_name(_name_of(caption.strip(_AROUND))):
        return _captioned(caption, "picture")
    return Content(EVENT)


def _left_out(words: str) -> Placeholder | None:
    """What they say was left out, whatever it is called: `‎view once photo omitted`."""
    wording = _wording(words) or ""
    if not LEFT_OUT.fullmatch(wording):
        return None
    parts = wording.split()
    endings = (" ".join(parts[start:]) for start in range(len(parts)))
    return next((OMITTED[each] for each in endings if each in OMITTED), "picture")
