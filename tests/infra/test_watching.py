"""Every alarm has a runbook and a place on the dashboard, and neither has more than there is."""

import json
import re
from typing import get_args

import pytest

from cli.main import app as cli
from infra.constructs.alarm import NAMESPACE, PREFIX
from infra.constructs.bundle import ROOT
from infra.constructs.consumer import subject_of
from infra.constructs.dashboard import NAME, URGENT, WIDTH
from shared.domain.messages.model import MessageStatus
from shared.runtime import observability
from tests.infra.helpers import resources, target, watched_by
from tests.infra.test_queues import dead_letter_queues

RUNBOOKS = ROOT / "docs" / "runbooks"
# AWS Budgets is no alarm of CloudWatch; its page comes with the option.
BUDGET = "budget"
HAN = re.compile(r"[\u4e00-\u9fff]")
HEADING = re.compile(r"^### (.+)$", re.MULTILINE)
COMMAND = re.compile(r"`rapport ([^`]+)`")


@pytest.fixture(scope="module")
def alarms(engine):
    """Name -> properties."""
    found = [one["Properties"] for one in resources(engine, "CloudWatch::Alarm").values()]
    by_name = {one["AlarmName"]: one for one in found}
    assert len(by_name) == len(found), "two alarms of one name"
    return by_name


@pytest.fixture(scope="module")
def body(engine):
    """The widgets of the dashboard, what is only known later being `?`."""
    (dashboard,) = resources(engine, "CloudWatch::Dashboard").values()
    assert dashboard["Properties"]["DashboardName"] == NAME
    parts = dashboard["Properties"]["DashboardBody"]["Fn::Join"][1]
    text = "".join(part if isinstance(part, str) else f"<{target(part)}>" for part in parts)
    return json.loads(text)["widgets"]


def pages():
    return {path.stem: path.read_text() for path in RUNBOOKS.glob("*.md") if path.stem != "README"}


def place(alarm):
    """(page, part) to which the description of an alarm leads; the part may be empty."""
    link = alarm["AlarmDescription"].rpartition("→ ")[2]
    found = re.fullmatch(r"docs/runbooks/([a-z-]+)\.md(?:#(.+))?", link)
    assert found, link
    return found[1], found[2] or ""


def test_every_alarm_is_named_after_its_runbook_and_leads_to_it(alarms):
    for name, alarm in alarms.items():
        page, part = place(alarm)
        assert name == PREFIX + "-".join(filter(None, (page, part)))
        assert page in pages(), name


def test_runbooks_have_the_parts_that_alarms_lead_to_and_no_others(alarms):
    places = {place(alarm) for alarm in alarms.values()} | {(BUDGET, "")}
    written = {
        (page, part) for page, text in pages().items() for part in HEADING.findall(text) or [""]
    }
    assert places == written


def test_every_runbook_says_the_same_five_things_and_stands_in_the_list():
    listed = set(re.findall(r"\]\(([a-z-]+)\.md\)", (RUNBOOKS / "README.md").read_text()))
    assert listed == pages().keys()
    for page, text in pages().items():
        for wanted in ("**What it means.**", "**含义。**", "**Who is harmed.**", "**Look at**"):
            assert wanted in text, page
        assert "**Do**" in text, page


def test_links_between_runbooks_lead_somewhere():
    for page, text in pages().items():
        for named in re.findall(r"\]\(([a-z-]+)\.md\)", text):
            assert named in pages(), page


def test_commands_in_runbooks_are_commands():
    from typer.main import get_command

    for page, text in pages().items():
        for command in COMMAND.findall(text):
            found = get_command(cli)
            for word in command.split():
                if not hasattr(found, "commands"):
                    break
                assert word in found.commands, f"{page}: rapport {command}"
                found = found.commands[word]
            assert not hasattr(found, "commands"), f"{page}: rapport {command} is a group"


def test_alarms_speak_english_and_chinese_and_also_when_they_are_over(alarms):
    for name, alarm in alarms.items():
        says = alarm["AlarmDescription"].rpartition("→ ")[0]
        assert HAN.search(says), name
        assert re.match(r"[A-Za-z]", says), name
        assert len(alarm["AlarmDescription"]) <= 1024
        assert alarm["OKActions"] == alarm["AlarmActions"]


