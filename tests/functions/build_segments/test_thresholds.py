"""Thresholds are computed when a build begins, and published with a build of their own."""

from datetime import timedelta

import pytest
from aws_lambda_powertools import Logger

from functions.build_segments.thresholds import Thresholds
from shared.aws.build_desk import BuildDesk
from shared.aws.build_store import BuildStore
from shared.aws.catalog import CatalogReader
from shared.aws.catalog_writer import CatalogWriter, Definition
from shared.domain.builds.model import Build
from shared.domain.lake.rows import event_row
from shared.domain.lake.tables import EVENTS
from shared.domain.tags.model import Tag
from shared.domain.text import to_text
from shared.errors import InvalidInputError, TransientError
from tests.conftest import CATALOG_TABLE, NOON
from tests.functions.build_segments.lake import LakeAthena

pytestmark = pytest.mark.slow

WS = "default"
SHARES = {"recency_share": 0.5, "frequency_share": 0.5, "monetary_share": 0.5}


class Machine:
    """In place of Step Functions: which builds were started."""

    def __init__(self):
        self.started, self.is_down = [], False

    def start(self, workspace_id, number, attempt):
        if self.is_down:
            raise TransientError("busy")
        self.started.append(number)


class World:
    """A catalog, a lake and the task; the clock stands still until it is moved."""

    def __init__(self, dynamodb, make_event):
        self.make_event, self.now = make_event, NOON
        self.athena, self.machine = LakeAthena(), Machine()
        self.builds = BuildStore(dynamodb, CATALOG_TABLE)
        self.catalog = CatalogWriter(dynamodb, CATALOG_TABLE, lambda: self.now)
        self.reader = CatalogReader(dynamodb, CATALOG_TABLE, ttl_seconds=0)
        desk = BuildDesk(self.builds, self.machine, lambda: self.now)
        self.thresholds = Thresholds(self.catalog, self.athena, desk, 60, Logger("test"))

    def buys(self, strand, *amounts, days=1):
        for amount in amounts:
            at = self.now - timedelta(days=days)
            event = self.make_event("order", at=at, properties={"value": amount})
            self.athena.lake.add(EVENTS, [event_row(strand, event.to_json())])

    def puts(self, kind, definition_id, body, *, announce=False):
        """Store a definition with a build, as the admin API does."""
        edit = self.catalog.edit(WS)
        wanted = Definition(
            kind=kind, definition_id=definition_id, body=to_text(body),
            version=edit.last_version(kind, definition_id) + 1, build=edit.next_version,
            announce=announce,
        )  # fmt: skip
        number = edit.next_version
        edit.put_version(wanted)
        edit.commit()
        self.asks(number, kind, definition_id, announced=announce)
        return number

    def asks(self, number, kind="TAG", definition_id="rfm", **more):
        build = Build(
            number=number, subject=kind, definition_id=definition_id, requested_at=self.now,
            **{"announced": False, **more},
        )  # fmt: skip
        self.builds.add(WS, build)

    def puts_tag(self, tag_id="rfm", *, announce=False, **thresholds):
        how = {"type": "rfm", "event": "order", "amount": "value",
               "thresholds": {"type": "quantile", **SHARES, **thresholds}}  # fmt: skip
        body = {"title": "RFM", "category": "value", "family": "value", "how": how}
        return self.puts("TAG", tag_id, {"tag_id": tag_id, **body}, announce=announce)

    def tag(self, tag_id="rfm"):
        return next(one for one in self.reader.tags(WS) if one.tag.tag_id == tag_id)

    def numbers(self, tag_id="rfm"):
        found = self.tag(tag_id).tag.how.numbers
        return found and (found.recency_days, found.frequency, found.monetary)


@pytest.fixture
def world(dynamodb, make_event):
    return World(dynamodb, make_event)


def test_a_new_tag_gets_numbers_and_a_build_that_judges_by_them(world):
    world.buys("s1", 100, 50, days=2)
    world.buys("s2", 7, days=40)
    number = world.puts_tag(announce=True)

    assert world.thresholds.of_build(WS, number) == 1

    assert world.numbers() == (3, 2, 150)
    found = world.tag()
    assert (found.tag.how.numbers.people, found.tag.how.numbers.at) == (2, NOON)
    assert (found.version, found.build, found.announce) == (2, number + 1, True)
    assert world.machine.started == [number + 1]
    begun = world.builds.load(WS, number + 1)
    assert (begun.subject, begun.definition_id, begun.announced) == ("TAG", "rfm", True)
    # The version before says that a value was given under no numbers.
    assert Tag.model_validate_json(world.catalog.edit(WS).body_of(
        world.catalog.edit(WS).find("TAG", "rfm"), 1
    )).how.numbers is None  # fmt: skip
    # The build that follows has nothing to compute any more.
    asked = len(world.athena.asked)
    assert world.thresholds.of_build(WS, number + 1) == 0
    assert len(world.athena.asked) == asked


