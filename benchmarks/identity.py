"""Decisions on who is who: claims a second on one core, beside peers that only connect.

The peers (rustworkx, scipy, a plain union-find) get integers and answer which of them hang
together. They know no kinds, limits, proofs, order or evidence, so they are a floor, not rivals.
"""

import gc
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import count
from random import Random
from typing import Any, TypeVar

import numpy
import rustworkx
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from shared.domain.identity.bulk import resolve_history
from shared.domain.identity.graph import Graph, Identifier
from shared.domain.identity.resolution import Claim, Dispute, Known
from shared.domain.identity.resolve import resolve
from shared.domain.identity.rulebook import Rulebook, rulebook_of
from shared.domain.identity.rules import DEFAULT_RULES

LINKS = 1_000_000
BUDGET = 300_000  # decisions a second
STEPS = 60_000  # claims that are decided one at a time
RUNS = 3  # of a whole history, by us and by each peer; the best counts: neighbours only slow down
SHARED_DEVICES = 0.02  # of all people use somebody else's device too
START = datetime(2026, 1, 1, tzinfo=UTC)

T = TypeVar("T")


def history(links: int, seed: int = 7) -> list[Claim]:
    """Sign-ins on devices and browsers, e-mail addresses, phones; in a shuffled order.

    A person has a user id, mostly an e-mail address, sometimes a phone, and some browsers. Each
    claim is made when its turn comes and shares no text with others, as when events are read.
    """
    random = Random(seed)
    sightings = list(_sightings(links, random))
    random.shuffle(sightings)
    return [_claim(number, *sighting, random) for number, sighting in enumerate(sightings[:links])]


def _sightings(links: int, random: Random) -> Iterator[tuple[int, str, str]]:
    """Persons by number, each with the kind and the form of another identifier."""
    made = 0
    for person in count():
        ends = [("anonymous_id", f"a{{}}-{n}") for n in range(random.randint(1, 6))]
        ends += [("device_id", f"d{{}}-{n}") for n in range(random.randint(0, 2))]
        if random.random() < 0.7:
            ends.append(("email", "{}@mail.example"))
        if random.random() < 0.3:
            ends.append(("phone", "+86139{:08}"))
        yield from ((person, kind, form.format(person)) for kind, form in ends)
        made += len(ends)
        if random.random() < SHARED_DEVICES and person:
            yield person, "anonymous_id", f"a{random.randrange(person)}-0"
            made += 1
        if made >= links:
            return


def _claim(number: int, person: int, kind: str, value: str, random: Random) -> Claim:
    return Claim(
        message_id=f"m{number}",
        source_id="web",
        at=START + timedelta(seconds=random.randrange(86_400 * 300)),
        identifiers=(Identifier("user_id", f"u{person}"), Identifier(kind, value)),
        proof="none" if random.random() < 0.8 else "server",
        rule="identify" if random.random() < 0.9 else "alias",
    )


def measure(links: int = LINKS, steps: int = STEPS) -> dict[str, Any]:
    """Figures of one run: rates a second of processor time, and ratios to the plain union-find."""
    claims = history(links)
    rulebook = rulebook_of(DEFAULT_RULES)
    seconds, found = _cpu(lambda: resolve_history(claims, rulebook), runs=RUNS)
    peers = _peers(claims)
    floor = peers["union-find in Python"]
    step_seconds, incremental = _cpu(lambda: one_by_one(claims[:steps], rulebook))
    again_seconds, _ = _cpu(lambda: one_by_one(claims[:steps], rulebook, incremental))
    return {
        "links": len(claims),
        "people": len(found.people),
        "links_refused": len(found.refused),
        "bulk_decisions_a_second": round(len(claims) / seconds),
        "one_at_a_time_decisions_a_second": round(steps / step_seconds),
        "known_already_decisions_a_second": round(steps / again_seconds),
        "bulk_to_union_find": round(seconds / floor, 2),
        "peers_links_a_second": {name: round(len(claims) / each) for name, each in peers.items()},
        "peers_to_union_find": {name: round(each / floor, 3) for name, each in peers.items()},
    }


