"""A walk over everybody inside a journey: a parallel scan of the profiles table, page by page.

Nothing has to be kept for it while nobody is moved. It reads the whole table once: half a read unit
for 4 KB.
"""

from collections.abc import Iterator
from typing import Any, NamedTuple

from shared.aws import keys
from shared.aws.enrolment_rows import stored_of
from shared.aws.faults import faults_are_transient
from shared.aws.items import from_item, to_item
from shared.domain.journeys.moving import TAKEN_OUT
from shared.domain.journeys.ports import Ref, Stored

Cursor = tuple[str, str]


class Found(NamedTuple):
    """An enrolment as the scan saw it, and the key after which the scan would go on."""

    ref: Ref
    stored: Stored
    cursor: Cursor


class Page(NamedTuple):
    """What one read found, and where to go on; None at the end."""

    found: tuple[Found, ...]
    cursor: Cursor | None


class EnrolmentScan:
    """Reads of one part of the table after the other; each raises TransientError."""

    def __init__(self, client: Any, profiles_table: str, segments: int) -> None:
        """`client` is a low-level DynamoDB client; the table is read in so many parts."""
        self._client = client
        self._table = profiles_table
        self._segments = segments

    def page(self, workspace_id: str, journey_id: str, segment: int, cursor: Cursor | None) -> Page:
        """Who is inside, and whom an operator took out: a part of that, from a key on.

        Rows are as they were a moment ago: whoever moves somebody looks again.
        """
        begin = {"ExclusiveStartKey": _key(cursor)} if cursor else {}
        values = {
            ":people": keys.person(workspace_id, ""),
            ":enrolments": keys.ENROLMENT_PREFIX,
            ":journey": journey_id,
            ":active": "active",
            ":out": TAKEN_OUT,
        }
        with faults_are_transient():
            answer = self._client.scan(
                TableName=self._table,
                Segment=segment,
                TotalSegments=self._segments,
                FilterExpression=(
                    "begins_with(pk, :people) AND begins_with(sk, :enrolments)"
                    " AND journey_id = :journey AND (#status = :active OR reason = :out)"
                ),
                ExpressionAttributeNames={"#status": "status"},
                ExpressionAttributeValues=to_item(values),
                **begin,
            )
        last = answer.get("LastEvaluatedKey")
        after = (last["pk"]["S"], last["sk"]["S"]) if last else None
        return Page(tuple(_found(answer["Items"])), after)


def _found(items: list[dict[str, Any]]) -> Iterator[Found]:
    for item in items:
        row = from_item(item)
        stored = stored_of(row)
        workspace_id, profile_id = keys.profile_of(row["pk"])
        ref = Ref(workspace_id, profile_id, stored.enrolment.enrolment_id)
        yield Found(ref, stored, (row["pk"], row["sk"]))


def _key(cursor: Cursor) -> dict[str, dict[str, Any]]:
    return to_item({"pk": cursor[0], "sk": cursor[1]})
