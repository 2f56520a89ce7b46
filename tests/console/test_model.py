"""What the canvas makes of a document: nothing is lost, and edits change what they are about.

The canvas runs in a process of its own and is held to the product's own reading of a journey: its
ways, its YAML, its durations.
"""

import json
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter

from cli.documents import body_as, read, read_all
from shared.domain.journeys.definition import Journey
from shared.domain.journeys.ways import ways_out
from tests.domain.journeys.strategies import journeys

ROOT = Path(__file__).parents[2]
NODE = Path(sys.executable).parent / "node"
JOURNEY = TypeAdapter(Journey)
FILES = sorted([*ROOT.glob("playbooks/*/*.yaml"), *ROOT.glob("demo/workspace/*.yaml")])
WRITTEN = [one.body for one in read_all(FILES) if one.kind == "journey"]
# Journeys are drawn until they are valid, which takes long at first on a busy machine.
PROFILE = settings(suppress_health_check=[HealthCheck.too_slow])
NEW = {"type": "update", "name": "a new one", "traits": {"seen": True}}


@pytest.fixture(scope="module")
def canvas():
    """Asks the canvas: `canvas("show", document)`."""
    if not (ROOT / "console" / "node_modules").exists():
        pytest.fail("the console's packages are missing: `make console` installs them")
    script = Path(__file__).with_name("model.mjs")
    with subprocess.Popen(
        [NODE, script], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8"
    ) as running:

        def ask(*question):
            running.stdin.write(json.dumps(question) + "\n")
            running.stdin.flush()
            answer = running.stdout.readline()
            assert answer, f"the canvas broke at {question}"
            return json.loads(answer)

        yield ask
        running.stdin.close()


def ways_of(document):
    """Every way with the step that it leads to, as the product reads it."""
    journey = JOURNEY.validate_python(document)
    return {
        (step.name, way.field): journey.target(step.name, way.target)
        for step in journey.steps
        for way in ways_out(step)
    }


def ways_shown(shown):
    return {(step, field): to for step, field, to in shown["edges"]}


def bare(document):
    """Every step without what its ways name."""

    def cut(value, names):
        return {name: each for name, each in value.items() if name not in names}

    found = {}
    for step in document["steps"]:
        ways = {"next", "on_event", "on_timeout", "on_done", "on_overdue", "otherwise", "to"}
        rest = cut(step, ways)
        for fork in ("arms", "variants", "answers"):
            if fork in rest:
                rest[fork] = [cut(one, {"next"}) for one in rest[fork]]
        found[step["name"]] = rest
    return found


@st.composite
def documents(draw):
    """Valid journeys as people write them: some ways are named though they need not be."""
    if draw(st.booleans()):
        return draw(st.sampled_from(WRITTEN))
    journey = draw(journeys())
    document = journey.model_dump(mode="json", exclude_none=draw(st.booleans()))
    for step, known in zip(document["steps"], journey.steps, strict=True):
        below = journey.target(known.name, None)
        for arm in [
            step,
            *(arm for f in ("arms", "variants", "answers") for arm in step.get(f, [])),
        ]:
            for field in ("next", "on_event", "on_timeout", "on_done", "on_overdue", "otherwise"):
                past = known.type == "wait" and field == "otherwise"
                if arm.get(field) == below and not past and draw(st.booleans()):
                    del arm[field]
    return document


@pytest.mark.parametrize("document", WRITTEN, ids=lambda one: one["journey_id"])
def test_every_journey_of_the_playbooks_goes_over_the_canvas_unchanged(canvas, document):
    is_unchanged(canvas, document)


@settings(PROFILE, max_examples=60)
@given(documents())
def test_what_is_not_edited_stays_as_it_was_written(canvas, document):
    is_unchanged(canvas, document)


def text(value):
    """JSON in which 0.0 is written like the 0 that it is to a browser; the order counts."""
    if isinstance(value, dict):
        fields = (f"{json.dumps(name)}:{text(each)}" for name, each in value.items())
        return "{" + ",".join(fields) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(text, value)) + "]"
    whole = isinstance(value, float) and value.is_integer()
    return json.dumps(int(value) if whole else value)


def is_unchanged(canvas, document):
    shown = canvas("show", document)
    assert text(shown["written"]) == text(document)
    assert text(shown["read"]) == text(document)
    assert ways_shown(shown) == ways_of(document)
    assert shown["gaps"] == []
    assert sorted(shown["drawn"]) == sorted(step["name"] for step in document["steps"])
    assert shown["arrows"] == len(shown["edges"]) + 1
    assert all(isinstance(text, str) and "undefined" not in text for text in shown["texts"])


@settings(PROFILE, max_examples=40)
@given(documents())
def test_the_command_reads_the_yaml_that_the_canvas_writes(canvas, tmp_path_factory, document):
    file = tmp_path_factory.mktemp("exported") / "journey.yaml"
    file.write_text(canvas("show", document)["yaml"], encoding="utf-8")
    (read_back,) = read(file)
    assert read_back.kind == "journey"
    assert body_as(JOURNEY, read_back) == JOURNEY.validate_python(document)
    assert text(read_back.body) == text(document)


