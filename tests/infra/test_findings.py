"""The checkers of infrastructure find nothing that has no written reason, and did look."""

import json
from collections import Counter

import pytest
from cfnlint.api import lint
from cfnlint.config import ManualArgs

from infra.app import DATA_STACK, ENGINE_STACK, FRONT_STACK
from infra.constructs.bundle import ROOT
from infra.findings import CFN_LINT, CHECKOV, NAG
from tests.infra.conftest import REPORT
from tests.infra.helpers import resources

pytestmark = pytest.mark.slow

PACKS = {"AwsSolutions", "Serverless"}


@pytest.fixture(scope="module")
def report(assembly):
    return json.loads((assembly / REPORT).read_text())


def test_the_packs_of_cdk_nag_find_nothing_new(report):
    assert {one["pluginName"] for one in report["pluginReports"]} == PACKS
    found = [
        f"{one['pluginName']}::{each['ruleName']} at {place['constructPath']}"
        for one in report["pluginReports"]
        for each in one["violations"]
        for place in each["violatingConstructs"]
    ]
    assert found == [], "mend it, or give the reason in infra/findings.py"


def test_every_reason_for_a_finding_is_needed(report):
    """The packs did look: each finding that has a reason was found where the reason says."""
    needed = {
        (each["acknowledgedId"], each["acknowledgedAt"])
        for one in report["pluginReports"]
        for each in one.get("suppressedViolations") or ()
    }
    given = {(one.rule, path) for one in NAG for path in one.where}
    assert needed == {each for each in given if not each[1].startswith(FRONT_STACK)}


def test_reasons_are_sentences_that_say_something():
    for one in (*NAG, *CHECKOV):
        assert len(one.reason) > 30, one
    assert len({(one.rule, path) for one in NAG for path in one.where}) == sum(
        len(one.where) for one in NAG
    ), "two reasons for one finding"


def test_the_synthesis_was_not_empty(engine, data):
    """Whoever finds nothing in nothing has not looked."""
    kinds = Counter(one["Type"] for one in engine["Resources"].values())
    assert kinds["AWS::Lambda::Function"] == len(list(ROOT.glob("functions/*/handler.py")))
    assert kinds["AWS::SQS::Queue"] > 20
    assert kinds["AWS::IAM::Policy"] >= kinds["AWS::Lambda::Function"]
    assert len(resources(data, "DynamoDB::Table")) == 2
    assert len(resources(data, "S3::Bucket")) == 3


REGIONS = ManualArgs(regions=["us-east-1", "eu-central-1", "ap-southeast-1"])


@pytest.mark.parametrize("stack", [DATA_STACK, ENGINE_STACK])
def test_cfn_lint_finds_nothing_new(templates, stack):
    findings = lint(json.dumps(templates[stack]), config=REGIONS)
    assert [str(found) for found in findings if found.rule.id not in CFN_LINT] == []
