"""A build lists everybody, looks for latecomers and tells what came of it; it may be repeated."""

import json
from datetime import timedelta

import pytest

from functions.build_segments.counting import Counting
from functions.build_segments.usecase import BuildSegments
from shared.aws import keys
from shared.aws.audience_queries import AudienceQueries
from shared.aws.build_files import BuildFiles
from shared.aws.build_store import BuildStore
from shared.aws.catalog import CatalogReader
from shared.aws.catalog_writer import CatalogWriter, Definition
from shared.aws.figures import FiguresReader
from shared.aws.items import to_item
from shared.aws.query_results import QueryResults
from shared.domain.builds.model import Build, Count
from shared.domain.lake.rows import event_row
from shared.domain.lake.tables import EVENTS
from shared.domain.lifecycle.model import DEFAULT_LIFECYCLE
from shared.domain.text import to_text
from shared.errors import NotFoundError
from tests.conftest import CATALOG_TABLE, NOON, PROFILES_TABLE
from tests.functions.build_segments.lake import BUCKET, LakeAthena

WS = "default"
LAG = timedelta(minutes=15)
PAYERS = {"type": "event", "event": "pay"}


class World:
    """A catalog, a lake and the function over them; the clock stands still until it is moved."""

    def __init__(self, dynamodb, make_event):
        self.dynamodb, self.make_event = dynamodb, make_event
        self.now = NOON
        self.athena = LakeAthena()
        self.builds = BuildStore(dynamodb, CATALOG_TABLE)
        catalog = CatalogReader(dynamodb, CATALOG_TABLE, ttl_seconds=0)
        queries = AudienceQueries(catalog, self.athena, 60)
        s3 = self.athena.s3
        self.builder = BuildSegments(
            builds=self.builds,
            athena=self.athena,
            results=QueryResults(s3),
            files=BuildFiles(s3, BUCKET),
            counting=Counting(catalog, queries, FiguresReader(dynamodb, PROFILES_TABLE)),
            lag=LAG,
            now=lambda: self.now,
        )

    def happens(self, name, *strands, day="2026-11-22"):
        for strand in strands:
            event = self.make_event(name, at=NOON - timedelta(days=1))
            self.athena.lake.add(EVENTS, [event_row(strand, event.to_json())], day)

    def defines(self, kind, definition_id, body, build):
        edit = CatalogWriter(self.dynamodb, CATALOG_TABLE, lambda: NOON).edit(WS)
        edit.put(Definition(kind=kind, definition_id=definition_id, body=body, build=build))
        edit.commit()

    def segment(self, segment_id, build, condition=PAYERS):
        body = {"segment_id": segment_id, "title": segment_id, "condition": condition}
        self.defines("SEGMENT", segment_id, to_text(body), build)

    def tally(self, noun, subject, members):
        key = keys.tally(WS, noun, subject, "p1")
        row = {**key._asdict(), "members": members}
        self.dynamodb.put_item(TableName=PROFILES_TABLE, Item=to_item(row))

    def begins(self, number):
        build = Build(
            number=number,
            subject="SEGMENT",
            definition_id="payers",
            announced=False,
            requested_at=self.now,
        )
        return self.builds.add(WS, build)

    def batches(self, answer):
        body = self.athena.s3.get_object(Bucket=answer["bucket"], Key=answer["key"])["Body"]
        return json.loads(body.read())


@pytest.fixture
def world(dynamodb, make_event):
    return World(dynamodb, make_event)


def test_everybody_is_listed_in_batches_of_a_hundred(world):
    people = {f"s{number:03d}" for number in range(205)}
    world.happens("look", *people)
    world.begins(3)

    answer = world.builder.people(WS, 3)

    found = world.batches(answer)
    assert sorted(map(len, found)) == [5, 100, 100]
    assert {each for batch in found for each in batch} == people
    assert answer["batches"] == 3
    assert answer["superseded"] is False
    assert answer["late_at"] == "2026-11-22T12:15:00.000Z"
    build = world.builds.load(WS, 3)
    assert (build.stage, build.people, build.batches) == ("judging", 205, 3)


