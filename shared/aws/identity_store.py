"""Who is who, in the profiles table: identifiers, people as graphs of them, and what is disputed.

A person is written under the version of its graph, so whoever decides on what has changed since is
refused and looks again. A merge writes the two roots and the redirects of the absorbed strands in
one transaction, whatever has ever happened to these people: nothing else of them moves.
"""

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final, Protocol

from botocore.exceptions import ClientError

from shared.aws import identity_rows as rows
from shared.aws import keys
from shared.aws.faults import faults_are_transient
from shared.aws.identity_commit import MAX_ACTIONS, Draft
from shared.aws.identity_rows import Standing
from shared.aws.identity_search import Search
from shared.aws.items import Item, get_items, query_prefix, to_item
from shared.aws.transactions import Action, transact
from shared.domain.identity.graph import Graph, Identifier
from shared.domain.identity.ports import Findings, Pair, Sighting
from shared.domain.identity.resolution import Dispute, Known, Resolution
from shared.errors import ConflictError, TransientError

MAX_WIDE_STRANDS: Final = 500  # whose disputes are read for one decision, each in a query


class ConsentPort(Protocol):
    """What merging and parting people does to what they agreed to."""

    def actions_for(
        self, workspace_id: str, before: Iterable[str], graphs: Sequence[Graph]
    ) -> Sequence[Action]:
        """Actions for the transaction in which the people `before` become `graphs`."""


