"""People in the table: found by identifier, made once, read back page by page."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from shared.aws import keys
from shared.aws.items import get_items
from shared.aws.profile_store import ProfileStore
from shared.domain.identity.model import Claim, Identifier, Known
from shared.domain.identity.resolve import resolve
from shared.domain.profiles.model import Consent, Profile, Trait
from shared.errors import ConflictError, PermanentError, TransientError

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
ADA, BEN = Identifier("user_id", "ada"), Identifier("user_id", "ben")
PHONE, LAPTOP = Identifier("anonymous_id", "phone"), Identifier("anonymous_id", "laptop")


@pytest.fixture
def store(dynamodb, profiles_table):
    return ProfileStore(dynamodb, profiles_table)


def claim(user=None, *weak):
    return Claim(message_id="m1", source_id="web", at=NOON, user=user, weak=weak)


def plan(*claims, known=None, new_id="p1"):
    return resolve(claims, known or Known(), lambda: new_id)


class Failing:
    """A client all of whose calls fail with one error."""

    def __init__(self, error):
        self._error = error

    def __getattr__(self, name):
        def call(**request):
            raise self._error

        return call


def aws_says(code, status=400):
    response = {"Error": {"Code": code}, "ResponseMetadata": {"HTTPStatusCode": status}}
    return ClientError(response, "Any")


def test_a_person_is_found_by_each_identifier_and_by_no_other(store):
    store.commit("default", plan(claim(ADA, PHONE)))
    assert store.find("default", "user_id", "ada") == "p1"
    assert store.find("default", "anonymous_id", "phone") == "p1"
    assert store.find("default", "anonymous_id", "ada") is None
    assert store.find("other", "user_id", "ada") is None
    assert store.identifiers("default", "p1") == (PHONE, ADA)


def test_identifiers_with_the_marks_of_keys_in_them_stay_apart(store):
    odd = Identifier("user_id", "a#I#b")
    store.commit("default", plan(claim(odd)))
    assert store.find("default", "user_id", "a#I#b") == "p1"
    assert store.identifiers("default", "p1") == (odd,)


def test_a_new_profile_is_empty_and_knows_its_user(store):
    store.commit("default", plan(claim(ADA)))
    assert store.profile("default", "p1") == Profile("default", "p1", NOON, user_id="ada")
    assert store.profile("default", "p2") is None
    assert store.users("default", ["p1", "p2"]) == {"p1": "ada", "p2": None}


def test_an_identifier_cannot_be_taken_twice_and_nothing_of_the_attempt_stays(store):
    store.commit("default", plan(claim(ADA)))
    with pytest.raises(ConflictError):
        store.commit("default", plan(claim(ADA, PHONE), new_id="p2"))
    assert store.profile("default", "p2") is None
    assert store.find("default", "anonymous_id", "phone") is None


def test_a_profile_takes_one_user_only(store):
    store.commit("default", plan(claim(None, PHONE)))
    anonymous = Known({PHONE: "p1"}, {"p1": None})
    store.commit("default", plan(claim(ADA, PHONE), known=anonymous))
    with pytest.raises(ConflictError):
        store.commit("default", plan(claim(BEN, PHONE), known=anonymous))
    assert store.users("default", ["p1"]) == {"p1": "ada"}


def test_a_plan_of_many_links_leaves_a_valid_part_when_it_is_cut_short(store, dynamodb):
    weak = [Identifier("anonymous_id", f"browser-{n}") for n in range(40)]
    claims = [claim(None, each) for each in weak]
    many = resolve(
        [claims[0], *(claim(None, weak[0], each) for each in weak[1:]), claim(ADA, weak[0])],
        Known(),
        lambda: "p1",
    )

    class CutShort:
        calls = 0

        def __getattr__(self, name):
            return getattr(dynamodb, name)

        def transact_write_items(self, **request):
            self.calls += 1
            if self.calls == 2:
                raise aws_says("InternalServerError", 500)
            return dynamodb.transact_write_items(**request)

    with pytest.raises(TransientError):
        ProfileStore(CutShort(), "profiles").commit("default", many)
    assert store.find("default", "user_id", "ada") is None
    assert store.users("default", ["p1"]) == {"p1": "ada"}
    rest = resolve([*claims, claim(ADA, weak[0])], _known(store, [ADA, *weak]), lambda: "never")
    assert set(rest.owners[:33]) == {"p1"}
    assert rest.owners[-1] == "p1"


def _known(store, identifiers):
    owners = store.owners("default", identifiers)
    return Known(owners, store.users("default", set(owners.values())))


def test_traits_are_replaced_only_by_who_read_them_last(store):
    store.commit("default", plan(claim(ADA)))
    read = store.profile("default", "p1")
    traits = {"city": Trait("上海", NOON, "web"), "vip": Trait(None, NOON, "app")}
    store.put_traits(read, traits)
    with pytest.raises(ConflictError):
        store.put_traits(read, {})
    now = store.profile("default", "p1")
    assert (now.traits, now.version, now.user_id) == (traits, 1, "ada")


def test_consents_are_listed_by_purpose_and_only_a_later_one_is_kept(store):
    first = Consent("marketing", True, NOON, "m1")
    earlier = Consent("marketing", False, NOON - timedelta(seconds=1), "m0")
    assert store.put_consent("default", "p1", first)
    assert not store.put_consent("default", "p1", earlier)
    assert store.put_consent("default", "p1", Consent("service", False, NOON, "m1"))
    assert store.consents("default", "p1") == (first, Consent("service", False, NOON, "m1"))


def test_an_event_is_added_once_however_its_clock_was_corrected(store, make_event):
    event = make_event(at=NOON)
    assert store.add_event("p1", event)
    moved = replace(event, occurred_at=NOON + timedelta(seconds=3))
    assert not store.add_event("p1", moved)
    (kept,) = store.timeline("default", "p1").events
    assert kept == event


def test_an_event_without_a_timestamp_is_added_once_too(store, make_event):
    event = make_event(timestamp=None)
    assert store.add_event("p1", event)
    assert not store.add_event("p1", event)


def test_what_dynamodb_will_never_take_is_permanent(store, make_event):
    with pytest.raises(PermanentError):
        store.add_event("p1", make_event(properties={"essay": "x" * 410_000}))


def test_recall_gives_the_profile_and_the_events_as_they_were_stored(store, make_event):
    store.commit("default", plan(claim(ADA)))
    known, new = make_event(at=NOON), make_event(at=NOON)
    store.add_event("p1", known)
    moved = replace(known, occurred_at=NOON + timedelta(seconds=3))
    profile, stored = store.recall("default", "p1", [new, moved])
    assert profile.profile_id == "p1"
    assert stored == {1: known}
    with pytest.raises(ConflictError):
        store.recall("default", "p2", [])


def test_the_timeline_is_read_in_pages_the_newest_first(store, make_event):
    events = [make_event(f"e{n}", at=NOON + timedelta(minutes=n)) for n in range(5)]
    for event in events:
        store.add_event("p1", event)
    names, cursor = [], None
    while True:
        page = store.timeline("default", "p1", limit=2, cursor=cursor)
        assert len(page.events) <= 2
        names += [event.name for event in page.events]
        cursor = page.cursor
        if cursor is None:
            break
    assert names == ["e4", "e3", "e2", "e1", "e0"]


def test_events_since_an_instant_are_those_that_occurred_then_whatever_the_clients_clock_said(
    store, make_event
):
    before = make_event("before", at=NOON - timedelta(milliseconds=1))
    at_once = make_event("at_once", at=NOON)
    slow_clock = make_event("slow_clock", at=NOON, timestamp=NOON - timedelta(hours=20))
    undated = make_event("undated", at=NOON, timestamp=None)
    other = make_event("other", at=NOON)
    for event in (before, at_once, slow_clock, undated):
        store.add_event("p1", event)
    store.add_event("p2", other)
    found = [event.name for event in store.events_since("default", "p1", NOON)]
    assert found == ["slow_clock", "at_once", "undated"]
    everything = store.events_since("default", "p1", datetime.min.replace(tzinfo=UTC))
    assert {event.name for event in everything} == {"before", *found}


@pytest.mark.parametrize(
    "error",
    [
        aws_says("ProvisionedThroughputExceededException"),
        aws_says("InternalServerError", 500),
        EndpointConnectionError(endpoint_url="https://aws.example"),
    ],
)
def test_an_aws_that_is_busy_or_out_of_reach_is_transient(make_event, error):
    store = ProfileStore(Failing(error), "profiles")
    profile = Profile("default", "p1", NOON)
    consent = Consent("marketing", True, NOON, "m1")
    for act in (
        lambda: store.find("default", "user_id", "ada"),
        lambda: store.commit("default", plan(claim(ADA))),
        lambda: store.put_traits(profile, {}),
        lambda: store.put_consent("default", "p1", consent),
        lambda: store.add_event("p1", make_event()),
        lambda: store.consents("default", "p1"),
        lambda: list(store.events_since("default", "p1", NOON)),
        lambda: store.timeline("default", "p1"),
    ):
        with pytest.raises(TransientError):
            act()


def test_somebody_elses_transaction_is_a_conflict(make_event):
    response = {
        "Error": {"Code": "TransactionCanceledException"},
        "CancellationReasons": [{"Code": "TransactionConflict"}, {"Code": "None"}],
    }
    store = ProfileStore(Failing(ClientError(response, "TransactWriteItems")), "profiles")
    with pytest.raises(ConflictError):
        store.commit("default", plan(claim(ADA)))
    store = ProfileStore(Failing(aws_says("TransactionConflictException")), "profiles")
    with pytest.raises(ConflictError):
        store.put_consent("default", "p1", Consent("marketing", True, NOON, "m1"))


def test_a_missing_permission_is_no_weather(make_event):
    store = ProfileStore(Failing(aws_says("AccessDeniedException")), "profiles")
    with pytest.raises(ClientError):
        store.add_event("p1", make_event())


def test_more_items_than_a_call_takes_are_read_and_what_a_call_leaves_unread_is_asked_again(
    store, dynamodb
):
    wanted = [keys.identifier("default", "anonymous_id", f"d{n}") for n in range(120)]
    weak = [Identifier("anonymous_id", f"d{n}") for n in range(120)]
    store.commit("default", resolve([claim(None, *weak)], Known(), lambda: "p1"))

    class Lazy:
        """Reads at most 50 items a call."""

        def batch_get_item(self, RequestItems):  # noqa: N803
            asked = RequestItems["profiles"]["Keys"]
            now = {"profiles": {"Keys": asked[:50], "ConsistentRead": True}}
            answer = dynamodb.batch_get_item(RequestItems=now)
            left = {"profiles": {"Keys": asked[50:]}} if asked[50:] else {}
            return {"Responses": answer["Responses"], "UnprocessedKeys": left}

    assert len(get_items(Lazy(), "profiles", wanted)) == 120
    assert len(get_items(dynamodb, "profiles", [*wanted, *wanted])) == 120


def test_a_table_that_leaves_everything_unread_is_transient():
    class Refusing:
        def batch_get_item(self, RequestItems):  # noqa: N803
            return {"Responses": {}, "UnprocessedKeys": RequestItems}

    with pytest.raises(TransientError):
        get_items(Refusing(), "profiles", [keys.Key("a", "b")])
