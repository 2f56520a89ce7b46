"""Destinations of events: put, get, list and delete."""

from typing import Final

from functions.manage_workspace import definitions
from functions.manage_workspace.ports import Call, Ports
from shared.aws.catalog_writer import Definition
from shared.domain.outbound.model import DESTINATION
from shared.domain.workspace import destination_answers as answers
from shared.domain.workspace.tag_answers import Deleted

_KIND: Final = "DESTINATION"


def list_destinations(ports: Ports, call: Call) -> answers.DestinationList:  # noqa: ARG001
    """All destinations."""
    known = [_destination(one) for one in ports.edit().all(_KIND)]
    return {"success": True, "destinations": known}


def get_destination(ports: Ports, call: Call) -> answers.DestinationAnswer:
    """Where some events go."""
    found = definitions.find(ports.edit(), _KIND, call.path["destination_id"])
    return {"success": True, **_destination(found)}


def put_destination(ports: Ports, call: Call) -> answers.DestinationChanged:
    """Let events go there from now on."""
    destination = definitions.read(DESTINATION, call, "destination_id")
    wanted = Definition(kind=_KIND, definition_id=destination.destination_id, body="")
    outcome, after = definitions.put(ports.edit(), DESTINATION, wanted, destination)
    return {"success": True, "outcome": outcome, **_destination(after)}


def delete_destination(ports: Ports, call: Call) -> Deleted:
    """Let nothing go there any more."""
    edit = ports.edit()
    found = definitions.find(edit, _KIND, call.path["destination_id"])
    edit.delete(found)
    edit.commit()
    return {"success": True, "outcome": "deleted"}


def _destination(definition: Definition) -> answers.DestinationState:
    return {
        "destination": definitions.content(definition),
        "version": definition.version,
        "updated_at": definition.updated_at,
    }
