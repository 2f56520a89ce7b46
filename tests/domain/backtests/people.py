"""Random histories of one person as events that arrive late, and the same told to the live code."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any

from hypothesis import strategies as st

from shared.domain.backtests.setting import Period, Setting
from shared.domain.events.model import Event
from shared.domain.journeys.definition import Journey
from shared.domain.journeys.stimulus import Happened
from shared.domain.journeys.triggers import moved, segment_trigger, stage_moves
from shared.domain.lifecycle.model import Lifecycle
from shared.domain.messages.model import EmailTemplate
from shared.domain.segments.condition import TraitCondition
from shared.domain.segments.expand import Definitions
from shared.domain.workspace.model import WorkspaceSettings
from tests.domain.journeys.memory import NOON, Bench, World, at_once

PERIOD = Period(NOON - timedelta(hours=1), NOON + timedelta(days=40))
DEFINITIONS = Definitions(
    segments={"buyers": TraitCondition(trait="buyer", operator="equals", value=True)},
    tags={},
    lifecycle=Lifecycle.model_validate(
        {
            "stages": [
                {
                    "stage": "dormant",
                    "title": "Dormant",
                    "condition": {
                        "type": "trait",
                        "trait": "asleep",
                        "operator": "equals",
                        "value": True,
                    },
                }
            ],
            "otherwise": "active",
            "otherwise_title": "Active",
        }
    ),
)
TEMPLATES = {
    "welcome": EmailTemplate(
        template_id="welcome", subject="Hi", html='<p>{{ profile.city | default: "you" }}</p>'
    )
}
SETTINGS = WorkspaceSettings(email_from="shop@example.com")


def setting(journey: Journey, period: Period = PERIOD, **more: Any) -> Setting:
    given = {"definitions": DEFINITIONS, "templates": TEMPLATES, "settings": SETTINGS, **more}
    return Setting("default", journey, 1, period=period, **given)


def event(
    name: str, at: datetime, message_id: str, *, arrives: datetime | None = None, **more: Any
) -> Event:
    """What somebody did, or says of herself where there are `traits`."""
    return Event(
        workspace_id="default",
        source_id="web",
        message_id=message_id,
        type="identify" if "traits" in more else "track",
        name=name,
        occurred_at=at,
        received_at=arrives or at,
        timestamp=at,
        **more,
    )


@st.composite
def lives(draw: st.DrawFn) -> list[Event]:
    """Carts, payments and what else counts, some of it late, and claims that move segments."""
    names = st.sampled_from(["cart", "cart", "paid", "left", "browsed", "bought"])
    hours = st.sampled_from([0, 1, 2, 3, 5, 8, 24, 26, 30, 49, 72, 100, 200, 400])
    late = st.sampled_from([0, 0, 1, 4, 20, 30])
    done = draw(st.lists(st.tuples(names, hours, late), min_size=3, max_size=12))
    found = [
        event(
            name,
            NOON + timedelta(hours=at),
            f"{name} {place}",
            arrives=NOON + timedelta(hours=at + late, minutes=place if place % 3 else 0),
            properties={"cart_id": place % 2},
        )
        for place, (name, at, late) in enumerate(done)
    ]
    said = draw(st.lists(st.tuples(st.sampled_from(CLAIMS), hours), max_size=6))
    return found + [
        event("$identify", _at(hours, place), f"claim {place}", traits=dict(claim))
        for place, (claim, hours) in enumerate(said)
    ]


CLAIMS = (
    {"buyer": True},
    {"buyer": False},
    {"asleep": True},
    {"asleep": False},
    {"city": "A"},
    {"city": "B", "buyer": True},
    {"renewal": "2026-11-29", "timezone": "Asia/Shanghai"},
)


def _at(hours: int, place: int) -> datetime:
    return NOON + timedelta(hours=hours, seconds=30 + place)


@dataclass
class Live:
    """The use cases that run in production, over a world in memory, on a virtual clock."""

    journey: Journey
    history: Sequence[Event]
    until: datetime
    world: World = field(default_factory=World)
    traits: dict[str, Any] = field(default_factory=dict)
    active: list[datetime] = field(default_factory=list)
    stage: str = "prospect"
    inside: bool = False

    def run(self) -> World:
        definition = self.journey.model_copy(update={"clock": "due_index"})
        self.bench = Bench(definition, at_once(self.world), traits=self.traits, active=self.active)
        ordered = sorted(self.history, key=lambda one: (one.received_at, one.occurred_at))
        for at, group in groupby(ordered, key=lambda one: one.received_at):
            self.wake_before(at)
            self.bench.now = at
            self.arrive([*group])
        self.wake_before(self.until)
        return self.world

    def wake_before(self, end: datetime) -> None:
        while self.world.wakes:
            name, due = min(self.world.wakes.items(), key=lambda one: (one[1], one[0]))
            self.bench.now = max(due, self.bench.now)
            if self.bench.now >= end:
                return
            self.bench.wake(name, at=self.bench.now)
            self.world.wakes.pop(name, None)

    def arrive(self, arrived: Sequence[Event]) -> None:
        facts = [fact for one in arrived if (fact := _fact(one)).about == "event"]
        for one in arrived:
            self.traits |= one.traits
            self.active.append(one.occurred_at)
        self.happen(fact for fact in facts if fact.trigger != "$identify")
        self.happen([*self.moves()])

    def moves(self) -> Iterable[Happened]:
        now = self.bench.now
        stage = "dormant" if self.traits.get("asleep") is True else "active"
        if stage != self.stage:
            yield from stage_moves(self.stage, stage, now)
            self.stage = stage
        inside = self.traits.get("buyer") is True
        if inside != self.inside:
            edge = "entered" if inside else "exited"
            yield moved("segment", segment_trigger("buyers", edge), now)
            self.inside = inside

    def happen(self, facts: Iterable[Happened]) -> None:
        told = [*facts]
        self.world.timeline += tuple(("ada", fact) for fact in told)
        for fact in told:
            self.bench.take_in(fact)


def _fact(one: Event) -> Happened:
    return Happened(
        fact_id=one.message_id,
        trigger=one.name,
        occurred_at=one.occurred_at,
        arrived_at=one.received_at,
        properties=one.properties,
    )
