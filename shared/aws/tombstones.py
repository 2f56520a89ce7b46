"""What stays of an erased identifier: that it was erased and when, without saying who it was.

The key of a tombstone is an HMAC of the identifier under a secret of the deployment. Whoever has an
identifier in hand can ask whether it was erased; nobody can read an identifier out of a tombstone.
Tombstones lie beside the definitions and not beside the people, so that restoring the people to an
earlier day does not restore the right to know them.
"""

import hmac
from collections.abc import Iterable
from datetime import datetime
from hashlib import sha256
from typing import Any, Final

from shared.aws import keys
from shared.aws.faults import faults_are_transient
from shared.aws.identity_secret import IdentitySecret
from shared.aws.items import get_items, to_item
from shared.domain.identity.graph import Identifier
from shared.domain.instants import parse_instant

PURPOSE: Final = "tombstone"


class Tombstones:
    """The erased identifiers of all workspaces; every method raises TransientError."""

    def __init__(self, client: Any, catalog_table: str, secret: IdentitySecret) -> None:
        """`client` is a low-level DynamoDB client."""
        self._client = client
        self._table = catalog_table
        self._secret = secret

    def erased(
        self, workspace_id: str, identifiers: Iterable[Identifier]
    ) -> dict[Identifier, datetime]:
        """Those of the identifiers that were erased, and when last; strongly consistent.

        What occurred until then must not be written down again; what occurred later is a new
        person's.
        """
        wanted = {self._key(workspace_id, each): each for each in identifiers}
        with faults_are_transient():
            found = get_items(self._client, self._table, wanted)
        return {wanted[key]: parse_instant(item["erased_at"]["S"]) for key, item in found.items()}

    def put(self, workspace_id: str, identifiers: Iterable[Identifier], at: datetime) -> None:
        """Remember that identifiers were erased; a later erasure of the same one holds."""
        for identifier in identifiers:
            row = {**self._key(workspace_id, identifier)._asdict(), "erased_at": at}
            with faults_are_transient():
                self._client.put_item(TableName=self._table, Item=to_item(row))

    def _key(self, workspace_id: str, identifier: Identifier) -> keys.Key:
        # Neither part can hold a zero byte, so no two identifiers make the same text.
        text = f"{identifier.kind}\0{identifier.value}".encode()
        digest = hmac.digest(self._secret.key(PURPOSE, workspace_id), text, sha256)
        return keys.tombstone(workspace_id, digest.hex())
