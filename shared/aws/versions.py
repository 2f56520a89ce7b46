"""The versions of rows, by what their sort keys begin with; what is not here is in its first.

To write a new shape: append the step from the one before, let the packer of the kind write
`versioned(row)`, and add a sample to `tests/vectors/stored`. A write that changes a part of a row
(UpdateItem) has to say the version too, or must not be of such a kind.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from shared.domain.versions import Data, Migration, read, written

Row = dict[str, Any]


def _packed_body(row: Data) -> Data:
    """Enrolments kept their body as text at first."""
    body = row.get("body")
    if not isinstance(body, str):
        return row
    # Few functions meet such a row; those that do, know what packs it.
    from shared.aws.packing import known_of, pack

    return {**row, "body": pack(body, known_of(row))}


MIGRATIONS: Final[Mapping[str, Sequence[Migration]]] = {"ENR": (_packed_body,)}


def versioned(row: Row) -> Row:
    """The row with the version that its kind is written in."""
    return written(row, MIGRATIONS.get(_kind(row), ()))


def forward(row: Row) -> Row:
    """The row as the newest version says it; what was read without its key stays as it is.

    Raises NewerVersionError.
    """
    kind = _kind(row)
    if kind in MIGRATIONS or "v" in row:
        return dict(read(row, MIGRATIONS.get(kind, ()), f"a row of the kind {kind}"))
    return row


def _kind(row: Mapping[str, Any]) -> str:
    return str(row.get("sk", "")).partition("#")[0]
