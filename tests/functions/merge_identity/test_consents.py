"""Events about consent end in force for the whole person, however they arrive."""

from datetime import timedelta

import pytest

from shared.aws.consent_reader import ConsentReader
from shared.domain.consents.in_force import allows, verdict
from shared.domain.consents.model import Decision, Scope
from shared.domain.identity.graph import Identifier
from tests.applying import applier_over, ports_over
from tests.conftest import NOON, PROFILES_TABLE

PHONE = "+14255550123"
ADA = Identifier("user_id", "ada")


@pytest.fixture
def world(dynamodb):
    return World(dynamodb)


class World:
    """What events come to."""

    def __init__(self, dynamodb):
        self.dynamodb = dynamodb
        self.ports = ports_over(dynamodb)
        self.applier = applier_over(dynamodb)

    def hears(self, *events):
        for event in events:
            applied = self.applier.apply([event], proof="server")
            assert (applied.failed, applied.refused) == (set(), {})

    def consents(self, kind, value):
        identifier = Identifier(kind, value)
        found = self.ports.identity.sightings("default", [identifier])
        reader = ConsentReader(self.dynamodb, PROFILES_TABLE)
        return reader.standing("default", found[identifier].strand_id).kept.decisions


def with_phone(**context):
    return {"externalIds": [{"id": PHONE, "type": "phone"}], **context}


def marketing(granted):
    return {"consent": {"decisions": [{"purpose": "marketing", "granted": granted}]}}


def test_a_reply_of_a_telephone_holds_for_the_person_it_turns_out_to_be(world, make_event):
    reply = {"channel": "sms", "text": "ＴＤ", "address": PHONE}
    ada = make_event("$identify", type="identify", context=marketing(granted=True))
    stop = make_event(
        "Message Replied",
        user_id=None,
        anonymous_id=None,
        properties=reply,
        context=with_phone(),
        at=NOON + timedelta(hours=1),
        server=True,
    )
    link = make_event(
        "$identify", type="identify", context=with_phone(), at=NOON + timedelta(hours=2)
    )
    world.hears(ada, stop, link, stop)

    known = world.consents("user_id", "ada")
    assert allows(known, "marketing", "", "email")
    assert not allows(known, "marketing", "", "sms")
    assert world.consents("phone", PHONE) == known
    suppressions = world.ports.consents._suppressions
    assert suppressions.find("default", "sms", PHONE)["reason"] == "opt_out"


@pytest.mark.parametrize("evidence", ["link", "operator"])
def test_stop_all_holds_though_the_browser_goes_on_stamping_its_old_state(
    world, make_event, evidence
):
    purposes = ("marketing", "personalisation", "tracking")
    stamped = {"consent": {"categoryPreferences": dict.fromkeys(purposes, True)}}

    def allowed(at):
        world.hears(make_event("page", context=stamped, at=at))
        return [allows(world.consents("user_id", "ada"), purpose) for purpose in purposes]

    assert allowed(NOON) == [True] * 3
    strand = world.ports.identity.sightings("default", [ADA])[ADA].strand_id
    at = NOON + timedelta(hours=1)
    for purpose in purposes:
        refusal = Decision(Scope(purpose), False, at, "by hand", evidence)
        assert world.ports.consents.decide("default", strand, refusal)
    assert allowed(NOON + timedelta(hours=2)) == [False] * 3

    world.hears(make_event("banner", context=marketing(True), at=NOON + timedelta(hours=3)))
    assert allowed(NOON + timedelta(hours=4)) == [True, False, False]


def test_what_an_operator_closed_stays_closed_after_stop_and_start(world, make_event):
    suppressions = world.ports.consents._suppressions
    suppressions.put("default", "sms", PHONE, reason="operator", source="by letter", at=NOON)
    for hours, text in ((1, "STOP"), (2, "START")):
        reply = {"channel": "sms", "text": text, "address": PHONE}
        world.hears(
            make_event(
                "Message Replied",
                user_id=None,
                anonymous_id=None,
                properties=reply,
                context=with_phone(),
                at=NOON + timedelta(hours=hours),
                server=True,
            )
        )
        assert suppressions.find("default", "sms", PHONE)["reason"] == "operator"
    assert not allows(world.consents("phone", PHONE), "marketing", "", "sms")


def test_the_stricter_of_two_people_holds_when_they_log_in_and_their_next_word_again(
    world, make_event
):
    browser = make_event("viewed", user_id=None, anonymous_id="a-1", context=marketing(False))
    ada = make_event("$identify", type="identify", context=marketing(granted=True))
    login = make_event(
        "$identify", type="identify", anonymous_id="a-1", user_id="ada", at=NOON + timedelta(1)
    )
    world.hears(browser, ada, login)
    assert verdict(world.consents("user_id", "ada"), "marketing").granted is False

    again = make_event("viewed", at=NOON + timedelta(2), context=marketing(granted=True))
    world.hears(again)
    assert allows(world.consents("anonymous_id", "a-1"), "marketing")
