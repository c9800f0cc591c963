"""Texts in Messenger and Instagram that nobody typed: what the app says about what was done.

They stand where the text of a message stands, in the language of the account: `You sent an
attachment.`, `Ann changed the theme to Love.` Nothing marks them but their wording. So that
nobody's own words are taken for one, a notice about somebody must begin with the sender's name (or
with the word for me, if I am the sender) and be worded to the full stop. A wording that is in no
list here stays a text.
"""

import re
from typing import Final

from elvisbot.conversation import Placeholder
from elvisbot.sources import CONTEXT, EVENT, UNSENT

REACTION_NOTICE: Final = "reaction notice"
"""Says that somebody reacted; the reaction itself is told with the message reacted to."""

Notice = tuple[str, Placeholder | None]
"""The bucket of what the text stands for, and what was sent, if anything."""

# X is the sender.
_WORDINGS: Final[tuple[tuple[Notice, tuple[str, ...]], ...]] = (
    (
        (REACTION_NOTICE, None),
        (
            r"(?:X )?[Rr]eacted .{1,40} to (?:your|their|a) (?:message|story)\.?",
            r"(?:X )?[Ll]iked (?:your|a) (?:message|story)\.?",
            r"(?:X )?[Hh]at mit .{1,40} auf deine Nachricht reagiert\.?",
            r"(?:X )?[Rr]eagierte mit .{1,40} auf deine Nachricht\.?",
            r"(?:X )?(?:[Hh]a reaccionado|[Rr]eaccionó) con .{1,40} a tu mensaje\.?",
            r"(?:X )?[Aa] réagi .{1,40} à (?:votre|ton) message\.?",
            r"(?:X )?[Hh]a reagito con .{1,40} al tuo messaggio\.?",
            r"(?:X )?[Rr]eagiu com .{1,40} à (?:sua|tua) mensagem\.?",
            r"(?:X )?[Rr]eageerde met .{1,40} op je bericht\.?",
        ),
    ),
    (
        (CONTEXT, "file"),
        (
            r"X sent an attachment\.",
            r"(?:X hat|Du hast) einen Anhang gesendet\.",
            r"(?:X ha enviado|X envió|Has enviado|Enviaste) un archivo adjunto\.",
            r"(?:X a|Vous avez|Tu as) envoyé une pièce jointe\.",
            r"(?:X ha|Hai) inviato un allegato\.",
            r"(?:X|Você) enviou um anexo\.",
            r"(?:X heeft|Je hebt) een bijlage (?:verzonden|gestuurd)\.",
        ),
    ),
    ((CONTEXT, "location"), (r"X (?:sent|shared) (?:a|their|your) (?:live )?location\.",)),
    ((CONTEXT, "picture"), (r"X sent (?:a|\d+) (?:photo|picture|GIF)s?\.",)),
    ((CONTEXT, "video"), (r"X sent a video\.",)),
    ((CONTEXT, "voice message"), (r"X sent a voice message\.",)),
    ((CONTEXT, "sticker"), (r"X sent a sticker\.",)),
    (
        (CONTEXT, "app"),
        (
            r"X (?:sent|shared) a (?:link|post|reel|story|profile)\.",
            r"(?:X m|M)entioned you in (?:their|a) story\.?",
        ),
    ),
    (
        (CONTEXT, "call"),
        (
            r"X (?:started|joined) (?:a|an|the) (?:(?:video|audio|voice) )?(?:call|chat)\.?",
            r"X missed (?:a|an|your|.{1,60}'s) (?:(?:video|audio|voice) )?(?:call|chat)"
            r"(?: (?:from|with) .{1,60})?\.",
            r"(?:The )?(?:(?:[Vv]ideo|[Aa]udio|[Vv]oice) )?(?:call|chat) ended\.?",
        ),
    ),
    ((UNSENT, None), (r"X unsent a message\.?",)),
    (
        (EVENT, None),
        (
            r"(?:You|X) are now connected on Messenger\.?",
            r"(?:You|X) can now (?:message and )?call each other and see .*",
            r"Say (?:hi|hello) to your new .{1,100}",
            r"X waved at .{1,60}[.!]",
            r"X (?:un)?pinned a message\.?",
            r"X (?:set|cleared) (?:(?:the|your|his|her|their|own) )+nickname\b.*\.",
            r"X (?:set|changed) the (?:emoji|quick reaction) to .*\.",
            r"X removed the (?:emoji|group name)\.",
            r"X changed the (?:chat )?(?:theme|colou?rs?)(?: to .*)?\.",
            r"X changed the group photo\.",
            r"X (?:named|created|left|joined) the group\b.*\.",
            r"X (?:added|removed) .{1,200} (?:to|from) the group\.",
            r"X created a (?:poll|plan|reminder)\b.*",
            r"X voted for .* in the poll\b.*",
            r"This poll is no longer available\.",
            r"X turned (?:on|off) (?:disappearing messages|vanish mode)\b.*",
            r"Messages and calls are (?:secured with|protected by) end-to-end encryption\b.*",
            r"X wasn't notified about this message because .*",
        ),
    ),
)

_COMPILED: Final = tuple(
    (known, re.compile("|".join(wordings), re.DOTALL)) for known, wordings in _WORDINGS
)
_LONGEST: Final = 500
"""Characters."""


def notice(text: str, sender: str, *, is_mine: bool) -> Notice | None:
    """What the app says in the place of a text of `sender`; None if the sender typed it."""
    if len(text) > _LONGEST:
        return None
    plain = _with_placeholder(text.strip(), sender, "You" if is_mine else "")
    return next((known for known, wordings in _COMPILED if wordings.fullmatch(plain)), None)


def _with_placeholder(text: str, *names: str) -> str:
    """`text` with X in place of the one of `names` that it begins with, whole or the first word."""
    for name in names:
        for spelling in (name, name.partition(" ")[0]):
            if spelling and text.startswith(f"{spelling} "):
                return f"X{text[len(spelling) :]}"
    return text
