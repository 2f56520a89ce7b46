"""People: the whole story of one, found by any identifier."""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from functools import partial
from typing import Final

from functions.manage_workspace import portrait_parts as parts
from functions.manage_workspace.parsing import short_enough
from functions.manage_workspace.portrait import portrait
from functions.manage_workspace.ports import Call, Ports
from shared.aws import keys
from shared.aws.people import Place
from shared.domain.identity.graph import Identifier
from shared.domain.identity.resolution import Unusable
from shared.domain.journeys.definition import Journey
from shared.domain.lifecycle.expanding import expand_lifecycle, lifecycle_references
from shared.domain.lifecycle.judging import stage_of
from shared.domain.measures.model import Activity
from shared.domain.profiles.model import ProfileState, View
from shared.domain.segments.references import References
from shared.domain.workspace import answers
from shared.domain.workspace.stories import Timeline
from shared.errors import InvalidInputError, NotFoundError

PROFILE_ID: Final = "profile_id"
MOST_EVENTS: Final = 200
EVENTS: Final = 50


def get_profile(ports: Ports, call: Call) -> answers.ProfileAnswer:
    """One person by identifier, whichever of its strands that leads to."""
    limit, after = _limit(call.query.get("limit")), _after(call.query.get("cursor"))
    kind, strand_id = find_strand(ports, call)
    person = ports.persons.person(ports.workspace_id, strand_id)
    if person is None:
        raise NotFoundError(f"there is no profile {strand_id!r}")
    page = ports.people.timeline(ports.workspace_id, person.strands, limit, after)
    # Rows lie in the order of the clients' clocks; within a page the corrected time is the order.
    events = sorted(map(parts.event, page.rows), key=lambda e: e["occurred_at"], reverse=True)
    timeline: Timeline = {"events": events, "cursor": _cursor(page.after)}
    strands = {each: ports.people.rows(ports.workspace_id, each) for each in person.strands}
    profile = portrait(person, strands, timeline, names_of(ports), partial(_stage, ports))
    if kind == PROFILE_ID and strand_id != person.profile_id:
        profile["redirected_from"] = strand_id
    return {"success": True, "profile": profile}


def find_strand(ports: Ports, call: Call) -> tuple[str, str]:
    """The kind that was asked for, and the strand that the value leads to."""
    # Rules bring along regular expressions and phone numbers; few requests need them.
    from shared.domain.identity.rulebook import rulebook_of

    kind, value = call.query.get("kind", ""), call.query.get("value", "")
    rules = ports.published.identity_rules(ports.workspace_id)
    kinds = [rule.kind for rule in rules.kinds]
    if kind not in (*kinds, PROFILE_ID):
        raise InvalidInputError(f"one of {', '.join((*kinds, PROFILE_ID))}", where="kind")
    short_enough(value, "value")
    if kind == PROFILE_ID:
        return kind, value
    named = rulebook_of(rules).usable(kind, value)
    # What the rules block today may have been let in by those of yesterday.
    identifier = named if isinstance(named, Identifier) else Identifier(kind, value)
    strand_id = ports.people.find(ports.workspace_id, *identifier)
    if strand_id:
        return kind, strand_id
    if isinstance(named, Unusable):
        raise InvalidInputError(f"this names nobody: {named.reason}", where="value")
    raise NotFoundError(f"no profile has this {kind}")


def _limit(text: str | None) -> int:
    if text is None:
        return EVENTS
    if not (text.isascii() and text.isdigit() and len(text) < 4 and 1 <= int(text) <= MOST_EVENTS):
        raise InvalidInputError(f"a number from 1 to {MOST_EVENTS}", where="limit")
    return int(text)


def _cursor(after: Place | None) -> str | None:
    return urlsafe_b64encode(json.dumps(after).encode()).decode() if after else None


def _after(cursor: str | None) -> Place | None:
    if cursor is None:
        return None
    try:
        sort_key, strand_id = json.loads(urlsafe_b64decode(cursor))
        sound = sort_key.startswith(keys.EVENT_PREFIX) and len(sort_key.encode()) <= 1_024
        short_enough(strand_id, "cursor")
    except (ValueError, TypeError, AttributeError, RecursionError):
        sound = False
    if not sound:
        raise InvalidInputError("this is no cursor of an answer", where="cursor")
    return Place(sort_key, strand_id)


def names_of(ports: Ports) -> parts.Names:
    """What definitions are called."""

    def journey(journey_id: str, version: int) -> Journey | None:
        try:
            return ports.published.journey(ports.workspace_id, journey_id, version).journey
        except NotFoundError:
            return None

    segments = ports.published.segments(ports.workspace_id)
    tags = ports.published.tags(ports.workspace_id)
    return parts.Names(
        {one.segment.segment_id: one.segment.title for one in segments},
        {one.tag.tag_id: one.tag.title for one in tags},
        journey,
    )


def _stage(ports: Ports, state: ProfileState | None) -> str:
    """The stage of now where it needs nothing but the state, else the one that was judged last."""
    catalog, workspace_id = ports.published, ports.workspace_id
    known = catalog.lifecycle(workspace_id).lifecycle
    lifecycle = expand_lifecycle(known, catalog.definitions(workspace_id))
    if state and lifecycle_references(lifecycle) != References(activity=True):
        return state.stage
    seen = Activity(state.first_seen_at, state.last_seen_at, state.events) if state else None
    view, zone = View({}, {}, activity=seen), catalog.settings(workspace_id).zone
    return stage_of(lifecycle, view, ports.now(), zone).stage
