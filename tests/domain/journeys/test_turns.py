"""A step that does not wait answers to its turn alone, and nothing is asked for in its name."""

from datetime import timedelta
from typing import Any

import pytest

from shared.domain.journeys.actions import ActionRequest, Reward
from shared.domain.journeys.asking import asked_for
from shared.domain.journeys.enrolment import TraceEntry
from shared.domain.journeys.interpreter import advance
from shared.domain.journeys.money import Paid, Spend
from shared.domain.journeys.steps import act, branch, exit, experiment, repeat, send  # noqa: A004
from shared.domain.journeys.steps.asked import asked_by, task_id
from shared.domain.journeys.steps.outcome import Moment
from shared.domain.journeys.stimulus import Perform, TimeUp
from tests.domain.journeys.ledgered import begun
from tests.domain.journeys.memory import NOON, happened, journey
from tests.domain.journeys.test_interpreter import NOBODY

HOUR, TICK = timedelta(hours=1), timedelta(milliseconds=1)
CITY = {"type": "trait", "trait": "city", "operator": "exists"}
STEPS: list[tuple[Any, dict[str, Any]]] = [
    (send, {"type": "send", "template_id": "a"}),
    (act, {"type": "reward", "points": 1}),
    (act, {"type": "update", "traits": {"a": 1}}),
    (repeat, {"type": "repeat", "to": "s", "times": 2}),
    (experiment, {"type": "experiment", "variants": [{"name": "a"}, {"name": "b"}]}),
    (branch, {"type": "branch", "arms": [{"when": CITY}]}),
    (exit, {"type": "exit"}),
]


@pytest.mark.parametrize(("kind", "written"), STEPS)
def test_nothing_but_its_turn_concerns_a_step(kind: Any, written: dict[str, Any]):
    definition = journey({"name": "s", **written}, {"type": "exit", "name": "x"})
    enrolment, step = begun(definition), definition.step("s")

    def answered(stimulus: Any) -> Any:
        return kind.answer(step, Moment(definition, enrolment, 1, stimulus, NOON))

    assert answered(Perform("s", NOBODY)) is not None
    assert answered(TimeUp("s", 1)) is None
    assert answered(happened("paid")) is None
    for stimulus in (TimeUp("s", 1), TimeUp("s", 0), happened("paid"), Perform("x", NOBODY)):
        assert advance(definition, enrolment, stimulus, NOON).enrolment is enrolment
    if kind is branch:
        assert answered(Perform("s")) is None, "without facts nothing can be decided"


@pytest.mark.parametrize(
    ("decision", "asks"),
    [
        ("requested", {"send"}),
        ("acted", {"reward"}),
        ("waiting", {"assign", "feedback"}),
        ("timed_out", {"assign"}),
        ("happened", set()),
        ("took", set()),
        ("waits_on", set()),
        ("goal", set()),
    ],
)
def test_only_its_own_decisions_ask_for_something(decision: Any, asks: set[str]):
    steps = journey(
        {"type": "send", "name": "a", "template_id": "t"},
        {"type": "reward", "name": "b", "points": 1},
        {"type": "assign", "name": "c", "title": "C", "to": "s", "due": "P1D", "escalate_to": "b"},
        {"type": "feedback", "name": "d", "template_id": "t", "timeout": "P1D",
         "answers": [{"answer": "x"}]},
        {"type": "wait", "name": "e", "duration": "P1D"},
        {"type": "assign", "name": "f", "title": "C", "to": "s", "due": "P1D"},
    ).steps  # fmt: skip
    found = [
        step.name
        for step in steps
        if asked_by(step, "e1", TraceEntry(step.name, 1, NOON, decision, 1))
    ]
    wanted = [step.name for step in steps if step.type in asks]
    if decision == "timed_out":
        wanted.remove("f")  # nobody is named to hand it on to
    assert found == wanted


@pytest.mark.parametrize(
    ("ahead", "ends"),
    [(-HOUR, False), (0 * HOUR, True), (24 * HOUR, True), (24 * HOUR + TICK, False)],
)
@pytest.mark.parametrize("kind", ["feedback", "assign", "wait_for"])
def test_what_comes_before_or_after_a_wait_ends_it_not(kind: str, ahead: timedelta, ends: bool):
    """Each goes its own way when it is answered, and another one when its time is up."""
    written, trigger, properties = {
        "feedback": (
            {"template_id": "t", "timeout": "P1D", "answers": [{"answer": "good", "next": "yes"}],
             "on_timeout": "no"},
            "feedback_given", {"question": "s", "answer": "good"},
        ),
        "assign": (
            {"title": "T", "to": "x", "due": "P1D", "on_done": "yes", "on_overdue": "no"},
            "$task_done", {"task_id": task_id("e1", "s", 1)},
        ),
        "wait_for": (
            {"events": [{"event": "paid"}], "timeout": "P1D", "on_event": "yes",
             "on_timeout": "no"},
            "paid", {},
        ),
    }[kind]  # fmt: skip
    definition = journey(
        {"type": kind, "name": "s", **written},
        {"type": "exit", "name": "other"},
        {"type": "exit", "name": "yes"},
        {"type": "exit", "name": "no"},
    )
    waiting = begun(definition, Perform("s"))
    came = happened(trigger, NOON + ahead, fact_id="f", properties=properties)
    made = advance(definition, waiting, came, NOON)
    assert (made.enrolment.at, made.enrolment is waiting) == ("yes" if ends else "s", not ends)
    late = advance(definition, waiting, TimeUp("s", 1), NOON).enrolment
    assert (late.at, late.clock_at) == ("no", NOON + 24 * HOUR)


def test_decisions_without_a_step_ask_for_nothing():
    definition = journey({"type": "send", "name": "a", "template_id": "t"})
    enrolment = begun(definition, Perform("a"))
    assert [one.step for one in asked_for(definition, enrolment, enrolment.trace)] == ["a"]
    assert list(asked_for(definition, enrolment, enrolment.trace[:1])) == []


def test_an_action_that_is_no_json_is_no_action():
    request = ActionRequest(
        workspace_id="w", profile_id="p", action_id="a", enrolment_id="e", journey_id="j",
        journey_version=1, step="s", visit=1, asked_at=NOON, action=Reward(points=1, coupon=None),
    )  # fmt: skip
    assert ActionRequest.from_body(request.to_body()) == request
    with pytest.raises(TypeError, match="timedelta has no place in an action"):
        ActionRequest(
            **{
                **{name: getattr(request, name) for name in request.__dataclass_fields__},
                "action": Reward(points=timedelta(1), coupon=None),
            }
        ).to_body()


def test_what_is_spent_is_paid_under_the_same_name():
    assert Spend("hello@total", 5, 10).paid == Paid("hello@total", 5)