def test_every_queue_is_watched_for_age_or_for_dead_letters(engine, alarms):
    dead = dead_letter_queues(engine)
    for name in resources(engine, "SQS::Queue"):
        construct = re.match(r"(\w+?)(DeadLetters)?Queue[0-9A-F]{8}$", name)
        assert construct, name
        page = "dead-letters" if name in dead else "late"
        assert f"{PREFIX}{page}-{subject_of(construct[1])}" in alarms, name


def test_what_the_issue_of_a_healthy_deployment_names_is_watched(alarms):
    watched = {place(alarm)[0] for alarm in alarms.values()}
    assert watched >= {
        *("late", "dead-letters", "failing", "api-errors", "unknown-sends", "bounce-rate"),
        *("complaint-rate", "throttled", "due-behind", "due-silent", "stream-behind"),
    }
    assert watched >= set(URGENT)


def test_the_dashboard_begins_with_every_alarm_once(engine, body):
    states = [widget for widget in body if widget["type"] == "alarm"]
    shown = [arn for widget in states for arn in widget["properties"]["alarms"]]
    ids = [re.fullmatch(r"<(\w+)>", arn)[1] for arn in shown]
    assert sorted(ids) == sorted(resources(engine, "CloudWatch::Alarm"))
    assert max(widget["y"] for widget in states) < min(
        widget["y"] for widget in body if widget["type"] == "metric"
    )
    assert all(len(widget["properties"]["alarms"]) <= 100 for widget in states), "AWS's limit"


def test_urgent_alarms_stand_on_the_left(alarms, engine, body):
    left, right = [widget for widget in body if widget["type"] == "alarm"]
    assert left["x"] < right["x"]
    named = resources(engine, "CloudWatch::Alarm")
    for widget, is_urgent in ((left, True), (right, False)):
        for arn in widget["properties"]["alarms"]:
            page, _ = place(named[arn[1:-1]]["Properties"])
            assert (page in URGENT) == is_urgent


def test_widgets_fill_the_page_and_none_lies_on_another(body):
    cells = [
        (widget["x"] + right, widget["y"] + down)
        for widget in body
        for right in range(widget["width"])
        for down in range(widget["height"])
    ]
    assert len(cells) == len(set(cells))
    assert {x for x, _ in cells} == set(range(WIDTH))


def test_every_part_explains_itself_in_both_languages(body):
    texts = [w["properties"]["markdown"] for w in body if w["type"] == "text"]
    assert len(texts) >= 6
    for text in texts:
        assert HAN.search(text)
        assert re.search(r"[a-z]{4}", text)
    for widget in body:
        if widget["type"] in ("metric", "alarm"):
            assert HAN.search(widget["properties"]["title"])


def of_ours(body, alarms):
    """(service, name) of each metric that functions write and dashboard or alarms read."""
    for widget in body:
        for line in widget["properties"].get("metrics", []):
            if line[0] == NAMESPACE:
                yield line[3], line[1]
    for alarm in alarms.values():
        for namespace, name, service in watched_by({"Properties": alarm}):
            if namespace == NAMESPACE:
                yield service, name


def test_nothing_is_read_that_no_function_writes(body, alarms):
    assert NAMESPACE == observability.NAMESPACE
    sources = {
        service: "".join(path.read_text() for path in (ROOT / "functions" / service).glob("*.py"))
        for service, _ in of_ours(body, alarms)
    }
    shared = "".join(path.read_text() for path in (ROOT / "shared" / "domain").rglob("*.py"))
    facts = re.findall(r"^class (\w+)\(_Fact\)", (ROOT / "events" / "model.py").read_text(), re.M)
    statuses = {f"Messages{status.capitalize()}" for status in get_args(MessageStatus)}
    for service, name in of_ours(body, alarms):
        text = sources[service] + (shared if service in ("merge_identity", "update_tags") else "")
        written = re.search(rf"\b{name}\b", text)
        published = service == "update_tags" and name.removesuffix("Published") in facts
        dispatched = service == "dispatch_message" and name in statuses
        assert written or published or dispatched, f"{service} writes no {name}"
