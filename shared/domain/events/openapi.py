"""The OpenAPI 3.1 document of the ingest API, written from the routes, limits and codes in use.

Only the generator of contracts imports this; the function itself never does.
"""

from typing import Any, Final

from shared.domain.events import limits
from shared.domain.events.model import EVENT_TYPES, EventType
from shared.domain.events.rejection import CODES
from shared.domain.events.routes import ROUTES, SETTINGS_PREFIX, SETTINGS_SUFFIX, Route

Schema = dict[str, Any]

_ABOUT: Final = f"""\
Takes behaviour events from unmodified Segment, RudderStack and PostHog clients; only the host and
the write key change.

**Authentication**, the first that is there: the user of HTTP Basic; `writeKey` or `api_key` in the
body; the same in each event.

**Body**: JSON in UTF-8, plain or gzip, whatever the content type says. At most
{limits.MAX_BATCH_BYTES:,} bytes uncompressed and {limits.MAX_BATCH_EVENTS:,} events; an event at
most {limits.MAX_EVENT_BYTES:,} bytes and {limits.MAX_DEPTH} levels deep. (The gateway in front
takes 10 MB, and a function 6 MB with base64 counted in; both are more than a batch may have.)

**Each event is judged alone.** 200 says that every event is stored for good but those in
`rejected`. 400 with `rejected` says that none was taken. A client repeats a request after 429, 503
and other 5xx, and never after another 4xx. 429 says that the source has sent what its key allows in
a minute; nothing of the request was taken, and `retry-after` says when to send it again.

**Time**: `occurred_at = received_at − (sentAt − timestamp)`. Without `sentAt` the `timestamp` is
believed. An event happens no later than it arrives: up to {limits.MAX_AHEAD.days} day ahead is
taken for a wrong time zone and becomes the time of arrival, more is rejected, as are years outside
{limits.EARLIEST.year} to {limits.LATEST.year - 1}. Instants without an offset are UTC.

**Repetitions**: the same `messageId` and `timestamp` of one person are stored once. A `messageId`
that is missing is made from what the event says, so that a repeated request finds the same one;
only an event with neither `messageId` nor `timestamp` counts each time it is sent.
"""


def document() -> Schema:
    """The whole document, as plain JSON data."""
    paths: Schema = {path: {"post": _post(route)} for path, route in ROUTES.items()}
    paths[f"{SETTINGS_PREFIX}{{writeKey}}{SETTINGS_SUFFIX}"] = {"get": _settings()}
    return {
        "openapi": "3.1.0",
        "info": {"title": "Rapport ingest API", "version": "1", "description": _ABOUT},
        "security": [{"writeKey": []}, {}],
        "paths": paths,
        "components": {
            "securitySchemes": {
                "writeKey": {
                    "type": "http",
                    "scheme": "basic",
                    "description": "The write key as user, an empty password.",
                }
            },
            "schemas": _schemas(),
            "responses": _responses(),
        },
    }


def _post(route: Route) -> Schema:
    if route.type:
        body, says = route.type.title(), f"Take one {route.type} event."
    elif route.dialect == "posthog":
        body, says = "PostHogBatch", "Take a batch from a PostHog client."
    else:
        body, says = "Batch", "Take a batch of events."
    return {
        "operationId": "post" + "".join(part.title() for part in route.path.split("/")),
        "summary": says,
        "requestBody": {
            "required": True,
            "content": {"application/json": {"schema": _ref(body)}},
        },
        "responses": {
            "200": _response("Taken"),
            **{str(status): _response("Refused") for status in (400, 401, 413)},
            **{str(status): _response("Later") for status in (429, 503)},
        },
    }


def _settings() -> Schema:
    return {
        "operationId": "getSettings",
        "summary": "What the browser SDK asks for before it sends.",
        "security": [{}],
        "parameters": [
            {"name": "writeKey", "in": "path", "required": True, "schema": {"type": "string"}}
        ],
        "responses": {
            "200": {
                "description": "Where and how to send.",
                "content": {"application/json": {"schema": _ref("Settings")}},
            },
            "401": _response("Refused"),
            "503": _response("Later"),
        },
    }


def _responses() -> Schema:
    def of(says: str, schema: str, **more: object) -> Schema:
        content = {"application/json": {"schema": _ref(schema)}}
        return {"description": says, "content": content, **more}

    retry_after = {"description": "Seconds to wait.", "schema": {"type": "integer"}}
    return {
        "Taken": of("Stored for good, but for what `rejected` names.", "Taken"),
        "Refused": of("Nothing was stored; the same request will never be.", "Error"),
        "Later": of("Send the same again.", "Error", headers={"Retry-After": retry_after}),
    }


