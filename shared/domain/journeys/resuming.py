"""Resuming: an execution that starts in the middle, where its enrolment stands.

That is for those who are moved to another version, and for those whose execution has gone.
"""

from typing import Final

from shared.domain.journeys.calls import Answer, listening
from shared.domain.journeys.definition import Journey
from shared.domain.journeys.enrolment import Enrolment

MOVED: Final = "-MOVED"
"""How the name of a machine for those who are moved ends; no journey's id holds capitals."""

RESUMED: Final = "resume"
"""The way that the switch in front of such a machine goes by."""


def resume_key(step: str, *, waits: bool) -> str:
    """The way to a step whose turn has come, or into the wait that was begun in it.

    No name of a step holds a colon.
    """
    return f"{step}: waits" if waits else step


def resumed(journey: Journey, enrolment: Enrolment) -> Answer:
    """What an execution that starts with this enrolment is told.

    It may be told a little late: what happened meanwhile is found by its first call, as when an
    event comes before a wait is registered.
    """
    at, clock_at, waiting = enrolment.at, enrolment.clock_at, enrolment.waiting
    ways = {RESUMED: resume_key(at, waits=waiting is not None)}
    due = waiting.due if waiting else None
    listens = listening(journey, at, clock_at, due)
    return Answer(at, ways, enrolment.decided, clock_at, due, listens)


def execution_name(machine: str, enrolment_id: str) -> str:
    """The name of an enrolment's execution on a machine, which is named by its ARN.

    Machines for those who are moved are versions of one of their own. Somebody can be moved more
    than once, each time to another version, and a name is good for one execution only. So it is
    with those who were started again: how often stands behind the ARN (`again`).
    """
    version_arn, times = _parted(machine)
    name, _, version = version_arn.split(":stateMachine:")[-1].partition(":")
    own = f"{enrolment_id}-{version or 0}" if name.endswith(MOVED) else enrolment_id
    return f"{own}-{times}" if times else own


def again(machine: str, before: str) -> str:
    """What an enrolment says of its machine when it is started once more, on `machine`.

    `before` is what it said until then.
    """
    return f"{version_of(machine)}#{times_of(before) + 1}"


def version_of(machine: str) -> str:
    """The ARN of the version of the machine, by what an enrolment says of it."""
    return _parted(machine)[0]


def times_of(machine: str) -> int:
    """How often the enrolment had to be started again."""
    return _parted(machine)[1]


def _parted(machine: str) -> tuple[str, int]:
    version_arn, _, times = machine.partition("#")
    return version_arn, int(times or 0)
