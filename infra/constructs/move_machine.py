"""The state machine of moves: everybody inside a journey, in parts that are walked side by side."""

from typing import Final

from constructs import Construct

from infra.constructs import standing_machine as parts
from infra.constructs.alarm import Alarms, Words
from infra.constructs.function import PythonFunction
from infra.constructs.standing_machine import Json, StandingMachine

NAME: Final = "move-rapport"  # the machines of journeys are called rapport-…
# Functions go by definitions that are up to 5 seconds old: who enters by an older version of the
# journey than the one to which people are moved has entered when the walk begins.
SETTLE_SECONDS: Final = 10


class MoveMachine(StandingMachine):
    """Each of its executions is one walk, begun by the admin API."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        mover: PythonFunction,
        concurrency: int,
        alarms: Alarms,
    ) -> None:
        """`mover` walks a part of the table, so many parts at the same time."""
        super().__init__(scope, construct_id, name=NAME, of="moves", calls=[mover])
        self.machine = self.make(
            definition(mover.function.function_arn, concurrency),
            "Counts who is inside a journey, and moves them to a newer version",
        )
        self.machine.node.add_dependency(self.role)
        parts.alarm_when_it_ends_badly(
            self,
            self.machine,
            alarms,
            "moves",
            Words(
                "A move did not get to its end; rapport journey move carries it on",
                "旅程实例的迁移未能完成，可用 rapport journey move 继续",
            ),
        )


def definition(mover: str, concurrency: int) -> Json:
    """The machine as data: settle, walk every part to its end, close the walk."""
    walk = {
        **_call(mover, "walk", {"segment.$": "$.segment"}),
        "ResultSelector": {"done.$": "$.Payload.done"},
        "ResultPath": "$.walked",
        "Next": "IsDone",
    }
    is_done = {
        "Type": "Choice",
        "Choices": [{"Variable": "$.walked.done", "BooleanEquals": True, "Next": "Done"}],
        "Default": "Walk",
    }
    parts = {
        "Type": "Map",
        "Label": "Parts",
        "MaxConcurrency": concurrency,
        "ToleratedFailureCount": 0,
        "ItemsPath": "$.segments",
        "ItemSelector": {
            "workspace_id.$": "$.workspace_id",
            "journey_id.$": "$.journey_id",
            "move.$": "$.move",
            "segment.$": "$$.Map.Item.Value",
        },
        "ItemProcessor": {
            "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"},
            "StartAt": "Walk",
            "States": {"Walk": walk, "IsDone": is_done, "Done": {"Type": "Succeed"}},
        },
        "ResultPath": None,
        "Next": "Finish",
    }
    states = {
        "Settle": {"Type": "Wait", "Seconds": SETTLE_SECONDS, "Next": "Parts"},
        "Parts": parts,
        "Finish": {**_call(mover, "finish", {}), "ResultPath": None, "End": True},
    }
    return {"StartAt": "Settle", "States": states}


def _call(mover: str, task: str, more: Json) -> Json:
    ids = {f"{name}.$": f"$.{name}" for name in ("workspace_id", "journey_id", "move")}
    return parts.call(mover, {"task": task, **ids, **more}, times=6)
