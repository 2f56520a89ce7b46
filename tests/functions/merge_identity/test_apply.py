"""Events in, people out: profiles, traits, consents and timelines, each event once."""

import json
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


def rows_of(bench, prefix):
    return [row for row in bench.rows() if row["sk"].startswith(prefix)]


def consent(**purposes):
    return {"consent": {"categoryPreferences": purposes}}


def test_a_first_visit_makes_a_profile_with_its_identifiers_and_its_event(bench, make_event):
    event = make_event(user_id="ada", anonymous_id="phone", message_id="m1", at=NOON)
    outcome = bench.apply([event])
    assert outcome.failed == set()
    assert outcome.counts == {"ProfilesCreated": 1, "EventsApplied": 1}
    name = "anonymous_id=phone+user_id=ada"
    person = f"default#P#{name}"
    assert bench.rows() == [
        {
            "pk": "default#I#anonymous_id#phone",
            "sk": "I",
            "profile_id": name,
            "linked_at": "2026-11-22T12:00:00.000Z",
        },
        {
            "pk": "default#I#user_id#ada",
            "sk": "I",
            "profile_id": name,
            "linked_at": "2026-11-22T12:00:00.000Z",
        },
        {
            "pk": person,
            "sk": "EVT#2026-11-22T12:00:00.000Z#m1",
            "name": "product_viewed",
            "type": "track",
            "occurred_at": "2026-11-22T12:00:00.000Z",
            "received_at": "2026-11-22T12:00:00.000Z",
            "source_id": "web",
            "body": rows_of(bench, "EVT#")[0]["body"],
            "expires_at": int((NOON + timedelta(days=400)).timestamp()),
        },
        {
            "pk": person,
            "sk": "ID#anonymous_id#phone",
            "kind": "anonymous_id",
            "value": "phone",
            "linked_at": "2026-11-22T12:00:00.000Z",
            "message_id": "m1",
            "source_id": "web",
        },
        {
            "pk": person,
            "sk": "ID#user_id#ada",
            "kind": "user_id",
            "value": "ada",
            "linked_at": "2026-11-22T12:00:00.000Z",
            "message_id": "m1",
            "source_id": "web",
        },
        {
            "pk": person,
            "sk": "PROFILE",
            "profile_id": name,
            "created_at": "2026-11-22T12:00:00.000Z",
            "version": 0,
            "user_id": "ada",
            "traits": "{}",
        },
    ]
    assert json.loads(rows_of(bench, "EVT#")[0]["body"]) == event.to_json()


def test_a_visitor_who_signs_up_is_one_person(bench, make_event):
    bench.apply([make_event(anonymous_id="phone")])
    bench.apply([make_event(user_id="ada", anonymous_id="phone")])
    assert bench.people_found() == {frozenset({"anonymous_id#phone", "user_id#ada"})}
    (profile,) = rows_of(bench, "PROFILE")
    assert profile["user_id"] == "ada"
    assert len(rows_of(bench, "EVT#")) == 2


def test_two_users_of_one_device_are_two_people(bench, make_event):
    bench.apply([make_event(user_id="ada", anonymous_id="tablet")])
    outcome = bench.apply([make_event(user_id="ben", anonymous_id="tablet")])
    assert outcome.counts["IdentifiersDisputed"] == 1
    assert bench.people_found() == {
        frozenset({"anonymous_id#tablet", "user_id#ada"}),
        frozenset({"user_id#ben"}),
    }


def test_two_workspaces_never_share_a_person(bench, make_event):
    bench.apply([make_event(workspace_id="one"), make_event(workspace_id="two")])
    assert {row["pk"] for row in rows_of(bench, "PROFILE")} == {
        "one#P#user_id=ada",
        "two#P#user_id=ada",
    }


def test_traits_of_identify_are_kept_with_their_instant_and_source(bench, make_event):
    bench.apply([make_event(type="identify", traits={"city": "上海"}, at=NOON)])
    bench.apply([make_event(type="identify", traits={"city": "北京"}, at=NOON - timedelta(days=1))])
    profile = bench.people.profile("default", bench.people.find("default", "user_id", "ada"))
    assert profile.values == {"city": "上海"}
    assert profile.traits["city"].at == NOON
    assert profile.version == 1


