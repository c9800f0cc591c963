"""Builds a chat.db feature by feature.

    path = ChatDb(tmp_path).hear("you there?").say("yes").tapback().done()

Every message is sent a minute after the one before, the first at `START`.
"""

import plistlib
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Self

from elvisbot.sample.chatdb import ChatDatabase
from elvisbot.sample.typedstream import attributed_body
from elvisbot.sources import CONTEXT, USED
from tests.sources.reading import Reading
from tests.sources.reading import read as read_history

ANA = "+15550100001"
BEN = "+15550100002"
START = datetime(2024, 5, 1, 12, tzinfo=UTC)


class ChatDb:
    """A chat.db in the making; `to` and `by` are the address of the other person."""

    def __init__(self, folder: Path, name: str = "chat.db") -> None:
        self.path = folder / name
        self._database = ChatDatabase(self.path).__enter__()
        self._sent_at = START - timedelta(minutes=1)

    def done(self) -> Path:
        """Finish the file."""
        self._database.__exit__(None, None, None)
        return self.path

    def say(self, text: str | None, *, to: str | None = ANA, **columns: Any) -> Self:
        """A message of mine, in the column `text`; without chat if `to` is None."""
        return self._message(to, None, text=text, **columns)

    def hear(self, text: str | None, *, by: str = ANA, **columns: Any) -> Self:
        """A message of theirs, in the column `text`."""
        return self._message(by, by, text=text, **columns)

    def say_in_body(
        self, text: str, *, to: str = ANA, mutable: bool = True, **columns: Any
    ) -> Self:
        """A message of mine, in `attributedBody` alone."""
        body = attributed_body(text, mutable=mutable)
        return self._message(to, None, text=None, attributedBody=body, **columns)

    def sms(self, text: str, *, by: str = ANA) -> Self:
        return self._message(by, by, text=text, service="SMS")

    def tapback(
        self, kind: int = 2000, *, to: str = "p:0/NOWHERE", by: str = ANA, **columns: Any
    ) -> Self:
        """A reaction of theirs, with the text that nobody typed; `to` is the guid as written."""
        reaction = {
            "associated_message_type": kind,
            "associated_message_guid": to,
            "associated_message_emoji": "🎉" if kind % 1000 == 6 else None,
        }
        return self._message(by, by, **{"text": "Loved “hi”"} | reaction | columns)

    def attachment(self, mime_type: str | None, **columns: Any) -> Self:
        """A message of mine that is an attachment and no text; `columns` are of the attachment."""
        self.say("\ufffc", cache_has_attachments=1)
        names = {"guid": f"at-{self.last}", "original_guid": f"at-{self.last}"}
        row = self._database.insert("attachment", **names, mime_type=mime_type, **columns)
        return self.insert("message_attachment_join", message_id=self.last, attachment_id=row)

    def voice(self, words: str | None) -> Self:
        """A voice message of mine, with its words if the Mac wrote them down."""
        attributes = {} if words is None else {"IMAudioTranscription": words}
        body = attributed_body("\ufffc", attachment="at-1", attributes=attributes)
        return self.say("\ufffc", attributedBody=body, is_audio_message=1, cache_has_attachments=1)

    def image(self, caption: str = "") -> Self:
        """A picture of mine: an attachment, its placeholder and perhaps a text."""
        text = f"\ufffc{caption}"
        return self._message(ANA, None, text=text, cache_has_attachments=1)

    def unsent(self) -> Self:
        return self.say(None, date_edited=1, date_retracted=1, part_count=0)

    def edited(
        self,
        *versions: str,
        text: str | None = None,
        places: dict[str, dict[str, int]] | None = None,
        unsent_parts: Sequence[int] = (),
        part: int = 0,
        **columns: Any,
    ) -> Self:
        """A message of mine with its versions in `message_summary_info`.

        Args:
            text: What stands in the column; usually nothing.
            places: Where the parts lay when it was sent; by default one part of one character.
            part: Which one has the versions.
        """
        history = [{"d": 1.0, "t": attributed_body(version)} for version in versions]
        parts = places or {"0": {"lo": 0, "le": 1}}
        edits = {str(part): history} if history else {}
        summary = {"ec": edits, "otr": parts, "rp": list(unsent_parts), "ust": True}
        return self.say(
            text,
            date_edited=1,
            message_summary_info=plistlib.dumps(summary, fmt=plistlib.FMT_BINARY),
            **columns,
        )

    def group(self, text: str, *, by: str | None = None, of: Sequence[str] = (ANA, BEN)) -> Self:
        """A message in a group chat; mine if `by` is None."""
        chat = self._database.group(of, "The group")
        self.last = self._database.message(chat, by, self._now(), text=text)
        return self

    def also_in(self, chat: int) -> Self:
        """Join the last message to a further chat."""
        return self.insert("chat_message_join", chat_id=chat, message_id=self.last)

    def recently_deleted(self) -> Self:
        """Move the last message to Recently Deleted, though it is still in its chat."""
        return self.insert(
            "chat_recoverable_message_join", chat_id=1, message_id=self.last, delete_date=1
        )

    def wait(self, silence: timedelta) -> Self:
        """Send the next message so much later."""
        self._sent_at += silence
        return self

    def conversation(self, address: str, service: str = "iMessage") -> int:
        return self._database.conversation(address, service)

    def insert(self, table: str, **columns: Any) -> Self:
        self._database.insert(table, **columns)
        return self

    def _message(self, address: str | None, sender: str | None, **columns: Any) -> Self:
        service = columns.get("service", "iMessage")
        chat = self._database.conversation(address, service) if address else None
        self.last = self._database.message(chat, sender, self._now(), **columns)
        return self

    def _now(self) -> datetime:
        self._sent_at += timedelta(minutes=1)
        return self._sent_at


def sql(path: Path, *statements: str) -> Path:
    """Change a finished database."""
    with closing(sqlite3.connect(path)) as connection:
        for statement in statements:
            connection.execute(statement)
        connection.commit()
    return path


def read(path: Path, who: str | None = ANA) -> Reading:
    """Read a conversation, and see that its ledger holds every row of the database once."""
    reading = read_history(path, "imessage", who=who)
    with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)) as connection:
        rows = connection.execute("SELECT count(*) FROM message").fetchone()[0]
    assert reading.rows == rows
    kept = reading.buckets.get(USED, 0) + reading.buckets.get(CONTEXT, 0)
    assert kept == len(reading.messages)
    return reading


def texts(path: Path, who: str | None = ANA) -> list[str]:
    return read(path, who).texts
