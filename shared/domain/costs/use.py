"""What one of each thing that a journey does takes of AWS, by each clock, as measured.

`python -m benchmarks.journey_use` measures it and prints this table anew. Transitions of Step
Functions are not in it: they are counted for each run (`transitions.py`).
"""

from collections.abc import Mapping
from typing import Final, Literal

from shared.domain.journeys.definition import ClockName

Operation = Literal["enrolment", "wait", "branch", "message", "action"]
"""A run from its beginning to its end; one wait, begun and over; one look at the person; one
message, asked for and settled by dispatch, without what the provider takes; one action."""

MEASURED_ON: Final = "2026-11-29"

USE: Final[Mapping[ClockName, Mapping[Operation, Mapping[str, float]]]] = {
    "due_index": {
        "enrolment": {
            "dynamodb_read_unit": 7.55,
            "dynamodb_write_unit": 7.3,
            "lambda_gb_second_arm64": 0.011,
            "lambda_request": 0.25,
            "sqs_request_64kb": 0.2,
        },
        "wait": {
            "dynamodb_read_unit": 0.775,
            "dynamodb_write_unit": 1.225,
            "lambda_gb_second_arm64": 0.002,
            "lambda_request": 0.075,
            "sqs_request_64kb": 0.1,
        },
        "branch": {
            "dynamodb_read_unit": 1.025,
            "lambda_gb_second_arm64": 0.004,
        },
        "message": {
            "dynamodb_read_unit": 1.3,
            "dynamodb_write_unit": 13.05,
            "lambda_gb_second_arm64": 0.007,
            "lambda_request": 0.275,
            "sqs_request_64kb": 0.5,
        },
        "action": {
            "dynamodb_read_unit": 1.025,
            "lambda_gb_second_arm64": 0.004,
            "lambda_request": 0.2,
            "sqs_request_64kb": 1.5,
        },
    },
    "step_functions": {
        "enrolment": {
            "dynamodb_read_unit": 8.55,
            "dynamodb_write_unit": 7.3,
            "lambda_gb_second_arm64": 0.012,
            "lambda_request": 0.25,
            "sqs_request_64kb": 0.2,
        },
        "wait": {
            "dynamodb_read_unit": 1.3,
            "dynamodb_write_unit": 1.0,
            "lambda_gb_second_arm64": 0.002,
            "lambda_request": 1.0,
        },
        "branch": {
            "dynamodb_read_unit": 2.3,
            "dynamodb_write_unit": 1.0,
            "lambda_gb_second_arm64": 0.003,
            "lambda_request": 1.0,
        },
        "message": {
            "dynamodb_read_unit": 2.825,
            "dynamodb_write_unit": 14.05,
            "lambda_gb_second_arm64": 0.009,
            "lambda_request": 1.275,
            "sqs_request_64kb": 1.4,
        },
        "action": {
            "dynamodb_read_unit": 2.275,
            "dynamodb_write_unit": 1.0,
            "lambda_gb_second_arm64": 0.008,
            "lambda_request": 1.2,
            "sqs_request_64kb": 2.4,
        },
    },
}
