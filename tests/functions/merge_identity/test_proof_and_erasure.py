"""Who may join two people, and who must not come back."""

import hmac
from datetime import UTC, datetime, timedelta

import pytest

from shared.domain.identity.graph import Identifier
from tests.applying import applier_over

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
EARLIER, LATER = NOON - timedelta(hours=1), NOON + timedelta(hours=1)


@pytest.fixture
def two_people(bench, make_event):
    """A user, and somebody known by an e-mail address who has a telephone number as well."""
    known_by_email = {"externalIds": [{"type": "email", "id": "ada@shop.example"}]}
    bench.apply([make_event(user_id="ada"), make_event(user_id=None, context=known_by_email)])
    phone = {
        "externalIds": [*known_by_email["externalIds"], {"type": "phone", "id": "13800138000"}]
    }
    member = {"externalIds": [{"type": "member_id", "id": "m-1"}]}
    bench.apply([make_event(user_id=None, context=phone, server=True)])
    bench.apply([make_event(user_id="ada", context=member, server=True)])


def sign_in(make_event, **fields):
    context = {"userHash": fields.pop("user_hash")} if "user_hash" in fields else {}
    return make_event(
        type="identify",
        user_id="ada",
        traits={"email": "Ada@Shop.example"},
        context=context,
        at=LATER,
        **fields,
    )


def people(bench):
    return len(bench.people_found())


def signed(bench, user_id):
    key = bench.ports.user_hashes.key("default")
    return hmac.new(key.encode(), user_id.encode(), "sha256").hexdigest()


def test_a_public_key_adds_to_a_person_and_never_merges_two(bench, make_event, two_people):
    outcome = bench.apply([sign_in(make_event)])
    assert people(bench) == 2
    assert outcome.counts == {"EventsApplied": 1, "IdentifiersDisputed": 1}
    assert bench.apply([make_event(user_id="ada", anonymous_id="phone")]).failed == set()
    assert people(bench) == 2


def test_a_servers_key_merges_them(bench, make_event, two_people):
    assert bench.apply([sign_in(make_event, server=True)]).counts["ProfilesMerged"] == 1
    assert people(bench) == 1


@pytest.mark.parametrize(("proof", "left"), [("server", 1), ("none", 2), (None, 2)])
def test_whoever_hands_over_many_may_vouch_for_all(bench, make_event, two_people, proof, left):
    applier_over(bench.dynamodb, lambda: "new").apply([sign_in(make_event)], proof=proof)
    assert people(bench) == left


def test_a_user_hash_merges_them_and_is_not_kept(bench, make_event, two_people):
    hashed = signed(bench, "ada")
    assert bench.apply([sign_in(make_event, user_hash=hashed)]).counts["ProfilesMerged"] == 1
    assert people(bench) == 1
    assert hashed not in str(bench.rows())


@pytest.mark.parametrize("wrong", ["another user's", "a" * 64, "", 7, None, ["x"]])
def test_a_wrong_hash_is_no_proof_and_the_event_is_applied_all_the_same(
    bench, make_event, two_people, wrong
):
    presented = signed(bench, "ben") if wrong == "another user's" else wrong
    outcome = bench.apply([sign_in(make_event, user_hash=presented)])
    assert outcome.counts["EventsApplied"] == 1
    assert people(bench) == 2


def erase(bench, *identifiers, at=NOON):
    """What is left when somebody was erased."""
    bench._empty_profiles()
    bench.ports.tombstones.put("default", [Identifier(*each) for each in identifiers], at)


def test_a_late_event_does_not_bring_an_erased_person_back(bench, make_event):
    erase(bench, ("user_id", "ada"), ("anonymous_id", "phone"))
    days_later = NOON + timedelta(days=5)  # a phone that was switched off meanwhile
    late = [
        make_event(user_id="ada", at=EARLIER),
        make_event(anonymous_id="phone", at=EARLIER, received_at=days_later),
        make_event(user_id="new", anonymous_id="phone", at=EARLIER),
    ]
    outcome = bench.apply(late)
    assert (outcome.counts, outcome.failed) == ({"EventsErased": 3}, set())
    assert bench.rows() == []
    assert bench.dead_letters() == []


def test_an_event_of_somebody_living_is_kept_without_the_erased_identifier(bench, make_event):
    erase(bench, ("anonymous_id", "phone"))
    bench.apply([make_event(user_id="ben", at=EARLIER)])
    outcome = bench.apply([make_event(user_id="ben", anonymous_id="phone", at=EARLIER)])
    assert outcome.counts == {"EventsApplied": 1}
    assert bench.people_found() == {frozenset({"user_id=ben"})}


def test_whoever_comes_back_after_an_erasure_is_somebody_new_and_old_events_stay_out(
    bench, make_event
):
    erase(bench, ("user_id", "ada"))
    assert bench.apply([make_event(user_id="ada", at=LATER)]).counts["ProfilesCreated"] == 1
    late = make_event(user_id="ada", at=EARLIER)
    assert bench.apply([late]).counts == {"EventsErased": 1}
    assert bench.apply([make_event(user_id="ada", at=LATER)]).counts == {"EventsApplied": 1}


def test_somebody_who_is_being_erased_is_left_alone_until_it_is_done(bench, make_event):
    bench.apply([make_event(user_id="ada", anonymous_id="phone", at=EARLIER)])
    bench.dynamodb.update_item(
        TableName=bench.table,
        Key={
            "pk": {"S": f"default#P#{bench.person('user_id', 'ada').profile_id}"},
            "sk": {"S": "PROFILE"},
        },
        UpdateExpression="SET erasing = :id, erased_at = :at ADD graph_version :one",
        ExpressionAttributeValues={
            ":id": {"S": "e1"},
            ":at": {"S": "2026-11-22T12:00:00.000Z"},
            ":one": {"N": "1"},
        },
    )
    event = make_event(user_id="ada", anonymous_id="laptop", at=LATER)
    assert bench.apply([event]).failed == {"r1"}
    assert not any(row["sk"].startswith("EVT#") and "laptop" in str(row) for row in bench.rows())
