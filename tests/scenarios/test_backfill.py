"""A segment that is published reaches everybody who was there before, exactly; so does an edit."""

import json
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import httpx
import pytest

from tests.scenarios.admin import wait_for_the_day

pytestmark = pytest.mark.stack

PEOPLE = 60
WINDOW_DAYS = 7
BUILD_PATIENCE = 240.0
# Somebody's category, how much they paid, and how many days ago; and who is a member by hand.
CATEGORIES = ("shoes", "hats", "tea")


@pytest.fixture(scope="module")
def mark():
    return f"build{uuid4().hex[:8]}"


@pytest.fixture
def send(stack, write_key):
    """Send events of users, 50 in a request."""

    def send(events):
        for start in range(0, len(events), 50):
            batch = events[start : start + 50]
            answer = httpx.post(
                f"{stack.api_url}/v1/batch", json={"batch": batch}, auth=(write_key, ""), timeout=60
            )
            assert answer.json().get("accepted") == len(batch), answer.text

    return send


@pytest.fixture
def facts(stack):
    """Everything that the bus carries, as (detail type, detail), from now on."""
    sqs, events = stack.client("sqs"), stack.client("events")
    name = f"facts-{uuid4().hex[:8]}"
    url = sqs.create_queue(QueueName=name)["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"][
        "QueueArn"
    ]
    bus = stack.outputs["BusName"]
    pattern = json.dumps({"source": ["rapport"]})
    events.put_rule(Name=name, EventBusName=bus, EventPattern=pattern)
    events.put_targets(Rule=name, EventBusName=bus, Targets=[{"Id": "all", "Arn": arn}])
    found = []

    def told(kind, segment_id):
        while messages := sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages"):
            for message in messages:
                body = json.loads(message["Body"])
                found.append((body["detail-type"], body["detail"]))
                sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
        return {
            detail["profile_id"]
            for name, detail in found
            if name == kind and detail["segment_id"] == segment_id
        }

    yield told
    events.remove_targets(Rule=name, EventBusName=bus, Ids=["all"])
    events.delete_rule(Name=name, EventBusName=bus)


def order(mark, user, category, days, number=0):
    at = datetime.now(UTC) - timedelta(days=days, minutes=1)
    return {
        "type": "track",
        "event": f"{mark} order",
        "userId": f"{mark}-{user}",
        "messageId": f"{mark}-{user}-{category}-{days}-{number}",
        "timestamp": at.isoformat(),
        "properties": {"category": category, "price": 10 + user},
    }


def orders(mark):
    """One order each: the category and the day follow from the number of the person."""
    return [order(mark, n, CATEGORIES[n % 3], days=n % 10) for n in range(PEOPLE)]


def by_hand(category):
    """Who is a member, written down without any of the product's code."""
    return {n for n in range(PEOPLE) if CATEGORIES[n % 3] == category and n % 10 < WINDOW_DAYS}


def segment(mark, category):
    return {
        "title": f"Bought {category} lately",
        "condition": {
            "type": "event",
            "event": f"{mark} order",
            "where": [{"property": "category", "operator": "equals", "value": category}],
            "within_days": WINDOW_DAYS,
        },
    }


def build_of(admin, answer):
    """Wait until a build is over, or done by a newer one; gives what it came to."""
    number = answer["build"]

    def over():
        build = admin.call("GET", f"/builds/{number}")["build"]
        assert build["status"] != "failed", build
        return build["status"] in ("done", "superseded")

    admin.until(over, BUILD_PATIENCE)
    return admin.call("GET", f"/builds/{number}")["build"]


def ids_of(admin, mark, users):
    return {admin.profile("user_id", f"{mark}-{n}")["profile_id"] for n in users}


def members_by_sql(admin, segment_id):
    answer = admin.http.get(f"/segments/{segment_id}/members", params={"limit": "200"}).json()
    return set(answer["profile_ids"])


def members_by_rows(admin, mark, segment_id):
    found = set()
    for n in range(PEOPLE):
        profile = admin.profile("user_id", f"{mark}-{n}", limit="1")
        for each in profile["memberships"]:
            if each["segment_id"] == segment_id and each["member"]:
                found.add(profile["profile_id"])
    return found


