"""Folds what one strand says, judges its person by all strands, and tells what changed.

The order makes a crash at any point harmless, because all of it is then done again:

1. moments, counters and the state of the strand are folded, each exactly once;
2. the person is found, and what merges and splits have left behind is moved;
3. what the person lacks of new definitions is built from the timelines;
4. stage, segments and tags are judged on what all strands hold now;
5. what changed is stored, marked as untold;
6. what happened is published, with ids that are the same the next time;
7. the marks are taken off, and what is due later and what is built is remembered.

So whoever hears of an event (6) finds it in the counters (1), and whoever hears of a flip finds
the membership (5). A crash before 7 leaves marks, which the same changes find when they come
again: what is marked is published, under its old id, before anything new is decided.

Others may be at work on the same person at the same time: other strands, sweeps, builds. Each folds
before it looks at the person, and looks again after it has stored something, until nothing is left
to store: so whoever comes last has seen everything, and puts right what somebody with an older view
has stored. What two store at once only one of them can: the other one looks again. What must not be
forgotten by a crash in between (`due_at`, `built`, `joins`) moves on only in a look that found
nothing to store.

A build is begun before anything is read for it: whoever folds an event from then on by an older
catalog finds the mark, and looks at the catalog again; whoever folded before has written what the
build reads (decision 0014).
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Final, NamedTuple

from events.model import DomainEvent
from functions.update_tags.looking import Look, OutdatedError
from functions.update_tags.planning import Plans
from functions.update_tags.ports import Ports
from functions.update_tags.records import StrandChanges
from shared.errors import ConflictError, TransientError

MAX_LOOKS: Final = 10


class Told(NamedTuple):
    """What was published, and the segments built just now of which the person is a member."""

    facts: list[DomainEvent]
    members: Iterable[str] = ()


def update_person(changes: StrandChanges, plans: Plans, ports: Ports, now: datetime) -> Told:
    """Take one strand's changes in, and judge its person.

    Doing it again, with the same, fewer or more of the changes, is harmless. `now` is in whole
    milliseconds, as rows keep it. Raises TransientError or a fault of AWS when something could not
    be done; the changes must then come again.
    """
    plan = plans.of(changes.workspace_id)
    try:
        return _update(Look(changes, plan, ports, now, plans.version(changes.workspace_id)))
    except OutdatedError:
        # Nothing has been told yet, and folding again what is folded changes nothing. Should the
        # catalog have gone back, what it says now holds.
        plan = plans.of(changes.workspace_id, look_again=True)
        return _update(Look(changes, plan, ports, now, None))


def judge_person(
    workspace_id: str, profile_id: str, plans: Plans, ports: Ports, now: datetime
) -> Told:
    """Judge somebody by what is due or not built yet; raises what `update_person` raises."""
    return update_person(StrandChanges.none_of(workspace_id, profile_id), plans, ports, now)


def _update(look: Look) -> Told:
    look.fold()
    for _ in range(MAX_LOOKS):
        try:
            if look.is_done():
                return Told(look.told, look.members)
        except ConflictError:
            look.forget_folded()  # somebody has changed more than was folded
    raise TransientError("others keep judging the same person")
