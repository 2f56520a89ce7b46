"""When a message may go out: quiet hours, a channel's hours and windows, and the contact budget.

All of them are asked at once for the first instant that suits them all, so that a message does not
wake up in the night to find that it has to wait for the morning.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final, NamedTuple
from zoneinfo import ZoneInfo

from shared.domain.messages.budget import Limit, room
from shared.domain.messages.channels import Channel
from shared.domain.messages.defaults import IGNORE, OBEY
from shared.domain.messages.ledger import NOTHING, Ledger, Use, Wait
from shared.domain.messages.model import AnyTemplate, MessageRequest
from shared.domain.messages.quiet import Span, quiet_until, spans_of
from shared.domain.messages.reasons import TEXTS, Deferring
from shared.domain.messages.windows import (
    CHANNEL_LIMITS,
    Needed,
    Window,
    digest_of,
    form_of,
    hours_of,
    needed_by,
)
from shared.domain.messages.zones import zone_of
from shared.domain.workspace.model import WorkspaceSettings

_ANY_TIME: Final = datetime(2000, 1, 1, tzinfo=UTC)
NEVER: Final = datetime.max.replace(tzinfo=UTC)
_MOST_TURNS: Final = 10  # from one kind of hours into another, before they count as never


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """When it is decided, and since when the message is there.

    `now` and `began_at` are of the clock by which the journey lives, which runs faster in a
    rehearsal; `wall` is that on the wall. `kept_by` is why it was put off the last time.
    """

    now: datetime
    began_at: datetime
    wall: datetime
    kept_by: str = ""

    @classmethod
    def at(cls, now: datetime) -> "Moment":
        """The moment at which a message is asked for."""
        return cls(now=now, began_at=now, wall=now)


@dataclass(frozen=True, slots=True)
class Contacts:
    """What is known of earlier contacts: the ledger, and the windows; None where nobody knows."""

    ledger: Ledger = NOTHING
    windows: tuple[Window, ...] | None = None


UNKNOWN_CONTACTS: Final = Contacts()


class Hours(NamedTuple):
    """Hours in which a message waits, by whose clock, and what they are called."""

    spans: tuple[Span, ...]
    zone: ZoneInfo
    reason: Deferring


class Later(NamedTuple):
    """The instant from which on a message may go out, and what keeps it until then."""

    until: datetime
    reason: Deferring


def moment_of(
    request: MessageRequest,
    settings: WorkspaceSettings,
    began_at: datetime | None,
    kept_by: str,
    now: datetime,
) -> Moment:
    """The moment of a decision at `now` on the wall clock; `began_at` is that of the first one.

    In a rehearsal a message goes by the faster clock of its journey from when it was asked for.
    """
    began = began_at or now
    if settings.time_scale == 1:
        return Moment(now=now, began_at=began, wall=now, kept_by=kept_by)
    asked_at = request.requested_at
    passed = (now - began) * settings.time_scale
    return Moment(now=asked_at + passed, began_at=asked_at, wall=now, kept_by=kept_by)


def contacts_of(
    ladder: Iterable[tuple[MessageRequest, AnyTemplate | None]], settings: WorkspaceSettings
) -> tuple[bool, tuple[Needed, ...]]:
    """Whether a decision needs the ledger, and which windows it needs."""
    known = [(request, template) for request, template in ladder if template is not None]
    uses = (use_of(request, template, _ANY_TIME) for request, template in known)
    limits = limits_of(settings)
    ledger = any(limit.covers(use) for use in uses for limit in limits)
    needed = (needed_by(template) for _, template in known)
    return ledger, tuple(one for one in needed if one is not None)


def use_of(request: MessageRequest, template: AnyTemplate, at: datetime) -> Use:
    """What a message counts as."""
    topic = request.topic or template.topic
    return Use(at, template.channel, request.purpose, topic, form_of(template))


def counts_at(
    settings: WorkspaceSettings, traits: Mapping[str, Any], now: datetime, use: Use
) -> bool:
    """Whether an earlier message counts for any limit still."""
    zone = zone_of(traits, settings.zone)
    return any(
        limit.covers(use) and limit.counted_until(use.at, zone) > now
        for limit in limits_of(settings)
    )


def limits_of(settings: WorkspaceSettings) -> tuple[Limit, ...]:
    """Every limit that there is: the operator's caps, and those of channels."""
    return (*(cap.limit for cap in settings.contact_budget), *CHANNEL_LIMITS)


