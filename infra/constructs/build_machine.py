"""The state machine of builds: everybody in batches, each judged by one invocation, then a report.

Before that come the thresholds of tags that are about shares of buyers. Where some are computed
they begin a build of their own, which does the rest in place of this one.

Everybody whom the lake knows is judged at once. Whose first rows were still on their way to it is
found by a second list, when everything from before the build has arrived.
"""

from typing import Final

from aws_cdk import Stack
from constructs import Construct

from infra.constructs import standing_machine as parts
from infra.constructs.alarm import Alarms, Words
from infra.constructs.function import PythonFunction
from infra.constructs.lake import BUILDS, Lake
from infra.constructs.standing_machine import Json, StandingMachine

NAME: Final = "build-rapport"  # the machines of journeys are called rapport-…
# Functions go by definitions that are up to 5 seconds old, and the next edit is often close behind.
SETTLE_SECONDS: Final = 10
_OUTCOMES: Final = f"{BUILDS}outcomes"


class BuildMachine(StandingMachine):
    """Each of its executions is a build, named by its number."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        builder: PythonFunction,
        judge: PythonFunction,
        lake: Lake,
        concurrency: int,
        alarms: Alarms,
    ) -> None:
        """`builder` lists people and reports, `judge` judges a batch, so many at the same time."""
        super().__init__(scope, construct_id, name=NAME, of="builds", calls=[builder, judge])
        self.may("states:RedriveExecution", on=[self.arn("execution", "/*")])
        lake.let_map(self.role)
        lists, judges = builder.function.function_arn, judge.function.function_arn
        self.machine = self.make(
            _definition(lists, judges, lake.bucket.bucket_name, concurrency),
            "Judges everybody by a definition that is new or has another meaning now",
        )
        parts.alarm_when_it_ends_badly(
            self,
            self.machine,
            alarms,
            "builds",
            Words(
                "A build did not get to its end; rapport builds retry begins it again",
                "人群重算未能完成，可用 rapport builds retry 重新开始",
            ),
        )

    def let_start(self, function: PythonFunction) -> None:
        """Let a function start builds and look at them."""
        super().let_start(function)
        function.may("states:ListMapRuns", on=[self.arn("execution", ":*")])
        function.may("states:DescribeMapRun", on=[self.arn("mapRun", "/*")])


def machine_arn(stack: Stack) -> str:
    """The ARN of the machine of builds."""
    return parts.machine_arn(stack, NAME)


def _definition(builder: str, judge: str, bucket: str, concurrency: int) -> Json:
    def a_map(label: str, whom: str, then: str) -> Json:
        return _judging(judge, bucket, concurrency, label, whom, then)

    states = {
        "Settle": {"Type": "Wait", "Seconds": SETTLE_SECONDS, "Next": "ComputeThresholds"},
        "ComputeThresholds": {
            **_asking(builder, "thresholds"),
            "ResultPath": None,
            "Next": "ListEverybody",
        },
        "ListEverybody": _listing(builder, "people", "IsNewest"),
        "IsNewest": {
            "Type": "Choice",
            "Choices": [
                {"Variable": "$.people.superseded", "BooleanEquals": True, "Next": "Superseded"},
                {"Variable": "$.people.batches", "NumericGreaterThan": 0, "Next": "JudgeEverybody"},
            ],
            "Default": "WaitForLake",
        },
        "Superseded": {"Type": "Succeed"},
        "JudgeEverybody": a_map("Everybody", "people", "WaitForLake"),
        "WaitForLake": {
            "Type": "Wait",
            "TimestampPath": "$.people.late_at",
            "Next": "ListLatecomers",
        },
        "ListLatecomers": _listing(builder, "latecomers", "IsAnybodyLate"),
        "IsAnybodyLate": {
            "Type": "Choice",
            "Choices": [
                {
                    "Variable": "$.latecomers.batches",
                    "NumericGreaterThan": 0,
                    "Next": "JudgeLatecomers",
                }
            ],
            "Default": "Report",
        },
        "JudgeLatecomers": a_map("Latecomers", "latecomers", "Report"),
        "Report": {**_asking(builder, "report"), "ResultPath": None, "End": True},
    }
    return {"StartAt": "Settle", "States": states}


def _asking(function: str, task: str) -> Json:
    """A Task in which the builder does one thing."""
    payload = {"task": task, "workspace_id.$": "$.workspace_id", "build.$": "$.build"}
    return parts.call(function, payload, times=4)


def _listing(builder: str, whom: str, then: str) -> Json:
    return {
        **_asking(builder, whom),
        "ResultSelector": {
            "bucket.$": "$.Payload.bucket",
            "key.$": "$.Payload.key",
            "batches.$": "$.Payload.batches",
            "superseded.$": "$.Payload.superseded",
            "late_at.$": "$.Payload.late_at",
        },
        "ResultPath": f"$.{whom}",
        "Next": then,
    }


def _judging(judge: str, bucket: str, concurrency: int, label: str, whom: str, then: str) -> Json:
    """A Map over the batches of a file; it catches nothing, so that it can be redriven."""
    payload = {"workspace_id.$": "$.workspace_id", "profile_ids.$": "$.profile_ids"}
    return parts.map_over_file(
        label=label,
        file=f"$.{whom}",
        item={"workspace_id.$": "$.workspace_id", "profile_ids.$": "$$.Map.Item.Value"},
        step=("Judge", parts.call(judge, payload, times=6)),
        outcomes=(bucket, _OUTCOMES),
        concurrency=concurrency,
        then=then,
    )
