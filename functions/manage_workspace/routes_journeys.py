"""Journeys: publish, pause and resume."""

from functions.manage_workspace import definitions
from functions.manage_workspace.ports import Call, Ports
from functions.manage_workspace.publishing import publish, switch
from functions.manage_workspace.routes_definitions import journey_state
from shared.domain.workspace.answers import JourneyChanged


def publish_journey(ports: Ports, call: Call) -> JourneyChanged:
    """Let people enter the newest version."""
    edit = ports.edit()
    draft = definitions.find(edit, "JOURNEY", call.path["journey_id"])
    outcome, after = publish(ports, edit, draft)
    return {"success": True, "outcome": outcome, **journey_state(after)}


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
