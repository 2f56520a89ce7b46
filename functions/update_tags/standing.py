"""Where a person stands in lifecycle and segments, and what a look at the person makes of that.

Everything here is a plain value: the use case reads a standing, has the next one made, and stores
the difference.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from events.model import DomainEvent
from functions.update_tags.facts import lifecycle_changed, segment_flipped
from functions.update_tags.plan import Plan
from shared.domain.lifecycle.stages import stage_at
from shared.domain.profiles.model import ProfileState, View
from shared.domain.segments.evaluate import evaluate
from shared.domain.segments.membership import Membership, settle


@dataclass(frozen=True, slots=True)
class Standing:
    """A person's state (None before the first event) and the memberships in question."""

    workspace_id: str
    profile_id: str
    state: ProfileState | None
    memberships: Mapping[str, Membership]

    def untold(self) -> Iterator[DomainEvent]:
        """What is marked as not published yet: the move to the stage, the last flips."""
        ids = self.workspace_id, self.profile_id
        state = self.state
        if state and state.stage_before and state.stage_since:
            yield lifecycle_changed(*ids, state.stage_before, state.stage, state.stage_since)
        for _, membership in sorted(self.memberships.items()):
            if membership.untold:
                yield segment_flipped(*ids, membership)

    def told(self) -> "Standing":
        """The same without these marks."""
        return replace(
            self,
            state=self.state and replace(self.state, stage_before=None),
            memberships={
                name: replace(each, untold=False) for name, each in self.memberships.items()
            },
        )

    def judged(
        self, segment_ids: Collection[str], view: View, plan: Plan, now: datetime
    ) -> "Standing":
        """Where the person stands after a look at `now`; what flips is marked as untold.

        `due_at` only moves to an earlier instant here: a later one has to wait until everything
        else is stored, so that it never lies after a stored `changes_at`.
        """
        after = dict(self.memberships)
        for name in sorted(segment_ids):
            segment, version = plan.segments[name].segment, plan.segments[name].version
            before = after.get(name) or Membership(name, member=False, since=now, version=version)
            verdict = evaluate(segment.condition, view, now, plan.zone)
            found = settle(before, version, verdict, now)
            if found != before:
                after[name] = found
        return replace(self, state=self._state_at(now, after), memberships=after)

    def due_again(self, plan: Plan) -> "Standing":
        """The same with `due_at` at the earliest `changes_at` of all memberships.

        Rows of segments that are gone from the catalog are left out: nobody judges them.
        """
        known = [
            each.changes_at for name, each in self.memberships.items() if name in plan.segments
        ]
        return replace(self, state=self.state and replace(self.state, due_at=_earliest(*known)))

    def with_state(self, state: ProfileState) -> "Standing":
        """The same with another state."""
        return replace(self, state=state)

    def _state_at(self, now: datetime, after: Mapping[str, Membership]) -> ProfileState | None:
        if self.state is None:
            return None
        instants = (each.changes_at for each in after.values())
        state = replace(self.state, due_at=_earliest(self.state.due_at, *instants))
        stage = stage_at(state, now)
        if stage == state.stage:
            return state
        return replace(state, stage=stage, stage_since=now, stage_before=state.stage)


def _earliest(*instants: datetime | None) -> datetime | None:
    return min((each for each in instants if each is not None), default=None)
