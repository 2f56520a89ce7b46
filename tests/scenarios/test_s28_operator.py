"""S28: an operator without code builds, checks, launches, watches, changes and stops a journey.

What a canvas will show is text here: YAML, and what the `rapport` command says.
"""

from time import sleep

import pytest

from tests.scenarios.admin import CATALOG_SECONDS
from tests.scenarios.operating import Operator
from tests.scenarios.playbooks import witness
from tests.scenarios.two_clocks import WORLDS

pytestmark = pytest.mark.stack
TEA = "tea-welcome"
TEMPLATES = """
kind: template
template_id: tea-hello
channel: email
title: Hello 你好
subject: 'Tea for {{ profile.first_name | default: "you" }}'
html: |
  <p>Dear {{ profile.first_name | default: "friend" }}, welcome. 欢迎。</p>
  <a href="{{ links.unsubscribe }}">Leave 退订</a>
---
kind: template
template_id: tea-offer
channel: email
title: Offer 优惠
subject: 'Ten off your first tea'
html: |
  <p>Ten off with TEA10. 首单立减10元。</p>
  <a href="{{ links.unsubscribe }}">Leave 退订</a>
"""
JOURNEY = """
kind: journey
journey_id: {name}
title: Welcome to tea 茶友欢迎
clock: {clock}
entry: {{type: event, event: tea_signed_up}}
exit_on: [{{event: tea_ordered}}]
steps:
  - {{type: send, name: hello, template_id: tea-hello}}
  - {{type: wait, name: look around, duration: P300D}}
  - {{type: send, name: offer, template_id: {offer}}}
"""
TEST = """
kind: journey_test
journey_id: {name}
cases:
  - name: an offer when the time is over
    given: [{{event: tea_signed_up}}]
    expect: {{messages: [{{step: hello, at: PT0S}}, {{step: offer, at: P300D}}]}}
"""
CLOCKS = dict(zip(WORLDS, ("step_functions", "due_index"), strict=True))


@pytest.fixture(scope="module", autouse=True)
def workspace(play):
    with play([], day=2):
        yield


@pytest.fixture(scope="module")
def operator(stack):
    return Operator(stack)


@pytest.fixture
def write(tmp_path):
    """Write the journey for both clocks with its templates and tests; gives the file."""

    def write(offer="tea-offer", **changes):
        texts = [TEMPLATES]
        for world, clock in CLOCKS.items():
            named = {"name": f"{TEA}{world}", "clock": clock}
            journey = JOURNEY.format(**named, offer=offer)
            for old, new in changes.items():
                journey = journey.replace(old, new)
            texts += [journey, TEST.format(**named).replace("P300D", changes.get("P300D", "P300D"))]
        (tmp_path / "tea.yaml").write_text("\n---\n".join(texts), encoding="utf-8")
        return tmp_path / "tea.yaml"

    return write


def test_an_operator_builds_checks_launches_watches_changes_and_stops_a_journey(
    operator, write, person, admin
):
    wrong = write(offer="tea-ofer")
    said = operator.says("journey", "check", "--deployed", wrong, code=1)
    assert "tea-ofer" in said

    right = write()
    operator.says("journey", "test", right)
    assert "nothing to say" in operator.says("journey", "check", right)
    applied = operator.says("apply", right)
    assert applied.count("a draft") == 2
    for world in WORLDS:
        assert operator.listed(f"{TEA}{world}")[0] == "draft"
        assert "published" in operator.says("journey", "publish", f"{TEA}{world}")

    sleep(CATALOG_SECONDS)
    ann, bea = person(first_name="Ann"), person(first_name="Bea")
    ann.does("tea_signed_up")
    bea.does("tea_signed_up")
    for each in (ann, bea):
        each.stands(TEA, "look around")
        each.got(TEA, "tea-hello")
    assert any("Tea for Ann" in mail for mail in ann.mail())
    for world in WORLDS:
        admin.until(lambda world=world: listed(operator, world)[2] == "2")
        assert listed(operator, world)[:3] == ("published", "1", "2")
        why = operator.says("journey", "why", "user_id", ann.user_id, f"{TEA}{world}")
        assert "look around" in why

    # The wait is found too long; who enters from now on waits less.
    shorter = write(P300D="P3D")
    difference = operator.says("journey", "diff", shorter)
    assert difference.count("“look around”: duration  300 d → 3 d") == 2
    operator.says("apply", shorter)
    for world in WORLDS:
        operator.says("journey", "publish", f"{TEA}{world}")
    sleep(CATALOG_SECONDS)
    cat = person(first_name="Cat")
    cat.does("tea_signed_up")
    cat.ends(TEA, "completed")
    cat.got(TEA, "tea-hello", "tea-offer")
    assert cat.way(TEA)[-1] == ("offer", "requested")
    assert ann.way(TEA) == [("", "entered"), ("hello", "requested"), ("look around", "waiting")]

    admin.apply(witness("tea-seen", "tea_signed_up"))
    # An order ends Bea's runs; then the journey is paused, and nobody new comes in.
    bea.does("tea_ordered")
    bea.ends(TEA, "exited", "tea_ordered")
    for world in WORLDS:
        assert "paused" in operator.says("journey", "pause", f"{TEA}{world}")
    sleep(CATALOG_SECONDS)
    dora = person()
    dora.does("tea_signed_up")
    dora.is_witnessed("tea-seen")
    for world in WORLDS:
        assert "published" in operator.says("journey", "resume", f"{TEA}{world}")
    sleep(CATALOG_SECONDS)
    eve = person()
    eve.does("tea_signed_up")
    eve.ends(TEA, "completed")
    assert dora.runs(TEA) == [None, None]

    # Stopped for good: those inside end at once.
    for world in WORLDS:
        operator.says("journey", "archive", f"{TEA}{world}", "--end", "--wait")
    admin.until(lambda: all(run["status"] == "exited" for run in ann.runs(TEA)))
    assert ann.messages(TEA) == ["tea-hello"]
    for world in WORLDS:
        admin.until(lambda world=world: listed(operator, world)[2:] == ("0", "4"))
        assert listed(operator, world)[0] == "archived"


def listed(operator, world):
    """(status, version, active, ended) of a journey; people are counted some moments later."""
    status, version, _, active, ended = operator.listed(f"{TEA}{world}")
    return status, version, active, ended