def test_who_was_there_before_is_in_a_new_segment_and_leaves_it_by_an_edit(
    admin, send, mark, facts
):
    wait_for_the_day(UTC)
    send(orders(mark))
    everybody = f"SELECT count(*) AS n FROM people_events WHERE name = '{mark} order'"

    def arrived():
        return admin.call("POST", "/lake/query", {"sql": everybody})["rows"] == [{"n": str(PEOPLE)}]

    admin.until(arrived)
    wanted = ids_of(admin, mark, by_hand("shoes"))

    # What an estimate says before anything is saved is what comes of it.
    asked = {"condition": segment(mark, "shoes")["condition"]}
    assert admin.call("POST", "/segments/estimate", asked)["people"] == len(wanted)

    segment_id = f"{mark}-lately"
    put = admin.call("PUT", f"/segments/{segment_id}?backfill=announce", segment(mark, "shoes"))
    # Somebody who was no member becomes one, and members buy again, while the build runs.
    joining = next(n for n in range(PEOPLE) if n not in by_hand("shoes"))
    again = sorted(by_hand("shoes"))[:5]
    send([order(mark, joining, "shoes", 0, 1), *(order(mark, n, "shoes", 0, 1) for n in again)])
    build = build_of(admin, put)
    wanted |= ids_of(admin, mark, [joining])
    admin.until(lambda: members_by_rows(admin, mark, segment_id) == wanted)
    admin.until(lambda: members_by_sql(admin, segment_id) == wanted)
    assert admin.call("GET", f"/segments/{segment_id}")["members"] == len(wanted)
    assert build["status"] == "done"
    assert build["people"] >= PEOPLE
    (count,) = [one for one in build["counts"] if one["definition_id"] == segment_id]
    # Whoever joins while it is built is counted by then, or some moments later.
    assert len(wanted) - 1 <= count["by_tally"] <= len(wanted)
    admin.until(lambda: facts("SegmentEntered", segment_id) == wanted)

    # A new title is no new meaning.
    renamed = segment(mark, "shoes") | {"title": "Shoes"}
    assert admin.call("PUT", f"/segments/{segment_id}", renamed)["build"] == put["build"]

    # Another meaning: those who no longer match leave, others enter, and nobody is told.
    edited = admin.call("PUT", f"/segments/{segment_id}", segment(mark, "hats"))
    assert build_of(admin, edited)["status"] == "done"
    hats = ids_of(admin, mark, by_hand("hats"))
    admin.until(lambda: members_by_rows(admin, mark, segment_id) == hats)
    assert members_by_sql(admin, segment_id) == hats
    assert admin.call("GET", f"/segments/{segment_id}")["members"] == len(hats)
    assert facts("SegmentExited", segment_id) == set()
    assert facts("SegmentEntered", segment_id) == wanted


def test_audiences_are_compared_listed_and_exported(admin, mark):
    shoes, hats = segment(mark, "shoes")["condition"], segment(mark, "hats")["condition"]
    told = admin.call(
        "POST", "/audiences/overlap", {"audiences": [{"condition": shoes}, {"condition": hats}]}
    )
    assert told["union"] == told["audiences"][0]["people"] + told["audiences"][1]["only"]

    admin.call("PUT", f"/lists/{mark}-list", {"title": "Hats"})
    asked = admin.call("POST", f"/lists/{mark}-list/snapshot", {"condition": hats})["audience"]

    def written(audience):
        found = admin.call("GET", f"/audiences/{audience['audience_id']}")["audience"]
        assert found["status"] != "failed", found
        return found if found["status"] == "done" else None

    admin.until(lambda: written(asked) is not None)
    members = told["audiences"][1]["people"]
    assert written(asked)["written"] == members
    on_list = {"condition": {"type": "list", "list_id": f"{mark}-list"}}

    def counted():
        return admin.call("POST", "/segments/estimate", on_list)["people"] == members

    admin.until(counted)
    body = {"list_id": f"{mark}-list", "format": "jsonl", "fields": ["user_id"]}
    export = admin.call("POST", "/audiences/export", body)["audience"]
    admin.until(lambda: written(export) is not None)
    lines = httpx.get(written(export)["url"], timeout=60).text.splitlines()
    users = {user for line in lines for user in json.loads(line)["user_id"]}
    assert users == {f"{mark}-{n}" for n in by_hand("hats")}
