"""Folds one person's changes, judges the segments that they touch, and tells what flipped.

The order makes a crash at any point harmless, because all of it is then done again:

1. state and counters are folded, exactly once, guarded by their position in the stream;
2. stage and segments are judged on what is stored now;
3. what flipped is stored, marked as untold;
4. what happened is published, with ids that are the same the next time;
5. the marks are taken off.

So whoever hears of an event (4) finds it in the counters (1), and whoever hears of a flip finds
the membership (3). A crash before 5 leaves marks, which the same changes find when they come
again: what is marked is published, under its old id, before anything new is decided.
"""

from dataclasses import dataclass
from datetime import datetime

from events.model import DomainEvent
from functions.update_tags.facts import event_matched
from functions.update_tags.plan import Plan
from functions.update_tags.records import PersonChanges
from functions.update_tags.standing import Standing
from shared.aws.bus import EventBus
from shared.aws.membership_store import Change, MembershipStore
from shared.aws.state_store import StateStore
from shared.domain.counters.fold import fold_counters, fold_state
from shared.domain.days import natural_day
from shared.domain.profiles.model import ProfileState, View
from shared.domain.segments.references import all_references


@dataclass(frozen=True, slots=True)
class Ports:
    """What update_tags works on."""

    states: StateStore
    memberships: MembershipStore
    bus: EventBus


def update_person(
    person: PersonChanges, plan: Plan, ports: Ports, now: datetime
) -> list[DomainEvent]:
    """Take one person's changes in; gives what was published.

    Doing it again, with the same, fewer or more of the changes, is harmless. `now` is in whole
    milliseconds, as rows keep it. Raises TransientError or a fault of AWS when something could not
    be done; the changes must then come again.
    """
    state = _fold(person, plan, ports.states)
    is_due = bool(state and state.due_at and state.due_at <= now)
    touched = plan.index.touched_by((each.name for each in person.events), person.traits)
    memberships = (
        ports.memberships.every(*person.ids)
        if is_due
        else ports.memberships.some(*person.ids, sorted(touched))
    )
    stored = Standing(*person.ids, state, memberships)
    overdue = list(stored.untold())
    ports.bus.publish(overdue)

    due = {name for name, each in memberships.items() if each.changes_at and each.changes_at <= now}
    judged = (touched | due) & plan.segments.keys()
    view = _view(person, judged, plan, ports.states, now)
    after = stored.told().judged(judged, view, plan, now)
    _store(stored, after, ports)

    matched = (
        event_matched(event, person.profile_id)
        for event in person.events
        if event.name in plan.triggers
    )
    facts = [*matched, *after.untold()]
    ports.bus.publish(facts)
    _store(after, after.told().due_again(plan) if is_due else after.told(), ports)
    return overdue + facts


def _fold(person: PersonChanges, plan: Plan, states: StateStore) -> ProfileState | None:
    """Count the person's new events; gives the state with them in it, None before the first."""
    fold = fold_state(person.occurrences)
    if fold is None:
        return states.state(*person.ids)
    for (name, month), counted in fold_counters(person.occurrences, plan.zone).items():
        states.fold_counter(*person.ids, name, month, counted)
    return states.fold_state(*person.ids, fold)


def _view(
    person: PersonChanges, judged: frozenset[str], plan: Plan, states: StateStore, now: datetime
) -> View:
    """What the conditions of these segments look at; read from the table only if there are any."""
    asked = all_references(plan.index.references[name] for name in judged)
    return states.load_view(*person.ids, asked, natural_day(now, plan.zone))


def _store(before: Standing, after: Standing, ports: Ports) -> None:
    """Store what differs; the state first, because `due_at` may be too early but never too late."""
    ids = after.workspace_id, after.profile_id
    if before.state and after.state:
        ports.states.settle(*ids, before.state, after.state)
    changes = (
        Change(before.memberships.get(name), membership)
        for name, membership in after.memberships.items()
    )
    ports.memberships.store(*ids, [change for change in changes if change.before != change.after])
