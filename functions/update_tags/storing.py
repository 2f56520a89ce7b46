"""Stores what a look has found, so that a crash leaves things too early and never too late."""

from datetime import datetime

from functions.update_tags.ports import Ports
from functions.update_tags.standing import Standing
from shared.aws.membership_store import Change
from shared.aws.tag_store import TagChange


def store(
    before: Standing, after: Standing, ports: Ports, now: datetime, *, state_last: bool = False
) -> Standing:
    """Store what differs; gives what is stored then.

    The state comes first, because `due_at` may be too early but never too late; with `state_last`
    it says that all the rest is done. Raises ConflictError when somebody else was faster.
    """
    if not state_last:
        after = _store_state(before, after, ports, now)
    ids = after.workspace_id, after.profile_id
    flips = (Change(before.memberships.get(n), each) for n, each in after.memberships.items())
    ports.memberships.store(*ids, [each for each in flips if each.before != each.after])
    values = (TagChange(before.tags.get(n), each) for n, each in after.tags.items())
    ports.tags.store(*ids, [each for each in values if each.before != each.after])
    return _store_state(before, after, ports, now) if state_last else after


def _store_state(before: Standing, after: Standing, ports: Ports, now: datetime) -> Standing:
    if before.state is None or after.state is None or before.state == after.state:
        return after
    ids = after.workspace_id, after.profile_id
    due_at, due_again = before.state.due_at, after.state.due_at
    with ports.due.mirror(*ids, due_at, due_again, now):
        state = ports.states.settle(*ids, before.state, after.state)
    return after.with_state(state)
