"""What the doctor looks at in the account: machines, queues, the due index, alarms, tables, stacks.

Each is asked by itself, so that one permission that is missing hides nothing else.
"""

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Final

from botocore.exceptions import BotoCoreError, ClientError

from cli.findings import Check, note, ok, problem
from cli.letters import DEAD_LETTERS, STACK_QUEUES, dead_letter_queues
from cli.target import Clients
from shared.aws.due_store import DueRows
from shared.domain.due.timing import DEFERRED, JUDGED, WOKEN, DueKind
from shared.release import release

DATA: Final = "RapportData"
ENGINE: Final = "RapportEngine"
STACKS: Final = (DATA, ENGINE)
ALARMS: Final = ("rapport", "Rapport")  # how the names of ours begin
LONGEST_WAIT: Final = timedelta(minutes=15)
MOST_BEHIND: Final = timedelta(minutes=3)
WORKSPACE: Final = "default"
_WHAT_IS_DUE: Final[Mapping[DueKind, str]] = {
    WOKEN: "enrolments",
    JUDGED: "people",
    DEFERRED: "messages",
}
_PERIOD: Final = timedelta(minutes=10)
_NOT_ASKED: Final = (BotoCoreError, ClientError)


def examine(account: Clients, journeys: list[dict[str, Any]], now: datetime) -> Iterator[Check]:
    """Everything about the account but mail and text messages."""
    looks: Mapping[str, Callable[[], Iterator[Check]]] = {
        "CloudFormation": partial(_stacks, account),
        "CloudFormation (Release)": partial(_release, account),
        "Lambda": partial(_functions, account),
        "Step Functions": partial(_machines, account, journeys),
        "SQS": partial(_letters, account),
        "SQS (CloudWatch)": partial(_waiting, account, now),
        "DynamoDB (due index)": partial(_clock, account, now),
        "DynamoDB (PITR)": partial(_recovery, account),
        "CloudWatch": partial(_alarms, account),
    }
    yield from each_by_itself(looks)


def each_by_itself(looks: Mapping[str, Callable[[], Iterator[Check]]]) -> Iterator[Check]:
    """What all of them find; one that AWS does not answer is a note."""
    for what, look in looks.items():
        try:
            yield from look()
        except _NOT_ASKED as error:
            yield note("not_asked", what=what, error=error)


def _stacks(account: Clients) -> Iterator[Check]:
    cloudformation = account.client("cloudformation")
    for stack in STACKS:
        status = cloudformation.describe_stacks(StackName=stack)["Stacks"][0]["StackStatus"]
        whole = status.endswith("_COMPLETE") and "ROLLBACK" not in status
        told = ok if whole else problem
        yield told("deployed" if whole else "half_deployed", stack=stack, status=status)


def _release(account: Clients) -> Iterator[Check]:
    """Whether the code that is deployed is that of this command, which knows its answers."""
    deployed = _outputs(account, ENGINE).get("Release", "")
    if deployed == release():
        yield ok("same_release", release=deployed)
    else:
        yield note("other_release", deployed=deployed or "?", own=release())


def functions_of(account: Clients) -> list[dict[str, Any]]:
    """Our functions, as Lambda describes them."""
    pages = account.client("lambda").get_paginator("list_functions").paginate()
    return [
        one
        for page in pages
        for one in page["Functions"]
        if one["FunctionName"].startswith(ENGINE)
        and one.get("Handler", "").startswith("functions.")
    ]


def _functions(account: Clients) -> Iterator[Check]:
    """All share one layer of dependencies, which each deployment that changes it makes anew."""
    ours = functions_of(account)
    if not ours:
        return
    layers = [tuple(layer["Arn"] for layer in one.get("Layers", ()))[:1] for one in ours]
    usual = max(layers, key=layers.count)
    others = [
        one["FunctionName"]
        for one, layer in zip(ours, layers, strict=True)
        if layer != usual
        or one.get("State", "Active") == "Failed"
        or one.get("LastUpdateStatus", "Successful") == "Failed"
    ]
    if others:
        yield problem("other_code", names=", ".join(sorted(others)))
    else:
        yield ok("same_code", number=len(ours))