def expires_at(request: MessageRequest, moment: Moment) -> datetime:
    """When a message that could not go out will not go out any more."""
    return moment.began_at + timedelta(seconds=request.expires_after)


def why_expired(moment: Moment) -> str:
    """What kept a message until it expired, for the operator."""
    found = next((text for reason, text in TEXTS.items() if reason == moment.kept_by), None)
    return f"{moment.kept_by}: {found.en}" if found else ""


def wish_of(
    request: MessageRequest,
    template: AnyTemplate,
    settings: WorkspaceSettings,
    moment: Moment,
) -> Wait | None:
    """The message as the ledger counts it; None where no limit covers it."""
    use = use_of(request, template, moment.now)
    if not any(limit.covers(use) for limit in limits_of(settings)):
        return None
    return Wait(
        request.message_id,
        use,
        request.priority,
        request.requested_at,
        moment.now,
        expires_at(request, moment),
    )


def later(
    request: MessageRequest,
    template: AnyTemplate,
    address: str,
    traits: Mapping[str, Any],
    contacts: Contacts,
    settings: WorkspaceSettings,
    moment: Moment,
) -> Later | None:
    """When the message may go out; None where it may now.

    It is `NEVER` where hours do not end.
    """
    zone = zone_of(traits, settings.zone)
    hours = hours_for(request, template.channel, address, settings, zone)
    wish = wish_of(request, template, settings, moment)
    now = at = moment.now
    if wish is not None:
        at = room(limits_of(settings), contacts.ledger, wish, now, zone).at
    found = _after_hours(hours, at)
    if found.until <= now:
        return None
    if _after_hours(hours, now).until <= now:  # it could go, if there were room
        return Later(found.until, "contact_budget")
    return found


def hours_for(
    request: MessageRequest,
    channel: Channel,
    address: str,
    settings: WorkspaceSettings,
    zone: ZoneInfo,
) -> tuple[Hours, ...]:
    """All hours in which a message waits. Transactional messages wait for none.

    Those of the workspace hold for marketing; a journey's own hold for service messages as well.
    """
    found = []
    windows: Iterable[str] = ()
    if request.quiet_hours == OBEY:
        windows = settings.quiet_hours if request.purpose == "marketing" else ()
    elif request.quiet_hours != IGNORE and request.purpose != "transactional":
        windows = request.quiet_hours.split(",")
    if spans := spans_of(windows):
        found.append(Hours(spans, zone, "quiet_hours"))
    closed = hours_of(channel, address, request.purpose)
    if closed is not None:
        found.append(Hours(closed.closed, closed.zone, "channel_hours"))
    return tuple(found)


def _after_hours(hours: Sequence[Hours], at: datetime) -> Later:
    """The first instant from `at` on that is outside of all; where there is none, `NEVER`.

    If it is `at`, nothing but the budget kept the message until then.
    """
    reason: Deferring = "contact_budget"
    for _ in range(_MOST_TURNS):
        start = at
        for one in hours:
            until = quiet_until(one.spans, one.zone, at)
            if until is None:
                return Later(NEVER, one.reason)
            if until > at:
                at, reason = until, one.reason
        if at == start:
            return Later(at, reason)
    return Later(NEVER, reason)


def window_for(
    template: AnyTemplate, address: str, contacts: Contacts, wall: datetime
) -> tuple[bool, Window | None]:
    """Whether a channel would take the message now, and the window that it takes from.

    None where it needs none, or nobody knows of windows.
    """
    needed = needed_by(template)
    if needed is None or contacts.windows is None:
        return True, None
    digest = digest_of(address)
    for window in contacts.windows:
        if (window.needed, window.digest) == (needed, digest) and window.is_open(wall):
            return True, window
    return False, None


def waiting(wish: Wait | None, until: datetime) -> Wait | None:
    """The same message, waiting until an instant."""
    return replace(wish, until=until) if wish else None
