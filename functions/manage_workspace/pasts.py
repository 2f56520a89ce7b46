"""What is still known of a person's past: everything of the timeline, moves, and enrolments."""

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any, Final

from functions.manage_workspace.ports import Ports
from shared.aws import keys
from shared.aws.enrolment_rows import enrolment_of
from shared.aws.happenings import happened_by
from shared.aws.people import Place
from shared.aws.state_rows import stages_of, whole_state
from shared.domain.events.model import Event
from shared.domain.histories.view import Told
from shared.domain.identity.person import Person
from shared.domain.instants import parse_instant
from shared.domain.journeys.enrolment import Enrolment
from shared.domain.journeys.stimulus import Happened
from shared.domain.journeys.triggers import moved, segment_trigger, stage_moves
from shared.errors import NotFoundError

Row = Mapping[str, Any]

MOST_EVENTS: Final = 5_000
_PAGE: Final = 1_000
# Events of the timeline are there for 400 days; a few less leave no doubt.
_KEPT: Final = timedelta(days=390)


@dataclass(frozen=True)
class PersonsPast:
    """A person with all that is known; `whole` when no event can be missing."""

    person: Person
    rows: Mapping[str, list[Row]]
    told: list[Told]
    whole: bool

    @property
    def happened(self) -> list[Happened]:
        """Events, and the moves that are still known: the last one of each segment, all stages."""
        return [*(happened_by(one.event) for one in self.told), *self._moves()]

    def enrolments(self, journey_id: str | None = None) -> Iterator[tuple[Row, Enrolment]]:
        """Every run, of one journey if that is named, with its row."""
        for row in self.rows["ENR"]:
            known = enrolment_of(row)
            if journey_id in (None, known.journey_id):
                yield row, known

    def _moves(self) -> Iterator[Happened]:
        for row in self.rows["SEG"]:
            segment_id = row["sk"].removeprefix(keys.SEGMENT_PREFIX)
            trigger = segment_trigger(segment_id, "entered" if row["member"] else "exited")
            yield moved("segment", trigger, parse_instant(row["since"]))
        states = self.rows[keys.STATE]
        state = whole_state(next(iter(states), {}), states)
        for (before, _), (after, at) in pairwise(stages_of(self.rows["STAGE"], state)):
            yield from stage_moves(before, after, at)


def past_of(ports: Ports, strand_id: str) -> PersonsPast:
    """Everything of a person; raises NotFoundError."""
    person = ports.persons.person(ports.workspace_id, strand_id)
    if person is None:
        raise NotFoundError(f"there is no profile {strand_id!r}")
    rows: dict[str, list[Row]] = defaultdict(list)
    # The root comes first, so that its state is the first one.
    for each in dict.fromkeys((person.profile_id, *person.strands)):
        for row in ports.people.rows(ports.workspace_id, each):
            rows[row["sk"].partition("#")[0]].append(row)
    told, all_read = _events(ports, person)
    # In a rehearsal that runs faster, nobody can say what had arrived when something was decided.
    faster = ports.published.settings(ports.workspace_id).time_scale != 1
    whole = all_read and not faster and _is_young(rows, ports.now())
    return PersonsPast(person, rows, told, whole)


def _events(ports: Ports, person: Person) -> tuple[list[Told], bool]:
    """The newest events of all strands, and whether these are all."""
    told: list[Told] = []
    after: Place | None = None
    while True:
        page = ports.people.timeline(ports.workspace_id, person.strands, _PAGE, after)
        told += [Told(person.profile_id, _event(row)) for row in page.rows]
        after = page.after
        if after is None:
            return told, True
        if len(told) >= MOST_EVENTS:
            return told, False


def _event(row: Row) -> Event:
    return Event.from_json(json.loads(row["body"]))


def _is_young(rows: Mapping[str, Iterable[Row]], now: datetime) -> bool:
    """Whether the first event is so young that none can have gone from the timeline."""
    return all(now - parse_instant(row["first_at"]) < _KEPT for row in rows["CNT"])
