"""An erased person is nowhere, everybody else is as before, and the receipt says what was done."""

from datetime import timedelta

import pytest

from events.model import DOMAIN_EVENT
from functions.forward_events.usecase import ForwardEvents
from shared.aws import keys
from shared.aws.catalog import CatalogReader
from shared.aws.feedback_store import FeedbackStore
from shared.aws.message_store import MessageStore
from shared.aws.person_reader import PersonReader
from shared.domain.due.folds import unpack_fold
from shared.domain.erasure.model import Erasure, erasure_id_of
from shared.domain.events.own import own_event
from shared.domain.identity.graph import Identifier
from shared.domain.journeys.ports import Ref
from shared.domain.journeys.wakes import Wake
from shared.domain.messages import links
from shared.domain.messages.model import MessageRequest
from shared.domain.messages.outcome import Outcome
from shared.domain.text import to_text
from tests.conftest import CATALOG_TABLE, NOON, PROFILES_TABLE
from tests.functions.erase_person.world import (
    DEVICE,
    ERASURE,
    EVE,
    EVENTS,
    MAIL,
    MARKER,
    PHONE,
    ROOT,
    SETTLE,
    USER,
    WAKE_AT,
    WS,
    World,
)

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("quick_dynamodb")]


@pytest.fixture
def world(dynamodb):
    return World(dynamodb)


def test_nothing_of_the_person_is_left_anywhere(world):
    assert len(world.traces()) > EVENTS

    assert world.erased().is_done

    assert world.traces() == []


def test_everybody_else_is_as_before(world):
    def of_eve():
        others = {f"{WS}#I#user_id#eve-user", keys.person(WS, EVE)}
        rows = world.rows().items()
        return {(pk, sk): row for (pk, sk), row in rows if pk in others or sk.endswith(f"#{EVE}")}

    before = of_eve()
    disputed = {key for key in before if key[1].startswith("DSP#")}
    world.erased()

    assert len(disputed) == 1
    assert of_eve() == {key: row for key, row in before.items() if key not in disputed}


def test_the_receipt_counts_what_was_removed(world):
    receipt = world.erased()

    assert receipt.removed == {
        "cells": 1,
        "consents": 1,
        "counters": 1,
        "dead_letters": 2,
        "disputes": 1,
        "disputes_of_others": 1,
        "due_rows": 2,
        "enrolments": 3,
        "events": EVENTS,
        "exports": 2,
        "identifiers": 3,
        "lake_objects": 2,
        "listeners": 1,
        "memberships": 2,
        "messages": 4,
        "moments": 1,
        "profiles": 2,
        "provider_numbers": 1,
        "stage_history": 1,
        "states": 1,
        "tag_history": 1,
        "tags": 1,
    }
    assert receipt.erased_at == NOON
    assert receipt.done_at == NOON + SETTLE
    assert receipt.profile_id is None


def test_aggregates_stay_and_say_that_she_left(world):
    world.erased()

    assert world.tally("SEGMENT", "seers") == {"members": 1}
    assert world.tally("TAG", "tier") == world.tally("TAG", 'tier="gold"') == {"members": 1}
    assert world.tally("JOURNEY", "tour") == {"started": 3, "completed": 1, "exited:erased": 1}
    assert world.tally("JOURNEY", "walk") == {"exited:erased": 1}
    assert world.tally("STEPS", "tour@1") == {"here:hello": -1}, "the stream tells that she came"
    assert world.tally("STEPS", "walk@1") == {"here:wait": -1}
    assert world.tally("MESSAGE", "email") == {"sent": 2}


def test_a_suppressed_address_stays_suppressed_without_being_known(world):
    world.erased()

    assert world.suppressions.find(WS, "email", MAIL.value)["reason"] == "complaint"


def test_every_identifier_leaves_a_tombstone_and_no_other_does(world):
    world.erased()

    asked = [USER, MAIL, DEVICE, Identifier("user_id", "eve-user")]
    assert world.tombstones.erased(WS, asked) == dict.fromkeys(asked[:3], NOON)


def test_nobody_meets_the_person_from_the_mark_on(world):
    people = PersonReader(world.dynamodb, PROFILES_TABLE)
    assert people.person(WS, PHONE).profile_id == ROOT

    world.ask()
    world.carry_on()

    assert people.person(WS, PHONE) is None
    assert people.person(WS, ROOT) is None


