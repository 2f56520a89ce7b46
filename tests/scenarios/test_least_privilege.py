"""No role may do more than a run of all scenarios needs, and each statement is really enforced.

The runs are those of `make test`, of the same code, which compares them at its end; what is missing
of them is played here.
"""

import json
import os
import re
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import unquote

import httpx
import pytest

from infra.constructs.bundle import ROOT
from infra.local import assembly
from tests.scenarios.aftermath import LOOK_BACK
from tests.scenarios.privileges import (
    allowing,
    denied,
    gathered,
    judge,
    misplaced,
    roles_of,
    unexplained,
)

pytestmark = pytest.mark.nightly

HERE = Path(__file__).parent
POLLS = (
    "sqs:ChangeMessageVisibility sqs:DeleteMessage sqs:GetQueueAttributes sqs:GetQueueUrl"
    " sqs:ReceiveMessage"
)
# What the emulator does by itself, where in an account a service does it with the role.
REASONS = {
    r"\w+: logs:CreateLogStream logs:PutLogEvents": "Lambda writes what functions say",
    rf"\w+: {POLLS}": "Lambda polls the queue of a function",
    rf"\w+: {POLLS} sqs:SendMessage": "the same; who has no time left asks for the rest by it",
    r"\w+: sqs:GetQueueAttributes sqs:GetQueueUrl sqs:SendMessage": "Lambda buries rows of streams",
    r"\w+: dynamodb:ListStreams": "Lambda finds the stream of a table",
    r"\w+: dynamodb:DescribeStream dynamodb:GetRecords dynamodb:GetShardIterator": "Lambda reads",
    r"(Broadcasts|Builds|Journeys|Moves)Role: .*": "Step Functions calls for a machine",
    r"\w+: iam:PassRole": "Step Functions asks whether a machine may be given its role",
    r"LakeDeliveryRole: s3:GetBucketLocation .*": "Firehose asks before it writes",
    r"\w+: glue:GetDatabase glue:GetPartitions glue:GetTable": "Athena asks for who queries",
    r"(?!Erase)\w+: s3:GetBucketLocation s3:ListBucket": "Athena finds rows and results",
    r"(?!BuildSeg|Import)\w+: s3:AbortMultipartUpload s3:PutObject": "Athena writes results",
}
# What happens on this machine rarely or never; tests of the function play it.
RARELY = {
    r"DispatchMessageRole: sms-voice:SendTextMessage": "the emulator has no End User Messaging",
    r"(ForwardEvents|PerformAction)Role: secretsmanager:GetSecretValue": "secrets of webhooks,"
    " which call no address of this machine",
    r"PerformActionRole: dynamodb:BatchGetItem dynamodb:GetItem dynamodb:Query": "the same: where"
    " a webhook goes, and what else an action is by its definition",
    r"ManageWorkspaceRole: s3:ListBucket": "a file to import that is not there is not “forbidden”",
    r"ErasePersonRole: s3:DeleteObject s3:GetObject": "files to import that name who is erased",
    r"RecordFeedbackRole: (events:PutEvents|sqs:SendMessage)": "replies, and journeys that are"
    " paused for their bounces",
    r"ReviewIdentityRole: secretsmanager:GetSecretValue": "rules that part people or join them",
    r"RunStepRole: states:(StopExecution|SendTaskSuccess)": "a step that finds the journey ended"
    " meanwhile, or its answer there already",
    r"MendWaitsRole: (states|sqs):.*": "what stands still, or whose execution or machine has gone",
    r"MoveEnrolmentsRole: states:SendTaskSuccess": "a move that overtakes an answer",
}
# Single actions of statements that calls do need, which no call of any role needed.
ACTIONS = {
    "athena:StopQueryExecution": "a query that takes too long",
    "s3:AbortMultipartUpload": "a file that could not be finished",
    "s3:GetBucketLocation": "Athena asks for who queries",
    "sqs:ChangeMessageVisibility": "dead letters of others are given back in an erasure",
    "states:PublishStateMachineVersion": "AWS asks for it where a machine is made with a version",
}
# What only the scenarios of `make nightly` need, and which of them.
AT_NIGHT = {
    r"ReplayLakeRole: .*": "test_restore.py",
}


def reasons_of(modules):
    """The reasons that hold where these modules were played."""
    at_night = {pattern: name for pattern, name in AT_NIGHT.items() if name not in modules}
    return {**REASONS, **RARELY, **at_night}


def say(line):
    """A line that is seen although the test passes: counts that somebody may ask for."""
    sys.__stdout__.write(f"\n  {line}\n")


def is_played_by_day(module):
    """Whether `make test` plays any of a module's tests on the stack."""
    return "mark.stack" in module and not re.search(r"^pytestmark.*mark\.nightly", module, re.M)


