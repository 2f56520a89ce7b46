"""What one of each thing that a journey does takes of AWS, by each clock.

    python -m benchmarks.journey_use

prints the table that `shared/domain/costs/use.py` holds. It lets people through small journeys by
the handlers that ship, counts what AWS would bill, and takes the differences: messages and actions
are carried out, and what the stream tells is heard. Deliveries are left out, and so is what the
events cost that people send, and those of actions.
"""

from collections.abc import Iterator
from datetime import UTC, datetime
from importlib import import_module
from pprint import pformat
from typing import Any, Final

from benchmarks.emulated_aws import EmulatedAws, administrate, emulated_aws
from benchmarks.journeys import ENTRY, MEMORY_GB, JourneyBench
from benchmarks.meter import Meter
from shared.aws import keys
from shared.aws.enrolment_rows import enrolment_of
from shared.aws.items import to_item
from shared.domain.costs.bill import CLOCKS
from shared.domain.instants import format_instant
from shared.domain.journeys.definition import ClockName, Journey
from shared.domain.journeys.kinds import END, ExitStep, WaitStep
from shared.domain.text import to_text

PEOPLE: Final = 20
TIMES: Final = 2  # of what is measured
_PLACES: Final = 3
_DELETE_AND_RECEIVE: Final = 2
_STREAM_BATCH: Final = 100
_OUT: Final = {"type": "exit", "name": "out"}
_CITY: Final = {"type": "trait", "trait": "city", "operator": "exists"}
SHAPES: Final[dict[str, dict[str, Any]]] = {
    "enrolment": {},
    "wait": {"type": "wait", "duration": "P1D"},
    "branch": {"type": "branch", "arms": [{"when": _CITY, "next": "out"}]},
    "message": {"type": "send", "template_id": "cart"},
    "action": {"type": "update", "traits": {"level": 1}},
}


def definition(clock: ClockName, shape: str) -> dict[str, Any]:
    """A journey that does something twice, and ends."""
    step = SHAPES[shape]
    steps = [{**step, "name": f"do {times}"} for times in range(TIMES)] if step else []
    return {
        "journey_id": f"use-{clock.replace('_', '-')}-{shape}",
        "title": shape,
        "purpose": "transactional",
        "clock": clock,
        "entry": {"type": "event", "event": f"{ENTRY} {clock} {shape}", "max_age": "P30D"},
        "steps": [*steps, _OUT],
    }


