"""Thresholds of buyers by SQL are those that a plain count over plain histories finds best."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from random import Random
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.domain.lake.rows import event_row
from shared.domain.lake.tables import EVENTS
from shared.domain.segments.condition import TagCondition
from shared.domain.segments.expand import Definitions, expand
from shared.domain.segments.sql import members_of
from shared.domain.tags.expanding import expand_tag, tag_references
from shared.domain.tags.model import Tag
from shared.domain.tags.rfm import RFM_CLASSES
from shared.domain.tags.rfm_sql import MAX_CUTS, cuts
from shared.domain.tags.thresholds import (
    Cut,
    carried_on,
    computed,
    cut_of,
    quantile_of,
    waits,
    with_thresholds,
)
from shared.domain.tags.valuing import value_of
from tests.domain.segments.histories import Happening, view_of
from tests.domain.segments.naive_values import counts, text
from tests.domain.segments_sql import people as made
from tests.domain.segments_sql.conftest import Lake
from tests.seeds import seeds

pytestmark = pytest.mark.slow

NOW = datetime(2026, 11, 22, 12, 0, 0, 345_678, tzinfo=UTC)
ZONE = ZoneInfo("Asia/Shanghai")
FIGURES = ("recency", "frequency", "monetary")


def tag_of(event="order", amount="amount", days=None, **thresholds):
    shares = {f"{figure}_share": 0.2 for figure in FIGURES}
    how = {
        "type": "rfm",
        "event": event,
        "amount": amount,
        "within_days": days,
        "thresholds": {"type": "quantile", **shares, **thresholds},
    }
    body = {"tag_id": "t", "title": "T", "category": "a", "family": "value", "how": how}
    return Tag.model_validate(body)


def asked(lake, tag, at=NOW, zone=ZONE):
    """The product's own way: SQL over the lake, and the choice among its rows."""
    kind, shares = quantile_of(tag)
    found = lake.query(cuts(kind, shares, at, zone, made.WORKSPACE))
    assert len(found) <= MAX_CUTS
    rows = [{n: str(v) for n, v in zip(Cut._fields, row, strict=True)} for row in found]
    return computed(shares, map(cut_of, rows), at)


def buyers(everybody, tag, at, zone):
    """(days, times, money) of everybody who bought in the window, counted by hand."""
    kind, _ = quantile_of(tag)
    today = at.astimezone(zone).date()
    found = []
    for person in everybody:
        bought = [
            each
            for each in person.history
            if each.name == kind.event and each.at <= at and not person.erased
        ]
        back = [(today - each.at.astimezone(zone).date()).days + 1 for each in bought]
        within = [n for n, days in enumerate(back) if days <= (kind.within_days or 10**6)]
        said = [bought[n].properties.get(kind.amount) for n in within]
        if within:
            money = sum((Fraction(text(one)) for one in said if counts(one)), Fraction(0))
            found.append((min(back[n] for n in within), len(within), money))
    return found


def best_deviation(figures, share, thresholds, is_high):
    """How near any threshold at all can come, by trying each."""
    wanted = Fraction(repr(share)) * len(figures)
    return min(abs(sum(is_high(one, t) for one in figures) - wanted) for t in thresholds)


def check(found, people, tag):
    """No threshold that a definition could have comes nearer to any of the shares."""
    _, shares = quantile_of(tag)
    if not people:
        assert found is None
        return
    assert found.people == len(people)
    days, times, money = zip(*people, strict=True)
    trials = (
        (days, shares.recency_share, found.recency_days, range(1, 731), int.__le__),
        (times, shares.frequency_share, found.frequency, range(1, max(times) + 2), int.__ge__),
        (money, shares.monetary_share, Fraction(repr(found.monetary)),
         [*money, max(money) + 1], Fraction.__ge__),
    )  # fmt: skip
    for figures, share, threshold, thresholds, is_high in trials:
        high = sum(is_high(one, threshold) for one in figures)
        deviation = abs(high - Fraction(repr(share)) * len(figures))
        assert deviation == best_deviation(figures, share, thresholds, is_high)


@pytest.mark.parametrize("seed", seeds(5, 30))
def test_sql_finds_what_a_plain_count_finds(seed):
    random = Random(seed)
    now, zone = made.moment(random)
    everybody = made.people(random, now, zone, 60)
    lake = Lake()
    made.fill(lake, random, everybody)
    made.fill(lake, random, made.people(random, now, zone, 5), "other")
    for event in ("order", "cart", made.EVENTS[-1]):
        given_shares = {f"{name}_share": random.choice((0.01, 0.2, 1 / 3, 0.5, 0.95))
                        for name in FIGURES}  # fmt: skip
        amount = random.choice(("amount", "z", made.WEIRD_NAME, "nowhere"))
        tag = tag_of(event, amount, random.choice((None, 1, 7, 365, 730)), **given_shares)
        check(asked(lake, tag, now, zone), buyers(everybody, tag, now, zone), tag)


orders = st.lists(
    st.tuples(
        st.integers(0, 900),
        st.one_of(
            st.sampled_from([1, 5, 0.1, 0.2, 0.3, -2.5, 19.99, "7", None, 10**11]),
            st.integers(-(10**8), 10**8).map(lambda cents: cents / 100),
        ),
    ),
    max_size=4,
)
shops = st.lists(orders, max_size=9)
shares = st.sampled_from([0.01, 0.1, 0.2, 0.25, 1 / 3, 0.5, 0.8, 0.99])


