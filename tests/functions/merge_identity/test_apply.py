"""Events in, people out: profiles, traits, consents and timelines, each event once."""

import json
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


def rows_of(bench, prefix):
    return [row for row in bench.rows() if row["sk"].startswith(prefix)]


def consent(**purposes):
    return {"consent": {"categoryPreferences": purposes}}


def test_a_first_visit_makes_a_person_of_two_strands_with_the_event_in_the_strongest(
    bench, make_event
):
    event = make_event(user_id="ada", anonymous_id="phone", message_id="m1", at=NOON)
    outcome = bench.apply([event])
    assert outcome.failed == set()
    assert outcome.counts == {"ProfilesCreated": 1, "EventsApplied": 1}
    rows = bench.rows()
    noon = "2026-11-22T12:00:00.000Z"
    ada, phone = "user_id=ada", "anonymous_id=phone"
    assert json.loads(rows_of(bench, "EVT#")[0].pop("body")) == event.to_json()
    assert [{name: row[name] for name in row if name != "body"} for row in rows] == [
        {
            "pk": "default#I#anonymous_id#phone",
            "sk": "I",
            "strand_id": phone,
            "profile_id": ada,
            "linked_at": noon,
        },
        {
            "pk": "default#I#user_id#ada",
            "sk": "I",
            "strand_id": ada,
            "profile_id": ada,
            "linked_at": noon,
        },
        {
            "pk": f"default#P#{phone}",
            "sk": "PROFILE",
            "profile_id": phone,
            "created_at": noon,
            "version": 0,
            "traits": "{}",
            "redirect": ada,
        },
        {
            "pk": f"default#P#{ada}",
            "sk": "EVT#2026-11-22T12:00:00.000Z#m1",
            "name": "product_viewed",
            "type": "track",
            "occurred_at": noon,
            "received_at": noon,
            "source_id": "web",
            "expires_at": int((NOON + timedelta(days=400)).timestamp()),
        },
        {
            "pk": f"default#P#{ada}",
            "sk": "PROFILE",
            "profile_id": ada,
            "created_at": noon,
            "version": 0,
            "traits": "{}",
            "graph": rows[-1]["graph"],
            "graph_version": 1,
            "enrols": True,
        },
    ]
    graph = json.loads(rows[-1]["graph"])
    assert graph["edges"] == [[1, 0, noon, "m1", "web", "none", "track"]]


def test_a_visitor_who_signs_up_is_one_person_and_no_event_moves(bench, make_event):
    bench.apply([make_event(anonymous_id="phone")])
    outcome = bench.apply([make_event(user_id="ada", anonymous_id="phone")])
    assert outcome.counts == {"EventsApplied": 1}
    assert bench.people_found() == {frozenset({"anonymous_id=phone", "user_id=ada"})}
    assert [row["pk"].partition("#P#")[2] for row in rows_of(bench, "EVT#")] == [
        "anonymous_id=phone",
        "user_id=ada",
    ]


def test_two_known_people_who_turn_out_to_be_one_are_merged_and_both_are_redirected(
    bench, make_event
):
    bench.apply([make_event(anonymous_id="phone")])
    bench.apply([make_event(user_id="ada", anonymous_id="laptop")])
    outcome = bench.apply([make_event(user_id="ada", anonymous_id="phone")])
    assert outcome.counts == {"EventsApplied": 1, "ProfilesMerged": 1}
    assert bench.people_found() == {
        frozenset({"anonymous_id=phone", "anonymous_id=laptop", "user_id=ada"})
    }
    (root,) = (row for row in bench.rows() if "graph" in row)
    change = json.loads(root["change"])
    assert (root["profile_id"], root["joins"]) == ("user_id=ada", 1)
    assert (change["kind"], change["absorbed"], change["parted"]) == (
        "merged",
        ["anonymous_id=phone"],
        [],
    )


def test_two_users_of_one_device_are_two_people(bench, make_event):
    bench.apply([make_event(user_id="ada", anonymous_id="tablet")])
    outcome = bench.apply([make_event(user_id="ben", anonymous_id="tablet")])
    assert outcome.counts["IdentifiersDisputed"] == 1
    assert bench.people_found() == {
        frozenset({"anonymous_id=tablet", "user_id=ada"}),
        frozenset({"user_id=ben"}),
    }
    assert len(rows_of(bench, "DSP#")) == 2
    again = bench.apply([make_event(user_id="ben", anonymous_id="tablet")])
    assert again.counts == {"EventsApplied": 1}


