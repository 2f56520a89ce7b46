"""Audiences: counted, compared, listed, exported; and the builds behind memberships."""

from collections.abc import Iterator
from dataclasses import asdict
from datetime import datetime
from itertools import combinations
from typing import Final, cast

from pydantic import TypeAdapter

from functions.manage_workspace.building import build_desk
from functions.manage_workspace.definitions import find
from functions.manage_workspace.parsing import (
    not_ahead,
    parse,
    past_instant,
    short_enough,
    whole_number,
)
from functions.manage_workspace.ports import Call, Ports
from shared.domain.audiences.files import file_of
from shared.domain.audiences.model import CONDITION, Audience
from shared.domain.builds.model import Build, Count
from shared.domain.instants import format_instant
from shared.domain.segments.condition import Node, SegmentCondition
from shared.domain.segments.estimate import estimate
from shared.domain.text import to_text
from shared.domain.workspace import audience_answers as answers
from shared.domain.workspace.answers import EstimateState
from shared.domain.workspace.model import WorkspaceSettings

BUILDS: Final = 50
MEMBERS: Final = 50
MOST_MEMBERS: Final = 200

_ESTIMATE: Final = TypeAdapter(answers.Estimate)
_OVERLAP: Final = TypeAdapter(answers.Overlap)
_EXPORT: Final = TypeAdapter(answers.AudienceExport)
_NAMED: Final = TypeAdapter(answers.AudienceNamed)


# --- builds -----------------------------------------------------------------------------------


def list_builds(ports: Ports, call: Call) -> answers.BuildList:  # noqa: ARG001
    """The latest builds."""
    found = ports.audiences.builds.latest(ports.workspace_id, BUILDS)
    return {"success": True, "builds": [_build(ports, one) for one in found]}


def get_build(ports: Ports, call: Call) -> answers.BuildAnswer:
    """One build."""
    number = whole_number(call.path["build"], "build", 10**12)
    found = ports.audiences.builds.load(ports.workspace_id, number)
    return {"success": True, "build": _build(ports, found)}


def begin_build(ports: Ports, call: Call) -> answers.BuildBegun:  # noqa: ARG001
    """Judge everybody anew by everything."""
    edit = ports.edit()
    number = edit.next_version
    settings = edit.settings() or WorkspaceSettings()
    edit.put_settings(to_text(settings.model_dump(mode="json")), all_build=number)
    edit.commit()
    build_desk(ports).begin_all(ports.workspace_id, number, "everything")
    return {"success": True, "build": number}


def retry_build(ports: Ports, call: Call) -> answers.BuildAnswer:
    """Begin a build again that failed."""
    number = whole_number(call.path["build"], "build", 10**12)
    found = build_desk(ports).retry(ports.workspace_id, number)
    return {"success": True, "build": _build(ports, found)}


# --- counting ---------------------------------------------------------------------------------


def estimate_audience(ports: Ports, call: Call) -> answers.EstimateAnswer:
    """Count who matches a condition now."""
    asked, at = parse(_ESTIMATE, call.body), ports.now()
    queries = ports.audiences.queries
    cost = asdict(estimate(queries.expanded(ports.workspace_id, asked.condition)))
    return {
        "success": True,
        "people": queries.size(ports.workspace_id, asked.condition, at),
        "at": format_instant(at),
        "cost": cast("EstimateState", cost),
    }


def list_members(ports: Ports, call: Call) -> answers.MembersAnswer:
    """A page of who is, or was, in a segment."""
    segment_id = call.path["segment_id"]
    find(ports.edit(), "SEGMENT", segment_id)
    at = past_instant(call.query.get("at"), ports.now())
    most = whole_number(call.query.get("limit", str(MEMBERS)), "limit", MOST_MEMBERS)
    after = call.query.get("cursor", "")
    if after:
        short_enough(after, "cursor")
    condition = SegmentCondition(segment_id=segment_id)
    page = ports.audiences.queries.page(ports.workspace_id, condition, at, most, after)
    is_full = len(page.profile_ids) == most
    return {
        "success": True,
        "segment_id": segment_id,
        "at": format_instant(at),
        "people": page.people,
        "profile_ids": page.profile_ids,
        "cursor": page.profile_ids[-1] if is_full else None,
    }


