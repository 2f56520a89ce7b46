"""Strands in the table: traits that nobody overwrites unseen, events that are written once."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from shared.aws import keys
from shared.aws.identity_rows import profile_key
from shared.aws.items import get_items, to_item
from shared.aws.profile_rows import event_item, event_of
from shared.aws.profile_store import ProfileStore
from shared.domain.profiles.model import Profile, Trait
from shared.errors import ConflictError, PermanentError, TransientError

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


@pytest.fixture
def store(dynamodb, profiles_table):
    return ProfileStore(dynamodb, profiles_table)


def make_strand(dynamodb, strand_id="p1"):
    row = {**profile_key("default", strand_id)._asdict(), "profile_id": strand_id}
    item = to_item({**row, "created_at": NOON, "version": 0, "traits": "{}"})
    dynamodb.put_item(TableName="profiles", Item=item)


def events_in(dynamodb, strand_id="p1"):
    found = dynamodb.query(
        TableName="profiles",
        KeyConditionExpression="pk = :pk AND begins_with(sk, :prefix)",
        ExpressionAttributeValues=to_item(
            {":pk": keys.person("default", strand_id), ":prefix": "EVT#"}
        ),
    )
    return [event_of(item) for item in found["Items"]]


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


def test_traits_are_replaced_only_by_who_read_them_last(store, dynamodb):
    make_strand(dynamodb)
    read = store.profile("default", "p1")
    traits = {"city": Trait("上海", NOON, "web"), "vip": Trait(None, NOON, "app")}
    store.put_traits(read, traits)
    with pytest.raises(ConflictError):
        store.put_traits(read, {})
    now = store.profile("default", "p1")
    assert (now.traits, now.version) == (traits, 1)


def test_an_event_is_added_once_however_its_clock_was_corrected(store, dynamodb, make_event):
    event = make_event(at=NOON)
    assert store.add_event("p1", event)
    moved = replace(event, occurred_at=NOON + timedelta(seconds=3))
    assert not store.add_event("p1", moved)
    assert events_in(dynamodb) == [event]


def test_an_old_event_stays_for_as_long_as_it_may_come_again(make_event):
    old = make_event(occurred_at=NOON - timedelta(days=3_000))
    new = make_event(at=NOON)
    days = [
        (int(event_item("p1", event)["expires_at"]["N"]) - NOON.timestamp()) / 86_400
        for event in (old, new)
    ]
    assert days == [30, 400]


def test_an_event_without_a_timestamp_is_added_once_too(store, make_event):
    event = make_event(timestamp=None)
    assert store.add_event("p1", event)
    assert not store.add_event("p1", event)


def test_what_dynamodb_will_never_take_is_permanent(store, make_event):
    with pytest.raises(PermanentError):
        store.add_event("p1", make_event(properties={"essay": "x" * 410_000}))


def test_recall_gives_the_profile_and_the_events_as_they_were_stored(store, dynamodb, make_event):
    make_strand(dynamodb)
    known, new = make_event(at=NOON), make_event(at=NOON)
    store.add_event("p1", known)
    moved = replace(known, occurred_at=NOON + timedelta(seconds=3))
    profile, stored = store.recall("default", "p1", [new, moved])
    assert profile.profile_id == "p1"
    assert stored == {1: known}
    with pytest.raises(ConflictError):
        store.recall("default", "p2", [])


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
    for act in (
        lambda: store.profile("default", "p1"),
        lambda: store.put_traits(profile, {}),
        lambda: store.add_event("p1", make_event()),
    ):
        with pytest.raises(TransientError):
            act()


def test_somebody_elses_transaction_is_a_conflict():
    store = ProfileStore(Failing(aws_says("TransactionConflictException")), "profiles")
    with pytest.raises(ConflictError):
        store.put_traits(Profile("default", "p1", NOON), {})


def test_a_missing_permission_is_no_weather(make_event):
    store = ProfileStore(Failing(aws_says("AccessDeniedException")), "profiles")
    with pytest.raises(ClientError):
        store.add_event("p1", make_event())


def test_more_items_than_a_call_takes_are_read_and_what_a_call_leaves_unread_is_asked_again(
    dynamodb,
):
    wanted = [profile_key("default", f"p{n}") for n in range(120)]
    for number in range(120):
        make_strand(dynamodb, f"p{number}")

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
