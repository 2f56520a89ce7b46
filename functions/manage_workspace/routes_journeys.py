"""Journeys: check, publish, pause and resume."""

from functions.manage_workspace import definitions
from functions.manage_workspace.parsing import parse
from functions.manage_workspace.ports import Call, Ports
from functions.manage_workspace.publishing import publish, switch
from functions.manage_workspace.routes_definitions import journey_state
from shared.aws.catalog_writer import Edit
from shared.aws.meanings import JOURNEY
from shared.domain.journeys.definition import Journey
from shared.domain.journeys.verify.finding import finding_state
from shared.domain.workspace.answers import (
    JourneyChanged,
    JourneyChecked,
    JourneyPublished,
)
from shared.errors import InvalidInputError


def check_journey(ports: Ports, call: Call) -> JourneyChecked:
    """Say what publishing a definition would say, without storing it."""
    return _checked(ports, call, ports.edit(), parse(JOURNEY, call.body))


def check_stored_journey(ports: Ports, call: Call) -> JourneyChecked:
    """Say what publishing the newest version would say."""
    edit = ports.edit()
    stored = definitions.find(edit, "JOURNEY", call.path["journey_id"])
    return _checked(ports, call, edit, JOURNEY.validate_json(stored.body))


def _checked(ports: Ports, call: Call, edit: Edit, journey: Journey) -> JourneyChecked:
    # The verifier is needed here and nowhere else among these routes.
    from functions.manage_workspace.checking import check

    lake = call.query.get("lake", "no")
    if lake not in ("no", "yes"):
        raise InvalidInputError("this is yes or no", where="lake")
    findings = [finding_state(one) for one in check(ports, edit, journey, lake=lake == "yes")]
    publishable = not any(one["severity"] == "error" for one in findings)
    return {"success": True, "publishable": publishable, "findings": findings}


def publish_journey(ports: Ports, call: Call) -> JourneyPublished:
    """Let people enter the newest version."""
    edit = ports.edit()
    draft = definitions.find(edit, "JOURNEY", call.path["journey_id"])
    done = publish(ports, edit, draft)
    warnings = [finding_state(one) for one in done.warnings]
    state = journey_state(done.definition)
    return {"success": True, "outcome": done.outcome, "warnings": warnings, **state}


def pause_journey(ports: Ports, call: Call) -> JourneyChanged:
    """Let nobody enter and send nothing."""
    return _switch(ports, call, paused=True)


def resume_journey(ports: Ports, call: Call) -> JourneyChanged:
    """Let people enter again."""
    return _switch(ports, call, paused=False)


def _switch(ports: Ports, call: Call, *, paused: bool) -> JourneyChanged:
    edit = ports.edit()
    journey = definitions.find(edit, "JOURNEY", call.path["journey_id"])
    outcome, after = switch(edit, journey, paused=paused)
    return {"success": True, "outcome": outcome, **journey_state(after)}