def test_consent_of_any_event_is_kept_with_its_evidence_and_the_last_word_holds(bench, make_event):
    yes = make_event(message_id="yes", context=consent(marketing=True, other=True), at=NOON)
    late_no = make_event(
        message_id="no", context=consent(marketing=False), at=NOON - timedelta(hours=1)
    )
    bench.apply([yes])
    bench.apply([late_no])
    (row,) = rows_of(bench, "CONSENT#")
    assert row["sk"] == "CONSENT#marketing"
    assert (row["granted"], row["at"], row["source"]) == (True, "2026-11-22T12:00:00.000Z", "yes")


def test_of_two_consents_at_one_instant_the_refusal_holds_in_either_order(bench, make_event):
    yes = make_event(context=consent(marketing=True))
    no = make_event(context=consent(marketing=False))
    for first, second in ((yes, no), (no, yes)):
        bench.clear()
        bench.apply([first])
        bench.apply([second])
        assert [row["granted"] for row in rows_of(bench, "CONSENT#")] == [False]


def test_an_event_is_applied_once_within_a_batch_over_batches_and_over_messages(bench, make_event):
    event = make_event()
    first = bench.apply([event, event], [event])
    second = bench.apply([event])
    assert first.counts == {"ProfilesCreated": 1, "EventsApplied": 1, "EventsDuplicate": 2}
    assert second.counts == {"EventsDuplicate": 1}


def test_a_retry_with_another_clock_correction_moves_nothing(bench, make_event):
    """Clients retry with a new `sentAt`: the same event comes with a later `occurred_at`."""
    old = make_event(type="identify", traits={"city": "上海"}, context=consent(marketing=True))
    new = make_event(
        type="identify",
        traits={"city": "北京"},
        context=consent(marketing=False),
        at=NOON + timedelta(seconds=1),
    )
    bench.apply([old, new])
    before = bench.rows()
    moved = NOON + timedelta(seconds=5)
    outcome = bench.apply([replace(old, occurred_at=moved, received_at=moved)])
    assert outcome.counts == {"EventsDuplicate": 1}
    assert bench.rows() == before


def test_traits_that_find_no_room_are_refused_by_name_and_the_event_is_stored(bench, make_event):
    traits = {"city": "上海", "essay": "x" * 100_001}
    outcome = bench.apply([make_event(type="identify", traits=traits)])
    assert outcome.counts["TraitsRefused"] == 1
    assert outcome.counts["EventsApplied"] == 1
    profile = bench.people.profile("default", bench.people.find("default", "user_id", "ada"))
    assert profile.values == {"city": "上海"}


def test_a_person_with_more_identifiers_than_a_transaction_takes_is_still_one(bench, make_event):
    events = [make_event(user_id="ada", anonymous_id=f"browser-{n}") for n in range(40)]
    bench.apply(events)
    (person,) = bench.people_found()
    assert len(person) == 41
    assert bench.apply(events).counts == {"EventsDuplicate": 40}


def test_ten_events_of_a_known_person_cost_one_read_and_their_rows(bench, make_event, make_wire):
    bench.apply([make_event(user_id="ada", anonymous_id="phone")])
    wire = make_wire()
    bench.apply([make_event(user_id="ada", anonymous_id="phone") for _ in range(10)], wire=wire)
    assert Counter(wire.calls) == {"batch_get_item": 1, "put_item": 10}


def test_ten_events_of_a_new_person_cost_one_transaction_more(bench, make_event, make_wire):
    wire = make_wire()
    traits = {"type": "identify", "traits": {"city": "上海"}}
    events = [make_event(**(traits if n == 5 else {})) for n in range(10)]
    bench.apply(events, wire=wire)
    assert Counter(wire.calls) == {
        "batch_get_item": 1,
        "transact_write_items": 1,
        "update_item": 1,
        "put_item": 10,
    }


def test_ten_people_in_a_batch_are_looked_up_together(bench, make_event, make_wire):
    def visits():
        return [make_event(user_id=f"u{n}", anonymous_id=f"a{n}") for n in range(10)]

    bench.apply(visits())
    wire = make_wire()
    bench.apply(visits(), wire=wire)
    assert Counter(wire.calls) == {"batch_get_item": 1, "put_item": 10}


def test_events_of_a_person_are_written_in_the_order_in_which_they_occurred(
    bench, make_event, make_wire
):
    late = make_event("bought", at=NOON + timedelta(minutes=1))
    early = make_event("viewed", at=NOON)
    wire = make_wire()
    bench.apply([late, early], wire=wire)
    puts = [request["Item"] for request in wire.requests if "Item" in request]
    assert [item["name"]["S"] for item in puts] == ["viewed", "bought"]
