"""A compiled machine is sound, and running it is walking the journey."""

import json
from dataclasses import dataclass, replace
from datetime import timedelta
from itertools import groupby
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from shared.domain.journeys.asl import compile_machine
from shared.domain.journeys.definition import Journey
from shared.domain.journeys.ways import stay_of
from tests.domain.journeys.amazon import Execution
from tests.domain.journeys.memory import NOON, happened, journey
from tests.domain.journeys.stage import ARN, Stage, compiled, walked
from tests.domain.journeys.strategies import histories, journeys, traits

OLD_TOO = {"type": "event", "event": "cart", "max_age": "P3D"}


def successors(state: dict[str, Any]) -> list[str]:
    places = [state, *state.get("Catch", ()), *state.get("Choices", ())]
    return [place[key] for place in places for key in ("Next", "Default") if key in place]


@given(journeys())
def test_every_machine_is_sound(definition: Journey):
    machine = compile_machine(definition, 1, ARN)
    states = machine["States"]
    reached, coming = set(), [machine["StartAt"]]
    while coming:
        name = coming.pop()
        if name not in reached:
            reached.add(name)
            coming.extend(successors(states[name]))
    assert reached == states.keys(), "all that is named exists, and all that exists is reached"
    for name, state in states.items():
        assert len(name) <= 80
        if state["Type"] in ("Task", "Wait", "Pass"):
            assert ("Next" in state) != ("End" in state)
        if state["Type"] == "Task":
            assert state["Retry"][-1]["JitterStrategy"] == "FULL"
            assert state["Catch"][-1]["ErrorEquals"] == ["States.ALL"]
        if state.get("Resource", "").endswith(".waitForTaskToken"):
            assert state["TimeoutSecondsPath"] == "$.answer.rest"
        if state["Type"] == "Choice":
            assert state["Choices"]
    assert len(json.dumps(machine)) < 1_000_000


@given(journeys())
def test_every_step_has_a_state_of_its_name(definition: Journey):
    assert {step.name for step in definition.steps} <= compiled(definition)["States"].keys()


def test_the_largest_journey_fits_into_a_machine():
    arms = [
        {"when": {"type": "event", "event": "e"}, "next": f"{'s' * 56}{place}"}
        for place in range(150, 170)
    ]
    steps = [
        {"type": "branch", "name": f"{'s' * 56}{place}", "arms": arms} for place in range(100, 150)
    ] + [
        {
            "type": "wait_for",
            "name": f"{'s' * 56}{place}",
            "events": [{"event": "e"}],
            "timeout": "PT1H",
            "on_event": "end",
        }
        for place in range(150, 300)
    ]
    assert len(json.dumps(compiled(journey(*steps)))) < 1_000_000


@dataclass
class OnTime(Stage):
    """It minds for how long Tasks with a token may last: until what they wait for is due."""

    def outcome(self, token: str) -> Any:
        waiting = self.world.enrolments[self.ref.enrolment_id].enrolment.waiting
        assert isinstance(self.execution, Execution)
        if waiting:
            seconds = self.execution.listened[-1]
            left = (waiting.due - self.bench.now).total_seconds()
            least = min(60, (waiting.due - waiting.since).total_seconds())
            assert max(left, least) <= seconds < max(left, least) + 1
        return super().outcome(token)


LATE = st.sampled_from([timedelta(0), timedelta(hours=20), timedelta(hours=23, milliseconds=1)])


@given(journeys(), histories(), traits(), LATE)
def test_running_the_machine_is_walking_the_journey(definition, history, known, late):
    ended, execution, end = OnTime(definition, history, known, late=late).run()
    expected = walked(definition, history, known)
    assert ended == replace(expected, enrolment_id=ended.enrolment_id)
    assert end != "Fail"
    if execution and ended.status == "completed":
        visited = [step for step, _ in groupby(one.step for one in ended.trace if one.step)]
        states = [step for step, _ in groupby(n.partition(":")[0] for n in execution.entered)]
        assert [step for step in states if step != "journey"] == visited


class Older(Stage):
    """A machine that was published before answers told for how long to listen."""

    def machine(self) -> dict[str, Any]:
        machine = super().machine()
        for name, state in machine["States"].items():
            if "TimeoutSecondsPath" in state:
                del state["TimeoutSecondsPath"]
                stay = stay_of(self.definition.step(name))
                state["TimeoutSeconds"] = int(stay.total_seconds())
            elif "ResultSelector" in state:
                del state["ResultSelector"]["rest.$"]
        return machine


@given(journeys(), histories(), traits())
def test_an_older_machine_goes_on_under_answers_that_say_more(definition, history, known):
    ended, _, end = Older(definition, history, known).run()
    expected = walked(definition, history, known)
    assert ended == replace(expected, enrolment_id=ended.enrolment_id)
    assert end != "Fail"


def test_a_wait_for_is_over_when_it_is_due_however_late_it_began():
    pay = {"type": "wait_for", "name": "pay", "events": [{"event": "paid"}], "timeout": "P1D"}
    steps = ({**pay, "on_event": "end"}, {"type": "send", "name": "remind", "template_id": "a"})
    stage = Stage(journey(*steps), [], {}, late=timedelta(hours=20))
    ended, execution, _ = stage.run()
    assert isinstance(execution, Execution)
    assert execution.listened == [4 * 3_600]
    assert (ended.clock_at, ended.status) == (NOON + timedelta(days=1), "completed")
    paid = happened("paid", NOON + timedelta(hours=2))
    stage = Stage(journey(*steps, entry=OLD_TOO), [paid], {}, late=timedelta(hours=47))
    ended, execution, _ = stage.run()
    assert isinstance(execution, Execution)
    assert execution.listened == [60], "it is over, and has the time to look back"
    assert [one.decision for one in ended.trace] == ["entered", "waiting", "happened"]


