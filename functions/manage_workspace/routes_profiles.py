"""People: the whole story of one."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import Final

from functions.manage_workspace import portrait
from functions.manage_workspace.ports import Call, Ports
from shared.aws import keys
from shared.domain.journeys.definition import Journey
from shared.domain.workspace import answers
from shared.domain.workspace.stories import Timeline
from shared.errors import InvalidInputError, NotFoundError

KINDS: Final = ("user_id", "anonymous_id", "profile_id")
MOST_EVENTS: Final = 200
EVENTS: Final = 50
LONGEST_BYTES: Final = 1_000  # a key of the table ends at 2,048 bytes, a sort key at 1,024


def get_profile(ports: Ports, call: Call) -> answers.ProfileAnswer:
    """One person by identifier."""
    limit, after = _limit(call.query.get("limit")), _after(call.query.get("cursor"))
    profile_id = _find(ports, call)
    rows = ports.people.rows(ports.workspace_id, profile_id)
    if not any(row["sk"] == keys.PROFILE for row in rows):
        raise NotFoundError(f"there is no profile {profile_id!r}")
    page = ports.people.timeline(ports.workspace_id, profile_id, limit, after)
    # Rows lie in the order of the clients' clocks; within a page the corrected time is the order.
    events = sorted(
        (portrait.event(row) for row in page.rows), key=lambda e: e["occurred_at"], reverse=True
    )
    timeline: Timeline = {
        "events": events,
        "cursor": urlsafe_b64encode(page.after.encode()).decode() if page.after else None,
    }
    profile = portrait.portrait(rows, timeline, _names(ports), ports.now())
    return {"success": True, "profile": profile}


def _find(ports: Ports, call: Call) -> str:
    kind, value = call.query.get("kind", ""), call.query.get("value", "")
    if kind not in KINDS:
        raise InvalidInputError(f"one of {', '.join(KINDS)}", where="kind")
    _short_enough(value, "value")
    if kind == "profile_id":
        return value
    profile_id = ports.people.find(ports.workspace_id, kind, value)
    if profile_id is None:
        raise NotFoundError(f"no profile has this {kind}")
    return profile_id


def _short_enough(value: str, where: str) -> None:
    """Refuse what no key of the table could hold."""
    try:
        size = len(value.encode())
    except UnicodeEncodeError:
        raise InvalidInputError("this is no Unicode text", where=where) from None
    if not 0 < size <= LONGEST_BYTES:
        raise InvalidInputError(f"1 to {LONGEST_BYTES} bytes", where=where)


def _limit(text: str | None) -> int:
    if text is None:
        return EVENTS
    if not (text.isascii() and text.isdigit() and len(text) < 4 and 1 <= int(text) <= MOST_EVENTS):
        raise InvalidInputError(f"a number from 1 to {MOST_EVENTS}", where="limit")
    return int(text)


def _after(cursor: str | None) -> str | None:
    if cursor is None:
        return None
    try:
        sort_key = urlsafe_b64decode(cursor).decode()
    except ValueError:
        sort_key = ""
    if not sort_key.startswith(keys.EVENT_PREFIX) or len(sort_key.encode()) > 1_024:
        raise InvalidInputError("this is no cursor of an answer", where="cursor")
    return sort_key


def _names(ports: Ports) -> portrait.Names:
    def journey(journey_id: str, version: int) -> Journey | None:
        try:
            return ports.published.journey(ports.workspace_id, journey_id, version).journey
        except NotFoundError:
            return None

    segments = ports.published.segments(ports.workspace_id)
    return portrait.Names({one.segment.segment_id: one.segment.title for one in segments}, journey)