@pytest.fixture(scope="module")
def shown():
    """What all runs have shown: the modules, and (statements, calls) of each."""
    digest = assembly.digest()
    wanted = {path.name for path in HERE.glob("test_*.py") if is_played_by_day(path.read_text())}
    modules, statements, calls = gathered(digest)
    if missing := wanted - modules:
        files = [str(HERE / name) for name in sorted(missing)]
        options = ["-n", "2", "--dist", "loadfile", "-m", "stack and not nightly"]
        kept = {name: text for name, text in os.environ.items() if not name.startswith("PYTEST")}
        subprocess.run(
            [sys.executable, "-m", "pytest", *options, *files],
            cwd=ROOT,
            env={**kept, LOOK_BACK: "1"},
        )
        modules, statements, calls = gathered(digest)
    say(f"{len(wanted & modules)} of {len(wanted)} modules played, {sum(map(len, calls))} calls")
    assert wanted <= modules, sorted(wanted - modules)
    return modules, list(zip(statements, calls, strict=True))


def test_every_statement_is_needed_or_says_for_what_it_is_there(shown):
    modules, runs = shown
    verdict = judge(runs)
    say(str(verdict))
    assert verdict.needed
    assert unexplained(verdict, reasons_of(modules)) == []


def test_every_reason_is_for_statements_that_no_call_needed(shown):
    """A reason that is used for nothing, or for what calls need, goes out of the table."""
    _, runs = shown
    verdict = judge(runs)
    assert misplaced(verdict, REASONS) == []
    everything = {one.name for one in (*verdict.needed, *verdict.shared, *verdict.unused)}
    for pattern in (*RARELY, *AT_NIGHT):
        assert any(re.fullmatch(pattern, name) for name in everything), pattern


def test_no_action_is_allowed_that_nobody_ever_calls(shown):
    """Roles share lists of actions, so a role may have one that another needs; somebody has to."""
    _, runs = shown
    called = {call["action"].lower() for _, calls in runs for call in calls}
    allowed = {action for one in judge(runs).needed for action in one.actions if "*" not in action}
    assert {action for action in allowed if action.lower() not in called} <= ACTIONS.keys()
    assert allowed >= ACTIONS.keys()


def test_nothing_was_asked_for_that_is_not_allowed(shown):
    _, runs = shown
    assert denied(call for _, calls in runs for call in calls) == []


# --- a sample is taken away for real --------------------------------------------------------------


@contextmanager
def without(stack, role, action):
    """The stack while no statement of a role allows an action."""
    iam = stack.client("iam")
    (name,) = [name for name, logical in roles_of(stack).items() if logical == role]
    kept = {}
    for policy in iam.list_role_policies(RoleName=name)["PolicyNames"]:
        document = iam.get_role_policy(RoleName=name, PolicyName=policy)["PolicyDocument"]
        document = json.loads(unquote(document)) if isinstance(document, str) else document
        kept[policy] = document
        left = [one for one in allowing(document) if action not in one["Action"]]
        assert len(left) < len(document["Statement"]), f"{role} may not {action} anyway"
        iam.put_role_policy(
            RoleName=name,
            PolicyName=policy,
            PolicyDocument=json.dumps({**document, "Statement": left}),
        )
    try:
        yield
    finally:
        for policy, document in kept.items():
            iam.put_role_policy(
                RoleName=name, PolicyName=policy, PolicyDocument=json.dumps(document)
            )


@pytest.mark.stack
def test_without_the_right_to_queue_nothing_is_taken(stack, admin, write_key):
    def send():
        event = {"type": "track", "event": "privileged", "userId": "privileged-1"}
        return httpx.post(
            f"{stack.api_url}/v1/batch", json={"batch": [event]}, auth=(write_key, ""), timeout=60
        ).status_code

    assert send() == 200
    with without(stack, "IngestEventsRole", "sqs:SendMessage"):
        assert send() >= 500
    assert send() == 200


@pytest.mark.stack
@pytest.mark.parametrize(
    ("action", "path"),
    [
        ("dynamodb:Query", "/segments"),
        ("dynamodb:GetItem", "/profiles?kind=user_id&value=privileged-1"),
    ],
)
def test_without_the_right_to_read_operators_see_nothing(stack, admin, action, path):
    admin.until(lambda: admin.http.get(path).status_code == 200)
    with without(stack, "ManageWorkspaceRole", action):
        assert admin.http.get(path).status_code >= 500
    assert admin.http.get(path).status_code == 200


@pytest.mark.stack
def test_without_the_right_to_write_people_wait_and_none_is_lost(stack, admin, write_key):
    who = "privileged-2"
    with without(stack, "MergeIdentityRole", "dynamodb:PutItem"):
        event = {"type": "track", "event": "privileged", "userId": who}
        body = {"batch": [event]}
        address = f"{stack.api_url}/v1/batch"
        assert httpx.post(address, json=body, auth=(write_key, ""), timeout=60).status_code == 200
        admin.until(lambda: any("AccessDenied" in one for one in stack.logs("merge_identity")))
        assert not admin.known("user_id", who)
    admin.until(lambda: admin.known("user_id", who))