def test_what_refers_to_the_classes_is_judged_anew_with_them(world):
    leaf = {"type": "tag", "tag_id": "rfm", "operator": "equals", "value": "important_value"}
    world.puts_tag()
    world.puts("SEGMENT", "best", {"segment_id": "best", "title": "Best", "condition": leaf})
    other = {"type": "event", "event": "order"}
    world.puts("SEGMENT", "other", {"segment_id": "other", "title": "Other", "condition": other})
    world.buys("s1", 5)
    world.thresholds.of_build(WS, 3)
    assert {one.segment.segment_id: one.build for one in world.reader.segments(WS)} == {
        "best": 4, "other": 3,
    }  # fmt: skip


def test_an_empty_workspace_has_no_numbers_until_a_later_build_finds_buyers(world):
    number = world.puts_tag()
    assert world.thresholds.of_build(WS, number) == 0
    assert (world.numbers(), world.machine.started) == (None, [])
    world.buys("s1", 5)
    world.asks(number + 1, "SEGMENT", "another")
    assert world.thresholds.of_build(WS, number + 1) == 1
    assert world.numbers() == (1, 2, 6)


def test_of_several_builds_at_once_the_newest_computes_what_waits(world):
    world.buys("s1", 5)
    first, second = world.puts_tag(), world.puts_tag("other")
    assert world.thresholds.of_build(WS, first) == 0
    assert world.thresholds.of_build(WS, second) == 2
    assert world.numbers() == world.numbers("other")


def test_numbers_stay_until_they_are_asked_for_again(world):
    world.buys("s1", 5)
    world.thresholds.of_build(WS, world.puts_tag())
    world.buys("s2", 300, 400)
    world.now += timedelta(days=7)

    world.asks(7, "SEGMENT", "another")
    assert world.thresholds.of_build(WS, 7) == 0
    assert world.numbers() == (1, 2, 6)

    assert world.thresholds.recompute_all(WS) == 1
    (again,) = world.machine.started[1:]
    assert world.builds.load(WS, again).recomputes
    world.asks(again + 1, "SEGMENT", "newer", announced=True)
    assert world.thresholds.of_build(WS, again) == 1, "nobody else computes them in its place"
    assert world.numbers() == (8, 2, 700)
    assert world.tag().tag.how.numbers.at == world.now


def test_the_same_numbers_again_judge_nobody_anew(world):
    world.buys("s1", 5)
    world.thresholds.of_build(WS, world.puts_tag())
    before = world.tag()
    world.thresholds.recompute_all(WS)
    world.now += timedelta(minutes=1)
    assert world.thresholds.of_build(WS, world.machine.started[-1]) == 1
    after = world.tag()
    assert (after.version, after.build) == (before.version + 1, before.build)
    assert after.tag.how.numbers.at == world.now


def test_whoever_dies_after_publishing_begins_the_build_the_second_time(world):
    world.buys("s1", 5)
    number = world.puts_tag()
    world.machine.is_down = True
    with pytest.raises(TransientError):
        world.thresholds.of_build(WS, number)
    world.machine.is_down = False
    assert world.thresholds.of_build(WS, number) == 0, "they are there already"
    assert world.machine.started == [number + 1]
    assert world.numbers() == (1, 2, 6)


def test_numbers_for_a_question_that_is_no_longer_asked_are_dropped(world, monkeypatch):
    world.buys("s1", 5)
    number = world.puts_tag()
    asked = world.athena.query

    def meanwhile(sql, **more):
        world.puts_tag(frequency_share=0.9)
        return asked(sql, **more)

    monkeypatch.setattr(world.athena, "query", meanwhile)
    world.thresholds.of_build(WS, number)
    assert world.numbers() is None


def test_a_tag_whose_numbers_cannot_be_had_stops_no_other_one(world, monkeypatch):
    world.buys("s1", 5)
    world.puts_tag("a")
    number = world.puts_tag("b")
    asked, calls = world.athena.query, []

    def too_much(sql, **more):
        calls.append(sql)
        if len(calls) == 1:
            raise InvalidInputError("the query scans more than it may")
        return asked(sql, **more)

    monkeypatch.setattr(world.athena, "query", too_much)
    assert world.thresholds.of_build(WS, number) == 1
    assert (world.numbers("a"), world.numbers("b")) == (None, (1, 2, 6))