@settings(PROFILE, max_examples=80)
@given(documents(), st.data())
def test_a_step_that_is_put_in_stands_in_one_way_and_changes_no_other(canvas, document, data):
    before = ways_of(document)
    onward = [way for way in before if way[1] != "to"]
    spot = data.draw(st.sampled_from(["entry", *onward]))
    given = spot if spot == "entry" else {"from": spot[0], "field": spot[1]}
    edited = canvas("edit", "insert", document, given, NEW)
    led_to = document["steps"][0]["name"] if spot == "entry" else before[spot]
    wanted = before | {(NEW["name"], "next"): led_to}
    if spot == "entry":
        assert edited["steps"][0]["name"] == NEW["name"]
    else:
        wanted[spot] = NEW["name"]
        assert edited["steps"][0]["name"] == document["steps"][0]["name"]
    assert ways_of(edited) == wanted
    assert bare(edited) == bare(document) | {NEW["name"]: NEW}
    again = canvas("edit", "remove", edited, NEW["name"])
    assert ways_of(again) == before
    assert bare(again) == bare(document)


MAIN = {"branch": "otherwise", "wait_for": "on_event", "assign": "on_done"}
FIRST = {"experiment": "variants[0].next", "feedback": "answers[0].next"}


def onward(document, name):
    """Where people would have gone on to from a step."""
    step = next(one for one in document["steps"] if one["name"] == name)
    main = {**MAIN, **FIRST}.get(step["type"], "next")
    to = ways_of(document).get((name, main), "end")
    return "end" if to == name else to


@settings(PROFILE, max_examples=80)
@given(documents(), st.data())
def test_who_led_to_a_step_that_is_taken_out_leads_to_what_came_after_it(canvas, document, data):
    assume(len(document["steps"]) > 1)
    name = data.draw(st.sampled_from([step["name"] for step in document["steps"]]))
    edited = canvas("edit", "remove", document, name)
    after = onward(document, name)
    wanted = {
        way: after if to == name else to for way, to in ways_of(document).items() if way[0] != name
    }
    # Where a round leads back to is a step, even where that is no way out of the journey any more.
    assert ways_shown(canvas("show", edited)) == wanted
    assert bare(edited) == {step: rest for step, rest in bare(document).items() if step != name}
    first = document["steps"][0]["name"]
    if first == name and after != "end":
        assert edited["steps"][0]["name"] == after
    if first != name:
        assert edited["steps"][0]["name"] == first


@settings(PROFILE, max_examples=60)
@given(documents(), st.data())
def test_a_way_that_is_led_elsewhere_is_the_only_one_that_changes(canvas, document, data):
    before = ways_of(document)
    assume(before)
    way = data.draw(st.sampled_from(sorted(before)))
    names = [step["name"] for step in document["steps"]]
    to = data.draw(st.sampled_from([*names, "end"]))
    edited = canvas("edit", "connect", document, *way, to)
    assert ways_shown(canvas("show", edited)) == before | {way: to}
    assert bare(edited) == bare(document)
    assert canvas("edit", "connect", document, *way, before[way]) == document


@settings(PROFILE, max_examples=60)
@given(documents(), st.data())
def test_a_step_that_is_moved_keeps_what_it_says_and_its_other_ways(canvas, document, data):
    before = ways_of(document)
    name = data.draw(st.sampled_from([step["name"] for step in document["steps"]]))
    spots = [way for way, to in before.items() if way[0] != name and to != name and way[1] != "to"]
    assume(spots and len(document["steps"]) > 1)
    spot = data.draw(st.sampled_from(spots))
    edited = canvas("edit", "move", document, name, {"from": spot[0], "field": spot[1]})
    after = ways_shown(canvas("show", edited))
    assert after[spot] == name
    assert after.keys() == before.keys()
    assert bare(edited) == bare(document)
    removed = ways_shown(canvas("show", canvas("edit", "remove", document, name)))
    others = {way: to for way, to in removed.items() if way != spot}
    assert others.items() <= after.items()


@settings(PROFILE, max_examples=40)
@given(documents(), st.data())
def test_a_new_name_is_known_everywhere(canvas, document, data):
    name = data.draw(st.sampled_from([step["name"] for step in document["steps"]]))
    edited = canvas("edit", "rename", document, name, "another 名字")
    new = {name: "another 名字"}
    wanted = {
        (new.get(step, step), field): new.get(to, to)
        for (step, field), to in ways_of(document).items()
    }
    assert ways_of(edited) == wanted
    assert canvas("edit", "rename", edited, "another 名字", name) == document


@settings(PROFILE, max_examples=60)
@given(st.integers(0, 364 * 86_400))
def test_durations_are_understood_as_they_are_said(canvas, seconds):
    iso = TypeAdapter(timedelta).dump_python(timedelta(seconds=seconds), mode="json")
    answer = canvas("duration", iso)
    assert answer["seconds"] == seconds
    assert answer["again"] == [seconds, seconds]
    assert TypeAdapter(timedelta).validate_python(answer["iso"]) == timedelta(seconds=seconds)


@pytest.mark.parametrize(
    ("typed", "seconds"),
    [
        ("3 days", 259_200), ("1 day, 2 hours", 93_600), ("2h 30m", 9_000), ("90 s", 90),
        ("3天", 259_200), ("2 小时 30 分钟", 9_000), ("1 week", 604_800), ("p1dt2h", 93_600),
        ("-3 days", -259_200), ("soon", None), ("3", None), ("", None), ("3 days ago", None),
    ],
)  # fmt: skip
def test_durations_are_typed_in_plain_words(canvas, typed, seconds):
    assert canvas("duration", typed)["seconds"] == seconds
