"""Stores what a look has found, so that a crash leaves things too early and never too late.

What was found is stored with the state first, because `due_at` may be too early but never too late;
that it has been told is stored with the state last, which says that all the rest is done.
"""

from datetime import datetime

from functions.update_tags.ports import Ports
from functions.update_tags.standing import Standing
from shared.aws.membership_store import Change
from shared.aws.tag_store import TagChange


def store_state(before: Standing, after: Standing, ports: Ports, now: datetime) -> Standing:
    """Store the state where it differs; gives what is stored then. Raises ConflictError."""
    if before.state is None or after.state is None or before.state == after.state:
        return after
    ids = after.workspace_id, after.profile_id
    due_at, due_again = before.state.due_at, after.state.due_at
    with ports.due.mirror(*ids, due_at, due_again, now):
        state = ports.states.settle(*ids, before.state, after.state)
    return after.with_state(state)


def store_rows(before: Standing, after: Standing, ports: Ports) -> None:
    """Store the memberships and tags that differ. Raises ConflictError."""
    ids = after.workspace_id, after.profile_id
    flips = (Change(before.memberships.get(n), each) for n, each in after.memberships.items())
    ports.memberships.store(*ids, [each for each in flips if each.before != each.after])
    values = (TagChange(before.tags.get(n), each) for n, each in after.tags.items())
    ports.tags.store(*ids, [each for each in values if each.before != each.after])
