"""What a run knows of its beginning travels with its messages, and so do pinned versions."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from pydantic import ValidationError

from shared.domain.journeys.asking import asked_for
from shared.domain.journeys.definition import Journey
from shared.domain.journeys.interpreter import advance, enrol
from shared.domain.journeys.stimulus import Happened, Perform
from shared.domain.journeys.triggers import MOST_LIST_CHARACTERS
from shared.domain.messages.model import MessageRequest
from shared.domain.messages.render import variables_for

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
ITEMS = [{"title": "Tea 茶", "price": 12}, {"title": "Cup", "price": 8.5}]
SEND = {
    "type": "send",
    "name": "remind",
    "template_id": "cart",
    "fallback": ["cart-text"],
    "values": {"items": {"entry": "products"}, "total": {"entry": "value"}, "coupon": "SHIPFREE"},
}
UPDATE = {"type": "update", "name": "note", "traits": {"cart": {"entry": "products"}}}


def journey(*steps, **more):
    return Journey.model_validate(
        {
            "journey_id": "carts",
            "title": "Carts",
            "entry": {"type": "event", "event": "cart"},
            "steps": steps,
            **more,
        }
    )


def requests(definition, **properties):
    """What a run that begins with these properties asks for at its first step."""
    cart = Happened(fact_id="1", trigger="cart", occurred_at=NOW, properties=properties)
    begun = enrol(
        definition, 1, cart, workspace_id="default", profile_id="p", enrolment_id="e"
    ).enrolment
    after = advance(definition, begun, Perform(begun.at), NOW).enrolment
    return list(asked_for(definition, after, after.trace))


def test_values_of_a_step_travel_with_its_message_to_the_template():
    [request] = requests(journey(SEND), products=ITEMS, value=20.5, secret="x")

    assert request.values == {"items": ITEMS, "total": 20.5, "coupon": "SHIPFREE"}
    assert MessageRequest.from_body(request.to_body()) == request
    variables = variables_for(request, {"name": "Ada", "recommended_items": [1]})
    assert (variables["items"], variables["coupon"]) == (ITEMS, {"code": "SHIPFREE"})
    assert variables["entry"] == request.values


def test_who_wants_nothing_personal_is_told_what_the_step_says_to_everybody():
    [request] = requests(journey(SEND), products=ITEMS, value=20.5, secret="x")

    assert request.constants == ("coupon",)
    alone = variables_for(request, {"name": "Ada"}, personalised=False)
    assert (alone["entry"], alone["profile"]) == ({"coupon": "SHIPFREE"}, {})
    assert alone["coupon"] == {"code": "SHIPFREE"}
    assert "items" not in alone
    # A request from before it was told: any of them may be of the person.
    unknown = replace(request, constants=())
    assert variables_for(unknown, {}, personalised=False)["entry"] == {}


def test_what_the_run_never_knew_is_missed_and_not_made_up():
    [request] = requests(journey(SEND), value=20)

    assert request.values == {"items": None, "total": 20, "coupon": "SHIPFREE"}
    assert "items" not in variables_for(request, {})
    assert variables_for(request, {"recommended_items": [1]})["items"] == [1]


def test_lists_are_kept_for_messages_alone_and_only_short_ones():
    long = ["x" * 100] * (MOST_LIST_CHARACTERS // 100)
    [request] = requests(journey(SEND), products=long)
    assert request.values["items"] is None

    [action] = requests(journey(UPDATE), products=ITEMS)
    assert action.action.traits == {"cart": None}
    [action] = requests(journey(UPDATE, {**SEND, "name": "later"}), products=ITEMS)
    assert action.action.traits == {"cart": None}


def test_a_journey_stays_with_the_versions_that_it_pins():
    [request] = requests(journey(SEND, template_versions={"cart-text": 3, "other": 1}))
    assert request.pins == {"cart-text": 3}
    [request] = requests(journey(SEND))
    assert request.pins == {}
    assert "pins" not in request.to_body()


@pytest.mark.parametrize("values", [{"No Name": 1}, {"a": [1]}, {"a": {"entry": ""}}])
def test_values_have_names_that_templates_can_write(values):
    with pytest.raises(ValidationError):
        journey({**SEND, "values": values})
