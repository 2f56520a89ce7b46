"""Settles what merges and splits leave to do with memberships and tags, in whatever order.

The rows themselves say what is left: a profile that another one answers for should have parked
memberships and tags only, and a profile that has parted should have none that are parked. So
nothing hangs on hearing of every merge, and doing it again does nothing.

A membership is handed on, because it says since when. A tag is not: its value is simply found again
for the person as a whole. What was parked waits for the day on which the two part; a profile that
then has the same value as before has it as if nothing had been.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from events.model import DomainEvent
from functions.update_tags.facts import segment_flipped, tag_changed
from functions.update_tags.plan import Plan, segments_in, tags_in
from functions.update_tags.ports import Ports
from functions.update_tags.records import Join, StrandChanges, join_of
from shared.aws.person_reader import graph_of
from shared.aws.state_store import Whole
from shared.domain.identity.person import Person
from shared.domain.segments.membership import Membership


@dataclass(frozen=True, slots=True)
class Found:
    """A person as a look found it: the PROFILE row that answers for it, and all its states."""

    person: Person
    row: Mapping[str, Any]
    whole: Whole

    @property
    def is_plain(self) -> bool:
        """Whether the person is one strand and has never been merged."""
        return not self.person.is_merged and not self.row.get("joins")

    @property
    def is_unsettled(self) -> bool:
        """Whether there was a merge or a split that nobody has heard of at the root yet."""
        return bool(self.row.get("joins", 0) != self.whole.joins(self.person.profile_id))

    @property
    def absorbed(self) -> list[str]:
        """The profiles that once answered for a part of the person."""
        known = graph_of(self.row)
        return [root.strand_id for root in known.roots[1:]] if known else []


def settle_joined(
    changes: StrandChanges,
    found: Found,
    plan: Plan,
    scope: Collection[str],
    strays: bool,
    ports: Ports,
) -> tuple[list[DomainEvent], bool]:
    """Move what is left to move; gives what was published, and whether anything has moved.

    Where all is settled, only the strand itself is looked at: whoever judged it as a person of its
    own at the moment of a merge may have stored something in it afterwards. `scope` are the
    definitions of which that may be; `strays` says that it did happen. Raises ConflictError.
    """
    if found.is_plain:
        return [], False
    workspace_id, root = found.person.workspace_id, found.person.profile_id
    if found.is_unsettled:
        moved = False
        for join in _partings(changes, found):
            if join.parted_from:
                here = workspace_id, root, found.row["joins"], join.parted_from
                moved |= ports.moves.part(*here, join.at)
        facts, gathered = _gather(found, found.absorbed, plan, ports)
        return facts, moved or gathered
    strand = changes.strand_id
    if strand == root or strand not in found.absorbed:
        return [], False
    if strays or changes.is_profile or _has_any(changes, scope, ports):
        return _gather(found, [strand], plan, ports)
    return [], False


def _has_any(changes: StrandChanges, scope: Collection[str], ports: Ports) -> bool:
    """Whether a strand that does not answer for itself has rows that count."""
    if ports.memberships.some(*changes.ids, segments_in(scope)):
        return True
    held = ports.tags.some(*changes.ids, tags_in(scope))
    return any(not each.parked for each in held.values())


def _partings(changes: StrandChanges, found: Found) -> Iterator[Join]:
    """How the person came to part from others, as far as it is known."""
    if changes.strand_id == found.person.profile_id:
        yield from changes.joins
    if join := join_of(found.row):
        yield join


def _gather(
    found: Found, absorbed: Collection[str], plan: Plan, ports: Ports
) -> tuple[list[DomainEvent], bool]:
    """Tell what absorbed profiles have left untold, and take over what counts there."""
    told: list[DomainEvent] = []
    moved = False
    for strand in absorbed:
        for take_over in (_gather_memberships, _park_tags) if plan.tags else (_gather_memberships,):
            facts = take_over(found, strand, ports)
            if facts is not None:
                told += facts
                moved = True
    return told, moved


def _gather_memberships(found: Found, strand: str, ports: Ports) -> list[DomainEvent] | None:
    """Hand memberships on to the root; None when there are none."""
    workspace_id, root = found.person.workspace_id, found.person.profile_id
    rows = ports.moves.left_behind(workspace_id, strand)
    if not rows:
        return None
    own = ports.memberships.some(workspace_id, root, rows)
    facts: list[DomainEvent] = [
        segment_flipped(workspace_id, profile_id, each)
        for profile_id, memberships in ((strand, rows), (root, own))
        for each in memberships.values()
        if each.untold
    ]
    ports.bus.publish(facts)
    joins = found.row.get("joins", 0)
    ports.moves.gather(workspace_id, root, joins, _told(own), strand, _told(rows))
    return facts


def _park_tags(found: Found, strand: str, ports: Ports) -> list[DomainEvent] | None:
    """Let tags count no longer; None when there are none that do."""
    workspace_id, root = found.person.workspace_id, found.person.profile_id
    held = ports.tags.every(workspace_id, strand)
    rows = {name: each for name, each in held.items() if not each.parked}
    if not rows:
        return None
    facts: list[DomainEvent] = [
        tag_changed(workspace_id, strand, each) for each in rows.values() if each.untold
    ]
    ports.bus.publish(facts)
    ports.tags.park(workspace_id, root, found.row.get("joins", 0), strand, rows)
    return facts


def _told(memberships: Mapping[str, Membership]) -> dict[str, Membership]:
    return {name: replace(each, untold=False) for name, each in memberships.items()}
