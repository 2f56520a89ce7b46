"""S29: what was learnt stays: exported as text, and installed unchanged in another stack."""

import pytest

from infra.local.stack import LocalStack
from tests.scenarios.admin import Admin
from tests.scenarios.operating import Operator
from tests.scenarios.people import Person
from tests.scenarios.playbooks import documents_of
from tests.scenarios.two_clocks import WORLDS

pytestmark = pytest.mark.stack
ACTIVATE = "beauty-activate"


@pytest.fixture(scope="module")
def elsewhere():
    """Another stack, empty."""
    with LocalStack.start() as running:
        yield running


def texts(folder):
    return {path.name: path.read_text(encoding="utf-8") for path in folder.glob("*.yaml")}


def test_assets_go_out_as_text_and_work_the_same_in_another_stack(stack, play, elsewhere, tmp_path):
    documents = documents_of("beauty")
    names = [f"{one.name}{world}" for one in documents if one.kind == "journey" for world in WORLDS]
    here, there = Operator(stack), Operator(elsewhere)
    with play(documents, day=1.5):
        here.says("journey", "pull", *names, "--to", tmp_path / "out")
    files = sorted((tmp_path / "out").glob("*.yaml"))

    other = Admin(elsewhere.api_url, elsewhere.admin_key())
    other.apply({"kind": "settings", "rehearsal": True, "time_scale": 86_400 / 1.5,
                 "email_from": "shop@example.com"})  # fmt: skip
    assert other.call("GET", "/journeys")["journeys"] == []
    there.says("apply", *files)
    there.says("journey", "pull", *names, "--to", tmp_path / "back")
    assert texts(tmp_path / "back") == texts(tmp_path / "out")
    again = there.says("apply", *files).splitlines()
    assert [line for line in again if "version" in line and "unchanged" not in line] == []

    # It is not only the same text, it does the same.
    person = Person(elsewhere, other, other.write_key("shop"), skin_type="dry", age=24)
    person.is_tagged("skin-type", "dry")
    person.does("signed_up")
    person.ends(ACTIVATE, "completed")
    person.got(ACTIVATE, "beauty-dry-skin", "beauty-trial-pack")
    person.rewarded(ACTIVATE, {"coupon": "trial-pack"})
    assert [one for one in person.way(ACTIVATE) if one[1] != "waiting"] == [
        ("", "entered"),
        ("a day to look around", "elapsed"),
        ("what fits", "took"),
        ("dry skin content", "requested"),
        ("first order", "timed_out"),
        ("trial pack", "acted"),
        ("trial pack text", "requested"),
    ]
