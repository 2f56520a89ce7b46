"""Wherever any function on the way of a message dies, the end is that of a calm day.

The whole way is lived through once, undisturbed. Then each life is lived again from where it began,
with a fault at each call that it makes × {dies before, dies after, throttled, answer lost}, until
nothing comes again. What is in the tables then, and what was handed on, is what the calm life left;
so all lives after it are those of the calm day as well. No message is handed to a provider twice,
and no claim is left without an outcome.
"""

import json
import re
from collections.abc import Callable
from itertools import product

import pytest

from tests.crash.faults import FAULTS
from tests.crash.lives import Effect, Lived, bodies_of, live
from tests.crash.way import Point, Rows, Way, difference, told
from tests.dynamodb_local import real_one_judges

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not real_one_judges(), reason="the mock is too slow for so many lives"),
]

FUNCTIONS = (
    "ingest_events",
    "receive_callbacks",
    "merge_identity",
    "update_tags",
    "advance_journeys",
    "run_step",
    "wake_enrolments",
    "sweep_due",
    "dispatch_message",
    "perform_action",
    "record_feedback",
    "answer_links",
)
UNCLAIMED = {"deferred", "sent", "rejected", "suppressed", "unknown"}
_MADE_UP = re.compile(r'"hit_id": ?"[0-9a-f]+"')  # anew with every request
RUN = 4  # of more reads of one kind in a row, only the first and the last are tried


def shapes(points: list[Point], function: str) -> list[Point]:
    """The lives of a function, without those that make the same calls as one before."""
    found = {tuple(p.lived.calls): p for p in reversed(points) if p.life.function == function}
    return list(reversed(found.values()))


def numbers(calls: list[str]) -> list[int]:
    """The calls to disturb, from 1."""
    inside = {
        number
        for number in range(2, len(calls))
        if len(set(calls[max(0, number - RUN) : number + RUN - 1])) == 1
        and calls[number - 1] == "dynamodb.Query"
    }
    return [number for number in range(1, len(calls) + 1) if number not in inside]


def handed_on(effects: list[Effect]) -> set[tuple[str, str]]:
    return {(queue, body) for queue, body, _ in bodies_of(effects)}


def without_ids(effects: list[Effect]) -> set[tuple[str, str]]:
    return {(queue, _MADE_UP.sub("", body)) for queue, body in handed_on(effects)}


def is_opening(point: Point) -> bool:
    is_link = point.life.function == "answer_links"
    return is_link and point.life.event["requestContext"]["http"]["method"] == "GET"


def sends(lived: Lived) -> list[str]:
    return [json.dumps(asked) for name, asked in lived.effects if name.startswith(("ses", "sns"))]


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_fault_at_any_call_of_any_function_leaves_the_end_of_a_calm_day(
    way: Way, function: str, record_property: Callable[[str, object], None]
):
    lives = shapes(way.points, function)
    assert lives, "the story never comes by"
    tried = 0
    for point in lives:
        for number, fault in product(numbers(point.lived.calls), FAULTS):
            way.restore(point.before)
            lived = live(way.switch, point.life, point.at, {number: fault})
            where = f"{fault} at call {number}, {point.lived.calls[number - 1]}"
            assert_same(point, lived, way.rows(), where)
            tried += 1
    calls = sum(len(numbers(point.lived.calls)) for point in lives)
    record_property("counted", f"{tried} crash points of {function}: {calls} calls × {FAULTS}")


def assert_same(point: Point, lived: Lived, rows: Rows, where: str) -> None:
    """All is as on a calm day, unless nobody can know whether a message was sent.

    Then the message says just that, and nothing says that it was sent. What somebody opens may be
    lost, or told twice where the browser asked twice; they are led on all the same.
    """
    if is_opening(point):
        assert lived.answer["statusCode"] == point.lived.answer["statusCode"] == 302, where
        assert without_ids(lived.effects) <= without_ids(point.lived.effects), where
        found = difference(told(rows), told(point.after))
        assert all(" MSG#" in each and " hits: " in each for each in found), where
        return
    assert handed_on(lived.effects) == handed_on(point.lived.effects), where
    assert len(sends(lived)) <= len(sends(point.lived)), where
    found, expected = told(rows), told(point.after)
    messages = {key: row["status"] for key, row in found.items() if " MSG#" in key}
    assert set(messages.values()) <= UNCLAIMED, where
    if point.life.function == "dispatch_message" and "unknown" in messages.values():
        expected = {key: row for key, row in expected.items() if not is_about_sending(key)}
        found = {key: row for key, row in found.items() if not is_about_sending(key)}
    else:
        assert len(sends(lived)) == len(sends(point.lived)), where
    assert difference(found, expected) == [], where


def is_about_sending(key: str) -> bool:
    """A row that says what became of a message: its own, its event, and the count of outcomes."""
    return "MSG#" in key or "#sent:" in key or "#MESSAGE#" in key
