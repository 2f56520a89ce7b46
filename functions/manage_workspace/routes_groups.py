"""Groups: what is known of them, and who belongs to them."""

from typing import Final

from functions.manage_workspace.parsing import short_enough
from functions.manage_workspace.ports import Call, Ports
from shared.domain.instants import format_instant
from shared.domain.workspace import group_answers as answers
from shared.errors import NotFoundError

MEMBERS: Final = 50  # on a page; each of them is looked up
LONGEST_BYTES: Final = 512  # of an identifier in an event, so no group has a longer one


def get_group(ports: Ports, call: Call) -> answers.GroupAnswer:
    """One group; its members are the people of today, whichever strands have joined it."""
    group_id, after = call.path["group_id"], call.query.get("cursor")
    short_enough(group_id, "group_id", LONGEST_BYTES)
    if after is not None:
        short_enough(after, "cursor", LONGEST_BYTES)
    traits = ports.groups.traits(ports.workspace_id, group_id)
    page = ports.groups.members(ports.workspace_id, group_id, MEMBERS, after)
    if not (traits or page.since or after):
        raise NotFoundError(f"there is no group {group_id!r}")
    since: dict[str, str] = {}
    for strand_id, at in page.since.items():
        if person := ports.persons.person(ports.workspace_id, strand_id):
            since[person.profile_id] = min(since.get(person.profile_id, at), at)
    return {
        "success": True,
        "group_id": group_id,
        "traits": {
            name: {"value": one.value, "at": format_instant(one.at), "source_id": one.source_id}
            for name, one in sorted(traits.items())
        },
        "members": [{"profile_id": each, "since": at} for each, at in since.items()],
        "cursor": page.after,
    }
