"""Who comes due is looked for every minute, and somebody hears when that stops."""

import json

import pytest

from shared.domain.due import timing
from tests.infra.helpers import listed, resources, statements, target


@pytest.fixture(scope="module")
def functions(engine):
    """Name of the folder -> (logical id, properties)."""
    return {
        resource["Properties"]["Handler"].split(".")[1]: (name, resource["Properties"])
        for name, resource in resources(engine, "Lambda::Function").items()
    }


@pytest.fixture(scope="module")
def alarms(engine):
    """All alarms, by name."""
    found = resources(engine, "CloudWatch::Alarm").values()
    return {alarm["Properties"]["AlarmName"]: alarm["Properties"] for alarm in found}


def test_the_sweep_comes_every_minute_and_repeats_nothing(engine, functions):
    rules = [
        rule["Properties"]
        for rule in resources(engine, "Events::Rule").values()
        if rule["Properties"].get("ScheduleExpression") == "rate(1 minute)"
    ]
    sweep = functions["sweep_due"][0]
    targets = [destination for rule in rules for destination in rule["Targets"]]
    destinations = [one for one in targets if target(one["Arn"]) == sweep]
    for destination in destinations:
        assert destination["RetryPolicy"]["MaximumRetryAttempts"] == 0
    swept = sorted(json.loads(destination["Input"])["index"] for destination in destinations)
    indexes = sorted((timing.JUDGED, timing.WOKEN, timing.DEFERRED))
    assert swept == indexes, "each index by a rule of its own"
    configs = [one["Properties"] for one in resources(engine, "Lambda::EventInvokeConfig").values()]
    (config,) = [one for one in configs if target(one["FunctionName"]) == sweep]
    assert config["MaximumRetryAttempts"] == 0


def test_a_sweep_ends_before_the_one_after_next_so_that_one_may_fail(functions):
    assert functions["sweep_due"][1]["Timeout"] <= 60
    assert timing.LEAD.total_seconds() > 2 * 60


def test_nobody_who_decides_who_is_due_outlives_what_the_place_of_a_row_leans_on(functions):
    assert functions["update_tags"][1]["Timeout"] == timing.WRITER_LIFE.total_seconds()
    for name in ("advance_journeys", "wake_enrolments", "dispatch_message"):
        assert functions[name][1]["Timeout"] <= timing.WRITER_LIFE.total_seconds()


def test_people_who_are_due_are_judged_by_the_function_that_reads_the_stream(engine, functions):
    queues = [
        target(m["Properties"]["EventSourceArn"])
        for m in resources(engine, "Lambda::EventSourceMapping").values()
        if target(m["Properties"]["FunctionName"]) == functions["update_tags"][0]
    ]
    fed = functions["sweep_due"][1]["Environment"]["Variables"]["DUE_QUEUE_URL"]
    assert target(fed) in queues
    assert functions["update_tags"][1]["Environment"]["Variables"]["DUE_QUEUE_URL"] == fed


def test_the_sweep_may_read_rows_and_move_on_and_nothing_else(engine):
    allowed = {
        action
        for name, statement in statements(engine)
        if name.startswith("SweepDue")
        for action in listed(statement["Action"])
        if action.startswith(("dynamodb:", "sqs:"))
    }
    assert allowed == {
        "dynamodb:GetItem",
        "dynamodb:Query",
        "dynamodb:UpdateItem",
        "sqs:SendMessage",
    }


def test_somebody_hears_when_people_are_judged_too_late(alarms):
    behind = alarms["rapport-due-behind"]
    assert behind["MetricName"] == "DueBehindSeconds"
    assert behind["Threshold"] == 600
    assert behind["Dimensions"] == [{"Name": "service", "Value": "sweep_due"}]
    assert behind["TreatMissingData"] == "notBreaching"


def test_somebody_hears_when_nothing_is_swept_at_all(alarms):
    silent = alarms["rapport-due-silent"]
    assert silent["MetricName"] == "Invocations"
    assert silent["ComparisonOperator"] == "LessThanThreshold"
    assert silent["Threshold"] == 1
    assert silent["TreatMissingData"] == "breaching"
