"""A store in memory that applies resolutions as the real one must, and refuses what may not be."""

from itertools import count

from shared.domain.identity import graph as graphs
from shared.domain.identity.resolution import Known, Resolution
from shared.domain.identity.resolve import doubtful_pairs, resolve
from shared.domain.identity.rulebook import rulebook_of


class World:
    """Rows as the table has them: identifiers, graphs of roots, redirects and disputes."""

    def __init__(self, rules):
        self.rulebook = rulebook_of(rules)
        self.strands = {}  # identifier → strand, for ever
        self.graphs = {}  # root strand → (JSON of the graph, version, joins)
        self.redirects = {}  # other strand → root
        self.disputes = {}  # pair → dispute
        self.counts = {}  # what happened how often
        self.highest = {}  # strand → the highest version that it was ever part of
        self.ids = count(1)

    # --- reading ------------------------------------------------------------------------------

    def owner(self, identifier):
        strand = self.strands[identifier]
        root = self.redirects.get(strand, strand)
        assert root in self.graphs, "a redirect leads to a strand that answers for nobody"
        return root

    def graph(self, profile_id):
        data, version, joins = self.graphs[profile_id]
        return graphs.from_json(data, version, joins)

    def people(self):
        """The partition of identifiers into people."""
        sets = {}
        for identifier in self.strands:
            sets.setdefault(self.owner(identifier), set()).add(identifier)
        return {frozenset(each) for each in sets.values()}

    def everybody(self):
        """All people with all their disputes."""
        found = {profile_id: self.graph(profile_id) for profile_id in self.graphs}
        owners = {each: self.owner(each) for each in self.strands}
        return Known(owners=owners, graphs=found, disputes=(*self.disputes.values(),), wide=True)

    def known(self, claims):
        asked = {each for claim in claims for each in claim.identifiers if each in self.strands}
        owners = {each: self.owner(each) for each in asked}
        found = {profile_id: self.graph(profile_id) for profile_id in set(owners.values())}
        doubtful = doubtful_pairs(claims, Known(owners=owners, graphs=found))
        counting = {edge.pair for graph in found.values() for edge in graph.edges}
        named = {
            tuple(sorted((claim.identifiers[0], other)))
            for claim in claims
            for other in claim.identifiers[1:]
            if {claim.identifiers[0], other} <= owners.keys()
        }
        assert doubtful == named - counting
        disputes = [self.disputes[pair] for pair in doubtful if pair in self.disputes]
        return Known(owners=owners, graphs=found, disputes=tuple(disputes))

    def known_widely(self, claims, profile_ids):
        owners = dict(self.known(claims).owners)
        found, disputes, todo = {}, {}, set(profile_ids)
        while todo:
            profile_id = todo.pop()
            found[profile_id] = self.graph(profile_id)
            mine = {node.strand_id for node in found[profile_id].nodes}
            for pair, dispute in self.disputes.items():
                if mine & {dispute.left_strand, dispute.right_strand}:
                    disputes[pair] = dispute
                    todo |= {self.owner(end) for end in pair} - found.keys()
        return Known(owners=owners, graphs=found, disputes=tuple(disputes.values()), wide=True)

    # --- deciding and writing -------------------------------------------------------------------

    def take(self, claims):
        """Decide on claims as the function does; gives their places."""
        known = self.known(claims)
        done = resolve(claims, known, self.rulebook, self._new_id)
        if done.needs:
            assert done == Resolution(needs=frozenset(known.graphs))
            known = self.known_widely(claims, done.needs)
            done = resolve(claims, known, self.rulebook, self._new_id)
            self._count("wide")
        assert not done.needs
        self.write(done)
        for claim, place in zip(claims, done.places, strict=True):
            assert place.strand_id == self.strands[claim.identifiers[0]]
            assert place.profile_id == self.owner(claim.identifiers[0])
        return done

    def write(self, done):
        before = {each: self.owner(each) for each in self.strands}
        for profile_id, version in done.before.items():
            assert self.graphs.pop(profile_id)[1] == version, "somebody else changed it"
        for graph in done.graphs:
            self._write_graph(graph)
        for strand, root in done.redirects.items():
            assert strand not in self.graphs
            self.redirects[strand] = root
        for dispute in done.settled:
            del self.disputes[dispute.edge.pair]
        for dispute in done.disputes:
            assert dispute.left_strand == self.strands[dispute.edge.left]
            assert dispute.right_strand == self.strands[dispute.edge.right]
            self.disputes[dispute.edge.pair] = dispute
            self._count(dispute.reason)
        self._count_moves(before)
        self.check()

    def _write_graph(self, graph):
        assert graph.profile_id not in self.graphs
        self.graphs[graph.profile_id] = (graphs.to_json(graph), graph.version, graph.joins)
        for node in graph.nodes:
            assert self.strands.setdefault(node.identifier, node.strand_id) == node.strand_id
            assert self.highest.get(node.strand_id, 0) < graph.version, "a version came twice"
            self.highest[node.strand_id] = graph.version
        self.redirects.pop(graph.profile_id, None)

    def check(self):
        """What must hold at any time: every identifier in one graph, every redirect at its root."""
        listed = [(node, root) for root in self.graphs for node in self.graph(root).nodes]
        assert len(listed) == len(self.strands)
        for node, root in listed:
            assert self.strands[node.identifier] == node.strand_id
            assert self.owner(node.identifier) == root
        for root in self.graphs:
            person = self.graph(root).person("w")
            assert person.strands[0] == root
            assert len(person.strands) == len(self.graph(root).nodes)

    def _new_id(self):
        return f"s{next(self.ids):04}"

    def _count_moves(self, before):
        groups = {}
        for identifier, root in before.items():
            groups.setdefault(root, set()).add(self.owner(identifier))
        split = sum(len(after) > 1 for after in groups.values())
        merged = len(groups) - len({root for after in groups.values() for root in after})
        self._count("split", split)
        self._count("merged", max(merged, 0))

    def _count(self, what, times=1):
        self.counts[what] = self.counts.get(what, 0) + times
