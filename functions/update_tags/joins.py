"""Settles what merges and splits leave to do with memberships, in whatever order they are met.

The rows themselves say what is left: a profile that another one answers for should have parked
memberships only, and a profile that has parted should have none that are parked. So nothing hangs
on hearing of every merge, and doing it again does nothing.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from events.model import DomainEvent
from functions.update_tags.facts import segment_flipped
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
        settled: int = self.whole.joins.get(self.person.profile_id, 0)
        return bool(self.row.get("joins", 0) != settled)

    @property
    def absorbed(self) -> list[str]:
        """The profiles that once answered for a part of the person."""
        known = graph_of(self.row)
        return [root.strand_id for root in known.roots[1:]] if known else []


def settle_memberships(
    changes: StrandChanges, found: Found, scope: Collection[str], strays: bool, ports: Ports
) -> tuple[list[DomainEvent], bool]:
    """Move what is left to move; gives what was published, and whether anything has moved.

    Where all is settled, only the strand itself is looked at: whoever judged it as a person of its
    own at the moment of a merge may have stored a membership in it afterwards. `scope` are the
    segments in which that may be; `strays` says that it did happen. Raises ConflictError.
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
        facts, gathered = _gather(found, found.absorbed, ports)
        return facts, moved or gathered
    strand = changes.strand_id
    if strand == root or strand not in found.absorbed:
        return [], False
    if strays or changes.is_profile or ports.memberships.some(*changes.ids, sorted(scope)):
        return _gather(found, [strand], ports)
    return [], False


def _partings(changes: StrandChanges, found: Found) -> Iterator[Join]:
    """How the person came to part from others, as far as it is known."""
    if changes.strand_id == found.person.profile_id:
        yield from changes.joins
    if join := join_of(found.row):
        yield join


def _gather(
    found: Found, absorbed: Collection[str], ports: Ports
) -> tuple[list[DomainEvent], bool]:
    """Tell what absorbed profiles have left untold, and hand their memberships on."""
    workspace_id, root = found.person.workspace_id, found.person.profile_id
    told: list[DomainEvent] = []
    moved = False
    for strand in absorbed:
        rows = ports.moves.left_behind(workspace_id, strand)
        if not rows:
            continue
        own = ports.memberships.some(workspace_id, root, rows)
        facts = [
            segment_flipped(workspace_id, profile_id, each)
            for profile_id, memberships in ((strand, rows), (root, own))
            for each in memberships.values()
            if each.untold
        ]
        ports.bus.publish(facts)
        told += facts
        joins = found.row.get("joins", 0)
        ports.moves.gather(workspace_id, root, joins, _told(own), strand, _told(rows))
        moved = True
    return told, moved


def _told(memberships: Mapping[str, Membership]) -> dict[str, Membership]:
    return {name: replace(each, untold=False) for name, each in memberships.items()}
