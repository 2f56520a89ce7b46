"""Operators read which values tags had: of a person, at an instant, and who held which."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from functions.manage_workspace import handler
from shared.aws.athena import Athena
from shared.aws.meanings import TAG
from shared.aws.tag_store import TagChange, TagStore, history_of
from shared.domain.instants import format_instant
from shared.domain.lake.rows import event_row
from shared.domain.lake.tables import EVENTS
from shared.domain.lists.said import tagged
from shared.domain.tags.held import HeldTag
from shared.domain.tags.kinds import ComputedThresholds
from shared.domain.tags.thresholds import with_thresholds
from shared.domain.text import to_text
from tests.conftest import NOON
from tests.functions.build_segments.lake import LakeAthena
from tests.functions.manage_workspace.test_thresholds import NUMBERS, rfm

HOUR = timedelta(hours=1)
ADA = {"kind": "user_id", "value": "ada"}
LEVEL = {
    "title": "Level", "category": "value", "family": "value",
    "how": {"type": "manual", "values": [{"value": v, "title": v} for v in ("gold", "silver")]},
}  # fmt: skip
FACT = {"about": "event", "name": "order", "value": 2, "holds": True}


@pytest.fixture
def store(api, dynamodb, profiles_table):
    return TagStore(dynamodb, profiles_table, lambda _: None)


@pytest.fixture
def held(store, ada):
    """Let a tag have values, one for each hour from noon on; versions count from 1."""

    def held(tag_id, *values):
        before = None
        for number, value in enumerate(values):
            after = HeldTag(
                tag_id, value, NOON + number * HOUR, number + 1, number + 1, because=(FACT,)
            )
            store.store("default", ada.profile_id, [TagChange(before, after)])
            before = after

    return held


def test_a_history_has_every_value_with_its_reasons_the_newest_first(api, ada, held):
    api.put("/tags/level", LEVEL)
    held("level", "silver", "gold", None)
    held("other", 7)
    told = api.get("/tags/level/history", **ADA).body
    assert told["profile_id"] == ada.profile_id
    at = [format_instant(NOON + number * HOUR) for number in range(3)]
    common = {"because": [FACT], "thresholds": None}
    assert told["values"] == [
        {"value": None, "since": at[2], "until": None, "version": 3, **common},
        {"value": "gold", "since": at[1], "until": at[2], "version": 2, **common},
        {"value": "silver", "since": at[0], "until": at[1], "version": 1, **common},
    ]


def test_whatever_strand_is_named_the_history_is_that_of_the_person(api, ada, held):
    api.put("/tags/level", LEVEL)
    held("level", "gold")
    by_id = {"kind": "profile_id", "value": ada.profile_id}
    assert api.get("/tags/level/history", **by_id).body == api.get(
        "/tags/level/history", **ADA
    ).body  # fmt: skip


def test_what_is_not_there_has_no_history(api, ada, held):
    assert api.get("/tags/gone/history", **ADA).status == 404
    api.put("/tags/level", LEVEL)
    assert api.get("/tags/level/history", **ADA).body["values"] == []
    assert api.get("/tags/level/history", kind="user_id", value="bob").status == 404
    assert api.get("/tags/level/history").status == 400
    held("gone", "gold")
    assert len(api.get("/tags/gone/history", **ADA).body["values"]) == 1, "it was deleted since"


def test_a_class_of_buyers_is_told_with_the_thresholds_that_it_was_given_under(api, ada, held):
    api.put("/tags/rfm", rfm())
    for monetary in (100, 200):
        edit = handler.wiring().ports.edit()
        row = edit.find("TAG", "rfm")
        numbers = ComputedThresholds(**{**NUMBERS, "monetary": monetary})
        tag = with_thresholds(TAG.validate_json(row.body), numbers)
        body = to_text(tag.model_dump(mode="json", exclude_unset=True))
        edit.put_version(replace(row, body=body, version=row.version + 1))
        edit.commit()
    held("rfm", None, "general_value", "important_value")
    told = api.get("/tags/rfm/history", **ADA).body["values"]
    found = [(one["version"], (one["thresholds"] or {}).get("monetary")) for one in told]
    assert found == [(3, 200), (2, 100), (1, None)]


def test_the_values_of_an_instant_are_those_that_held_then(api, ada, held, clock):
    held("level", "silver", "gold", None)
    held("points", 0, 5)
    clock.now = NOON + 9 * HOUR

    def at(hours, **more):
        instant = format_instant(NOON + hours * HOUR + timedelta(**more))
        values = api.get("/profiles/tags", **ADA, at=instant).body["values"]
        return {one["tag_id"]: one["value"] for one in values}

    assert at(0, milliseconds=-1) == {}
    assert at(0) == {"level": "silver", "points": 0}
    assert at(1, milliseconds=-1) == {"level": "silver", "points": 0}
    assert at(1) == {"level": "gold", "points": 5}
    assert at(2) == {"points": 5}
    now = api.get("/profiles/tags", **ADA).body
    assert [(one["tag_id"], one["value"]) for one in now["values"]] == [("points", 5)]
    assert api.get("/profiles/tags", **ADA, at="2030-01-01T00:00:00Z").status == 400


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=15)
@given(st.lists(st.sampled_from(["gold", "silver", None, 3, True]), min_size=1, max_size=6),
       st.integers(-30, 400))  # fmt: skip
def test_of_any_history_one_value_at_most_holds_at_an_instant(api, store, ada, values, minutes):
    before = store.every("default", ada.profile_id).get("level")
    base = before.changes if before else 0
    start = before.since + HOUR if before else NOON
    for number, value in enumerate(values):
        after = HeldTag("level", value, start + number * HOUR, 1, base + number + 1)
        store.store("default", ada.profile_id, [TagChange(before, after)])
        before = after
    at = min(start + timedelta(minutes=minutes), start + len(values) * HOUR)
    object.__setattr__(handler.wiring().ports, "now", lambda: at)
    past = [(one.since, one.value) for one in store.history("default", ada.profile_id, "level")]
    wanted = [value for since, value in past if since <= at][-1:]
    told = api.get("/profiles/tags", **ADA, at=format_instant(at)).body["values"]
    assert [one["value"] for one in told] == [one for one in wanted if one is not None]


def test_all_histories_are_each_history(store, held, ada):
    held("level", "silver", "gold")
    held("level-2", 1, 2, 3)
    found = store.histories("default", ada.profile_id)
    assert found == {
        name: store.history("default", ada.profile_id, name) for name in ("level", "level-2")
    }
    assert [len(each) for each in found.values()] == [2, 3]
    assert history_of([], None) == []


# --- who held which -------------------------------------------------------------------------------


@pytest.fixture
def athena(api, clock, monkeypatch):
    """A lake in memory behind the API, at noon."""
    lake = LakeAthena()
    monkeypatch.setattr(Athena, "query", lambda self, sql, **more: lake.query(sql, **more))
    return lake


def test_holders_are_told_for_any_value_and_instant(api, athena):
    api.put("/tags/level", LEVEL)
    said = [("s1", "gold", 5), ("s2", "silver", 5), ("s1", "silver", 3), ("s2", "", 1)]
    for strand, value, hours in said:
        named = ("user_id", strand)
        event = tagged("default", named, "level", NOON - hours * HOUR, value)
        athena.lake.add(EVENTS, [event_row(strand, event.to_json())])

    def holders(**query):
        found = api.get("/tags/level/holders", **query).body
        return found["people"], found["profile_ids"]

    assert holders() == (1, ["s1"])
    assert holders(value="silver") == (1, ["s1"])
    assert holders(value="gold") == (0, [])
    at = format_instant(NOON - 4 * HOUR)
    assert holders(at=at) == (2, ["s1", "s2"])
    assert holders(at=at, value="gold") == (1, ["s1"])
    assert holders(at=at, limit="1", cursor="s1") == (2, ["s2"])


@pytest.mark.parametrize(
    ("query", "status"),
    [({"at": "2026-11-23T12:00:00Z"}, 400), ({"limit": "201"}, 400), ({"value": "x" * 2_000}, 400)],
)
def test_what_makes_no_sense_is_refused(api, athena, query, status):
    api.put("/tags/level", LEVEL)
    assert api.get("/tags/level/holders", **query).status == status
    assert api.get("/tags/gone/holders").status == 404


@pytest.mark.parametrize(
    ("value", "wanted"), [("true", {"yes"}), ("1", {"one"}), ('"1"', {"text"}), ("2", set())]
)
def test_a_value_is_told_apart_by_its_kind(api, athena, make_event, value, wanted):
    values = [
        {"value": each, "title": str(each), "condition": {"type": "event", "event": name}}
        for name, each in (("yes", True), ("one", 1), ("text", "1"))
    ]
    api.put("/tags/kinds", {**LEVEL, "how": {"type": "rule", "values": values}})
    for name in ("yes", "one", "text"):
        event = make_event(name, at=NOON - HOUR)
        athena.lake.add(EVENTS, [event_row(name, event.to_json())])
    answer = api.get("/tags/kinds/holders", value=value)
    if wanted:
        assert set(answer.body["profile_ids"]) == wanted
    else:
        assert (answer.status, "has no value" in answer.body["message"]) == (400, True)
