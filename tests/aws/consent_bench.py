"""People and their consents as rows, for the tests of the consent stores."""

from datetime import timedelta
from itertools import pairwise
from types import SimpleNamespace

from shared.aws import keys
from shared.aws.consent_moves import ConsentMoves
from shared.aws.consent_reader import ConsentReader
from shared.aws.consent_store import ConsentStore
from shared.aws.items import from_item, query_prefix, to_item, to_text
from shared.aws.profile_rows import event_of
from shared.aws.suppressions import Suppressions
from shared.domain.consents.model import Decision, Scope
from shared.domain.identity import graph as graphs
from shared.domain.identity.graph import Edge, Graph, Identifier, Node, Root
from tests.conftest import NOON, PROFILES_TABLE

SECRET = SimpleNamespace(key=lambda purpose, workspace_id: f"{purpose}{workspace_id}".encode() * 9)
EVERYTHING = Scope("marketing")
SMS = Scope("marketing", channel="sms")


def at(hours):
    return NOON + timedelta(hours=hours)


def said(granted, hours, scope=EVERYTHING, evidence="event", **more):
    source = f"m{hours}{scope.channel}{scope.topic}{granted}"
    return Decision(scope, granted, at(hours), source, evidence, **more)


def graph_of(*strands, joined=0, version=1, first=None):
    """Strands that were linked one after the other, the first one of all at `joined`."""
    nodes = tuple(Node(Identifier("user_id", s), s, NOON) for s in strands)
    edges = tuple(
        Edge(one.identifier, two.identifier, at(joined), "m", "web", "server", "identify")
        for one, two in pairwise(nodes)
    )
    root = first or strands[0]
    return Graph(roots=(Root(root, NOON),), nodes=nodes, edges=edges, version=version)


class Bench:
    """The stores, and people as merge_identity would write them."""

    def __init__(self, client):
        self.client = client
        self.now = NOON
        self.suppressions = Suppressions(client, PROFILES_TABLE, SECRET)
        self.store = self.through(client)
        self.reader = ConsentReader(client, PROFILES_TABLE)
        self.moves = ConsentMoves(client, PROFILES_TABLE, now=lambda: self.now)

    def through(self, client):
        return ConsentStore(
            client, PROFILES_TABLE, self.suppressions, lambda _: None, lambda: self.now
        )

    def told(self, *strands):
        """What the timelines of some strands say, the oldest first."""
        starts = [keys.Key(keys.person("default", s), keys.EVENT_PREFIX) for s in strands]
        found = [
            row for start in starts for row in query_prefix(self.client, PROFILES_TABLE, start)
        ]
        return sorted(map(event_of, found), key=lambda event: event.occurred_at)

    def strand(self, *names):
        for name in names:
            self._put(self._row(name))

    def person(self, graph):
        for action in self.rows(graph):
            self.client.put_item(**action["Put"])

    def rows(self, graph):
        """A graph as PROFILE rows."""
        text = to_text(graphs.to_json(graph))
        root = graph.profile_id
        stored = [self._row(root, graph=text, graph_version=graph.version)]
        stored += [
            self._row(node.strand_id, redirect=root)
            for node in graph.nodes
            if node.strand_id != root
        ]
        return [{"Put": {"TableName": PROFILES_TABLE, "Item": row}} for row in stored]

    def become(self, before, *after):
        """The transaction in which these people become those."""
        actions = [row for graph in after for row in self.rows(graph)]
        actions += self.moves.actions_for("default", before, after)
        self.client.transact_write_items(TransactItems=actions)

    def decisions(self, strand):
        return self.reader.standing("default", strand).kept.decisions

    def says_nothing(self, strand):
        row = self.row(strand)
        return row is None or (row["latest"], row["decisions"]) == ("{}", "[]")

    def row(self, strand):
        key = to_item({"pk": keys.person("default", strand), "sk": keys.CONSENT})
        item = self.client.get_item(TableName=PROFILES_TABLE, Key=key).get("Item")
        return from_item(item) if item else None

    def _row(self, name, **more):
        person = {"profile_id": name, "created_at": NOON, "version": 0, "traits": "{}"}
        return to_item({"pk": keys.person("default", name), "sk": keys.PROFILE, **person, **more})

    def _put(self, item):
        self.client.put_item(TableName=PROFILES_TABLE, Item=item)


class Meddling:
    """A client in front of whose transactions something else happens."""

    def __init__(self, client, *happenings):
        self.client = client
        self.happenings = list(happenings)
        self.transactions = []

    def transact_write_items(self, **request):
        if self.happenings:
            self.happenings.pop(0)()
        self.transactions.append(request["TransactItems"])
        return self.client.transact_write_items(**request)

    def __getattr__(self, name):
        return getattr(self.client, name)
