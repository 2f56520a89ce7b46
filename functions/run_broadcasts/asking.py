"""Asks the people of one batch into the journey, in their order, each exactly once.

Before some of them are asked it is written down who, and at which instant. So whoever comes after a
crash asks the same people again by the same events, which are there already; and whoever comes
after a pause begins with the first who was not asked.
"""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from shared.aws.broadcast_files import BroadcastFiles
from shared.aws.broadcast_parts import BroadcastParts
from shared.aws.broadcast_store import BroadcastStore
from shared.aws.catalog import CatalogReader
from shared.aws.happenings import HappeningsReader
from shared.aws.person_reader import PersonReader
from shared.aws.profile_store import ProfileStore
from shared.domain.broadcasts.asked import broadcast_of, call_of
from shared.domain.broadcasts.model import Broadcast, Part
from shared.domain.broadcasts.pacing import Slice, minute_of
from shared.domain.events.own import JOURNEY_ASKED
from shared.domain.identity.person import Person
from shared.domain.journeys.clock import to_milliseconds

AT_ONCE: Final = 25
_WRITERS: Final = 8


@dataclass(frozen=True, slots=True)
class AskPeople:
    """Asks slices of batches; every method raises TransientError, and may be repeated then."""

    store: BroadcastStore
    parts: BroadcastParts
    files: BroadcastFiles
    persons: PersonReader
    happenings: HappeningsReader
    timelines: ProfileStore
    catalog: CatalogReader
    now: Callable[[], datetime]

    def ask(self, workspace_id: str, broadcast_id: str, run: int, which: Slice) -> int:
        """Ask at most so many people of a batch, for as long as the broadcast goes on.

        While people are being restored nobody is: a journey begins for nobody then, and whoever was
        asked would never be asked again. Gives how many are done with.
        """
        one = self.store.load(workspace_id, broadcast_id)
        place = (which.wave, which.batch)
        people = self.files.batch(one.folder, *place)
        part = self.parts.load(workspace_id, broadcast_id, *place)
        began = part.done
        while not self.catalog.settings(workspace_id).restoring:
            if part.doing == part.done:  # else somebody died asking these
                most = min(AT_ONCE, which.most - (part.done - began), len(people) - part.done)
                if one.rate:
                    most = min(most, one.rate)
            else:
                most = part.doing - part.done
            at = to_milliseconds(self.now())
            if most <= 0 or not self.store.take(
                workspace_id, broadcast_id, run, most, minute_of(at), one.rate
            ):
                break
            if part.doing == part.done:
                claimed = part._replace(doing=part.done + most, at=at)
                if not self.parts.move(workspace_id, one, place, part, claimed):
                    break
                part = claimed
            left = self._ask(workspace_id, one, which.wave, people[part.done : part.doing], part)
            asked = part._replace(done=part.doing, left=part.left + left)
            if not self.parts.move(workspace_id, one, place, part, asked):
                break
            part = asked
        return part.done - began

    def _ask(
        self, workspace_id: str, one: Broadcast, wave: int, ids: Sequence[str], part: Part
    ) -> int:
        """Ask some people at the instant of the claim; gives how many were left out."""
        at = part.at or self.now()
        found = self.persons.persons(workspace_id, ids)
        people = {person.profile_id: person for person in found.values()}
        group = one.waves[wave].group

        def ask(person: Person) -> bool:
            call = call_of(workspace_id, one, group, person.profile_id, at, self.now())
            if person.is_merged and self._was_asked(one, person, call.message_id, at):
                return False
            self.timelines.add_event(person.profile_id, call)
            return True

        with ThreadPoolExecutor(_WRITERS) as writers:
            asked = sum(writers.map(ask, people.values()))
        return len(ids) - asked

    def _was_asked(self, one: Broadcast, person: Person, call_id: str, at: datetime) -> bool:
        """Whether somebody was asked before, as one of the people that they turned out to be."""
        since = one.gathered_at or one.starts_at
        return any(
            broadcast_of(happened) == one.broadcast_id
            and (happened.fact_id, happened.occurred_at) != (call_id, at)
            for happened in self.happenings.since(person, (JOURNEY_ASKED,), since)
        )
