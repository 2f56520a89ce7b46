"""Keeps what events claim beyond the profile itself: groups, and the history of marked traits."""

from functions.update_tags.plan import Plan
from functions.update_tags.ports import Ports
from functions.update_tags.records import StrandChanges
from shared.domain.events.model import Event
from shared.domain.profiles.model import Trait
from shared.domain.profiles.traits import later


def keep_claims(changes: StrandChanges, plan: Plan, ports: Ports) -> None:
    """Keep the claims of a strand's events; repeating it changes nothing.

    Raises ConflictError when others say something of the same group at the same time.
    """
    claims: dict[str, dict[str, Trait]] = {}
    for event in changes.events:
        if event.type == "group" and event.group_id:
            ports.groups.join(
                changes.workspace_id, event.group_id, changes.strand_id, event.occurred_at
            )
            _add(claims.setdefault(event.group_id, {}), event)
        if event.type == "identify":
            for name in sorted(plan.kept_traits & event.traits.keys()):
                claim = Trait(event.traits[name], event.occurred_at, event.source_id)
                ports.histories.keep(*changes.ids, name, claim)
    for group_id, traits in claims.items():
        ports.groups.learn(changes.workspace_id, group_id, traits)


def _add(known: dict[str, Trait], event: Event) -> None:
    """A `group` event says of its group what its properties say."""
    for name, value in event.properties.items():
        claim = Trait(value, event.occurred_at, event.source_id)
        known[name] = later(known[name], claim) if name in known else claim
