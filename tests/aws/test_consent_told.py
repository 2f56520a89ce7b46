"""Of whoever decides, merges and parts, the timeline says at every instant what is in force."""

from datetime import timedelta
from itertools import product
from random import Random
from zoneinfo import ZoneInfo

import pytest
from pydantic import TypeAdapter

from shared.aws.profile_rows import event_item
from shared.domain.consents.fitting import MOST_TOPICS
from shared.domain.consents.in_force import allows
from shared.domain.consents.model import Scope
from shared.domain.events.own import CONSENT_CHANGED, OWN_SOURCE
from shared.domain.instants import format_instant, parse_instant
from shared.domain.lake.rows import event_row, identity_row
from shared.domain.lake.tables import EVENTS, IDENTITIES
from shared.domain.segments.condition import Condition
from shared.domain.segments.evaluate import evaluate
from shared.domain.segments.expand import Definitions, expand
from shared.domain.segments.references import all_references, references
from shared.domain.segments.sql import members_of
from tests import doorstep
from tests.aws.consent_bench import SMS, Bench, Meddling, graph_of, said
from tests.conftest import NOON
from tests.domain.segments.histories import Happening, view_of
from tests.domain.segments_sql.conftest import Lake
from tests.seeds import seeds

pytestmark = pytest.mark.slow

READ = TypeAdapter(Condition)
ZONE = ZoneInfo("Asia/Shanghai")
STRANDS = ("s1", "s2", "s3", "s4")
TOPICS, CHANNELS = ("", "sale", "news"), ("", "email", "sms")
QUERIES = [
    Scope("marketing", topic, channel)
    for topic, channel in product((*TOPICS, "unspoken"), (*CHANNELS, "push"))
]
QUERIES += [Scope("service"), Scope("service", "sale", "sms"), Scope("personalisation")]
LATER = timedelta(days=400)


def asks(scope):
    asked = {"type": "consent", "purpose": scope.purpose, "topic": scope.topic}
    condition = READ.validate_python({**asked, "channel": scope.channel or None})
    return expand(condition, Definitions({}, {}))


CONDITIONS = {query: asks(query) for query in QUERIES}
NEEDED = all_references(map(references, CONDITIONS.values()))


@pytest.fixture
def bench(dynamodb):
    return Bench(dynamodb)


def happenings(bench, strands):
    return [
        Happening(
            event.occurred_at,
            event.name,
            event.properties,
            message_id=event.message_id,
            strand_id=strand,
        )
        for strand in strands
        for event in bench.told(strand)
    ]


def agreed(history, now):
    """What conditions say of somebody's history."""
    view = view_of(history, NEEDED, now, ZONE)
    return {query: evaluate(each, view, now, ZONE).matches for query, each in CONDITIONS.items()}


def in_force(bench, strand):
    known = bench.decisions(strand)
    return {query: allows(known, *query) for query in QUERIES}


class World:
    """People of some strands, to whom anything happens."""

    def __init__(self, bench, random):
        self.bench, self.random = bench, random
        self.people = [[strand] for strand in STRANDS]
        self.version = 1
        bench.strand(*STRANDS)

    def happen(self):
        """One thing, while the clock stands, runs, or runs back."""
        self.bench.now += timedelta(milliseconds=self.random.choice((0, 0, 1, 3, 60_000, -5_000)))
        often = (self.decide, self.decide, self.decide)
        self.random.choice((*often, self.merge, self.merge, self.part, self.swap))()

    def decide(self):
        random = self.random
        lines = []
        for _ in range(random.choice((1, 1, 2))):
            scope = Scope("marketing", random.choice(TOPICS), random.choice(CHANNELS))
            scope = scope if random.random() < 0.8 else Scope("service")
            evidence = random.choice(("event", "event", "stamp"))
            hours = random.randint(0, 12)
            lines.append(said(random.random() < 0.5, hours, scope, evidence))
        self.bench.store.record("default", random.choice(STRANDS), lines)

    def merge(self):
        if len(self.people) > 1:
            one, other = self.random.sample(self.people, 2)
            self._become([one, other], [[*one, *other]])

    def part(self):
        if several := self._several():
            person = self.random.choice(several)
            mixed = self.random.sample(person, len(person))
            cut = self.random.randint(1, len(person) - 1)
            self._become([person], [mixed[:cut], mixed[cut:]])

    def swap(self):
        """A strand leaves one person for another, at once."""
        several = self._several()
        if several and len(self.people) > 1:
            one = self.random.choice(several)
            other = self.random.choice([each for each in self.people if each is not one])
            strand = self.random.choice(one)
            stay = [each for each in one if each != strand]
            self._become([one, other], [stay, [*other, strand]])

    def _several(self):
        return [each for each in self.people if len(each) > 1]

    def _become(self, before, after):
        """Any strand may answer for a person, also one that never did, or did for another."""
        self.version += 1
        after = [self.random.sample(each, len(each)) for each in after]
        joined = self.random.randint(0, 12)
        graphs = [graph_of(*each, joined=joined, version=self.version) for each in after]
        self.bench.become([each[0] for each in before], *graphs)
        self.people = [each for each in self.people if each not in before] + after

    # --- what is known ------------------------------------------------------------------------

    def check(self):
        """Everybody's timeline says what is in force; gives what is, and since when."""
        found = []
        for person in self.people:
            row = self.bench.row(person[0]) or {}
            holds = in_force(self.bench, person[0])
            history = happenings(self.bench, person)
            assert agreed(history, NOON + LATER) == holds, person
            if history:
                at = max(each.at for each in history)
                assert format_instant(at) <= row["told_at"]
                found.append((person, parse_instant(row["told_at"]), holds))
        return found


