"""Python values ↔ DynamoDB's low-level item maps, and what a refused write was refused for.

Rows hold texts, numbers, booleans, instants and packed bytes only; nested data is JSON text
(`to_text`), so that a person's free data never meets DynamoDB's own limits on depth and types.
Numbers are integers or exact decimals; there are no floats.
"""

from base64 import b64decode
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from decimal import Decimal
from itertools import islice
from typing import Any, Final

from botocore.exceptions import ClientError

from shared.aws.keys import Key
from shared.aws.versions import forward
from shared.domain.instants import format_instant
from shared.domain.text import to_text as to_text
from shared.errors import TransientError

Item = dict[str, dict[str, Any]]

MAX_GET_KEYS: Final = 100
MAX_EXTRA_GETS: Final = 5  # calls beyond the fewest, for what a busy table leaves unread

_NOT_MET: Final = "ConditionalCheckFailed"
_CONTENDED: Final = frozenset(
    {"TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded"}
)


def to_attribute(value: Any) -> dict[str, Any]:
    """Turn one value into an attribute value; raises TypeError on anything but these kinds."""
    match value:
        case bool():
            return {"BOOL": value}
        case str():
            return {"S": value}
        case int():
            return {"N": str(value)}
        case Decimal():
            return {"N": format(value, "f")}
        case datetime():
            return {"S": format_instant(value)}
        case bytes():
            return {"B": value}
        case _:
            raise TypeError(f"{type(value).__name__} cannot be an attribute; write it as JSON text")


def to_item(row: Mapping[str, Any]) -> Item:
    """Turn a row into an item; what is None is left out."""
    return {name: to_attribute(value) for name, value in row.items() if value is not None}


def from_attribute(attribute: Mapping[str, Any]) -> Any:
    """Read one attribute value; whole numbers are integers, instants stay texts."""
    ((kind, value),) = attribute.items()
    if kind != "N":
        return value
    return int(value) if value.lstrip("-").isdigit() else Decimal(value)


def from_item(item: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """Read an item back into a row; the inverse of `to_item` but for instants, which stay texts.

    A row of an older version is read forward; raises NewerVersionError on one of a newer version.
    """
    return forward({name: from_attribute(attribute) for name, attribute in item.items()})


def from_stream(image: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """Read a row from a record of the stream, which Lambda hands over as JSON: bytes are base64."""
    return forward(
        {
            name: b64decode(attribute["B"])
            if isinstance(attribute.get("B"), str)
            else from_attribute(attribute)
            for name, attribute in image.items()
        }
    )


def query_items(client: Any, **request: Any) -> Iterator[Item]:
    """Every item of a Query, page after page; a `Limit` is the size of a page, not of the whole."""
    while True:
        page = client.query(**request)
        yield from page["Items"]
        if "LastEvaluatedKey" not in page:
            return
        request["ExclusiveStartKey"] = page["LastEvaluatedKey"]


def query_page(client: Any, limit: int, **request: Any) -> tuple[list[Item], bool]:
    """The first items of a Query, however large they are, and whether more follow."""
    found = list(islice(query_items(client, Limit=limit + 1, **request), limit + 1))
    return found[:limit], len(found) > limit


def query_prefix(client: Any, table: str, start: Key) -> Iterator[Item]:
    """Every item of a partition whose sort key begins with that of `start`; strongly consistent."""
    return query_items(
        client,
        TableName=table,
        KeyConditionExpression="pk = :pk AND begins_with(sk, :prefix)",
        ExpressionAttributeValues=to_item({":pk": start.pk, ":prefix": start.sk}),
        ConsistentRead=True,
    )


def get_items(
    client: Any, table: str, keys: Iterable[Key], *, consistent: bool = True
) -> dict[Key, Item]:
    """Read items by key, a hundred a call; absent ones are left out.

    Unless it is `consistent`, a read costs half and can be a moment behind.

    Raises TransientError when DynamoDB keeps leaving some of them unread.
    """
    found: dict[Key, Item] = {}
    waiting = [to_item(key._asdict()) for key in dict.fromkeys(keys)]
    for _ in range(len(waiting) // MAX_GET_KEYS + MAX_EXTRA_GETS):
        if not waiting:
            return found
        now, waiting = waiting[:MAX_GET_KEYS], waiting[MAX_GET_KEYS:]
        asked = {"Keys": now, "ConsistentRead": consistent}
        answer = client.batch_get_item(RequestItems={table: asked})
        for item in answer["Responses"].get(table, ()):
            found[Key(item["pk"]["S"], item["sk"]["S"])] = item
        waiting += answer.get("UnprocessedKeys", {}).get(table, {}).get("Keys", [])
    if waiting:
        raise TransientError("the table is busy: some items were not read")
    return found


def cancellation_reasons(error: ClientError) -> tuple[str, ...]:
    """Why each action of a cancelled transaction failed, in their order; `None` where it did not.

    Empty for any other error.
    """
    reasons = error.response.get("CancellationReasons", [])
    return tuple(str(reason.get("Code", "None")) for reason in reasons)


def is_conditional_failure(error: ClientError) -> bool:
    """Say whether a condition, alone or in a transaction, did not hold: read and decide again."""
    code = error.response["Error"]["Code"]
    return code == "ConditionalCheckFailedException" or _NOT_MET in cancellation_reasons(error)


def is_contention(error: ClientError) -> bool:
    """Say whether somebody else held the item or the table was busy: the same call may succeed."""
    code = error.response["Error"]["Code"]
    return code == "TransactionConflictException" or not _CONTENDED.isdisjoint(
        cancellation_reasons(error)
    )
