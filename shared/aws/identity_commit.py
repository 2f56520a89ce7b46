"""Turns what was decided about people into the actions of one transaction."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from functools import cached_property
from typing import Any, Final

from shared.aws import identity_rows as rows
from shared.aws.items import Item, to_item
from shared.aws.transactions import Action
from shared.domain.identity.graph import Graph, Identifier
from shared.domain.identity.resolution import Dispute, Known, Resolution
from shared.domain.instants import format_instant

MAX_ACTIONS: Final = 100  # of a transaction
MAX_GRAPH_BYTES: Final = 270_000  # of the 400 KB of an item; traits take up to 100,000

_ABSENT: Final = "attribute_not_exists(pk)"


class Draft:
    """The actions that one resolution takes.

    `actions` must hold together. `moves` are redirects of strands whose old root answers no more:
    until they are written, readers reach the new root by way of the old one. When it is
    `is_too_large`, a transaction or a row does not hold it.
    """

    def __init__(
        self,
        table: str,
        workspace_id: str,
        resolution: Resolution,
        known: Known,
        *,
        erased: Mapping[Identifier, datetime],
        consents: Iterable[Action],
        now: datetime,
    ) -> None:
        self._table = table
        self._workspace_id = workspace_id
        self._resolution = resolution
        self._known = known
        self._now = now
        self._longest = 0  # bytes of a graph
        self._homes = {
            node.strand_id: graph.profile_id
            for graph in known.graphs.values()
            for node in graph.nodes
        }
        self._roots = {graph.profile_id for graph in resolution.graphs}
        self._gone = resolution.before.keys() - self._roots
        self.moves = [
            self._redirect(strand, root)
            for strand, root in resolution.redirects.items()
            if self._may_wait(strand, root)
        ]
        actions = [
            *consents,
            *(self._absorb(profile_id) for profile_id in sorted(self._gone)),
            *self._strands(),
            *self._sightings(erased),
            *self._disputes(),
        ]
        room = MAX_ACTIONS - len(actions) - len(resolution.graphs)
        self.is_deferred = len(self.moves) > room
        answers = [self._answer(graph) for graph in resolution.graphs]
        self.actions = [*answers, *actions, *([] if self.is_deferred else self.moves)]
        self.actions += self._checks()[: max(0, MAX_ACTIONS - len(self.actions))]
        self.is_too_large = len(self.actions) > MAX_ACTIONS or self._longest > MAX_GRAPH_BYTES

    # --- people -----------------------------------------------------------------------------------

    def _answer(self, graph: Graph) -> Action:
        """Let the root of a person say who it is."""
        told = rows.answering(graph, self._change(graph))
        self._longest = max(self._longest, len(told["graph"].encode()))
        if self.is_deferred and self._absorbed(graph):
            told["chained"] = True
        root = graph.profile_id
        if root in self._known.graphs:
            return self._update(root, told, version=self._resolution.before[root])
        if root in self._homes:
            return self._update(root, told, remove=("redirect",))
        return self._new(
            rows.new_profile(self._workspace_id, root, graph.roots[0].created_at) | told
        )

    def _absorb(self, profile_id: str) -> Action:
        """Let a root answer no more."""
        return self._update(
            profile_id,
            {"redirect": self._resolution.redirects[profile_id]},
            remove=("graph", "graph_version", "joins", "change", "chained"),
            version=self._resolution.before[profile_id],
        )

    def _strands(self) -> list[Action]:
        """Redirect new strands, and those whose old root goes on answering for others."""
        created = {
            node.strand_id: node.first_at
            for graph in self._resolution.graphs
            for node in graph.nodes
            if node.strand_id not in self._homes
        }
        actions = []
        for strand, root in self._resolution.redirects.items():
            if strand in created:
                row = rows.new_profile(self._workspace_id, strand, created[strand])
                actions.append(self._new(row | {"redirect": root}))
            elif strand not in self._gone and not self._may_wait(strand, root):
                actions.append(self._redirect(strand, root))
        return actions

    def _may_wait(self, strand: str, root: str) -> bool:
        home = self._homes.get(strand)
        return home in self._gone and strand != home and self._resolution.redirects[home] == root

    def _redirect(self, strand: str, root: str) -> Action:
        return self._update(strand, {"redirect": root})

    @cached_property
    def _sources(self) -> dict[str, set[str]]:
        """Who of the people before has identifiers in each of the people now."""
        owners = self._known.owners
        return {
            graph.profile_id: {
                owners[node.identifier] for node in graph.nodes if node.identifier in owners
            }
            for graph in self._resolution.graphs
        }

    def _absorbed(self, graph: Graph) -> list[str]:
        return sorted(self._sources[graph.profile_id] & self._gone)

    def _change(self, graph: Graph) -> dict[str, Any] | None:
        """How people became one or several, for whoever follows the table's stream."""
        absorbed = self._absorbed(graph)
        mine = self._sources[graph.profile_id]
        parted = sorted(
            other
            for other, theirs in self._sources.items()
            if other != graph.profile_id and not mine.isdisjoint(theirs)
        )
        if not (absorbed or parted):
            return None
        change = {
            "kind": "split" if parted else "merged",
            "absorbed": absorbed,
            "parted": parted,
            "at": format_instant(self._now),
        }
        if parted and graph.profile_id not in mine:  # it went away itself
            return change | {"parted": [], "from": min(mine)}
        return change

    # --- identifiers and disputes -----------------------------------------------------------------

    def _sightings(self, erased: Mapping[Identifier, datetime]) -> list[Action]:
        """New identifiers."""
        return [
            self._put_new(
                rows.sighting_item(
                    self._workspace_id, node, graph.profile_id, erased.get(node.identifier)
                )
            )
            for graph in self._resolution.graphs
            for node in graph.nodes
            if node.identifier not in self._known.owners
        ]

    def _disputes(self) -> list[Action]:
        """Disputes lie in both strands, and a new one changes both people.

        Somebody who decides on one of them at the same moment must not miss it.
        """
        actions: list[Action] = []
        for dispute in self._resolution.settled:
            for strand in {dispute.left_strand, dispute.right_strand}:
                key = rows.dispute_key(self._workspace_id, strand, dispute)._asdict()
                actions.append({"Delete": {"TableName": self._table, "Key": to_item(key)}})
        parties: set[str] = set()
        for dispute in self._resolution.disputes:
            for strand in {dispute.left_strand, dispute.right_strand}:
                item = rows.dispute_item(self._workspace_id, strand, dispute)
                actions.append({"Put": {"TableName": self._table, "Item": item}})
            parties |= self._parties(dispute)
        for profile_id in sorted(parties - self._resolution.before.keys()):
            version = self._known.graphs[profile_id].version
            told = {"graph_version": version + 1}
            actions.append(self._update(profile_id, told, version=version))
        return actions

    def _parties(self, dispute: Dispute) -> set[str]:
        """Whom a dispute is between, as far as they were known before."""
        owners = self._known.owners
        return {owners[end] for end in dispute.edge.pair if end in owners}

    def _checks(self) -> list[Action]:
        """Whoever else was looked at must be as they were; those first who are in dispute with
        somebody that changes, because a transaction may not hold all of them.
        """
        if not self._known.wide:
            return []
        changed = self._resolution.before.keys() | set().union(
            *map(self._parties, self._resolution.disputes)
        )
        near: set[str] = set()
        for dispute in self._known.disputes:
            parties = self._parties(dispute)
            if not parties.isdisjoint(changed):
                near |= parties
        return [
            {"ConditionCheck": self._expecting(profile_id, graph.version)}
            for profile_id, graph in sorted(
                self._known.graphs.items(), key=lambda each: (each[0] not in near, each[0])
            )
            if profile_id not in changed
        ]

    # --- actions ----------------------------------------------------------------------------------

    def _new(self, row: Mapping[str, Any]) -> Action:
        return self._put_new(to_item(row))

    def _put_new(self, item: Item) -> Action:
        return {"Put": {"TableName": self._table, "Item": item, "ConditionExpression": _ABSENT}}

    def _expecting(self, strand: str, version: int | None) -> dict[str, Any]:
        """A request on the PROFILE row of a strand, under the condition that it is as it was read;
        without a version, that it is there.
        """
        key = rows.profile_key(self._workspace_id, strand)._asdict()
        request: dict[str, Any] = {"TableName": self._table, "Key": to_item(key)}
        if version is None:
            return request | {"ConditionExpression": "attribute_exists(pk)"}
        return request | {
            "ConditionExpression": "#graph_version = :version AND attribute_not_exists(erasing)",
            "ExpressionAttributeNames": {"#graph_version": "graph_version"},
            "ExpressionAttributeValues": to_item({":version": version}),
        }

    def _update(
        self,
        strand: str,
        told: Mapping[str, Any],
        *,
        remove: Iterable[str] = (),
        version: int | None = None,
    ) -> Action:
        request = self._expecting(strand, version)
        names = {f"#{name}": name for name in (*told, *remove)}
        values = to_item({f":{name}": value for name, value in told.items()})
        expression = "SET " + ", ".join(f"#{name} = :{name}" for name in told)
        if remove:
            expression += " REMOVE " + ", ".join(f"#{name}" for name in remove)
        return {
            "Update": request
            | {
                "UpdateExpression": expression,
                "ExpressionAttributeNames": request.get("ExpressionAttributeNames", {}) | names,
                "ExpressionAttributeValues": request.get("ExpressionAttributeValues", {}) | values,
            }
        }
