"""One callback: is it from who it says, what does it tell, and a queue has it.

The answer waits for nothing but the queue, so it comes within the five seconds that providers
allow. What they repeat makes the same events, which are applied once.
"""

import json
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple
from xml.etree import ElementTree

from functions.receive_callbacks.texts import Texts
from shared.aws.catalog import CatalogReader
from shared.aws.provider_secrets import ProviderSecrets
from shared.aws.queues import EventQueue, Queue
from shared.domain.callbacks.wechat import events_of
from shared.domain.channels.providers import AnyProvider, WechatAccount, WechatMiniprogram, WecomApp
from shared.domain.events.packing import encode
from shared.errors import InvalidInputError, NotFoundError, TooLargeError, UnauthorizedError
from shared.providers.wechat.crypto import Seal, is_signed

PREFIX: Final = "/v1/callbacks/"
TAKEN: Final = "success"
TEXTS: Final = "sms"
MOST_BYTES: Final = 65_536
# A signature holds for this long before and after; providers repeat within seconds.
FRESH: Final = timedelta(minutes=15)

Query = Mapping[str, str]


class Place(NamedTuple):
    """Whose callbacks an address takes; `token` is what only the provider knows of it."""

    workspace_id: str
    channel: str
    token: str = ""


def place_of(path: str, served: str) -> Place:
    """Read `[workspace/]channel[/token]`; without a workspace it is the one that is `served`.

    Raises NotFoundError where it is neither, or another workspace: a deployment serves one, and its
    role may read no row of others.
    """
    match path.removeprefix(PREFIX).split("/"):
        case [channel]:
            return Place(served, channel)
        case [workspace_id, channel] if workspace_id == served:
            return Place(served, channel)
        case [workspace_id, channel, token] if workspace_id == served:
            return Place(served, channel, token)
        case _:
            raise NotFoundError("nobody's callbacks are taken here")


class ReceiveCallbacks:
    """Answers providers."""

    def __init__(
        self,
        workspace_id: str,
        catalog: CatalogReader,
        secrets: ProviderSecrets,
        events: EventQueue,
        feedback: Queue,
        now: Callable[[], datetime],
    ) -> None:
        """Serve this workspace over these ports; `feedback` brings reports to record_feedback."""
        self._workspace_id = workspace_id
        self._catalog = catalog
        self._secrets = secrets
        self._events = events
        self._now = now
        self._texts = Texts(secrets, events, feedback, now)

    def respond(self, method: str, path: str, query: Query, body: bytes) -> str:
        """The text to answer with; it is JSON where it is about text messages.

        Raises NotFoundError where nobody's callbacks are taken, UnauthorizedError for what was not
        sent by the provider, and TransientError when the queue does not take it: the provider
        repeats it.
        """
        place = place_of(path, self._workspace_id)
        provider = self._catalog.provider(place.workspace_id, place.channel)
        if place.channel == TEXTS:
            return self._texts.take(place.workspace_id, provider, place.token, body)
        seal = self._seal(provider)
        self._check_fresh(query.get("timestamp", ""))
        if method == "GET":
            return _echo(seal, query)
        if len(body) > MOST_BYTES:
            raise TooLargeError("a callback is smaller")
        said = _message(seal, query, body)
        events = events_of(place.workspace_id, place.channel, said, self._now())
        self._events.send_events(encode(event) for event in events)
        return TAKEN

    def _seal(self, provider: AnyProvider | None) -> Seal:
        match provider:
            case WechatAccount() | WechatMiniprogram():
                receiver = provider.app_id
            case WecomApp():
                receiver = provider.corp_id
            case _:
                raise NotFoundError("nobody's callbacks are taken here", hint="define the provider")
        token, key = self._secrets.fields(provider.secret_arn, "token", "encoding_aes_key")
        return Seal.of(token, key, receiver)

    def _check_fresh(self, timestamp: str) -> None:
        if not (timestamp.isascii() and timestamp.isdigit() and len(timestamp) < 12):
            raise UnauthorizedError("the callback does not say when it was sent")
        if abs(self._now().timestamp() - int(timestamp)) > FRESH.total_seconds():
            raise UnauthorizedError("the callback was sent at another time")


def _echo(seal: Seal, query: Query) -> str:
    """What proves to the provider that the address is ours."""
    timestamp, nonce, echo = query["timestamp"], query.get("nonce", ""), query.get("echostr", "")
    if sealed := query.get("msg_signature"):
        return seal.open(echo, sealed, timestamp, nonce).decode()
    if not is_signed(query.get("signature", ""), seal.token, timestamp, nonce):
        raise UnauthorizedError("the signature of the callback is not right")
    return echo


def _message(seal: Seal, query: Query, body: bytes) -> Mapping[str, Any]:
    timestamp, nonce = query["timestamp"], query.get("nonce", "")
    outer = _parsed(body)
    sealed = outer.get("Encrypt")
    if isinstance(sealed, str):
        return _parsed(seal.open(sealed, query.get("msg_signature", ""), timestamp, nonce))
    # Without a seal the signature covers no content, so whoever has seen one could send another.
    raise UnauthorizedError("the callback is not sealed", hint="choose the safe mode (安全模式)")


def _parsed(body: bytes) -> dict[str, Any]:
    """A flat XML message, or JSON; raises InvalidInputError."""
    text = body.strip()
    try:
        if text.startswith(b"{"):
            return _of_json(text)
        # Entities are what makes XML dangerous; a NUL would hide them in another encoding.
        if b"<!" in text.replace(b"<![CDATA[", b"") or b"\0" in text:
            raise InvalidInputError("a callback declares nothing")
        return _read(ElementTree.fromstring(text))  # noqa: S314
    # An encoding that nobody knows is a LookupError; very many levels are too deep to walk through.
    except (ValueError, LookupError, RecursionError, ElementTree.ParseError) as error:
        raise InvalidInputError("this is no message of a provider") from error


def _of_json(text: bytes) -> dict[str, Any]:
    """What begins as an object; raises ValueError where it is none, or no Unicode."""
    found: dict[str, Any] = json.loads(text)
    json.dumps(found, ensure_ascii=False).encode()
    return found


def _read(element: ElementTree.Element) -> dict[str, Any]:
    """Texts by their tags; a list of them where a tag comes more than once."""
    found: dict[str, list[Any]] = {}
    for child in element:
        found.setdefault(child.tag, []).append(_read(child) if len(child) else (child.text or ""))
    return {tag: values if len(values) > 1 else values[0] for tag, values in found.items()}
