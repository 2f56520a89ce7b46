"""`rapport apply`: YAML in, definitions there, and every mistake with its place."""

from pathlib import Path

import pytest

DEMO = sorted((Path(__file__).parents[2] / "demo" / "workspace").glob("*.yaml"))

SEGMENT = """\
kind: segment
segment_id: buyers
title: Buyers
condition: {type: event, event: payment_done}
"""


def test_the_demo_workspace_is_applied_in_any_order_and_only_once(rapport):
    first = rapport("apply", *DEMO)
    assert (first.code, first.err) == (0, "")
    lines = first.out.splitlines()
    assert all(line.startswith("created") for line in lines)
    assert sum("published" in line for line in lines) == 3
    again = rapport("apply", *reversed(DEMO))
    assert again.code == 0
    assert all(line.startswith("unchanged") for line in again.out.splitlines())
    assert len(again.out.splitlines()) == len(lines)


def test_a_change_is_told_and_a_draft_is_named_as_one(rapport, written):
    draft = """\
kind: journey
journey_id: short
title: Short
entry: {type: event, event: x}
steps: [{type: exit, name: out}]
"""
    assert "(version 1, a draft)" in rapport("apply", written(draft)).out
    changed = rapport("apply", written(draft.replace("Short", "Shorter") + "publish: true\n"))
    assert changed.out.startswith("updated")
    assert "(version 2, published)" in changed.out
    assert rapport("apply", written(draft.replace("Short", "Shorter"))).out.startswith("unchanged")


def test_a_mistake_is_told_with_its_place_and_stops_nobody_else(rapport, written):
    wrong = written(
        "kind: journey\njourney_id: j\ntitle: J\nentry: {type: event, event: x}\n"
        "steps: [{type: wait, name: w, duration: soon}, {type: nap, name: n}]\n---\n" + SEGMENT,
        "wrong.yaml",
    )
    said = rapport("apply", wrong)
    assert said.code == 1
    assert f"{wrong}:1: steps[0].duration: " in said.out
    assert f"{wrong}:1: steps[1]: " in said.out
    assert "created   segment   buyers" in said.out


def test_a_journey_that_cannot_be_published_says_why(rapport, written):
    said = rapport(
        "apply",
        written(
            "kind: journey\npublish: true\njourney_id: j\ntitle: J\n"
            "entry: {type: event, event: x}\n"
            "steps: [{type: send, name: s, template_id: none}]\n"
        ),
    )
    assert said.code == 1
    assert 'steps[0].template_id: there is no template "none"' in said.out


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("kind: [", ":1: "),
        ("kind: segment\nkind: segment\n", ':2: the key "kind" is there twice'),
        ("- a\n", "a document is a mapping"),
        (
            "title: x\n",
            "kind is one of settings, identity, provider, destination, list, tag, segment, "
            "lifecycle, block, template, journey",
        ),
        ("kind: wish\n", "kind is one of"),
        ("kind: segment\n", "segment_id is missing"),
        ("kind: segment\nsegment_id: a\npublish: true\n", "only a journey has it"),
        ("kind: journey\njourney_id: a\npublish: soon\n", "publish is true or false"),
        ("a: !!python/object:os.system {}\n", "could not determine a constructor"),
        ("1: x\n", "is not a text"),
        ("? [a]\n: b\n", "is not a text"),
    ],
)
def test_what_is_no_document_is_refused_with_its_line(rapport, written, text, message):
    path = written(f"{text}")
    said = rapport("apply", path)
    assert said.code == 1
    assert said.err.startswith(f"{path}:")
    assert message in said.err
    assert "Traceback" not in said.err


def test_a_broken_document_leaves_its_neighbours_alone(rapport, written):
    said = rapport("apply", written(f"a: 1\na: 2\n---\n{SEGMENT}"), written("\xe9: [", "b.yaml"))
    assert said.code == 1
    assert "created   segment   buyers" in said.out
    assert len(said.err.splitlines()) == 2


def test_a_file_that_is_not_there_is_named(rapport, tmp_path):
    said = rapport("apply", tmp_path / "none.yaml")
    assert (said.code, said.out) == (1, "")
    assert "none.yaml: No such file" in said.err
    binary = tmp_path / "binary.yaml"
    binary.write_bytes(b"\xff\xfe")
    assert "not UTF-8" in rapport("apply", binary).err


def test_yaml_means_what_people_mean(rapport, written, api):
    rapport(
        "apply",
        written(
            "kind: segment\nsegment_id: s\ntitle: 2026-11-22\ncondition:\n"
            "  type: all\n  conditions:\n"
            "  - {type: trait, trait: country, operator: equals, value: NO}\n"
            "  - {type: trait, trait: slot, operator: equals, value: 12:30}\n"
            "  - {type: trait, trait: zip, operator: equals, value: 0123}\n"
            "  - {type: trait, trait: price, operator: less, value: 1.5e3}\n"
            "  - {type: trait, trait: agreed, operator: equals, value: true}\n"
        ),
    )
    segment = api.get("/segments/s").body["segment"]
    assert segment["title"] == "2026-11-22"
    values = [one["value"] for one in segment["condition"]["conditions"]]
    assert values == ["NO", "12:30", "0123", 1500, True]


def test_settings_tell_what_they_compiled_again(rapport, written):
    rapport("apply", *DEMO)
    said = rapport("apply", written("kind: settings\nrehearsal: true\ntime_scale: 60\n"))
    assert said.out.startswith("updated   settings")
    assert "cart-reminder" in said.out
