"""Makes XML of what SMS Backup & Restore writes, which often is none, and leaves out the pictures.

What no XML parser takes are emoji as the halves of surrogate pairs (`&#55357;&#56832;`), control
characters as references (`&#0;`), and bytes that are not UTF-8. A character that cannot be saved
becomes U+FFFD.

Pictures are the attributes `data` of the elements `part`, in base64, and nearly all of a file.
"""

import codecs
import re
from collections.abc import Iterable, Iterator
from typing import BinaryIO, Final

CHUNK: Final = 1 << 20
"""Bytes read at once. A tag that crosses chunks is looked at anew with each."""

_LONGEST_WAIT: Final = 16 << 20
"""Characters of one tag, without its picture, after which it is passed on as it is."""

_LONGEST_REFERENCE: Final = 24

_FORBIDDEN: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_REFERENCES: Final = re.compile("(?:&#(?:[xX][0-9a-fA-F]{1,8}|[0-9]{1,10});)+")
_OPEN_END: Final = re.compile(
    # The first half of a pair, or a reference without its end, or both.
    "(?:&#(?:[xX][dD][89abAB][0-9a-fA-F]{2}|5529[6-9]|55[3-9][0-9]{2}|56[0-2][0-9]{2}|563[01][0-9]);)?"
    r"(?:&(?:#[xX]?[0-9a-fA-F]{0,10})?)?\Z"
)

# Possessive, so that it takes time in proportion to its length. No value holds a `<`.
_DATA: Final = re.compile(
    r"<part(?:\s++[\w:.-]++\s*+=\s*+(?:\"[^\"<]*+\"|'[^'<]*+'))*?"
    r"\s++data\s*+=\s*+(?P<quote>[\"'])"
)


def mended(file: BinaryIO) -> Iterator[str]:
    """The text of a file in pieces, without the pictures."""
    return _with_whole_references(_without_data(_texts(file)))


def _texts(file: BinaryIO) -> Iterator[str]:
    decoder = codecs.getincrementaldecoder("utf-8-sig")("replace")
    while chunk := file.read(CHUNK):
        yield _FORBIDDEN.sub("\ufffd", decoder.decode(chunk))
    yield decoder.decode(b"", final=True)


def _without_data(texts: Iterable[str]) -> Iterator[str]:
    """`texts` without the pictures, of which no more than a chunk is held."""
    waiting = ""
    quote = ""
    for text in texts:
        kept, waiting, quote = _cut(waiting + text, quote)
        yield kept
    yield waiting


def _cut(text: str, quote: str) -> tuple[str, str, str]:
    """The text without its pictures; its end that must wait; the quote that ends an open picture.

    Args:
        quote: The one that ends the picture in which `text` begins; empty if it does not.
    """
    kept: list[str] = []
    at = 0
    while True:
        if quote:
            at = text.find(quote, at)
            if at < 0:
                return "".join(kept), "", quote
        data = _DATA.search(text, at)
        if data is None:
            break
        kept.append(text[at : data.end()])
        at, quote = data.end(), data["quote"]
    end = _start_of_open_part(text, at)
    return "".join(kept) + text[at:end], text[end:], ""


def _start_of_open_part(text: str, at: int) -> int:
    """Where the last tag begins, if it is a `part` that may go on; else the end of `text`."""
    start = text.rfind("<", at)
    if start < 0 or not "<part".startswith(text[start : start + 5]):
        return len(text)
    return start if len(text) - start < _LONGEST_WAIT else len(text)


def _with_whole_references(texts: Iterable[str]) -> Iterator[str]:
    """`texts` with the references in them mended, those across two of them, too."""
    waiting = ""
    for text in texts:
        whole = waiting + text
        end = _OPEN_END.search(whole, max(0, len(whole) - _LONGEST_REFERENCE))
        at = end.start() if end else len(whole)
        waiting = whole[at:]
        yield _REFERENCES.sub(_sound, whole[:at])
    yield _REFERENCES.sub(_sound, waiting)


def _sound(references: re.Match[str]) -> str:
    """Neighbouring references as XML allows them."""
    halves = "".join(map(_character, references[0].removesuffix(";").split(";")))
    whole = halves.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return "".join(f"&#{ord(each)};" for each in _FORBIDDEN.sub("\ufffd", whole))


def _character(reference: str) -> str:
    number = reference[2:]
    code = int(number[1:], 16) if number[0] in "xX" else int(number)
    return chr(code) if code < 0x110000 else "\ufffd"
