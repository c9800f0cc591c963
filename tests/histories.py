"""Made-up histories."""

import random
from datetime import UTC, datetime, timedelta

from elvisbot.conversation import ME, Message

START = datetime(2024, 1, 1, 12, tzinfo=UTC)


def said(*lines: tuple[str, float, str], chat: str = "ana") -> list[Message]:
    """Messages from (sender, seconds after START, text)."""
    return [
        Message(f"{chat}-{index}", chat, sender, START + timedelta(seconds=seconds), text)
        for index, (sender, seconds, text) in enumerate(lines)
    ]


def small_talk(exchanges: int, *, per_session: int = 10, seed: int = 0) -> list[Message]:
    """A conversation in which each question is followed by one or two short answers of mine."""
    words = random.Random(seed)
    lines: list[tuple[str, float, str]] = []
    moment = 0.0
    for index in range(exchanges):
        moment += 86_400 if index % per_session == 0 else 30
        topic = words.choice(["tea", "rain", "the film", "lunch", "the trip"])
        lines.append(("ana", moment, f"what about {topic} {index}?"))  # no two exchanges are alike
        lines.append((ME, moment + 5, f"yesss {topic}"))
        if words.random() < 0.5:
            lines.append((ME, moment + 8, words.choice(["haha", "ok", "😀😀"])))
    return said(*lines)
