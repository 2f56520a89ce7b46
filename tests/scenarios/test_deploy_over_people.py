"""A deployment over a running stack: who waits in a journey goes on once, by both clocks.

Every function gets new code while people wait and while events come in. CloudFormation does it, by
templates that name other assets, as a deployment of another version would.
"""

import io
import json
import time
import zipfile
from collections import Counter
from uuid import uuid4

import pytest
import segment.analytics.client as segment

from infra.local import assembly, deployment
from infra.local.stack import ENGINE_STACK
from tests.scenarios.two_mails import two_mails

pytestmark = [pytest.mark.stack, pytest.mark.nightly]

PEOPLE = 8
CLOCKS = ("step_functions", "due_index")
MARK = "shared/version_of_this_deployment.py"

# A day takes half a minute: long enough to be waiting while a deployment comes over it.
DEFINITIONS = two_mails(
    "upgraded",
    *({"journey_id": f"upgraded-{clock.replace('_', '-')}", "clock": clock} for clock in CLOCKS),
    time_scale=2_880,
)


def test_who_waits_while_another_version_is_deployed_goes_on_once(stack, admin, write_key):
    admin.apply(*DEFINITIONS)
    run = uuid4().hex[:8]
    people = [f"upgraded-{run}-{number}" for number in range(PEOPLE)]
    client = segment.Client(write_key, host=stack.api_url)
    for user_id in people[: PEOPLE // 2]:
        visit(client, user_id)
    client.flush()
    admin.until(lambda: all(waits(admin, each) for each in people[: PEOPLE // 2]))

    before = code_of_functions(stack)
    for user_id in people[PEOPLE // 2 :]:  # these are on their way while the code changes
        visit(client, user_id)
    client.flush()
    deploy_again(stack)
    after = code_of_functions(stack)
    assert all(after[name] != before[name] for name in before), "not every function is new"

    try:
        admin.until(lambda: all(is_over(admin, each) for each in people))
    except AssertionError:
        raise AssertionError([standing(admin, each) for each in people]) from None
    mails = Counter(
        person for person in people for mail in stack.emails() if f"{person}@" in str(mail)
    )
    for user_id in people:
        story = admin.profile("user_id", user_id)
        sent = Counter(
            (each["journey_id"], each["step"], each["status"]) for each in story["messages"]
        )
        assert sent == {
            (f"upgraded-{clock.replace('_', '-')}", step, "sent"): 1
            for clock in CLOCKS
            for step in ("first", "second")
        }
        assert mails[user_id] == 2 * len(CLOCKS)
        assert {one["reason"] for one in story["enrolments"]} == {"completed"}
    client.shutdown()


def visit(client, user_id):
    client.identify(
        user_id,
        {"email": f"{user_id}@example.com", "first_name": user_id},
        context={"consent": {"categoryPreferences": {"marketing": True}}},
    )
    client.track(user_id, "upgraded visit", {})


def enrolments(admin, user_id):
    answer = admin.http.get("/profiles", params={"kind": "user_id", "value": user_id})
    return answer.json()["profile"]["enrolments"] if answer.is_success else []


def waits(admin, user_id):
    found = enrolments(admin, user_id)
    return len(found) == len(CLOCKS) and all(
        one["trace"][-1]["decision"] == "waiting" for one in found
    )


def is_over(admin, user_id):
    found = enrolments(admin, user_id)
    if len(found) < len(CLOCKS) or any(one["status"] == "active" for one in found):
        return False
    messages = admin.profile("user_id", user_id)["messages"]
    return len(messages) == 2 * len(CLOCKS) and all(
        one["status"] in ("sent", "unknown", "rejected", "suppressed") for one in messages
    )


def standing(admin, user_id):
    """Where somebody stands, to be read where they stand still."""
    traces = {
        one["journey_id"]: [entry["decision"] for entry in one["trace"]]
        for one in enrolments(admin, user_id)
    }
    messages = admin.profile("user_id", user_id)["messages"]
    return user_id, traces, [(one["step"], one["status"]) for one in messages]


def functions_of(stack):
    resources = stack.client("cloudformation").describe_stack_resources(StackName=ENGINE_STACK)
    return [
        each["PhysicalResourceId"]
        for each in resources["StackResources"]
        if each["ResourceType"] == "AWS::Lambda::Function"
    ]


def code_of_functions(stack):
    client = stack.client("lambda")
    return {
        name: client.get_function_configuration(FunctionName=name)["CodeSha256"]
        for name in functions_of(stack)
    }


def deploy_again(stack):
    """Update the stack of the engine by a template whose functions have other assets."""
    assembled, s3 = assembly.synthesize(), stack.client("s3")
    template = json.loads((assembled / f"{ENGINE_STACK}.template.json").read_text())
    bucket = deployment._bucket()
    for resource in template["Resources"].values():
        if resource["Type"] == "AWS::Lambda::Function":
            code = resource["Properties"]["Code"]
            code["S3Key"] = remade(s3, bucket, code["S3Key"])
    key = "again.template.json"
    s3.put_object(Bucket=bucket, Key=key, Body=json.dumps(template).encode())
    cloudformation = stack.client("cloudformation")
    cloudformation.update_stack(
        StackName=ENGINE_STACK,
        TemplateURL=f"https://s3.{deployment.REGION}.amazonaws.com/{bucket}/{key}",
        Capabilities=["CAPABILITY_IAM", "CAPABILITY_NAMED_IAM"],
    )
    while True:
        status = cloudformation.describe_stacks(StackName=ENGINE_STACK)["Stacks"][0]["StackStatus"]
        if not status.endswith("_IN_PROGRESS"):
            break
        time.sleep(0.2)
    assert status == "UPDATE_COMPLETE", status


def remade(s3, bucket, key):
    """The same asset with one more file, under a name of its own."""
    body = s3.get_object(Bucket=bucket, Key=key)["Body"].read()
    packed = io.BytesIO(body)
    with zipfile.ZipFile(packed, "a") as archive:
        archive.writestr(MARK, f'"""Deployed again."""\n\nVERSION = "{key[:8]}"\n')
    again = f"again-{key}"
    s3.put_object(Bucket=bucket, Key=again, Body=packed.getvalue())
    return again
