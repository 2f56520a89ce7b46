"""The emulated CloudFormation keeps alarms on computed metrics, which it refuses by itself."""

import importlib
from types import SimpleNamespace

import pytest

from infra.local import alarm_corrections

PROPERTIES = {
    "AlarmDescription": "Rates",
    "ComparisonOperator": "GreaterThanThreshold",
    "EvaluationPeriods": 1,
    "Threshold": 1,
    "Metrics": [{"Id": "rate", "Expression": "100 * failed / asked"}],
}


@pytest.fixture
def emulator():
    """The emulator's own function, in a module that only this test mends."""
    real = importlib.import_module("ministack.services.cloudformation.provisioners")
    return SimpleNamespace(_cw_metric_alarm_record=real._cw_metric_alarm_record)


def test_by_itself_it_refuses_them(emulator):
    with pytest.raises(ValueError, match="metric math"):
        emulator._cw_metric_alarm_record("rates", PROPERTIES)


def test_mended_it_keeps_them_with_what_they_look_at(emulator):
    alarm_corrections.apply(emulator)
    kept = emulator._cw_metric_alarm_record("rates", PROPERTIES)
    assert kept["AlarmName"] == "rates"
    assert kept["AlarmDescription"] == "Rates"
    assert kept["Metrics"] == PROPERTIES["Metrics"]


def test_alarms_on_one_metric_are_left_as_they_are(emulator):
    alarm_corrections.apply(emulator)
    plain = {**PROPERTIES, "Namespace": "AWS/SQS", "MetricName": "Age"}
    del plain["Metrics"]
    kept = emulator._cw_metric_alarm_record("age", plain)
    assert (kept["Namespace"], kept["MetricName"]) == ("AWS/SQS", "Age")
    assert "Metrics" not in kept
