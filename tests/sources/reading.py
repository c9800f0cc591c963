"""Reads a history as an import does, and sees that the ledger holds every row once."""

import tempfile
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from elvisbot.conversation import Message
from elvisbot.importing.spool import Spool
from elvisbot.messages import decoded
from elvisbot.sources import CONTEXT, REACTION, USED, Answers, Person, ReactionTo, load, recognised
from elvisbot.sources._matching import match


@dataclass(frozen=True)
class Reading:
    """A history that was read.

    Attributes:
        messages: Oldest first, with the reactions to them.
        buckets: How many rows each bucket holds.
        people: Everybody in the history.
        notes: What the reader could not do.
    """

    messages: list[Message]
    buckets: dict[str, int]
    people: list[Person]
    notes: list[str]

    @property
    def texts(self) -> list[str]:
        return [message.text for message in self.messages]

    @property
    def contacts(self) -> list[str]:
        """The keys of the people in the messages, most messages first."""
        return [key for key, _ in Counter(each.chat for each in self.messages).most_common()]

    @property
    def rows(self) -> int:
        return sum(self.buckets.values())


def read(
    path: Path,
    key: str | None = None,
    *,
    who: str | None = None,
    answers: Answers | None = None,
) -> Reading:
    """The conversation with `who`, or everybody's, in the history at `path`.

    Args:
        key: The source to read it with; by default the one that recognises it.
    """
    buckets: Counter[str] = Counter()
    with (
        load(key or recognised(path)).opened(path, answers or Answers()) as history,
        tempfile.TemporaryFile() as file,
    ):
        people = history.people
        person = None if who is None else match(who, people)
        spool = Spool(file)
        for bucket, content in history.entries(person):
            buckets[bucket] += 1
            if isinstance(content, Message):
                assert bucket in (USED, CONTEXT)
                assert content.chat in {person.key for person in people}
                assert content.text or content.placeholder
                assert "\ufffc" not in content.text
                spool.add(content)
            elif isinstance(content, ReactionTo):
                assert bucket == REACTION
                spool.react(content)
            else:
                assert bucket not in (USED, CONTEXT)
        messages = [decoded(line) for line in spool.lines()]
        spans = history.spans()
        notes = history.notes
    counted: Counter[str] = Counter(message.chat for message in messages)
    # Spans are counted without reading texts, so what proves to be empty may be among them.
    if who is None:
        assert all(spans[key].messages >= messages for key, messages in counted.items())
    return Reading(messages, dict(buckets), people, notes)
