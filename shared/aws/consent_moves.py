"""What merges and splits do to the consents in force: parts of the transaction that they commit."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from shared.aws import consent_rows as rows
from shared.aws import keys
from shared.aws.consent_rows import Kept
from shared.aws.faults import faults_are_transient
from shared.aws.items import Item, get_items, to_item
from shared.domain.consents.fitting import fitted
from shared.domain.consents.in_force import in_force, reduced
from shared.domain.consents.model import Decision, Join
from shared.domain.identity.graph import Graph

Action = dict[str, Any]


class ConsentMoves:
    """Rewrites `CONSENT` rows when people become one or several; ledgers stay where they are."""

    def __init__(self, client: Any, table: str) -> None:
        """`client` is a low-level DynamoDB client."""
        self._client = client
        self._table = table

    def actions_for(
        self, workspace_id: str, before: Iterable[str], graphs: Sequence[Graph]
    ) -> list[Action]:
        """What a merge or split must do to consents in its own transaction.

        `before` are the profile_ids of the people that are replaced, `graphs` the people that come
        out. At most one action for each of them, and none for people who are new. A condition that
        fails means that somebody decided meanwhile: read again. Raises TransientError when AWS is
        busy.

        Whoever answers for nobody any more, or has nothing left, gets an empty row, also where
        there was none: so whoever has seen the row, or has seen that there is none, finds that it
        changed.
        """
        replaced = tuple(dict.fromkeys(before))
        kept = self._kept(workspace_id, (*replaced, *(graph.profile_id for graph in graphs)))
        ledgers = {s: lines for one in kept.values() for s, lines in one.ledgers.items()}
        version = 1 + max((one.version for one in kept.values()), default=0)
        people = {graph.profile_id: graph for graph in graphs}
        empty = Kept(version)
        actions = [
            put_action(self._table, workspace_id, root, empty, kept[root])
            for root in replaced
            if root not in people
        ]
        parts = len(people) > 1
        for root, graph in people.items():
            strands = {root, *(node.strand_id for node in graph.nodes)}
            mine = {strand: ledgers[strand] for strand in sorted(strands & ledgers.keys())}
            if mine and (parts or mine.keys() != kept[root].ledgers.keys()):
                after = made(graph, mine, version)
                actions.append(put_action(self._table, workspace_id, root, after, kept[root]))
            elif not mine and parts and root in replaced:
                actions.append(put_action(self._table, workspace_id, root, empty, kept[root]))
        return actions

    def _kept(self, workspace_id: str, roots: Iterable[str]) -> dict[str, Kept]:
        wanted = {keys.Key(keys.person(workspace_id, root), keys.CONSENT): root for root in roots}
        with faults_are_transient():
            found = get_items(self._client, self._table, wanted)
        return {root: rows.kept_of(found.get(key)) for key, root in wanted.items()}


def made(graph: Graph | None, ledgers: Mapping[str, list[Decision]], version: int) -> Kept:
    """The row of a person who has these ledgers."""
    decisive = fitted(reduced(ledgers))
    return Kept(version, decisive, in_force(decisive, _joins(graph) if graph else ()))


def put_action(table: str, workspace_id: str, root: str, after: Kept, before: Kept) -> Action:
    """Replace what is in force, as it was read."""
    item = rows.kept_item(workspace_id, root, after)
    return {"Put": {"TableName": table, "Item": item, **_unchanged(before)}}


def item_key(workspace_id: str, strand_id: str, sk: str) -> Item:
    """The key of a row of a strand, as DynamoDB takes it."""
    return to_item({"pk": keys.person(workspace_id, strand_id), "sk": sk})


def _joins(graph: Graph) -> list[Join]:
    """Since when which strands are one person, by the links of a graph."""
    strands = {node.identifier: node.strand_id for node in graph.nodes}
    return [Join(strands[edge.left], strands[edge.right], edge.at) for edge in graph.edges]


def _unchanged(kept: Kept) -> dict[str, Any]:
    if not kept.version:
        return {"ConditionExpression": "attribute_not_exists(pk)"}
    return {
        "ConditionExpression": "#version = :seen",
        "ExpressionAttributeNames": {"#version": "version"},
        "ExpressionAttributeValues": to_item({":seen": kept.version}),
    }
