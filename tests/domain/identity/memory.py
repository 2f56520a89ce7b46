"""Every port of applying events, in memory: it keeps what it is told, and fails as it is told.

Each workspace is a `World`, so what is written has to fit what is there.
"""

from collections import Counter, defaultdict
from dataclasses import replace
from itertools import count

from shared.domain.identity.applying import ApplyEvents, Ports
from shared.domain.identity.ports import Findings, Sighting
from shared.domain.identity.resolution import Known
from shared.domain.profiles.model import Profile
from shared.domain.workspace.model import WorkspaceSettings
from shared.errors import ConflictError, PermanentError
from tests.domain.identity.worlds import World


class Memory:
    """One object is all the ports; `log` has every call as (method, what it was about)."""

    def __init__(self, rules, settings=None):
        self.rules = rules
        self.workspace_settings = settings or WorkspaceSettings()
        self.worlds = defaultdict(lambda: World(rules))
        self.rows = {}  # (workspace, identifier) → sighting
        self.strands = {}  # (workspace, strand) → profile
        self.events = {}  # strand → (timestamp, message) → event, in the order of writing
        self.consents = []  # (workspace, strand, decisions)
        self.windows = []
        self.tombstones = {}  # identifier → when it was erased
        self.erasing = {}  # root → since when
        self.most_graphs = 100  # that a commit writes
        self.most_wide = 100  # people that are read at once
        self.errors = []
        self.traits_found_no_room = []
        self.log = []
        self.troubles = {}  # number of a call, from 1 → what it raises instead
        self.calls = 0
        self.ids = count(1)

    def ports(self):
        return Ports(
            identity=self,
            strands=self,
            consents=self,
            windows=self,
            tombstones=_Tombstones(self),
            catalog=self,
            user_hashes=self,
            report=self,
            new_id=lambda: f"s{next(self.ids)}",
        )

    def applier(self):
        return ApplyEvents(self.ports())

    def _called(self, *what):
        self.log.append(what)
        self.calls += 1
        trouble = self.troubles.get(self.calls)
        if trouble:
            raise trouble

    def named(self, *methods):
        """The calls of some methods."""
        return [call for call in self.log if call[0] in methods]

    # --- who is who -----------------------------------------------------------------------------

    def sightings(self, workspace_id, identifiers):
        asked = set(identifiers)
        self._called("sightings", workspace_id, frozenset(asked))
        found = {each: self.rows.get((workspace_id, each)) for each in asked}
        return {each: seen for each, seen in found.items() if seen}

    def find(self, workspace_id, sightings):
        if sightings:  # of nobody nothing is read
            self._called("find", workspace_id, frozenset(sightings))
        world = self.worlds[workspace_id]
        for each, seen in sightings.items():
            assert world.strands[each] == seen.strand_id
        return self._findings(world, sightings)

    def _findings(self, world, identifiers):
        graphs = {root: world.graph(root) for root in map(world.owner, identifiers)}
        erasing = {root: self.erasing[root] for root in graphs.keys() & self.erasing.keys()}
        return Findings(Known(owners=_owners(graphs), graphs=graphs), erasing)

    def disputes(self, workspace_id, pairs, known):
        wanted = list(pairs)
        self._called("disputes", workspace_id, frozenset(wanted))
        for pair in wanted:
            assert set(pair) <= known.owners.keys()
        found = self.worlds[workspace_id].disputes
        return [found[pair] for pair in wanted if pair in found]

    def widen(self, workspace_id, identifiers, needs):
        identifiers = list(identifiers)
        self._called("widen", workspace_id, frozenset(identifiers), frozenset(needs))
        world = self.worlds[workspace_id]
        graphs, disputes, todo = {}, {}, {*needs}
        while todo:
            root = todo.pop()
            graphs[root] = world.graph(root)
            mine = {node.strand_id for node in graphs[root].nodes}
            for pair, dispute in world.disputes.items():
                if mine & {dispute.left_strand, dispute.right_strand}:
                    disputes[pair] = dispute
                    todo |= {world.owner(end) for end in pair} - graphs.keys()
        if len(graphs) > self.most_wide:
            return None
        for each in identifiers:
            if each in world.strands:
                graphs.setdefault(world.owner(each), world.graph(world.owner(each)))
        disputed = tuple(disputes.values())
        return Known(owners=_owners(graphs), graphs=graphs, disputes=disputed, wide=True)

    def commit(self, workspace_id, resolution, known, erased):
        self._called("commit", workspace_id, len(resolution.graphs), len(resolution.disputes))
        if len(resolution.graphs) > self.most_graphs:
            return False
        world = self.worlds[workspace_id]
        for root, version in resolution.before.items():
            if root not in world.graphs or world.graphs[root][1] != version:
                raise ConflictError("somebody was faster")
        world.write(resolution)
        for graph in resolution.graphs:
            for node in graph.nodes:
                key = workspace_id, node.identifier
                if key not in self.rows:
                    assert node.identifier not in known.owners
                    gone = erased.get(node.identifier)
                    self.rows[key] = Sighting(node.strand_id, graph.profile_id, node.first_at, gone)
                    self.strands[workspace_id, node.strand_id] = Profile(
                        workspace_id, node.strand_id, node.first_at
                    )
        return True

    # --- what a strand holds --------------------------------------------------------------------

    def recall(self, workspace_id, profile_id, events):
        self._called("recall", profile_id, tuple(each.message_id for each in events))
        stored = self.events.get(profile_id, {})
        found = {
            index: stored[each.timestamp, each.message_id]
            for index, each in enumerate(events)
            if (each.timestamp, each.message_id) in stored
        }
        return self.strands[workspace_id, profile_id], found

    def put_traits(self, profile, traits):
        self._called("put_traits", profile.profile_id, frozenset(traits))
        key = profile.workspace_id, profile.profile_id
        if self.strands[key].version != profile.version:
            raise ConflictError("somebody was faster")
        self.strands[key] = replace(
            self.strands[key], traits=dict(traits), version=profile.version + 1
        )

    def add_event(self, profile_id, event):
        self._called("add_event", profile_id, event.message_id)
        assert (event.workspace_id, profile_id) in self.strands
        if event.properties.get("too") == "large":
            raise PermanentError("the event is too large")
        stored = self.events.setdefault(profile_id, {})
        if (event.timestamp, event.message_id) in stored:
            return False
        stored[event.timestamp, event.message_id] = event
        return True

    def record(self, workspace_id, strand_id, decisions):
        self._called("record", strand_id, len(decisions))
        self.consents.append((workspace_id, strand_id, tuple(decisions)))
        return len(decisions)

    def open_window(self, workspace_id, strand_id, needed, address, act, *, act_id, at):
        self._called("open_window", strand_id, act_id)
        self.windows.append((workspace_id, strand_id, needed, address, act, act_id, at))
        return True

    # --- the rest -------------------------------------------------------------------------------

    def identity_rules(self, workspace_id):
        self._called("identity_rules", workspace_id)
        return self.rules

    def settings(self, workspace_id):
        self._called("settings", workspace_id)
        return self.workspace_settings

    def fits(self, workspace_id, user_id, presented):
        self._called("fits", workspace_id, user_id)
        return presented == f"signed {user_id}"

    def failed(self, error):
        self.errors.append(error)

    def traits_refused(self, reasons):
        self.traits_found_no_room.append(list(reasons))

    # --- what it came to ------------------------------------------------------------------------

    def strand_of(self, identifier, workspace_id="default"):
        return self.worlds[workspace_id].strands[identifier]

    def stored(self, workspace_id="default"):
        """Identifier → the events in its strand, by message."""
        strands = self.worlds[workspace_id].strands
        return {
            identifier: {each.message_id: each for each in self.events.get(strand, {}).values()}
            for identifier, strand in strands.items()
        }

    def known_traits(self, workspace_id="default"):
        """Identifier → the traits of its strand."""
        strands = self.worlds[workspace_id].strands
        return {
            identifier: dict(self.strands[workspace_id, strand].traits)
            for identifier, strand in strands.items()
        }


def _owners(graphs):
    """The owner of every identifier of these people."""
    return {node.identifier: root for root, graph in graphs.items() for node in graph.nodes}


class _Tombstones:
    """Another port with a name that the worlds' sightings have for something else."""

    def __init__(self, memory):
        self._memory = memory

    def erased(self, workspace_id, identifiers):
        asked = set(identifiers)
        self._memory._called("erased", workspace_id, frozenset(asked))
        known = self._memory.tombstones
        return {each: known[each] for each in asked if each in known}


def total(counts: Counter) -> int:
    """By how many the number of people has changed."""
    return counts["ProfilesCreated"] + counts["ProfilesSplit"] - counts["ProfilesMerged"]
