"""SQL over the lake and the evaluator over what stores keep say the same of everybody."""

from random import Random

import pytest

from shared.domain.segments.condition import NotCondition
from shared.domain.segments.evaluate import evaluate
from shared.domain.segments.references import all_references, references
from shared.domain.segments.sql import count_of, members, members_of, verdicts
from tests.domain.segments.histories import view_of
from tests.domain.segments_sql import people as made
from tests.domain.segments_sql.trees import LEAVES, read, tree

pytestmark = pytest.mark.slow

PEOPLE = 30
TREES = 12


def check_world(lake, seed, leaf=None):
    """Compare all of some people and conditions at two instants; gives the number of cases."""
    random = Random(seed)
    now, zone = made.moment(random)
    everybody = made.people(random, now, zone, PEOPLE)
    made.fill(lake, random, everybody)
    made.fill(lake, random, made.people(random, now, zone, 5), "other")
    cases = 0
    for at in (now, min(now, made.happened_at(random, now, zone))):
        today = at.astimezone(zone).date()
        make = LEAVES[leaf] if leaf else tree
        conditions = [read(make(random, today)) for _ in range(TREES)]
        cases += check(lake, everybody, conditions, at, zone, f"seed {seed}")
    return cases


def check(lake, everybody, conditions, at, zone, told):
    """Compare everybody and every condition at an instant; gives the number of cases."""
    named = {f"c'{number}": condition for number, condition in enumerate(conditions)}
    found = set(lake.query(members_of(named, at, zone, made.WORKSPACE)))
    needed = all_references(map(references, conditions))
    for person in everybody:
        past = [each for each in person.history if each.at <= at]
        view = view_of(past, needed, at, zone)
        for name, condition in named.items():
            wanted = bool(past) and not person.erased
            wanted = wanted and evaluate(condition, view, at, zone).matches
            got = (name, person.profile_id) in found
            assert got == wanted, (
                f"{told}, at {at.isoformat()} in {zone}: SQL says {got} of\n"
                f"{person}\n{condition.model_dump_json()}"
            )
    assert {profile_id for _, profile_id in found} <= {each.profile_id for each in everybody}
    return len(everybody) * len(conditions)


CASES = PEOPLE * TREES * 2  # of one world


@pytest.mark.parametrize("seed", range(3))
def test_both_say_the_same_of_everybody(lake, seed):
    assert check_world(lake, seed) == CASES


@pytest.mark.nightly
@pytest.mark.parametrize("first_seed", range(100, 128, 7))
def test_both_say_the_same_in_twenty_thousand_cases(make_lake, first_seed):
    cases = sum(check_world(make_lake(), seed) for seed in range(first_seed, first_seed + 7))
    assert cases >= 20_000 / 4


@pytest.mark.parametrize("leaf", LEAVES)
def test_both_say_the_same_of_each_kind_of_leaf(lake, leaf):
    assert check_world(lake, 1_000, leaf) == CASES


@pytest.mark.parametrize("calendar", ["solar", "lunar"])
@pytest.mark.parametrize("seed", range(2))
def test_both_know_the_same_birthdays(lake, seed, calendar):
    random = Random(seed)
    now, zone = made.moment(random)
    everybody = made.birthdays(random, now, zone, 150)
    made.fill(lake, random, everybody)
    source = {"type": "trait", "trait": "born"}
    yearly = {"type": "date", "source": source, "repeats": "yearly", "calendar": calendar}
    conditions = [
        read({**yearly, "from_days": first, "to_days": last})
        for first, last in ((0, 0), (1, 7), (-7, -1), (-31, 31), (20, 31))
    ]
    check(lake, everybody, conditions, now, zone, f"seed {seed}")


def test_the_ways_of_asking_agree(lake):
    random = Random(7)
    now, zone = made.moment(random)
    made.fill(lake, random, made.people(random, now, zone, PEOPLE))
    today = now.astimezone(zone).date()
    conditions = {str(n): read(tree(random, today)) for n in range(5)}
    asked = (now, zone, made.WORKSPACE)
    found = lake.query(members_of(conditions, *asked))
    for name, condition in conditions.items():
        ids = {profile_id for segment_id, profile_id in found if segment_id == name}
        assert {row for (row,) in lake.query(members(condition, *asked))} == ids
        assert lake.query(count_of(condition, *asked)) == [(len(ids),)]
        told = dict(lake.query(verdicts(condition, *asked)))
        assert {profile_id for profile_id, matches in told.items() if matches} == ids
        opposite = NotCondition(condition=condition)
        others = {row for (row,) in lake.query(members(opposite, *asked))}
        assert others == told.keys() - ids
