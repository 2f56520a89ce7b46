"""Compares what came of the sample, and lets the rest go on with what was found best."""

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from shared.aws.broadcast_files import BroadcastFiles
from shared.aws.broadcast_store import BroadcastStore
from shared.aws.catalog import CatalogReader
from shared.aws.enrolment_store import EnrolmentStore
from shared.aws.happenings import HappeningsReader
from shared.aws.person_reader import PersonReader
from shared.domain.broadcasts.asked import enrolment_by
from shared.domain.broadcasts.deciding import verdict
from shared.domain.broadcasts.model import Broadcast, Sample, Tried, Verdict
from shared.domain.broadcasts.waves import released
from shared.domain.identity.person import Person
from shared.domain.journeys.clock import to_milliseconds
from shared.domain.journeys.definition import Journey
from shared.domain.journeys.enrolment import Enrolment
from shared.domain.journeys.kinds import ExperimentStep
from shared.domain.journeys.ports import Ref
from shared.domain.journeys.triggers import matches, trigger_of
from shared.errors import NotFoundError

_READERS: Final = 8


@dataclass(frozen=True, slots=True)
class DecideSample:
    """May be repeated: the first verdict that is written down holds."""

    store: BroadcastStore
    files: BroadcastFiles
    persons: PersonReader
    enrolments: EnrolmentStore
    happenings: HappeningsReader
    catalog: CatalogReader
    now: Callable[[], datetime]

    def decide(self, workspace_id: str, broadcast_id: str) -> Verdict:
        """Write down which variant the rest gets; raises TransientError."""
        one = self.store.load(workspace_id, broadcast_id)
        if one.verdict is not None or one.sample is None:
            return one.verdict or Verdict("", "too_little", (), self.now())
        at = to_milliseconds(self.now())
        tried = self._tried(workspace_id, one, one.sample, at)
        made = verdict(tried, one.sample.least, at)
        after = self.store.decided(workspace_id, broadcast_id, made, released(one, at))
        return (after or self.store.load(workspace_id, broadcast_id)).verdict or made

    def _tried(
        self, workspace_id: str, one: Broadcast, sample: Sample, until: datetime
    ) -> tuple[Tried, ...]:
        journey = self._journey(workspace_id, one)
        step = journey.step(sample.step)
        if not isinstance(step, ExperimentStep):
            raise TypeError(f"{sample.step} is no experiment")
        entered = dict.fromkeys((variant.name for variant in step.variants), 0)
        reached = dict(entered)
        for variant, has_reached in self._outcomes(workspace_id, one, sample, journey, until):
            if variant in entered:
                entered[variant] += 1
                reached[variant] += has_reached
        return tuple(
            Tried(each.name, each.control, entered[each.name], reached[each.name])
            for each in step.variants
        )

    def _journey(self, workspace_id: str, one: Broadcast) -> Journey:
        """The journey as people meet it now; whoever publishes another meanwhile compares that."""
        for each in self.catalog.journeys(workspace_id):
            if each.journey.journey_id == one.journey_id:
                return each.journey
        raise NotFoundError(f"there is no journey {one.journey_id!r} any more")

    def _outcomes(
        self,
        workspace_id: str,
        one: Broadcast,
        sample: Sample,
        journey: Journey,
        until: datetime,
    ) -> Iterator[tuple[str, bool]]:
        """(variant, whether the goal was reached) of everybody in the sample who entered."""

        def outcome(person: Person) -> tuple[str, bool] | None:
            enrolment = self._enrolment(one, person)
            variant = _variant(enrolment, sample.step) if enrolment else None
            if enrolment is None or variant is None:
                return None
            return variant, self._reached(person, enrolment, journey, until)

        with ThreadPoolExecutor(_READERS) as readers:
            for batch in self._batches(one):
                people = self.persons.persons(workspace_id, batch).values()
                each_once = {person.profile_id: person for person in people}
                yield from filter(None, readers.map(outcome, each_once.values()))

    def _batches(self, one: Broadcast) -> Iterable[list[str]]:
        for number, wave in enumerate(one.waves):
            if wave.group == "sample":
                for batch in range(len(wave.sizes)):
                    yield self.files.batch(one.folder, number, batch)

    def _enrolment(self, one: Broadcast, person: Person) -> Enrolment | None:
        """What began by being asked, as whichever strand answered for the person then."""
        for strand in person.desks:
            name = enrolment_by(person.workspace_id, one, strand)
            stored = self.enrolments.load(Ref(person.workspace_id, strand, name))
            if stored is not None:
                return stored.enrolment
        return None

    def _reached(
        self, person: Person, enrolment: Enrolment, journey: Journey, until: datetime
    ) -> bool:
        """Whether the goal was reached, also after the end of the enrolment."""
        if any(entry.decision == "goal" for entry in enrolment.trace):
            return True
        goal, entered_at = journey.goal, enrolment.entered_at
        if goal is None or enrolment.status == "active":
            return False
        last = min(entered_at + goal.within, until)
        return any(
            entered_at <= happened.occurred_at <= last and matches(goal, happened, enrolment.entry)
            for happened in self.happenings.since(person, (trigger_of(goal),), entered_at)
        )


def _variant(enrolment: Enrolment, step: str) -> str | None:
    """The variant that somebody drew; None where the experiment was not come to (yet)."""
    drawn = (one for one in enrolment.trace if one.decision == "drew" and one.step == step)
    first = next(drawn, None)
    return str(first.because[0]["name"]) if first else None