def test_a_machine_is_told_behind_a_wait_how_long_it_listens_then():
    pay = {"type": "wait_for", "name": "pay", "events": [{"event": "paid"}], "timeout": "P1D"}
    day = {"type": "wait", "name": "day", "duration": "P1D"}
    for late, listened in ((-3, 86_400), (0, 86_400), (20, 86_400), (30, 18 * 3_600)):
        stage = OnTime(journey(day, pay, entry=OLD_TOO), [], {}, late=timedelta(hours=late))
        _, execution, _ = stage.run()
        assert isinstance(execution, Execution)
        assert execution.entered[:2] == ["day", "pay"]
        assert execution.listened == [listened]
    stage = OnTime(journey(pay), [], {}, late=timedelta(hours=-3))
    _, execution, _ = stage.run()
    assert isinstance(execution, Execution)
    assert execution.listened == [27 * 3_600], "a clock that runs ahead is waited for"


def ten_steps(*kinds: str) -> Journey:
    """Three times a send, a branch and a wait in the given order, and an exit."""
    made: list[dict[str, Any]] = []
    for times in range(3):
        for kind in kinds:
            name = f"{kind} {times}"
            match kind:
                case "send":
                    made.append({"type": "send", "name": name, "template_id": "a"})
                case "wait":
                    made.append({"type": "wait", "name": name, "duration": "P1D"})
                case _:
                    when = {"type": "trait", "trait": "city", "operator": "exists"}
                    arm = {"when": when, "next": "out"}
                    made.append({"type": "branch", "name": name, "arms": [arm]})
    return journey(*made, {"type": "exit", "name": "out"})


def transitions(definition: Journey) -> int:
    """State transitions as they are billed: one for the start and one for each state."""
    _, execution, end = Stage(definition, [], {}).run()
    assert execution
    assert end != "Fail"
    return 1 + len(execution.entered)


def test_ten_steps_take_eleven_transitions_where_branches_follow_sends():
    assert transitions(ten_steps("send", "branch", "wait")) == 11


def test_a_branch_that_comes_after_a_wait_takes_one_transition_more():
    assert transitions(ten_steps("send", "wait", "branch")) == 14


def test_waits_in_a_row_and_at_the_end_are_settled_by_tasks_of_their_own():
    one = {"type": "wait", "name": "one", "duration": "P1D"}
    two = {"type": "wait", "name": "two", "duration": "P2D"}
    machine = compiled(journey(one, two))
    assert machine["StartAt"] == "one"
    assert {name: state["Type"] for name, state in machine["States"].items()} == {
        "one": "Wait",
        "two: begin": "Task",
        "two": "Wait",
        "two: over": "Task",
        "journey: over": "Succeed",
        "journey: failed": "Fail",
    }
    ended, _, _ = Stage(
        journey({"type": "wait", "name": "one", "duration": "P1D"}, two), [], {}
    ).run()
    assert ended.clock_at == NOON + timedelta(days=3)
    assert ended.status == "completed"


def test_rounds_are_gone_through_in_full_though_every_call_is_tried_twice():
    day = {"type": "wait", "name": "day", "duration": "P1D"}
    mail = {"type": "send", "name": "mail", "template_id": "a"}
    inner = {"type": "repeat", "name": "inner", "to": "day", "times": 2}
    outer = {"type": "repeat", "name": "outer", "to": "day", "times": 1}
    stage = Stage(journey(day, mail, inner, outer), [], {})
    ended, execution, _ = stage.run()
    assert (ended.status, ended.clock_at) == ("completed", NOON + timedelta(days=6))
    assert len(stage.world.requested) == 6
    assert set(stage.world.queued.values()) == {2}
    assert execution
    assert [name for name in execution.entered if name == "day"] == ["day"] * 6
    assert stage.definition.longest_stay == timedelta(days=6)


def test_choices_in_a_row_each_find_their_way():
    variants = [{"name": "a", "next": "fork"}, {"name": "b", "next": "fork"}]
    ends = [{"name": "a", "next": "day"}, {"name": "b", "next": "week"}]
    known = {"type": "trait", "trait": "city", "operator": "exists"}
    stage = Stage(
        journey(
            {"type": "send", "name": "mail", "template_id": "a"},
            {"type": "branch", "name": "who", "arms": [{"when": known, "next": "draw"}]},
            {"type": "exit", "name": "nobody"},
            {"type": "experiment", "name": "draw", "variants": variants},
            {"type": "experiment", "name": "fork", "variants": ends},
            {"type": "wait", "name": "day", "duration": "P1D", "next": "end"},
            {"type": "wait", "name": "week", "duration": "P7D"},
        ),
        [],
        {"city": "A"},
    )
    ended, execution, _ = stage.run()
    assert execution
    assert execution.entered[:4] == ["mail", "who", "draw", "fork"]
    assert execution.entered[4] == ended.trace[-1].step


def test_a_machine_of_another_partition_calls_that_partitions_services():
    arn = ARN.replace("arn:aws:", "arn:aws-cn:")
    machine = compile_machine(journey({"type": "send", "name": "a", "template_id": "a"}), 1, arn)
    assert machine["States"]["a"]["Resource"] == "arn:aws-cn:states:::lambda:invoke"
