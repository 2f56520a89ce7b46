"""The starter playbook: everything in it can be read, expanded and said in both languages."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from shared.domain.lifecycle.expanding import expand_lifecycle, lifecycle_references
from shared.domain.lifecycle.model import DEFAULT_LIFECYCLE, Lifecycle
from shared.domain.segments.condition import Segment
from shared.domain.segments.describe import describe
from shared.domain.segments.estimate import estimate
from shared.domain.segments.expand import Definitions, Named, expand
from shared.domain.tags.describe import describe_tag
from shared.domain.tags.expanding import expand_tag, tag_references
from shared.domain.tags.model import Tag

PLAYBOOKS = Path(__file__).parents[3] / "playbooks"
CHINESE = re.compile(r"[\u4e00-\u9fff]")


def of_kind(kind: str) -> list[dict[str, Any]]:
    """Documents of a kind as `rapport apply` sends them."""
    texts = (path.read_text(encoding="utf-8") for path in sorted(PLAYBOOKS.rglob("*.yaml")))
    found = [one for text in texts for one in yaml.safe_load_all(text) if one["kind"] == kind]
    return [{name: part for name, part in one.items() if name != "kind"} for one in found]


SEGMENTS = [Segment.model_validate(one) for one in of_kind("segment")]
TAGS = [Tag.model_validate(one) for one in of_kind("tag")]
STAGES = [Lifecycle.model_validate(one) for one in of_kind("lifecycle")]
KNOWN = Definitions(
    {one.segment_id: one.condition for one in SEGMENTS},
    {one.tag_id: one for one in TAGS},
    *STAGES,
)


@pytest.mark.parametrize("segment", SEGMENTS, ids=lambda one: one.segment_id)
def test_every_segment_is_expanded_and_said_and_has_a_title_in_both_languages(
    segment: Segment,
) -> None:
    expanded = expand(segment.condition, KNOWN, Named("segment", segment.segment_id))
    assert estimate(expanded).nodes >= 1
    assert describe(segment.condition, "en") != describe(segment.condition, "zh")
    assert CHINESE.search(segment.title)


@pytest.mark.parametrize("tag", TAGS, ids=lambda one: one.tag_id)
def test_every_tag_is_expanded_and_said_and_has_a_title_in_both_languages(tag: Tag) -> None:
    needed = tag_references(expand_tag(tag, KNOWN))
    assert needed.traits or needed.activity or needed.event_names
    assert CHINESE.search(describe_tag(tag, "zh"))
    assert not CHINESE.search(re.sub("“.*?”", "", describe_tag(tag, "en")))
    assert tag.title_zh
    assert CHINESE.search(tag.title_zh) or tag.title_zh == "RFM 分层"


def test_all_four_families_have_tags() -> None:
    assert {tag.family for tag in TAGS} == {"attribute", "behaviour", "lifecycle", "value"}


def test_the_stages_are_those_that_hold_anyway() -> None:
    assert STAGES == [DEFAULT_LIFECYCLE]
    assert lifecycle_references(expand_lifecycle(*STAGES, KNOWN)).activity
