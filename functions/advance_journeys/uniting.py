"""Keeps one enrolment of a person in each journey, after two people turned out to be one.

Whoever finds several keeps the same one, the earliest entered, so it does not matter who settles
first, how many do, or how often. The one that stays is told what the other strands have brought.
"""

from collections.abc import Mapping

from shared.domain.identity.person import Person
from shared.domain.journeys.entry import Run, survivor
from shared.domain.journeys.ports import Ref
from shared.domain.journeys.progress import Progress
from shared.domain.journeys.triggers import standing_triggers


class Uniting:
    """Settles the runs of a person in one journey after the other."""

    def __init__(self, progress: Progress) -> None:
        """Work over the ports of `progress`."""
        self._progress = progress

    def settle(self, person: Person, runs: Mapping[str, Run]) -> None:
        """End all active runs in one journey, by desk, but the earliest entered.

        What has ended is seen to again: whoever ended it may have died before the end of that.
        """
        stays = survivor(runs)
        into = runs[stays].enrolment_id if stays else ""
        for desk, run in runs.items():
            ref = Ref(person.workspace_id, desk, run.enrolment_id)
            if desk == stays:
                self._look_back(person, ref)
            else:
                self._progress.give_way(ref, into)

    def _look_back(self, person: Person, ref: Ref) -> None:
        """Tell the enrolment what strands brought that were somebody else's when it came."""
        found = self._progress.load(ref)
        if found is None:
            return
        journey, stored = found
        enrolment, task = stored.enrolment, stored.task
        step, visit = (task.step, task.visit) if task else ("", 0)
        # An earlier try may have died, after it told anything.
        self._progress.follow_up(journey, ref, stored, step, visit, place=0)
        awaited = enrolment.waiting.triggers if enrolment.waiting else ()
        triggers = {*standing_triggers(journey), *awaited}
        if triggers and enrolment.status == "active":
            for happened in self._progress.happenings.since(person, triggers, enrolment.entered_at):
                self._progress.tell(ref, happened)
