"""Looks for what names people in all places where nobody may be named.

Logs cannot be taken back when somebody is erased, and names of executions, metrics, alarms, queue
attributes, object keys and URLs are seen by whoever operates the account. So at the end of every
run on a stack all identifiers that anybody came with are looked for in all of these.
"""

import json
import re
from collections.abc import Callable, Iterable, Iterator
from typing import Any, Final
from urllib.parse import unquote

from shared.aws.items import from_item
from tests.scenarios.remains import log_lines, spellings

# Shorter texts stand in places by chance; names such as Ann do, too, whoever they are of.
SHORTEST: Final = 8
_IDS: Final = ("user_id", "anonymous_id", "previous_id")
_TRAITS: Final = ("email", "phone", "name", "last_name", "unionid", "openid", "address")
_ADDRESS: Final = re.compile(r"""https?://[^\s"'<>)\\]+""")

Place = tuple[str, bytes]
"""Where something stands, and what stands there."""


def people_of(client: Callable[[str], Any], tables: Iterable[str]) -> set[str]:
    """What names anybody in these tables: identifiers, addresses, names and numbers."""
    found: set[str] = set()
    for table in tables:
        for page in client("dynamodb").get_paginator("scan").paginate(TableName=table):
            for item in page["Items"]:
                found.update(_named_in(from_item(item)))
    return {text for text in found if len(text) >= SHORTEST and not text.isspace()}


def _named_in(row: dict[str, Any]) -> Iterator[str]:
    if row["sk"].startswith("EVT#") and isinstance(row.get("body"), str):
        event = json.loads(row["body"])
        yield from _texts(event.get(name) for name in _IDS)
        yield from _texts(event.get("traits", {}).get(name) for name in _TRAITS)
    elif row["sk"] == "PROFILE":
        traits = json.loads(row.get("traits", "{}"))
        yield from _texts(traits.get(name, {}).get("value") for name in _TRAITS)
        yield from _texts([row.get("user_id")])


def _texts(values: Iterable[Any]) -> Iterator[str]:
    return (value for value in values if isinstance(value, str))


def leaks(texts: Iterable[str], places: Iterable[Place]) -> list[str]:
    """Where one of the texts stands, however it is spelt: raw, as JSON, URL, Base64 or hex."""
    wanted = {
        spelling: text
        for text in texts
        for spelling in spellings(text)
        if len(spelling) >= SHORTEST
    }
    if not wanted:
        return []
    # By what they begin with, so that each place is looked through once, however many there are.
    beginnings: dict[bytes, list[bytes]] = {}
    for spelling in sorted(wanted, key=len, reverse=True):
        beginnings.setdefault(spelling[:SHORTEST], []).append(spelling)
    return sorted(
        {f"{where}: {wanted[hit]}" for where, data in places for hit in _hits(data, beginnings)}
    )


def _hits(data: bytes, beginnings: dict[bytes, list[bytes]]) -> Iterator[bytes]:
    """At each place the longest of the spellings that stands there."""
    for place in range(len(data) - SHORTEST + 1):
        for spelling in beginnings.get(data[place : place + SHORTEST], ()):
            if data.startswith(spelling, place):
                yield spelling
                break


def places_of(stack: Any) -> Iterator[Place]:
    """Everything in a stack that may name nobody."""
    looks = (
        *(_logs, _executions, _metrics, _alarms, _queues, _object_keys),
        *(_functions, _links, _machines),
    )
    for look in looks:
        yield from look(stack)


def _logs(stack: Any) -> Iterator[Place]:
    """All lines of all functions, in which metrics stand, too."""
    return log_lines(stack.client("logs"))


def _executions(stack: Any) -> Iterator[Place]:
    """Names, inputs and histories of all executions."""
    states = stack.client("stepfunctions")
    for machine in states.list_state_machines()["stateMachines"]:
        pages = states.get_paginator("list_executions")
        for page in pages.paginate(stateMachineArn=machine["stateMachineArn"]):
            for run in page["executions"]:
                yield f"name of an execution of {machine['name']}", run["executionArn"].encode()


def _machines(stack: Any) -> Iterator[Place]:
    for machine in stack.client("stepfunctions").list_state_machines()["stateMachines"]:
        yield "name of a state machine", machine["name"].encode()


def _metrics(stack: Any) -> Iterator[Place]:
    """Names and dimensions, whatever has written them."""
    for page in stack.client("cloudwatch").get_paginator("list_metrics").paginate():
        for metric in page["Metrics"]:
            yield f"metric {metric['MetricName']}", _written(metric)


def _alarms(stack: Any) -> Iterator[Place]:
    for page in stack.client("cloudwatch").get_paginator("describe_alarms").paginate():
        for alarm in [*page.get("MetricAlarms", ()), *page.get("CompositeAlarms", ())]:
            yield f"alarm {alarm['AlarmName']}", _written(alarm)


def _queues(stack: Any) -> Iterator[Place]:
    """Names and attributes of queues, and all of what waits in them but the bodies."""
    sqs = stack.client("sqs")
    for url in sqs.list_queues().get("QueueUrls", []):
        attributes = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
        yield f"queue {url}", _written([url, attributes])
        answer = sqs.receive_message(
            QueueUrl=url,
            MaxNumberOfMessages=10,
            VisibilityTimeout=0,
            AttributeNames=["All"],
            MessageAttributeNames=["All"],
        )
        for message in answer.get("Messages", []):
            beside = {name: value for name, value in message.items() if name != "Body"}
            yield f"attributes of a message of {url}", _written(beside)


def _object_keys(stack: Any) -> Iterator[Place]:
    s3 = stack.client("s3")
    for bucket in s3.list_buckets()["Buckets"]:
        for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket["Name"]):
            for one in page.get("Contents", []):
                yield f"key of an object of {bucket['Name']}", unquote(one["Key"]).encode()


def _functions(stack: Any) -> Iterator[Place]:
    for page in stack.client("lambda").get_paginator("list_functions").paginate():
        for one in page["Functions"]:
            yield f"settings of {one['FunctionName']}", _written(one.get("Environment", {}))


def _links(stack: Any) -> Iterator[Place]:
    """The addresses in emails that lead to us: they stand in the log of whoever passes them on."""
    for email in stack.emails():
        for link in _ADDRESS.findall(f"{email.get('BodyText', '')} {email.get('BodyHtml', '')}"):
            if link.startswith(stack.api_url):
                yield "link of an email", unquote(link).encode()


def _written(data: Any) -> bytes:
    return json.dumps(data, default=str, ensure_ascii=False).encode()
