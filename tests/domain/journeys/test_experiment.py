"""Variants are drawn by their weights, always the same for the same person and salt."""

from collections import Counter
from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError
from scipy.stats import binomtest, chi2_contingency

from shared.domain.journeys.hashing import ALL
from shared.domain.journeys.interpreter import advance, enrol
from shared.domain.journeys.kinds import ExperimentStep, Variant
from shared.domain.journeys.steps.experiment import drawn
from shared.domain.journeys.stimulus import Perform
from tests.domain.journeys.memory import NOON, happened, journey

PEOPLE = [f"person-{number}" for number in range(20_000)]
WEIGHTS = {"plain": 1, "emoji": 2, "nothing": 5}
SURE = 1e-6  # one run in a million of another salt would fail; this salt stays the same


def variant(profile_id: str, name: str = "which", salt: str = "") -> Mapping[str, object]:
    """What the trace says of the variant of a person."""
    variants = [
        {"name": each, "weight": weight, "next": "end", "control": each == "nothing"}
        for each, weight in WEIGHTS.items()
    ]
    step = {"type": "experiment", "name": name, "salt": salt, "variants": variants}
    definition = journey(step)
    begun = enrol(
        definition,
        1,
        happened("cart"),
        workspace_id="default",
        profile_id=profile_id,
        enrolment_id=f"e-{profile_id}",
    ).enrolment
    made = advance(definition, begun, Perform(name), NOON).enrolment
    assert made.trace[-1].decision == "drew"
    return made.trace[-1].because[0]


@pytest.fixture(scope="module")
def drawn_once() -> dict[str, Mapping[str, object]]:
    return {person: variant(person) for person in PEOPLE}


@pytest.mark.slow
def test_as_many_people_get_each_variant_as_its_weight_says(drawn_once):
    counted = Counter(one["name"] for one in drawn_once.values())
    for name, weight in WEIGHTS.items():
        test = binomtest(counted[name], len(PEOPLE), weight / sum(WEIGHTS.values()))
        assert test.pvalue > SURE, (name, counted)


def test_a_person_gets_the_same_variant_every_time_and_the_trace_says_its_share(drawn_once):
    for person in PEOPLE[:500]:
        assert variant(person) == drawn_once[person]
    shares = {str(one["name"]): (one["share"], one.get("control")) for one in drawn_once.values()}
    assert shares == {"plain": (0.125, None), "emoji": (0.25, None), "nothing": (0.625, True)}


@pytest.mark.slow
def test_two_experiments_know_nothing_of_each_other_unless_they_share_a_salt(drawn_once):
    other = {person: variant(person, name="another") for person in PEOPLE}
    pairs = Counter((drawn_once[one]["name"], other[one]["name"]) for one in PEOPLE)
    table = [[pairs[one, two] for two in WEIGHTS] for one in WEIGHTS]
    assert chi2_contingency(table).pvalue > SURE
    for person in PEOPLE[:500]:
        assert variant(person, "a", "salt")["name"] == variant(person, "b", "salt")["name"]


@given(st.lists(st.integers(1, 1_000_000), min_size=2, max_size=20), st.data())
def test_the_parts_of_variants_meet_without_gap_or_overlap(weights, data):
    variants = [Variant(name=f"v{n}", weight=weight) for n, weight in enumerate(weights)]
    total = sum(weights)
    place = data.draw(st.integers(0, total - 1))
    first = -(-place * ALL // total)  # the first number that belongs to this part of the weights
    owner = next(n for n in range(len(weights)) if place < sum(weights[: n + 1]))
    assert drawn(variants, first) is variants[owner]
    assert drawn(variants, ALL - 1) is variants[-1]
    assert drawn(variants, 0) is variants[0]


@pytest.mark.parametrize(
    ("variants", "wrong"),
    [
        ([{"name": "a"}], "at least 2"),
        ([{"name": "a"}, {"name": "a"}], "twice"),
        ([{"name": "a", "control": True}, {"name": "b", "control": True}], "only one"),
        ([{"name": "a", "weight": 0}, {"name": "b"}], "greater than or equal to 1"),
    ],
)
def test_an_experiment_that_cannot_be_is_refused(variants: list[dict[str, object]], wrong: str):
    with pytest.raises(ValidationError, match=wrong):
        ExperimentStep.model_validate({"name": "x", "variants": variants})


def _called(profile_id: str, entry: str = "call", **properties: object) -> Mapping[str, object]:
    variants = [{"name": each, "next": "end", "control": each == "nothing"} for each in WEIGHTS]
    step = {"type": "experiment", "name": "which", "variants": variants}
    told = {"type": "call"} if entry == "call" else {"type": "event", "event": "$journey_asked"}
    definition = journey(step, entry=told)
    told_of = {"journey_id": definition.journey_id, **properties}
    call = happened("$journey_asked", properties=told_of)
    begun = enrol(
        definition, 1, call, workspace_id="default", profile_id=profile_id, enrolment_id="e"
    ).enrolment
    made = advance(definition, begun, Perform("which"), NOON).enrolment
    return made.trace[-1].because[0]


@pytest.mark.parametrize("name", WEIGHTS)
def test_the_winner_that_a_call_names_is_everybodys_variant(name):
    told = [_called(person, **{"winner:which": name}) for person in PEOPLE[:100]]
    assert {one["name"] for one in told} == {name}
    assert all(one["won"] and one["share"] == 1 for one in told)
    assert all(one.get("control", False) == (name == "nothing") for one in told)


@pytest.mark.parametrize("named", [{"winner:which": "gone"}, {"winner:other": "plain"}, {}])
def test_a_winner_that_is_not_there_leaves_people_their_draw(named):
    told = [_called(person, **named) for person in PEOPLE[:100]]
    assert told == [_called(person) for person in PEOPLE[:100]]
    assert len({one["name"] for one in told}) == len(WEIGHTS)


def test_what_clients_send_chooses_no_variant():
    told = [_called(person, "event", **{"winner:which": "plain"}) for person in PEOPLE[:100]]
    assert len({one["name"] for one in told}) == len(WEIGHTS)
