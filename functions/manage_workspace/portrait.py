"""From the rows of one person's strands to the answer that operators read; pure."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from decimal import Decimal
from typing import Any, Final, TypeVar

from functions.manage_workspace import portrait_parts as parts
from shared.aws import consent_rows, keys
from shared.aws.enrolment_rows import enrolment_of
from shared.aws.person_reader import graph_of, merged_traits
from shared.aws.state_rows import stages_of, whole_state
from shared.aws.trait_history import claim_of
from shared.domain.counters.fold import counted_days, earned_days
from shared.domain.counters.revenue import amount_text, total
from shared.domain.identity.person import Person
from shared.domain.instants import format_instant
from shared.domain.profiles.model import ProfileState, Trait
from shared.domain.profiles.touches import read_touch
from shared.domain.text import to_text
from shared.domain.workspace import stories

Row = Mapping[str, Any]
Rows = Mapping[str, list[Row]]
"""The rows of a strand, by the first part of their sort keys."""

# An answer of a function ends at 6 MB. Of enrolments and of messages the newest are told that fit
# into this each, and of the history of traits; a page of the timeline is at most 1 MB by itself.
MOST_BYTES: Final = 1_500_000

S = TypeVar("S")


def portrait(
    person: Person,
    strands: Mapping[str, Iterable[Row]],
    timeline: stories.Timeline,
    names: parts.Names,
    stage_of: Callable[[ProfileState | None], str],
) -> stories.ProfileStory:
    """Everything that is known of one person; `strands` has the rows of each, by strand.

    The root must have its `PROFILE` row. `stage_of` tells the lifecycle stage of now.
    """
    known = {strand: _sorted_out(rows) for strand, rows in strands.items()}
    root, everywhere = known[person.profile_id], list(known.values())
    desks = [known[desk] for desk in person.desks if desk in known]
    profiles = [row for rows in everywhere for row in rows[keys.PROFILE]]
    graph = graph_of(root[keys.PROFILE][0])
    begun = [enrolment_of(row) for desk in desks for row in desk["ENR"]]
    enrolments = [parts.enrolment(one, names) for one in begun]
    messages = parts.messages((row for desk in desks for row in desk["MSG"]), begun, names)
    enrolments_told = newest(enrolments, lambda one: one["entered_at"])
    messages_told = newest(messages, lambda one: one["requested_at"])
    states = [row for rows in everywhere for row in rows[keys.STATE]]
    state = whole_state(next(iter(root[keys.STATE]), {}), states)
    return {
        "profile_id": person.profile_id,
        "redirected_from": None,
        "created_at": min(row["created_at"] for row in profiles),
        "identifiers": [
            {"kind": kind, "value": value, "first_at": format_instant(first_at)}
            for (kind, value), _, first_at in (graph.nodes if graph else ())
        ],
        "links": len(graph.edges) if graph else 0,
        "traits": dict(sorted(_told(merged_traits(profiles)))),
        "trait_history": _history(row for rows in everywhere for row in rows["TRAIT"]),
        "touches": {
            "first": _touch(state.first_touch if state else None),
            "last": _touch(state.last_touch if state else None),
        },
        "groups": _groups(row for rows in everywhere for row in rows["GROUP"]),
        "tags": _tags(root, state, stage_of(state), names),
        "counts": _counts(row for rows in everywhere for row in rows["CNT"]),
        "memberships": [
            parts.membership(row, names) for row in root["SEG"] if not row.get("parked")
        ],
        "enrolments": enrolments_told,
        "messages": messages_told,
        "left_out": {
            "enrolments": len(enrolments) - len(enrolments_told),
            "messages": len(messages) - len(messages_told),
        },
        "consents": [one for row in root[keys.CONSENT] for one in consent_rows.stories(row)],
        "timeline": timeline,
    }


def newest(found: list[S], at: Callable[[S], str], most_bytes: int = MOST_BYTES) -> list[S]:
    """The newest first, as many as fit."""
    told: list[S] = []
    for story in sorted(found, key=at, reverse=True):
        most_bytes -= len(to_text(story).encode())
        if most_bytes < 0:
            break
        told.append(story)
    return told


def _sorted_out(rows: Iterable[Row]) -> Rows:
    found: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        found[row["sk"].partition("#")[0]].append(row)
    return found


def _told(claims: Mapping[str, Trait]) -> Iterator[tuple[str, stories.TraitStory]]:
    for name, claim in claims.items():
        at = format_instant(claim.at)
        yield name, {"value": claim.value, "at": at, "source_id": claim.source_id}


def _history(rows: Iterable[Row]) -> dict[str, list[stories.TraitStory]]:
    """Every kept claim, the newest first, as many as fit."""
    found = [told for row in rows for told in _told(dict([claim_of(row)]))]
    history: dict[str, list[stories.TraitStory]] = {}
    for name, story in newest(found, lambda one: one[1]["at"]):
        history.setdefault(name, []).append(story)
    return dict(sorted(history.items()))


def _touch(text: str | None) -> stories.TouchStory | None:
    if text is None:
        return None
    touch = read_touch(text)
    return {
        "at": touch["at"],
        "source": touch.get("source"),
        "medium": touch.get("medium"),
        "campaign": touch.get("campaign"),
        "term": touch.get("term"),
        "content": touch.get("content"),
        "referrer": touch.get("referrer"),
    }


def _groups(rows: Iterable[Row]) -> list[stories.GroupStory]:
    """Each group once, since the earliest day in any strand."""
    since: dict[str, str] = {}
    for row in rows:
        group_id = row["sk"].removeprefix(keys.GROUP_PREFIX)
        since[group_id] = min(since.get(group_id, row["since"]), row["since"])
    found = sorted(since.items(), key=lambda pair: (pair[1], pair[0]), reverse=True)
    return [{"group_id": group_id, "since": at} for group_id, at in found]


def _tags(root: Rows, state: ProfileState | None, stage: str, names: parts.Names) -> stories.Tags:
    since = state.stage_since if state and state.stage == stage else None
    held = (row for row in root["TAG"] if not row.get("parked") and row["value"] != "null")
    return {
        "values": sorted((parts.tag(row, names) for row in held), key=lambda one: one["tag_id"]),
        "stages": _stages(root["STAGE"], state),
        "stage": stage,
        "stage_since": format_instant(since) if since else None,
        "first_seen_at": format_instant(state.first_seen_at) if state else None,
        "last_seen_at": format_instant(state.last_seen_at) if state else None,
        "events": state.events if state else 0,
    }


def _stages(rows: Iterable[Row], state: ProfileState | None) -> list[stories.StageStory]:
    """The newest first."""
    found = reversed(stages_of(rows, state))
    return [{"stage": stage, "since": format_instant(since)} for stage, since in found]


def _counts(rows: Iterable[Row]) -> list[stories.CountStory]:
    """Each event over all months and strands; its revenue exact, and none where there was none."""
    counts: dict[str, stories.CountStory] = {}
    earned: dict[str, Decimal] = {}
    for row in rows:
        escaped, _, month = row["sk"].removeprefix(keys.COUNTER_PREFIX).rpartition("#")
        name, first_at, last_at = keys.unescape(escaped), row["first_at"], row["last_at"]
        story = counts.setdefault(
            name,
            {"event": name, "times": 0, "revenue": None, "first_at": first_at, "last_at": last_at},
        )
        story["times"] += sum(counted_days(month, row).values())
        story["first_at"] = min(story["first_at"], first_at)
        story["last_at"] = max(story["last_at"], last_at)
        if amounts := earned_days(month, row):
            earned[name] = total([earned.get(name, Decimal(0)), *amounts.values()])
            story["revenue"] = amount_text(earned[name])
    return sorted(counts.values(), key=lambda story: (-story["times"], story["event"]))
