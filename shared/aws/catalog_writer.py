"""Writing definitions: an edit reads what is there, stages changes and commits them at once.

The commit is one transaction under the condition that the catalog is still at the version at which
the edit began. So two operators never overwrite each other unseen, and a decision such as "every
template that this journey names exists" still holds when it is stored.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final, NamedTuple, Protocol

from botocore.exceptions import ClientError

from shared.aws import keys
from shared.aws.catalog import Kind, Row, Status
from shared.aws.items import (
    from_item,
    get_items,
    is_conditional_failure,
    is_contention,
    query_prefix,
    to_item,
)
from shared.domain.access.trail import Change, Facts
from shared.domain.identity.rules import IdentityRules
from shared.domain.instants import format_instant
from shared.domain.workspace.model import WorkspaceSettings
from shared.errors import ConflictError, NotFoundError, TooLargeError

MAX_BODY_BYTES: Final = 350_000  # an item holds 400 KB, names and numbers included
# A transaction holds 100 actions: one moves the catalog's version, and one is witness to it all.
MAX_ROWS: Final = 98
_WHOLE: Final = (keys.SETTINGS, keys.IDENTITY_RULES)  # these have no versions to be named by


class Witness(Protocol):
    """Whoever must hear of changes in the transaction that makes them."""

    def actions(self, changes: Sequence[Change]) -> list[dict[str, Any]]:
        """What to add to the transaction: one action at most."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Definition:
    """The row of one definition; `body` is the JSON text of its latest version.

    `ready` is that of a template as it is sent, empty where it is sent as it was written.
    `paused_because` says why a journey paused itself, as long as it is paused.
    `build` and `announce` are there where people are judged by the definition: the version of the
    catalog at which its meaning last changed, and whether flips found by building are told.
    """

    kind: Kind
    definition_id: str
    body: str
    version: int = 1
    status: Status = "published"
    updated_at: str = ""
    published_version: int | None = None
    state_machine_arn: str = ""
    build: int = 0
    announce: bool = False
    ready: str = ""
    paused_because: str = ""


class Version(NamedTuple):
    """One version of a definition, as it was put."""

    version: int
    updated_at: str
    body: str
    ready: str


