"""The handler does what the machine asks for, and lets no text of an error into its history."""

import pytest

from functions.build_segments import handler
from shared.aws.build_store import BuildStore
from shared.domain.builds.model import Build
from tests.conftest import CATALOG_TABLE, NOON, PROFILES_TABLE

MACHINE = "arn:aws:states:us-east-1:123456789012:stateMachine:build-rapport"


class Context:
    """What Lambda hands over."""

    function_name = "build_segments"
    memory_limit_in_mb = 1_024
    invoked_function_arn = "arn"
    aws_request_id = "request"


@pytest.fixture
def builds(dynamodb, monkeypatch):
    environment = {
        "PROFILES_TABLE": PROFILES_TABLE,
        "CATALOG_TABLE": CATALOG_TABLE,
        "LAKE_WORKGROUP": "rapport",
        "LAKE_BUCKET": "lake",
        "LAKE_LAG_SECONDS": "900",
        "BUILD_MACHINE_ARN": MACHINE,
    }
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    for made in (handler._build_segments, handler._thresholds):
        made.cache_clear()
    yield BuildStore(dynamodb, CATALOG_TABLE)
    for made in (handler._build_segments, handler._thresholds):
        made.cache_clear()


def build(number):
    return Build(
        number=number,
        subject="SEGMENT",
        definition_id="buyers",
        announced=False,
        requested_at=NOON,
    )


def ask(task, number):
    return handler.handle({"task": task, "workspace_id": "default", "build": number}, Context())


def test_an_older_build_is_left_to_the_newer_one(builds):
    builds.add("default", build(3))
    builds.add("default", build(4))
    assert ask("people", 3)["superseded"] is True


def test_a_report_without_definitions_closes_the_build(builds):
    builds.add("default", build(3))
    assert ask("report", 3) == {"counts": 0, "differences": 0}
    assert builds.load("default", 3).is_over


def test_thresholds_come_before_everybody_and_are_none_without_tags(builds):
    builds.add("default", build(3))
    assert ask("thresholds", 3) == {"tags": 0}


def test_the_schedule_asks_for_thresholds_of_every_workspace_that_it_names(builds):
    event = {"task": "recompute", "workspace_ids": ["default"]}
    assert handler.handle(event, Context()) == {"tags": 0}
    assert builds.newest("default") is None


def test_an_error_keeps_its_name_and_loses_its_text(builds):
    with pytest.raises(Exception, match="the log says where") as raised:
        ask("people", 7)
    assert type(raised.value).__name__ == "NotFoundError"
    assert raised.value.__cause__ is None
