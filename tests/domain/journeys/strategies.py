"""Random journeys that are valid, and random histories of one person."""

from datetime import timedelta
from typing import Any

from hypothesis import strategies as st

from shared.domain.journeys.definition import Journey
from shared.domain.journeys.stimulus import Happened
from tests.domain.journeys.memory import NOON, happened, journey

EVENTS = ("paid", "left", "browsed")


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
    match draw(st.sampled_from(["send", "wait", "wait_for", "branch", "exit"])):
        case "send":
            return {"type": "send", "name": name, "template_id": "welcome", "next": to()}
        case "wait":
            return {"type": "wait", "name": name, "duration": f"PT{hours}H", "next": to()}
        case "wait_for":
            names = draw(st.lists(st.sampled_from(EVENTS), min_size=1, max_size=2, unique=True))
            return {
                "type": "wait_for",
                "name": name,
                "events": [{"event": event} for event in names],
                "timeout": f"PT{hours}H",
                "on_event": to(),
                "on_timeout": to(),
            }
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
        case _:
            return {"type": "exit", "name": name, "reason": f"reason {place}"}


@st.composite
def journeys(draw: st.DrawFn) -> Journey:
    """A valid journey: ways lead down the list, and steps that no way leads to are left out."""
    length = draw(st.integers(1, 9))
    steps = [draw(_step(place, length)) for place in range(length)]
    exits = draw(st.lists(st.sampled_from(EVENTS), max_size=1))
    whole = journey(*steps, exit_on=[{"event": event} for event in exits])
    return _without_islands(whole)


def _without_islands(whole: Journey) -> Journey:
    """Give every way its name, so that a step can be taken out, and take out what none names."""
    named = [_named(whole, step.model_dump()) for step in whole.steps]
    reached = {whole.first}
    for step in named:
        if step["name"] in reached:
            arms = [arm["next"] for arm in step.get("arms", ())]
            fields = ("next", "on_event", "on_timeout", "otherwise")
            reached |= {*arms, *(step[field] for field in fields if field in step)}
    kept = [step for step in named if step["name"] in reached]
    exits = [rule.model_dump() for rule in whole.exit_on]
    return journey(*kept, exit_on=exits)


def _named(whole: Journey, step: dict[str, Any]) -> dict[str, Any]:
    for field in ("next", "on_event", "on_timeout", "otherwise"):
        if field in step:
            step[field] = whole.target(step["name"], step[field])
    for arm in step.get("arms", ()):
        arm["next"] = whole.target(step["name"], arm["next"])
    return step


def histories() -> st.SearchStrategy[list[Happened]]:
    """Up to six events within ten days after the entry; several can share an instant."""
    moments = st.tuples(st.sampled_from(EVENTS), st.integers(0, 240))
    return st.lists(moments, max_size=6).map(
        lambda drawn: [
            happened(name, NOON + timedelta(hours=hours), fact_id=f"fact {place}")
            for place, (name, hours) in enumerate(drawn)
        ]
    )


def traits() -> st.SearchStrategy[dict[str, str]]:
    """A city that a branch may ask for, or none."""
    return st.sampled_from([{}, {"city": "A"}, {"city": "B"}, {"city": "C"}])
