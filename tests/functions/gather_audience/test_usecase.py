"""Audiences as files and on lists: everybody who matches, as they agreed, each once."""

import csv
import io
import json
from datetime import timedelta
from hashlib import sha256

import pytest

from functions.gather_audience.usecase import GatherAudience
from shared.aws.archives import Archives
from shared.aws.audience_queries import AudienceQueries
from shared.aws.audience_store import AudienceStore
from shared.aws.catalog import CatalogReader
from shared.aws.contacts import ContactReader
from shared.aws.keys import profile_of
from shared.aws.profile_store import ProfileStore
from shared.aws.query_results import QueryResults
from shared.domain.audiences.files import file_of
from shared.domain.audiences.model import CONDITION, Audience
from shared.domain.erasure.letters import Wanted
from shared.domain.lake.rows import event_row
from shared.domain.lake.tables import EVENTS
from shared.errors import NotFoundError, TransientError
from tests.applying import all_rows, applier_over
from tests.conftest import CATALOG_TABLE, NOON, PROFILES_TABLE
from tests.functions.build_segments.lake import LakeAthena

WS, BUCKET = "default", "archives"
BOUGHT = {"type": "event", "event": "buy"}
AGREED = {"consent": {"categoryPreferences": {"marketing": True}}}
REFUSED = {"consent": {"categoryPreferences": {"marketing": False}}}


def digest(text):
    return sha256(text.encode()).hexdigest()


class World:
    """People made by the code that makes them, and a lake that knows all their events."""

    def __init__(self, dynamodb, make_event):
        self.dynamodb, self.make_event = dynamodb, make_event
        self.apply = applier_over(dynamodb)
        self.athena = LakeAthena()
        self.s3 = self.athena.s3
        self.s3.create_bucket(Bucket=BUCKET)
        self.store = AudienceStore(dynamodb, CATALOG_TABLE)
        self._copied = set()

    def person(self, user_id, *, context=None, **traits):
        """Somebody who bought something an hour ago."""
        at = NOON - timedelta(hours=1)
        self.happens(
            self.make_event(
                "$identify", type="identify", user_id=user_id, traits=traits, at=at,
                context=context or {}, server=True,
            ),
            self.make_event("buy", user_id=user_id, at=at),
        )  # fmt: skip

    def happens(self, *events):
        assert not self.apply.apply(events).failed
        self.deliver()

    def deliver(self):
        """Bring to the lake what lies in timelines."""
        for row in all_rows(self.dynamodb, PROFILES_TABLE):
            place = (row["pk"], row["sk"])
            if row["sk"].startswith("EVT#") and place not in self._copied:
                self._copied.add(place)
                _, strand = profile_of(row["pk"])
                self.athena.lake.add(EVENTS, [event_row(strand, json.loads(row["body"]))])

    def asks(self, condition=BOUGHT, audience_id="a1", **wanted):
        text = CONDITION.dump_json(CONDITION.validate_python(condition)).decode()
        audience = Audience(audience_id=audience_id, condition=text, at=NOON, **wanted)
        self.store.put(WS, audience)
        return self.gather(audience_id)

    def gather(self, audience_id="a1"):
        catalog = CatalogReader(self.dynamodb, CATALOG_TABLE, ttl_seconds=0)
        return GatherAudience(
            audiences=self.store,
            queries=AudienceQueries(catalog, self.athena, 60),
            results=QueryResults(self.s3),
            contacts=ContactReader(self.dynamodb, PROFILES_TABLE),
            timelines=ProfileStore(self.dynamodb, PROFILES_TABLE),
            archives=Archives(self.s3, BUCKET),
            now=lambda: NOON + timedelta(minutes=1),
        ).carry_out(WS, audience_id)

    def file(self, audience):
        key, content_type = file_of(WS, audience)
        found = self.s3.get_object(Bucket=BUCKET, Key=key)
        assert found["ContentType"] == content_type
        return found["Body"].read().decode()

    def table(self, audience):
        return list(csv.DictReader(io.StringIO(self.file(audience), newline="")))


@pytest.fixture
def world(dynamodb, make_event):
    return World(dynamodb, make_event)


def test_a_table_has_everybody_who_matches_and_nobody_else(world, make_event):
    world.person("ada", email="Ada@Example.com", city="上海")
    world.person("bob", city="Ulm")
    world.happens(make_event("look", user_id="eve"))

    made = world.asks(fields=("user_id", "email", "city"))

    rows = {row["user_id"]: (row["email"], row["city"]) for row in world.table(made)}
    assert rows == {"ada": ("ada@example.com", "上海"), "bob": ("", "Ulm")}
    assert (made.status, made.people, made.written) == ("done", 2, 2)
    assert made.size == len(world.file(made).encode())
    assert world.store.load(WS, "a1") == made