def _schemas() -> Schema:
    return {
        **{kind.title(): _event(kind) for kind in EVENT_TYPES},
        "Event": {
            "oneOf": [_ref(kind.title()) for kind in EVENT_TYPES],
            "discriminator": {
                "propertyName": "type",
                "mapping": {kind: f"#/components/schemas/{kind.title()}" for kind in EVENT_TYPES},
            },
        },
        "Batch": _batch("Event", "writeKey", "sentAt"),
        "PostHogBatch": _batch("PostHogEvent", "api_key", "sent_at"),
        "PostHogEvent": _posthog_event(),
        "Id": {
            "type": ["string", "integer", "null"],
            "description": f"At most {limits.MAX_ID_BYTES} bytes; an integer is taken as text.",
        },
        "Instant": {"type": ["string", "null"], "format": "date-time"},
        "Object": {"type": ["object", "null"], "additionalProperties": True},
        "Taken": _taken(),
        "Rejection": _rejection(),
        "Error": _error(),
        "Settings": {"type": "object", "additionalProperties": True},
    }


_NEEDED: Final[dict[EventType, list[str]]] = {
    "identify": [],
    "track": ["event"],
    "page": [],
    "screen": [],
    "group": ["groupId"],
    "alias": ["previousId", "userId"],
}


def _event(kind: EventType) -> Schema:
    fields: Schema = {
        "type": {"const": kind},
        "messageId": {
            "type": ["string", "integer", "null"],
            "maxLength": limits.MAX_MESSAGE_ID_CHARACTERS,
        },
        **{name: _ref("Id") for name in ("userId", "anonymousId")},
        **{name: _ref("Instant") for name in ("timestamp", "originalTimestamp", "sentAt")},
        **{name: _ref("Object") for name in ("properties", "traits", "context")},
    }
    match kind:
        case "track":
            fields["event"] = _text(limits.MAX_EVENT_NAME_CHARACTERS)
        case "page" | "screen":
            fields |= {name: {"type": ["string", "null"]} for name in ("name", "category")}
        case "group":
            fields["groupId"] = _ref("Id")
        case "alias":
            fields["previousId"] = _ref("Id")
        case "identify":
            pass
    return {
        "type": "object",
        "properties": fields,
        "required": _NEEDED[kind],
        "anyOf": [{"required": ["userId"]}, {"required": ["anonymousId"]}],
    }


def _posthog_event() -> Schema:
    return {
        "type": "object",
        "properties": {
            "event": _text(limits.MAX_EVENT_NAME_CHARACTERS),
            "distinct_id": _ref("Id"),
            "uuid": {"type": ["string", "null"]},
            "timestamp": _ref("Instant"),
            **{name: _ref("Object") for name in ("properties", "$set", "$set_once")},
        },
        "required": ["event", "distinct_id"],
    }


def _batch(event: str, key: str, sent: str) -> Schema:
    events = {"type": "array", "items": _ref(event), "maxItems": limits.MAX_BATCH_EVENTS}
    return {
        "type": "object",
        "properties": {"batch": events, key: {"type": "string"}, sent: _ref("Instant")},
        "required": ["batch"],
    }


def _taken() -> Schema:
    return {
        "type": "object",
        "properties": {
            "success": {"const": True},
            "accepted": {"type": "integer", "minimum": 0},
            "rejected": {"type": "array", "items": _ref("Rejection")},
        },
        "required": ["success", "accepted", "rejected"],
    }


def _rejection() -> Schema:
    codes = "\n".join(f"- `{code}`: {says}" for code, says in CODES.items())
    return {
        "type": "object",
        "properties": {
            "index": {"type": "integer", "minimum": 0, "description": "Place in the batch."},
            "code": {"enum": list(CODES), "description": codes},
            "message": {"type": "string"},
            "message_id": {"type": "string"},
        },
        "required": ["index", "code", "message"],
    }


def _error() -> Schema:
    return {
        "type": "object",
        "properties": {
            "success": {"const": False},
            "code": {"type": "string"},
            "message": {"type": "string"},
            "accepted": {"const": 0},
            "rejected": {"type": "array", "items": _ref("Rejection")},
            "details": {"type": "array", "items": {"type": "object"}},
        },
        "required": ["success", "code", "message"],
    }


def _text(length: int) -> Schema:
    return {"type": "string", "minLength": 1, "maxLength": length}


def _ref(name: str) -> Schema:
    return {"$ref": f"#/components/schemas/{name}"}


def _response(name: str) -> Schema:
    return {"$ref": f"#/components/responses/{name}"}
