"""However a history comes in, people stand where somebody would put them who knew all of it.

Conditions of every kind are drawn, and a history; its events arrive late and in any order, in
batches that are cut and repeated anywhere, in two strands that turn out to be one person on the
way; functions die at any call, definitions are published in the middle, and sweeps come when
somebody is due. In the end each segment, tag and stage is what the evaluator says of the whole.
"""

import json
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shared.aws import keys
from shared.aws.items import from_item, to_item
from shared.aws.profile_rows import event_item, traits_text
from shared.domain.instants import format_instant, parse_instant
from shared.domain.lifecycle.judging import stage_of
from shared.domain.profiles.learn import learn
from shared.domain.segments.evaluate import evaluate
from shared.domain.tags.valuing import value_of
from tests.domain.segments.conditions import conditions
from tests.domain.segments.histories import view_of
from tests.domain.segments.strategies import cases
from tests.functions.update_tags.conftest import Wire
from tests.functions.update_tags.people import BEGAN, Identity, expect_exact_tallies, members

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("quick_dynamodb")]

ROOT, OTHER = "p1", "p2"
MOST_SWEEPS = 60


class CrashError(BaseException):
    """The end of the process."""


class Life:
    """One person on the bench, event by event."""

    def __init__(self, bench, data, history):
        self.bench, self.data, self.history = bench, data, history
        self.arrived = []
        self.is_merged = False

    def wire(self):
        """Usually one on which nothing happens."""
        number = self.data.draw(st.integers(-12, 25), "dies at")
        moment = self.data.draw(st.sampled_from(["before", "after"]), "when")

        def hook(call, when):
            if (call, when) == (number, moment):
                raise CrashError

        return Wire(hook, repeat=self.data.draw(st.integers(-10, 20), "made twice"))

    def arrive(self, happenings):
        """Events are in the timelines, and the records of all that in the stream."""
        records = []
        for each in happenings:
            event = each.event("default")
            self.arrived.append(each)
            item = event_item(each.strand_id, event)
            self.bench.dynamodb.put_item(TableName=self.bench.table, Item=item)
            records += [
                self.profile(each.strand_id),
                self.bench.stream.event(each.strand_id, event),
            ]
        return records

    def profile(self, strand):
        """What the events of a strand say of the person, as merge_identity stores it."""
        bench = self.bench
        events = [one.event("default") for one in self.arrived if one.strand_id == strand]
        key = {"pk": keys.person("default", strand), "sk": keys.PROFILE}
        found = bench.dynamodb.get_item(TableName=bench.table, Key=to_item(key)).get("Item", {})
        row = {"profile_id": strand, "created_at": BEGAN, "version": 1, **from_item(found)}
        row |= {**key, "traits": traits_text(learn(events).traits)}
        bench.dynamodb.put_item(TableName=bench.table, Item=to_item(row))
        rest = {name: value for name, value in row.items() if name not in key}
        return bench.stream.record("MODIFY", *key.values(), rest)

    def deliver(self, records):
        with suppress(CrashError):
            self.bench.deliver(records, self.wire())
        half = self.data.draw(st.integers(0, len(records)), "cut")
        for part in (records[:half], records[half:]):
            assert self.bench.deliver(part).failed == 0

    def due_at(self, strand):
        text = self.bench.rows(strand).get("STATE", {}).get("due_at")
        return text and parse_instant(text)

    def sweep(self, until):
        """Let time pass: everybody is judged at the instant at which he is due."""
        for strand in (ROOT, OTHER):
            for _ in range(MOST_SWEEPS):
                due_at = self.due_at(strand)
                if due_at is None or due_at > until or self.redirects(strand):
                    break
                self.bench.now = max(self.bench.now, due_at)
                with suppress(CrashError):
                    self.bench.judge(strand, wire=self.wire())
                assert self.bench.judge(strand).failed == 0
            else:
                raise AssertionError("due again and again")
        self.bench.now = max(self.bench.now, until)

    def redirects(self, strand):
        return "redirect" in self.bench.rows(strand).get("PROFILE", {})


@given(data=st.data())
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_everybody_stands_where_the_whole_history_puts_them(bench, data):
    first, history, now, zone = data.draw(cases(conditions))
    second, third = data.draw(conditions), data.draw(conditions)
    at_once = data.draw(st.booleans(), "published at once")
    strands = data.draw(st.sampled_from([[ROOT], [ROOT, ROOT, OTHER]]), "strands")
    history = [
        replace(each, strand_id=data.draw(st.sampled_from(strands)))
        for each in history
        if each.at <= now
    ]
    bench.begin_again()
    bench.catalog.timezone, bench.catalog.version = zone.key, 1
    bench.catalog.conditions, bench.catalog.kinds, bench.catalog.builds = {"one": first}, {}, {}
    if at_once:
        publish(bench, second, third)
    life = Life(bench, data, history)
    bench.now = min((each.at for each in history), default=now) - timedelta(days=1)
    waiting = data.draw(st.permutations(history))
    merges_at = data.draw(st.integers(0, len(history)), "merges at")
    while waiting:
        if len(waiting) == merges_at:
            merge(life)
        size = data.draw(st.integers(1, 3), "size of a batch")
        batch, waiting = waiting[:size], waiting[size:]
        life.sweep(max(bench.now, *(each.at for each in batch)))
        life.deliver(life.arrive(batch))
    if not life.is_merged:
        merge(life)
    if not at_once:
        publish(bench, second, third)
    life.sweep(max(now, bench.now))
    bench.judge(ROOT)

    expect_all_as_evaluated(bench, life.arrived, zone)


def merge(life):
    bench, life.is_merged = life.bench, True
    if any(each.strand_id == OTHER for each in life.history):
        for strand in (ROOT, OTHER):
            life.profile(strand)
        life.deliver(Identity(bench).merge(ROOT, OTHER))


def publish(bench, second, third):
    bench.catalog.version = 2
    bench.catalog.conditions = {**bench.catalog.conditions, "two": second}
    value = {"value": "yes", "title": "Yes", "condition": third}
    bench.catalog.kinds = {
        "mark": {"type": "rule", "values": [value], "otherwise": "no"},
        "last": {"type": "first_last", "which": "last", "event": "order", "property": "sku"},
    }
    bench.catalog.builds = {"segment:two": 2, "tag:mark": 2, "tag:last": 2}


def expect_all_as_evaluated(bench, history, zone):
    plan, now, rows = bench.plans().of("default"), bench.now, bench.rows(ROOT)
    assert not any("untold" in row or "stage_before" in row for row in rows.values())
    if not history:
        return

    def view(name):
        return view_of(history, plan.index.references[name], now, zone)

    for name, segment in plan.segments.items():
        verdict = evaluate(segment.condition, view(f"segment:{name}"), now, zone)
        assert (name in members(rows)) is verdict.matches, (name, format_instant(now))
        if verdict.changes_at:
            assert rows["STATE"].get("due_at", "~") <= format_instant(verdict.changes_at), name
    for name, tag in plan.tags.items():
        verdict = value_of(tag.tag, view(f"tag:{name}"), now, zone)
        assert json.loads(rows.get(f"TAG#{name}", {}).get("value", "null")) == verdict.value, name
    if "events" in rows.get("STATE", {}):
        found = stage_of(plan.lifecycle.lifecycle, view("stage"), now, zone)
        assert rows["STATE"].get("stage", "prospect") == found.stage
    expect_exact_tallies(bench)
