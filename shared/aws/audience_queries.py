"""Who matches a condition, asked of the lake: exact, for any instant up to now.

The translation to SQL is loaded when the first question comes: it is heavy, and most of what the
functions that may ask do needs none.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final, NamedTuple

from shared.aws.athena import Athena
from shared.aws.catalog import CatalogReader
from shared.domain.audiences.overlap import Regions, regions_of
from shared.domain.lake import sql as lake
from shared.domain.segments.condition import Node
from shared.domain.segments.expand import expand
from shared.errors import TransientError

PROFILE: Final = "profile_id"


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

    def members(self, workspace_id: str, condition: Node, at: datetime) -> str:
        """The SQL of everybody who matches at an instant: `profile_id`, each once."""
        from shared.domain.segments import sql

        expanded = expand(condition, self._catalog.definitions(workspace_id))
        return sql.members(expanded, at, self._catalog.settings(workspace_id).zone, workspace_id)

    def size(self, workspace_id: str, condition: Node, at: datetime) -> int:
        """How many match at an instant."""
        return self.sizes(workspace_id, {"people": condition}, at)["people"]

    def sizes(
        self, workspace_id: str, conditions: Mapping[str, Node], at: datetime
    ) -> dict[str, int]:
        """How many match each condition at an instant."""
        queries = [self.members(workspace_id, each, at) for each in conditions.values()]
        counted = self._ask(lake.sizes(queries), len(queries))
        found = {int(row["part"] or 0): int(row["people"] or 0) for row in counted}
        return {name: found[number] for number, name in enumerate(conditions)}

    def page(self, workspace_id: str, condition: Node, at: datetime, most: int, after: str) -> Page:
        """The members with the smallest ids after one, and the number of all members."""
        query = self.members(workspace_id, condition, at)
        rows = self._ask(lake.page(query, most, after), most + 1)
        return Page(
            next(int(row["people"] or 0) for row in rows if row[PROFILE] is None),
            sorted(str(row[PROFILE]) for row in rows if row[PROFILE] is not None),
        )

    def overlap(self, workspace_id: str, conditions: Sequence[Node], at: datetime) -> Regions:
        """How many match which of the conditions together."""
        queries = [self.members(workspace_id, each, at) for each in conditions]
        return regions_of(self._ask(lake.overlap(queries), 2 ** len(queries)), len(queries))

    def result_of(self, workspace_id: str, condition: Node, at: datetime) -> str:
        """The address of the members as CSV, however many there are."""
        query = self.members(workspace_id, condition, at)
        return self._athena.result_of(query, patience=self._patience)

    def _ask(self, sql: str, most: int) -> list[dict[str, str | None]]:
        try:
            return self._athena.query(sql, max_rows=most, patience=self._patience)
        except TransientError as error:
            raise TransientError(
                error.message,
                hint="ask again; a condition with a shorter window is answered sooner",
            ) from error