def _machines(account: Clients, journeys: list[dict[str, Any]]) -> Iterator[Check]:
    states = account.client("stepfunctions")
    for one in journeys:
        name, arn = one["journey"]["journey_id"], one["state_machine_arn"]
        if not arn:
            continue
        try:
            states.describe_state_machine(stateMachineArn=arn)
        except states.exceptions.StateMachineDoesNotExist:
            yield problem("no_machine", name=name)
        else:
            yield ok("machine", name=name)


def _letters(account: Clients) -> Iterator[Check]:
    waiting = [one for one in dead_letter_queues(account.client("sqs")) if one.waiting]
    for one in waiting:
        code = "letters" if one.source_url else "stream_letters"
        yield problem(code, number=one.waiting, name=one.name)
    if not waiting:
        yield ok("no_letters")


def _waiting(account: Clients, now: datetime) -> Iterator[Check]:
    """The age of the oldest message of each queue, as CloudWatch has it."""
    pages = (
        account.client("sqs").get_paginator("list_queues").paginate(QueueNamePrefix=STACK_QUEUES)
    )
    urls = [url for page in pages for url in page.get("QueueUrls", []) if DEAD_LETTERS not in url]
    names = [url.rsplit("/", 1)[-1] for url in urls]
    if not names:
        return
    found = account.client("cloudwatch").get_metric_data(
        MetricDataQueries=[_oldest(place, name) for place, name in enumerate(names)],
        StartTime=now - _PERIOD,
        EndTime=now,
    )["MetricDataResults"]
    ages = {names[int(one["Id"][1:])]: max(one["Values"], default=0) for one in found}
    late = {name: age for name, age in ages.items() if age > LONGEST_WAIT.total_seconds()}
    for name, age in late.items():
        yield problem("late", name=name, minutes=round(age / 60))
    if not late:
        yield ok("prompt", minutes=LONGEST_WAIT // timedelta(minutes=1))


def _oldest(place: int, name: str) -> dict[str, Any]:
    metric = {
        "Namespace": "AWS/SQS",
        "MetricName": "ApproximateAgeOfOldestMessage",
        "Dimensions": [{"Name": "QueueName", "Value": name}],
    }
    asked = {"Metric": metric, "Period": 60, "Stat": "Maximum"}
    return {"Id": f"q{place}", "MetricStat": asked}


def _clock(account: Clients, now: datetime) -> Iterator[Check]:
    """Whether anything is due that the sweep of each minute has not sent for."""
    behind, until = False, now - MOST_BEHIND
    for kind, what in _WHAT_IS_DUE.items():
        rows = DueRows(account.client("dynamodb"), _output(account, "ProfilesTable"), kind)
        for shard, position in rows.positions(WORKSPACE).items():
            due = rows.page(WORKSPACE, shard, position, until).due
            if due:
                behind = True
                yield problem("clock_behind", kind=what, since=f"{due[0].due_at:%Y-%m-%d %H:%M}Z")
                break
    if not behind:
        yield ok("clock", minutes=MOST_BEHIND // timedelta(minutes=1))


def _recovery(account: Clients) -> Iterator[Check]:
    dynamodb = account.client("dynamodb")
    for name in ("ProfilesTable", "CatalogTable"):
        table = _output(account, name)
        found = dynamodb.describe_continuous_backups(TableName=table)
        told = found["ContinuousBackupsDescription"].get("PointInTimeRecoveryDescription", {})
        if told.get("PointInTimeRecoveryStatus") == "ENABLED":
            yield ok("pitr", table=table, days=told.get("RecoveryPeriodInDays", 35))
        else:
            yield problem("no_pitr", table=table)


def _alarms(account: Clients) -> Iterator[Check]:
    pages = (
        account.client("cloudwatch").get_paginator("describe_alarms").paginate(StateValue="ALARM")
    )
    raised = [
        one
        for page in pages
        for one in [*page.get("MetricAlarms", ()), *page.get("CompositeAlarms", ())]
        if one["AlarmName"].startswith(ALARMS)
    ]
    for one in raised:
        yield problem("alarm", name=one["AlarmName"], says=one.get("AlarmDescription", ""))
    if not raised:
        yield ok("quiet")


def _output(account: Clients, name: str) -> str:
    return _outputs(account, DATA)[name]


def _outputs(account: Clients, stack: str) -> dict[str, str]:
    found = account.client("cloudformation").describe_stacks(StackName=stack)["Stacks"][0]
    return {one["OutputKey"]: str(one["OutputValue"]) for one in found.get("Outputs", ())}
