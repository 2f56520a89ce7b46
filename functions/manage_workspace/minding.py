"""What people meet already is not an editor's to change: asked when a change is committed.

A template, block, segment or tag that a published journey names, itself or through others, needs an
approver like publishing it did. The commit holds only on the catalog that was looked at here.
So does a segment or tag of a broadcast that has yet to find out whom it asks. Broadcasts stand
outside of the catalog: one that is started at the very moment of a change may meet either.
Numbers of a tag that are computed anew change it as well, although a build commits them later.
"""

from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Any, Final

from functions.manage_workspace.ports import Ports
from shared.aws.catalog_writer import Witness
from shared.aws.meanings import THE_LIFECYCLE, Meanings, published_naming
from shared.domain.access.roles import Role, may
from shared.domain.access.trail import Change
from shared.domain.audiences.model import CONDITION
from shared.domain.segments.expand import Named
from shared.domain.segments.uses import uses
from shared.errors import ForbiddenError

NEEDED: Final[Role] = "approver"
# A block changes by way of the templates that show it.
_MINDED: Final = {"TEMPLATE": "template", "SEGMENT": "segment", "TAG": "tag"}


@dataclass(frozen=True, slots=True)
class Minded:
    """A witness that first looks whether whoever asks may change what is changed."""

    ports: Ports
    witness: Witness

    def actions(self, changes: Sequence[Change]) -> list[dict[str, Any]]:
        """What the witness adds to the transaction; raises ForbiddenError."""
        for change in changes:
            kind, _, definition_id = change.what.partition("#")
            if change.before is not None and kind in _MINDED:
                mind(self.ports, Named(_MINDED[kind], definition_id))
        return self.witness.actions(changes)


def mind(ports: Ports, named: Named) -> None:
    """Raises ForbiddenError where people meet a definition and who asks may not change that."""
    if may(ports.operator.role, NEEDED):
        return
    if user := _user(ports, named):
        raise ForbiddenError(
            f"people meet {named} in {user}: changing it needs"
            f" the role {NEEDED}; you have the role {ports.operator.role}",
            hint="make another one and name it in a draft, or ask an approver",
        )


def _user(ports: Ports, named: Named) -> str:
    """What people meet that names a definition, itself or through others; empty for nothing."""
    edit = ports.catalog.edit(ports.workspace_id)
    names = {named}
    if named.kind != "template":
        known = Meanings.of(edit)
        names.update(known.dependents(named))
        if THE_LIFECYCLE in names:  # which journeys name by its stages
            names.update(Named("stage", stage) for stage in known.lifecycle.names)
    if journeys := sorted(published_naming(edit, names)):
        return f"the published journey {journeys[0]!r}"
    return _broadcast(ports, names) if named.kind != "template" else ""


def _broadcast(ports: Ports, names: AbstractSet[Named]) -> str:
    """A broadcast that was started and has yet to find out whom it asks."""
    for one in ports.broadcasting.store.all(ports.workspace_id):
        is_open = not one.is_over and not one.folder
        if is_open and not uses(CONDITION.validate_json(one.condition)).isdisjoint(names):
            return f"the broadcast {one.broadcast_id!r}"
    return ""
