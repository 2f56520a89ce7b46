"""Writing definitions: one transaction for each change, refused when somebody else was faster.

Every row counts its changes in `revision`. A change names the revision that it was decided on, so
two operators never overwrite each other unseen: the second gets a ConflictError and decides again.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from botocore.exceptions import ClientError

from shared.aws import keys
from shared.aws.catalog import Kind, Row, Status
from shared.aws.items import (
    from_item,
    is_conditional_failure,
    is_contention,
    query_items,
    to_item,
)
from shared.domain.instants import format_instant
from shared.domain.workspace.model import WorkspaceSettings
from shared.errors import ConflictError, TooLargeError

MAX_BODY_BYTES: Final = 350_000  # an item holds 400 KB, names and numbers included
# A transaction holds 100 actions; changing settings touches the settings, the version row and
# every journey that has a state machine.
MAX_JOURNEYS_AT_ONCE: Final = 98

Action = dict[str, dict[str, Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Definition:
    """The row of one definition; `body` is the JSON text of its latest version."""

    workspace_id: str
    kind: Kind
    definition_id: str
    body: str
    version: int = 1
    status: Status = "published"
    updated_at: str = ""
    published_version: int | None = None
    state_machine_arn: str = ""
    revision: int = 0


class CatalogWriter:
    """Reads definitions as they are now and changes them."""

    def __init__(self, client: Any, table: str, now: Callable[[], datetime]) -> None:
        """`client` is a low-level DynamoDB client."""
        self._client = client
        self._table = table
        self._now = now

    def find(self, workspace_id: str, kind: Kind, definition_id: str) -> Definition | None:
        """The definition as it is now."""
        sk = keys.definition(kind, definition_id)
        row = self._get(keys.catalog(workspace_id), sk)
        return _definition(workspace_id, kind, row) if row else None

    def all(self, workspace_id: str, kind: Kind) -> list[Definition]:
        """Every definition of a kind, by id."""
        items = query_items(
            self._client,
            TableName=self._table,
            KeyConditionExpression="pk = :pk AND begins_with(sk, :prefix)",
            ExpressionAttributeValues={
                ":pk": {"S": keys.catalog(workspace_id)},
                ":prefix": {"S": keys.definition(kind, "")},
            },
            ConsistentRead=True,
        )
        return [_definition(workspace_id, kind, from_item(item)) for item in items]

    def version_body(self, definition: Definition, version: int) -> str:
        """The JSON text of an older version; empty when there is none."""
        key = keys.definition_version(
            definition.workspace_id, definition.kind, definition.definition_id, version
        )
        return str((self._get(*key) or {}).get("body", ""))

    def add_version(self, definition: Definition) -> Definition:
        """Store the definition's body as its version; gives the row as written.

        Raises ConflictError when the definition was changed since `definition.revision`, and
        TooLargeError when the body does not fit.
        """
        if len(definition.body.encode()) > MAX_BODY_BYTES:
            raise TooLargeError(f"a definition holds at most {MAX_BODY_BYTES} bytes of JSON")
        key = keys.definition_version(
            definition.workspace_id,
            definition.kind,
            definition.definition_id,
            definition.version,
        )
        history = {
            "pk": key.pk,
            "sk": key.sk,
            "body": definition.body,
            "version": definition.version,
            "created_at": self._now(),
        }
        written, action = self._put(definition)
        self._change(definition.workspace_id, [action, self._action(history)])
        return written

    def update(self, definition: Definition) -> Definition:
        """Store what changed besides the body; raises ConflictError as `add_version` does."""
        written, action = self._put(definition)
        self._change(definition.workspace_id, [action])
        return written

    def settings(self, workspace_id: str) -> tuple[WorkspaceSettings, int]:
        """The settings, or the defaults, and their revision."""
        row = self._get(keys.catalog(workspace_id), keys.SETTINGS)
        if row is None:
            return WorkspaceSettings(), 0
        return WorkspaceSettings.model_validate_json(row["body"]), row["revision"]

    def put_settings(
        self, workspace_id: str, body: str, revision: int, journeys: Iterable[Definition] = ()
    ) -> None:
        """Store settings, and journeys that changed with them, at once; raises ConflictError."""
        row = {
            "pk": keys.catalog(workspace_id),
            "sk": keys.SETTINGS,
            "body": body,
            "updated_at": self._now(),
            "revision": revision + 1,
        }
        changed = [self._put(journey)[1] for journey in journeys]
        if len(changed) > MAX_JOURNEYS_AT_ONCE:
            raise ConflictError(
                f"settings that {len(changed)} journeys depend on cannot be changed at once",
                hint=f"at most {MAX_JOURNEYS_AT_ONCE} can be published or paused for this",
            )
        self._change(workspace_id, [self._action(row, revision), *changed])

    def _put(self, definition: Definition) -> tuple[Definition, Action]:
        written = replace(
            definition,
            revision=definition.revision + 1,
            updated_at=format_instant(self._now()),
        )
        row = {
            "pk": keys.catalog(written.workspace_id),
            "sk": keys.definition(written.kind, written.definition_id),
            "body": written.body,
            "version": written.version,
            "status": written.status,
            "updated_at": written.updated_at,
            "published_version": written.published_version,
            "state_machine_arn": written.state_machine_arn or None,
            "revision": written.revision,
        }
        return written, self._action(row, definition.revision)

    def _action(self, row: Mapping[str, Any], revision: int = 0) -> Action:
        """A put of the row, if it is still at `revision` (0: if there is none yet)."""
        put: dict[str, Any] = {"TableName": self._table, "Item": to_item(row)}
        if revision:
            put["ConditionExpression"] = "revision = :revision"
            put["ExpressionAttributeValues"] = {":revision": {"N": str(revision)}}
        else:
            put["ConditionExpression"] = "attribute_not_exists(pk)"
        return {"Put": put}

    def _change(self, workspace_id: str, actions: list[Action]) -> None:
        bump = {
            "TableName": self._table,
            "Key": {"pk": {"S": keys.catalog(workspace_id)}, "sk": {"S": keys.CATALOG_VERSION}},
            "UpdateExpression": "ADD n :one",
            "ExpressionAttributeValues": {":one": {"N": "1"}},
        }
        try:
            self._client.transact_write_items(TransactItems=[*actions, {"Update": bump}])
        except ClientError as error:
            if is_conditional_failure(error) or is_contention(error):
                raise ConflictError("somebody else changed this at the same moment") from error
            raise

    def _get(self, pk: str, sk: str) -> Row | None:
        item = self._client.get_item(
            TableName=self._table, Key={"pk": {"S": pk}, "sk": {"S": sk}}, ConsistentRead=True
        ).get("Item")
        return from_item(item) if item else None


def _definition(workspace_id: str, kind: Kind, row: Row) -> Definition:
    return Definition(
        workspace_id=workspace_id,
        kind=kind,
        definition_id=row["sk"].removeprefix(keys.definition(kind, "")),
        body=row["body"],
        version=row["version"],
        status=row["status"],
        updated_at=row["updated_at"],
        published_version=row.get("published_version"),
        state_machine_arn=row.get("state_machine_arn", ""),
        revision=row["revision"],
    )
