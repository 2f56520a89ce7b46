"""What somebody in a broadcast costs in calls, before the event goes the way of all events."""

from collections import Counter

import pytest

from functions.run_broadcasts.asking import AT_ONCE
from shared.aws import session
from shared.domain.broadcasts.model import BATCH
from tests.conftest import PROFILES_TABLE
from tests.crash.faults import Line
from tests.functions.run_broadcasts.world import BUCKET, World, put_people

MANY = [f"p{number:03d}" for number in range(100)]
CHUNKS = len(MANY) // AT_ONCE
UNIT = 1_024


@pytest.mark.parametrize("rate", [0, 1_000])
def test_what_asking_somebody_costs(dynamodb, rate):
    """One write for the event, and two for each 25 people to say how far it is; reads of profiles.

    A rate is one more write for each 25, else that is a read.
    """
    assert (AT_ONCE, BATCH) == (25, 500)
    session.client("s3").create_bucket(Bucket=BUCKET)
    put_people(dynamodb, MANY)
    line = Line()
    world = World(dynamodb, session.client("s3"), MANY, around=line.around)
    world.begin(rate=rate)
    while world.machine_step() != "gather":
        pass
    answer = world.next()
    (which,) = world.slices(answer)
    before = len(line.calls)
    world.ask(which)

    counts = Counter(line.calls[before:])
    assert counts["put_item"] == len(MANY) + 2 * CHUNKS
    assert counts["batch_get_item"] == CHUNKS  # a read unit a person
    # A minute that nobody was counted in yet is tried as the one before at first.
    assert counts["update_item"] == (CHUNKS + 1 if rate else 0)
    assert counts["get_item"] == 2 + (0 if rate else CHUNKS)  # the broadcast and the batch
    assert counts["get_object"] == 1
    assert set(counts) <= {"put_item", "batch_get_item", "update_item", "get_item", "get_object"}


def test_the_event_by_which_somebody_is_asked_is_one_write_unit(dynamodb):
    session.client("s3").create_bucket(Bucket=BUCKET)
    people = [f"{number:032x}" for number in range(3)]
    put_people(dynamodb, people)
    world = World(dynamodb, session.client("s3"), people)
    name = "a-journey-of-a-long-name-20261122-120000"
    world.begin(journey_id=name)
    world.play()
    rows = dynamodb.scan(TableName=PROFILES_TABLE)["Items"]
    sizes = [
        sum(len(key) + len(next(iter(value.values()))) for key, value in row.items())
        for row in rows
        if row["sk"]["S"].startswith("EVT#")
    ]
    assert len(sizes) == len(people)
    assert max(sizes) < UNIT
