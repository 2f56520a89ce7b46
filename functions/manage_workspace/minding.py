"""What people meet already is not an editor's to change: asked when a change is committed.

A template, block, segment or tag that a published journey names, itself or through others, needs an
approver like publishing it did. The commit holds only on the catalog that was looked at here.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from functions.manage_workspace.ports import Ports
from shared.aws.catalog_writer import Witness
from shared.aws.meanings import Meanings, published_naming
from shared.domain.access.roles import Role, may
from shared.domain.access.trail import Change
from shared.domain.segments.expand import Named
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
            edit = self.ports.catalog.edit(self.ports.workspace_id)
            through = Meanings.of(edit).dependents(named) if kind != "TEMPLATE" else ()
            users = sorted(published_naming(edit, {named, *through}))
            if users:
                raise ForbiddenError(
                    f"people meet {named} in the published journey {users[0]!r}: changing it needs"
                    f" the role {NEEDED}; you have the role {self.ports.operator.role}",
                    hint="make another one and name it in a draft, or ask an approver",
                )
