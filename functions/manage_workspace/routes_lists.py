"""Lists: put, get, list and delete, and who is on them."""

from functions.manage_workspace import definitions
from functions.manage_workspace.definitions import LIST
from functions.manage_workspace.judging import delete
from functions.manage_workspace.parsing import adapter, parse
from functions.manage_workspace.ports import Call, Ports
from functions.manage_workspace.saying import say
from shared.aws.catalog_writer import Definition
from shared.domain.lists.said import listed
from shared.domain.segments.expand import Named
from shared.domain.workspace import list_answers as answers
from shared.domain.workspace.bodies import ListChange
from shared.domain.workspace.tag_answers import Deleted, Said


def list_lists(ports: Ports, call: Call) -> answers.ListOfLists:  # noqa: ARG001
    """All lists."""
    return {"success": True, "lists": [_list(one) for one in ports.edit().all("LIST")]}


def get_list(ports: Ports, call: Call) -> answers.ListAnswer:
    """One list."""
    found = definitions.find(ports.edit(), "LIST", call.path["list_id"])
    return {"success": True, **_list(found)}


def put_list(ports: Ports, call: Call) -> answers.ListChanged:
    """Create or replace a list."""
    wanted = definitions.read(LIST, call, "list_id")
    row = Definition(kind="LIST", definition_id=wanted.list_id, body="")
    outcome, after = definitions.put(ports.edit(), LIST, row, wanted)
    return {"success": True, "outcome": outcome, **_list(after)}


def delete_list(ports: Ports, call: Call) -> Deleted:
    """Delete a list."""
    delete(ports, Named("list", call.path["list_id"]))
    return {"success": True, "outcome": "deleted"}


def change_members(ports: Ports, call: Call) -> Said:
    """Put people on a list and take others off it."""
    list_id = call.path["list_id"]
    definitions.find(ports.edit(), "LIST", list_id)
    wanted = parse(adapter(ListChange), call.body)
    now = ports.now()
    people = [
        *((f"add[{place}]", one) for place, one in enumerate(wanted.add)),
        *((f"remove[{place}]", one) for place, one in enumerate(wanted.remove)),
    ]
    return say(
        ports,
        people,
        lambda person, place: listed(
            ports.workspace_id, person, list_id, now, on=place < len(wanted.add)
        ),
    )


def _list(definition: Definition) -> answers.ListState:
    return {
        "list": definitions.content(definition),
        "version": definition.version,
        "updated_at": definition.updated_at,
    }
