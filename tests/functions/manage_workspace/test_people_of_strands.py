"""A person of several strands in one answer."""

import json
from datetime import timedelta

import pytest

from shared.aws.group_store import GroupStore
from shared.aws.items import to_item
from shared.aws.state_store import StateStore
from shared.aws.trait_history import TraitHistory
from shared.domain.counters.fold import Occurrence, fold_counters, fold_state, position_of
from shared.domain.counters.revenue import revenue_of
from shared.domain.profiles.model import Trait
from shared.domain.profiles.touches import touch_of
from shared.domain.workspace.model import WorkspaceSettings
from tests.applying import ports_over
from tests.conftest import NOON


@pytest.fixture
def merged(api, dynamodb, profiles_table, make_event):
    """Somebody known by user id and by phone, each with a past of its own, and then as one."""
    from shared.domain.identity.applying import ApplyEvents

    def event(name, minute, who, **fields):
        return make_event(name, at=NOON + timedelta(minutes=minute), **who, **fields)

    ada = {"user_id": "ada"}
    phone = {"anonymous_id": "d1"}
    campaign = {"campaign": {"source": "wechat", "name": "双十一"}}
    events = [
        event("$identify", 0, ada, type="identify", traits={"city": "北京", "age": 3}),
        event("order", 1, ada, properties={"revenue": 0.1}),
        event("order", 2, phone, properties={"revenue": 0.2}, context=campaign),
        event("order", 3, phone, properties={"revenue": 11}),
        event("page", 4, ada),
        event("$identify", 5, {**ada, **phone}, type="identify", traits={"city": "上海"}),
    ]
    applied = ApplyEvents(ports_over(dynamodb))
    for one in events:
        assert not applied.apply([one]).failed
    fold(dynamodb, profiles_table)
    return api


def fold(dynamodb, table):
    """What update_tags makes of the timeline."""
    from shared.domain.events.model import Event

    states = StateStore(dynamodb, table)
    groups, history = GroupStore(dynamodb, table), TraitHistory(dynamodb, table)
    zone = WorkspaceSettings().zone
    for number, item in enumerate(dynamodb.scan(TableName=table)["Items"]):
        if not item["sk"]["S"].startswith("EVT#"):
            continue
        one = Event.from_json(json.loads(item["body"]["S"]))
        strand = item["pk"]["S"].rpartition("#")[2]
        seen = [
            Occurrence(
                position_of(str(number)), one.name, one.occurred_at,
                revenue_of(one.properties), touch_of(one),
            )
        ]  # fmt: skip
        states.fold_state("default", strand, fold_state(seen))
        for (name, month), counted in fold_counters(seen, zone).items():
            states.fold_counter("default", strand, name, month, counted)
        groups.join("default", "acme", strand, one.occurred_at)
        if "city" in one.traits:
            claim = Trait(one.traits["city"], one.occurred_at, one.source_id)
            history.keep("default", strand, "city", claim)


def story(api, kind="user_id", value="ada", **query):
    answer = api.get("/profiles", kind=kind, value=value, **query)
    assert answer.status == 200, answer.body
    return answer.body["profile"]


def test_what_all_strands_know_is_one_story(merged):
    known = story(merged)

    assert [(one["kind"], one["value"], one["first_at"]) for one in known["identifiers"]] == [
        ("user_id", "ada", "2026-11-22T12:00:00.000Z"),
        ("anonymous_id", "d1", "2026-11-22T12:02:00.000Z"),
    ]
    assert known["links"] == 1
    assert {name: claim["value"] for name, claim in known["traits"].items()} == {
        "age": 3, "city": "上海",
    }  # fmt: skip
    assert [claim["value"] for claim in known["trait_history"]["city"]] == ["上海", "北京"]
    [order] = [one for one in known["counts"] if one["event"] == "order"]
    assert (order["times"], order["revenue"]) == (3, "11.3")
    [page] = [one for one in known["counts"] if one["event"] == "page"]
    assert page["revenue"] is None
    assert known["touches"]["first"] == known["touches"]["last"]
    assert known["touches"]["first"]["source"] == "wechat"
    assert known["touches"]["first"]["campaign"] == "双十一"
    assert known["groups"] == [{"group_id": "acme", "since": "2026-11-22T12:00:00.000Z"}]
    assert known["tags"]["events"] == 6
    assert known["tags"]["last_seen_at"] == "2026-11-22T12:05:00.000Z"


def test_any_identifier_in_any_spelling_leads_to_the_same_story(merged):
    assert story(merged, "anonymous_id", " d1 ") == story(merged)


def test_a_profile_that_another_one_answers_for_leads_to_that_one_and_says_so(
    merged, dynamodb, profiles_table
):
    known = story(merged)
    assert known["redirected_from"] is None
    key = to_item({"pk": "default#I#anonymous_id#d1", "sk": "I"})
    row = dynamodb.get_item(TableName=profiles_table, Key=key)["Item"]
    absorbed = row["strand_id"]["S"]
    assert absorbed != known["profile_id"]

    found = story(merged, "profile_id", absorbed)

    assert found["redirected_from"] == absorbed
    assert {**found, "redirected_from": None} == known


def test_the_timeline_goes_through_all_strands_page_by_page(merged):
    met, cursor = [], {}
    while True:
        page = story(merged, limit="2", **cursor)["timeline"]
        met += [one["occurred_at"][14:16] for one in page["events"]]
        if page["cursor"] is None:
            break
        cursor = {"cursor": page["cursor"]}
    assert met == ["05", "04", "03", "02", "01", "00"]


def test_a_group_names_each_person_once(merged):
    known = story(merged)

    answer = merged.get("/groups/acme")

    assert answer.status == 200
    assert answer.body["members"] == [
        {"profile_id": known["profile_id"], "since": "2026-11-22T12:00:00.000Z"}
    ]
    assert answer.body["cursor"] is None
    assert merged.get("/groups/others/of acme").status == 404
    assert merged.get("/groups/" + "x" * 600).status == 400
