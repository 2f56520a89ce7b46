"""Random journeys that are valid, and random histories of one person."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from hypothesis import strategies as st

from shared.domain.journeys.bounds import bound_problems
from shared.domain.journeys.definition import Journey
from shared.domain.journeys.ids import enrolment_id
from shared.domain.journeys.steps.asked import task_id
from shared.domain.journeys.stimulus import Happened
from tests.domain.journeys.memory import NOON, happened, journey

EVENTS = ("paid", "left", "browsed")
RULES: dict[str, dict[str, Any]] = {
    **{event: {"event": event} for event in EVENTS},
    "bought": {"event": "bought", "where": {"cart_id": {"entry": "cart_id"}}},
    "segment:exited:buyers": {"segment_id": "buyers", "edge": "exited"},
    "lifecycle:left:dormant": {"stage": "dormant", "edge": "left"},
}
"""By trigger, what journeys listen to."""
TRIGGERS = st.sampled_from(sorted(RULES))
ANSWERS = ("good", "bad", "other")
CART = happened("cart", properties={"cart_id": 1, "left out": 2})
ENROLMENT = enrolment_id("default", "test", "ada", CART.fact_id)
WAYS = ("next", "on_event", "on_timeout", "on_done", "on_overdue", "otherwise", "to")
FORKS = ("arms", "variants", "answers")
ACTS: dict[str, dict[str, Any]] = {
    "update": {"traits": {"cart": {"entry": "cart_id"}, "level": 2}, "tags": {"vip": "yes"}},
    "reward": {"points": 10},
    "webhook": {"url": "https://crm.example/hook", "body": {"cart": {"entry": "cart_id"}}},
    "start_journey": {"journey_id": "another", "properties": {"cart": {"entry": "cart_id"}}},
}
KINDS = (
    *("send", "wait", "wait_for", "branch", "experiment", "repeat", "exit", "assign", "feedback"),
    *ACTS,
)


def _targets(place: int, length: int) -> st.SearchStrategy[str | None]:
    """A step below, the end, or nothing, which is the step right below."""
    below = [f"step {number}" for number in range(place + 1, length)]
    return st.sampled_from([None, "end", *below])


@st.composite
def _step(draw: st.DrawFn, place: int, length: int) -> dict[str, Any]:
    def to() -> str | None:
        return draw(_targets(place, length))

    hours = draw(st.integers(1, 72))
    name = f"step {place}"
    match draw(st.sampled_from(KINDS)):
        case "send":
            return {"type": "send", "name": name, "template_id": "welcome", "next": to()}
        case "wait":
            return draw(_wait(name, hours, to()))
        case "wait_for":
            names = draw(st.lists(TRIGGERS, min_size=1, max_size=2, unique=True))
            return {
                "type": "wait_for",
                "name": name,
                "events": [RULES[name] for name in names],
                "timeout": f"PT{hours}H",
                "on_event": to(),
                "on_timeout": to(),
            }
        case ("update" | "reward" | "webhook" | "start_journey") as kind:
            return {"type": kind, "name": name, "next": to(), **ACTS[kind]}
        case ("assign" | "feedback") as kind:
            return _asks(draw, {"type": kind, "name": name}, f"PT{hours}H", to)
        case "branch":
            cities = draw(st.lists(st.sampled_from("ABC"), min_size=1, max_size=3, unique=True))
            arms = [
                {
                    "when": {"type": "trait", "trait": "city", "operator": "equals", "value": city},
                    "next": to(),
                }
                for city in cities
            ]
            return {"type": "branch", "name": name, "arms": arms, "otherwise": to()}
        case "experiment":
            weights = draw(st.lists(st.integers(1, 9), min_size=2, max_size=3))
            variants = [
                {"name": f"v{number}", "weight": weight, "next": to()}
                for number, weight in enumerate(weights)
            ]
            return {"type": "experiment", "name": name, "variants": variants}
        case "repeat":
            back = f"step {draw(st.integers(0, place))}"
            times = draw(st.integers(1, 3))
            return {"type": "repeat", "name": name, "to": back, "times": times, "next": to()}
        case _:
            return {"type": "exit", "name": name, "reason": f"reason {place}"}


def _asks(
    draw: st.DrawFn, step: dict[str, Any], time: str, to: Callable[[], str | None]
) -> dict[str, Any]:
    """A task for somebody, or a question with answers."""
    if step["type"] == "assign":
        whom = {"to": "sales", "escalate_to": draw(st.sampled_from(["", "boss"]))}
        ways = {"on_done": to(), "on_overdue": to()}
        return {**step, "title": "Call", "due": time, **whom, **ways}
    given = draw(st.lists(st.sampled_from(ANSWERS), min_size=1, unique=True))
    return {
        **step,
        "template_id": "welcome",
        "question": draw(st.sampled_from(["how", ""])),
        "answers": [{"answer": one, "next": to()} for one in given],
        "timeout": time,
        "on_timeout": to(),
    }


@st.composite
def _wait(draw: st.DrawFn, name: str, hours: int, to: str | None) -> dict[str, Any]:
    """A wait of any kind; dates lie before, after and beyond the year, or are missing."""
    wait = {"type": "wait", "name": name, "next": to}
    time = draw(st.sampled_from(["00:00", "02:30", "09:00", "23:59"]))
    kind = draw(st.sampled_from(["duration", "at", "local", "time", "weekdays", "trait", "usual"]))
    if kind in ("at", "local", "trait"):
        wait["otherwise"] = draw(st.sampled_from([None, "end", to]))
    day = NOON.date() + timedelta(days=draw(st.sampled_from([-2, 0, 1, 3, 40, 500])))
    match kind:
        case "duration":
            return {**wait, "duration": f"PT{hours}H"}
        case "at":
            return {**wait, "until": {"at": f"{day}T{time}:00+05:45"}}
        case "local":
            return {**wait, "until": {"at": f"{day}T{time}:00"}}
        case "time":
            return {**wait, "until": {"time": time}}
        case "usual":
            return {**wait, "until": {"usual_hour": True, "time": time}}
        case "weekdays":
            days = draw(st.lists(st.sampled_from(["mon", "thu", "sun"]), min_size=1, unique=True))
            return {**wait, "until": {"weekdays": days, "time": time}}
        case _:
            offset = f"-P{-hours}D" if hours < 0 else f"P{hours % 5}D"
            return {**wait, "until": {"trait": "renewal", "offset": offset, "time": time}}


@st.composite
def journeys(draw: st.DrawFn) -> Journey:
    """A valid journey: only repeats lead up the list, and what no way leads to is left out."""
    length = draw(st.integers(1, 9))
    steps = [draw(_step(place, length)) for place in range(length)]
    exits = draw(st.lists(TRIGGERS, max_size=1))
    goal = draw(st.sampled_from([None, *RULES.values()]))
    within = {"within": draw(st.sampled_from(["PT2H", "P7D"])), "ends": draw(st.booleans())}
    whole = journey(
        *steps,
        exit_on=[RULES[name] for name in exits],
        goal=None if goal is None else {**goal, **within},
    )
    whole = _without_islands(whole)
    while wrong := {problem.path for problem in bound_problems(whole)}:
        whole = _without_islands(_without_repeats(whole, wrong))
    return whole


def _without_repeats(whole: Journey, wrong: set[str]) -> Journey:
    """Let messages take the place of repeats that are wrong, or of all where the whole is."""
    steps = [step.model_dump(mode="json") for step in whole.steps]
    for place, step in enumerate(steps):
        if step["type"] == "repeat" and {"steps", f"steps[{place}].to"} & wrong:
            del step["to"], step["times"]
            steps[place] = {**step, "type": "send", "template_id": "welcome"}
    return _with_steps(whole, steps)


def _with_steps(whole: Journey, steps: list[dict[str, Any]]) -> Journey:
    return Journey.model_validate({**whole.model_dump(mode="json"), "steps": steps})


def _without_islands(whole: Journey) -> Journey:
    """Give every way its name, so that a step can be taken out, and take out what none names."""
    named = [_named(whole, step.model_dump(mode="json")) for step in whole.steps]
    reached, grown = {whole.first}, True
    while grown:
        before = len(reached)
        for step in named:
            if step["name"] in reached:
                arms = [arm["next"] for kind in FORKS for arm in step.get(kind, ())]
                reached |= {*arms, *(step[field] for field in WAYS if step.get(field))}
        grown = len(reached) > before
    kept = [step for step in named if step["name"] in reached]
    return _with_steps(whole, kept)


def _named(whole: Journey, step: dict[str, Any]) -> dict[str, Any]:
    for field in WAYS:
        if field in step and not (
            step["type"] == "wait" and step[field] is None and field != "next"
        ):
            step[field] = whole.target(step["name"], step[field])
    for kind in FORKS:
        for arm in step.get(kind, ()):
            arm["next"] = whole.target(step["name"], arm["next"])
    return step


def histories() -> st.SearchStrategy[list[Happened]]:
    """Up to six things within ten days after the entry; several can share an instant."""
    names = st.one_of(TRIGGERS, st.sampled_from(["feedback_given", "$task_done"]))
    moments = st.tuples(names, st.integers(0, 240), st.integers(1, 2), st.integers(0, 8))
    return st.lists(moments, max_size=6).map(
        lambda drawn: [
            happened(
                name,
                NOON + timedelta(hours=hours),
                fact_id=f"fact {place}",
                about=name.split(":")[0] if ":" in name else "event",
                properties={
                    "cart_id": cart_id,
                    "question": "how" if cart_id == 1 else f"step {step}",
                    "answer": ANSWERS[step % 3],
                    "task_id": task_id(ENROLMENT, f"step {step}", cart_id),
                },
            )
            for place, (name, hours, cart_id, step) in enumerate(drawn)
        ]
    )


def traits() -> st.SearchStrategy[dict[str, str]]:
    """A city that a branch may ask for, a date and a time zone for waits, or some of them."""
    days = [f"{NOON + timedelta(days=ahead):%Y-%m-%d}" for ahead in (-9, 0, 2, 20, 400)]
    zones = ["Asia/Shanghai", "Australia/Lord_Howe", "America/New_York", "Mars/Olympus", ""]
    return st.fixed_dictionaries(
        {},
        optional={
            "city": st.sampled_from("ABC"),
            "renewal": st.sampled_from([*days, "soon"]),
            "timezone": st.sampled_from(zones),
        },
    )
