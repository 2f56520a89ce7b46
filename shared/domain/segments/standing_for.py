"""The facts behind leaves about lists, messages and journeys, which Rapport writes as events.

Those behind leaves about consent are in `standing_consents.py`.
"""

from shared.domain.events.own import LISTED
from shared.domain.segments.condition import (
    ActivityCondition,
    EventCondition,
    JourneyCondition,
    ListCondition,
    MessageCondition,
    Node,
    ValueCondition,
)
from shared.domain.segments.nodes.events import PropertyFilter


def always(*, holds: bool) -> Node:
    """A condition that everybody passes, or nobody."""
    return ActivityCondition(
        about="events", comparison="at_least" if holds else "less_than", value=0
    )


def is_equal(name: str, value: bool | str) -> PropertyFilter:
    """The filter that wants one value of a property."""
    return PropertyFilter(property=name, operator="equals", value=value)


def listed(node: ListCondition) -> ValueCondition:
    """On the list by the last word about it."""
    return ValueCondition(
        event=LISTED,
        where=(is_equal("list_id", node.list_id),),
        which="last",
        test=is_equal("on", value=True),
    )


def engaged(node: MessageCondition) -> EventCondition:
    """Sent, opened or clicked, by the properties of the message's events."""
    named = {
        "journey_id": node.journey_id,
        "template_id": node.template_id,
        "channel": node.channel,
    }
    return EventCondition(
        event=f"$message_{node.outcome}",
        where=tuple(is_equal(name, value) for name, value in named.items() if value is not None),
        times=node.times,
        within_days=node.within_days,
    )


def travelled(node: JourneyCondition) -> EventCondition:
    """Entered, completed or left the journey."""
    return EventCondition(
        event=f"$journey_{node.outcome}",
        where=(is_equal("journey_id", node.journey_id),),
        within_days=node.within_days,
    )