def test_executions_are_stopped_and_no_claim_can_succeed_before_the_wait(world):
    world.ask()
    erasure = world.carry_on()

    assert erasure.stage == "settle"
    assert world.machines.stopped == ["a1-now"]
    left = {key[1].partition("#")[0] for key in world.rows() if ROOT in key[0] or PHONE in key[0]}
    assert left == {"PROFILE", "MSG"}
    assert (keys.person(WS, ROOT), "MSG#a1-claimed") in world.rows()


def test_a_message_that_is_settled_during_the_erasure_or_after_it_leaves_no_event(world):
    messages = MessageStore(world.dynamodb, PROFILES_TABLE, world.suppressions)
    sent = Outcome(status="sent", channel="email", provider="ses", provider_message_id="x")
    request = MessageRequest(
        workspace_id=WS,
        profile_id=ROOT,
        message_id="a1-claimed",
        enrolment_id="a1-now",
        journey_id="tour",
        journey_version=1,
        step="greet",
        visit=1,
        template_id="hello",
        purpose="marketing",
        requested_at=NOON,
    )
    world.ask()
    world.carry_on()
    messages.settle(request, sent, world.now)
    assert any(sk.endswith("#sent:a1-claimed") for pk, sk in world.rows() if ROOT in pk)
    world.now += SETTLE

    receipt = world.carry_on()
    messages.settle(request, sent, world.now)

    assert receipt.removed["events"] == EVENTS + 1
    assert world.traces() == []
    assert world.tally("MESSAGE", "email") == {"sent": 3}


def test_it_waits_for_work_that_had_begun_before(world):
    world.ask()
    waiting = world.carry_on()
    assert waiting.resume_at == NOON + SETTLE

    world.now = NOON + SETTLE - timedelta(milliseconds=1)
    assert world.carry_on().stage == "settle"
    late = keys.event(NOON, "late")
    world.put(PHONE, late, body=to_text({"said": MARKER}))  # whoever wrote this had read her before
    world.put(ROOT, keys.counter("seen", "2026-12"), d01=1)
    world.enrols(ROOT, "late", "active")
    world.now = NOON + SETTLE

    assert world.carry_on().removed["events"] == EVENTS + 1
    assert world.traces() == []
    assert world.machines.stopped == ["a1-now", "late"]


def test_an_identifier_that_somebody_new_has_by_now_stays_hers(world):
    world.ask()
    world.put_key(keys.identifier(WS, *MAIL), strand_id="new", profile_id="new", linked_at=NOON)
    world.now += SETTLE
    world.carry_on()
    world.now += SETTLE
    receipt = world.carry_on()

    assert receipt.is_done
    assert receipt.removed["identifiers"] == 2
    row = world.rows()[keys.identifier(WS, *MAIL)]
    assert row["strand_id"] == {"S": "new"}


def test_asking_again_changes_nothing(world):
    receipt = world.erased()
    world.ask()

    assert world.carry_on() == receipt


def test_destinations_are_told_whom_to_erase_by_the_names_that_they_know(world):
    world.wants("crm", "PersonErased", "SegmentExited", erased_by=("user_id",))
    world.wants("lake", "PersonErased")
    world.wants("mailer", "SegmentExited")
    world.ask()
    world.carry_on()
    assert world.announced() == []  # it is told when nothing is left
    world.now += SETTLE
    assert world.carry_on().is_done

    told = {one.destination_id: one.events for one in world.announced()}
    assert set(told) == {"crm", "lake"}
    (crm,), (lake,) = told["crm"], told["lake"]
    assert crm["identifiers"] == [{"kind": "user_id", "value": USER.value}]
    assert lake["identifiers"] == []
    for event in (crm, lake):
        assert DOMAIN_EVENT.validate_python(event).event_id == f"erased-{ERASURE}"
        assert event["profile_ids"] == [ROOT, PHONE]
    assert world.traces() == []


