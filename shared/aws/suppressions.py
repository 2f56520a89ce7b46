"""Addresses that must not be written to, whoever they belong to.

A row is found by an HMAC of the address, so that it goes on protecting its address when the person
was erased and the plain address in it is gone.
"""

import hmac
from collections.abc import Mapping
from datetime import datetime
from hashlib import sha256
from typing import Any, Final, NamedTuple

from botocore.exceptions import ClientError

from shared.aws import keys
from shared.aws.faults import faults_are_transient
from shared.aws.identity_secret import IdentitySecret
from shared.aws.items import Item, from_item, is_conditional_failure, to_item
from shared.domain.instants import format_instant
from shared.domain.messages.addresses import canonical
from shared.domain.messages.channels import Channel

Row = dict[str, Any]

OPT_OUT: Final = "opt_out"  # the reason of a suppression that words of the person brought about
SHARDS: Final = "0123456789abcdef"


class Page(NamedTuple):
    """Some suppressions, and where to go on; None at the end."""

    rows: list[Row]
    cursor: str | None


class Suppressions:
    """The suppression lists of all channels.

    Every method raises TransientError when AWS is busy or out of reach.
    """

    def __init__(self, client: Any, table: str, secret: IdentitySecret) -> None:
        """`client` is a low-level DynamoDB client; the HMAC's key comes from `secret`."""
        self._client = client
        self._table = table
        self._secret = secret

    def key(self, workspace_id: str, channel: Channel, address: str) -> keys.Key:
        """Where the suppression of an address lies, however it is spelt."""
        key = self._secret.key("suppression", workspace_id)
        digest = hmac.digest(key, f"{channel}\0{canonical(channel, address)}".encode(), sha256)
        return keys.suppression(workspace_id, channel, digest.hex())

    def find(self, workspace_id: str, channel: Channel, address: str) -> Row | None:
        """Why, through what and since when an address is not written to."""
        with faults_are_transient():
            item = self._client.get_item(
                TableName=self._table,
                Key=_item_key(self.key(workspace_id, channel, address)),
                ConsistentRead=True,
            ).get("Item")
        return from_item(item) if item else None

    def put(
        self,
        workspace_id: str,
        channel: Channel,
        address: str,
        *,
        reason: str,
        source: str,
        at: datetime,
    ) -> None:
        """Never write to this address again; the last reason stays."""
        row = self._row(workspace_id, channel, address, reason, source, at)
        with faults_are_transient():
            self._client.put_item(TableName=self._table, Item=row)

    def opt_out_action(
        self, workspace_id: str, channel: Channel, address: str, *, source: str, at: datetime
    ) -> dict[str, Any]:
        """What words of the person at `at` do, as an action of a transaction.

        An address that is on the list for another reason stays there for that one: other words of
        the person take back what these did, and nothing else. The action fails when the address's
        row is no longer as it was read; ask for another one then.
        """
        known = self.find(workspace_id, channel, address)
        more = {
            "ExpressionAttributeNames": {"#reason": "reason", "#at": "at"},
            "ExpressionAttributeValues": to_item({":reason": OPT_OUT, ":at": at}),
        }
        if known and (known["reason"] != OPT_OUT or known["at"] > format_instant(at)):
            stays = {"Key": _item_key(self.key(workspace_id, channel, address)), **more}
            condition = "attribute_exists(pk) AND (#reason <> :reason OR #at > :at)"
            check = {"TableName": self._table, "ConditionExpression": condition, **stays}
            return {"ConditionCheck": check}
        row = self._row(workspace_id, channel, address, OPT_OUT, source, at)
        condition = "attribute_not_exists(pk) OR (#reason = :reason AND #at <= :at)"
        put = {"TableName": self._table, "Item": row, "ConditionExpression": condition, **more}
        return {"Put": put}

    def remove(self, workspace_id: str, channel: Channel, address: str) -> None:
        """Take an address off the list."""
        with faults_are_transient():
            self._client.delete_item(
                TableName=self._table, Key=_item_key(self.key(workspace_id, channel, address))
            )

    def take_back(self, workspace_id: str, channel: Channel, address: str, *, at: datetime) -> bool:
        """Take off what words of the person put on before `at`; say whether there was such."""
        try:
            with faults_are_transient():
                self._client.delete_item(
                    TableName=self._table,
                    Key=_item_key(self.key(workspace_id, channel, address)),
                    ConditionExpression="#reason = :reason AND #at < :at",
                    ExpressionAttributeNames={"#reason": "reason", "#at": "at"},
                    ExpressionAttributeValues=to_item({":reason": OPT_OUT, ":at": at}),
                )
        except ClientError as error:
            if not is_conditional_failure(error):
                raise
            return False
        return True

    def forget(self, workspace_id: str, channel: Channel, address: str) -> bool:
        """Take the plain address and its evidence out of a row that stays; say if there is one."""
        try:
            with faults_are_transient():
                self._client.update_item(
                    TableName=self._table,
                    Key=_item_key(self.key(workspace_id, channel, address)),
                    UpdateExpression="REMOVE address, #source",
                    ConditionExpression="attribute_exists(pk)",
                    ExpressionAttributeNames={"#source": "source"},
                )
        except ClientError as error:
            if not is_conditional_failure(error):
                raise
            return False
        return True

    def page(
        self, workspace_id: str, channel: Channel, limit: int, cursor: str | None = None
    ) -> Page:
        """At most `limit` suppressions of a channel, in the order of their HMACs.

        `cursor` is the HMAC to go on after, as the page before gave it.
        """
        rows: list[Row] = []
        for shard in SHARDS[SHARDS.index(cursor[0]) if cursor else 0 :]:
            pk = keys.suppressions(workspace_id, channel, shard)
            for row in self._shard(pk, limit - len(rows), cursor):
                rows.append(row)
            if len(rows) == limit:
                return Page(rows, rows[-1]["sk"])
            cursor = None
        return Page(rows, None)

    def _row(
        self,
        workspace_id: str,
        channel: Channel,
        address: str,
        reason: str,
        source: str,
        at: datetime,
    ) -> Item:
        return to_item(
            {
                **self.key(workspace_id, channel, address)._asdict(),
                "channel": channel,
                "address": canonical(channel, address),
                "reason": reason,
                "source": source,
                "at": at,
            }
        )

    def _shard(self, pk: str, limit: int, after: str | None) -> list[Row]:
        values: Mapping[str, Any] = {":pk": pk, ":after": after or ""}
        condition = "pk = :pk AND sk > :after" if after else "pk = :pk"
        with faults_are_transient():
            page = self._client.query(
                TableName=self._table,
                KeyConditionExpression=condition,
                ExpressionAttributeValues=to_item(
                    {name: value for name, value in values.items() if value}
                ),
                Limit=limit,
            )
        return [from_item(item) for item in page["Items"]]


def _item_key(key: keys.Key) -> Item:
    return to_item(key._asdict())
