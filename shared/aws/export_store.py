"""Exports in the catalog table: who asked for which person's, and where the archive lies."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, Literal

from shared.aws import keys
from shared.aws.faults import faults_are_transient
from shared.aws.items import from_item, to_item
from shared.domain.instants import parse_instant
from shared.errors import NotFoundError

Status = Literal["running", "done", "gone"]

# As long as the bucket keeps the archives.
KEPT: Final = timedelta(days=7)


@dataclass(frozen=True, slots=True, kw_only=True)
class Export:
    """One export; `gone` when there was no such person any more, or when it was erased since."""

    export_id: str
    profile_id: str
    requested_at: datetime
    status: Status = "running"
    size: int | None = None

    @property
    def expires_at(self) -> datetime:
        """When row and archive are deleted."""
        return self.requested_at + KEPT


class ExportStore:
    """The exports of all workspaces; every method raises TransientError."""

    def __init__(self, client: Any, catalog_table: str) -> None:
        """`client` is a low-level DynamoDB client."""
        self._client = client
        self._table = catalog_table

    def put(self, workspace_id: str, export: Export) -> None:
        """Write an export down as it is now."""
        row = {
            **keys.export(workspace_id, export.export_id)._asdict(),
            "profile_id": export.profile_id,
            "requested_at": export.requested_at,
            "status": export.status,
            "size": export.size,
            "expires_at": int(export.expires_at.timestamp()),
        }
        with faults_are_transient():
            self._client.put_item(TableName=self._table, Item=to_item(row))

    def load(self, workspace_id: str, export_id: str) -> Export:
        """One export, strongly consistent; raises NotFoundError."""
        key = to_item(keys.export(workspace_id, export_id)._asdict())
        with faults_are_transient():
            answer = self._client.get_item(TableName=self._table, Key=key, ConsistentRead=True)
        if "Item" not in answer:
            raise NotFoundError(f"there is no export {export_id!r}", hint="exports are kept 7 days")
        return _export(export_id, from_item(answer["Item"]))


def _export(export_id: str, row: Mapping[str, Any]) -> Export:
    return Export(
        export_id=export_id,
        profile_id=row["profile_id"],
        requested_at=parse_instant(row["requested_at"]),
        status=row["status"],
        size=row.get("size"),
    )
