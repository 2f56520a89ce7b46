"""Walks through the table of people for what stands still, a few pages at a time.

A filter leaves out what cannot be damaged, so pages are small on the wire; a page costs 128 read
units of a megabyte. The place where the walk stopped is kept in the catalog.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple

from shared.aws import keys
from shared.aws.faults import faults_are_transient
from shared.aws.items import from_item, to_item
from shared.domain.instants import format_instant, parse_instant
from shared.domain.journeys.enrolment import CUTS
from shared.domain.recovery.damage import LATE, Bounds, Damage, damage_in
from shared.errors import NewerVersionError

_OVERLAP: Final = LATE + timedelta(hours=1)
"""How far a walk looks back before the beginning of the one before, for whoever was ended then."""

_CUTS: Final = {f":cut{place}": decision for place, decision in enumerate(sorted(CUTS))}
_FILTER: Final = (
    "begins_with(pk, :people) AND ("
    "(begins_with(sk, :enrolments) AND #status = :active AND wake_at < :late)"
    " OR (begins_with(sk, :enrolments) AND attribute_exists(machine)"
    " AND NOT decided_at >= :late"
    f" AND (#status = :active OR (ended_by IN ({', '.join(_CUTS)}) AND decided_at >= :since)))"
    " OR (sk = :state AND due_at < :late)"
    " OR (begins_with(sk, :messages) AND #status IN (:claimed, :deferred, :unknown)))"
)


class Walk(NamedTuple):
    """Where a walk goes on, None at the beginning; when it began, and since when it looks back."""

    after: keys.Key | None
    began_at: str
    since: str


class Page(NamedTuple):
    """What one read found, and in which rows; `after` is None at the end of the table."""

    found: tuple[Damage, ...]
    rows: tuple[keys.Key, ...]
    after: keys.Key | None

    def beyond(self, done: int) -> keys.Key | None:
        """Where to go on once so many of `found`, one at least, were seen to; None at the end."""
        return self.after if done == len(self.found) else self.rows[done - 1]


class DamageScan:
    """Every method raises TransientError when AWS is busy or out of reach."""

    def __init__(self, client: Any, profiles_table: str, catalog_table: str) -> None:
        """`client` is a low-level DynamoDB client."""
        self._client = client
        self._people = profiles_table
        self._catalog = catalog_table

    def walk(self, workspace_id: str, now: datetime) -> Walk:
        """The walk that goes on, or one that begins at this instant."""
        with faults_are_transient():
            answer = self._client.get_item(
                TableName=self._catalog,
                Key=to_item(keys.walk(workspace_id)._asdict()),
                ConsistentRead=True,
            )
        row = from_item(answer.get("Item", {}))
        began_at = row.get("began_at", "")
        if "after_pk" in row:
            after = keys.Key(row["after_pk"], row["after_sk"])
            return Walk(after, began_at, row.get("since", ""))
        since = format_instant(parse_instant(began_at) - _OVERLAP) if began_at else ""
        return Walk(None, format_instant(now), since)

    def remember(self, workspace_id: str, walk: Walk, after: keys.Key | None) -> None:
        """Go on there the next time. Two who walk at once look twice at some pages."""
        row = {
            **keys.walk(workspace_id)._asdict(),
            "after_pk": after.pk if after else None,
            "after_sk": after.sk if after else None,
            "began_at": walk.began_at or None,
            "since": walk.since or None,
        }
        with faults_are_transient():
            self._client.put_item(TableName=self._catalog, Item=to_item(row))

    def page(self, workspace_id: str, after: keys.Key | None, bounds: Bounds) -> Page:
        """The next rows of a workspace, perhaps as they were a moment ago."""
        values = {
            ":people": keys.person(workspace_id, ""),
            ":enrolments": keys.ENROLMENT_PREFIX,
            ":messages": keys.MESSAGE_PREFIX,
            ":state": keys.STATE,
            ":active": "active",
            ":claimed": "claimed",
            ":deferred": "deferred",
            ":unknown": "unknown",
            ":late": bounds.late,
            ":since": bounds.since or "0",
            **_CUTS,
        }
        begin = {"ExclusiveStartKey": to_item(after._asdict())} if after else {}
        with faults_are_transient():
            answer = self._client.scan(
                TableName=self._people,
                FilterExpression=_FILTER,
                ExpressionAttributeNames={"#status": "status"},
                ExpressionAttributeValues=to_item(values),
                **begin,
            )
        last = answer.get("LastEvaluatedKey")
        end = keys.Key(last["pk"]["S"], last["sk"]["S"]) if last else None
        damaged = list(_damaged(answer["Items"], bounds))
        return Page(tuple(found for _, found in damaged), tuple(key for key, _ in damaged), end)


def _damaged(items: list[Any], bounds: Bounds) -> Iterator[tuple[keys.Key, Damage]]:
    for item in items:
        key = keys.Key(item["pk"]["S"], item["sk"]["S"])
        _, profile_id = keys.profile_of(key.pk)
        try:
            found = damage_in(profile_id, from_item(item), bounds)
        except NewerVersionError:  # it may stand still; who knows its version finds out
            found = Damage("unreadable", profile_id, key.sk)
        if found is not None:
            yield key, found
