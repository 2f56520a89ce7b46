"""Folds what one strand says, judges its person by all strands, and tells what flipped.

The order makes a crash at any point harmless, because all of it is then done again:

1. the strand's state and counters are folded, exactly once, guarded by their position;
2. the person is found, and memberships that merges and splits have left behind are moved;
3. stage and segments are judged on what all strands hold now;
4. what flipped is stored, marked as untold;
5. what happened is published, with ids that are the same the next time;
6. the marks are taken off.

So whoever hears of an event (5) finds it in the counters (1), and whoever hears of a flip finds
the membership (4). A crash before 6 leaves marks, which the same changes find when they come
again: what is marked is published, under its old id, before anything new is decided.

Other strands of the same person may be at work at the same time. Each folds before it looks at the
person, and looks again after it has stored something, until nothing is left to store: so whoever
comes last has seen everything, and puts right what somebody with an older view has stored. What
two store at once only one of them can: the other one looks again.
"""

import json
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from events.model import DomainEvent
from functions.update_tags.claims import keep_claims
from functions.update_tags.facts import event_matched, joined
from functions.update_tags.joins import Found, settle_memberships
from functions.update_tags.plan import Plan
from functions.update_tags.ports import Ports
from functions.update_tags.records import StrandChanges
from functions.update_tags.standing import Standing
from shared.aws.membership_store import Change
from shared.aws.state_store import Whole
from shared.domain.counters.fold import fold_counters, fold_state
from shared.domain.days import natural_day
from shared.domain.profiles.model import ProfileState, View
from shared.domain.segments.references import all_references
from shared.errors import ConflictError, TransientError

MAX_LOOKS: Final = 8


def update_person(
    changes: StrandChanges, plan: Plan, ports: Ports, now: datetime
) -> list[DomainEvent]:
    """Take one strand's changes in; gives what was published.

    Doing it again, with the same, fewer or more of the changes, is harmless. `now` is in whole
    milliseconds, as rows keep it. Raises TransientError or a fault of AWS when something could not
    be done; the changes must then come again.
    """
    update = _Update(changes, plan, ports, now)
    update.fold()
    for _ in range(MAX_LOOKS):
        try:
            if update.is_done():
                return update.told
        except ConflictError:
            update.folded = None  # somebody has changed more than was folded
    raise TransientError("others keep judging the same person")