def compare_audiences(ports: Ports, call: Call) -> answers.OverlapAnswer:
    """Lay audiences over one another."""
    asked = parse(_OVERLAP, call.body)
    at = not_ahead(asked.at, ports.now()) if asked.at else ports.now()
    nodes = [each.node for each in asked.audiences]
    regions = ports.audiences.queries.overlap(ports.workspace_id, nodes, at)
    places = range(regions.parts)
    return {
        "success": True,
        "at": format_instant(at),
        "audiences": [{"people": regions.size(n), "only": regions.only(n)} for n in places],
        "pairs": [
            {"first": one, "second": other, "people": regions.both(one, other)}
            for one, other in combinations(places, 2)
        ],
        "union": regions.union,
        "intersection": regions.intersection,
    }


# --- writing down -----------------------------------------------------------------------------


def export_audience(ports: Ports, call: Call) -> answers.AudienceAnswer:
    """Ask for a file of an audience."""
    asked = parse(_EXPORT, call.body)
    audience = Audience(
        audience_id=ports.new_id(),
        condition=_known(ports, asked.node),
        at=_milliseconds(ports.now()),
        format=asked.format,
        fields=asked.fields,
        without_consent=asked.without_consent,
    )
    return _ask(ports, audience)


def snapshot_audience(ports: Ports, call: Call) -> answers.AudienceAnswer:
    """Ask for an audience to be put on a list."""
    list_id = call.path["list_id"]
    find(ports.edit(), "LIST", list_id)
    audience = Audience(
        audience_id=ports.new_id(),
        condition=_known(ports, parse(_NAMED, call.body).node),
        at=_milliseconds(ports.now()),
        list_id=list_id,
    )
    return _ask(ports, audience)


def get_audience(ports: Ports, call: Call) -> answers.AudienceAnswer:
    """One audience."""
    found = ports.audiences.audiences.load(ports.workspace_id, call.path["audience_id"])
    return {"success": True, "audience": _audience(ports, found)}


def _ask(ports: Ports, audience: Audience) -> answers.AudienceAnswer:
    ports.audiences.audiences.put(ports.workspace_id, audience)
    work = {"workspace_id": ports.workspace_id, "audience_id": audience.audience_id}
    ports.audiences.queue.send_json(work)
    return {"success": True, "audience": _audience(ports, audience)}


def _known(ports: Ports, condition: Node) -> str:
    """The text of a condition all parts of which exist; raises ExpansionError."""
    ports.audiences.queries.expanded(ports.workspace_id, condition)
    return CONDITION.dump_json(condition).decode()


# --- what they look like ----------------------------------------------------------------------


def _build(ports: Ports, build: Build) -> answers.BuildState:
    machine = ports.audiences.machine
    run = None if build.is_over else machine.run(ports.workspace_id, build.number, build.attempt)
    lost = run is not None and run.is_lost
    return {
        "build": build.number,
        "subject": build.subject,
        "definition_id": build.definition_id,
        "announced": build.announced,
        "attempt": build.attempt,
        "status": "failed" if lost else build.stage,
        "reason": run.error if run and lost else "",
        "requested_at": format_instant(build.requested_at),
        "finished_at": _told(build.finished_at),
        "superseded_by": build.superseded_by,
        "people": build.people,
        "batches": build.batches,
        "late_people": build.late_people,
        "late_batches": build.late_batches,
        "judged_batches": run.judged if run else None,
        "failed_batches": run.failed if run else None,
        "counted_at": _told(build.counted_at),
        "counts": list(_counts(build.counts)),
    }


def _counts(counts: tuple[Count, ...]) -> Iterator[answers.CountState]:
    for one in counts:
        yield {
            "subject": one.subject,
            "definition_id": one.definition_id,
            "name": one.name,
            "by_sql": one.by_sql,
            "by_tally": one.by_tally,
            "difference": one.difference,
        }


def _audience(ports: Ports, audience: Audience) -> answers.AudienceState:
    is_file = not audience.list_id
    file = file_of(ports.workspace_id, audience)
    return {
        "audience_id": audience.audience_id,
        "status": audience.status,
        "reason": audience.reason,
        "at": format_instant(audience.at),
        "expires_at": format_instant(audience.expires_at),
        "list_id": audience.list_id or None,
        "format": audience.format if is_file else None,
        "people": audience.people,
        "written": audience.written,
        "left_without_consent": audience.left_without_consent,
        "left_without_address": audience.left_without_address,
        "size": audience.size,
        "url": ports.audiences.archives.link(*file)
        if is_file and audience.status == "done"
        else None,
    }


def _told(instant: datetime | None) -> str | None:
    return format_instant(instant) if instant else None


def _milliseconds(instant: datetime) -> datetime:
    return instant.replace(microsecond=instant.microsecond // 1000 * 1000)
