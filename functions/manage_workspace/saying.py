"""What operators say of people goes the way of all events: through the queue, into timelines."""

from collections.abc import Callable, Sequence

from functions.manage_workspace.ports import Ports
from shared.aws.person_reader import graph_of
from shared.domain.events.model import Event
from shared.domain.events.packing import encode
from shared.domain.identity.resolution import Unusable
from shared.domain.identity.rulebook import rulebook_of
from shared.domain.lists.said import Named
from shared.domain.workspace.bodies import NamedIdentifier
from shared.domain.workspace.tag_answers import Said
from shared.errors import InvalidInputError


def say(
    ports: Ports,
    people: Sequence[tuple[str, NamedIdentifier]],
    event: Callable[[Named, int], Event],
) -> Said:
    """Queue one event for each person; all of them, or InvalidInputError and none.

    `people` come with their paths in the body; `event` makes that of the person at a place.
    """
    named = [_named(ports, one, path) for path, one in people]
    ports.events.send_events(encode(event(one, place)) for place, one in enumerate(named))
    return {"success": True, "accepted": len(named)}


def _named(ports: Ports, one: NamedIdentifier, path: str) -> Named:
    """The identifier in the one spelling; of a profile, the first one that it is known by."""
    if one.kind == "profile_id":
        found = ports.persons.answering(ports.workspace_id, one.value)
        graph = graph_of(found[1]) if found else None
        if graph is None:
            raise InvalidInputError(f"there is no profile {one.value!r}", where=path)
        first = graph.nodes[0].identifier
        return first.kind, first.value
    rules = rulebook_of(ports.published.identity_rules(ports.workspace_id))
    usable = rules.usable(one.kind, one.value)
    if isinstance(usable, Unusable):
        raise InvalidInputError(f"this names nobody: {usable.reason}", where=path)
    return usable.kind, usable.value