@dataclass(slots=True)
class _Update:
    """One strand's changes, and what has come of them so far.

    `folded` is the state that folding gave, while it may still be true. `scope` are the segments
    to be judged, at every look. `roots` are the profiles that answered for the person.
    """

    changes: StrandChanges
    plan: Plan
    ports: Ports
    now: datetime
    folded: ProfileState | None = None
    scope: frozenset[str] = frozenset()
    roots: set[str] = field(default_factory=set)
    is_matched: bool = False
    told: list[DomainEvent] = field(default_factory=list)

    def fold(self) -> None:
        """Count the strand's new events, and see which segments they touch."""
        changes, states = self.changes, self.ports.states
        names = (each.name for each in changes.events)
        self.scope = self.plan.index.touched_by(names, changes.traits)
        fold = fold_state(changes.occurrences)
        if fold is None:
            return
        for (name, month), counted in fold_counters(changes.occurrences, self.plan.zone).items():
            states.fold_counter(*changes.ids, name, month, counted)
        self.folded = states.fold_state(*changes.ids, fold)

    def is_done(self) -> bool:
        """Look at the person as it is now; says whether nothing was left to do about it."""
        found = self._find()
        if found is None:
            self._forget()
            return True
        if not self.roots:
            keep_claims(self.changes, self.plan, self.ports)
        self.roots.add(found.person.profile_id)
        strays = len(self.roots) > 1
        facts, moved = settle_memberships(self.changes, found, self.scope, strays, self.ports)
        self.told += facts
        if not (self._judge(found) or moved):
            return True
        self.folded = None
        return found.is_plain and self._is_still(found)

    # --- who it is ----------------------------------------------------------------------------

    def _find(self) -> Found | None:
        answering = self.ports.people.answering(*self.changes.ids)
        if answering is None:
            return None
        found = Found(*answering, Whole(self.folded, answering[0].strands, {}))
        if self.folded and found.is_plain and not self.changes.joins:
            return found
        return Found(*answering, self.ports.states.whole(found.person))

    def _is_still(self, found: Found) -> bool:
        """Whether the strand is a person of its own as before: then nobody else judges it."""
        answering = self.ports.people.answering(*self.changes.ids)
        return answering is not None and answering[0].strands == found.person.strands

    def _forget(self) -> None:
        """Nobody is there: what was folded just now belonged to somebody who was erased."""
        if self.changes.occurrences:
            counted = fold_counters(self.changes.occurrences, self.plan.zone)
            self.ports.states.forget(*self.changes.ids, counted)

    # --- what holds of it ---------------------------------------------------------------------

    def _judge(self, found: Found) -> bool:
        """Judge the person and tell what flipped; says whether anything had to be stored."""
        plan, ports, now = self.plan, self.ports, self.now
        ids = found.person.workspace_id, found.person.profile_id
        settled = found.whole.joins.get(self.changes.strand_id, 0)
        news = [join for join in self.changes.joins if join.number > settled]
        state = found.whole.state
        is_due = bool(state and state.due_at and state.due_at <= now)
        if news:
            self.scope |= plan.segments.keys()
        memberships = (
            ports.memberships.every(*ids)
            if is_due or news
            else ports.memberships.some(*ids, sorted(self.scope))
        )
        stored = Standing(*ids, state, memberships)
        self._tell(list(stored.untold()))

        due = {
            name for name, each in memberships.items() if each.changes_at and each.changes_at <= now
        }
        self.scope = (self.scope | due) & plan.segments.keys()
        after = stored.told().judged(self.scope, self._view(found), plan, now)
        after = _store(stored, after, ports)

        joins = (fact for join in news for fact in joined(*self.changes.ids, join))
        self._tell([*joins, *self._matched(ids[1]), *after.untold()])
        self.is_matched = True
        told = after.told().due_again(plan) if is_due or news else after.told()
        told = _store(after, told, ports)
        if news:
            ports.states.settle_joins(*self.changes.ids, news[-1].number)
        return told != stored

    def _matched(self, profile_id: str) -> list[DomainEvent]:
        """What journeys wait for, the first time that the person is judged."""
        if self.is_matched:
            return []
        return [
            event_matched(event, self.changes.strand_id, profile_id)
            for event in self.changes.events
            if event.name in self.plan.triggers
        ]

    def _view(self, found: Found) -> View:
        """What the conditions look at; only what they ask for is read."""
        asked = all_references(self.plan.index.references[name] for name in self.scope)
        workspace_id, today = found.person.workspace_id, natural_day(self.now, self.plan.zone)
        traits: dict[str, Any] = {}
        if asked.traits and found.person.is_merged:
            merged = self.ports.people.traits(found.person)
            traits = {name: trait.value for name, trait in merged.items()}
        elif asked.traits:
            claims = json.loads(found.row.get("traits", "{}"))
            traits = {name: claim["value"] for name, claim in claims.items()}
        counters = self.ports.states.counters(workspace_id, found.whole.seen, asked, today)
        return View(traits, counters)

    def _tell(self, facts: list[DomainEvent]) -> None:
        self.ports.bus.publish(facts)
        self.told += facts


def _store(before: Standing, after: Standing, ports: Ports) -> Standing:
    """Store what differs; the state first, because `due_at` may be too early but never too late.

    Gives what is stored then.
    """
    ids = after.workspace_id, after.profile_id
    if before.state and after.state:
        after = after.with_state(ports.states.settle(*ids, before.state, after.state))
    changes = (
        Change(before.memberships.get(name), membership)
        for name, membership in after.memberships.items()
    )
    ports.memberships.store(*ids, [change for change in changes if change.before != change.after])
    return after
