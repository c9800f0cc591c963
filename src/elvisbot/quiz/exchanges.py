"""What can be asked about: held-out contexts, each with the person's reply and the bot's."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from elvisbot.conversation import Pair
from elvisbot.evaluation.answers import Answer


@dataclass(frozen=True, slots=True)
class Exchange:
    """A held-out pair, and what the bot says to its context."""

    pair: Pair
    answer: Answer

    @property
    def tells_something(self) -> bool:
        """Whether the two replies can be compared: both say something, and not the same."""
        mine, its = (shown(texts) for texts in (self.pair.reply, self.answer))
        return bool(mine and its) and _folded(mine) != _folded(its)


def shown(texts: Sequence[str]) -> tuple[str, ...]:
    """Texts as the page shows them: what nobody sees must not tell the replies apart, either."""
    return tuple(text for each in texts if (text := each.strip()))


def fingerprint(exchanges: Sequence[Exchange]) -> str:
    """Names the exchanges: another import, another model or other settings give another one."""
    content = [(each.pair, each.answer) for each in exchanges]
    return hashlib.sha256(repr(content).encode()).hexdigest()


def _folded(texts: Sequence[str]) -> list[str]:
    return [text.casefold() for text in texts]
