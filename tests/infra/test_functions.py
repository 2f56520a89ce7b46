"""Functions are made alike: runtime, environment, logs, alarms and no more rights than needed."""

import tomllib
from dataclasses import dataclass, fields
from importlib import import_module

import pytest

from infra.constructs.bundle import ROOT
from infra.constructs.function import environment_of
from shared.runtime.settings import environment_name
from tests.infra.helpers import listed, resources, statements, target, watched_by

# What may be allowed on everything, and why nothing narrower exists.
ALLOWED_ON_EVERYTHING = {
    "dynamodb:ListStreams": "a list; Lambda insists on it before it reads a stream",
    "sns:Publish": "a telephone number is no resource; topics are denied beside it",
    "states:SendTaskSuccess": "Step Functions knows no resource for a task token",
}
MONTH = 30


def functions(engine):
    """Name of the folder -> (logical id, properties)."""
    return {
        resource["Properties"]["Handler"].split(".")[1]: (name, resource["Properties"])
        for name, resource in resources(engine, "Lambda::Function").items()
    }


def test_every_folder_with_settings_is_a_function(engine):
    folders = {path.parent.name for path in ROOT.glob("functions/*/settings.py")}
    assert functions(engine).keys() == folders


def test_every_function_is_held_to_import_no_other():
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]
    (held,) = [one for one in contracts["contracts"] if one["type"] == "independence"]
    folders = {path.parent.name for path in ROOT.glob("functions/*/settings.py")}
    assert {f"functions.{folder}" for folder in folders} == set(held["modules"])


def test_functions_run_on_arm_with_the_python_of_the_context(engine):
    for folder, (_, properties) in functions(engine).items():
        assert properties["Architectures"] == ["arm64"]
        assert properties["Runtime"] == "python3.13"
        assert len(properties["Layers"]) == (2 if folder == "import_records" else 1)


def test_the_environment_of_a_function_is_exactly_its_settings(engine):
    for folder, (_, properties) in functions(engine).items():
        settings = import_module(f"functions.{folder}.settings").Settings
        expected = {environment_name(spec.name) for spec in fields(settings)}
        told = properties.get("Environment", {"Variables": {}})["Variables"]
        assert told.keys() == expected, folder


@dataclass
class Needs:
    profiles_table: str
    catalog_table: str


@pytest.mark.parametrize(
    "values",
    [
        {"profiles_table": "p"},
        {"profiles_table": "p", "catalog_table": "c", "unread": "x"},
        {"profiles_table": "p", "catalogue_table": "c"},
    ],
)
def test_a_missing_or_an_extra_value_stops_the_synthesis(values):
    with pytest.raises(ValueError, match=r"Needs: no value for .* no field for"):
        environment_of(Needs, values)


def test_every_function_keeps_its_logs_for_a_month(engine):
    groups = resources(engine, "Logs::LogGroup")
    for folder, (_, properties) in functions(engine).items():
        group = groups[target(properties["LoggingConfig"]["LogGroup"])]
        assert group["Properties"]["RetentionInDays"] == MONTH, folder


def test_every_function_raises_an_alarm_when_it_fails(engine):
    alarms = resources(engine, "CloudWatch::Alarm").values()
    watched = {(name, of) for alarm in alarms for _, name, of in watched_by(alarm)}
    assert watched >= {("Errors", name) for name, _ in functions(engine).values()}


def test_throttles_are_watched_for_the_account_which_functions_share(engine):
    alarms = resources(engine, "CloudWatch::Alarm").values()
    watched = [metric for alarm in alarms for metric in watched_by(alarm)]
    assert ("AWS/Lambda", "Throttles", None) in watched


def test_every_alarm_tells_somebody(engine):
    topics = resources(engine, "SNS::Topic")
    for alarm in resources(engine, "CloudWatch::Alarm").values():
        assert target(alarm["Properties"]["AlarmActions"][0]) in topics


def test_alarms_may_speak_on_one_topic_and_providers_on_another(engine):
    allowed = [
        statement["Principal"]["Service"]
        for policy in resources(engine, "SNS::TopicPolicy").values()
        for statement in policy["Properties"]["PolicyDocument"]["Statement"]
        if statement["Effect"] == "Allow" and statement["Action"] == "sns:Publish"
    ]
    providers = ["ses.amazonaws.com", "sms-voice.amazonaws.com"]
    assert sorted(allowed, key=str) == sorted(["cloudwatch.amazonaws.com", providers], key=str)


def test_no_two_functions_share_a_role(engine):
    roles = [target(properties["Role"]) for _, properties in functions(engine).values()]
    assert len(set(roles)) == len(roles)


def test_nothing_is_allowed_on_everything_without_a_reason(engine, data):
    allowed = {
        action
        for template in (engine, data)
        for _, statement in statements(template)
        if statement["Effect"] == "Allow" and "*" in listed(statement["Resource"])
        for action in listed(statement["Action"])
    }
    assert allowed == ALLOWED_ON_EVERYTHING.keys()


def test_no_permission_names_actions_with_a_wildcard(engine):
    for name, statement in statements(engine):
        assert not any("*" in action for action in listed(statement["Action"])), name


def test_no_role_carries_a_managed_policy(engine):
    for role in resources(engine, "IAM::Role").values():
        assert not role["Properties"].get("ManagedPolicyArns")


def test_sending_to_topics_is_denied_where_sending_to_telephones_is_allowed(engine):
    owners = {
        effect: {
            name
            for name, statement in statements(engine)
            if "sns:Publish" in listed(statement["Action"]) and statement["Effect"] == effect
        }
        for effect in ("Allow", "Deny")
    }
    assert owners["Allow"] == owners["Deny"] != set()


def test_journeys_may_take_steps_and_nothing_else(engine):
    (role,) = [
        name
        for name, role in resources(engine, "IAM::Role").items()
        if "states.amazonaws.com" in str(role["Properties"]["AssumeRolePolicyDocument"])
        and name.startswith("Journeys")
    ]
    (policy,) = [
        policy["Properties"]["PolicyDocument"]["Statement"]
        for policy in resources(engine, "IAM::Policy").values()
        if role in map(target, policy["Properties"]["Roles"])
    ]
    (statement,) = policy
    assert statement["Action"] == "lambda:InvokeFunction"
    assert target(statement["Resource"]) == functions(engine)["run_step"][0]
