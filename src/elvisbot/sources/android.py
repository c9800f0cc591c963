"""The XML of the Android app SMS Backup & Restore: SMS and MMS, and RCS kept as MMS.

    <smses count="2">
      <sms address="+15550100001" date="1587312312000" type="1" body="hi" contact_name="Ann" />
      <mms address="+15550100001" date="1587312313000" msg_box="2" contact_name="Ann">
        <parts>
          <part ct="image/jpeg" data="…" /><part ct="text/plain" text="look" />
        </parts>
        <addrs><addr address="+15550100001" type="151" /></addrs>
      </mms>
    </smses>

A backup can be several files, which often repeat each other, and lie beside other backups.
"""

import contextlib
from collections import Counter, defaultdict
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Final

from elvisbot.conversation import ME, Message
from elvisbot.errors import SourceUnreadableError
from elvisbot.sources import CONTEXT, DUPLICATE, GROUP_CHAT, USED, Answers, Entry, Person, _files
from elvisbot.sources._addresses import AddressBook, is_number
from elvisbot.sources._android_records import Said, said
from elvisbot.sources._android_xml import ROOT, records
from elvisbot.sources._contacts import Contact
from elvisbot.sources._ids import Ids
from elvisbot.sources._parsed import Chat, Notes, Parsed, Rows, oldest_first, parsed
from elvisbot.sources._quotes import Quotes

TITLE: Final = "SMS Backup & Restore of Android (.xml)"

_MAX_FILES: Final = 1000


def recognises(path: Path) -> bool:
    """Whether it is such a file, or a folder or zip with one. See `Source.recognises`."""
    if path.is_dir():
        files = islice(path.glob("*.xml"), _MAX_FILES)
        return any(_is_backup(_files.beginning(file)) for file in files if not file.is_symlink())
    if _files.zip_names(path):
        try:
            with _files.opened(path) as unpacked:
                return next(_backups(unpacked), None) is not None
        except SourceUnreadableError:
            return False
    return _is_backup(_files.beginning(path))


@contextlib.contextmanager
def opened(path: Path, answers: Answers) -> Iterator[Parsed]:
    """See `Source.opened`. No answers are needed."""
    with (
        _files.opened(path) as files,
        parsed(lambda notes: _chats(files, notes)) as history,
    ):
        yield history


def _is_backup(beginning: bytes) -> bool:
    start = beginning.removeprefix(b"\xef\xbb\xbf").lstrip()
    return start.startswith(b"<") and f"<{ROOT}".encode() in start


def _backups(files: _files.Files) -> Iterator[str]:
    """The names of the files with messages; beside them may lie calls, and other things."""
    names = (name for name in files.names if name.lower().endswith(".xml"))
    for name in files.names if len(files.names) == 1 else islice(names, _MAX_FILES):
        with files.open(name) as file:
            if _is_backup(file.read(4096)):
                yield name


def _chats(files: _files.Files, notes: Notes) -> Iterator[Chat]:
    notes.add_links(files)
    found = _Conversations()
    found.read(files)
    yield Chat(None, [], found.loose.dropped, is_loose=True)
    yield Chat(None, [], found.groups.dropped)
    book = AddressBook(found.spellings, found.contacts())
    addresses: dict[str, list[str]] = defaultdict(list)
    for address in found.rows:
        addresses[book.person(address)].append(address)
    for key, theirs in addresses.items():
        name = next((found.names[each] for each in theirs if each in found.names), key)
        rows = [found.rows.pop(each) for each in theirs]
        entries = [_of(key, entry) for each in rows for entry in oldest_first(each.kept)]
        dropped = sum((each.dropped for each in rows), Counter[str]())
        yield Chat(Person(key, name, book.handles(key)), _with_reactions(entries), dropped)


class _Conversations:
    """What the files hold, by the address of the other one.

    Attributes:
        rows: Of each conversation, whose messages name that address as their chat.
        loose: Rows of nobody.
        groups: Rows of groups.
        spellings: Of every address.
        names: Of those whom the phone's contacts know.
    """

    def __init__(self) -> None:
        self.rows: dict[str, Rows] = defaultdict(Rows)
        self.loose = Rows()
        self.groups = Rows()
        self.spellings: set[str] = set()
        self.names: dict[str, str] = {}
        self._ids = Ids("android")

    def contacts(self) -> list[Contact]:
        """Whose numbers are whose, as far as the phone calls several by one name."""
        called: dict[str, list[str]] = defaultdict(list)
        for address, name in self.names.items():
            if not is_number(name):
                called[name].append(address)
        return [Contact(name, tuple(addresses)) for name, addresses in called.items()]

    def read(self, files: _files.Files) -> None:
        names = list(_backups(files))
        if not names:
            raise _files.damaged(files.path, "it holds no messages")
        for name in names:
            self._ids.begin_file()
            with files.open(name) as file:
                for record in records(file, files.path):
                    self._add(said(record))

    def _add(self, what: Said) -> None:
        if not what.others:
            self.loose.add((what.bucket, None))
        elif what.is_group:
            self.groups.add((GROUP_CHAT, None))
        else:
            address, spelling = next(iter(what.others.items()))
            self.spellings.add(spelling)
            self.rows[address].add(self._entry(what, address))
            if what.name is not None:
                self.names[address] = what.name

    def _entry(self, what: Said, address: str) -> Entry:
        if what.bucket not in (USED, CONTEXT) or what.sent_at is None:
            return what.bucket, None
        sender = ME if what.is_mine else address
        moment, kind = what.sent_at.isoformat(), what.placeholder
        name = self._ids.new(address, sender, moment, what.text, kind or "")
        if name is None:
            return DUPLICATE, None
        return what.bucket, Message(
            name, address, sender, what.sent_at, what.text, what.service, kind
        )


def _of(key: str, entry: Entry) -> Entry:
    """`entry`, its chat and its sender called `key`."""
    bucket, content = entry
    if not isinstance(content, Message) or content.chat == key:
        return entry
    sender = ME if content.sender == ME else key
    return bucket, content._replace(chat=key, sender=sender)


def _with_reactions(entries: list[Entry]) -> list[Entry]:
    """`entries`, with reactions for the messages that only quote an earlier one."""
    quotes = Quotes()
    for bucket, content in entries:
        if bucket == USED and isinstance(content, Message):
            quotes.expect(content.chat, content.text)
    kept = [
        (bucket, content)
        for bucket, content in entries
        if not (isinstance(content, Message) and quotes.takes(content))
    ]
    kept.extend(quotes.resolved())
    return kept
