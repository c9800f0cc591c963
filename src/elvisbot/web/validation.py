"""A request's body → messages. Whatever it holds, the answer is messages or InvalidRequestError."""

import json
from datetime import UTC, datetime
from typing import Any, Final, NoReturn

from werkzeug.exceptions import Conflict

from elvisbot.conversation import ME, Message, Reaction
from elvisbot.errors import InvalidRequestError
from elvisbot.reactions import MAX_KIND
from elvisbot.replies import THEM

MAX_MESSAGES: Final = 100
MAX_TEXT: Final = 4000
"""Characters of one message."""
MAX_ID: Final = 64
"""Characters of a message's id."""

_REMEDY: Final = "Reload the page and try again."


def conversation(body: bytes, bot: str | None = None) -> list[Message]:
    """The messages in the body of `POST /api/reply`, in the order in which they stand there.

    They are not sorted by their times: a clock that was set back must not turn talk around.

    Args:
        bot: Whom they may say that they are for; None for anybody.

    Raises:
        InvalidRequestError: if it is not `{"messages": [{"id", "from", "text", "sent_at"}, …]}`
            with the last one from "them". What the bot has reacted to may have a "reaction", and
            what answers an earlier message that one's id as "reply_to".
        Conflict: if they are for a "bot" of another name, as from a page that was open while one
            bot made room for another.
    """
    request = document(body)
    entries = request.get("messages")
    if not isinstance(entries, list) or not 0 < len(entries) <= MAX_MESSAGES:
        raise _invalid(f"“messages” is not a list of 1 to {MAX_MESSAGES} messages.")
    messages = [_message(entry) for entry in entries]
    if messages[-1].sender != THEM:
        raise _invalid("The last message is not the visitor's.")
    wanted = request.get("bot", bot or "")
    if not isinstance(wanted, str):
        raise _invalid("“bot” is not a string.")
    if bot is not None and wanted != bot:
        raise Conflict
    return messages


def document(body: bytes) -> dict[str, Any]:
    """The JSON object in a request's body.

    Raises:
        InvalidRequestError: if it is anything else, or a key occurs twice, or a number is none.
    """
    return _object(_parsed(body), "The request")


def _parsed(body: bytes) -> Any:
    try:
        return json.loads(
            body.decode("utf-8"), object_pairs_hook=_without_twins, parse_constant=_refuse
        )
    except (ValueError, RecursionError) as error:
        raise _invalid("The request is not JSON in UTF-8.") from error


def _without_twins(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    document = dict(pairs)
    if len(document) < len(pairs):
        raise ValueError("a key occurs twice")
    return document


def _refuse(constant: str) -> NoReturn:
    raise ValueError("NaN and Infinity are not JSON")


def _message(entry: Any) -> Message:
    fields = _object(entry, "A message")
    sender = fields.get("from")
    if sender not in (THEM, ME):
        raise _invalid(f"A message is neither from “{THEM}” nor from “{ME}”.")
    return Message(
        id=_text(fields, "id", MAX_ID),
        chat="web",
        sender=THEM if sender == THEM else ME,
        sent_at=_time(fields),
        text=_text(fields, "text", MAX_TEXT),
        reply_to=_text(fields, "reply_to", MAX_ID) if "reply_to" in fields else None,
        reactions=_reactions(fields),
    )


def _reactions(fields: dict[str, Any]) -> tuple[Reaction, ...]:
    """The bot's own, if there is one."""
    if "reaction" not in fields:
        return ()
    return (Reaction(_text(fields, "reaction", MAX_KIND), ME),)


def _object(value: Any, what: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise _invalid(f"{what} is not an object.")
    return value


def _text(fields: dict[str, Any], key: str, longest: int) -> str:
    value = fields.get(key)
    if not isinstance(value, str) or not 0 < len(value) <= longest:
        raise _invalid(f"“{key}” is not a string of 1 to {longest} characters.")
    try:
        value.encode()
    except UnicodeEncodeError as error:
        raise _invalid(f"“{key}” holds half a character.") from error
    return value


def _time(fields: dict[str, Any]) -> datetime:
    value = fields.get("sent_at")
    try:
        if isinstance(value, str) and (time := datetime.fromisoformat(value)).tzinfo:
            return time.astimezone(UTC)
    except (ValueError, OverflowError):  # OverflowError: 0001-01-01 east of Greenwich
        pass
    raise _invalid("“sent_at” is not a time with its zone, in ISO 8601.")


def _invalid(problem: str) -> InvalidRequestError:
    return InvalidRequestError(problem, remedy=_REMEDY)
