"""Reads a timeline from its beginning to its end, page by page, however long it is."""

from collections.abc import Collection, Iterator
from typing import Any, Final

from shared.aws import keys
from shared.aws.faults import faults_are_transient
from shared.aws.items import to_item
from shared.aws.profile_rows import event_of
from shared.domain.events.model import Event

MAX_FILTER_NAMES: Final = 100  # operands of IN

_AFTER_EVENTS: Final = keys.EVENT_PREFIX[:-1] + "$"  # `$` follows `#`: the first key after EVT#…


def event_pages(
    client: Any, table: str, pk: str, names: Collection[str], after: str = ""
) -> Iterator[tuple[list[tuple[str, Event]], str]]:
    """Events of a strand by these names, with their sort keys, a page after the other.

    With each page comes the sort key after which the next one begins; empty for the last one.
    `after` is such a key, to go on from. When there are many names, other events may come along.
    Strongly consistent; raises TransientError.
    """
    values = {":pk": pk, ":first": keys.EVENT_PREFIX, ":last": _AFTER_EVENTS}
    request: dict[str, Any] = {
        "TableName": table,
        "KeyConditionExpression": "pk = :pk AND sk BETWEEN :first AND :last",
        "ProjectionExpression": "sk, body",
        "ConsistentRead": True,
    }
    if len(names) <= MAX_FILTER_NAMES:
        wanted = {f":name{place}": name for place, name in enumerate(sorted(names))}
        request["FilterExpression"] = f"#name IN ({', '.join(wanted)})"
        request["ExpressionAttributeNames"] = {"#name": "name"}
        values |= wanted
    request["ExpressionAttributeValues"] = to_item(values)
    while True:
        if after:
            request["ExclusiveStartKey"] = to_item({"pk": pk, "sk": after})
        with faults_are_transient():
            page = client.query(**request)
        after = page["LastEvaluatedKey"]["sk"]["S"] if "LastEvaluatedKey" in page else ""
        yield [(item["sk"]["S"], event_of(item)) for item in page["Items"]], after
        if not after:
            return