class Edit:
    """One look at a workspace's catalog, and what is to be changed in it."""

    def __init__(
        self,
        client: Any,
        table: str,
        workspace_id: str,
        now: datetime,
        witness: Witness | None = None,
    ) -> None:
        """`client` is a low-level DynamoDB client; `witness` is told of what is committed."""
        self._client = client
        self._table = table
        self._workspace_id = workspace_id
        self._now = now
        self._witness = witness
        self._staged: list[dict[str, Any]] = []
        row = self._get(keys.catalog(workspace_id), keys.CATALOG_VERSION)
        self._version: int = row["n"] if row else 0

    @property
    def next_version(self) -> int:
        """The version of the catalog that the commit will make."""
        return self._version + 1

    def find(self, kind: Kind, definition_id: str) -> Definition | None:
        """The definition as it is now."""
        row = self._get(keys.catalog(self._workspace_id), keys.definition(kind, definition_id))
        return _definition(kind, row) if row else None

    def all(self, kind: Kind) -> list[Definition]:
        """Every definition of a kind, by id."""
        items = query_prefix(
            self._client,
            self._table,
            keys.Key(keys.catalog(self._workspace_id), keys.definition(kind, "")),
        )
        return [_definition(kind, from_item(item)) for item in items]

    def body_of(self, definition: Definition, version: int) -> str:
        """The JSON text of a certain version of a definition."""
        if version == definition.version:
            return definition.body
        key = keys.definition_version(
            self._workspace_id, definition.kind, definition.definition_id, version
        )
        row = self._get(*key)
        if row is None:
            raise LookupError(f"version {version} of {definition.definition_id!r} is gone")
        return str(row["body"])

    def bodies_met(self, definition: Definition) -> Iterator[str]:
        """The JSON texts of all versions that people may have met: up to the published one."""
        of = (self._workspace_id, definition.kind, definition.definition_id)
        versions = range(1, (definition.published_version or 0) + 1)
        places = [keys.definition_version(*of, version) for version in versions]
        for item in get_items(self._client, self._table, places).values():
            yield str(from_item(item)["body"])

    def put_at(self, definition: Definition, version: int) -> str:
        """When a certain version of a definition was put."""
        key = keys.definition_version(
            self._workspace_id, definition.kind, definition.definition_id, version
        )
        row = self._get(*key)
        return str(row["updated_at"]) if row else definition.updated_at

    def settings(self) -> WorkspaceSettings | None:
        """The settings, unless nobody has set any."""
        row = self._get(keys.catalog(self._workspace_id), keys.SETTINGS)
        return WorkspaceSettings.stored(row["body"]) if row else None

    def identity_rules(self) -> IdentityRules | None:
        """The rules by which people are told apart, unless nobody has set any."""
        row = self._get(keys.catalog(self._workspace_id), keys.IDENTITY_RULES)
        return IdentityRules.model_validate_json(row["body"]) if row else None

    @property
    def days_build(self) -> int:
        """The version at which natural days came to be those of another time zone; 0 for never."""
        row = self._get(keys.catalog(self._workspace_id), keys.SETTINGS)
        return row.get("days_build", 0) if row else 0

    def put_settings(self, body: str, days_build: int = 0, all_build: int = 0) -> None:
        """Stage new settings.

        `days_build` is the version of this edit with another time zone, `all_build` where everybody
        is to be judged anew by everything.
        """
        pk = keys.catalog(self._workspace_id)
        known = self._get(pk, keys.SETTINGS) or {}
        builds = {"days_build": days_build, "all_build": all_build}
        kept = {name: build or known.get(name) for name, build in builds.items()}
        self._stage(pk, keys.SETTINGS, {"body": body, **kept})

    def put_identity_rules(self, body: str) -> None:
        """Stage other rules by which people are told apart."""
        self._stage(keys.catalog(self._workspace_id), keys.IDENTITY_RULES, {"body": body})

    def put(self, definition: Definition) -> Definition:
        """Stage a definition whose body has not changed; gives it as it will be."""
        written = replace(
            definition,
            updated_at=format_instant(self._now),
            paused_because=definition.paused_because if definition.status == "paused" else "",
        )
        row = {
            "body": written.body,
            "version": written.version,
            "status": written.status,
            "published_version": written.published_version,
            "state_machine_arn": written.state_machine_arn or None,
            "build": written.build or None,
            "announce": written.announce or None,
            "ready": written.ready or None,
            "paused_because": written.paused_because or None,
        }
        sk = keys.definition(written.kind, written.definition_id)
        self._stage(keys.catalog(self._workspace_id), sk, row)
        return written

    def put_version(self, definition: Definition) -> Definition:
        """Stage a definition together with its new, immutable version; raises TooLargeError."""
        if len(definition.body.encode()) + len(definition.ready.encode()) > MAX_BODY_BYTES:
            raise TooLargeError(f"a definition holds at most {MAX_BODY_BYTES:,} bytes of JSON")
        key = keys.definition_version(
            self._workspace_id, definition.kind, definition.definition_id, definition.version
        )
        row = {"body": definition.body, "version": definition.version}
        self._stage(*key, {**row, "ready": definition.ready or None})
        return self.put(definition)

    def versions(self, definition: Definition, most: int) -> list[Version]:
        """The latest versions of a definition, the newest first."""
        pk = keys.definition_version(
            self._workspace_id, definition.kind, definition.definition_id, 0
        ).pk
        found = self._client.query(
            TableName=self._table,
            KeyConditionExpression="pk = :pk",
            ExpressionAttributeValues={":pk": {"S": pk}},
            ScanIndexForward=False,
            Limit=most,
            ConsistentRead=True,
        )["Items"]
        rows = (from_item(item) for item in found)
        return [
            Version(row["version"], row["updated_at"], row["body"], row.get("ready", ""))
            for row in rows
        ]

    def version_of(self, definition: Definition, version: int) -> Version:
        """A certain version of a definition; raises NotFoundError."""
        key = keys.definition_version(
            self._workspace_id, definition.kind, definition.definition_id, version
        )
        row = self._get(*key)
        if row is None:
            raise NotFoundError(f"{definition.definition_id!r} has no version {version}")
        return Version(row["version"], row["updated_at"], row["body"], row.get("ready", ""))

    def last_version(self, kind: Kind, definition_id: str) -> int:
        """The newest version there ever was, also of what was deleted since; 0 for none."""
        pk = keys.definition_version(self._workspace_id, kind, definition_id, 0).pk
        found = self._client.query(
            TableName=self._table,
            KeyConditionExpression="pk = :pk",
            ExpressionAttributeValues={":pk": {"S": pk}},
            ScanIndexForward=False,
            Limit=1,
            ConsistentRead=True,
        )["Items"]
        return int(from_item(found[0])["version"]) if found else 0

    def delete(self, definition: Definition) -> None:
        """Stage that a definition is gone; its versions stay, so that no number comes twice."""
        key = {
            "pk": {"S": keys.catalog(self._workspace_id)},
            "sk": {"S": keys.definition(definition.kind, definition.definition_id)},
        }
        self._staged.append({"Delete": {"TableName": self._table, "Key": key}})

    def commit(self) -> None:
        """Store everything staged, or nothing; raises ConflictError when the catalog has moved."""
        if len(self._staged) > MAX_ROWS:
            raise ConflictError(f"at most {MAX_ROWS} definitions can change at once")
        try:
            told = self._witness.actions(self._changes()) if self._witness else []
            self._client.transact_write_items(TransactItems=[*self._staged, *told, self._bump()])
        except ClientError as error:
            if is_conditional_failure(error) or is_contention(error):
                raise ConflictError("somebody else changed the catalog, try again") from error
            raise

    def _changes(self) -> list[Change]:
        """What is staged, beside what is there now: the commit holds only if nothing has moved."""
        here = {"S": keys.catalog(self._workspace_id)}
        changes = []
        for staged in self._staged:
            ((action, request),) = staged.items()
            place = request["Item"] if action == "Put" else request["Key"]
            if place["pk"] != here:
                continue  # a version, which its definition names
            sk = place["sk"]["S"]
            after = from_item(request["Item"]) if action == "Put" else None
            before = self._get(keys.catalog(self._workspace_id), sk)
            changes.append(Change(sk, _facts(sk, before), _facts(sk, after)))
        return changes

    def _stage(self, pk: str, sk: str, row: Row) -> None:
        item = to_item({"pk": pk, "sk": sk, "updated_at": self._now, **row})
        self._staged.append({"Put": {"TableName": self._table, "Item": item}})

    def _bump(self) -> dict[str, Any]:
        values = {":next": {"N": str(self._version + 1)}}
        if self._version:
            condition = "n = :seen"
            values[":seen"] = {"N": str(self._version)}
        else:
            condition = "attribute_not_exists(pk)"
        return {
            "Update": {
                "TableName": self._table,
                "Key": {
                    "pk": {"S": keys.catalog(self._workspace_id)},
                    "sk": {"S": keys.CATALOG_VERSION},
                },
                "UpdateExpression": "SET n = :next",
                "ConditionExpression": condition,
                "ExpressionAttributeValues": values,
            }
        }

    def _get(self, pk: str, sk: str) -> Row | None:
        item = self._client.get_item(
            TableName=self._table, Key={"pk": {"S": pk}, "sk": {"S": sk}}, ConsistentRead=True
        ).get("Item")
        return from_item(item) if item else None


