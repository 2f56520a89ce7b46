"""What people meet already is not an editor's to change: asked when a change is committed.

A template, block, segment or tag that a published journey names, itself or through others, needs an
approver like publishing it did. The commit holds only on the catalog that was looked at here.
So does a segment or tag of a broadcast that has yet to find out whom it asks. Broadcasts stand
outside of the catalog: one that is started at the very moment of a change may meet either.
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
        if not may(self.ports.operator.role, NEEDED):
            self._mind(changes)
        return self.witness.actions(changes)

    def _mind(self, changes: Sequence[Change]) -> None:
        for change in changes:
            kind, _, definition_id = change.what.partition("#")
            if change.before is None or kind not in _MINDED:
                continue
            named = Named(_MINDED[kind], definition_id)
            if user := self._user(named):
                raise ForbiddenError(
                    f"people meet {named} in {user}: changing it needs"
                    f" the role {NEEDED}; you have the role {self.ports.operator.role}",
                    hint="make another one and name it in a draft, or ask an approver",
                )

    def _user(self, named: Named) -> str:
        """What people meet that names a definition, itself or through others; empty for nothing."""
        edit = self.ports.catalog.edit(self.ports.workspace_id)
        names = {named}
        if named.kind != "template":
            known = Meanings.of(edit)
            names.update(known.dependents(named))
            if THE_LIFECYCLE in names:  # which journeys name by its stages
                names.update(Named("stage", stage) for stage in known.lifecycle.names)
        if journeys := sorted(published_naming(edit, names)):
            return f"the published journey {journeys[0]!r}"
        return self._broadcast(names) if named.kind != "template" else ""

    def _broadcast(self, names: AbstractSet[Named]) -> str:
        """A broadcast that was started and has yet to find out whom it asks."""
        for one in self.ports.broadcasting.store.all(self.ports.workspace_id):
            is_open = not one.is_over and not one.folder
            if is_open and not uses(CONDITION.validate_json(one.condition)).isdisjoint(names):
                return f"the broadcast {one.broadcast_id!r}"
        return ""
