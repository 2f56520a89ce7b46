"""One strand's changes, and looks at the person until nothing is left to do."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from events.model import DomainEvent
from functions.update_tags.building import Backlog, Builder
from functions.update_tags.claims import keep_claims
from functions.update_tags.doubt import is_doubtful, marked, unmarked
from functions.update_tags.facts import event_matched, joined, traced
from functions.update_tags.joins import Found, settle_joined
from functions.update_tags.plan import Plan, segments_in, tags_in
from functions.update_tags.ports import Ports
from functions.update_tags.records import Join, StrandChanges
from functions.update_tags.standing import Standing
from functions.update_tags.storing import store_rows, store_state
from shared.aws.bus import SilentBus
from shared.aws.person_reader import person_of
from shared.aws.state_rows import NEVER
from shared.aws.state_store import Whole
from shared.domain.counters.fold import fold_counters, fold_state
from shared.domain.due.timing import WRITER_LIFE
from shared.domain.measures.taking import moments_by_day
from shared.domain.profiles.model import ProfileState, View
from shared.domain.segments.references import all_references


class OutdatedError(Exception):
    """Others have begun to judge the person by a newer catalog than ours."""


@dataclass(slots=True)
class Look:
    """What has come of the changes so far.

    `version` is the catalog's that the plan is of; None to take the plan as it is. `folded` is the
    state that folding gave, while it may still be true. `scope` are the definitions to be judged,
    at every look; `roots` the profiles that answered for the person. `is_fresh` says that nothing
    happened in the strand before, `is_joined` that the person has just merged or parted, `is_open`
    that something is left to be remembered in a look that finds nothing to store, `is_marked` that
    others know that we have not looked again yet.
    """

    changes: StrandChanges
    plan: Plan
    ports: Ports
    now: datetime
    version: int | None
    folded: Whole | None = None
    scope: frozenset[str] = frozenset()
    roots: set[str] = field(default_factory=set)
    is_fresh: bool = False
    is_joined: bool = False
    is_open: bool = False
    is_marked: bool = False
    has_told_changes: bool = False
    told: list[DomainEvent] = field(default_factory=list)
    members: frozenset[str] = frozenset()
    builder: Builder = field(init=False)

    def __post_init__(self) -> None:
        if self.plan.is_silent:
            self.ports = replace(self.ports, bus=SilentBus())
        self.builder = Builder(self.plan, self.ports)

    def fold(self) -> None:
        """Take the strand's new events in, and see which definitions they touch."""
        changes, ports, plan = self.changes, self.ports, self.plan
        names = (each.name for each in changes.events)
        self.scope = plan.index.touched_by(names, changes.traits)
        fold = fold_state(changes.occurrences)
        if fold is None:
            return
        keyed = zip(changes.sort_keys, changes.events, strict=True)
        if moments := moments_by_day(keyed, plan.measures, plan.zone):
            ports.measures.add(*changes.ids, moments, plan.zone)
        for (name, month), counted in fold_counters(changes.occurrences, plan.zone).items():
            ports.states.fold_counter(*changes.ids, name, month, counted)
        self.folded = ports.states.fold_state(*changes.ids, fold)
        strand = self.folded.strands[changes.strand_id]
        self.is_fresh = strand.built == NEVER and strand.heard == len(changes.events)

    def forget_folded(self) -> None:
        """From now on the state is read again."""
        self.folded = None

    def is_done(self) -> bool:
        """Look at the person as it is now; says whether nothing was left to do about it."""
        found = self._find()
        if found is None:
            self._forget()
            return True
        self._must_be_up_to_date(found.whole)
        if not self.roots:
            keep_claims(self.changes, self.plan, self.ports)
        self.roots.add(found.person.profile_id)
        strays = len(self.roots) > 1
        facts, moved = settle_joined(self.changes, found, self.plan, self.scope, strays, self.ports)
        self.told += facts
        backlog = self.builder.backlog(found, self.changes.strand_id if self.is_fresh else None)
        if self.builder.begin(found, backlog):
            self.forget_folded()
            return False
        if not (self._judge(found, backlog) or moved):
            return True
        self.forget_folded()
        return self._may_stop(found)

    # --- who it is ----------------------------------------------------------------------------

    def _find(self) -> Found | None:
        answering = self.ports.people.answering(*self.changes.ids)
        if answering is None:
            return None
        if self.folded:
            found = Found(*answering, self.folded)
            if found.is_plain and not self.changes.joins:
                return found
        return Found(*answering, self.ports.states.whole(answering[0]))

    def _must_be_up_to_date(self, whole: Whole) -> None:
        newest = max((max(each.built, each.building) for each in whole.strands.values()), default=0)
        if self.version is not None and newest > self.version:
            raise OutdatedError

    def _may_stop(self, found: Found) -> bool:
        """Whether nobody but us can have stored anything since we looked.

        That is so of a person of one strand whose news we have, and who does not come due in our
        life time: what a sweep or a build stores in view of less, it puts right itself.
        """
        if self.is_open or not (self.changes.is_news and found.is_plain):
            return False
        whole, root = self.ports.states.look_again(found.person)
        self._must_be_up_to_date(whole)
        due_at = whole.state.due_at if whole.state else None
        if due_at and due_at <= self.now + WRITER_LIFE:
            return False
        person = person_of(found.person.workspace_id, found.person.profile_id, root)
        return bool(root) and person is not None and person.strands == found.person.strands

    def _forget(self) -> None:
        """Nobody is there: what was folded just now belonged to somebody who was erased."""
        changes, plan = self.changes, self.plan
        if changes.occurrences:
            keyed = zip(changes.sort_keys, changes.events, strict=True)
            moments = moments_by_day(keyed, plan.measures, plan.zone)
            self.ports.measures.forget(*changes.ids, moments, plan.zone)
            counted = fold_counters(changes.occurrences, plan.zone)
            self.ports.states.forget(*changes.ids, counted)

    # --- what holds of it ---------------------------------------------------------------------

    def _judge(self, found: Found, backlog: Backlog) -> bool:
        """Judge the person and tell what changed; says whether anything had to be stored."""
        plan, ports, now = self.plan, self.ports, self.now
        settled = found.whole.joins(self.changes.strand_id)
        news = [each for each in self.changes.joins if each.number > settled]
        self._widen(found, news, backlog)
        everything = self._needs_everything(found)
        stored = self._standing(found, everything)
        self._tell(list(stored.untold()))

        self.scope = (self.scope | stored.due(now)) & plan.stands.keys()
        self.builder.build(found, backlog)
        after = stored.told().judged(self.scope, backlog.silent, self._view(found), plan, now)
        after = self._store(stored, after)

        self._tell([*self._happened(found, news), *after.untold()])
        told = self._marked_as_built(found, after.told())
        is_settled = told == stored
        if is_settled and everything:
            told = self._unmarked(told.due_again(plan))
        store_rows(after, told, ports)
        told = store_state(after, told, ports, now)
        self.members = frozenset(
            name for name in segments_in(backlog.names) if _is_member(told, name)
        )
        if is_settled:
            self._conclude(found, news, backlog)
        self.is_open = everything or bool(backlog.strands or self._unnoted(found))
        return not is_settled

    def _store(self, stored: Standing, after: Standing) -> Standing:
        """Store what was found, with our mark where something was due."""
        marking = (
            not self.is_marked
            and after != stored.told()
            and stored.state is not None
            and self._is_due(stored.state)
        )
        if marking and after.state:
            after = after.with_state(marked(after.state, self.now))
        after = store_state(stored, after, self.ports, self.now)
        self.is_marked |= marking
        store_rows(stored, after, self.ports)
        return after

    def _unmarked(self, told: Standing) -> Standing:
        """Without it again, now that nothing had to be stored."""
        state = told.state and unmarked(told.state, self.now, is_marked=self.is_marked)
        return told.with_state(state) if state else told

    def _widen(self, found: Found, news: Sequence[Join], backlog: Backlog) -> None:
        """Judge by more than what was touched, where there is reason to."""
        plan = self.plan
        self.scope |= backlog.names
        if news:
            self.is_joined = True
            self.scope |= plan.stands.keys()
        if found.whole.state and self._is_doubtful(found.whole.state):
            self.scope |= plan.stands.keys()
        if self._is_birth(found.whole):
            traits = json.loads(found.row.get("traits", "{}"))
            self.scope |= plan.at_birth | plan.index.touched_by((), traits)

    def _is_birth(self, whole: Whole) -> bool:
        """Whether all that the person ever did is among the changes."""
        if self.is_fresh and whole.seen == (self.changes.strand_id,):
            return True
        return whole.state is not None and whole.state.events == self.changes.signs_of_life

    def _needs_everything(self, found: Found) -> bool:
        """Whether to look at all that the person has, also at what nothing touched."""
        state = found.whole.state
        return self.is_joined or (state is not None and self._is_due(state))

    def _is_due(self, state: ProfileState) -> bool:
        return (state.due_at is not None and state.due_at <= self.now) or self._is_doubtful(state)

    def _is_doubtful(self, state: ProfileState) -> bool:
        is_news = self.changes.is_news
        return is_doubtful(state, self.now, is_marked=self.is_marked, is_news=is_news)

    def _standing(self, found: Found, everything: bool) -> Standing:
        ports, ids = self.ports, (found.person.workspace_id, found.person.profile_id)
        if everything:
            memberships = ports.memberships.every(*ids)
            tags = ports.tags.every(*ids) if self.plan.tags else {}
        else:
            memberships = ports.memberships.some(*ids, segments_in(self.scope))
            tags = ports.tags.some(*ids, tags_in(self.scope))
        return Standing(*ids, found.whole.state, memberships, tags)

    def _happened(self, found: Found, news: Sequence[Join]) -> list[DomainEvent]:
        """Who merged and parted, and what journeys wait for, the first time of looking."""
        if self.has_told_changes:
            return []
        self.has_told_changes = True
        changes, root = self.changes, found.person.profile_id
        return [
            *(fact for join in news for fact in joined(*changes.ids, join)),
            *(
                event_matched(event, changes.strand_id, root)
                for event in changes.events
                if event.name in self.plan.triggers
            ),
        ]

    def _marked_as_built(self, found: Found, told: Standing) -> Standing:
        """Nothing is to be built for somebody new; that goes along with the state."""
        if not (self.is_fresh and found.is_plain and told.state):
            return told
        return told.with_state(replace(told.state, built=self.plan.build))

    def _unnoted(self, found: Found) -> str | None:
        """A new strand of which no state can tell that nothing is to be built for it."""
        if self.is_fresh and not (found.is_plain and found.whole.state):
            return self.changes.strand_id
        return None

    def _conclude(self, found: Found, news: Sequence[Join], backlog: Backlog) -> None:
        """Remember what is done, now that all of it is stored."""
        self.builder.end(found, backlog, self._unnoted(found))
        if news:
            self.ports.states.settle_joins(*self.changes.ids, news[-1].number)

    def _view(self, found: Found) -> View:
        """What the conditions look at; only what they ask for is read."""
        asked = all_references(self.plan.index.references[name] for name in self.scope)
        traits: dict[str, Any] = {}
        if asked.traits and found.person.is_merged:
            merged = self.ports.people.traits(found.person)
            traits = {name: trait.value for name, trait in merged.items()}
        elif asked.traits:
            claims = json.loads(found.row.get("traits", "{}"))
            traits = {name: claim["value"] for name, claim in claims.items()}
        whole = found.whole
        return self.ports.views.view(
            found.person, whole.seen, traits, whole.state, asked, self.now, self.plan.zone
        )

    def _tell(self, untraced: list[DomainEvent]) -> None:
        facts = traced(untraced, self.changes.correlation_id)
        self.ports.bus.publish(facts)
        self.told += facts


def _is_member(standing: Standing, segment_id: str) -> bool:
    membership = standing.memberships.get(segment_id)
    return membership is not None and membership.member
