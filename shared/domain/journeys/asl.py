"""The compiler to Step Functions: one state machine a journey, its states named after the steps.

    send      Task
    wait      Wait             (after another wait: a Task `: begin` in front; where a date can be
              passed by, a Choice `: way` in front of the Wait)
    branch    Task and Choice  (`: way`; right after a send the Choice alone, by the step's name)
    experiment, repeat   Choice (after a wait: a Task and a Choice `: way`)
    wait_for  Task with a task token; when time is up a Task `: time up` learns what was first,
              and where its ways part a Choice `: way` follows
    exit      Succeed          (after a wait: a Task)

Every Task calls the same function. It answers `{"next": <step or "end">, "ways": {…}, "seen": n,
"wake_at": <instant>, "rest": <seconds>}` (`calls.Answer`), kept under `$.answer`. A wait_for lasts
for `rest` seconds at the most, and gets such an answer when its token is redeemed. A step that the
call before it has carried out (`calls.carried`) is *settled*: it needs no Task of its own. `seen`
goes along with the next call, which can tell from it whether it is a retry.
"""

from typing import Any, NamedTuple, assert_never

from shared.domain.journeys import asl_parts as parts
from shared.domain.journeys.asl_parts import State
from shared.domain.journeys.calls import carried, way_key
from shared.domain.journeys.definition import Journey
from shared.domain.journeys.kinds import (
    END,
    AssignStep,
    BranchStep,
    ExitStep,
    ExperimentStep,
    FeedbackStep,
    ListeningStep,
    RepeatStep,
    RewardStep,
    SendStep,
    StartJourneyStep,
    Step,
    UpdateStep,
    WaitForStep,
    WaitStep,
    WebhookStep,
)
from shared.domain.journeys.resuming import RESUMED, resume_key
from shared.domain.journeys.ways import ways_out


class _Place(NamedTuple):
    """A step as the machine comes to it: settled by the call before, or with its turn to come."""

    step: str
    settled: bool


def compile_machine(
    journey: Journey,
    version: int,
    run_step_arn: str,
    *,
    resumes: bool = False,
) -> dict[str, Any]:
    """The state machine of one version of a valid journey, as JSON data.

    Its input is `{"enrolment": {"workspace_id", "profile_id", "enrolment_id"}, "answer": …}` with
    the answer of the call that enrolled.

    One that `resumes` begins with a switch (`resuming`), by which people come to any step. It is a
    machine of its own: a switch in front of everybody would be one more billed transition each.
    """
    return _Compiler(journey, run_step_arn, resumes=resumes).machine(version)


