"""Who may talk to a bot that others can reach: whoever was given an invite.

An invite is a link that works once. The page behind it asks for one press of a button, since
messengers open links by themselves to show a preview; the press gives the browser a cookie, and
from then on only that browser may talk to the bot, until the invite is revoked. Links and cookies
are 32 random bytes behind the invite's id. Only their hashes are kept, so that nobody who reads the
disk can come in with them.

Each invite is a folder below the bot's `invites/`:

    <id>/invite.json    for whom, when it was made, and the hash of its link
    <id>/cookie.json    when the link was used, and the hash of the cookie

The second is created where there is none, or not at all, so that a link that is opened twice at the
same moment lets one in. An invite is revoked by deleting its folder, the first file first.
"""

import contextlib
import hashlib
import hmac
import json
import re
import secrets
import shutil
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from elvisbot.bots import Bot, atomic_file, storage_errors
from elvisbot.errors import UsageError

SECRET_BYTES: Final = 32
MAX_WHO: Final = 100
"""Characters of the name of whoever is invited."""

_ID: Final = re.compile(r"[0-9a-f]{8}")
_INVITE: Final = "invite.json"
_COOKIE: Final = "cookie.json"


@dataclass(frozen=True)
class Invite:
    """One invite.

    Attributes:
        id: Names it; no secret.
        who: For whom it is, as its maker called them.
        made_at: In UTC.
        used_at: When its link was used, in UTC; None if it has not been yet.
    """

    id: str
    who: str
    made_at: datetime
    used_at: datetime | None


class Invites:
    """A bot's invites. Every call looks at the disk, so that another process may revoke one."""

    def __init__(self, bot: Bot) -> None:
        self._bot = bot
        self._folder = bot.invites

    def all(self) -> list[Invite]:
        """Every invite, oldest first."""
        if not self._folder.is_dir():
            return []
        found = [self._invite(path.name) for path in self._folder.iterdir()]
        return sorted((each for each in found if each), key=lambda each: each.made_at)

    def make(self, who: str) -> str:
        """Invite somebody.

        Returns:
            The token of the link, which is kept nowhere.

        Raises:
            UsageError: if `who` is no name.
            StorageError: if the disk is full.
        """
        who = who.strip()
        if not (0 < len(who) <= MAX_WHO and who.isprintable()):
            raise UsageError(
                "An invite is for somebody.", remedy=f"Give a name of 1 to {MAX_WHO} characters."
            )
        number = secrets.token_hex(4)
        token = _new_token(number)
        entry = {"who": who, "made_at": _now(), "link": _hash(token)}
        with atomic_file(self._folder / number / _INVITE) as file:
            file.write(json.dumps(entry).encode())
        return token

    def revoke(self, number: str) -> Invite:
        """Take an invite back: its link and its cookie let nobody in any more.

        Raises:
            UsageError: if there is none with this id.
            StorageError: if the disk refuses.
        """
        invite = self._invite(number)
        if invite is None:
            raise UsageError(
                f"There is no invite {number}.",
                remedy=f"See those that there are: elvisbot invites {self._bot.argument}",
            )
        with storage_errors(self._folder):
            (self._folder / number / _INVITE).unlink(missing_ok=True)
            shutil.rmtree(self._folder / number)
        return invite

    def is_open(self, token: str) -> bool:
        """Whether a link with this token would let somebody in."""
        number = _number(token)
        if not _is_hash_of(token, self._entry(number, _INVITE).get("link")):
            return False
        return not (self._folder / number / _COOKIE).exists()

    def redeem(self, token: str) -> str | None:
        """Use a link.

        Returns:
            The cookie that lets its bearer in; None if the link is none of ours, or used up.

        Raises:
            StorageError: if the disk is full.
        """
        if not self.is_open(token):
            return None
        number = _number(token)
        cookie = _new_token(number)
        entry = json.dumps({"used_at": _now(), "cookie": _hash(cookie)})
        path = self._folder / number / _COOKIE
        with storage_errors(path):
            try:
                file = path.open("x", encoding="utf-8")
            except (FileExistsError, FileNotFoundError):  # used, or revoked, at the same moment
                return None
            try:
                with file:
                    path.chmod(0o600)
                    file.write(entry)
            except OSError:  # a full disk uses up no link
                path.unlink(missing_ok=True)
                raise
        return cookie

    def admits(self, cookie: str) -> bool:
        """Whether the bearer of a cookie may come in."""
        number = _number(cookie)
        is_invited = bool(self._entry(number, _INVITE))
        return is_invited and _is_hash_of(cookie, self._entry(number, _COOKIE).get("cookie"))

    def _invite(self, number: str) -> Invite | None:
        entry = self._entry(number, _INVITE)
        used_at = self._entry(number, _COOKIE).get("used_at")
        try:
            return Invite(
                number,
                str(entry["who"]),
                datetime.fromisoformat(entry["made_at"]),
                datetime.fromisoformat(used_at) if used_at else None,
            )
        except (KeyError, TypeError, ValueError):
            return None

    def _entry(self, number: str, name: str) -> dict[str, Any]:
        """What one file of an invite holds; nothing if there is no such file, or it is damaged."""
        if not _ID.fullmatch(number):
            return {}
        with contextlib.suppress(OSError, ValueError, RecursionError):
            entry = json.loads((self._folder / number / name).read_text(encoding="utf-8"))
            if isinstance(entry, dict):
                return entry
        return {}


def _new_token(number: str) -> str:
    return f"{number}.{secrets.token_urlsafe(SECRET_BYTES)}"


def _number(token: str) -> str:
    """The id that a token begins with. No comparison of secrets happens to find it."""
    return token.partition(".")[0]


def _hash(token: str) -> str:
    # Of 32 random bytes; a slow hash would protect nothing more.
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


def _is_hash_of(token: str, known: object) -> bool:
    return isinstance(known, str) and hmac.compare_digest(_hash(token), known)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
