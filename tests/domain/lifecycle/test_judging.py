"""The lifecycle: recency first, both ways, to the millisecond, and as every workspace wants it."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from shared.domain.lifecycle.expanding import (
    expand_lifecycle,
    lifecycle_references,
)
from shared.domain.lifecycle.judging import StageVerdict, stage_of
from shared.domain.lifecycle.model import DEFAULT_LIFECYCLE, Lifecycle
from shared.domain.measures.model import Activity
from shared.domain.profiles.model import View
from shared.domain.segments.expand import Definitions, ExpansionError
from tests.domain.tags.definitions import World, truths, worlds
from tests.domain.tags.definitions import stage_of as naive_stage_of

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
ZONE = ZoneInfo("Asia/Shanghai")
NOTHING = Definitions({}, {})
DEFAULT = expand_lifecycle(DEFAULT_LIFECYCLE, NOTHING)
STAGES = ("prospect", "new", "active", "loyal", "at_risk", "dormant", "lost")


def view(silence: float, age: float, events: int = 1) -> View:
    """Somebody last seen `silence` days ago and first seen `age` days ago."""
    first, last = (NOW - timedelta(days=days) for days in (age, silence))
    return View({}, {}, activity=Activity(first, last, events))


def stage(person: View, at: datetime = NOW) -> StageVerdict:
    return stage_of(DEFAULT, person, at, ZONE)


@pytest.mark.parametrize(
    ("silence", "age", "events", "expected"),
    [
        (0, 0, 1, "new"),
        (0, 6.99, 900, "new"),
        (0, 7, 1, "active"),
        (0, 29.99, 50, "active"),
        (0, 30, 49, "active"),
        (0, 30, 50, "loyal"),
        (13.99, 400, 50, "loyal"),
        (14, 400, 50, "at_risk"),
        (14, 14, 1, "at_risk"),
        (29.99, 400, 50, "at_risk"),
        (30, 400, 50, "dormant"),
        (59.99, 60, 1, "dormant"),
        (60, 60, 1, "lost"),
        (900, 901, 99, "lost"),
    ],
)
def test_the_default_stages_begin_where_they_always_did(
    silence: float, age: float, events: int, expected: str
) -> None:
    assert stage(view(silence, age, events)).stage == expected


def test_only_those_who_have_done_nothing_are_prospects() -> None:
    assert stage(View({}, {})).stage == "prospect"
    assert stage(View({}, {})).changes_at is None


def test_an_operator_finds_the_seven_stages_of_the_glossary_with_titles_in_both_languages() -> None:
    assert DEFAULT_LIFECYCLE.names == set(STAGES)
    assert DEFAULT_LIFECYCLE.title("at_risk") == "At risk"
    assert [DEFAULT_LIFECYCLE.title(one, "zh") for one in ("active", "lost")] == ["活跃", "流失"]
    assert DEFAULT_LIFECYCLE.title("of_old") == "of_old"


days = st.integers(0, 90 * 24 * 60).map(lambda minutes: minutes / 24 / 60)


@given(days, days, st.integers(1, 60))
def test_silence_alone_leads_on_to_lost_and_never_back(
    silence: float, more: float, events: int
) -> None:
    person, at = view(silence, silence + more, events), NOW
    met = [stage(person)]
    while met[-1].changes_at is not None:
        assert met[-1].changes_at > at
        at = met[-1].changes_at
        assert stage(person, at - timedelta(milliseconds=1)).stage == met[-1].stage
        met.append(stage(person, at))
    assert met[-1].stage == "lost"
    quiet = [STAGES.index(one.stage) for one in met if one.stage in STAGES[4:]]
    assert quiet == sorted(quiet)
    assert at >= NOW - timedelta(days=silence) + timedelta(days=60)


@given(days, days, st.integers(0, 60))
def test_the_next_event_brings_anybody_back(silence: float, more: float, events: int) -> None:
    back = view(0, silence + more, events + 1)
    assert stage(back).stage in ("new", "active", "loyal")


@settings(max_examples=40)
@given(worlds(), truths)
def test_the_first_stage_that_matches_is_the_stage(world: World, truth: dict[str, bool]) -> None:
    known = world.definitions
    ready = expand_lifecycle(known.lifecycle, known)
    assert stage_of(ready, View(truth, {}), NOW, ZONE).stage == naive_stage_of(truth, known)


def test_what_must_be_known_is_what_any_stage_asks() -> None:
    assert lifecycle_references(DEFAULT).activity
    assert not lifecycle_references(DEFAULT).measures


def test_a_mistake_is_named_from_the_top_of_the_lifecycle() -> None:
    data = DEFAULT_LIFECYCLE.model_dump(mode="json")
    data["stages"][4]["condition"]["conditions"][1] = {"type": "segment", "segment_id": "x"}
    with pytest.raises(ExpansionError) as caught:
        expand_lifecycle(Lifecycle.model_validate(data), NOTHING)
    assert caught.value.where == "stages[4].condition.conditions[1].segment_id"


def test_a_stage_is_there_once() -> None:
    data = DEFAULT_LIFECYCLE.model_dump(mode="json")
    with pytest.raises(ValidationError, match="the same stage is there twice"):
        Lifecycle.model_validate({**data, "otherwise": "lost"})