def test_what_destinations_are_told_is_let_through_though_nobody_is_there(world):
    world.wants("crm", "PersonErased", erased_by=("user_id",))
    world.erased()
    (parcel,) = world.announced()
    called: list[tuple[str, bytes]] = []

    class Server:
        def call(self, url, body, key, workspace_id):
            called.append((url, body))
            return "taken"

    forward = ForwardEvents(
        CatalogReader(world.dynamodb, CATALOG_TABLE),
        PersonReader(world.dynamodb, PROFILES_TABLE),
        None,
        Server(),
        lambda: world.now,
    )
    assert forward.forward(parcel) == 1
    ((url, body),) = called
    assert url == "https://crm.example/told"
    assert USER.value in body.decode()
    assert MAIL.value not in body.decode()


def test_whoever_was_absorbed_since_it_was_asked_is_erased_as_the_person_of_today(world):
    asked = erasure_id_of(WS, PHONE)
    world.ledger().begin(WS, Erasure(erasure_id=asked, profile_id=PHONE, requested_at=NOON))
    world.erase().carry_on(WS, asked)
    world.now += SETTLE

    assert world.erase().carry_on(WS, asked).is_done
    assert world.traces() == []


def test_of_two_erasures_of_one_person_the_second_finds_nobody(world):
    asked = erasure_id_of(WS, PHONE)
    world.ask()
    world.carry_on()
    world.ledger().begin(WS, Erasure(erasure_id=asked, profile_id=PHONE, requested_at=NOON))
    for _ in range(2):
        world.erase().carry_on(WS, asked)
        world.now += SETTLE

    assert world.ledger().load(WS, asked).removed == {}
    assert world.ledger().load(WS, asked).is_done
    assert world.carry_on().removed["events"] == EVENTS


def test_somebody_who_is_gone_meanwhile_makes_an_empty_receipt(world):
    world.ask()
    world.dynamodb.delete_item(
        TableName=PROFILES_TABLE,
        Key={"pk": {"S": keys.person(WS, ROOT)}, "sk": {"S": keys.PROFILE}},
    )
    world.carry_on()
    world.now += SETTLE

    assert world.carry_on().is_done
    assert world.ledger().load(WS, ERASURE).removed == {}


def test_the_lake_is_asked_at_once_and_after_the_wait(world):
    world.ask()
    world.carry_on()
    assert world.lake.asked == [frozenset({ROOT, PHONE})]

    world.now += SETTLE
    world.carry_on()
    assert world.lake.asked == [frozenset({ROOT, PHONE})] * 2


def test_dead_letters_of_others_are_all_there(world):
    world.erased()

    eves = {"user_id": "eve-user", "occurred_at": "2026-11-22T12:00:00.000Z"}
    assert world.queued() == [to_text({"v": 1, "events": [eves]})] * 2


def test_a_receipt_is_kept_for_ever_and_names_nobody(world):
    world.erased()

    (row,) = [row for key, row in world.rows(CATALOG_TABLE).items() if key[0] == f"{WS}#E"]
    assert "profile_id" not in row
    assert "expires_at" not in row
    assert world.ledger().page(WS, 2) == ([world.ledger().load(WS, ERASURE)], None)


def test_who_shares_a_row_of_the_due_index_leaves_it_to_the_others(world):
    eves = Ref(WS, EVE, "e9-fold")
    key = world.sleep_together(Ref(WS, ROOT, "a8-fold"), Ref(WS, PHONE, "a9-fold"), eves)
    world.erased()
    left = unpack_fold(world.rows()[key]["fold"]["B"], WAKE_AT)
    assert [due.name for due in left] == [Wake(eves, 0).name]


def test_who_answers_a_message_while_the_last_sweep_goes_on_leaves_no_event(world):
    feedback = FeedbackStore(world.dynamodb, PROFILES_TABLE, lambda seconds: None)
    ref = links.Ref(WS, ROOT, "a1-claimed")
    taken: list[bool] = []

    def answer(number: int) -> None:
        told = own_event(
            WS, "feedback_given", f"answer-{number}", at=world.now, now=world.now, properties={}
        )
        taken.append(feedback.answer(ref, "nps", str(number), told))

    world.ask()
    world.carry_on()
    world.now += SETTLE
    world.line.hook = answer

    assert world.carry_on().is_done

    assert taken[0]
    assert not taken[-1]
    assert world.traces() == []
