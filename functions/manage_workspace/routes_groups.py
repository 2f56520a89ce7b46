"""Groups: what is known of them, and who belongs to them."""

from typing import Final

from functions.manage_workspace.ports import Call, Ports
from shared.domain.instants import format_instant
from shared.domain.workspace import group_answers as answers
from shared.errors import InvalidInputError, NotFoundError

MEMBERS: Final = 50  # on a page; each of them is looked up
LONGEST_BYTES: Final = 512


def get_group(ports: Ports, call: Call) -> answers.GroupAnswer:
    """One group; its members are the people of today, whichever strands have joined it."""
    group_id = _text(call.path["group_id"], "group_id")
    cursor = call.query.get("cursor")
    after = _text(cursor, "cursor") if cursor is not None else None
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


def _text(value: str, where: str) -> str:
    """Refuse what no key of the table could hold."""
    try:
        size = len(value.encode())
    except UnicodeEncodeError:
        raise InvalidInputError("this is no Unicode text", where=where) from None
    if not 0 < size <= LONGEST_BYTES:
        raise InvalidInputError(f"1 to {LONGEST_BYTES} bytes", where=where)
    return value
