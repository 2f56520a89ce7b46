"""Takes a client's request: authenticates, checks, queues, and only then says yes.

A request is refused as a whole when its key is bad or its body is no batch. Else every event is
taken, or named in the answer with index and reason. The answer is 200 as soon as one event was
taken (or none was sent), and 400 when all were rejected: then nothing is lost when the SDK drops
the request, and its error callback tells the developer, which a 200 would not.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Protocol

from shared.domain.events.body import read_body
from shared.domain.events.check import Checked, check
from shared.domain.events.envelope import Envelope, read_envelope
from shared.domain.events.model import Source
from shared.domain.events.rejection import UNAUTHORIZED
from shared.domain.events.routes import ROUTES, Route, settings_key
from shared.errors import NotFoundError, RateLimitedError, UnauthorizedError
from shared.runtime.http import Request, Response, basic_user, json_response, method_not_allowed


class SourceFinder(Protocol):
    """Knows write keys."""

    def find(self, write_key: str) -> Source | None:
        """The source of a key, None when it is not known or disabled."""


class EventSink(Protocol):
    """Keeps events."""

    def send_events(self, events: Iterable[str]) -> None:
        """Store encoded events for good; raises TransientError when that failed."""


class Limiter(Protocol):
    """Knows how much of a source may come in."""

    def wait_for(self, source: Source, events: int) -> int:
        """Take so many events: 0, or after how many seconds to ask again."""


Observer = Callable[[str, int, Mapping[str, int]], None]
"""Hears of a request: its correlation id, events accepted, and how many rejected by reason."""


class Ingest:
    """The ingest API."""

    def __init__(
        self,
        keys: SourceFinder,
        sink: EventSink,
        observe: Observer,
        rates: Limiter | None = None,
    ) -> None:
        """Without `rates` no limit of a source is heeded."""
        self._keys = keys
        self._sink = sink
        self._rates = rates
        self._observe = observe

    def respond(self, request: Request) -> Response:
        """Answer any request; raises RapportError for those that are refused."""
        if request.method == "OPTIONS":
            return {"statusCode": 204, "headers": {}}
        if write_key := settings_key(request.path):
            if request.method != "GET":
                return method_not_allowed(request.method, "GET", "OPTIONS")
            return self._settings(request, write_key)
        route = ROUTES.get(request.path)
        if route is None:
            raise NotFoundError("there is nothing at this path", hint="send events to /v1/batch")
        if request.method != "POST":
            return method_not_allowed(request.method, "POST", "OPTIONS")
        return self._take(request, route)

    def _take(self, request: Request, route: Route) -> Response:
        user = basic_user(request.headers)
        # A key in the header is checked first: a stranger's body is not even unpacked.
        source = self._source(user) if user else None
        document = read_body(request.body, request.headers.get("content-encoding", ""))
        envelope = read_envelope(document, route)
        sources = source or self._sources(envelope)
        checked = check(envelope, route, sources, request.received_at, request.correlation_id)
        self._limit(_limited(sources), checked)
        self._sink.send_events(accepted.text for accepted in checked.accepted)
        rejected = Counter(each.code for each in checked.rejected)
        self._observe(request.correlation_id, len(checked.accepted), rejected)
        return _answer(checked)

    def _limit(self, sources: Sequence[Source], checked: Checked) -> None:
        """Refuse the request as a whole when a source has sent what it may for now.

        Nothing of it was stored, so whoever repeats it loses nothing, and doubles nothing.
        """
        if self._rates is None or not sources:
            return
        sent = Counter((one.event.workspace_id, one.event.source_id) for one in checked.accepted)
        for source in sources:
            events = sent.pop((source.workspace_id, source.source_id), 0)
            if seconds := self._rates.wait_for(source, events):
                raise RateLimitedError(
                    f"the source {source.source_id!r} may send {source.events_per_minute:,} events "
                    "a minute; nothing of this request was taken, send it again",
                    retry_after_seconds=seconds,
                )

    def _sources(self, envelope: Envelope) -> Source | dict[str, Source]:
        if envelope.write_key:
            return self._source(envelope.write_key)
        own = envelope.event_keys()
        if not own:
            raise UnauthorizedError(
                "there is no write key",
                where="authorization",
                hint="send it as the user of HTTP Basic, or as writeKey in the body",
            )
        found = {key: source for key in own if (source := self._keys.find(key))}
        if not found:
            raise _unknown_key()
        return found

    def _source(self, write_key: str) -> Source:
        source = self._keys.find(write_key)
        if source is None:
            raise _unknown_key()
        return source

    def _settings(self, request: Request, write_key: str) -> Response:
        """What the browser SDK asks for before it sends anything."""
        self._source(write_key)
        protocol, _, host = request.origin.partition("://")
        integration = {"apiKey": write_key, "apiHost": f"{host}/v1", "protocol": protocol}
        body = {
            "integrations": {"Segment.io": integration},
            "metrics": {"sampleRate": 0},  # else the SDK reports about itself to Segment
        }
        return json_response(200, body, {"cache-control": "private, max-age=300"})


def _limited(sources: Source | Mapping[str, Source]) -> list[Source]:
    """Those of a request that have a limit, the strictest of a source first."""
    known = [sources] if isinstance(sources, Source) else sources.values()
    limited = [source for source in known if source.events_per_minute]
    return sorted(limited, key=lambda source: source.events_per_minute)


def _unknown_key() -> UnauthorizedError:
    return UnauthorizedError(
        "the write key is not known or is disabled",
        where="authorization",
        hint="make one with `rapport write-key create`",
    )


def _answer(checked: Checked) -> Response:
    accepted, rejected = len(checked.accepted), checked.rejected
    body: dict[str, Any] = {
        "success": True,
        "accepted": accepted,
        "rejected": [rejection.to_json() for rejection in rejected],
    }
    if accepted or not rejected:
        return json_response(200, body)
    codes = {rejection.code for rejection in rejected}
    body["success"] = False
    body["code"] = codes.pop() if len(codes) == 1 else "all_rejected"
    body["message"] = f"no event was accepted; the first one: {rejected[0].message}"
    return json_response(401 if body["code"] == UNAUTHORIZED else 400, body)