class IdentityStore:
    """Reads are strongly consistent; every method raises TransientError when AWS is busy."""

    def __init__(
        self,
        client: Any,
        table: str,
        consents: ConsentPort,
        *,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        """`client` is a low-level DynamoDB client; `pause` waits for a busy item."""
        self._client = client
        self._table = table
        self._consents = consents
        self._now = now
        self._pause = pause

    # --- looking --------------------------------------------------------------------------------

    def sightings(
        self, workspace_id: str, identifiers: Iterable[Identifier]
    ) -> dict[Identifier, Sighting]:
        """The rows of those identifiers that were ever seen."""
        wanted = {keys.identifier(workspace_id, *each): each for each in identifiers}
        return {wanted[key]: rows.sighting_of(item) for key, item in self._get(wanted).items()}

    def find(self, workspace_id: str, sightings: Mapping[Identifier, Sighting]) -> Findings:
        """The people behind these identifiers; raises ConflictError while they change.

        Usually the hints are right and this is one call; else redirects are followed, the hints
        corrected, and long ways made short.
        """
        search = Search(sightings)
        while wanted := search.wanted():
            search.take(wanted, self._standings(workspace_id, wanted))
        for graph in search.chained():
            self._flatten(workspace_id, graph)
        for identifier, root in search.moved():
            self._correct(workspace_id, identifier, root)
        return search.findings()

    def disputes(self, workspace_id: str, pairs: Iterable[Pair], known: Known) -> list[Dispute]:
        """The disputes about these pairs of known identifiers."""
        strands = {
            node.identifier: node.strand_id
            for graph in known.graphs.values()
            for node in graph.nodes
        }
        wanted = [
            keys.Key(keys.person(workspace_id, strands[left]), keys.dispute(left, right))
            for left, right in pairs
        ]
        return [rows.dispute_of(item) for item in self._get(wanted).values()]

    def widen(
        self, workspace_id: str, identifiers: Iterable[Identifier], needs: Iterable[str]
    ) -> Known | None:
        """Everything about these people and whoever they are in dispute with, near or far.

        `needs` are roots. None when it takes more than `MAX_WIDE_STRANDS` strands. Raises
        ConflictError when somebody of them is no root any more, or is being erased.
        """
        start = self._known(workspace_id, identifiers)
        graphs, owners = dict(start.graphs), dict(start.owners)
        disputes: dict[Pair, Dispute] = {}
        asked: set[str] = set()
        waiting = set(needs)
        if not waiting <= graphs.keys():
            raise ConflictError("somebody else was faster")
        while waiting:
            strands = {node.strand_id for each in waiting for node in graphs[each].nodes} - asked
            asked |= strands
            if len(asked) > MAX_WIDE_STRANDS:
                return None
            found = [each for strand in strands for each in self._disputes_in(workspace_id, strand)]
            ends = {end for dispute in found for end in dispute.edge.pair} - owners.keys()
            others = self._known(workspace_id, ends)
            _require_one_moment(graphs, owners, others)
            graphs |= others.graphs
            owners |= others.owners
            # Whoever was erased has left no identifier, and disputes nothing any more.
            known = (each for each in found if owners.keys() >= set(each.edge.pair))
            disputes |= {each.edge.pair: each for each in known}
            waiting = {owners[end] for each in disputes.values() for end in each.edge.pair}
            waiting = {
                each for each in waiting if not asked >= {n.strand_id for n in graphs[each].nodes}
            }
        return Known(owners=owners, graphs=graphs, disputes=tuple(disputes.values()), wide=True)

    # --- writing --------------------------------------------------------------------------------

    def commit(
        self,
        workspace_id: str,
        resolution: Resolution,
        known: Known,
        erased: Mapping[Identifier, datetime],
    ) -> bool:
        """Write all of a resolution or nothing; `erased` are instants for rows of new identifiers.

        False when a transaction or a row does not hold it. Raises ConflictError when somebody
        changed one of the people since they were read.
        """
        joins = {profile_id: graph.joins for profile_id, graph in known.graphs.items()}
        joined = any(each.joins > joins.get(each.profile_id, 0) for each in resolution.graphs)
        consents = (
            self._consents.actions_for(workspace_id, resolution.before, resolution.graphs)
            if joined
            else ()
        )
        draft = Draft(
            self._table,
            workspace_id,
            resolution,
            known,
            erased=erased,
            consents=consents,
            now=self._now(),
        )
        if draft.is_too_large:
            return False
        if draft.actions:
            transact(self._client, draft.actions, pause=self._pause)
        if draft.is_deferred:
            for graph in resolution.graphs:
                self._flatten(workspace_id, graph)
        return True

    def _flatten(self, workspace_id: str, graph: Graph) -> None:
        """Let every strand of a person redirect to its root at once, and say that they do.

        Whoever meets the person before this is done does it again. When the person changes
        meanwhile it is left to the next one, too.
        """
        root = graph.profile_id
        strands = sorted({node.strand_id for node in graph.nodes} - {root})
        unchanged = {
            "ConditionExpression": "graph_version = :version",
            "ExpressionAttributeValues": to_item({":version": graph.version}),
        }
        check: Action = {"ConditionCheck": {**self._profile(workspace_id, root), **unchanged}}
        try:
            for start in range(0, len(strands), MAX_ACTIONS - 1):
                moves: list[Action] = [
                    {
                        "Update": {
                            **self._profile(workspace_id, strand),
                            "UpdateExpression": "SET redirect = :root",
                            "ConditionExpression": "attribute_exists(redirect)",
                            "ExpressionAttributeValues": to_item({":root": root}),
                        }
                    }
                    for strand in strands[start : start + MAX_ACTIONS - 1]
                ]
                transact(self._client, [check, *moves], pause=self._pause)
            done: Action = {
                "Update": {
                    **self._profile(workspace_id, root),
                    **unchanged,
                    "UpdateExpression": "REMOVE chained",
                }
            }
            transact(self._client, [done], pause=self._pause)
        except ConflictError:
            return

    def _correct(self, workspace_id: str, identifier: Identifier, root: str) -> None:
        """Correct the hint of an identifier; without success it is only slower to look up."""
        try:
            with faults_are_transient():
                self._client.update_item(
                    TableName=self._table,
                    Key=to_item(keys.identifier(workspace_id, *identifier)._asdict()),
                    UpdateExpression="SET profile_id = :root",
                    ConditionExpression="attribute_exists(pk)",
                    ExpressionAttributeValues=to_item({":root": root}),
                )
        except (ClientError, TransientError):
            return

    # --- the table ------------------------------------------------------------------------------

    def _known(self, workspace_id: str, identifiers: Iterable[Identifier]) -> Known:
        findings = self.find(workspace_id, self.sightings(workspace_id, identifiers))
        if findings.erasing:
            raise ConflictError("somebody is being erased")
        return findings.known

    def _standings(self, workspace_id: str, strands: Iterable[str]) -> dict[str, Standing]:
        wanted = {rows.profile_key(workspace_id, each): each for each in strands}
        return {wanted[key]: rows.standing_of(item) for key, item in self._get(wanted).items()}

    def _disputes_in(self, workspace_id: str, strand: str) -> list[Dispute]:
        with faults_are_transient():
            items = query_prefix(
                self._client,
                self._table,
                keys.Key(keys.person(workspace_id, strand), keys.DISPUTE_PREFIX),
            )
            return [rows.dispute_of(item) for item in items]

    def _get(self, wanted: Iterable[keys.Key]) -> dict[keys.Key, Item]:
        with faults_are_transient():
            return get_items(self._client, self._table, wanted)

    def _profile(self, workspace_id: str, strand: str) -> dict[str, Any]:
        key = rows.profile_key(workspace_id, strand)._asdict()
        return {"TableName": self._table, "Key": to_item(key)}


def _require_one_moment(
    graphs: Mapping[str, Graph], owners: Mapping[Identifier, str], later: Known
) -> None:
    """Hold what was read later to what was read before; raises ConflictError."""
    changed = any(
        profile_id in graphs and graphs[profile_id].version != graph.version
        for profile_id, graph in later.graphs.items()
    )
    if changed or any(owners.get(each, root) != root for each, root in later.owners.items()):
        raise ConflictError("somebody else was faster")