def play(bench, seed, times=14):
    world = World(bench, Random(seed))
    known = []
    for _ in range(times):
        world.happen()
        known += world.check()
    return world, known


@pytest.mark.parametrize("seed", seeds(6, 30))
def test_whatever_happens_the_timeline_says_what_is_in_force(bench, seed):
    play(bench, seed)


@pytest.mark.nightly
def test_whatever_happens_the_timeline_says_what_is_in_force_in_many_worlds(mocked_aws):
    for seed in range(100, 200):
        with mocked_aws() as client, doorstep.quick_dynamodb():
            play(Bench(client), seed)


@pytest.mark.parametrize("seed", seeds(6, 30))
def test_what_was_in_force_at_an_instant_is_what_was_said_until_then(bench, seed):
    _, known = play(bench, seed)
    assert known
    for person, at, holds in known:
        assert agreed(happenings(bench, person), at) == holds, (person, at)


@pytest.mark.parametrize("seed", seeds(6, 30))
def test_sql_over_the_lake_says_the_same(bench, seed):
    world, _ = play(bench, seed)
    lake, events, identities = Lake(), [], []
    for person in world.people:
        for strand in person:
            events += [(event_row(strand, e.to_json()), "2026-11-22") for e in bench.told(strand)]
            row = identity_row("default", strand, person[0], "1".zfill(40))
            identities.append((row, "2026-11-22"))
    lake.add_many(EVENTS, events)
    lake.add_many(IDENTITIES, identities)
    named = {str(number): condition for number, condition in enumerate(CONDITIONS.values())}
    found = set(lake.query(members_of(named, NOON + LATER, ZONE, "default")))
    assert found == {
        (str(number), person[0])
        for person in world.people
        for number, holds in enumerate(in_force(bench, person[0]).values())
        if holds
    }


def test_what_is_told_names_every_scope_in_force_and_takes_the_others_back(bench):
    bench.strand("s1")
    bench.store.record("default", "s1", [said(True, 0), said(False, 0, SMS)])
    bench.now += timedelta(hours=1)
    bench.store.record("default", "s1", [said(False, 2)])
    first, second = bench.told("s1")
    assert first.properties == {"marketing": "granted", "marketing@sms": "refused"}
    assert second.properties == {"marketing": "refused", "marketing@sms": "none"}
    assert (first.occurred_at, second.occurred_at) == (NOON, NOON + timedelta(hours=1))
    assert {(each.name, each.source_id) for each in (first, second)} == {
        (CONSENT_CHANGED, OWN_SOURCE)
    }


def test_nothing_is_told_where_nothing_changes_and_nobody_hears_twice(bench):
    bench.strand("s1")
    for _ in range(2):
        bench.store.record("default", "s1", [said(False, 1)])
    bench.store.record("default", "s1", [said(False, 2)])
    bench.store.record("default", "s1", [said(True, 0)])  # late, and overruled already
    assert len(bench.told("s1")) == 1


def test_two_who_decide_at_the_same_moment_are_told_of_one_after_the_other(bench):
    bench.strand("s1")
    meddling = Meddling(
        bench.client, lambda: bench.store.record("default", "s1", [said(True, 1, SMS)])
    )
    bench.through(meddling).record("default", "s1", [said(True, 2)])
    one, two = bench.told("s1")
    assert one.properties == {"marketing@sms": "granted"}
    assert two.properties == {"marketing": "granted", "marketing@sms": "none"}
    assert one.occurred_at < two.occurred_at


def test_a_topic_that_no_longer_fits_is_taken_back(bench):
    """Beyond the most topics of a person a refusal counts for all of them, and a grant for none."""
    bench.strand("s1")
    bench.store.record("default", "s1", [said(True, 0, Scope("marketing", "z"))])
    asked = asks(Scope("marketing", "z"))
    for number in range(MOST_TOPICS):
        topic = Scope("marketing", f"a{number:02d}")
        bench.store.record("default", "s1", [said(True, number, topic)])
    view = view_of(happenings(bench, ["s1"]), references(asked), NOON + LATER, ZONE)
    assert not evaluate(asked, view, NOON + LATER, ZONE).matches
    assert not allows(bench.decisions("s1"), "marketing", "z")


def test_the_fullest_transaction_is_taken(bench):
    """Forty opt-outs by text message: a line and a closed address each, and three rows more."""
    bench.strand("s1")
    lines = [
        said(False, number, SMS, "opt_out", address=f"+1425555{number:04d}") for number in range(41)
    ]
    assert bench.store.record("default", "s1", lines) == 41
    assert [each.properties for each in bench.told("s1")] == [{"marketing@sms": "refused"}]


def test_what_is_told_stays_for_as_long_as_the_person(bench):
    bench.strand("s1")
    bench.store.record("default", "s1", [said(True, 0)])
    (event,) = bench.told("s1")
    assert "expires_at" not in event_item("s1", event)
