"""Who is one person and why: explanations, and what operators take apart and put together."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import Final

from pydantic import TypeAdapter

from functions.manage_workspace.parsing import parse
from functions.manage_workspace.ports import Call, Ports
from shared.aws.person_reader import graph_of
from shared.domain.identity.explain import Step, steps, why_person, why_two
from shared.domain.identity.graph import Graph, Identifier
from shared.domain.identity.resolution import Dispute, Known, Reason, Resolution, Unusable
from shared.domain.identity.rulebook import Rulebook, rulebook_of
from shared.domain.identity.unmerge import (
    Order,
    Unmerged,
    remerge,
    unmerge_identifier,
    unmerge_link,
)
from shared.domain.instants import format_instant
from shared.domain.workspace import identity_answers as answers
from shared.domain.workspace.bodies import Cut, Mending, NamedIdentifier
from shared.errors import ConflictError, InvalidInputError, NotFoundError, PermanentError

OPERATOR: Final = "operator"  # who gave an order; there is one admin key and it has no name

_CUT: Final[TypeAdapter[Cut]] = TypeAdapter(Cut)
_MENDING: Final[TypeAdapter[Mending]] = TypeAdapter(Mending)


def explain_profile(ports: Ports, call: Call) -> answers.ExplanationAnswer:
    """Why somebody is one person."""
    graph = _graph(ports, call.path["profile_id"])
    reasons = why_person(graph)
    wide = ports.identity.store.widen(
        ports.workspace_id, [graph.nodes[0].identifier], {graph.profile_id}
    )
    return {
        "success": True,
        "explanation": {
            "profile_id": graph.profile_id,
            "identifiers": [
                {
                    **_name(node.identifier),
                    "first_at": format_instant(node.first_at),
                    "because": [_link(step) for step in reasons[node.identifier]],
                }
                for node in graph.nodes
            ],
            "disputes": _disputes(graph, wide.disputes) if wide else None,
        },
    }


def unmerge_profile(ports: Ports, call: Call) -> answers.IdentityChanged:
    """Cut what does not belong together."""
    wanted, rulebook = parse(_CUT, call.body), _rulebook(ports)
    graph = _graph(ports, call.path["profile_id"])
    order = Order(ports.new_id(), OPERATOR, ports.now())
    everybody = [node.identifier for node in graph.nodes]
    return _change(ports, rulebook, everybody, _cutting(wanted, rulebook, graph, order))


def remerge_profile(ports: Ports, call: Call) -> answers.IdentityChanged:
    """Take cuts back."""
    wanted, rulebook = parse(_MENDING, call.body), _rulebook(ports)
    pairs = [(_usable(rulebook, one), _usable(rulebook, other)) for one, other in wanted.links]
    graph = _graph(ports, call.path["profile_id"])
    own = {node.identifier for node in graph.nodes}
    if not all(own & set(pair) for pair in pairs):
        raise InvalidInputError("each link has one end at this profile", where="links")
    ends = sorted({end for pair in pairs for end in pair})
    return _change(ports, rulebook, ends, lambda known: Unmerged(remerge(known, pairs, rulebook)))


def _cutting(
    wanted: Cut, rulebook: Rulebook, graph: Graph, order: Order
) -> Callable[[Known], Unmerged]:
    """What carries a cut out, once everything about the people is known."""
    if wanted.link:
        one, other = (_of_person(rulebook, graph, each) for each in wanted.link)
        return lambda known: unmerge_link(known, one, other, order, rulebook)
    if wanted.identifier is None:
        raise InvalidInputError("either identifier or link")
    identifier = _of_person(rulebook, graph, wanted.identifier)
    return lambda known: unmerge_identifier(known, identifier, order, rulebook)


def _change(
    ports: Ports,
    rulebook: Rulebook,
    identifiers: Sequence[Identifier],
    decide: Callable[[Known], Unmerged],
) -> answers.IdentityChanged:
    """Let `decide` judge these people until nothing is left to cut; each step stands for itself."""
    told = Unmerged(Resolution(), left=True)

    def once(known: Known) -> Resolution:
        nonlocal told
        told = decide(known)
        return told.resolution

    judge, counts = ports.identity.judge, Counter[str]()
    try:
        while told.left:
            counts += judge.decide_again(ports.workspace_id, rulebook, identifiers, once)
    except PermanentError as error:
        raise InvalidInputError(error.message, hint="cut some of their links first") from error
    store, workspace_id = ports.identity.store, ports.workspace_id
    known = store.find(workspace_id, store.sightings(workspace_id, identifiers)).known
    return {
        "success": True,
        "outcome": "updated" if counts else "unchanged",
        "profiles": [
            {
                "profile_id": graph.profile_id,
                "identifiers": [_name(node.identifier) for node in graph.nodes],
            }
            for _, graph in sorted(known.graphs.items())
        ],
        "held_by": [_link(step) for step in steps(told.held_by)],
    }


def _graph(ports: Ports, profile_id: str) -> Graph:
    """The graph of whoever answers for a profile; raises NotFoundError."""
    found = ports.identity.people.answering(ports.workspace_id, profile_id)
    known = graph_of(found[1]) if found else None
    if known is None:
        raise NotFoundError(f"there is no profile {profile_id!r}")
    return known


def _rulebook(ports: Ports) -> Rulebook:
    return rulebook_of(ports.published.identity_rules(ports.workspace_id))


def _usable(rulebook: Rulebook, named: NamedIdentifier) -> Identifier:
    found = rulebook.usable(named.kind, named.value)
    if isinstance(found, Unusable):
        raise InvalidInputError(f"this names nobody: {found.reason}", where=named.kind)
    return found


def _of_person(rulebook: Rulebook, graph: Graph, named: NamedIdentifier) -> Identifier:
    """An identifier of a person, as it is stored, also one that the rules would refuse today."""
    held = {node.identifier for node in graph.nodes}
    as_named = Identifier(named.kind, named.value)
    found = as_named if as_named in held else _usable(rulebook, named)
    if found not in held:
        raise ConflictError(f"{named.kind} {named.value!r} is not this person's")
    return found


def _disputes(graph: Graph, disputes: Iterable[Dispute]) -> list[answers.LinkStory]:
    own = {node.identifier for node in graph.nodes}
    about = [dispute for dispute in disputes if own & set(dispute.edge.pair)]
    about.sort(key=lambda dispute: (dispute.edge.at, dispute.edge.pair), reverse=True)
    return [_link(why_two(dispute), dispute.reason) for dispute in about]


def _link(step: Step, reason: Reason | None = None) -> answers.LinkStory:
    edge = step.edge
    return {
        "left": _name(edge.left),
        "right": _name(edge.right),
        "at": format_instant(edge.at),
        "message_id": edge.message_id,
        "source_id": edge.source_id,
        "rule": edge.rule,
        "proof": edge.proof,
        "reason": reason,
        "text": {"en": step.en, "zh": step.zh},
    }


def _name(identifier: Identifier) -> answers.IdentifierName:
    return {"kind": identifier.kind, "value": identifier.value}
