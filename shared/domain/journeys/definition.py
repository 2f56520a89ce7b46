"""The journey definition: entry, steps, exit rules; what operators write and engineers diff."""

from collections.abc import Iterator
from datetime import timedelta
from functools import cached_property
from typing import Annotated, Final, Literal, Self

from pydantic import Field, model_validator

from shared.domain.journeys.graph import Back, Graph, heaviest_way
from shared.domain.journeys.kinds import END, FeedbackStep, RepeatStep, SendStep, Step, WaitForStep
from shared.domain.journeys.money import MoneyBudget
from shared.domain.journeys.parts import Duration, Part, Slug
from shared.domain.journeys.rules import Entry, EventMatch, FromEntry, Goal, Rule
from shared.domain.journeys.ways import stay_of, values_given, ways_out
from shared.domain.messages.defaults import DEFAULT_EXPIRY_SECONDS, DEFAULT_PRIORITY, OBEY
from shared.domain.messages.quiet import QuietWindow
from shared.domain.workspace.model import Purpose

QuietHours = (
    Literal["obey", "ignore"]
    | Annotated[tuple[QuietWindow, ...], Field(min_length=1, max_length=7)]
)
ClockName = Literal["step_functions", "due_index"]
_SECOND: Final = timedelta(seconds=1)


class Reentry(Part):
    """May a profile enter again: never, always, or after a pause since the last entry.

    Whatever the policy, a profile is in one journey at most once at a time. With `key`, a property
    of what begins it such as the id of a cart, all this holds for each of its values by itself.
    """

    policy: Literal["never", "always", "after"] = "never"
    after: Duration | None = None
    key: Annotated[str, Field(min_length=1, max_length=200)] | None = None

    @model_validator(mode="after")
    def _a_pause_goes_with_after(self) -> Self:
        if (self.policy == "after") != (self.after is not None):
            raise ValueError("policy `after` needs `after`, a duration, and no other policy has it")
        return self


class Journey(Part):
    """A versioned journey. People start at the first step in the list.

    A step that names no next step goes on to the one below it in the list, and the last one
    completes the enrolment; `next: end` completes it from anywhere. `purpose` and `topic` are what
    consent is asked about when a message goes out. `clock` is what keeps the time of those inside:
    an execution of Step Functions for each of them, or the due index, at a fraction of the price.
    `goal` is what the journey is for, and `holdout` the share of people with whom it does nothing,
    so that one can see what it does. `template_versions` are the templates with whose versions the
    journey stays; of all others the newest goes out.

    `budget` is what its messages may cost; the first one that does not fit pauses the journey.

    `priority` (0 to 100) says whose messages go first where the contact budget of the workspace has
    no room for all; `quiet_hours` whether they obey those of the workspace, ignore them or have
    windows of their own, local times of the person such as 22:00-08:00. A message that could not go
    out within `expires_after` does not go out at all. Transactional messages wait for no quiet
    hours.
    """

    journey_id: Slug
    title: Annotated[str, Field(min_length=1, max_length=200)]
    purpose: Purpose = "marketing"
    topic: Annotated[str, Field(pattern=r"^([a-z][a-z0-9_-]{0,63})?$")] = ""
    priority: Annotated[int, Field(ge=0, le=100)] = DEFAULT_PRIORITY
    quiet_hours: QuietHours = OBEY
    expires_after: Duration = timedelta(seconds=DEFAULT_EXPIRY_SECONDS)
    budget: MoneyBudget | None = None
    clock: ClockName = "step_functions"
    entry: Entry
    reentry: Reentry = Reentry()
    exit_on: Annotated[tuple[Rule, ...], Field(max_length=20)] = ()
    goal: Goal | None = None
    holdout: Annotated[float, Field(ge=0, le=1)] = 0
    template_versions: Annotated[dict[Slug, Annotated[int, Field(ge=1)]], Field(max_length=200)] = (
        Field(default_factory=dict)
    )
    steps: Annotated[tuple[Step, ...], Field(min_length=1, max_length=200)]

    @cached_property
    def _places(self) -> dict[str, int]:
        return {step.name: place for place, step in enumerate(self.steps)}

    def rules(self) -> Iterator[tuple[str, Rule]]:
        """Everything that those inside listen to, with its path."""
        yield from ((f"exit_on[{place}]", rule) for place, rule in enumerate(self.exit_on))
        if self.goal is not None:
            yield "goal", self.goal
        for place, step in enumerate(self.steps):
            if isinstance(step, WaitForStep):
                events = enumerate(step.events)
                yield from ((f"steps[{place}].events[{index}]", rule) for index, rule in events)

    @cached_property
    def asked_of_entry(self) -> tuple[str, ...]:
        """The properties of what begins an enrolment that rules and steps refer to, each once."""
        wheres = (rule.where for _, rule in self.rules() if isinstance(rule, EventMatch))
        rules = (value for where in wheres for value in where.values())
        given = (value for step in self.steps for value in values_given(step).values())
        asked = (*rules, *given)
        key = () if self.reentry.key is None else (self.reentry.key,)
        named = (one.entry for one in asked if isinstance(one, FromEntry))
        return tuple(dict.fromkeys((*named, *key)))

    @cached_property
    def shown_of_entry(self) -> frozenset[str]:
        """The properties of what begins an enrolment that messages show, lists as well."""
        handed = (
            value
            for step in self.steps
            if isinstance(step, SendStep | FeedbackStep)
            for value in step.values.values()
        )
        return frozenset(one.entry for one in handed if isinstance(one, FromEntry))

    @property
    def first(self) -> str:
        """The step at which people start."""
        return self.steps[0].name

    def step(self, name: str) -> Step:
        """The step of that name; raises KeyError."""
        return self.steps[self._places[name]]

    def has(self, name: str) -> bool:
        """Say whether there is a step of that name."""
        return name in self._places

    def place(self, name: str) -> int:
        """The place of the step of that name in the list; raises KeyError."""
        return self._places[name]

    @cached_property
    def graph(self) -> Graph:
        """The ways between the steps, without those to the end and to steps that are not there."""
        onward = {
            step.name: [
                target
                for way in ways_out(step)
                if way.field != "to"
                and (target := self.target(step.name, way.target)) in self._places
            ]
            for step in self.steps
        }
        back = {
            step.name: Back(step.to, step.times)
            for step in self.steps
            if isinstance(step, RepeatStep) and step.to in self._places
        }
        return Graph(onward, back)

    @cached_property
    def longest_stay(self) -> timedelta:
        """How long the longest way can take, dates left out; raises CycleError on a circle."""
        stays = {step.name: stay_of(step) // _SECOND for step in self.steps}
        return heaviest_way(self.graph, self.first, stays) * _SECOND

    def target(self, step: str, named: str | None) -> str:
        """Where a way out of `step` leads: the step it names, else the one below, else `end`."""
        if named is not None:
            return named
        below = self._places[step] + 1
        return self.steps[below].name if below < len(self.steps) else END