def world_of(shop):
    everybody = [
        made.Person(
            f"p{n}",
            (f"p{n}",),
            tuple(
                Happening(
                    NOW - timedelta(days=days), "order", {"amount": money}, message_id=f"m{m}",
                    strand_id=f"p{n}",
                )
                for m, (days, money) in enumerate(bought)
            ),
            erased=False,
        )
        for n, bought in enumerate(shop)
    ]  # fmt: skip
    lake = Lake()
    rows = [
        (event_row(each.strand_id, each.event(made.WORKSPACE).to_json()), "2026-11-22")
        for person in everybody
        for each in person.history
    ]
    lake.add_many(EVENTS, rows)
    return lake, everybody


@settings(max_examples=12)
@given(shops, st.tuples(shares, shares, shares), st.sampled_from([None, 30, 365]))
def test_shares_are_met_as_nearly_as_equal_figures_allow(shop, wanted, days):
    lake, everybody = world_of(shop)
    named = {f"{name}_share": share for name, share in zip(FIGURES, wanted, strict=True)}
    tag = tag_of(days=days, **named)
    check(asked(lake, tag), buyers(everybody, tag, NOW, ZONE), tag)


@settings(max_examples=12)
@given(shops, st.tuples(shares, shares, shares))
def test_everybody_is_in_the_same_class_by_sql_by_the_evaluator_and_by_hand(shop, wanted):
    lake, everybody = world_of(shop)
    named = {f"{name}_share": share for name, share in zip(FIGURES, wanted, strict=True)}
    tag = tag_of(**named)
    found = asked(lake, tag)
    tag = with_thresholds(tag, found)
    known = Definitions({}, {"t": tag})
    ready = expand_tag(tag, known)
    by_evaluator = {
        person.profile_id: value_of(
            ready, view_of(person.history, tag_references(ready), NOW, ZONE), NOW, ZONE
        ).value
        for person in everybody
    }
    by_sql = {person.profile_id: None for person in everybody}
    conditions = {
        one.value: expand(TagCondition(tag_id="t", operator="equals", value=one.value), known)
        for one in RFM_CLASSES
    }
    rows = lake.query(members_of(conditions, NOW, ZONE, made.WORKSPACE))
    by_sql |= {profile_id: name for name, profile_id in rows}
    assert len({profile_id for _, profile_id in rows}) == len(rows)
    by_hand = {person.profile_id: class_of(person, tag, found) for person in everybody}
    assert by_evaluator == by_sql == by_hand


def class_of(person, tag, found):
    figures = buyers([person], tag, NOW, ZONE)
    if not figures:
        return None
    ((days, times, money),) = figures
    high = (days <= found.recency_days, times >= found.frequency,
            money >= Fraction(repr(found.monetary)))  # fmt: skip
    (name,) = [one.value for one in RFM_CLASSES if (one.lately, one.often, one.much) == high]
    return name


def test_all_eight_classes_come_out_of_one_shop():
    shop = [
        [(days, money / times)] * times
        for days in (3, 300)
        for times in (1, 4)
        for money in (8, 800)
    ]
    lake, everybody = world_of(shop)
    tag = tag_of(**{f"{name}_share": 0.5 for name in FIGURES})
    found = asked(lake, tag)
    assert (found.recency_days, found.frequency, found.monetary) == (4, 4, 800)
    classes = Counter(class_of(person, tag, found) for person in everybody)
    assert classes == {one.value: 1 for one in RFM_CLASSES}


def test_a_cut_is_never_made_between_equals():
    lake, _ = world_of([[(0, 99)]] * 10)
    found = asked(lake, tag_of())
    # Nobody is nearer to a fifth than everybody; but who bought today cannot be told from today.
    assert (found.recency_days, found.frequency, found.monetary, found.people) == (1, 2, 100, 10)


def test_without_buyers_in_the_window_there_are_no_thresholds():
    lake, _ = world_of([[(31, 5)], []])
    assert asked(lake, tag_of(days=30)) is None
    assert asked(lake, tag_of(days=32)).people == 1


@given(st.decimals("-1e15", "1e15", allow_nan=False, places=18))
def test_an_amount_that_no_number_says_exactly_is_cut_just_below(amount):
    _, wanted = quantile_of(tag_of(monetary_share=0.99))
    cuts_of_one = [
        Cut("recency", Decimal(-1), 1, 1),
        Cut("frequency", Decimal(1), 1, 1),
        Cut("monetary", amount, 1, 1),
    ]
    found = computed(wanted, cuts_of_one, NOW).monetary
    said = Decimal(repr(found))
    assert said <= amount
    # The next float below, and half a one more for how it is written.
    assert amount - said <= abs(amount) * Decimal("3.4e-16")


def test_numbers_stay_until_others_are_computed_and_go_with_the_figures():
    lake, _ = world_of([[(3, 5)]])
    fresh = tag_of()
    assert waits(fresh)
    stored = with_thresholds(fresh, asked(lake, fresh))
    assert not waits(stored)
    assert carried_on(stored, fresh) == stored
    assert carried_on(None, stored) == with_thresholds(fresh, None)
    other_shares = carried_on(stored, tag_of(frequency_share=0.5))
    assert other_shares.how.numbers == stored.how.numbers
    assert waits(other_shares)
    for other in (tag_of("cart"), tag_of(amount="z"), tag_of(days=30)):
        assert carried_on(stored, other).how.numbers is None
