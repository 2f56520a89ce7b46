"""Events sent over HTTP come back by SQL, each once, with the person to whom they belong today."""

import json
from decimal import Decimal
from uuid import uuid4

import httpx
import pytest

from shared.aws.athena import Athena
from shared.aws.lake_eraser import LakeEraser
from shared.errors import InvalidInputError

pytestmark = pytest.mark.stack


@pytest.fixture
def athena(stack):
    return Athena(stack.client("athena"), stack.outputs["LakeWorkgroup"])


@pytest.fixture
def send(stack, write_key):
    """Send track events, and identify events for those that have both ids."""

    def batch(*events):
        body = [
            {
                "type": "identify" if {"userId", "anonymousId"} <= event.keys() else "track",
                "event": "lake order",
                **event,
            }
            for event in events
        ]
        answer = httpx.post(
            f"{stack.api_url}/v1/batch", json={"batch": body}, auth=(write_key, ""), timeout=60
        )
        assert answer.json()["accepted"] == len(events), answer.text

    return batch


def order(who, name, cents):
    properties = {"revenue": cents / 100, "note": name}
    return {**who, "messageId": name, "properties": properties}


def test_yesterdays_events_are_todays_persons_until_she_is_erased(stack, admin, athena, send):
    mark = f"lake-{uuid4().hex}"
    her, device = {"userId": mark}, {"anonymousId": f"{mark}-device"}

    def rows():
        return athena.query(
            "SELECT profile_id, strand_id, revenue, message_id, day FROM people_events"
            f" WHERE message_id LIKE '{mark}%' ORDER BY message_id"
        )

    browsing = [order(device, f"{mark}-{n}", 1177) for n in range(3)]
    send(*browsing, *browsing)  # each one twice
    send(*browsing[:1])
    send(order(her, f"{mark}-till", 5))
    admin.until(lambda: len(rows()) == 4)
    assert len({row["profile_id"] for row in rows()}) == 2

    send({**her, **device, "messageId": f"{mark}-login"})
    admin.until(lambda: len({row["profile_id"] for row in rows()}) == 1 and len(rows()) == 5)
    (person,) = {row["profile_id"] for row in rows()}
    assert person == admin.profile("user_id", mark)["profile_id"]
    assert len({row["strand_id"] for row in rows()}) == 2, "events stay where they were"
    assert sum(Decimal(row["revenue"]) for row in rows() if row["revenue"]) == Decimal("35.36")

    strands = {row["strand_id"] for row in rows()}
    eraser = LakeEraser(stack.client("s3"), athena, stack.outputs["LakeBucket"])
    assert eraser.erase("default", strands)
    assert rows() == []
    assert eraser.erase("default", strands) == []
    assert mark not in everything(stack)


def test_the_sum_in_sql_is_exact(athena, admin, send):
    mark = f"sum-{uuid4().hex}"
    cents = [(n * 7919) % 9_973 for n in range(200)]
    for start in range(0, 200, 50):
        numbers = range(start, start + 50)
        send(*(order({"userId": f"{mark}-{n % 9}"}, f"{mark}-{n}", cents[n]) for n in numbers))

    def figures():
        (row,) = athena.query(
            "SELECT count(*) AS orders, count(DISTINCT profile_id) AS people, sum(revenue) AS total"
            f" FROM people_events WHERE user_id LIKE '{mark}%' AND name = 'lake order'"
        )
        return row

    admin.until(lambda: figures()["orders"] == "200")
    assert figures()["people"] == "9"
    assert Decimal(figures()["total"]) == Decimal(sum(cents)) / 100

    asked = "SELECT count(*) AS n FROM people_events WHERE user_id LIKE 'sum-%'"
    assert admin.call("POST", "/lake/query", {"sql": asked})["rows"] == [{"n": "200"}]


def test_athena_speaks_trino_here_too(athena):
    assert athena.query(
        'SELECT json_extract_scalar(\'{"a": {"b": "茶"}}\', \'$.a.b\') AS tea,'
        " date_diff('day', DATE '2026-11-01', DATE '2026-11-22') AS days,"
        " (SELECT count(*) FROM people_events WHERE name = 'nobody did this') AS times"
    ) == [{"tea": "茶", "days": "21", "times": "0"}]
    with pytest.raises(InvalidInputError):
        athena.query("SELECT nothing_of_this_name FROM people_events")
    with pytest.raises(InvalidInputError):
        athena.query("SELEC 1")


def everything(stack) -> str:
    """All that lies in the bucket, as text."""
    s3, bucket = stack.client("s3"), stack.outputs["LakeBucket"]
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket)
    keys = [each["Key"] for page in pages for each in page.get("Contents", [])]
    bodies = [s3.get_object(Bucket=bucket, Key=key)["Body"].read() for key in keys]
    return json.dumps([body.decode(errors="replace") for body in bodies], ensure_ascii=False)
