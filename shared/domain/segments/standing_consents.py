"""The facts behind leaves about consent: the last word of `$consent_changed` about each scope."""

from collections.abc import Iterator
from typing import Final

from shared.domain.consents.model import Scope
from shared.domain.consents.told import GRANTED, REFUSED, property_of
from shared.domain.events.own import CONSENT_CHANGED
from shared.domain.messages.addresses import form_of, trait_of
from shared.domain.segments.condition import (
    ActivityCondition,
    AllCondition,
    ConsentCondition,
    Node,
    NotCondition,
    ReachableCondition,
    TraitCondition,
    ValueCondition,
)
from shared.domain.segments.first_match import Rule, first_match
from shared.domain.segments.standing_for import is_equal
from shared.domain.workspace.model import WorkspaceSettings

_NOWHERE: Final = ""  # where a rule stands that nobody has typed
_EVERYBODY: Final = ActivityCondition(about="events", comparison="at_least", value=0)


def agreed(node: ConsentCondition) -> Node:
    """What `allows` says of the consents in force."""
    return _holds(Scope(node.purpose, node.topic, node.channel or ""), otherwise=False)


def reachable(node: ReachableCondition, settings: WorkspaceSettings) -> Node:
    """Whether dispatch would find an address and consent, as `messages.decision` decides on them.

    Not whether it would write just now: a suppressed address, a rehearsal, a workspace without a
    sender and a journey that is paused are no matter of the person.
    """
    parts = [*_address(node)]
    needed = node.purpose in settings.consent_required
    if needed or node.purpose != "transactional":
        scope = Scope(node.purpose, node.topic, node.channel)
        parts.append(_holds(scope, otherwise=not needed))
    if node.purpose == "marketing" and settings.without_personalisation == "suppress":
        wish = Scope("personalisation", node.topic, node.channel)
        parts.append(_holds(wish, otherwise=settings.personalisation_default))
    if not parts:
        return _EVERYBODY
    return parts[0] if len(parts) == 1 else AllCondition(conditions=tuple(parts))


def _address(node: ReachableCondition) -> Iterator[Node]:
    trait, form = trait_of(node.channel), form_of(node.channel)
    if trait is None:  # an inbox, a popup, a server: there is one for everybody
        return
    for pattern in form.every:
        yield TraitCondition(trait=trait, operator="matches", value=pattern)
    for pattern in form.never:
        found = TraitCondition(trait=trait, operator="matches", value=pattern)
        yield NotCondition(condition=found)


def _holds(scope: Scope, *, otherwise: bool) -> Node:
    """Whether the `verdict` on a scope is yes; `otherwise` where nothing was said of it."""
    rules = tuple(_rules(scope, otherwise=otherwise))
    return first_match(rules, lambda rule, _: rule.condition, otherwise=otherwise)


def _rules(scope: Scope, *, otherwise: bool) -> Iterator[Rule]:
    """The words about a scope in the order in which they decide: the most specific ones first.

    Of one for the topic and one for the channel the refusal decides. Elsewhere the order is free,
    and what differs from the answer without any word comes first, for a smaller tree.
    """
    purpose, topic, channel = scope
    halves = {Scope(purpose, topic), Scope(purpose, channel=channel)} - {Scope(purpose), scope}
    for equals in ({scope}, halves, {Scope(purpose)} - {scope}):
        first = REFUSED if otherwise or len(equals) > 1 else GRANTED
        for word in (first, GRANTED if first == REFUSED else REFUSED):
            for each in sorted(equals):
                yield Rule(word == GRANTED, _said(each, word), _NOWHERE)


def _said(scope: Scope, word: str) -> ValueCondition:
    return ValueCondition(
        event=CONSENT_CHANGED, which="last", test=is_equal(property_of(scope), word)
    )
