"""Reads everything about one person for an export: every strand, in pages, nothing left out."""

from collections.abc import Iterator
from heapq import merge
from itertools import chain
from typing import Any

from shared.aws import keys
from shared.aws.enrolment_rows import body_text
from shared.aws.faults import faults_are_transient
from shared.aws.items import from_item, get_items, query_items, to_item
from shared.aws.person_reader import PersonReader, graph_of
from shared.domain.identity.graph import Graph
from shared.domain.identity.person import Person

Row = dict[str, Any]

_AFTER_EVENTS = keys.EVENT_PREFIX[:-1] + "$"  # `$` follows `#`: the first key after EVT#…


class ExportReader:
    """The rows of people; strongly consistent; every method raises TransientError."""

    def __init__(self, client: Any, profiles_table: str) -> None:
        """`client` is a low-level DynamoDB client."""
        self._client = client
        self._table = profiles_table
        self._people = PersonReader(client, profiles_table)

    def person(self, workspace_id: str, profile_id: str) -> Person | None:
        """Who it is today; None when there is nobody, or nobody any more."""
        return self._people.person(workspace_id, profile_id)

    def graph(self, person: Person) -> Graph | None:
        """Why the person is one."""
        key = keys.Key(keys.person(person.workspace_id, person.profile_id), keys.PROFILE)
        with faults_are_transient():
            item = get_items(self._client, self._table, [key]).get(key)
        return graph_of(from_item(item)) if item else None

    def rows(self, person: Person) -> Iterator[Row]:
        """Every row of every strand but the events, by sort keys, a page at a time from each."""
        strands = (
            chain(
                self._query(pk, "sk < :edge", keys.EVENT_PREFIX),
                self._query(pk, "sk >= :edge", _AFTER_EVENTS),
            )
            for pk in (keys.person(person.workspace_id, each) for each in person.strands)
        )
        for row in merge(*strands, key=lambda row: str(row["sk"])):
            is_enrolment = row["sk"].startswith(keys.ENROLMENT_PREFIX)
            yield {**row, "body": body_text(row)} if is_enrolment else row

    def events(self, person: Person) -> Iterator[Row]:
        """The rows of all events, by the clients' clocks, a page at a time from each strand."""
        timelines = (
            self._query(
                keys.person(person.workspace_id, strand_id),
                "sk BETWEEN :edge AND :last",
                keys.EVENT_PREFIX,
                _AFTER_EVENTS,
            )
            for strand_id in person.strands
        )
        yield from merge(*timelines, key=lambda row: str(row["sk"]))

    def _query(self, pk: str, condition: str, edge: str, last: str = "") -> Iterator[Row]:
        values = {":pk": pk, ":edge": edge} | ({":last": last} if last else {})
        with faults_are_transient():
            for item in query_items(
                self._client,
                TableName=self._table,
                KeyConditionExpression=f"pk = :pk AND {condition}",
                ExpressionAttributeValues=to_item(values),
                ConsistentRead=True,
            ):
                yield from_item(item)