class Store:
    """Everything known, in memory; what is read is a dictionary look-up away."""

    def __init__(self) -> None:
        self.roots: dict[Identifier, str] = {}
        self.graphs: dict[str, Graph] = {}
        self.disputes: dict[Identifier, dict[Identifier, Dispute]] = {}  # from both ends
        self._ids = count()

    def new_id(self) -> str:
        """An unused strand id."""
        return f"s{next(self._ids)}"


def one_by_one(claims: list[Claim], rulebook: Rulebook, store: Store | None = None) -> Store:
    """Decide on claims as they come, each knowing only the people it names."""
    store = store or Store()
    for claim in claims:
        known = _known(store, claim)
        done = resolve([claim], known, rulebook, store.new_id)
        if done.needs:
            done = resolve([claim], _closure(store, known), rulebook, store.new_id)
        for profile_id in done.before:
            del store.graphs[profile_id]
        for graph in done.graphs:
            store.graphs[graph.profile_id] = graph
            for node in graph.nodes:
                store.roots[node.identifier] = graph.profile_id
        for dispute in done.settled:
            left, right = dispute.edge.pair
            del store.disputes[left][right], store.disputes[right][left]
        for dispute in done.disputes:
            left, right = dispute.edge.pair
            store.disputes.setdefault(left, {})[right] = dispute
            store.disputes.setdefault(right, {})[left] = dispute
    return store


def _known(store: Store, claim: Claim) -> Known:
    owners = {each: store.roots[each] for each in claim.identifiers if each in store.roots}
    graphs = {profile_id: store.graphs[profile_id] for profile_id in owners.values()}
    one, other = claim.identifiers
    dispute = store.disputes.get(one, {}).get(other)
    return Known(owners=owners, graphs=graphs, disputes=(dispute,) if dispute else ())


def _closure(store: Store, known: Known) -> Known:
    graphs, disputes, todo = {}, {}, set(known.graphs)
    while todo:
        profile_id = todo.pop()
        graphs[profile_id] = store.graphs[profile_id]
        for node in graphs[profile_id].nodes:
            for end, dispute in store.disputes.get(node.identifier, {}).items():
                disputes[dispute.edge.pair] = dispute
                todo |= {store.roots[end]} - graphs.keys()
    return Known(owners=known.owners, graphs=graphs, disputes=tuple(disputes.values()), wide=True)


def _peers(claims: list[Claim]) -> dict[str, float]:
    """Processor seconds of each peer on the same links; numbering and graph-making are included."""

    def numbered() -> tuple[list[int], list[int], int]:
        numbers: dict[Identifier, int] = {}
        left = [numbers.setdefault(claim.identifiers[0], len(numbers)) for claim in claims]
        right = [numbers.setdefault(claim.identifiers[1], len(numbers)) for claim in claims]
        return left, right, len(numbers)

    def by_scipy() -> int:
        left, right, size = numbered()
        matrix = coo_array((numpy.ones(len(left), bool), (left, right)), shape=(size, size))
        return int(connected_components(matrix, directed=False)[0])

    def by_rustworkx() -> int:
        left, right, size = numbered()
        graph = rustworkx.PyGraph()
        graph.add_nodes_from(range(size))
        graph.add_edges_from_no_data(list(zip(left, right, strict=True)))
        return rustworkx.number_connected_components(graph)

    def by_union_find() -> int:
        left, right, size = numbered()
        parents = list(range(size))
        parts = size
        for one, other in zip(left, right, strict=True):
            while parents[one] != one:
                parents[one] = one = parents[parents[one]]
            while parents[other] != other:
                parents[other] = other = parents[parents[other]]
            if one != other:
                parents[one] = other
                parts -= 1
        return parts

    ways = {
        "rustworkx": by_rustworkx,
        "scipy": by_scipy,
        "union-find in Python": by_union_find,
    }
    measured = {name: _cpu(way, runs=RUNS) for name, way in ways.items()}
    assert len({parts for _, parts in measured.values()}) == 1
    return {name: seconds for name, (seconds, _) in measured.items()}


def _cpu(work: Callable[[], T], runs: int = 1) -> tuple[float, T]:
    """Processor seconds of a piece of work, the best of some runs, and what it gives."""
    seconds = float("inf")
    for _ in range(runs):
        gc.collect()
        start = time.process_time()
        result = work()
        seconds = min(seconds, time.process_time() - start)
    return seconds, result