def test_two_workspaces_never_share_a_person(bench, make_event):
    bench.apply([make_event(workspace_id="one"), make_event(workspace_id="two")])
    assert {row["pk"] for row in rows_of(bench, "PROFILE")} == {
        "one#P#user_id=ada",
        "two#P#user_id=ada",
    }


def test_traits_of_identify_are_kept_with_their_instant_and_source(bench, make_event):
    bench.apply([make_event(type="identify", traits={"city": "上海"}, at=NOON)])
    bench.apply([make_event(type="identify", traits={"city": "北京"}, at=NOON - timedelta(days=1))])
    known = bench.reader.traits(bench.person("user_id", "ada"))
    assert {name: trait.value for name, trait in known.items()} == {"city": "上海"}
    assert known["city"].at == NOON
    assert [row["version"] for row in rows_of(bench, "PROFILE")] == [1]


def test_traits_of_all_strands_are_the_persons_the_last_word_of_each(bench, make_event):
    bench.apply([make_event(type="identify", anonymous_id="phone", traits={"city": "上海"})])
    later = NOON + timedelta(minutes=1)
    bench.apply(
        [make_event(type="identify", anonymous_id="laptop", traits={"city": "北京"}, at=later)]
    )
    bench.apply([make_event(user_id="ada", anonymous_id="phone")])
    bench.apply([make_event(user_id="ada", anonymous_id="laptop")])
    assert bench.traits("user_id", "ada") == {"city": "北京"}


def test_consent_of_any_event_is_kept_with_its_evidence_and_the_last_word_holds(bench, make_event):
    yes = make_event(message_id="yes", context=consent(marketing=True, other=True), at=NOON)
    late_no = make_event(
        message_id="no", context=consent(marketing=False), at=NOON - timedelta(hours=1)
    )
    bench.apply([yes])
    bench.apply([late_no])
    (decisions,) = bench.state()["people"].values()
    assert "yes" in json.dumps(decisions)
    assert "no" not in json.dumps(decisions).replace("none", "")


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
    assert bench.traits("user_id", "ada") == {"city": "上海"}


def test_a_person_with_more_identifiers_than_a_transaction_takes_is_still_one(bench, make_event):
    events = [make_event(user_id="ada", anonymous_id=f"browser-{n}") for n in range(40)]
    bench.apply(events)
    (person,) = bench.people_found()
    assert len(person) == 41
    assert bench.apply(events).counts == {"EventsDuplicate": 40}


CATALOG = Counter(get_item=1, query=1)  # once for each warm copy of the function


@pytest.mark.parametrize(
    ("fields", "reads"), [({"user_id": "ada", "anonymous_id": "phone"}, 2), ({"user_id": "ada"}, 1)]
)
def test_a_known_person_costs_two_reads_a_batch_or_one_when_nothing_could_be_linked(
    bench, make_event, make_wire, fields, reads
):
    bench.apply([make_event(user_id="ada", anonymous_id="phone")])
    wire, later = make_wire(), NOON + timedelta(minutes=1)
    bench.apply([make_event(**fields, at=later) for _ in range(10)], wire=wire)
    assert Counter(wire.calls) - CATALOG == {"batch_get_item": reads, "put_item": 10}


def test_ten_events_of_a_new_person_cost_one_transaction_more(bench, make_event, make_wire):
    wire = make_wire()
    traits = {"type": "identify", "traits": {"city": "上海"}}
    events = [make_event(**(traits if n == 5 else {})) for n in range(10)]
    bench.apply(events, wire=wire)
    assert Counter(wire.calls) - CATALOG == {
        "batch_get_item": 2,  # the identifier; was it erased?
        "transact_write_items": 1,
        "update_item": 1,
        "put_item": 10,
    }


def test_ten_people_in_a_batch_are_looked_up_together(bench, make_event, make_wire):
    def visits(at):
        return [make_event(user_id=f"u{n}", anonymous_id=f"a{n}", at=at) for n in range(10)]

    bench.apply(visits(NOON))
    wire = make_wire()
    bench.apply(visits(NOON + timedelta(minutes=1)), wire=wire)
    assert Counter(wire.calls) - CATALOG == {"batch_get_item": 2, "put_item": 10}


def test_events_of_a_person_are_written_in_the_order_in_which_they_occurred(
    bench, make_event, make_wire
):
    late = make_event("bought", at=NOON + timedelta(minutes=1))
    early = make_event("viewed", at=NOON)
    wire = make_wire()
    bench.apply([late, early], wire=wire)
    puts = [request["Item"] for request in wire.requests if "Item" in request]
    assert [item["name"]["S"] for item in puts] == ["viewed", "bought"]
