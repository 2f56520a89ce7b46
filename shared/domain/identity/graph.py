"""The identity graph of one person: identifiers, the links that hold them together, evidence."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal, NamedTuple

from shared.domain.identity.person import Person
from shared.domain.instants import format_instant, parse_instant

Proof = Literal["none", "server", "hash", "operator", "import"]
"""Who vouches for a link: nobody (a public write key), a server-side key, a user hash, ..."""

SELF_TOLD: Final[tuple[Proof, ...]] = ("none", "hash")
"""What a client says of itself. A user hash proves who speaks, not whose the other names are."""

TOLD: Final[tuple[Proof, ...]] = ("hash", "import")
"""What an applied event is marked with, because it cannot be seen from the event itself."""


def proof_told(proof: str | None, server: bool) -> Proof:
    """Who vouches for an applied event: by its mark, else by the key that it came with."""
    for told in TOLD:
        if proof == told:
            return told
    return "server" if server else "none"


class Identifier(NamedTuple):
    """A value that points to a profile; the same value of another kind is another identifier.

    `kind` is one of the kinds of the workspace's rules; `value` is normalised.
    """

    kind: str
    value: str


class Node(NamedTuple):
    """An identifier of a person, its strand, and when it was first seen (by the events' time)."""

    identifier: Identifier
    strand_id: str
    first_at: datetime


class Edge(NamedTuple):
    """A link between two identifiers and the best evidence for it.

    `left` is smaller than `right`, so that a pair has one edge. Of several pieces of evidence the
    vouched one is kept, then the earliest (`at`, `message_id`), so the order of arrival leaves no
    trace; a user hash that comes later adds its proof to what was told before. `rule` says what in
    the event made the link, such as `identify` or `alias`.
    """

    left: Identifier
    right: Identifier
    at: datetime
    message_id: str
    source_id: str
    proof: Proof
    rule: str

    @property
    def pair(self) -> tuple[Identifier, Identifier]:
        """What is linked."""
        return self.left, self.right


class Root(NamedTuple):
    """A strand that answers for a person or once did; `enrols` when enrolments may lie there."""

    strand_id: str
    created_at: datetime
    enrols: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Graph:
    """Everything about who one person is, as the PROFILE row of its root strand keeps it.

    `roots` holds the strand that answers now first, then those that did before they were absorbed.
    `version` grows with every change (0: not stored yet); `joins` counts merges and splits only.
    """

    roots: tuple[Root, ...]
    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...] = ()
    version: int = 0
    joins: int = 0

    @property
    def profile_id(self) -> str:
        """The strand that answers for the person."""
        return self.roots[0].strand_id

    def person(self, workspace_id: str) -> Person:
        """The same as readers meet it."""
        root = self.profile_id
        strands = dict.fromkeys((root, *(node.strand_id for node in self.nodes)))
        desks = (each.strand_id for each in self.roots[1:] if each.enrols)
        return Person(workspace_id, root, tuple(strands), (root, *desks))


def to_json(graph: Graph) -> dict[str, Any]:
    """Give plain JSON data; edges point to nodes, and the versions are attributes of the row."""
    place = {node.identifier: index for index, node in enumerate(graph.nodes)}
    return {
        "roots": [[r.strand_id, format_instant(r.created_at), r.enrols] for r in graph.roots],
        "nodes": [[*n.identifier, n.strand_id, format_instant(n.first_at)] for n in graph.nodes],
        "edges": [
            [place[e.left], place[e.right], format_instant(e.at), *e[3:]] for e in graph.edges
        ],
    }


def from_json(data: dict[str, Any], version: int, joins: int) -> Graph:
    """Read what `to_json` wrote."""
    nodes = tuple(
        Node(Identifier(kind, value), strand_id, parse_instant(at))
        for kind, value, strand_id, at in data["nodes"]
    )
    return Graph(
        roots=tuple(Root(s, parse_instant(at), enrols) for s, at, enrols in data["roots"]),
        nodes=nodes,
        edges=tuple(
            Edge(nodes[left].identifier, nodes[right].identifier, parse_instant(at), *rest)
            for left, right, at, *rest in data["edges"]
        ),
        version=version,
        joins=joins,
    )
