"""Where a person stands in lifecycle, segments and tags, and what a look makes of that.

Everything here is a plain value: the use case reads a standing, has the next one made, and stores
the difference.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from events.model import DomainEvent
from functions.update_tags.facts import lifecycle_changed, segment_flipped, tag_changed
from functions.update_tags.plan import (
    STAGE,
    Plan,
    segment_name,
    segments_in,
    tag_name,
    tags_in,
)
from shared.domain.lifecycle.judging import stage_of
from shared.domain.profiles.model import ProfileState, View
from shared.domain.segments.evaluate import evaluate
from shared.domain.segments.membership import Membership, settle
from shared.domain.tags.held import HeldTag, settle_tag
from shared.domain.tags.valuing import value_of


@dataclass(frozen=True, slots=True)
class Standing:
    """A person's state (None before the first event), and the memberships and tags in question.

    `stage_until` is the instant before which the stage does not change by itself, once it was
    judged.
    """

    workspace_id: str
    profile_id: str
    state: ProfileState | None
    memberships: Mapping[str, Membership]
    tags: Mapping[str, HeldTag]
    stage_until: datetime | None = field(default=None, compare=False)

    def untold(self) -> Iterator[DomainEvent]:
        """What is marked as not published yet: the move to the stage, the last flips and values."""
        ids = self.workspace_id, self.profile_id
        state = self.state
        if state and state.stage_before and state.stage_since:
            yield lifecycle_changed(*ids, state.stage_before, state.stage, state.stage_since)
        for _, membership in sorted(self.memberships.items()):
            if membership.untold:
                yield segment_flipped(*ids, membership)
        for _, held in sorted(self.tags.items()):
            if held.untold:
                yield tag_changed(*ids, held)

    def told(self) -> "Standing":
        """The same without these marks."""
        return replace(
            self,
            state=self.state and replace(self.state, stage_before=None),
            memberships={
                name: replace(each, untold=False) for name, each in self.memberships.items()
            },
            tags={
                name: replace(each, untold=False, value_before=None)
                for name, each in self.tags.items()
            },
        )

    def due(self, now: datetime) -> frozenset[str]:
        """The names of what has to be judged at `now` because its time has come."""
        if self.state is None or self.state.due_at is None or self.state.due_at > now:
            return frozenset()
        rows: dict[str, Membership | HeldTag] = {
            **{segment_name(name): each for name, each in self.memberships.items()},
            **{tag_name(name): each for name, each in self.tags.items()},
        }
        turning = (n for n, each in rows.items() if each.changes_at and each.changes_at <= now)
        return frozenset((STAGE, *turning))

    def judged(
        self, names: Collection[str], silent: Collection[str], view: View, plan: Plan, now: datetime
    ) -> "Standing":
        """Where the person stands after a look at `now` at the named definitions.

        What flips is marked as untold, but for the `silent` ones. `due_at` only moves to an earlier
        instant here: a later one has to wait until everything else is stored, so that it never lies
        after a stored `changes_at`.
        """
        memberships = dict(self.memberships)
        for each in self._flipped(segments_in(names), view, plan, now):
            quiet = segment_name(each.segment_id) in silent
            memberships[each.segment_id] = replace(each, untold=each.untold and not quiet)
        tags = dict(self.tags)
        for held in self._valued(tags_in(names), view, plan, now):
            quiet = tag_name(held.tag_id) in silent
            tags[held.tag_id] = replace(held, untold=held.untold and not quiet)
        after = replace(self, memberships=memberships, tags=tags)
        if STAGE in names:
            after = after._placed(view, plan, now, quiet=STAGE in silent)
        return after._due_earlier(plan)

    def _flipped(
        self, segment_ids: Iterable[str], view: View, plan: Plan, now: datetime
    ) -> Iterator[Membership]:
        for name in segment_ids:
            segment = plan.segments[name]
            version = segment.stand.version
            none = Membership(name, member=False, since=now, version=version)
            before = self.memberships.get(name) or none
            verdict = evaluate(segment.condition, view, now, plan.zone)
            found = settle(before, version, verdict, now)
            if found != before:
                yield found

    def _valued(
        self, tag_ids: Iterable[str], view: View, plan: Plan, now: datetime
    ) -> Iterator[HeldTag]:
        for name in tag_ids:
            tag = plan.tags[name]
            version = tag.stand.version
            before = self.tags.get(name) or HeldTag(name, None, since=now, version=version)
            verdict = value_of(tag.tag, view, now, plan.zone)
            found = settle_tag(before, version, verdict, now, counted=tag.counted)
            if found != before:
                yield found

    def _placed(self, view: View, plan: Plan, now: datetime, *, quiet: bool) -> "Standing":
        """The same in the stage of the view."""
        if self.state is None:
            return self
        verdict = stage_of(plan.lifecycle.lifecycle, view, now, plan.zone)
        state = self.state
        if verdict.stage != state.stage:
            before = None if quiet else state.stage
            state = replace(state, stage=verdict.stage, stage_since=now, stage_before=before)
        return replace(self, state=state, stage_until=verdict.changes_at)

    def _due_earlier(self, plan: Plan) -> "Standing":
        if self.state is None:
            return self
        due_at = _earliest((self.state.due_at, *self._instants(plan)))
        return self.with_state(replace(self.state, due_at=due_at))

    def due_again(self, plan: Plan) -> "Standing":
        """The same with `due_at` at the earliest instant at which anything changes by itself.

        All memberships, all tags and the stage must have been looked at.
        """
        if self.state is None:
            return self
        return self.with_state(replace(self.state, due_at=_earliest(self._instants(plan))))

    def _instants(self, plan: Plan) -> Iterator[datetime | None]:
        """Rows of what is gone from the catalog are left out: nobody judges them."""
        yield self.stage_until
        yield from (each.changes_at for n, each in self.memberships.items() if n in plan.segments)
        yield from (each.changes_at for n, each in self.tags.items() if n in plan.tags)

    def with_state(self, state: ProfileState) -> "Standing":
        """The same with another state."""
        return replace(self, state=state)


def _earliest(instants: Iterable[datetime | None]) -> datetime | None:
    return min((each for each in instants if each is not None), default=None)
