"""A preview bounds what runs cost, and is exact where only one way leads through."""

from datetime import timedelta

import pytest
from hypothesis import given

from shared.domain.costs import bill
from shared.domain.costs.preview import preview
from shared.domain.costs.transitions import transitions
from shared.domain.journeys.asking import asked_for
from shared.domain.messages.model import EmailTemplate, MessageRequest, SmsTemplate
from tests.domain.journeys.memory import NOON, journey
from tests.domain.journeys.stage import walked
from tests.domain.journeys.strategies import histories, journeys, traits

EMAIL = EmailTemplate(template_id="welcome", subject="Hi", html="<p>Hi</p>")
TEXT = SmsTemplate(template_id="welcome", text="{{ profile.name }} 你好" * 9)
EPSILON = 1e-8


@pytest.fixture(autouse=True)
def _some_use(monkeypatch):
    """Any figures will do, if they are told apart."""
    units = {"enrolment": 7, "wait": 5, "branch": 3, "message": 11, "action": 2}
    use = {
        clock: {operation: {"dynamodb_write_unit": n * factor} for operation, n in units.items()}
        for clock, factor in (("due_index", 1), ("step_functions", 2))
    }
    monkeypatch.setattr(bill, "USE", use)


def work(definition, enrolment, parts):
    made = [entry.decision for entry in enrolment.trace]
    asked = [*asked_for(definition, enrolment, enrolment.trace)]
    messages = sum(isinstance(one, MessageRequest) for one in asked)
    return bill.Work(
        operations={
            "enrolment": 1,
            "wait": made.count("waiting"),
            "branch": made.count("took"),
            "message": messages,
            "action": len(asked) - messages,
        },
        transitions=transitions(definition, enrolment),
        parts={"email": messages * parts},
    )


@given(journeys(), histories(), traits())
def test_nobody_costs_less_than_the_least_or_more_than_the_most(definition, history, known):
    definition = definition.model_copy(update={"exit_on": (), "goal": None})
    told = preview(definition, {"welcome": EMAIL}, {}, NOON)
    ended = walked(definition, history, known)
    done = work(definition, ended, 1)
    for clock in bill.CLOCKS:
        bounds = told.running[clock]
        assert bounds.least - EPSILON <= bill.running_usd(done, clock) <= bounds.most + EPSILON
    sent = done.parts["email"]
    if bounds := told.parts.get("email"):
        assert bounds.least <= sent <= bounds.most
        delivered = bill.delivery_usd(done)["email"]
        assert told.delivery["email"].least <= delivered <= told.delivery["email"].most
    else:
        assert sent == 0


def test_a_journey_of_one_way_is_told_to_the_cent():
    wait = {"type": "wait", "name": "wait", "duration": "P1D"}
    send = {"type": "send", "name": "send", "template_id": "welcome"}
    told = preview(journey(wait, send), {"welcome": TEXT}, {"name": "Bartholomew"}, NOON)
    assert (told.parts["sms"].least, told.parts["sms"].most) == (2, 2)
    assert told.delivery["sms"].most == pytest.approx(2 * 8_300 / 1e6)
    assert told.running["due_index"].most == pytest.approx((7 + 5 + 11) * 0.625 / 1e6)
    assert told.running["due_index"].least == told.running["due_index"].most


def test_what_cannot_be_rendered_is_told_and_counted_without_it():
    send = {"type": "send", "name": "send", "template_id": "welcome"}
    [found] = preview(journey(send), {"welcome": TEXT}, {}, NOON).templates
    assert "profile.name" in found.problem
    assert found.parts == 1
    [found] = preview(journey(send), {}, {}, NOON).templates
    assert found.problem == 'there is no template "welcome"'


@pytest.mark.parametrize("name", [{"name": "Ada"}, {}])
def test_links_in_texts_are_priced_as_long_as_they_go_out(name):
    send = {"type": "send", "name": "send", "template_id": "welcome"}
    text = "{{ profile.name }} {{ links.unsubscribe }} 你好"
    templates = {"welcome": SmsTemplate(template_id="welcome", text=text)}
    for base, parts in (("https://l.example.cn", 2), ("https://l.example.cn/" + "x" * 70, 3)):
        [found] = preview(journey(send), templates, name, NOON, base).templates
        assert (found.parts, bool(found.problem)) == (parts, not name)


def test_rounds_are_gone_through_in_full_at_most():
    wait = {"type": "wait", "name": "wait", "duration": "P1D"}
    send = {"type": "send", "name": "send", "template_id": "welcome"}
    again = {"type": "repeat", "name": "again", "to": "wait", "times": 3}
    told = preview(journey(wait, send, again), {"welcome": EMAIL}, {}, NOON)
    assert (told.parts["email"].least, told.parts["email"].most) == (1, 4)
    assert timedelta(days=4) == journey(wait, send, again).longest_stay


def test_a_ladder_is_priced_by_its_cheapest_and_its_dearest_rung():
    send = {"type": "send", "name": "send", "template_id": "welcome", "fallback": ["text"]}
    templates = {"welcome": EMAIL, "text": TEXT.model_copy(update={"template_id": "text"})}
    told = preview(journey(send), templates, {"name": "Ada"}, NOON)
    bounds = {channel: (one.least, one.most) for channel, one in told.parts.items()}
    text = next(one for one in told.templates if one.template_id == "text")
    assert bounds == {"email": (0, 1), "sms": (0, text.parts)}
    alone = preview(journey({**send, "fallback": []}), templates, {"name": "Ada"}, NOON)
    dearest = told.delivery["sms"].most
    assert dearest > told.delivery["email"].most > 0
    assert told.most_usd("due_index") >= alone.most_usd("due_index") + dearest
