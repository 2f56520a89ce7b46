"""An execution was stopped by hand: an operator finds who stands still, and they go on, once."""

import json
from datetime import timedelta
from uuid import uuid4

import pytest
import segment.analytics.client as segment

from cli.reconcile_words import WORDS
from shared.domain.instants import format_instant, parse_instant
from tests.scenarios.operating import Operator
from tests.scenarios.people import pace_of
from tests.scenarios.two_mails import two_mails

pytestmark = pytest.mark.stack

GONE = WORDS["en"]["ExecutionsGone"]
JOURNEY = "reconciled"
DAY = 20.0  # seconds on a quiet machine: in them the execution is to be found and stopped


def test_who_stands_still_because_an_execution_was_stopped_goes_on_once(
    stack, admin, write_key, person
):
    scale = 86_400 / (DAY * pace_of(person))
    admin.apply(*two_mails("reconciled", {"journey_id": JOURNEY}, time_scale=scale))
    user_id = f"reconciled-{uuid4().hex[:8]}"
    client = segment.Client(write_key, host=stack.api_url)
    client.identify(
        user_id,
        {"email": f"{user_id}@example.com", "first_name": "Ada"},
        context={"consent": {"categoryPreferences": {"marketing": True}}},
    )
    client.track(user_id, "reconciled visit", {})
    client.shutdown()
    admin.until(lambda: enrolment(admin, user_id).get("decided") == "waiting")
    assert stop_executions(stack, admin) == 1
    make_old(stack, len(enrolment(admin, user_id)["trace"]))

    operator = Operator(stack)
    admin.until(lambda: "1" in found(operator, "--dry-run"))
    assert enrolment(admin, user_id)["decided"] == "waiting", "looking changes nothing"
    assert found(operator) == ["1", "1", "0"]
    admin.until(lambda: enrolment(admin, user_id)["status"] == "completed")
    assert found(operator, "--dry-run") == []
    admin.until(lambda: sent(admin, user_id) == ["first", "second"])
    mails = [mail for mail in stack.emails() if f"{user_id}@" in str(mail)]
    assert len(mails) == 2
    assert hourly(stack).get("ExecutionsGone") is None, "the walk of the hours finds nobody"


def enrolment(admin, user_id):
    """How the enrolment stands, and its last decision; empty while there is none."""
    if not admin.known("user_id", user_id):
        return {}
    every = admin.profile("user_id", user_id)["enrolments"]
    return next(({**one, "decided": one["trace"][-1]["decision"]} for one in every), {})


def sent(admin, user_id):
    messages = admin.messages(user_id)
    return sorted(one["step"] for one in messages if one["status"] == "sent")


def stop_executions(stack, admin):
    """Stop whatever runs on the journey's machine, as somebody can in the AWS console."""
    journeys = admin.call("GET", "/journeys")["journeys"]
    (machine,) = [
        one["state_machine_arn"] for one in journeys if one["journey"]["journey_id"] == JOURNEY
    ]
    states = stack.client("stepfunctions")
    whole = machine.rpartition(":")[0] if machine.count(":") > 6 else machine
    running = states.list_executions(stateMachineArn=whole, statusFilter="RUNNING")["executions"]
    for one in running:
        states.stop_execution(executionArn=one["executionArn"])
    return len(running)


def make_old(stack, decisions):
    """Let the decision be 20 minutes old: a first execution has 15 whoever asks, at any scale."""
    dynamodb, table = stack.client("dynamodb"), stack.outputs["ProfilesTable"]
    pages = dynamodb.get_paginator("scan").paginate(
        TableName=table,
        FilterExpression="begins_with(sk, :enrolments) AND journey_id = :journey AND #s = :active",
        ExpressionAttributeNames={"#s": "status"},
        ExpressionAttributeValues={
            ":enrolments": {"S": "ENR#"},
            ":journey": {"S": JOURNEY},
            ":active": {"S": "active"},
        },
    )
    (row,) = (item for page in pages for item in page["Items"])
    at = format_instant(parse_instant(row["decided_at"]["S"]) - timedelta(minutes=20))
    dynamodb.update_item(
        TableName=table,
        Key={"pk": row["pk"], "sk": row["sk"]},
        UpdateExpression="SET decided_at = :at, told = :told",  # nothing of it is news
        ExpressionAttributeValues={":at": {"S": at}, ":told": {"N": str(decisions)}},
    )


def hourly(stack):
    """What the rule of every hour would have found."""
    client = stack.client("lambda")
    names = [each["FunctionName"] for each in client.list_functions()["Functions"]]
    (name,) = [each for each in names if "MendWaits" in each]
    answer = client.invoke(FunctionName=name, Payload=b"{}")
    assert "FunctionError" not in answer
    return json.loads(answer["Payload"].read())


def found(operator, *options):
    """What an operator is told of executions that have gone: found, mended, left."""
    said = operator.says("reconcile", "--late", 0, *options)
    rows = [line.removeprefix(GONE).split() for line in said.splitlines() if GONE in line]
    return rows[0] if rows else []