class CatalogWriter:
    """Begins edits of a catalog."""

    def __init__(self, client: Any, table: str, now: Callable[[], datetime]) -> None:
        """`client` is a low-level DynamoDB client."""
        self._client = client
        self._table = table
        self._now = now

    def edit(self, workspace_id: str, witness: Witness | None = None) -> Edit:
        """Look at the catalog as it is now; what follows is decided on this state of it."""
        return Edit(self._client, self._table, workspace_id, self._now(), witness)

    def text_of(self, workspace_id: str, kind: str, definition_id: str, version: int) -> str | None:
        """The JSON text of any version that a definition ever had, also of one deleted since."""
        key = keys.definition_version(workspace_id, kind, definition_id, version)
        item = self._client.get_item(
            TableName=self._table, Key={"pk": {"S": key.pk}, "sk": {"S": key.sk}}
        ).get("Item")
        return str(item["body"]["S"]) if item else None


def _facts(sk: str, row: Row | None) -> Facts | None:
    if row is None:
        return None
    if sk in _WHOLE:
        return {"body": str(row["body"])}
    named = ("version", "status", "published_version")
    return {name: row[name] for name in named if row.get(name) is not None}


def _definition(kind: Kind, row: Row) -> Definition:
    return Definition(
        kind=kind,
        definition_id=row["sk"].removeprefix(keys.definition(kind, "")),
        body=row["body"],
        version=row["version"],
        status=row["status"],
        updated_at=row["updated_at"],
        published_version=row.get("published_version"),
        state_machine_arn=row.get("state_machine_arn", ""),
        build=row.get("build", 0),
        announce=row.get("announce", False),
        ready=row.get("ready", ""),
        paused_because=row.get("paused_because", ""),
    )
