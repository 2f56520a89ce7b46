"""The mark that begins an erasure: from then on no reader meets the person any more."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from botocore.exceptions import ClientError

from shared.aws import keys
from shared.aws.faults import faults_are_transient
from shared.aws.items import from_item, get_items, is_conditional_failure, is_contention, to_item
from shared.aws.person_reader import MAX_HOPS, graph_of
from shared.domain.erasure.letters import Wanted
from shared.domain.erasure.model import Erasure
from shared.domain.identity.graph import Identifier
from shared.domain.instants import parse_instant
from shared.errors import TransientError

Row = dict[str, Any]

MAX_ATTEMPTS: Final = 8


@dataclass(frozen=True, slots=True)
class Marked:
    """A person who is being erased, as the row of its root tells."""

    workspace_id: str
    profile_id: str
    strands: tuple[str, ...]
    identifiers: tuple[tuple[Identifier, str], ...]  # each with its strand
    erased_at: datetime

    @property
    def wanted(self) -> Wanted:
        """What to look for elsewhere."""
        return Wanted(
            frozenset(identifier for identifier, _ in self.identifiers),
            frozenset(self.strands),
            self.erased_at,
        )


class Marks:
    """Marks in the table of people; every method raises TransientError."""

    def __init__(self, client: Any, profiles_table: str) -> None:
        """`client` is a low-level DynamoDB client."""
        self._client = client
        self._table = profiles_table

    def mark(
        self, workspace_id: str, profile_id: str, erasure_id: str, now: datetime
    ) -> Marked | None:
        """Mark the person that a strand belongs to; None when there is none that can be marked.

        The mark takes the version of the graph with it, so whoever was about to merge the person
        with somebody, or to add an identifier, must read again, and finds the mark.
        """
        for _ in range(MAX_ATTEMPTS):
            row = self._root(workspace_id, profile_id)
            if row is None or row.get("erasing", erasure_id) != erasure_id:
                return None
            if "erasing" in row:
                return _marked(workspace_id, row)
            try:
                self._mark(row, erasure_id, now)
            except ClientError as error:
                if not is_conditional_failure(error) and not is_contention(error):
                    raise
        raise TransientError("the person keeps changing, try again")

    def marked(self, workspace_id: str, erasure: Erasure) -> Marked | None:
        """The person of an erasure that has marked it; None when there was nobody."""
        if erasure.profile_id is None or erasure.erased_at is None:
            return None
        row = self._root(workspace_id, erasure.profile_id)
        if row is None or row.get("erasing") != erasure.erasure_id:
            return None
        return _marked(workspace_id, row)

    def _mark(self, row: Row, erasure_id: str, now: datetime) -> None:
        values: dict[str, Any] = {":id": erasure_id, ":now": now, ":one": 1}
        same = "attribute_not_exists(graph_version)"
        if "graph_version" in row:
            same, values[":seen"] = "graph_version = :seen", row["graph_version"]
        with faults_are_transient():
            self._client.update_item(
                TableName=self._table,
                Key=to_item({"pk": row["pk"], "sk": keys.PROFILE}),
                UpdateExpression="SET erasing = :id, erased_at = :now ADD graph_version :one",
                ConditionExpression="attribute_exists(pk) AND attribute_not_exists(erasing)"
                f" AND attribute_not_exists(redirect) AND {same}",
                ExpressionAttributeValues=to_item(values),
            )

    def _root(self, workspace_id: str, profile_id: str) -> Row | None:
        for _ in range(MAX_HOPS):
            key = keys.Key(keys.person(workspace_id, profile_id), keys.PROFILE)
            with faults_are_transient():
                item = get_items(self._client, self._table, [key]).get(key)
            if item is None:
                return None
            row = from_item(item)
            if "redirect" not in row:
                return row
            profile_id = row["redirect"]
        raise TransientError("the person is being merged, try again")


def _marked(workspace_id: str, row: Row) -> Marked:
    profile_id = row["profile_id"]
    # Until the mark a row without a graph has no version either: it is a person of one strand.
    graph = graph_of(row)
    return Marked(
        workspace_id,
        profile_id,
        graph.person(workspace_id).strands if graph else (profile_id,),
        tuple((node.identifier, node.strand_id) for node in graph.nodes) if graph else (),
        parse_instant(row["erased_at"]),
    )
