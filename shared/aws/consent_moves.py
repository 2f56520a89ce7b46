"""What merges and splits do to the consents in force: parts of the transaction that they commit."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from shared.aws import consent_rows as rows
from shared.aws import keys
from shared.aws.consent_rows import Kept
from shared.aws.faults import faults_are_transient
from shared.aws.items import Item, get_items, to_item
from shared.aws.profile_rows import event_item
from shared.domain.consents.fitting import fitted
from shared.domain.consents.in_force import in_force, reduced
from shared.domain.consents.model import Decision, Join
from shared.domain.consents.told import consent_changed, following, just_before
from shared.domain.identity.graph import Graph

Action = dict[str, Any]


class ConsentMoves:
    """Rewrites `CONSENT` rows when people become one or several; ledgers stay where they are."""

    def __init__(
        self, client: Any, table: str, *, now: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> None:
        """`client` is a low-level DynamoDB client."""
        self._client = client
        self._table = table
        self._now = now

    def actions_for(
        self, workspace_id: str, before: Iterable[str], graphs: Sequence[Graph]
    ) -> list[Action]:
        """What a merge or split must do to consents in its own transaction.

        `before` are the profile_ids of the people that are replaced, `graphs` the people that come
        out. At most two actions for each of them, its row and the event that tells of it, and none
        for people who are new. A condition that fails means that somebody decided meanwhile: read
        again. Raises TransientError when AWS is busy.

        Whoever answers for nobody any more, or has nothing left, gets an empty row, also where
        there was none: so whoever has seen the row, or has seen that there is none, finds that it
        changed.
        """
        replaced = tuple(dict.fromkeys(before))
        kept = self._kept(workspace_id, (*replaced, *(graph.profile_id for graph in graphs)))
        changes = dict(_changes(replaced, graphs, kept))
        told = [one.told_at for one in kept.values()]
        at = following(self._now(), told)
        tells = any(kept[root].decisions or after.decisions for root, after in changes.items())
        told_at = at if tells else _latest(told)
        actions = []
        for root, change in changes.items():
            after = replace(change, told_at=told_at)
            actions += put_actions(self._table, workspace_id, root, kept[root], after, tell=True)
        return actions

    def _kept(self, workspace_id: str, roots: Iterable[str]) -> dict[str, Kept]:
        wanted = {keys.Key(keys.person(workspace_id, root), keys.CONSENT): root for root in roots}
        with faults_are_transient():
            found = get_items(self._client, self._table, wanted)
        return {root: rows.kept_of(found.get(key)) for key, root in wanted.items()}


def _changes(
    replaced: Sequence[str], graphs: Sequence[Graph], kept: Mapping[str, Kept]
) -> Iterator[tuple[str, Kept]]:
    """The rows that change, as they will be but for `told_at`."""
    ledgers = {s: lines for one in kept.values() for s, lines in one.ledgers.items()}
    version = 1 + max((one.version for one in kept.values()), default=0)
    latest = _latest(one.told_at for one in kept.values())
    people = {graph.profile_id for graph in graphs}
    yield from ((root, Kept(version)) for root in replaced if root not in people)
    parts = len(people) > 1
    for graph in graphs:
        root = graph.profile_id
        strands = {root, *(node.strand_id for node in graph.nodes)}
        mine = {strand: ledgers[strand] for strand in sorted(strands & ledgers.keys())}
        # What another strand of theirs was told last must not be later than what this one says.
        is_behind = kept[root].told_at != latest
        moved = mine.keys() != kept[root].ledgers.keys() or is_behind
        if moved or (parts and (mine or latest or root in replaced)):
            yield root, made(graph, mine, version) if mine else Kept(version)


def made(graph: Graph | None, ledgers: Mapping[str, list[Decision]], version: int) -> Kept:
    """The row of a person who has these ledgers, but for `told_at`."""
    decisive = fitted(reduced(ledgers))
    return Kept(version, decisive, in_force(decisive, _joins(graph) if graph else ()))


def put_actions(
    table: str, workspace_id: str, root: str, before: Kept, after: Kept, *, tell: bool
) -> list[Action]:
    """Replace what is in force, as it was read, and `tell` of it at `after.told_at`.

    Where nothing is in force and nothing was, there is nothing to tell.
    """
    item = rows.kept_item(workspace_id, root, after)
    actions: list[Action] = [{"Put": {"TableName": table, "Item": item, **_unchanged(before)}}]
    if tell and after.told_at and (before.decisions or after.decisions):
        event = consent_changed(
            workspace_id,
            root,
            after.version,
            before=before.decisions,
            after=after.decisions,
            at=after.told_at if after.decisions else just_before(after.told_at),
        )
        actions.append({"Put": {"TableName": table, "Item": event_item(root, event)}})
    return actions


def item_key(workspace_id: str, strand_id: str, sk: str) -> Item:
    """The key of a row of a strand, as DynamoDB takes it."""
    return to_item({"pk": keys.person(workspace_id, strand_id), "sk": sk})


def _latest(told: Iterable[datetime | None]) -> datetime | None:
    return max((at for at in told if at is not None), default=None)


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
