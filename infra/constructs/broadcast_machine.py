"""The state machine of broadcasts: it asks what comes next, does it, and asks again.

An execution carries one broadcast on until it is over, paused or handed to the next execution. A
round is a Distributed Map over slices of batches; that no minute has more people than it may is up
to the function, whatever the concurrency.
"""

from typing import Final

from aws_cdk import Stack
from constructs import Construct

from infra.constructs import standing_machine as parts
from infra.constructs.alarm import Alarms, Words
from infra.constructs.function import PythonFunction
from infra.constructs.lake import BROADCASTS, Lake
from infra.constructs.standing_machine import Json, StandingMachine

NAME: Final = "broadcast-rapport"  # the machines of journeys are called rapport-…
_OUTCOMES: Final = f"{BROADCASTS}outcomes"
_IDS: Final = ("workspace_id", "broadcast_id", "run")
_FAILED: Final = {"ErrorEquals": ["States.ALL"], "ResultPath": "$.failure", "Next": "Failed"}


class BroadcastMachine(StandingMachine):
    """An execution for each time that a broadcast is begun."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        function: PythonFunction,
        lake: Lake,
        concurrency: int,
        alarms: Alarms,
    ) -> None:
        """`function` carries out every task, so many slices at the same time."""
        super().__init__(scope, construct_id, name=NAME, of="broadcasts", calls=[function])
        lake.let_map(self.role, BROADCASTS)
        called = function.function.function_arn
        self.machine = self.make(
            _definition(called, lake.bucket.bucket_name, concurrency),
            "Asks the people of a segment into a journey, at their hour and pace",
        )
        parts.alarm_when_it_ends_badly(
            self,
            self.machine,
            alarms,
            "broadcasts",
            Words(
                "A broadcast stopped by itself; rapport broadcast show says why, and "
                "rapport broadcast resume goes on",
                "群发自行停止，可用 rapport broadcast show 查看原因，"
                "用 rapport broadcast resume 继续",
            ),
        )


def machine_arn(stack: Stack) -> str:
    """The ARN of the machine of broadcasts."""
    return parts.machine_arn(stack, NAME)


def _definition(function: str, bucket: str, concurrency: int) -> Json:
    ways = {"gather": "Gather", "wait": "Wait", "ask": "Ask", "decide": "Decide"}
    states = {
        "Next": {
            **_task(function, "next"),
            "ResultSelector": {
                name: f"$.Payload.{name.removesuffix('.$')}"
                for name in ("do.$", "at.$", "bucket.$", "key.$")
            },
            "ResultPath": "$.next",
            "Next": "What",
        },
        "What": {
            "Type": "Choice",
            "Choices": [
                {"Variable": "$.next.do", "StringEquals": said, "Next": state}
                for said, state in ways.items()
            ],
            "Default": "Stopped",
        },
        "Stopped": {"Type": "Succeed"},
        "Wait": {"Type": "Wait", "TimestampPath": "$.next.at", "Next": "Next"},
        "Gather": {**_task(function, "gather"), "ResultPath": None, "Next": "Next"},
        "Decide": {**_task(function, "decide"), "ResultPath": None, "Next": "Next"},
        "Ask": _round(function, bucket, concurrency),
        "Failed": {
            **parts.call(
                function, {"task": "failed", **_ids(), "error.$": "$.failure.Error"}, times=10
            ),
            "ResultPath": None,
            "Next": "Paused",
        },
        "Paused": {
            "Type": "Fail",
            "Error": "BroadcastPaused",
            "Cause": "A task failed; the broadcast says which error it was",
        },
    }
    return {"StartAt": "Next", "States": states}


def _ids() -> dict[str, str]:
    return {f"{name}.$": f"$.{name}" for name in _IDS}


def _task(function: str, task: str) -> Json:
    """A Task in which the function does one thing."""
    return {**parts.call(function, {"task": task, **_ids()}, times=4), "Catch": [_FAILED]}


def _round(function: str, bucket: str, concurrency: int) -> Json:
    """A Map over the slices of a file; each goes on where its batch has got to."""
    which = {f"{name}.$": f"$.slice.{name}" for name in ("wave", "batch", "most")}
    ask = parts.call(function, {"task": "ask", **_ids(), **which}, times=6)
    asking = parts.map_over_file(
        label="Round",
        file="$.next",
        item={**_ids(), "slice.$": "$$.Map.Item.Value"},
        step=("AskPeople", ask),
        outcomes=(bucket, _OUTCOMES),
        concurrency=concurrency,
        then="Next",
    )
    return {**asking, "Catch": [_FAILED]}
