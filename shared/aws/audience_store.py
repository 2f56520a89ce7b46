"""Audiences in the catalog table: what was asked for, and what came of it; gone after a week."""

import json
from typing import Any

from shared.aws import keys
from shared.aws.faults import faults_are_transient
from shared.aws.items import from_item, to_item, to_text
from shared.domain.audiences.model import Audience
from shared.domain.instants import parse_instant
from shared.errors import NotFoundError

_PLAIN = (
    *("audience_id", "condition", "format", "without_consent", "list_id", "status"),
    *("people", "written", "left_without_consent", "left_without_address", "reason"),
)


class AudienceStore:
    """The audiences of all workspaces; every method raises TransientError."""

    def __init__(self, client: Any, catalog_table: str) -> None:
        """`client` is a low-level DynamoDB client."""
        self._client = client
        self._table = catalog_table

    def put(self, workspace_id: str, audience: Audience) -> None:
        """Write an audience down as it is now."""
        row = {
            **keys.audience(workspace_id, audience.audience_id)._asdict(),
            **{name: getattr(audience, name) for name in _PLAIN},
            "at": audience.at,
            "fields": to_text(audience.fields),
            "size": audience.size,
            "expires_at": int(audience.expires_at.timestamp()),
        }
        with faults_are_transient():
            self._client.put_item(TableName=self._table, Item=to_item(row))

    def load(self, workspace_id: str, audience_id: str) -> Audience:
        """One audience, strongly consistent; raises NotFoundError."""
        key = to_item(keys.audience(workspace_id, audience_id)._asdict())
        with faults_are_transient():
            answer = self._client.get_item(TableName=self._table, Key=key, ConsistentRead=True)
        if "Item" not in answer:
            raise NotFoundError(
                f"there is no audience {audience_id!r}", hint="they are kept 7 days"
            )
        row = from_item(answer["Item"])
        return Audience(
            **{name: row[name] for name in _PLAIN},
            at=parse_instant(row["at"]),
            fields=tuple(json.loads(row["fields"])),
            size=row.get("size"),
        )
