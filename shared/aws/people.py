"""People as operators see them: every row of their strands, and one timeline over all of these."""

from collections.abc import Iterable, Sequence
from typing import Any, Final, NamedTuple

from shared.aws import keys
from shared.aws.faults import faults_are_transient
from shared.aws.items import from_item, query_items

Row = dict[str, Any]

# A page of the timeline ends here, whatever its limit: an answer of a function ends at 6 MB.
MOST_BYTES: Final = 1_000_000

_AFTER_EVENTS: Final = keys.EVENT_PREFIX[:-1] + "$"  # `$` follows `#`: the first key after EVT#…


class Place(NamedTuple):
    """A place in a person's timeline: the sort key of an event, and its strand.

    The order of places is that of all events of all strands, so one place says where to go on in
    each of them, also when the person has gained or lost some of them since.
    """

    sort_key: str
    strand_id: str


class Page(NamedTuple):
    """Timeline rows, newest first by place, and the place to go on after."""

    rows: list[Row]
    after: Place | None


class _Stretch(NamedTuple):
    """The newest rows of one strand; `ends` is the sort key behind which more may lie."""

    rows: list[tuple[Place, Row]]
    ends: str | None


class People:
    """The profiles table of one deployment. Every method raises TransientError when it is busy."""

    def __init__(self, client: Any, profiles_table: str) -> None:
        """`client` is a low-level DynamoDB client."""
        self._client = client
        self._table = profiles_table

    def find(self, workspace_id: str, kind: str, value: str) -> str | None:
        """The strand of an identifier."""
        pk, sk = keys.identifier(workspace_id, kind, value)
        with faults_are_transient():
            item = self._client.get_item(
                TableName=self._table, Key={"pk": {"S": pk}, "sk": {"S": sk}}, ConsistentRead=True
            ).get("Item")
        return str(from_item(item)["strand_id"]) if item else None

    def rows(self, workspace_id: str, strand_id: str) -> list[Row]:
        """Everything in a strand but the timeline, in the order of sort keys."""
        pk = keys.person(workspace_id, strand_id)
        with faults_are_transient():
            return [
                *self._query(pk, "sk < :edge", keys.EVENT_PREFIX),
                *self._query(pk, "sk >= :edge", _AFTER_EVENTS),
            ]

    def timeline(
        self, workspace_id: str, strands: Iterable[str], limit: int, after: Place | None
    ) -> Page:
        """At most `limit` events of all strands (fewer when they are large), after a place.

        However the strands interleave, going on from page to page meets every event once.
        """
        with faults_are_transient():
            stretches = [self._stretch(workspace_id, each, limit, after) for each in strands]
        return _merged(stretches, limit)

    def _stretch(
        self, workspace_id: str, strand_id: str, limit: int, after: Place | None
    ) -> _Stretch:
        page = self._client.query(
            TableName=self._table,
            KeyConditionExpression="pk = :pk AND sk BETWEEN :first AND :last",
            ExpressionAttributeValues={
                ":pk": {"S": keys.person(workspace_id, strand_id)},
                ":first": {"S": keys.EVENT_PREFIX},
                ":last": {"S": after.sort_key if after else _AFTER_EVENTS},
            },
            ScanIndexForward=False,
            Limit=limit + 1,  # the event at `after` itself may be among them
        )
        rows = ((Place(item["sk"]["S"], strand_id), from_item(item)) for item in page["Items"])
        last = page.get("LastEvaluatedKey")
        return _Stretch(
            [(place, row) for place, row in rows if after is None or place < after],
            last["sk"]["S"] if last else None,
        )

    def _query(self, pk: str, range_condition: str, edge: str) -> list[Row]:
        items = query_items(
            self._client,
            TableName=self._table,
            KeyConditionExpression=f"pk = :pk AND {range_condition}",
            ExpressionAttributeValues={":pk": {"S": pk}, ":edge": {"S": edge}},
            ConsistentRead=True,
        )
        return [from_item(item) for item in items]


def _merged(stretches: Sequence[_Stretch], limit: int) -> Page:
    """Lay stretches over one another, as far down as all of them are known."""
    floor = max((each.ends for each in stretches if each.ends is not None), default="")
    known = [found for each in stretches for found in each.rows]
    whole = sorted((found for found in known if found[0].sort_key >= floor), reverse=True, key=_at)
    rows: list[Row] = []
    size = 0
    for _, row in whole[:limit]:
        size += len(row["body"].encode())
        if rows and size > MOST_BYTES:
            break
        rows.append(row)
    if len(rows) == len(known) and not floor:
        return Page(rows, None)
    return Page(rows, whole[len(rows) - 1][0])


def _at(found: tuple[Place, Row]) -> Place:
    return found[0]
