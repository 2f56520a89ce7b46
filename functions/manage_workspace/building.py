"""Beginning a build: everybody is judged by a definition that is new or has another meaning now.

The definition is stored first. When the build could not be begun, the operator hears of it, puts
the same definition again, and then it is begun.
"""

from typing import Final, cast

from functions.manage_workspace.ports import Ports
from shared.aws.catalog_writer import Definition
from shared.domain.builds.model import Build, Subject

_JUDGED: Final = frozenset({"SEGMENT", "TAG", "LIFECYCLE"})


def begin_build(ports: Ports, definition: Definition) -> None:
    """Begin the build with which a definition got its meaning, unless that was done before.

    Raises TransientError.
    """
    if definition.kind not in _JUDGED or not definition.build:
        return
    desk = ports.audiences
    build = desk.builds.add(
        ports.workspace_id,
        Build(
            number=definition.build,
            subject=cast("Subject", definition.kind),
            definition_id=definition.definition_id,
            announced=definition.announce,
            requested_at=ports.now(),
        ),
    )
    if not build.is_over:
        desk.machine.start(ports.workspace_id, build.number)
