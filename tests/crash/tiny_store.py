"""A DynamoDB in memory: the few calls that Rapport makes, with conditions and transactions.

Thousands of small worlds need a store that is made in no time. It keeps to what DynamoDB says of
conditions (nothing compares with what is missing), of updates and of transactions (all or nothing,
each item once, reasons by position); `test_tiny_store.py` holds it to the mocked one. Whatever it
does not know raises.
"""

# ruff: noqa: N803 - arguments have the names that DynamoDB gave them

from copy import copy
from typing import Any, ClassVar, Final
from zlib import crc32

from botocore.exceptions import ClientError

from tests.crash.expressions import Item, Said, condition, updated

_MOST_ACTIONS: Final = 100
_ASKED_OF_SCANS: Final = frozenset(
    (
        *("TableName", "FilterExpression", "ExpressionAttributeNames", "ExpressionAttributeValues"),
        *("ExclusiveStartKey", "Limit", "ConsistentRead", "Segment", "TotalSegments"),
    )
)
_ASKED_OF_QUERIES: Final = frozenset(
    (
        *("TableName", "KeyConditionExpression", "FilterExpression", "ProjectionExpression"),
        *("ExpressionAttributeNames", "ExpressionAttributeValues", "ExclusiveStartKey"),
        *("Limit", "ScanIndexForward", "ConsistentRead"),
    )
)


