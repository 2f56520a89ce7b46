"""Gives a person's messages to the client that shows them, and takes what the person does.

Anybody can have the write key of a page, so it opens nothing by itself. A user is who the
customer's server says: the user hash proves it. A browser is who knows its random anonymous id; it
is given what was written to it while it was nobody in particular, and nothing as soon as the person
behind it has a name.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from hashlib import sha256
from typing import Any, Final, Protocol

from shared.aws.inbox_store import Found, Owner
from shared.domain.events.body import read_body
from shared.domain.events.model import Event, Source
from shared.domain.identity.graph import Identifier
from shared.domain.identity.person import Person
from shared.domain.inbox.happened import happened
from shared.domain.inbox.model import Act, in_order
from shared.domain.inbox.wire import (
    MOST_ACTS,
    Doing,
    Result,
    Visitor,
    read_doings,
    read_visitor,
    to_wire,
)
from shared.domain.text import to_text
from shared.errors import InvalidInputError, NotFoundError, UnauthorizedError
from shared.runtime.http import Request, Response, basic_user, json_response, method_not_allowed

INBOX_PATH: Final = "/v1/inbox"
WIDGET_PATH: Final = "/widget.js"
_NOTHING_KEPT: Final = {"cache-control": "no-store"}
# A browser asks again each time, and hears 304 as long as nothing has changed.
_ASK_AGAIN: Final = {
    "cache-control": "private, no-cache",
    "vary": "authorization, x-user-hash, origin",
}
_WIDGET_KEPT: Final = "public, max-age=3600, stale-while-revalidate=86400"


class Keys(Protocol):
    """Knows write keys."""

    def find(self, write_key: str) -> Source | None:
        """The source of a key, None when it is not known or disabled."""


class Hashes(Protocol):
    """Knows user hashes."""

    def fits(self, workspace_id: str, user_id: str, presented: object) -> bool:
        """Say whether this is the user's hash."""


class Inboxes(Protocol):
    """Keeps messages (`shared.aws.inbox_store.InboxStore`)."""

    def owner(self, workspace_id: str, identifier: Identifier) -> Owner | None:
        """Whose inbox an identifier opens."""

    def messages(self, person: Person) -> list[Found]:
        """Everything in a person's inbox."""

    def find(self, person: Person, message_ids: Sequence[str]) -> dict[str, Found]:
        """Messages by their ids."""

    def act(self, workspace_id: str, found: Found, act: Act, event: Event, now: datetime) -> bool:
        """Write down what the person did; False when that was done before."""


