"""What an operator writes down of a consent decides who is in a segment, by the stream alone."""

import itertools
from datetime import UTC, datetime, timedelta

import pytest

from shared.aws import keys
from shared.aws.items import from_item
from shared.domain.events.own import CONSENT_CHANGED
from shared.domain.identity.graph import Identifier
from tests.applying import applier_over, ports_over
from tests.functions.update_tags.conftest import Bench

AGREED = {"type": "consent", "purpose": "marketing", "channel": "sms"}
REACHABLE = {"type": "reachable", "purpose": "marketing", "channel": "email"}
SERVED = {"type": "reachable", "purpose": "service", "channel": "email"}


class Shop:
    """The admin API, merge_identity and update_tags over one table and its stream."""

    def __init__(self, api, bench, make_event):
        self.api, self.bench, self.make_event = api, bench, make_event
        self.bench.catalog.conditions = {
            "agreed": AGREED,
            "reachable": REACHABLE,
            "served": SERVED,
        }
        ids = itertools.count(1)
        self._applier = applier_over(bench.dynamodb, lambda: f"p{next(ids)}")
        self._sightings = ports_over(bench.dynamodb).identity.sightings
        self._seen = {}

    def hears(self, **event):
        """An event of a server; gives the profile of whoever did it."""
        now = datetime.now(UTC)
        made = self.make_event("$identify", type="identify", server=True, at=now, **event)
        applied = self._applier.apply([made])
        assert (applied.failed, applied.refused) == (set(), {})
        self.catch_up()
        kind = "user_id" if "user_id" in event else "anonymous_id"
        identifier = Identifier(kind, event[kind])
        return self._sightings("default", [identifier])[identifier].profile_id

    def says(self, profile, purpose="marketing", **body):
        answer = self.api.put(f"/profiles/{profile}/consents/{purpose}", body)
        assert answer.status == 200
        self.catch_up()

    def catch_up(self):
        """Hand what has changed in the table to update_tags, twice, as streams may."""
        records = []
        for page in self.bench.dynamodb.get_paginator("scan").paginate(TableName=self.bench.table):
            for row in map(from_item, page["Items"]):
                pk, sk = row.pop("pk"), row.pop("sk")
                if sk != keys.PROFILE and not sk.startswith(keys.EVENT_PREFIX):
                    continue
                known = self._seen.get((pk, sk))
                if known != row:
                    kind = "MODIFY" if known else "INSERT"
                    records.append(self.bench.stream.record(kind, pk, sk, row))
                    self._seen[pk, sk] = row
        now = datetime.now(UTC) + timedelta(seconds=1)
        self.bench.now = now.replace(microsecond=now.microsecond // 1000 * 1000)
        for _ in range(2):
            assert not self.bench.deliver(records).failed

    def told(self, profile):
        """What the timeline says of consent, the newest first."""
        found = self.api.get("/profiles", kind="profile_id", value=profile).body["profile"]
        story = found["timeline"]["events"]
        return [each["properties"] for each in story if each["name"] == CONSENT_CHANGED]


@pytest.fixture
def shop(api, dynamodb, profiles_table, make_event, empty_profiles):
    return Shop(api, Bench(dynamodb, profiles_table, make_event, empty_profiles), make_event)


@pytest.mark.slow
def test_a_consent_that_is_given_and_withdrawn_moves_people_in_and_out(shop):
    ada = shop.hears(user_id="ada", traits={"email": "ada@example.com"})
    assert shop.bench.segments(ada) == {"served"}

    shop.says(ada, granted=True)
    assert shop.bench.segments(ada) == {"served", "agreed", "reachable"}
    shop.says(ada, granted=False, channel="sms")
    assert shop.bench.segments(ada) == {"served", "reachable"}
    shop.says(ada, granted=False)
    shop.says(ada, granted=False, purpose="service")
    assert shop.bench.segments(ada) == set()
    shop.says(ada, granted=True, channel="sms")
    assert shop.bench.segments(ada) == {"agreed"}
    assert shop.bench.members("agreed") == 1

    flips = [
        fact.name for fact in shop.bench.facts(ada) if getattr(fact, "segment_id", None) == "agreed"
    ]
    assert flips == ["SegmentEntered", "SegmentExited", "SegmentEntered"]
    assert shop.bench.rows(ada)["STATE"]["events"] == 1  # consents are no signs of life


@pytest.mark.slow
def test_of_two_people_who_become_one_the_stricter_word_holds(shop):
    ada = shop.hears(user_id="ada", traits={"email": "ada@example.com"})
    shop.says(ada, granted=True)
    visitor = shop.hears(anonymous_id="a-1")
    shop.says(visitor, granted=False, channel="sms")
    assert shop.bench.segments(ada) == {"served", "agreed", "reachable"}

    one = shop.hears(user_id="ada", anonymous_id="a-1")
    gone = visitor if one == ada else ada
    assert "redirect" in shop.bench.rows(gone)["PROFILE"]
    assert shop.bench.segments(one) == {"served", "reachable"}
    assert shop.bench.segments(gone) == set()
    assert shop.bench.members("agreed") == 0
    assert shop.told(one)[0] == {"marketing": "granted", "marketing@sms": "refused"}