class TinyStore:
    """Tables by name, in them partitions, in them items by sort key."""

    rows_of_a_page: ClassVar = 1_000

    def __init__(self) -> None:
        self.tables: dict[str, dict[str, dict[str, Any]]] = {}

    def answer(self, operation: str, asked: dict[str, Any]) -> dict[str, Any]:
        """An operation by the name that the API gives it."""
        name = "".join(f"_{each.lower()}" if each.isupper() else each for each in operation)[1:]
        return getattr(self, name)(**asked)  # type: ignore[no-any-return]

    def pack(self, item: Item) -> Any:
        """An item as it is kept; whoever overrides this overrides `unpack` too."""
        return item

    def unpack(self, kept: Any) -> Item:
        """An item that nobody else holds."""
        return copy(kept)

    def keep(self, rows: dict[str, Any], sk: str, item: Item) -> None:
        """Put an item into its partition."""
        rows[sk] = self.pack(item)

    # --- tables ---------------------------------------------------------------------------------

    def create_table(self, *, TableName: str, **_: Any) -> dict[str, Any]:
        self.tables[TableName] = {}
        return {}

    def delete_table(self, *, TableName: str) -> dict[str, Any]:
        self.tables.pop(TableName, None)
        return {}

    def update_time_to_live(self, **_: Any) -> dict[str, Any]:
        return {}

    # --- reads ----------------------------------------------------------------------------------

    def get_item(self, *, TableName: str, Key: Item, **_: Any) -> dict[str, Any]:
        item = self._find(TableName, Key)
        return {"Item": item} if item else {}

    def batch_get_item(self, *, RequestItems: dict[str, Any]) -> dict[str, Any]:
        found = {
            table: [item for key in asked["Keys"] if (item := self._find(table, key))]
            for table, asked in RequestItems.items()
        }
        return {"Responses": found, "UnprocessedKeys": {}}

    def transact_get_items(self, *, TransactItems: list[dict[str, Any]]) -> dict[str, Any]:
        gets = (one["Get"] for one in TransactItems)
        return {"Responses": [self.get_item(**get) for get in gets]}

    def query(self, **request: Any) -> dict[str, Any]:
        if unknown := request.keys() - _ASKED_OF_QUERIES:
            raise AssertionError(f"a query is not asked for {unknown} here")
        said = Said(request)
        pk = request["ExpressionAttributeValues"][":pk"]["S"]
        test = condition(request["KeyConditionExpression"])
        rows = self.tables.get(request["TableName"], {}).get(pk, {})
        is_forward = request.get("ScanIndexForward", True)
        found = [
            sk
            for sk in sorted(rows, reverse=not is_forward)
            if test({"pk": {"S": pk}, "sk": {"S": sk}}, said)
        ]
        if start := request.get("ExclusiveStartKey"):
            after = start["sk"]["S"]
            found = [sk for sk in found if (sk > after if is_forward else sk < after)]
        limit = request.get("Limit", len(found))
        items = [self.unpack(rows[sk]) for sk in found[:limit]]
        if "FilterExpression" in request:
            fits = condition(request["FilterExpression"])
            items = [item for item in items if fits(item, said)]
        if "ProjectionExpression" in request:
            names = [said.name(name.strip()) for name in request["ProjectionExpression"].split(",")]
            items = [{name: item[name] for name in names if name in item} for item in items]
        answer: dict[str, Any] = {"Items": items, "Count": len(items)}
        if len(found) > limit:
            answer["LastEvaluatedKey"] = {"pk": {"S": pk}, "sk": {"S": found[limit - 1]}}
        return answer

    def scan(self, **request: Any) -> dict[str, Any]:
        """A segment, or all, by key; pages end after `rows_of_a_page` that were looked at."""
        if unknown := request.keys() - _ASKED_OF_SCANS:
            raise AssertionError(f"a scan is not asked for {unknown} here")
        rows = self.tables.get(request["TableName"], {})
        every = sorted((pk, sk) for pk, found in rows.items() for sk in found)
        if (segments := request.get("TotalSegments", 1)) > 1:
            every = [
                key for key in every if crc32(key[0].encode()) % segments == request["Segment"]
            ]
        if start := request.get("ExclusiveStartKey"):
            every = [key for key in every if key > (start["pk"]["S"], start["sk"]["S"])]
        most = self.rows_of_a_page if "FilterExpression" in request else len(every)
        most = min(most, request.get("Limit", most))
        items = [self.unpack(rows[pk][sk]) for pk, sk in every[:most]]
        if "FilterExpression" in request:
            fits, said = condition(request["FilterExpression"]), Said(request)
            items = [item for item in items if fits(item, said)]
        answer: dict[str, Any] = {"Items": items}
        if len(every) > most:
            pk, sk = every[most - 1]
            answer["LastEvaluatedKey"] = {"pk": {"S": pk}, "sk": {"S": sk}}
        return answer

    # --- writes ---------------------------------------------------------------------------------

    def put_item(self, **request: Any) -> dict[str, Any]:
        return self._alone({"Put": request})

    def update_item(self, **request: Any) -> dict[str, Any]:
        self._alone({"Update": request})
        match request.get("ReturnValues", "NONE"):
            case "NONE":
                return {}
            case "ALL_NEW":
                return {"Attributes": self._find(request["TableName"], request["Key"])}
            case other:
                raise AssertionError(f"an update does not give {other} here")

    def delete_item(self, **request: Any) -> dict[str, Any]:
        return self._alone({"Delete": request})

    def batch_write_item(self, *, RequestItems: dict[str, Any]) -> dict[str, Any]:
        for table, writes in RequestItems.items():
            for write in writes:
                self._alone({"Put": {"TableName": table, "Item": write["PutRequest"]["Item"]}})
        return {"UnprocessedItems": {}}

    def transact_write_items(self, *, TransactItems: list[dict[str, Any]]) -> dict[str, Any]:
        keys = [_key(action) for action in TransactItems]
        if len(set(keys)) < len(keys) or not 0 < len(keys) <= _MOST_ACTIONS:
            raise AssertionError(f"no transaction has such items: {keys}")
        codes = [
            "None" if self._holds(action) else "ConditionalCheckFailed" for action in TransactItems
        ]
        if any(code != "None" for code in codes):
            raise ClientError(
                {
                    "Error": {"Code": "TransactionCanceledException", "Message": str(codes)},
                    "CancellationReasons": [{"Code": code} for code in codes],
                },
                "TransactWriteItems",
            )
        for action in TransactItems:
            self._do(action)
        return {}

    def _alone(self, action: dict[str, Any]) -> dict[str, Any]:
        if not self._holds(action):
            code = "ConditionalCheckFailedException"
            raise ClientError({"Error": {"Code": code, "Message": code}}, next(iter(action)))
        self._do(action)
        return {}

    def _holds(self, action: dict[str, Any]) -> bool:
        ((_, request),) = action.items()
        if "ConditionExpression" not in request:
            return True
        item = self._find(request["TableName"], request.get("Key") or request["Item"]) or {}
        return condition(request["ConditionExpression"])(item, Said(request))

    def _do(self, action: dict[str, Any]) -> None:
        ((kind, request),) = action.items()
        table, pk, sk = _key(action)
        rows = self.tables.setdefault(table, {}).setdefault(pk, {})
        match kind:
            case "Put":
                self.keep(rows, sk, dict(request["Item"]))
            case "Delete":
                rows.pop(sk, None)
            case "Update":
                before = self.unpack(rows[sk]) if sk in rows else dict(request["Key"])
                self.keep(rows, sk, updated(request["UpdateExpression"], before, Said(request)))
            case "ConditionCheck":
                pass
            case _:
                raise AssertionError(f"there is no action {kind}")

    def _find(self, table: str, key: Item) -> Item | None:
        kept = self.tables.get(table, {}).get(key["pk"]["S"], {}).get(key["sk"]["S"])
        return None if kept is None else self.unpack(kept)


def _key(action: dict[str, Any]) -> tuple[str, str, str]:
    ((_, request),) = action.items()
    key = request.get("Key") or request["Item"]
    return request["TableName"], key["pk"]["S"], key["sk"]["S"]
