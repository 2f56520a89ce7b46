"""A budget is counted in the days and months of the workspace."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from pydantic import ValidationError

from shared.domain.costs.prices import DELIVERY, micros_of
from shared.domain.journeys.money import MoneyBudget

LATE = datetime(2026, 11, 30, 16, 30, tzinfo=UTC)  # already December in Shanghai


@pytest.mark.parametrize(
    ("per", "zone", "subject"),
    [
        ("total", "Asia/Shanghai", "hello@total"),
        ("day", "Asia/Shanghai", "hello@2026-12-01"),
        ("month", "Asia/Shanghai", "hello@2026-12"),
        ("day", "UTC", "hello@2026-11-30"),
        ("month", "UTC", "hello@2026-11"),
    ],
)
def test_the_period_is_one_of_the_workspace(per, zone, subject):
    budget = MoneyBudget(amount_minor=250, per=per)
    spend = budget.spend("hello", 100, LATE, ZoneInfo(zone))
    assert (spend.subject, spend.micros, spend.limit) == (subject, 100, 2_500_000)


def test_a_million_parts_cost_what_the_list_says():
    for channel, price in DELIVERY.items():
        assert micros_of(channel, 1_000_000) == pytest.approx(price.usd_per_million * 1_000_000)
    assert micros_of("inbox", 3) == 0


@pytest.mark.parametrize("wrong", [{"amount_minor": 0}, {"amount_minor": 1, "currency": "EUR"}])
def test_what_is_no_budget_is_refused(wrong):
    with pytest.raises(ValidationError):
        MoneyBudget(**wrong)