def test_who_did_not_agree_is_not_handed_to_a_platform(world):
    world.person("ada", email="ada@example.com", context=AGREED)
    world.person("bob", email="bob@example.com", context=REFUSED)
    world.person("cat", email="cat@example.com")
    world.person("dan", context=AGREED)

    made = world.asks(format="google_customer_match")

    assert world.file(made) == f"Email,Phone\n{digest('ada@example.com')},\n"
    assert (made.people, made.written) == (4, 1)
    assert (made.left_without_consent, made.left_without_address) == (2, 1)

    everybody = world.asks(audience_id="a2", format="meta_custom_audience",
                           without_consent="include")  # fmt: skip
    assert {row["email"] for row in world.table(everybody)} == {
        digest(f"{name}@example.com") for name in ("ada", "bob", "cat")
    }


def test_consents_and_traits_of_a_merged_person_are_those_of_the_whole(world, make_event):
    world.happens(
        make_event("buy", anonymous_id="web", at=NOON - timedelta(hours=2)),
        make_event("$identify", type="identify", anonymous_id="web", context=AGREED,
                   traits={"city": "Ulm"}, at=NOON - timedelta(hours=2)),
    )  # fmt: skip
    world.person("ada", email="ada@example.com")
    both = make_event(
        "$identify", type="identify", user_id="ada", anonymous_id="web", server=True,
        at=NOON - timedelta(minutes=30), context=AGREED,
    )  # fmt: skip
    world.happens(both)

    table = world.asks(fields=("city", "email"))  # the lake has not heard of the merge yet

    (row,) = world.table(table)
    assert (row["city"], row["email"]) == ("Ulm", "ada@example.com")
    assert world.asks(audience_id="a2", format="google_customer_match").written == 1


def test_a_snapshot_puts_everybody_on_the_list_once(world):
    world.person("ada")
    world.person("bob")
    for _ in range(2):
        world.store.put(WS, Audience(
            audience_id="a1", condition=CONDITION.dump_json(CONDITION.validate_python(BOUGHT))
            .decode(), at=NOON, list_id="vip",
        ))  # fmt: skip
        made = world.gather()

    listed = [
        json.loads(row["body"])
        for row in all_rows(world.dynamodb, PROFILES_TABLE)
        if row.get("name") == "$listed"
    ]
    assert [one["properties"] for one in listed] == [{"list_id": "vip", "on": True}] * 2
    assert {one["occurred_at"] for one in listed} == {"2026-11-22T12:00:00.000Z"}
    assert (made.people, made.written, made.size) == (2, 2, None)

    world.deliver()
    on_list = world.asks({"type": "list", "list_id": "vip"}, audience_id="a2", fields=("user_id",))
    assert (on_list.status, on_list.people) == ("done", 2)


def test_what_cannot_be_asked_any_more_fails_and_says_why(world):
    made = world.asks({"type": "segment", "segment_id": "gone"})
    assert made.status == "failed"
    assert "gone" in made.reason
    assert "Contents" not in world.s3.list_objects_v2(Bucket=BUCKET)


def test_a_lake_that_is_busy_is_asked_again(world):
    world.person("ada")

    def busy(*arguments, **more):
        raise TransientError("the query did not end")

    world.athena.result_of, ask = busy, world.athena.result_of
    with pytest.raises(TransientError):
        world.asks()
    assert world.store.load(WS, "a1").status == "running"
    world.athena.result_of = ask
    assert world.gather().written == 1


def test_an_erasure_takes_every_audience_away(world):
    world.person("ada")
    made = world.asks()
    assert made.status == "done"
    ada = Wanted(identifiers=frozenset(), strands=frozenset({"p1"}), erased_at=NOON)

    removed = Archives(world.s3, BUCKET).erase(WS, ada)

    assert removed["audiences"] == 1
    assert "Contents" not in world.s3.list_objects_v2(Bucket=BUCKET)


def test_an_audience_that_nobody_asked_for_is_refused(world):
    with pytest.raises(NotFoundError):
        world.gather("none")


def test_audiences_are_forgotten_with_their_files(world):
    world.person("ada")
    world.asks()
    rows = all_rows(world.dynamodb, CATALOG_TABLE)
    (row,) = [row for row in rows if row["sk"] == "AUDIENCE#a1"]
    assert row["expires_at"] == int(NOON.timestamp()) + 7 * 86_400