class ServeInbox:
    """The API of inboxes, and the script that shows them."""

    def __init__(self, keys: Keys, hashes: Hashes, inboxes: Inboxes, widget: "Script") -> None:
        """Work over these ports."""
        self._keys = keys
        self._hashes = hashes
        self._inboxes = inboxes
        self._widget = widget

    def respond(self, request: Request) -> Response:
        """Answer any request; raises RapportError for those that are refused."""
        if request.path == WIDGET_PATH:
            if request.method not in ("GET", "HEAD"):
                return method_not_allowed(request.method, "GET")
            return self._widget.answer(request)
        if request.path != INBOX_PATH:
            raise NotFoundError("there is nothing at this path", hint="the inbox is at /v1/inbox")
        match request.method:
            case "GET":
                return self._show(request)
            case "POST":
                return self._take(request)
            case _:
                return method_not_allowed(request.method, "GET", "POST", "OPTIONS")

    def _show(self, request: Request) -> Response:
        """What a visitor may see now."""
        source = self._source(basic_user(request.headers) or "")
        visitor = read_visitor(
            {
                "userId": request.query.get("user_id"),
                "anonymousId": request.query.get("anonymous_id"),
                "userHash": request.headers.get("x-user-hash"),
            }
        )
        owner = self._owner(source, visitor)
        now = request.received_at
        messages = [
            found.message
            for found in (self._inboxes.messages(owner.person) if owner else ())
            if found.message.is_to_be_shown(now) and (visitor.user_id or not found.personal)
        ]
        body = {"messages": [to_wire(one) for one in in_order(messages)[:MOST_ACTS]]}
        tag = f'"{sha256(to_text(body).encode()).hexdigest()[:32]}"'
        headers = {**_ASK_AGAIN, "etag": tag}
        if tag in request.headers.get("if-none-match", ""):
            return {"statusCode": 304, "headers": headers}
        return json_response(200, body, headers)

    def _take(self, request: Request) -> Response:
        """What a person did with messages; each act counts once, on whichever device."""
        fields = _fields(request)
        key = basic_user(request.headers) or fields.get("writeKey")
        source = self._source(key if isinstance(key, str) else "")
        visitor, doings = read_visitor(fields), read_doings(fields)
        owner = self._owner(source, visitor)
        found: dict[str, Found] = {}
        if owner is not None:
            ids = list(dict.fromkeys(doing.message_id for doing in doings))
            found = self._inboxes.find(owner.person, ids)
        results = []
        for doing in doings:
            one = found.get(doing.message_id)
            seen = one if one and (visitor.user_id or not one.personal) else None
            result = self._do(source, seen, doing, request.received_at)
            results.append({"messageId": doing.message_id, "act": doing.act, "result": result})
        return json_response(200, {"success": True, "results": results}, _NOTHING_KEPT)

    def _do(self, source: Source, found: Found | None, doing: Doing, now: datetime) -> Result:
        if found is None or found.message.until <= now:
            return "gone"
        message, act = found.message, doing.act
        if message.when(act) is not None:
            return "again"
        if act == "answered" and (message.ask is None or not message.ask.takes(doing.answer)):
            return "refused"
        event = happened(source.workspace_id, message, act, answer=doing.answer, now=now)
        first = self._inboxes.act(source.workspace_id, found, act, event, now)
        return "first" if first else "again"

    def _source(self, write_key: str) -> Source:
        source = self._keys.find(write_key)
        if source is None:
            raise UnauthorizedError(
                "the write key is missing, not known or disabled",
                where="authorization",
                hint="send it as the user of HTTP Basic, or as writeKey in the body",
            )
        return source

    def _owner(self, source: Source, visitor: Visitor) -> Owner | None:
        """Whose inbox the visitor may see; None when there is nobody, or nothing for them."""
        if visitor.user_id:
            if not self._hashes.fits(source.workspace_id, visitor.user_id, visitor.user_hash):
                raise UnauthorizedError(
                    "the user hash is missing or not that of the user",
                    where="userHash",
                    hint="your server makes it with the key of `rapport identity secret`",
                )
            return self._inboxes.owner(
                source.workspace_id, Identifier("user_id", visitor.user_id.strip())
            )
        browser = Identifier("anonymous_id", visitor.anonymous_id.strip())
        owner = self._inboxes.owner(source.workspace_id, browser)
        return None if owner is None or owner.known else owner


class Script:
    """A JavaScript file that never changes while the function runs."""

    def __init__(self, source: bytes, packed: str) -> None:
        """`packed` is the same, compressed by gzip, in Base64."""
        self._source = source.decode()
        self._packed = packed
        self._tag = f'"{sha256(source).hexdigest()[:32]}"'

    def answer(self, request: Request) -> Response:
        """Give the script, compressed for whoever can read that."""
        headers = {
            "content-type": "text/javascript; charset=utf-8",
            "cache-control": _WIDGET_KEPT,
            "etag": self._tag,
            "vary": "accept-encoding",
            # Pages that isolate themselves may load it too.
            "cross-origin-resource-policy": "cross-origin",
            "x-content-type-options": "nosniff",
        }
        if self._tag in request.headers.get("if-none-match", ""):
            return {"statusCode": 304, "headers": headers}
        if "gzip" in request.headers.get("accept-encoding", ""):
            headers["content-encoding"] = "gzip"
            return {
                "statusCode": 200,
                "headers": headers,
                "body": self._packed,
                "isBase64Encoded": True,
            }
        return {"statusCode": 200, "headers": headers, "body": self._source}


def _fields(request: Request) -> Mapping[str, Any]:
    document = read_body(request.body, request.headers.get("content-encoding", ""))
    if not isinstance(document.value, dict):
        raise InvalidInputError("the body is no object", where="body")
    return document.value
