"""People of several strands on the bench: merged and parted as merge_identity would store it."""

import json
from datetime import UTC, datetime, timedelta
from itertools import pairwise

from shared.aws import keys
from shared.aws.items import from_item, to_item
from shared.domain.identity.graph import Edge, Graph, Identifier, Node, Root, to_json
from shared.domain.instants import format_instant
from shared.domain.text import to_text

BEGAN = datetime(2026, 1, 1, tzinfo=UTC)


def graph(strands, joins):
    """A graph whose first strand answers for all; each strand has one identifier of its name."""
    names = sorted(Identifier("user_id", strand) for strand in strands)
    return Graph(
        roots=tuple(Root(strand, BEGAN) for strand in strands),
        nodes=tuple(Node(name, name.value, BEGAN) for name in names),
        edges=tuple(
            Edge(left, right, BEGAN, "m", "web", "server", "alias")
            for left, right in pairwise(names)
        ),
        joins=joins,
    )


class Identity:
    """Writes PROFILE rows, and gives the records that the stream has of them."""

    def __init__(self, bench):
        self._bench = bench

    def merge(self, root, *absorbed, joins=1):
        """From now on, a minute later, `root` answers for all."""
        self._bench.now += timedelta(minutes=1)
        records = [self._write(strand, redirect=root) for strand in absorbed]
        change = {"kind": "merged", "absorbed": list(absorbed), "at": self._now()}
        return [*records, self._answer((root, *absorbed), joins, change)]

    def split(self, stays, parts, joins=2):
        """`stays` and `parts` are the strands of two people, their roots first; a minute later."""
        self._bench.now += timedelta(minutes=1)
        left = {"kind": "split", "from": stays[0], "at": self._now()}
        stayed = {"kind": "split", "parted": [parts[0]], "at": self._now()}
        for strand in parts[1:]:
            self._write(strand, redirect=parts[0])
        return [self._answer(parts, joins, left), self._answer(stays, joins, stayed)]

    def attach(self, root, strand):
        """A strand that did nothing yet belongs to a person from now on."""
        self._write(strand, redirect=root)
        return self._write(root, **self._graph((root, strand), 0))

    def _now(self):
        return format_instant(self._bench.now)

    def _answer(self, strands, joins, change):
        row = self._graph(strands, joins)
        return self._write(strands[0], **row, joins=joins, change=to_text(change))

    def _graph(self, strands, joins):
        return {"graph": to_text(to_json(graph(strands, joins))), "graph_version": joins + 1}

    def _write(self, strand, **attributes):
        bench = self._bench
        key = {"pk": keys.person("default", strand), "sk": keys.PROFILE}
        found = bench.dynamodb.get_item(TableName=bench.table, Key=to_item(key)).get("Item", {})
        kept = ("profile_id", "created_at", "version", "traits", "enrols")
        row = {name: value for name, value in from_item(found).items() if name in kept}
        row = {"profile_id": strand, "created_at": BEGAN, "version": 0, "traits": "{}"} | row
        bench.dynamodb.put_item(TableName=bench.table, Item=to_item(key | row | attributes))
        return bench.stream.record("MODIFY", *key.values(), row | attributes)


def told(bench, *profiles):
    """What was published of these profiles, each fact in a word or two."""
    words = []
    for fact in {fact.event_id: fact for fact in bench.bus.published}.values():
        if fact.profile_id not in profiles:
            continue
        match fact.name:
            case "EventMatched":
                words.append(f"did {fact.event.name}")
            case "LifecycleChanged":
                words.append(f"{fact.stage_before} to {fact.stage_after}")
            case "TagChanged":
                words.append(f"{fact.tag_id}: {fact.value_after}")
            case "ProfileMerged":
                words.append(f"absorbed {' '.join(fact.absorbed_ids)}")
            case "ProfileSplit":
                words.append(f"parted {' '.join(fact.parted_ids)}")
            case name:
                words.append(f"{name.removeprefix('Segment').lower()} {fact.segment_id}")
    return words


def members(rows):
    """The segments that a person with these rows is in, parked ones left out."""
    return {
        sk.removeprefix(keys.SEGMENT_PREFIX)
        for sk, row in rows.items()
        if sk.startswith(keys.SEGMENT_PREFIX) and row["member"] and not row.get("parked")
    }


def expect_exact_tallies(bench):
    """Every tally is the number of members that there are."""
    table = bench.everything()
    for name in bench.catalog.conditions:
        tally = table.get(keys.tally("default", "SEGMENT", name, "").pk, {})
        inside = sum(name in members(rows) for pk, rows in table.items() if "#P#" in pk)
        assert sum(row["members"] for row in tally.values()) == inside, name


def view_of(rows):
    """The rows that make up what is known of a strand: counters, traits, stage, memberships."""
    left_out = ("judged", "joins", "position", "changes_at", "building")
    return {
        sk: {name: value for name, value in row.items() if name not in left_out}
        for sk, row in rows.items()
        if sk != keys.PROFILE
    } | {"traits": json.loads(rows[keys.PROFILE].get("traits", "{}"))}
