"""From a callback of WeChat's or WeCom's to events of the person."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any, Final

from shared.domain.callbacks.acts import (
    CODE,
    CUSTOMER_ADDED,
    CUSTOMER_REMOVED,
    FOLLOWED,
    MENU,
    OPENID,
    SCANNED,
    SUBSCRIBED,
    UNFOLLOWED,
    WROTE,
)
from shared.domain.events.model import Event
from shared.domain.profiles.learn import MINIPROGRAM

SOURCE: Final = "callbacks"  # the `source_id` of what providers tell
_EXTERNAL: Final = "wecom_external_userid"
_WECOM: Final = "wecom"
_MOST_TEXT: Final = 2_000


@dataclass(frozen=True, slots=True)
class Told:
    """What somebody did: the event's name, its properties, and the identifier of who did it."""

    name: str
    kind: str
    value: str
    properties: Mapping[str, Any]


def events_of(
    workspace_id: str, channel: str, said: Mapping[str, Any], received_at: datetime
) -> list[Event]:
    """The events of one callback; the same callback makes the same events.

    `channel` is whose callback it is: an openid is of one app, and a mini-program is another one.
    Who writes to an application of WeCom, or opens it, is an employee, and nobody's customer.

    `said` is the message as a flat mapping of texts (and lists, of subscriptions). What nobody did
    or nothing is known of makes none.
    """
    at = _instant(said.get("CreateTime"), received_at)
    found = list(_told(channel, said))
    events = []
    for place, one in enumerate(found):
        digest = _digest(said, str(place))
        events.append(_event(workspace_id, channel, one, f"callback-{digest}", at, received_at))
    if found:
        first = found[0]
        # Its identifier is an address; that it belongs to the person is news as well.
        identity = Told("$identify", first.kind, first.value, {})
        digest = _digest(said, "identity")
        events.append(
            _event(workspace_id, channel, identity, f"callback-{digest}", at, received_at)
        )
    return events


def _told(channel: str, said: Mapping[str, Any]) -> Iterator[Told]:
    person, kind = str(said.get("FromUserName", "")), str(said.get("MsgType", ""))
    if said.get("Event") == "change_external_contact":
        yield from _customer(said, str(said.get("ExternalUserID", "")))
    elif channel == _WECOM or not person:
        return
    elif kind == "event":
        yield from _acted(said, person)
    elif kind:
        text = str(said.get("Content", ""))[:_MOST_TEXT]
        yield Told(WROTE, OPENID, person, {"kind": kind, "text": text})


def _acted(said: Mapping[str, Any], person: str) -> Iterator[Told]:
    key = str(said.get("EventKey", ""))
    match said.get("Event"):
        case "subscribe":
            yield Told(FOLLOWED, OPENID, person, {"scene": key.removeprefix("qrscene_")})
        case "unsubscribe":
            yield Told(UNFOLLOWED, OPENID, person, {})
        case "SCAN":
            yield Told(SCANNED, OPENID, person, {"scene": key})
        case "CLICK" | "VIEW":
            yield Told(MENU, OPENID, person, {"key": key})
        case "subscribe_msg_popup_event" | "subscribe_msg_change_event":
            for one in _subscriptions(said):
                if one.get("SubscribeStatusString") == "accept":
                    yield Told(SUBSCRIBED, OPENID, person, {CODE: str(one.get("TemplateId", ""))})
        case _:
            return


def _customer(said: Mapping[str, Any], external: str) -> Iterator[Told]:
    employee = {"employee": str(said.get("UserID", "")), "state": str(said.get("State", ""))}
    match said.get("ChangeType"):
        case "add_external_contact" | "add_half_external_contact":
            yield Told(CUSTOMER_ADDED, _EXTERNAL, external, employee)
        case "del_follow_user" | "del_external_contact":
            yield Told(CUSTOMER_REMOVED, _EXTERNAL, external, employee)
        case _:
            return


def _subscriptions(said: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    for name in ("SubscribeMsgPopupEvent", "SubscribeMsgChangeEvent"):
        found = said.get(name)
        inner = found.get("List", found) if isinstance(found, Mapping) else found
        if isinstance(inner, Mapping):
            return [inner]
        if isinstance(inner, list):
            return [one for one in inner if isinstance(one, Mapping)]
    return []


def _event(
    workspace_id: str,
    channel: str,
    told: Told,
    message_id: str,
    at: datetime,
    received_at: datetime,
) -> Event:
    is_identity = told.name == "$identify"
    context: dict[str, Any] = {"externalIds": [{"id": told.value, "type": told.kind}]}
    if channel == MINIPROGRAM:
        context["app"] = {"name": MINIPROGRAM}
    return Event(
        workspace_id=workspace_id,
        source_id=SOURCE,
        message_id=message_id,
        type="identify" if is_identity else "track",
        name=told.name,
        occurred_at=at,
        timestamp=at,
        received_at=received_at,
        properties={name: value for name, value in told.properties.items() if value != ""},
        context=context,
        server=True,
    )


def _instant(said: Any, received_at: datetime) -> datetime:  # noqa: ANN401 (a provider wrote it)
    """When it happened, which is never after it was told."""
    try:
        at = datetime.fromtimestamp(int(said), UTC)
    except (TypeError, ValueError, OverflowError, OSError):
        return received_at
    return min(at, received_at)


def _digest(said: Mapping[str, Any], place: str) -> str:
    """Names one of the events of a callback: repetitions of the callback have the same."""
    known = ("ToUserName", "FromUserName", "CreateTime", "MsgType", "MsgId", "Event", "EventKey")
    more = ("ChangeType", "ExternalUserID", "UserID")
    parts = [str(said.get(name, "")) for name in (*known, *more)]
    return sha256("\0".join((*parts, place)).encode()).hexdigest()[:32]
