"""What is pulled is what was applied: it can be applied again and changes nothing."""

from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from cli.documents import Loader
from cli.journey_pull import Name, names_in
from cli.yaml_text import yaml_of

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("quick_dynamodb")]

ROOT = Path(__file__).parents[2]
DEMO = sorted((ROOT / "demo" / "workspace").glob("*.yaml"))
STARTER = sorted((ROOT / "playbooks" / "starter").glob("*.yaml"))


def applied(rapport, folder):
    files = sorted(folder.glob("*.yaml"))
    said = rapport("apply", *files)
    assert said.code == 0, said
    return [line.split()[0] for line in said.out.splitlines()]


def test_what_is_pulled_is_taken_back_unchanged(rapport, tmp_path):
    assert rapport("apply", *DEMO, *STARTER).code == 0
    said = rapport("journey", "pull", "--to", tmp_path)
    assert said.code == 0, said
    assert set(applied(rapport, tmp_path)) == {"unchanged"}


def test_a_journey_brings_those_that_it_starts(rapport, written, tmp_path):
    rapport("apply", written("kind: settings\nemail_from: shop@example.com\n", "settings.yaml"))
    beauty = sorted((ROOT / "playbooks" / "beauty").glob("*.yaml"))
    assert rapport("apply", *beauty).code == 0
    assert rapport("journey", "pull", "beauty-activate", "--to", tmp_path / "out").code == 0
    pulled = list(yaml.load_all((tmp_path / "out" / "journeys.yaml").read_text("utf-8"), Loader))
    assert [(one["journey_id"], one["publish"]) for one in pulled] == [
        ("beauty-activate", True),
        ("beauty-repurchase", True),
    ]
    assert set(applied(rapport, tmp_path / "out")) == {"unchanged"}


def test_pulling_again_writes_the_same_to_the_byte(rapport, tmp_path):
    rapport("apply", *DEMO, *STARTER)
    first, second = tmp_path / "first", tmp_path / "second"
    for folder in (first, second):
        rapport("journey", "pull", "--to", folder)
    names = sorted(file.name for file in first.iterdir())
    assert names == sorted(file.name for file in second.iterdir())
    for name in names:
        assert (first / name).read_bytes() == (second / name).read_bytes()


def test_a_journey_brings_what_it_names_and_what_that_names(rapport, written):
    rapport("apply", *DEMO)
    rapport(
        "apply",
        written("""\
kind: list
list_id: staff
title: Staff
---
kind: segment
segment_id: inner
title: Inner
condition: {type: list, list_id: staff}
---
kind: segment
segment_id: outer
title: Outer
condition: {type: all, conditions: [{type: segment, segment_id: inner}]}
---
kind: journey
journey_id: nested
title: Nested
entry: {type: segment, segment_id: outer}
steps:
  - {type: send, name: hello, template_id: welcome}
"""),
    )
    said = rapport("journey", "pull", "nested").out
    documents = list(yaml.load_all(said, Loader))
    assert [(one["kind"], one.get(f"{one['kind']}_id")) for one in documents] == [
        ("list", "staff"),
        ("segment", "inner"),
        ("segment", "outer"),
        ("template", "welcome"),
        ("journey", "nested"),
    ]


def test_of_a_journey_with_a_newer_draft_either_version_is_pulled(rapport, written):
    rapport("apply", *DEMO)
    text = rapport("journey", "pull", "thank-you").out
    assert "publish: true" in text
    draft = text.replace("publish: true\n", "").replace("订单感谢", "多谢")
    rapport("apply", written(draft))
    assert "订单感谢" in rapport("journey", "pull", "thank-you").out
    newest = rapport("journey", "pull", "thank-you", "--draft").out
    assert "多谢" in newest
    assert "publish" not in newest


def test_a_paused_journey_is_not_published_by_applying_it_again(rapport, tmp_path):
    rapport("apply", *DEMO)
    rapport("journey", "pause", "thank-you")
    rapport("journey", "pull", "thank-you", "--to", tmp_path)
    assert set(applied(rapport, tmp_path)) == {"unchanged"}
    assert "# paused" in rapport("journey", "show", "thank-you").out


def test_what_an_update_writes_is_named():
    update = {"type": "update", "name": "u", "tags": {"level": "x"}, "lists": {"staff": True}}
    assert set(names_in({"steps": [update]})) == {Name("tag", "level"), Name("list", "staff")}


SCALARS = st.one_of(
    st.text(), st.integers(), st.floats(allow_nan=False, allow_infinity=False), st.booleans(),
    st.none(),
    st.sampled_from(["1e5", "on", "no", "12:30", "0x1f", "~", "2026-01-05", "1_000", "", " a ",
                     "a: b", "# c", "line\nline\n", "  \n x", "true", "null", "1.", ".5"]),
)  # fmt: skip
LISTS = st.lists(SCALARS, max_size=3)
NESTED = st.dictionaries(st.text(max_size=4), st.one_of(SCALARS, LISTS), max_size=3)
DOCUMENTS = st.dictionaries(
    st.text(min_size=1, max_size=5),
    st.one_of(SCALARS, LISTS, NESTED, st.lists(NESTED, max_size=2)),
    max_size=4,
)


@given(DOCUMENTS)
def test_every_document_is_read_back_as_it_was_written(document):
    assert repr(yaml.load(yaml_of(document), Loader)) == repr(document)
