"""What each function loads when it starts is held to a budget, without looking at a clock.

A module more is a cold start longer, and most come by accident: one import at the top of a file
that many share. Who really needs more says so: `python -m benchmarks.import_budgets FUNCTION`.
"""

from functools import cache

import pytest

from benchmarks.cold_imports import FUNCTIONS
from benchmarks.import_budgets import NEVER, Loaded, budgets, loaded, modules_of

BUDGETS = budgets()
SLACK = 1.5  # a budget that is wider than this holds nothing back
# Who has people wait for HTTP, or runs every minute, whatever the product grows to.
LEAN = ("ingest_events", "serve_console", "sweep_due", "write_lake")

pytestmark = pytest.mark.slow


@cache
def modules(function: str) -> dict[str, str]:
    return modules_of(function)


def test_every_function_has_a_budget() -> None:
    assert sorted(BUDGETS) == sorted(FUNCTIONS)


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_function_loads_no_more_than_its_budget_and_nothing_that_it_has_no_use_for(function):
    budget, now = Loaded(**BUDGETS[function]), loaded(modules(function))
    said = f"python -m benchmarks.import_budgets {function}"
    assert set(now.packages) <= set(budget.packages), f"it loads another library; {said}"
    assert set(budget.packages) <= set(now.packages), f"it no longer loads one: {said}"
    assert now.modules <= budget.modules <= SLACK * now.modules, said
    assert now.kilobytes <= budget.kilobytes <= SLACK * now.kilobytes, said
    for name, why in NEVER.items():
        found = [one for one in modules(function) if f"{one}.".startswith(f"{name}.")]
        assert not found, f"{found[0]} is loaded at the start: {why}"


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_function_loads_no_other_function(function):
    other = [
        name
        for name in modules(function)
        if name.startswith("functions.") and name.split(".")[1] != function
    ]
    assert not other


@pytest.mark.parametrize("function", LEAN)
def test_those_that_everybody_waits_for_know_no_models(function):
    assert "pydantic" not in modules(function)
