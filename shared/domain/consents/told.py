"""The event that a strand gets when what is in force at it changes.

It says what has held since then of every scope: those in force as granted or refused, and those
that were in force until then as none, which falls back to the broader scope as `verdict` does. So
the last such event that names a scope says how it stands.

This is so for any strands that become one person, because only the strand that answers for a person
ever says that something is granted or refused. Whoever answers no more says none of everything, and
whoever answers then says everything anew, and later. So no instant may come twice, nor an earlier
one after a later one, whatever the clocks of machines say: `following` sees to that.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final

from shared.domain.consents.model import Decision, InForce, Scope
from shared.domain.events.model import Event
from shared.domain.events.own import CONSENT_CHANGED, own_event
from shared.domain.workspace.purposes import CONSENT_PURPOSES

GRANTED: Final = "granted"
REFUSED: Final = "refused"
NONE: Final = "none"

_MOMENT: Final = timedelta(milliseconds=1)


def property_of(scope: Scope) -> str:
    """Where the event keeps a scope: `marketing`, `marketing/sale`, `marketing/sale@sms`."""
    topic = f"/{scope.topic}" if scope.topic else ""
    channel = f"@{scope.channel}" if scope.channel else ""
    return f"{scope.purpose}{topic}{channel}"


def scope_of(name: str) -> Scope | None:
    """The scope that the event keeps under a name; None for a name that is none."""
    rest, _, channel = name.partition("@")
    purpose, _, topic = rest.partition("/")
    found = next((each for each in CONSENT_PURPOSES if each == purpose), None)
    return Scope(found, topic, channel) if found else None


def consent_changed(
    workspace_id: str,
    strand_id: str,
    version: int,
    *,
    before: InForce,
    after: InForce,
    at: datetime,
) -> Event:
    """What holds at a strand since `at`; `version` is that of the row that holds it.

    It happens when Rapport comes to hold it, which may be long after the decision was made.
    """
    standing = {property_of(scope): NONE for scope in before}
    standing |= {property_of(scope): _word(decision) for scope, decision in after.items()}
    return own_event(
        workspace_id,
        CONSENT_CHANGED,
        f"consent:{strand_id}:{version}",
        at=at,
        now=at,
        properties=dict(sorted(standing.items())),
    )


def is_same(before: InForce, after: InForce) -> bool:
    """Whether the same is granted and refused, by whichever decisions."""
    return {scope: one.granted for scope, one in before.items()} == {
        scope: one.granted for scope, one in after.items()
    }


def following(now: datetime, told: Iterable[datetime | None]) -> datetime:
    """When to tell: now, but later than all that was told, with a moment free in between."""
    cut = now.replace(microsecond=now.microsecond // 1000 * 1000)
    return max((cut, *(at + 2 * _MOMENT for at in told if at is not None)))


def just_before(at: datetime) -> datetime:
    """The moment that `following` leaves free: for those who answer no more."""
    return at - _MOMENT


def _word(decision: Decision) -> str:
    return GRANTED if decision.granted else REFUSED
