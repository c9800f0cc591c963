"""The API in words that programs understand: OpenAPI 3.1, served at `/api/openapi.json`.

https://spec.openapis.org/oas/v3.1.1.html
"""

from typing import Any, Final

from elvisbot import __version__
from elvisbot.conversation import ME
from elvisbot.reactions import MAX_KIND
from elvisbot.replies import THEM
from elvisbot.web import problems, streams
from elvisbot.web.validation import MAX_ID, MAX_MESSAGES, MAX_TEXT

Document = dict[str, Any]

_REFUSALS: Final = {
    400: "It is not a conversation that ends with a message of the visitor's.",
    401: "The browser has no invite; only where the bot is for the invited.",
    403: "It comes from another website, or by a name that is not this server's.",
    409: "It is for a bot of another name.",
    413: "It is too large.",
    415: "It is not JSON.",
    503: "Too many are waiting, or the model cannot answer.",
}


def description() -> Document:
    """The whole document."""
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "ElvisBot",
            "version": __version__,
            "description": "A bot that texts as one person does. The server stores no message.",
            "license": {"name": "MIT", "identifier": "MIT"},
        },
        "paths": {
            "/api/bot": {"get": _operation("bot", "Who the bot is.", _json("Bot"))},
            "/api/reply": {
                "post": {
                    **_operation(
                        "reply", "Answer a conversation.", _stream(), 400, 409, 413, 415, 503
                    ),
                    "requestBody": {"required": True, **_json("Conversation")},
                }
            },
            "/api/openapi.json": {"get": _operation("openapi", "This document.", _json(None))},
            "/healthz": {"get": _operation("health", "Whether the model is loaded.", _json(None))},
        },
        "components": {"schemas": _schemas()},
    }


def _operation(key: str, summary: str, content: Document, *refusals: int) -> Document:
    statuses = (401, 403, *refusals) if key != "health" else (403,)
    return {
        "operationId": key,
        "summary": summary,
        "responses": {
            "200": {"description": summary, **content},
            **{str(status): _problem(status) for status in statuses},
        },
    }


def _problem(status: int) -> Document:
    schema = {"$ref": "#/components/schemas/Problem"}
    problem: Document = {
        "description": _REFUSALS[status],
        "content": {problems.MIMETYPE: {"schema": schema}},
    }
    if status == 503:
        seconds = {"type": "integer", "minimum": 0}
        problem["headers"] = {
            "Retry-After": {"description": "Seconds; where waiting helps.", "schema": seconds}
        }
    return problem


def _json(schema: str | None) -> Document:
    known = {"type": "object"} if schema is None else {"$ref": f"#/components/schemas/{schema}"}
    return {"content": {"application/json": {"schema": known}}}


def _stream() -> Document:
    text = "One event a line, as in the schema Event; blank lines are signs of life."
    schema = {"type": "string", "description": text}
    return {"content": {streams.MIMETYPE: {"schema": schema}}}


def _schemas() -> Document:
    def text(longest: int) -> Document:
        return {"type": "string", "minLength": 1, "maxLength": longest}

    def event(name: str, *, optional: Document | None = None, **fields: Document) -> Document:
        return _object(optional=optional, event={"const": name}, **fields)

    seconds = {"type": "number", "minimum": 0}
    after = {**seconds, "description": "From the event before until this one; 0 if left out."}

    return {
        "Bot": _object(
            name={"type": "string"},
            initials={"type": "string", "maxLength": 2},
            model={"type": "string"},
            flush_seconds=seconds,
        ),
        "Message": _object(
            **{"from": {"enum": [THEM, ME]}},
            id=text(MAX_ID),
            text=text(MAX_TEXT),
            sent_at={"type": "string", "format": "date-time"},
            optional={
                "reaction": {**text(MAX_KIND), "description": "What the bot reacted with."},
                "reply_to": {**text(MAX_ID), "description": "The id of the message it answers."},
            },
        ),
        "Conversation": _object(
            messages={
                "type": "array",
                "minItems": 1,
                "maxItems": MAX_MESSAGES,
                "items": {"$ref": "#/components/schemas/Message"},
                "description": f"Oldest first. The last one is from “{THEM}”, the visitor.",
            },
            optional={"bot": {"type": "string", "description": "The name of the one it is for."}},
        ),
        "Event": {
            "oneOf": [
                event(
                    "reaction",
                    to={"type": "string", "description": "The id of a message of the visitor's."},
                    kind={"type": "string", "description": "A word such as loved, or an emoji."},
                    optional={"after": after},
                ),
                event("typing", seconds=seconds, optional={"after": after}),
                event("bubble", id={"type": "string"}, text={"type": "string"}),
                event("done"),
            ]
        },
        "Problem": _object(
            status={"type": "integer"},
            title={"type": "string"},
            detail={"type": "string"},
            remedy={"type": "string"},
        ),
    }


def _object(*, optional: Document | None = None, **fields: Document) -> Document:
    properties = {**fields, **(optional or {})}
    return {"type": "object", "properties": properties, "required": list(fields)}
