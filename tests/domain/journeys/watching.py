"""A journey that watches and rests, its newer version, and somebody who waits in it."""

from datetime import timedelta

from shared.domain.journeys.ports import TaskToken
from shared.domain.journeys.stimulus import Perform
from tests.domain.journeys.ledgered import REF, begun
from tests.domain.journeys.memory import NOON, happened, journey

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
PAID = happened("paid", NOON + HOUR, fact_id="p")
WATCH = {
    "type": "wait_for",
    "name": "watch",
    "events": [{"event": "paid"}, {"event": "seen"}],
    "timeout": "P1D",
}
SHORTER = {**WATCH, "events": [{"event": "seen"}, {"event": "asked"}], "timeout": "P2D"}
THANK = {"type": "send", "name": "thank", "template_id": "a"}
REST = {"type": "wait", "name": "rest", "duration": "P9D"}
OLD = journey(WATCH, THANK, REST, exit_on=[{"event": "left"}, {"event": "gone"}])
NEW = journey(SHORTER, THANK, REST, exit_on=[{"event": "left"}])
INDEXED = journey(SHORTER, THANK, REST, clock="due_index")
LOAD = ("load", REF)
TASK = TaskToken("t", "watch", 1)
WAITING = begun(OLD, Perform("watch"))
