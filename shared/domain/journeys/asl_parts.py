"""The states that journeys compile to, as Amazon States Language data."""

from collections.abc import Mapping
from typing import Any, Final

State = dict[str, Any]

# No step can have such a name: step names hold no colon.
RESUME: Final = "journey: resume"
COMPLETED: Final = "journey: completed"
OVER: Final = "journey: over"
FAILED: Final = "journey: failed"

ENDINGS: Final[dict[str, State]] = {
    COMPLETED: {"Type": "Succeed"},
    OVER: {"Type": "Succeed", "Comment": "The enrolment ended before this step; nothing is left."},
    FAILED: {
        "Type": "Fail",
        "Error": "StepFailedError",
        "Cause": "A step failed for good. Mend what the history says of it: within a day, or by "
        "`rapport reconcile`, another execution goes on from there.",
    },
}

_ANSWER: Final = ("next", "ways", "seen", "wake_at", "rest")
_RETRY: Final[list[State]] = [
    {
        "ErrorEquals": [
            "EnrolmentEndedError",
            "InvalidInputError",
            "NotFoundError",
            "PermanentError",
        ],
        "MaxAttempts": 0,
    },
    {  # everything else but a time-out: throttles, faults, conflicts and a bad deployment
        "ErrorEquals": ["States.TaskFailed"],
        "IntervalSeconds": 2,
        "BackoffRate": 2.0,
        "MaxAttempts": 8,
        "MaxDelaySeconds": 300,
        "JitterStrategy": "FULL",
    },
]
_CATCH: Final[list[State]] = [
    {"ErrorEquals": ["EnrolmentEndedError"], "ResultPath": "$.error", "Next": OVER},
    {"ErrorEquals": ["States.ALL"], "ResultPath": "$.error", "Next": FAILED},
]


def then(state: str | None) -> State:
    """The way on: to a state, or to the end."""
    return {"End": True} if state is None else {"Next": state}


def call(run_step_arn: str, step: str, action: str, following: str | None) -> State:
    """A Task that calls the function and keeps its answer."""
    return {
        "Type": "Task",
        "Resource": f"{_integrations(run_step_arn)}:lambda:invoke",
        "Parameters": {
            "FunctionName": run_step_arn,
            "Payload": {
                "enrolment.$": "$.enrolment",
                "step": step,
                "action": action,
                "seen.$": "$.answer.seen",
            },
        },
        "ResultSelector": {field + ".$": "$.Payload." + field for field in _ANSWER},
        "ResultPath": "$.answer",
        "Retry": _RETRY,
        "Catch": _CATCH,
        **then(following),
    }


def call_and_listen(run_step_arn: str, step: str, time_up: str, following: str | None) -> State:
    """A Task that lasts until somebody redeems its token, or until the time is up.

    The last call has said how long that is: who comes late has less of it left.
    """
    return {
        "Type": "Task",
        "Resource": f"{_integrations(run_step_arn)}:lambda:invoke.waitForTaskToken",
        "Parameters": {
            "FunctionName": run_step_arn,
            "Payload": {
                "enrolment.$": "$.enrolment",
                "step": step,
                "action": "listen",
                "seen.$": "$.answer.seen",
                "task_token.$": "$$.Task.Token",
            },
        },
        "TimeoutSecondsPath": "$.answer.rest",
        "ResultPath": "$.answer",
        "Retry": _RETRY,
        "Catch": [
            {"ErrorEquals": ["States.Timeout"], "ResultPath": "$.error", "Next": time_up},
            *_CATCH,
        ],
        **then(following),
    }


def wait(following: str) -> State:
    """A Wait until the instant that the last call named."""
    return {"Type": "Wait", "TimestampPath": "$.answer.wake_at", **then(following)}


def fork(key: str, ways: Mapping[str, str], otherwise: str) -> State:
    """A Choice by the way that the last call took out of a step, told under `key`.

    `ways` says which state each way leads to; where none of them was taken, go on to `otherwise`.
    """
    rules = [
        {"Variable": f"$.answer.ways.{key}", "StringEquals": way, "Next": state}
        for way, state in ways.items()
        if state != otherwise
    ]
    if not rules:
        return {"Type": "Pass", **then(otherwise)}
    return {"Type": "Choice", "Choices": rules, "Default": otherwise}


def _integrations(run_step_arn: str) -> str:
    """The prefix of service integrations in the function's own partition (`aws`, `aws-cn`)."""
    return f"arn:{run_step_arn.split(':')[1]}:states::"
