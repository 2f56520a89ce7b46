"""The OpenAPI 3.1 document of the inbox, for apps and mini-programs.

Only the generator of contracts imports this; the function itself never does.
"""

from typing import Any, Final, get_args

from shared.domain.events.limits import MAX_ID_BYTES
from shared.domain.inbox.model import MOST_ANSWER_CHARACTERS, Act, Form, PulledChannel
from shared.domain.inbox.wire import MOST_ACTS, Result

Schema = dict[str, Any]

_ABOUT: Final = """\
What was written to a person on the channels `inbox` and `web`, and what the person does with it.

The write key alone opens nothing. A user is named with the user hash that the customer's server has
made; a browser or an app that nobody has signed in from by its anonymous id.
"""
_TEXT: Final[Schema] = {"type": "string"}
_INSTANT: Final[Schema] = {"type": "string", "format": "date-time"}
_ID: Final[Schema] = {"type": "string", "maxLength": MAX_ID_BYTES}
_FLAG: Final[Schema] = {"type": "boolean"}


def document() -> Schema:
    """The whole document, as plain JSON data."""
    return {
        "openapi": "3.1.0",
        "info": {"title": "Rapport inbox API", "version": "1", "description": _ABOUT},
        "security": [{"writeKey": []}, {}],
        "paths": {"/v1/inbox": {"get": _get(), "post": _post()}},
        "components": {
            "securitySchemes": {
                "writeKey": {
                    "type": "http",
                    "scheme": "basic",
                    "description": "The write key as user, an empty password.",
                }
            },
            "schemas": {
                "Message": _message(),
                "Acts": _acts(),
                "Results": _results(),
                "Error": _object({"success": _FLAG, "code": _TEXT, "message": _TEXT}),
            },
        },
    }


def _get() -> Schema:
    return {
        "summary": "What a client may show now, the most important first.",
        "parameters": [
            _parameter("user_id", "query", "who has signed in; needs x-user-hash"),
            _parameter("anonymous_id", "query", "of a browser that nobody has signed in from"),
            _parameter("x-user-hash", "header", "hex HMAC-SHA256 of the user id"),
            _parameter("if-none-match", "header", "the last ETag"),
        ],
        "responses": {
            "200": _answer(
                "Messages", _object({"messages": {"type": "array", "items": _ref("Message")}})
            ),
            "304": {"description": "Nothing has changed."},
            **_refusals(),
        },
    }


def _post() -> Schema:
    return {
        "summary": "What a person did with messages; each act counts once.",
        "requestBody": {
            "required": True,
            "content": {"application/json": {"schema": _ref("Acts")}},
        },
        "responses": {"200": _answer("What came of each", _ref("Results")), **_refusals()},
    }


def _message() -> Schema:
    answer = _object({"answer": _TEXT, "title": _TEXT})
    ask = _object(
        {
            "question": _TEXT,
            "form": {"enum": list(get_args(Form))},
            "answers": {"type": "array", "items": answer},
        }
    )
    always: Schema = {
        "messageId": _TEXT,
        "channel": {"enum": list(get_args(PulledChannel))},
        "headline": _TEXT,
        "createdAt": _INSTANT,
        "until": _INSTANT,
        "shown": _FLAG,
        "clicked": _FLAG,
        "answered": _FLAG,
    }
    place = {"enum": ["centre", "corner", "top"]}
    sometimes = {"text": _TEXT, "image": _TEXT, "link": _TEXT, "linkTitle": _TEXT}
    return {
        "type": "object",
        "properties": {**always, **sometimes, "place": place, "ask": ask},
        "required": list(always),
    }


def _acts() -> Schema:
    act = {
        "type": "object",
        "properties": {
            "messageId": _ID,
            "act": {"enum": list(get_args(Act))},
            "answer": {"type": "string", "maxLength": MOST_ANSWER_CHARACTERS},
        },
        "required": ["messageId", "act"],
    }
    return {
        "type": "object",
        "properties": {
            "writeKey": _TEXT,
            "userId": _ID,
            "userHash": _TEXT,
            "anonymousId": _ID,
            "acts": {"type": "array", "minItems": 1, "maxItems": MOST_ACTS, "items": act},
        },
        "required": ["acts"],
    }


def _results() -> Schema:
    result = _object(
        {
            "messageId": _TEXT,
            "act": _TEXT,
            "result": {"enum": list(get_args(Result))},
        }
    )
    return _object({"success": _FLAG, "results": {"type": "array", "items": result}})


def _refusals() -> Schema:
    return {
        "400": _answer("Not understood", _ref("Error")),
        "401": _answer("No such write key, or not this user's hash", _ref("Error")),
        "503": _answer("Busy; Retry-After says how long", _ref("Error")),
    }


def _object(properties: Schema) -> Schema:
    return {"type": "object", "properties": properties, "required": list(properties)}


def _ref(name: str) -> Schema:
    return {"$ref": f"#/components/schemas/{name}"}


def _answer(description: str, schema: Schema) -> Schema:
    return {"description": description, "content": {"application/json": {"schema": schema}}}


def _parameter(name: str, place: str, description: str) -> Schema:
    return {"name": name, "in": place, "description": description, "schema": _TEXT}
