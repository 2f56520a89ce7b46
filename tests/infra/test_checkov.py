"""What checkov finds in the templates has a written reason; it has an environment of its own."""

import json
import subprocess
from collections import Counter

import pytest

from infra.constructs.bundle import ROOT
from infra.findings import CHECKOV
from tests.infra.conftest import STACKS

pytestmark = pytest.mark.nightly

PROGRAM = ROOT / ".local" / "checkov" / "bin" / "checkov"
OPTIONS = ("-o", "json", "--compact", "--quiet", "--skip-download")
FRONT = "front.execute-api.eu-central-1.amazonaws.com"
# What an owner's own key takes away, but for one finding that it brings.
OF_OWN_KEYS = "CKV_AWS_33"
OF_THE_KEY = {
    *("CKV_AWS_26", "CKV_AWS_27", "CKV_AWS_119", "CKV_AWS_149", "CKV_AWS_158", "CKV_AWS_173"),
}


def findings(folder, templates):
    """(check, logical id) of all that fails, and how many resources were looked at."""
    assert PROGRAM.exists(), "`make nightly` installs it"
    paths = []
    for name, template in templates.items():
        path = folder / f"{name}.json"
        path.write_text(json.dumps(template))
        paths.append(str(path))
    told = subprocess.run(
        [PROGRAM, "-f", *paths, "--framework", "cloudformation", *OPTIONS],
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    answer = json.loads(told.stdout)
    failed = answer["results"]["failed_checks"]
    found = [(one["check_id"], one["resource"].rpartition(".")[2]) for one in failed]
    return found, answer["summary"]


def is_accepted(check, logical_id):
    return any(
        one.check == check and (not one.where or logical_id.startswith(one.where))
        for one in CHECKOV
    )


def test_checkov_finds_nothing_new_and_every_reason_is_needed(synthesize, tmp_path):
    templates = synthesize(front_origin=FRONT)
    assert templates.keys() == set(STACKS)
    found, summary = findings(tmp_path, templates)
    assert [one for one in found if not is_accepted(*one)] == []
    assert {check for check, _ in found} == {one.check for one in CHECKOV} - {OF_OWN_KEYS}
    made = sum(len(template["Resources"]) for template in templates.values())
    assert summary["resource_count"] == made > 300, "it looked at everything"
    assert summary["passed"] > 500
    assert summary["parsing_errors"] == 0


def test_with_a_key_of_the_owners_nothing_lacks_encryption(synthesize, tmp_path):
    found, _ = findings(tmp_path, synthesize(own_key=True))
    assert [one for one in found if not is_accepted(*one)] == []
    assert not OF_THE_KEY & Counter(check for check, _ in found).keys()
