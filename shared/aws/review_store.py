"""Reviews of identity rules in the catalog table, and the walk over everything they look at."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, Final, NamedTuple

from botocore.exceptions import ClientError

from shared.aws import keys
from shared.aws.faults import faults_are_transient
from shared.aws.identity_rows import dispute_of, standing_of
from shared.aws.items import Item, from_item, is_conditional_failure, query_prefix, to_item
from shared.aws.profile_rows import event_of
from shared.domain.erasure.letters import Wanted, mentions
from shared.domain.events.model import Event
from shared.domain.identity.graph import Graph
from shared.domain.identity.resolution import Dispute
from shared.domain.identity.review import Review
from shared.domain.instants import parse_instant
from shared.domain.text import to_text
from shared.errors import ConflictError, NotFoundError

PAGE: Final = 1_000  # rows looked at in one call


class ReviewStore:
    """The reviews of all workspaces; every method raises TransientError."""

    def __init__(self, client: Any, catalog_table: str) -> None:
        """`client` is a low-level DynamoDB client."""
        self._client = client
        self._table = catalog_table

    def load(self, workspace_id: str, review_id: str) -> Review:
        """One review, strongly consistent; raises NotFoundError."""
        key = to_item(keys.review(workspace_id, review_id)._asdict())
        with faults_are_transient():
            answer = self._client.get_item(TableName=self._table, Key=key, ConsistentRead=True)
        if "Item" not in answer:
            raise NotFoundError(f"there is no review {review_id!r}")
        return _review(review_id, from_item(answer["Item"]))

    def put(self, workspace_id: str, review: Review) -> Review:
        """Write down how far a review is; raises ConflictError when another worker went on."""
        after = replace(review, version=review.version + 1)
        row = {
            **keys.review(workspace_id, review.review_id)._asdict(),
            "purpose": after.purpose,
            "rules": after.rules,
            "requested_at": after.requested_at,
            "stage": after.stage,
            "cursor": after.cursor or None,
            "counts": to_text(dict(after.counts)),
            "report": to_text(dict(after.report)),
            "finished_at": after.finished_at,
            "version": after.version,
        }
        try:
            with faults_are_transient():
                self._client.put_item(
                    TableName=self._table,
                    Item=to_item(row),
                    ConditionExpression="version = :before"
                    if review.version
                    else "attribute_not_exists(pk)",
                    **(
                        {"ExpressionAttributeValues": to_item({":before": review.version})}
                        if review.version
                        else {}
                    ),
                )
        except ClientError as error:
            if not is_conditional_failure(error):
                raise
            raise ConflictError("another worker carries this review on") from error
        return after

    def erase(self, workspace_id: str, person: Wanted) -> Mapping[str, int]:
        """Delete finished reviews whose examples name a person; a trial can be made again."""
        start = keys.review(workspace_id, "")
        removed = 0
        with faults_are_transient():
            found = query_prefix(self._client, self._table, start)
            for item in list(found):
                row = from_item(item)
                if row["stage"] == "done" and mentions(row["report"], person):
                    key = to_item({"pk": start.pk, "sk": row["sk"]})
                    self._client.delete_item(TableName=self._table, Key=key)
                    removed += 1
        return {"reviews": removed}


class Page(NamedTuple):
    """What lies in one stretch of the table, and where the next one begins; empty at the end."""

    graphs: tuple[Graph, ...]
    disputes: tuple[Dispute, ...]
    events: tuple[Event, ...]
    cursor: str


class EverybodyReader:
    """Walks over all people of a workspace, in the order in which the table happens to keep them.

    A walk reads every row once and is eventually consistent: it is for whoever looks at everything.
    """

    def __init__(self, client: Any, profiles_table: str, page_rows: int = PAGE) -> None:
        """`client` is a low-level DynamoDB client."""
        self._client = client
        self._table = profiles_table
        self._page_rows = page_rows

    def page(self, workspace_id: str, cursor: str = "") -> Page:
        """The stretch that begins at a cursor; raises TransientError."""
        start = {"ExclusiveStartKey": to_item(json.loads(cursor))} if cursor else {}
        with faults_are_transient():
            page = self._client.scan(
                TableName=self._table,
                Limit=self._page_rows,
                FilterExpression="begins_with(pk, :people) AND (sk = :profile"
                " OR begins_with(sk, :event) OR begins_with(sk, :dispute))",
                ExpressionAttributeValues=to_item(
                    {
                        ":people": keys.person(workspace_id, ""),
                        ":profile": keys.PROFILE,
                        ":event": keys.EVENT_PREFIX,
                        ":dispute": keys.DISPUTE_PREFIX,
                    }
                ),
                **start,
            )
        rows = {sk: list(_of(page["Items"], sk)) for sk in ("PROFILE", "EVT#", "DSP#")}
        last = page.get("LastEvaluatedKey")
        # A key and no more: that is all that DynamoDB takes for one.
        place = keys.Key(last["pk"]["S"], last["sk"]["S"]) if last else None
        standings = (standing_of(item) for item in rows["PROFILE"])
        return Page(
            graphs=tuple(
                standing.graph
                for standing in standings
                if standing.graph and not standing.redirect and not standing.erasing
            ),
            disputes=tuple(map(dispute_of, rows["DSP#"])),
            events=tuple(map(event_of, rows["EVT#"])),
            cursor=to_text(place._asdict()) if place else "",
        )


def _of(items: list[Item], prefix: str) -> Iterator[Item]:
    return (item for item in items if item["sk"]["S"].startswith(prefix))


def _review(review_id: str, row: Mapping[str, Any]) -> Review:
    finished_at = row.get("finished_at")
    return Review(
        review_id=review_id,
        purpose=row["purpose"],
        rules=row["rules"],
        requested_at=parse_instant(row["requested_at"]),
        stage=row["stage"],
        cursor=row.get("cursor", ""),
        counts=json.loads(row["counts"]),
        report=json.loads(row["report"]),
        finished_at=parse_instant(finished_at) if finished_at else None,
        version=row["version"],
    )
