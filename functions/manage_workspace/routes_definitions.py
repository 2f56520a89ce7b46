"""Segments, templates and journeys: put, get and list."""

from dataclasses import replace

from functions.manage_workspace import definitions
from functions.manage_workspace.judging import announce_of, delete, put_judged
from functions.manage_workspace.parsing import whole_number
from functions.manage_workspace.ports import Call, Ports
from shared.aws.catalog_writer import Definition
from shared.aws.meanings import JOURNEY, SEGMENT, Meanings
from shared.domain.messages.model import TEMPLATE
from shared.domain.segments.describe import describe
from shared.domain.segments.expand import Named
from shared.domain.workspace import answers
from shared.domain.workspace.tag_answers import Deleted
from shared.errors import NotFoundError


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


def list_templates(ports: Ports, call: Call) -> answers.TemplateList:  # noqa: ARG001
    """All templates."""
    return {"success": True, "templates": [_template(one) for one in ports.edit().all("TEMPLATE")]}


def get_template(ports: Ports, call: Call) -> answers.TemplateAnswer:
    """One template."""
    found = definitions.find(ports.edit(), "TEMPLATE", call.path["template_id"])
    return {"success": True, **_template(found)}


def put_template(ports: Ports, call: Call) -> answers.TemplateChanged:
    """Create or replace a template."""
    # The template engine is needed here and nowhere else in this function.
    from shared.domain.messages.render import check

    template = definitions.read(TEMPLATE, call, "template_id")
    check(template)
    wanted = Definition(kind="TEMPLATE", definition_id=template.template_id, body="")
    outcome, after = definitions.put(ports.edit(), TEMPLATE, wanted, template)
    return {"success": True, "outcome": outcome, **_template(after)}


def delete_template(ports: Ports, call: Call) -> Deleted:
    """Delete a template."""
    delete(ports, Named("template", call.path["template_id"]))
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
    outcome, after = definitions.put(ports.edit(), JOURNEY, wanted, journey)
    return {"success": True, "outcome": outcome, **journey_state(after)}


def journey_state(definition: Definition) -> answers.JourneyState:
    """A journey as it is answered."""
    return {
        "journey": definitions.content(definition),
        "version": definition.version,
        "status": definition.status,
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


def _template(definition: Definition) -> answers.TemplateState:
    return {
        "template": definitions.content(definition),
        "version": definition.version,
        "updated_at": definition.updated_at,
    }
