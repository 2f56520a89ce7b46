"""Who matches a condition, asked of the lake: exact, for any instant up to now.

The translation to SQL is loaded when the first question comes: it is heavy, and most of what the
functions that may ask do needs none.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import NamedTuple

from shared.aws.athena import Athena
from shared.aws.catalog import CatalogReader
from shared.domain.audiences.overlap import Regions, regions_of
from shared.domain.lake import sql as lake
from shared.domain.segments.condition import Node
from shared.domain.segments.expand import expand
from shared.errors import TooLargeError, TransientError


class Page(NamedTuple):
    """Some members in the order of their ids, and how many there are in all."""

    people: int
    profile_ids: list[str]


class AudienceQueries:
    """Questions about the people of a workspace.

    Every method raises ExpansionError for a condition that names what is not there,
    InvalidInputError when the lake may not be scanned so far, and TransientError when an answer
    takes too long.
    """

    def __init__(self, catalog: CatalogReader, athena: Athena, patience: float) -> None:
        """`patience` is how many seconds a question may take."""
        self._catalog = catalog
        self._athena = athena
        self._patience = patience

    def expanded(self, workspace_id: str, condition: Node) -> Node:
        """The condition in facts alone."""
        return expand(condition, self._catalog.definitions(workspace_id))

    def size(self, workspace_id: str, condition: Node, at: datetime) -> int:
        """How many match at an instant."""
        return self.sizes(workspace_id, {"people": condition}, at)["people"]

    def sizes(
        self, workspace_id: str, conditions: Mapping[str, Node], at: datetime
    ) -> dict[str, int]:
        """How many match each condition at an instant; the history is read once for all."""
        query = lake.sizes(self._members_of(workspace_id, [*conditions.values()], at))
        found = {row["segment_id"]: _number(row) for row in self._ask(query, len(conditions))}
        return {name: found.get(str(n), 0) for n, name in enumerate(conditions)}

    def page(self, workspace_id: str, condition: Node, at: datetime, most: int, after: str) -> Page:
        """The members with the smallest ids after one, and the number of all members."""
        query = lake.page(self._members(workspace_id, condition, at), most, after)
        rows = self._ask(query, most)
        if not rows and after:
            return Page(self.size(workspace_id, condition, at), [])
        return Page(_number(rows[0]) if rows else 0, [str(row["profile_id"]) for row in rows])

    def overlap(self, workspace_id: str, conditions: Sequence[Node], at: datetime) -> Regions:
        """How many match which of the conditions together."""
        ids = [str(n) for n in range(len(conditions))]
        query = lake.overlap(self._members_of(workspace_id, conditions, at), ids)
        return regions_of(self._ask(query, 2 ** len(ids)), len(ids))

    def result_of(self, workspace_id: str, condition: Node, at: datetime) -> str:
        """The address of the members as CSV, however many there are."""
        query = self._members(workspace_id, condition, at)
        return self._athena.result_of(query, patience=self._patience)

    def _members(self, workspace_id: str, condition: Node, at: datetime) -> str:
        from shared.domain.segments import sql

        definitions = self._catalog.definitions(workspace_id)
        zone = self._catalog.settings(workspace_id).zone
        with _too_long_is_told():
            return sql.members(expand(condition, definitions), at, zone, workspace_id)

    def _members_of(self, workspace_id: str, conditions: Sequence[Node], at: datetime) -> str:
        """Members of several conditions, called by their numbers."""
        from shared.domain.segments import sql

        definitions = self._catalog.definitions(workspace_id)
        zone = self._catalog.settings(workspace_id).zone
        expanded = {str(n): expand(each, definitions) for n, each in enumerate(conditions)}
        with _too_long_is_told():
            return sql.members_of(expanded, at, zone, workspace_id)

    def _ask(self, sql: str, most: int) -> list[dict[str, str | None]]:
        try:
            return self._athena.query(sql, max_rows=most, patience=self._patience)
        except TransientError as error:
            raise TransientError(
                error.message,
                hint="ask again; a condition with a shorter window is answered sooner",
            ) from error


@contextmanager
def _too_long_is_told() -> Iterator[None]:
    from shared.domain.segments.sql import QueryTooLongError

    try:
        yield
    except QueryTooLongError as error:
        raise TooLargeError(str(error), where="condition") from error


def _number(row: Mapping[str, str | None]) -> int:
    return int(row["people"] or 0)
