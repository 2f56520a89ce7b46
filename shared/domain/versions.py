"""Versions of what is stored: read forward, one step after the other, by whoever meets it.

Whatever is stored says by its `v` which version wrote it. Nothing says so in its first version:
that is what lies there from before, and costs nobody a byte. A field more needs no version, because
who does not know it passes it over; a new version is for what an older reader would take for
something else.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from shared.errors import NewerVersionError

FIELD: Final = "v"

Data = Mapping[str, Any]
Migration = Callable[[Data], Data]
"""From one version to the next. It minds neither what is left out of what was read, nor being given
what is in the shape of the next one already."""


def written(data: dict[str, Any], migrations: Sequence[Migration]) -> dict[str, Any]:
    """The data as the newest version writes it, which is the one that all of these lead to."""
    return {**data, FIELD: len(migrations) + 1} if migrations else data


def read(data: Data, migrations: Sequence[Migration], what: str) -> Data:
    """The data as the newest version says it; itself where that wrote it.

    `migrations` lead from the first version to the second and so on; `what` names the data in
    errors. Raises NewerVersionError where a newer version wrote it.
    """
    version = data.get(FIELD, 1)
    newest = len(migrations) + 1
    if version == newest:
        return data
    if not isinstance(version, int) or not 1 <= version <= newest:
        raise NewerVersionError(
            f"{what} is of version {version}, and {newest} is the newest that is known here",
            hint="nothing is lost: it is read once the version that wrote it is deployed again",
        )
    for migrate in migrations[version - 1 :]:
        data = migrate(data)
    return {**data, FIELD: newest}
