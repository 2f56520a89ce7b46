"""What branches look at: conditions of facts alone, and all that they refer to."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from shared.aws import keys
from shared.aws.active_hours import ActivityReader
from shared.aws.catalog import CatalogReader
from shared.aws.items import to_item
from shared.aws.journey_ports import StatePeople
from shared.aws.measure_store import MeasureStore
from shared.aws.person_reader import PersonReader
from shared.aws.profile_rows import event_item
from shared.aws.state_store import StateStore
from shared.domain.counters.fold import Occurrence, fold_state, position_of
from shared.domain.journeys.kinds import BranchStep, WaitStep
from shared.domain.segments.condition import SegmentCondition
from shared.domain.segments.evaluate import evaluate
from shared.domain.workspace.trace_words import fact_text

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
SPENDERS = {
    "type": "amount",
    "event": "order",
    "aggregate": "sum",
    "property": "price",
    "comparison": "at_least",
    "value": 30,
}
STEP = BranchStep.model_validate(
    {
        "type": "branch",
        "name": "who",
        "arms": [
            {"when": {"type": "segment", "segment_id": "spenders"}, "next": "a"},
            {
                "when": {
                    "type": "activity",
                    "about": "events",
                    "comparison": "at_least",
                    "value": 2,
                },
                "next": "b",
            },
        ],
        "otherwise": "c",
    }
)


@pytest.fixture
def people(dynamodb, profiles_table, catalog_table):
    pk = keys.catalog("default")
    segment = {"segment_id": "spenders", "title": "Spenders", "condition": SPENDERS}
    for row in (
        {"pk": pk, "sk": keys.CATALOG_VERSION, "n": 2},
        {
            "pk": pk,
            "sk": keys.definition("SEGMENT", "spenders"),
            "body": json.dumps(segment),
            "version": 1,
            "build": 2,
        },
    ):
        dynamodb.put_item(TableName=catalog_table, Item=to_item(row))
    return StatePeople(
        CatalogReader(dynamodb, catalog_table),
        PersonReader(dynamodb, profiles_table),
        StateStore(dynamodb, profiles_table),
        MeasureStore(dynamodb, profiles_table),
        ActivityReader(dynamodb, profiles_table),
    )


def order(dynamodb, table, make_event, number, price):
    at = NOON - timedelta(days=number)
    event = make_event("order", at=at, properties={"price": price})
    dynamodb.put_item(TableName=table, Item=event_item("ada", event))
    seen = Occurrence(position_of(str(number)), "order", at)
    StateStore(dynamodb, table).fold_state("default", "ada", fold_state([seen]))


def test_a_branch_sees_segments_also_of_somebody_for_whom_they_are_not_built_yet(
    people, dynamodb, profiles_table, make_event
):
    profile = {"pk": keys.person("default", "ada"), "sk": keys.PROFILE, "profile_id": "ada"}
    dynamodb.put_item(TableName=profiles_table, Item=to_item(profile))
    for number, price in enumerate([20, 11], start=1):
        order(dynamodb, profiles_table, make_event, number, price)

    facts = people.facts("default", "ada", STEP, NOON)

    assert [arm.type for arm in facts.arms] == ["amount", "activity"]
    verdicts = [evaluate(arm, facts.view, NOON, facts.zone) for arm in facts.arms]
    assert [verdict.matches for verdict in verdicts] == [True, True]


def test_a_branch_of_somebody_who_is_gone_looks_at_nothing(people):
    facts = people.facts("default", "nobody", STEP, NOON)

    verdicts = [evaluate(arm, facts.view, NOON, facts.zone) for arm in facts.arms]
    assert [verdict.matches for verdict in verdicts] == [False, False]


def test_a_wait_by_the_clock_looks_at_traits_of_all_strands(
    people, dynamodb, profiles_table, make_event
):
    row = {"pk": keys.person("default", "ada"), "sk": keys.PROFILE, "profile_id": "ada"}
    claims = {"timezone": {"value": "Asia/Kathmandu", "at": "2026-11-01T00:00:00.000Z"}}
    traits = json.dumps({name: {**claim, "source_id": ""} for name, claim in claims.items()})
    dynamodb.put_item(
        TableName=profiles_table,
        Item=to_item({**row, "created_at": NOON, "version": 0, "traits": traits}),
    )
    step = WaitStep.model_validate({"type": "wait", "name": "w", "until": {"time": "09:00"}})
    facts = people.facts("default", "ada", step, NOON)
    assert facts.view.traits == {"timezone": "Asia/Kathmandu"}
    assert facts.zone.key == "UTC"
    assert people.facts("default", "nobody", step, NOON).view.traits == {}


def test_a_wait_for_the_usual_hour_sees_signs_of_life_of_all_strands(
    people, dynamodb, profiles_table, make_event
):
    """What Rapport wrote itself is none, and other waits read none."""
    profile = {"pk": keys.person("default", "ada"), "sk": keys.PROFILE, "traits": "{}"}
    dynamodb.put_item(TableName=profiles_table, Item=to_item(profile))
    at = [NOON - timedelta(days=ago) for ago in range(4)]
    for place, name in enumerate(("order", "$message_sent", "seen", "cart")):
        event = make_event(name, at=at[place])
        dynamodb.put_item(TableName=profiles_table, Item=event_item("ada", event))
    usual = WaitStep.model_validate({"name": "w", "until": {"usual_hour": True, "time": "10:00"}})
    daily = WaitStep.model_validate({"name": "w", "until": {"time": "10:00"}})
    assert people.facts("default", "ada", usual, NOON).active == (at[0], at[2], at[3])
    assert people.facts("default", "ada", daily, NOON).active == ()


def test_nobody_matches_an_arm_that_names_what_was_deleted_and_the_trace_says_so(people):
    gone = STEP.arms[0].model_copy(update={"when": SegmentCondition(segment_id="vip")})
    older = STEP.model_copy(update={"arms": (gone, *STEP.arms[1:])})
    facts = people.facts("default", "ada", older, NOON)
    verdict = evaluate(facts.arms[0], facts.view, NOON, facts.zone)
    assert not verdict.matches
    (fact,) = (one.to_json() for one in verdict.because)
    assert fact == {"about": "trait", "name": 'there is no segment "vip"', "holds": False}
    assert fact_text(fact, "en") == 'there is no segment "vip" ?'
    assert facts.arms[1] == STEP.arms[1].when, "the other arms are as they were"
