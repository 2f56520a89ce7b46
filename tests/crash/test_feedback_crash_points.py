"""Wherever record_feedback dies, everything that comes back of a message counts once in the end.

Each call of a run over DynamoDB × {dies before, dies after, throttled, answer lost}, or a sample
of these over the mock, followed by deliveries until nothing comes back: events, suppressions,
consents, counts and the journey's status are those of a run that nothing disturbed.
"""

import json
import sys
from collections.abc import Callable
from itertools import product
from typing import Any

import pytest
from botocore.exceptions import BotoCoreError, ClientError

from shared.aws import keys
from shared.aws.items import to_item
from shared.domain.feedback.thresholds import subject, subjects
from shared.errors import RapportError
from tests.conftest import PROFILES_TABLE
from tests.crash.conftest import Judge
from tests.crash.faults import FAULTS, KilledError, Line
from tests.dynamodb_local import real_one_judges
from tests.functions.record_feedback.world import LATER, Back

pytestmark = pytest.mark.slow

MOST_DELIVERIES = 5
# Every so-manieth point; prime to the number of faults.
SAMPLE = 1 if real_one_judges() else 5

PIECES: dict[str, Callable[[Back], str]] = {
    "click": lambda back: back.hit().to_body(),
    "delivery": lambda back: back.ses("Delivery", "delivery", {}),
    "complaint": lambda back: back.complaint(),
}


def on_the_brink(judge: Judge) -> Back:
    """Five bounces of 99 messages: the next one pauses the journey."""
    back = Back(judge())
    under = keys.tally("default", "HEARD", subject("hello", LATER), "ada")._asdict()
    counts = {"delivered": 94, "bounced": 5}
    back.world.dynamodb.put_item(TableName=PROFILES_TABLE, Item=to_item({**under, **counts}))
    return back


def end_of(back: Back) -> dict[str, Any]:
    closed = back.world.suppressions.find("default", "email", "ada@example.com")
    counts = back.feedback.heard("default", subjects("hello", LATER))
    return {
        "events": sorted(map(json.dumps, back.events())),
        "reason": closed["reason"] if closed else None,
        "allowed": back.allowed(),
        "counts": counts,
        "message": back.world.message(back.request)["status"],
        "journey": back.journey_status(),
        "told": len({event.event_id for event in back.bus.events}),
    }


def deliver(back: Back, body: str, line: Line) -> None:
    record = back.over(line.around(back.world.dynamodb))
    for _ in range(MOST_DELIVERIES):
        try:
            record.take(body)
        except (KilledError, RapportError, ClientError, BotoCoreError):
            record = back.over(line.around(back.world.dynamodb))
            continue
        return
    raise AssertionError("it came back again and again")


@pytest.mark.parametrize("name", PIECES)
def test_a_crash_anywhere_loses_nothing_and_counts_nothing_twice(judge: Judge, name: str):
    back = Back(judge())
    line = Line()
    deliver(back, PIECES[name](back), line)
    wanted = end_of(back)
    assert wanted["events"]
    points = list(product(range(1, len(line.calls) + 1), FAULTS))[::SAMPLE]
    for number, fault in points:
        back = Back(judge())
        body = PIECES[name](back)
        deliver(back, body, Line({number: fault}))
        deliver(back, body, Line())  # queues repeat
        assert end_of(back) == wanted, (number, line.calls[number - 1], fault)
    sys.stdout.write(f"{name}: {len(points)} crash points\n")


def test_a_journey_is_paused_whatever_happens_on_the_way(judge: Judge):
    probe = on_the_brink(judge)
    line = Line()
    deliver(probe, probe.bounce("Permanent", 1_000), line)
    assert probe.journey_status() == "paused"
    for fault in FAULTS:
        back = on_the_brink(judge)
        assert back.journey_status() == "published"
        last = len(line.calls)  # the commit that pauses it
        deliver(back, back.bounce("Permanent", 1_000), Line({last: fault}))
        assert back.journey_status() == "paused"
        assert {event.reason for event in back.bus.events} == {"too_many_bounces"}
