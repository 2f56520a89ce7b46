"""The shapes of the rows that say who is who: identifiers, roots, redirects and disputes."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from shared.aws import keys
from shared.aws.items import Item, from_item, to_item, to_text
from shared.domain.identity import graph as graphs
from shared.domain.identity.graph import Edge, Graph, Identifier, Node
from shared.domain.identity.ports import Sighting
from shared.domain.identity.resolution import Dispute
from shared.domain.instants import format_instant, parse_instant

NO_TRAITS: Final = "{}"


@dataclass(frozen=True, slots=True)
class Standing:
    """What the PROFILE row of a strand says about who answers for it.

    One of `graph` and `redirect` is there. `chained` says that the redirects of some strands may
    still take more than one hop. `erasing` is since when the person is being erased.
    """

    graph: Graph | None
    redirect: str | None
    chained: bool = False
    erasing: datetime | None = None


def standing_of(item: Item) -> Standing:
    """Read a PROFILE row."""
    row = from_item(item)
    if "redirect" in row:
        return Standing(None, row["redirect"])
    if "graph" not in row:
        return Standing(None, None)
    graph = graphs.from_json(json.loads(row["graph"]), row["graph_version"], row.get("joins", 0))
    root = graph.roots[0]._replace(enrols=row.get("enrols", False))
    erasing = parse_instant(row["erased_at"]) if "erasing" in row else None
    return Standing(
        replace(graph, roots=(root, *graph.roots[1:])), None, row.get("chained", False), erasing
    )


def profile_key(workspace_id: str, strand_id: str) -> keys.Key:
    """Where the PROFILE row of a strand lies."""
    return keys.Key(keys.person(workspace_id, strand_id), keys.PROFILE)


def new_profile(workspace_id: str, strand_id: str, created_at: datetime) -> dict[str, Any]:
    """The PROFILE row of a strand that was just made, without who answers for it."""
    return {
        **profile_key(workspace_id, strand_id)._asdict(),
        "profile_id": strand_id,
        "created_at": created_at,
        "version": 0,
        "traits": NO_TRAITS,
    }


def answering(graph: Graph, change: Mapping[str, Any] | None) -> dict[str, Any]:
    """What the PROFILE row of a root says besides what every strand's says."""
    told: dict[str, Any] = {
        "graph": to_text(graphs.to_json(graph)),
        "graph_version": graph.version,
    }
    if graph.joins:
        told["joins"] = graph.joins
    if graph.roots[0].enrols:
        told["enrols"] = True
    if change is not None:
        told["change"] = to_text(change)
    return told


def sighting_item(
    workspace_id: str, node: Node, profile_id: str, erased_at: datetime | None
) -> Item:
    """The row of an identifier."""
    return to_item(
        {
            **keys.identifier(workspace_id, *node.identifier)._asdict(),
            "strand_id": node.strand_id,
            "profile_id": profile_id,
            "linked_at": node.first_at,
            "erased_at": erased_at,
        }
    )


def sighting_of(item: Item) -> Sighting:
    """Read the row of an identifier."""
    row = from_item(item)
    return Sighting(
        row["strand_id"],
        row["profile_id"],
        parse_instant(row["linked_at"]),
        parse_instant(row["erased_at"]) if "erased_at" in row else None,
    )


def dispute_key(workspace_id: str, strand_id: str, dispute: Dispute) -> keys.Key:
    """Where a dispute lies in the strand of one of its ends."""
    return keys.Key(keys.person(workspace_id, strand_id), keys.dispute(*dispute.edge.pair))


def dispute_item(workspace_id: str, strand_id: str, dispute: Dispute) -> Item:
    """The row of a dispute in the strand of one of its ends."""
    edge = dispute.edge
    told = {
        "left": list(edge.left),
        "right": list(edge.right),
        "at": format_instant(edge.at),
        "message_id": edge.message_id,
        "source_id": edge.source_id,
        "proof": edge.proof,
        "rule": edge.rule,
        "reason": dispute.reason,
        "strands": [dispute.left_strand, dispute.right_strand],
    }
    return to_item(
        {**dispute_key(workspace_id, strand_id, dispute)._asdict(), "dispute": to_text(told)}
    )


def dispute_of(item: Item) -> Dispute:
    """Read the row of a dispute."""
    told = json.loads(item["dispute"]["S"])
    edge = Edge(
        Identifier(*told["left"]),
        Identifier(*told["right"]),
        parse_instant(told["at"]),
        told["message_id"],
        told["source_id"],
        told["proof"],
        told["rule"],
    )
    return Dispute(edge, told["reason"], *told["strands"])
