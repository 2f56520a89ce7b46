"""Each leaf about lists, messages and journeys, and the facts that stand for it."""

import pytest

from shared.domain.consents.model import Scope
from shared.domain.consents.told import property_of
from shared.domain.segments.condition import (
    ActivityCondition,
    ConsentCondition,
    EventCondition,
    JourneyCondition,
    ListCondition,
    MessageCondition,
    ReachableCondition,
    ValueCondition,
    nodes,
)
from shared.domain.segments.nodes.events import PropertyFilter
from shared.domain.segments.standing_consents import agreed, reachable
from shared.domain.segments.standing_for import always, engaged, is_equal, listed, travelled
from shared.domain.workspace.model import WorkspaceSettings


def where(**named):
    return tuple(
        PropertyFilter(property=name, operator="equals", value=value)
        for name, value in named.items()
    )


def test_everybody_and_nobody():
    asked = {"type": "activity", "about": "events", "value": 0}
    assert always(holds=True) == ActivityCondition(**asked, comparison="at_least")
    assert always(holds=False) == ActivityCondition(**asked, comparison="less_than")


def test_a_filter_wants_one_value():
    assert (is_equal("a", "b"), is_equal("on", value=True)) == (*where(a="b"), *where(on=True))


def test_a_list_is_asked_for_by_its_last_word():
    assert listed(ListCondition(list_id="vip")) == ValueCondition(
        event="$listed", where=where(list_id="vip"), which="last", test=where(on=True)[0]
    )


@pytest.mark.parametrize("outcome", ["sent", "opened", "clicked"])
def test_messages_are_counted_by_their_events(outcome):
    assert engaged(MessageCondition(outcome=outcome)) == EventCondition(
        event=f"$message_{outcome}", times=1
    )
    whole = MessageCondition(
        outcome=outcome, journey_id="j", template_id="t", channel="sms", times=3, within_days=7
    )
    assert engaged(whole) == EventCondition(
        event=f"$message_{outcome}",
        where=where(journey_id="j", template_id="t", channel="sms"),
        times=3,
        within_days=7,
    )


@pytest.mark.parametrize("outcome", ["entered", "completed", "exited"])
@pytest.mark.parametrize("days", [None, 9])
def test_journeys_are_found_by_their_events(outcome, days):
    assert travelled(JourneyCondition(journey_id="j", outcome=outcome, within_days=days)) == (
        EventCondition(
            event=f"$journey_{outcome}", where=where(journey_id="j"), within_days=days, times=1
        )
    )


def scopes(purpose, topic="", channel=""):
    """Every scope that has a say about one, by the property that its words stand in."""
    named = {(topic, channel), (topic, ""), ("", channel), ("", "")}
    return {property_of(Scope(purpose, *each)) for each in named}


def asked_in(node):
    return {each.test.property for _, _, each in nodes(node) if isinstance(each, ValueCondition)}


@pytest.mark.parametrize("topic", ["", "sale"])
def test_reach_asks_for_the_words_of_its_topic_and_channel(topic):
    strict = WorkspaceSettings(without_personalisation="suppress")
    reached = {"channel": "email", "topic": topic}
    marketing = ReachableCondition(**reached, purpose="marketing")
    own, wishes = (scopes(each, topic, "email") for each in ("marketing", "personalisation"))
    assert asked_in(reachable(marketing, WorkspaceSettings())) == own
    assert asked_in(reachable(marketing, strict)) == own | wishes
    service = ReachableCondition(**reached, purpose="service")
    assert asked_in(reachable(service, strict)) == scopes("service", topic, "email")
    transactional = ReachableCondition(**reached, purpose="transactional")
    assert asked_in(reachable(transactional, strict)) == set()


@pytest.mark.parametrize("channel", [None, "sms"])
def test_consent_asks_for_the_words_of_its_topic_and_channel(channel):
    leaf = ConsentCondition(purpose="marketing", topic="sale", channel=channel)
    assert asked_in(agreed(leaf)) == scopes("marketing", "sale", channel or "")