class JourneyUse(JourneyBench):
    """Lets people through small journeys."""

    def __init__(self, aws: EmulatedAws, meter: Meter) -> None:
        """The environment names tables and queues; the meter is attached already."""
        super().__init__(aws, meter)
        self._heard = 0
        for name in ("dispatch_message", "perform_action", "update_tags"):
            self._handles[name] = import_module(f"functions.{name}.handler").handle
        admin = self._handles["manage_workspace"]
        for clock in CLOCKS:
            for shape in SHAPES:  # all before anybody enters: functions look only now and then
                body = definition(clock, shape)
                administrate(admin, "PUT", f"/journeys/{body['journey_id']}", body)
                administrate(admin, "POST", f"/journeys/{body['journey_id']}/publish", {})

    def _known(self) -> str:
        """Somebody with an address."""
        profile_id = super()._known()
        at = format_instant(datetime.now(UTC))
        claim = {"value": f"{profile_id}@example.com", "at": at, "source_id": "bench"}
        self._aws.client("dynamodb").update_item(
            TableName=self._table,
            Key=to_item(keys.Key(keys.person("default", profile_id), keys.PROFILE)._asdict()),
            UpdateExpression="SET traits = :traits",
            ExpressionAttributeValues=to_item({":traits": to_text({"email": claim})}),
        )
        return profile_id

    def enter(self, what: str, people: int) -> None:
        """Let so many people with an address in by the event of a journey; nobody goes on."""
        self._enter(what, [self._known() for _ in range(people)])  # type: ignore[arg-type]

    def use(self, clock: ClockName) -> dict[str, dict[str, float]]:
        """By operation, what one takes."""
        base = self._of_one(clock, "enrolment")
        found = {"enrolment": _rounded(base)}
        for shape in SHAPES:
            if shape != "enrolment":
                whole = self._of_one(clock, shape)
                parts = {name: (n - base.get(name, 0.0)) / TIMES for name, n in whole.items()}
                found[shape] = _rounded(parts)
        return found

    def _of_one(self, clock: ClockName, shape: str) -> dict[str, float]:
        journey = Journey.model_validate(definition(clock, shape))
        self._through(journey, f"{clock} {shape}", [self._known()])  # opens what is opened once
        people = [self._known() for _ in range(PEOPLE)]
        self._meter.reset()
        self._cpu.clear()
        self._through(journey, f"{clock} {shape}", people)
        self._meter.units["lambda_gb_second_arm64"] += sum(self._cpu.values()) * MEMORY_GB
        return {name: n / PEOPLE for name, n in self._meter.units.items()}

    def _through(self, journey: Journey, what: str, people: list[str]) -> None:
        self._enter(what, people)  # type: ignore[arg-type]
        if journey.clock == "due_index":
            self._wake()
        else:
            for profile_id in people:
                self._run_machine(journey, profile_id)
        self._carry_out("messages", "dispatch_message", 5)
        self._carry_out("actions", "perform_action", 5)
        self._hear_of_it()
        for profile_id in people:
            row = self._enrolment(profile_id)
            if row["status"] == "active":
                raise AssertionError(row)

    def _carry_out(self, queue: str, function: str, most: int) -> None:
        """What was asked for, so many at a time, as Lambda gets them."""
        for batch in [*self._aws.drain(queue)]:
            for first in range(0, len(batch), most):
                self._meter.units["sqs_request_64kb"] += _DELETE_AND_RECEIVE
                self._call(function, {"Records": batch[first : first + most]})

    def _hear_of_it(self) -> None:
        """What the stream tells, until it tells nothing new: counts, and events of the timeline."""
        while news := list(self._aws.stream())[self._heard :]:
            self._heard += len(news)
            for first in range(0, len(news), _STREAM_BATCH):
                self._call("update_tags", {"Records": news[first : first + _STREAM_BATCH]})

    def _run_machine(self, journey: Journey, profile_id: str) -> None:
        """The Tasks of one execution in their order."""
        begun = enrolment_of(self._enrolment(profile_id))
        name, seen = begun.enrolment_id, begun.decided
        ref = {"workspace_id": "default", "profile_id": profile_id, "enrolment_id": name}
        at, waits = journey.first, seen > 1
        while self._enrolment(profile_id)["status"] == "active":
            step = journey.step(at)
            if waits and isinstance(step, WaitStep):
                at, waits = journey.target(at, step.next), False
                continue
            call = {"enrolment": ref, "step": at, "action": "perform", "seen": seen}
            told = self._call("run_step", call)
            at, seen, waits = told["next"], told["seen"], told["wake_at"] is not None
            if at == END or isinstance(step, ExitStep):
                return


def _rounded(units: dict[str, float]) -> dict[str, float]:
    """Without what comes to nothing; a difference can be a little below it."""
    rounded = {name: round(max(n, 0.0), _PLACES) for name, n in sorted(units.items())}
    left_out = ("step_functions_transition", "ses_message")  # counted for each run, and a delivery
    return {name: n for name, n in rounded.items() if n and name not in left_out}


def measure() -> Iterator[tuple[ClockName, dict[str, dict[str, float]]]]:
    """By clock and operation."""
    meter = Meter()
    meter.attach()
    with emulated_aws() as aws:
        bench = JourneyUse(aws, meter)
        for clock in CLOCKS:
            yield clock, bench.use(clock)


if __name__ == "__main__":
    found = dict(measure())
    print(f"MEASURED_ON = {datetime.now(UTC).date().isoformat()!r}")
    print(f"USE = {pformat(found, sort_dicts=False)}")
