"""Making, listing and disabling write keys; ingest looks them up with `write_keys.py`.

A key is stored as its hash only. Beside the row that ingest finds by hash stands one in the
catalog's own partition, so that the keys of a workspace can be listed without a scan.
"""

from typing import Any, Final, NamedTuple

from botocore.exceptions import ClientError

from shared.aws import keys
from shared.aws.items import from_item, is_conditional_failure, query_prefix, to_item
from shared.aws.write_keys import digest
from shared.domain.workspace.keys import WriteKeyKind
from shared.errors import ConflictError, InvalidInputError, NotFoundError

PREFIX_DIGITS: Final = 12  # enough to tell the keys of any workspace apart
_KIND: Final = "WRITE_KEY"


class KeyCard(NamedTuple):
    """What is known of a write key without the key.

    `kind` is `public` for a key that stands in an app or a page, `server` for one that does not.
    """

    digest: str
    source_id: str
    created_at: str
    disabled: bool
    kind: WriteKeyKind = "public"


class WriteKeyDesk:
    """The write keys of all workspaces in one catalog table."""

    def __init__(self, client: Any, catalog_table: str) -> None:
        """`client` is a low-level DynamoDB client."""
        self._client = client
        self._table = catalog_table

    def add(
        self,
        workspace_id: str,
        write_key: str,
        source_id: str,
        created_at: str,
        kind: WriteKeyKind = "public",
    ) -> KeyCard:
        """Store a new key; raises ConflictError when it exists."""
        card = KeyCard(digest(write_key), source_id, created_at, disabled=False, kind=kind)
        try:
            self._client.transact_write_items(
                TransactItems=[
                    {
                        "Put": {
                            "TableName": self._table,
                            "Item": to_item({"pk": pk, "sk": sk, **card._asdict(), **extra}),
                            "ConditionExpression": "attribute_not_exists(pk)",
                        }
                    }
                    for pk, sk, extra in (
                        (*keys.write_key(card.digest), {"workspace_id": workspace_id}),
                        (*_listed(workspace_id, card.digest), {}),
                    )
                ]
            )
        except ClientError as error:
            if is_conditional_failure(error):
                raise ConflictError("this write key exists already") from error
            raise
        return card

    def all(self, workspace_id: str) -> list[KeyCard]:
        """Every key of the workspace, the oldest first."""
        return sorted(self._cards(workspace_id, ""), key=lambda card: card.created_at)

    def find(self, workspace_id: str, digest_prefix: str) -> KeyCard:
        """The one key whose hash begins so; raises NotFoundError or InvalidInputError."""
        match self._cards(workspace_id, digest_prefix):
            case []:
                raise NotFoundError(f"no write key begins with {digest_prefix!r}")
            case [card]:
                return card
            case cards:
                raise InvalidInputError(f"{len(cards)} write keys begin with {digest_prefix!r}")

    def disable(self, workspace_id: str, card: KeyCard) -> KeyCard:
        """Disable a key for good; ingest may still take it for a minute."""
        update = {
            "TableName": self._table,
            "UpdateExpression": "SET disabled = :yes",
            "ConditionExpression": "attribute_exists(pk)",
            "ExpressionAttributeValues": {":yes": {"BOOL": True}},
        }
        rows = (keys.write_key(card.digest), _listed(workspace_id, card.digest))
        self._client.transact_write_items(
            TransactItems=[
                {"Update": {**update, "Key": {"pk": {"S": pk}, "sk": {"S": sk}}}} for pk, sk in rows
            ]
        )
        return card._replace(disabled=True)

    def _cards(self, workspace_id: str, digest_prefix: str) -> list[KeyCard]:
        items = query_prefix(self._client, self._table, _listed(workspace_id, digest_prefix))
        rows = [from_item(item) for item in items]
        return [
            KeyCard(**{name: row[name] for name in KeyCard._fields if name in row}) for row in rows
        ]


def _listed(workspace_id: str, digest_prefix: str) -> keys.Key:
    return keys.Key(keys.catalog(workspace_id), keys.definition(_KIND, digest_prefix))
