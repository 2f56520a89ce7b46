"""Segments and journeys: put, get and list."""

from dataclasses import replace
from typing import Final

from functions.manage_workspace import definitions
from functions.manage_workspace.judging import announce_of, delete, put_judged
from functions.manage_workspace.parsing import whole_number
from functions.manage_workspace.ports import Call, Ports
from shared.aws.catalog_writer import Definition, Edit
from shared.aws.meanings import JOURNEY, SEGMENT, Meanings
from shared.domain.segments.describe import describe
from shared.domain.segments.expand import Named
from shared.domain.workspace import answers
from shared.domain.workspace.tag_answers import Deleted
from shared.errors import ConflictError, NotFoundError

_MOST_VERSIONS: Final = 10**9


def list_segments(ports: Ports, call: Call) -> answers.SegmentList:  # noqa: ARG001
    """All segments with their sizes."""
    edit = ports.edit()
    known = Meanings.of(edit)
    found = [_segment(ports, one, known) for one in edit.all("SEGMENT")]
    return {"success": True, "segments": found}


def get_segment(ports: Ports, call: Call) -> answers.SegmentAnswer:
    """One segment."""
    edit = ports.edit()
    found = definitions.find(edit, "SEGMENT", call.path["segment_id"])
    return {"success": True, **_segment(ports, found, Meanings.of(edit))}


def put_segment(ports: Ports, call: Call) -> answers.SegmentChanged:
    """Create or replace a segment."""
    announce = announce_of(call)
    segment = definitions.read(SEGMENT, call, "segment_id")
    outcome, after, known = put_judged(ports, segment, announce=announce)
    return {"success": True, "outcome": outcome, **_segment(ports, after, known)}


def delete_segment(ports: Ports, call: Call) -> Deleted:
    """Delete a segment."""
    delete(ports, Named("segment", call.path["segment_id"]))
    return {"success": True, "outcome": "deleted"}


def list_journeys(ports: Ports, call: Call) -> answers.JourneyList:  # noqa: ARG001
    """All journeys."""
    found = ports.edit().all("JOURNEY")
    return {"success": True, "journeys": [journey_state(one) for one in found]}


def get_journey(ports: Ports, call: Call) -> answers.JourneyAnswer:
    """One journey, in its newest version or another one."""
    edit = ports.edit()
    found = definitions.find(edit, "JOURNEY", call.path["journey_id"])
    if (wanted := call.query.get("version")) is None:
        return {"success": True, **journey_state(found)}
    version = _version(found, wanted)
    body = edit.body_of(found, version)
    return {"success": True, **journey_state(replace(found, body=body, version=version))}


def _version(found: Definition, wanted: str) -> int:
    """The number of a version that is there; raises InvalidInputError or NotFoundError."""
    if wanted != "published":
        return whole_number(wanted, "version", found.version)
    if found.published_version is None:
        raise NotFoundError("the journey was never published")
    return found.published_version


def put_journey(ports: Ports, call: Call) -> answers.JourneyChanged:
    """Create a journey or a new draft version of it."""
    journey = definitions.read(JOURNEY, call, "journey_id")
    wanted = Definition(kind="JOURNEY", definition_id=journey.journey_id, body="", status="draft")
    edit = ports.edit()
    _newest_is_known(edit, journey.journey_id, call.query.get("based_on"))
    outcome, after = definitions.put(edit, JOURNEY, wanted, journey)
    return {"success": True, "outcome": outcome, **journey_state(after)}


def _newest_is_known(edit: Edit, journey_id: str, based_on: str | None) -> None:
    """Refuse what would replace a version that the caller never saw; raises ConflictError."""
    if based_on is None:
        return
    found = edit.find("JOURNEY", journey_id)
    newest = found.version if found else 0
    seen = 0 if based_on == "0" else whole_number(based_on, "based_on", _MOST_VERSIONS)
    if seen != newest:
        raise ConflictError(
            f"version {newest} is the newest by now",
            where="based_on",
            hint="look at it, and base your changes on it",
        )


def journey_state(definition: Definition) -> answers.JourneyState:
    """A journey as it is answered."""
    return {
        "journey": definitions.content(definition),
        "version": definition.version,
        "status": definition.status,
        "paused_because": definition.paused_because or None,
        "published_version": definition.published_version,
        "state_machine_arn": definition.state_machine_arn or None,
        "updated_at": definition.updated_at,
    }


def _segment(ports: Ports, definition: Definition, known: Meanings) -> answers.SegmentState:
    condition = SEGMENT.validate_json(definition.body).condition
    tally = ports.figures.of(ports.workspace_id, "SEGMENT", definition.definition_id)
    return {
        "segment": definitions.content(definition),
        "version": definition.version,
        "build": definition.build,
        "announce": definition.announce,
        "updated_at": definition.updated_at,
        "description": {"en": describe(condition, "en"), "zh": describe(condition, "zh")},
        "estimate": known.estimate(Named("segment", definition.definition_id)),
        "members": tally.get("members", 0),
    }
