"""What events say about consent, and what says nothing."""

import pytest

from shared.domain.consents.model import Scope
from shared.domain.consents.statements import decisions_of


def said(event):
    return {decision.scope: decision.granted for decision in decisions_of(event)}


def consent(**shape):
    return {"consent": shape}


def test_a_stamp_speaks_of_whole_purposes(make_event):
    stamp = consent(categoryPreferences={"marketing": True, "personalisation": False, "x": True})
    event = make_event(context=stamp)
    assert said(event) == {Scope("marketing"): True, Scope("personalisation"): False}
    assert {decision.evidence for decision in decisions_of(event)} == {"stamp"}


def test_a_decision_may_name_a_topic_and_a_channel(make_event):
    decisions = [
        {"purpose": "marketing", "topic": "sale", "channel": "sms", "granted": False},
        {"purpose": "marketing", "topic": None, "granted": True},
    ]
    event = make_event(message_id="m-9", context=consent(decisions=decisions))
    assert said(event) == {Scope("marketing", "sale", "sms"): False, Scope("marketing"): True}
    [first, _] = decisions_of(event)
    assert (first.source, first.at, first.evidence) == ("m-9", event.occurred_at, "event")


@pytest.mark.parametrize(
    "one",
    [
        *("x", None, {}, {"purpose": "marketing"}, {"purpose": "spam", "granted": True}),
        {"purpose": ["marketing"], "granted": True},
        {"purpose": "marketing", "granted": 1},
        {"purpose": "marketing", "granted": True, "channel": "pigeon"},
        {"purpose": "marketing", "granted": True, "topic": "Sale!"},
        {"purpose": "marketing", "granted": True, "topic": 7},
    ],
)
def test_what_has_another_shape_says_nothing(make_event, one):
    assert said(make_event(context=consent(decisions=[one]))) == {}
    assert said(make_event(context=consent(decisions=one, categoryPreferences=one))) == {}
    assert said(make_event(context={"consent": one})) == {}


def test_of_two_in_one_event_the_refusal_holds(make_event):
    decisions = [
        {"purpose": "marketing", "granted": False},
        {"purpose": "marketing", "granted": True},
    ]
    both = consent(categoryPreferences={"marketing": True}, decisions=decisions)
    assert said(make_event(context=both)) == {Scope("marketing"): False}


def test_a_reply_stops_marketing_on_its_channel_and_says_from_where(make_event):
    reply = {"channel": "sms", "text": " td ", "address": "+14255550123"}
    [stop] = decisions_of(make_event("Message Replied", properties=reply, server=True))
    assert (stop.scope, stop.granted) == (Scope("marketing", channel="sms"), False)
    assert (stop.evidence, stop.address, stop.detail) == ("opt_out", "+14255550123", "td")


def test_start_brings_back_service_messages_and_no_marketing(make_event):
    reply = {"channel": "sms", "text": "START", "address": "+14255550123"}
    assert said(make_event("Message Replied", properties=reply, server=True)) == {
        Scope("service", channel="sms"): True
    }


def test_out_of_a_browser_a_reply_closes_no_address_and_opens_nothing(make_event):
    """Whoever reads a public key could else stop messages to anybody, or lift anybody's STOP."""
    reply = {"channel": "sms", "text": "stop", "address": "+14255550123"}
    [stop] = decisions_of(make_event("Message Replied", properties=reply))
    assert (stop.granted, stop.address) == (False, "")
    assert said(make_event("Message Replied", properties=reply | {"text": "START"})) == {}


@pytest.mark.parametrize(
    "reply",
    [
        {"channel": "sms", "text": "thank you"},
        {"channel": "fax", "text": "stop"},
        {"channel": ["sms"], "text": "stop"},
        {"channel": "sms", "text": 7},
        {},
    ],
)
def test_other_replies_say_nothing(make_event, reply):
    assert said(make_event("Message Replied", properties=reply)) == {}
    stop = {"channel": "sms", "text": "stop"}
    assert said(make_event("Other", properties=stop)) == {}
    assert said(make_event("Message Replied", type="page", properties=stop)) == {}


def test_a_workspace_has_stop_words_of_its_own(make_event):
    event = make_event("Message Replied", properties={"channel": "sms", "text": "Basta"})
    assert list(decisions_of(event)) == []
    assert len(list(decisions_of(event, ["basta"]))) == 1