def test_a_newer_build_does_the_work_of_an_older_one(world):
    world.happens("look", "s1")
    world.begins(3)
    world.begins(12)

    assert world.builder.people(WS, 3)["superseded"] is True
    older = world.builds.load(WS, 3)
    assert (older.stage, older.superseded_by, older.is_over) == ("superseded", 12, True)
    assert world.athena.asked == [], "nobody was listed for it"
    assert world.builder.people(WS, 12)["batches"] == 1


def test_latecomers_are_those_of_whom_something_arrived_since(world):
    world.happens("look", "early", day="2026-11-20")
    world.begins(3)
    world.builder.people(WS, 3)
    world.happens("look", "late")
    world.now += LAG

    answer = world.builder.latecomers(WS, 3)

    assert world.batches(answer) == [["late"]]
    build = world.builds.load(WS, 3)
    assert (build.stage, build.people, build.late_people) == ("latecomers", 1, 1)


def test_nobody_at_all_is_no_batch(world):
    world.begins(3)
    answer = world.builder.people(WS, 3)
    assert (answer["batches"], world.batches(answer)) == (0, [])


def test_a_report_holds_sql_against_the_tallies(world):
    world.segment("payers", 3)
    world.segment("old", 2)
    world.happens("pay", "s1", "s2")
    world.happens("look", "s3")
    world.tally("SEGMENT", "payers", 1)
    world.begins(2)
    world.builds.put(WS, Build(**{**as_row(world.builds.load(WS, 2)), "stage": "done"}))
    world.begins(3)

    world.builder.report(WS, 3)

    build = world.builds.load(WS, 3)
    assert build.counts == (Count("SEGMENT", "payers", "members", 2, 1),)
    assert [one.difference for one in build.counts] == [-1]
    assert (build.stage, build.counted_at, build.finished_at) == ("done", NOON, NOON)


def as_row(build):
    return {name: getattr(build, name) for name in Build.__dataclass_fields__}


def test_what_was_superseded_is_in_the_report_of_the_build_that_did_its_work(world):
    for number, name in ((3, "payers"), (4, "others")):
        world.segment(name, number)
        world.begins(number)
    world.builder.people(WS, 3)

    world.builder.report(WS, 4)

    assert {one.definition_id for one in world.builds.load(WS, 4).counts} == {"payers", "others"}


def test_stages_and_values_are_counted_each(world):
    world.defines("LIFECYCLE", "default", DEFAULT_LIFECYCLE.model_dump_json(), 3)
    tag = {
        "tag_id": "class",
        "title": "Class",
        "category": "value",
        "family": "value",
        "how": {
            "type": "rule",
            "values": [{"value": "buyer", "title": "Buyer", "condition": PAYERS}],
        },
    }
    world.defines("TAG", "class", to_text(tag), 3)
    world.happens("pay", "s1")
    world.happens("look", "s2")
    world.begins(3)

    world.builder.report(WS, 3)

    counts = {(c.subject, c.name): c for c in world.builds.load(WS, 3).counts}
    assert counts["TAG", "buyer"].by_sql == 1
    assert counts["LIFECYCLE", "new"].by_sql == 2
    assert counts["LIFECYCLE", "new"].by_tally is None
    assert sum(c.by_sql for (s, _), c in counts.items() if s == "LIFECYCLE") == 2


def test_every_task_may_be_repeated(world):
    world.segment("payers", 3)
    world.happens("pay", "s1")
    world.begins(3)
    for task in (world.builder.people, world.builder.latecomers, world.builder.report):
        first = task(WS, 3)
        stored = world.builds.load(WS, 3)
        assert task(WS, 3) == first
        assert world.builds.load(WS, 3) == stored


def test_a_build_that_nobody_asked_for_is_refused(world):
    with pytest.raises(NotFoundError):
        world.builder.people(WS, 7)


def test_a_build_is_added_once(world):
    first = world.begins(3)
    world.builds.put(WS, Build(**{**as_row(first), "stage": "judging"}))
    assert world.begins(3).stage == "judging"
    assert [one.number for one in world.builds.latest(WS, 10)] == [3]
