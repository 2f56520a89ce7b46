"""One person as operators see them: every row of the partition, the timeline in pages, and the
two things that operators change by hand, consents and suppressions.
"""

from datetime import datetime
from typing import Any, Final, NamedTuple

from botocore.exceptions import ClientError

from shared.aws import keys
from shared.aws.items import cancellation_reasons, from_item, is_contention, query_items, to_item
from shared.aws.profile_rows import consent_item
from shared.domain.instants import format_instant
from shared.domain.profiles.model import Consent
from shared.errors import ConflictError, NotFoundError

Row = dict[str, Any]

_AFTER_EVENTS: Final = keys.EVENT_PREFIX[:-1] + "$"  # `$` follows `#`: the first key after EVT#…


class Page(NamedTuple):
    """Timeline rows, newest first by key, and the sort key to go on after."""

    rows: list[Row]
    after: str | None


class People:
    """The profiles table of one deployment."""

    def __init__(self, client: Any, profiles_table: str) -> None:
        """`client` is a low-level DynamoDB client."""
        self._client = client
        self._table = profiles_table

    def find(self, workspace_id: str, kind: str, value: str) -> str | None:
        """The profile that an identifier points to."""
        row = self._get(*keys.identifier(workspace_id, kind, value))
        return row["profile_id"] if row else None

    def rows(self, workspace_id: str, profile_id: str) -> list[Row]:
        """Everything of a person but the timeline, in the order of sort keys."""
        pk = keys.person(workspace_id, profile_id)
        return [
            *self._query(pk, "sk < :edge", keys.EVENT_PREFIX),
            *self._query(pk, "sk >= :edge", _AFTER_EVENTS),
        ]

    def timeline(self, workspace_id: str, profile_id: str, limit: int, after: str | None) -> Page:
        """At most `limit` events (fewer when they are large), going on after a sort key."""
        pk = keys.person(workspace_id, profile_id)
        request: dict[str, Any] = {
            "TableName": self._table,
            "KeyConditionExpression": "pk = :pk AND begins_with(sk, :prefix)",
            "ExpressionAttributeValues": {":pk": {"S": pk}, ":prefix": {"S": keys.EVENT_PREFIX}},
            "ScanIndexForward": False,
            "Limit": limit,
        }
        if after:
            request["ExclusiveStartKey"] = {"pk": {"S": pk}, "sk": {"S": after}}
        page = self._client.query(**request)
        last = page.get("LastEvaluatedKey")
        return Page([from_item(item) for item in page["Items"]], last["sk"]["S"] if last else None)

    def consent(self, workspace_id: str, profile_id: str, purpose: str) -> Row | None:
        """What a person agreed to for a purpose."""
        return self._get(keys.person(workspace_id, profile_id), keys.consent(purpose))

    def put_consent(self, workspace_id: str, profile_id: str, consent: Consent) -> None:
        """Write down a consent; raises NotFoundError without the person, ConflictError when what
        is written down already is newer.
        """
        person = {
            "TableName": self._table,
            "Key": to_item({"pk": keys.person(workspace_id, profile_id), "sk": keys.PROFILE}),
            "ConditionExpression": "attribute_exists(pk)",
        }
        row = {
            "TableName": self._table,
            "Item": consent_item(workspace_id, profile_id, consent),
            "ConditionExpression": "attribute_not_exists(pk) OR #at <= :at",
            "ExpressionAttributeNames": {"#at": "at"},
            "ExpressionAttributeValues": {":at": {"S": format_instant(consent.at)}},
        }
        try:
            self._client.transact_write_items(
                TransactItems=[{"ConditionCheck": person}, {"Put": row}]
            )
        except ClientError as error:
            match cancellation_reasons(error):
                case ("ConditionalCheckFailed", _):
                    raise NotFoundError(f"there is no profile {profile_id!r}") from error
                case (_, "ConditionalCheckFailed"):
                    raise ConflictError("a newer consent is written down already") from error
            if is_contention(error):
                raise ConflictError("the person changed at the same moment") from error
            raise

    def suppression(self, workspace_id: str, channel: str, address: str) -> Row | None:
        """Why and since when an address, in its canonical form, is not written to."""
        return self._get(*keys.suppression(workspace_id, channel, address))

    def suppress(
        self, workspace_id: str, channel: str, address: str, *, reason: str, at: datetime
    ) -> None:
        """Never write to this address again."""
        pk, sk = keys.suppression(workspace_id, channel, address)
        row = {"pk": pk, "sk": sk, "reason": reason, "at": at}
        self._client.put_item(TableName=self._table, Item=to_item(row))

    def allow(self, workspace_id: str, channel: str, address: str) -> None:
        """Take an address off the suppression list."""
        pk, sk = keys.suppression(workspace_id, channel, address)
        self._client.delete_item(TableName=self._table, Key={"pk": {"S": pk}, "sk": {"S": sk}})

    def _query(self, pk: str, range_condition: str, edge: str) -> list[Row]:
        items = query_items(
            self._client,
            TableName=self._table,
            KeyConditionExpression=f"pk = :pk AND {range_condition}",
            ExpressionAttributeValues={":pk": {"S": pk}, ":edge": {"S": edge}},
            ConsistentRead=True,
        )
        return [from_item(item) for item in items]

    def _get(self, pk: str, sk: str) -> Row | None:
        item = self._client.get_item(
            TableName=self._table, Key={"pk": {"S": pk}, "sk": {"S": sk}}, ConsistentRead=True
        ).get("Item")
        return from_item(item) if item else None