class _Compiler:
    def __init__(self, journey: Journey, run_step_arn: str, *, resumes: bool) -> None:
        self._resumes = resumes
        self._journey = journey
        self._arn = run_step_arn
        self._places = self._all_places()

    def machine(self, version: int) -> dict[str, Any]:
        states: dict[str, State] = {}
        for place in self._places:
            states |= self._states(place)
        states |= parts.ENDINGS
        start = self._state(self._journey.first, None)
        if self._resumes:
            start, states = parts.RESUME, {parts.RESUME: self._switch(), **states}
        return {
            "Comment": f"{self._journey.title} ({self._journey.journey_id}, version {version})",
            "StartAt": start,
            "States": {name: states[name] for name in self._used(states, start)},
        }

    def _switch(self) -> State:
        """The switch to every step, and into every wait that was begun before."""
        ways: dict[str, str] = {}
        for step in self._journey.steps:
            ways[resume_key(step.name, waits=False)] = self._name(_Place(step.name, settled=False))
            if isinstance(step, WaitStep | ListeningStep):
                ways[resume_key(step.name, waits=True)] = step.name
        return parts.fork(RESUMED, ways, parts.FAILED)

    # --- which places there are, and what their states are called ------------------------------

    def _all_places(self) -> dict[_Place, None]:
        """Every place that people can come to, in the order of the way there."""
        first = self._journey.step(self._journey.first)
        places = {_Place(first.name, carried(first, None)): None}
        if self._resumes:
            places |= dict.fromkeys(
                _Place(step.name, settled=False) for step in self._journey.steps
            )
        waiting = list(places)
        while waiting:
            place = waiting.pop(0)
            fresh = [found for found in self._onward(place) if found not in places]
            places |= dict.fromkeys(fresh)
            waiting.extend(fresh)
        return places

    def _onward(self, place: _Place) -> list[_Place]:
        step = self._journey.step(place.step)
        if isinstance(step, WaitStep) and not place.settled:
            return [_Place(step.name, settled=True)]
        targets = [self._target(step, way.target) for way in ways_out(step)]
        return [self._place(target, step) for target in targets if target != END]

    def _place(self, target: str, before: Step) -> _Place:
        """How the machine comes to `target` after `before`."""
        caller = None if isinstance(before, ListeningStep) else before
        return _Place(target, carried(self._journey.step(target), caller))

    def _name(self, place: _Place) -> str:
        name = place.step
        unsettled_too = place.settled and _Place(name, settled=False) in self._places
        match self._journey.step(name):
            case SendStep() | UpdateStep() | RewardStep() | WebhookStep() | StartJourneyStep():
                return name
            case WaitForStep() | AssignStep() | FeedbackStep():
                return name
            case WaitStep() as step:
                if not place.settled:
                    return f"{name}: begin"
                return f"{name}: way" if step.may_skip else name
            case BranchStep() | ExperimentStep() | RepeatStep():
                return f"{name}: way" if unsettled_too else name
            case ExitStep():
                return f"{name}: done" if unsettled_too else name
            case other:
                assert_never(other)

    def _state(self, target: str, before: Step | None) -> str:
        """The state to go to for `target`, out of the step before; None before the first."""
        if target == END:
            return parts.COMPLETED
        if before is None:
            return self._name(_Place(target, carried(self._journey.step(target), None)))
        return self._name(self._place(target, before))

    # --- the states of a place -----------------------------------------------------------------

    def _states(self, place: _Place) -> dict[str, State]:
        name = self._name(place)
        match self._journey.step(place.step):
            case (
                SendStep() | UpdateStep() | RewardStep() | WebhookStep() | StartJourneyStep()
            ) as step:
                return {name: self._call(step, "perform", self._next(step, step.next))}
            case WaitStep() as step:
                if not place.settled:
                    begun = self._name(_Place(step.name, settled=True))
                    return {name: self._call(step, "perform", begun)}
                return self._wait(step, name)
            case BranchStep() | ExperimentStep() | RepeatStep() as step:
                if not place.settled:
                    way = f"{step.name}: way"
                    return {name: self._call(step, "perform", way), way: self._fork(step)}
                return {name: self._fork(step)}
            case (WaitForStep() | AssignStep() | FeedbackStep()) as step:
                return self._listen(step)
            case ExitStep() as step:
                done: State = {"Type": "Succeed", "Comment": step.reason}
                return {name: done if place.settled else self._call(step, "perform", None)}
            case other:
                assert_never(other)

    def _next(self, step: Step, named: str | None) -> str | None:
        """The state after a Task; None where the execution ends with it."""
        target = self._target(step, named)
        return None if target == END else self._state(target, step)

    def _target(self, step: Step, named: str | None) -> str:
        return self._journey.target(step.name, named)

    def _call(self, step: Step, action: str, following: str | None) -> State:
        return parts.call(self._arn, step.name, action, following)

    def _wait(self, step: WaitStep, name: str) -> dict[str, State]:
        following, states = self._next(step, step.next), {}
        if following is None:  # somebody has to write down that the enrolment is completed
            following = f"{step.name}: over"
            states = {following: self._call(step, "time_out", None)}
        if step.may_skip:
            past = step.next if step.otherwise is None else step.otherwise
            way = {self._target(step, past): self._state(self._target(step, past), step)}
            states[name] = parts.fork(way_key(self._journey, step.name), way, step.name)
        return {step.name: parts.wait(following), **states}

    def _listen(self, step: ListeningStep) -> dict[str, State]:
        """A Task that lasts, another for when the time is up, and a Choice where ways part."""
        name, time_up, way = step.name, f"{step.name}: time up", f"{step.name}: way"
        *ways, on_timeout = (self._next(step, found.target) for found in ways_out(step))
        heard = ways[0] if len(set(ways)) == 1 else way
        late = on_timeout if {*ways, on_timeout} == {on_timeout} else way
        states = {
            name: parts.call_and_listen(self._arn, name, time_up, heard),
            time_up: self._call(step, "time_out", late),
        }
        return states | {way: self._fork(step)} if way in (heard, late) else states

    def _fork(self, step: Step) -> State:
        """By the way that was taken; the last way out needs no rule."""
        targets = [self._target(step, way.target) for way in ways_out(step)]
        ways = {target: self._state(target, step) for target in targets}
        key = way_key(self._journey, step.name)
        return parts.fork(key, ways, self._state(targets[-1], step))

    def _used(self, states: dict[str, State], start: str) -> list[str]:
        """The states that something leads to, the start in front."""
        used = {start: None}
        for state in states.values():
            used |= dict.fromkeys(_successors(state))
        return [name for name in states if name in used]


def _successors(state: State) -> list[str]:
    """Every state that a state names."""
    named = [*state.get("Choices", ()), *state.get("Catch", ()), state]
    return [part["Next"] for part in named if "Next" in part] + [
        state[key] for key in ("Default",) if key in state
    ]
