"""The document of figures says what the results say, and what misses its budget says why."""

import json
import re
from pathlib import Path

import pytest

from benchmarks import __main__ as bench
from benchmarks import budgets, figures, month
from benchmarks.parts import PARTS
from benchmarks.spine import ROW_OVERHEAD

RESULTS = json.loads((Path(figures.__file__).parent / "results.json").read_text())
FIGURES = {name: part["figures"] for name, part in RESULTS["parts"].items() if "figures" in part}


def test_the_document_is_made_of_the_results():
    assert figures.DOCUMENT.read_text() == figures.to_markdown(RESULTS), "make figures"


def test_so_are_the_charts_and_no_other_lies_there():
    drawn = figures.to_charts(RESULTS)
    found = {file.stem: file.read_text() for file in figures.CHARTS.glob("*.svg")}
    assert found == drawn, "make figures"


def test_the_readme_shows_the_same():
    said = figures.README.read_text()
    assert figures.with_figures(said, RESULTS) == said, "make figures"


def test_every_part_has_its_place_in_the_document():
    told = {part.name for chapter in figures.CHAPTERS.values() for part in chapter}
    assert told == set(PARTS)


def test_a_part_that_failed_says_so_and_takes_nothing_else_with_it():
    broken = {
        "machine": RESULTS["machine"],
        "parts": {**RESULTS["parts"], "events": {"at": "today", "seconds": 1, "error": "it broke"}},
    }
    told = figures.to_markdown(broken)
    assert "failed here on today with `it broke`" in told
    assert "not measured" in told
    assert figures.of_part("rendering", broken) in told


def test_what_goes_wrong_in_a_part_is_told_in_one_line_and_stays_there():
    part = bench.measured("no such part")
    assert part["error"] == "KeyError: 'no such part'"
    told = bench.with_part(RESULTS, "rendering", {"at": "today", "seconds": 1, "figures": {}})
    assert told["parts"]["rendering"]["error"].startswith("to tell of it: KeyError")
    others = {name: it for name, it in told["parts"].items() if name != "rendering"}
    assert others == {name: it for name, it in RESULTS["parts"].items() if name != "rendering"}


@pytest.mark.parametrize("verdict", list(budgets.verdicts(FIGURES)), ids=lambda it: it.budget.what)
def test_a_budget_that_is_missed_says_why(verdict):
    assert verdict.holds or verdict.measured is None or verdict.budget.reason


def test_no_figure_is_worse_than_its_budget_without_being_called_missed():
    least = budgets.Budget("", "", 10, "p", lambda it: it["n"], is_least=True)
    most = budgets.Budget("", "", 10, "p", lambda it: it["n"])
    assert [budgets.Verdict(least, n).holds for n in (9.9, 10, 11)] == [False, True, True]
    assert [budgets.Verdict(most, n).holds for n in (9.9, 10, 10.1)] == [True, True, False]
    assert budgets.Verdict(most, 15).missed_by == pytest.approx(0.5)
    assert budgets.Verdict(least, 5).missed_by == pytest.approx(0.5)
    assert not budgets.Verdict(most, None).holds


# --- prices -------------------------------------------------------------------------------------

REGIONS = {name: it for name, it in month.PRICES.items() if name != "note"}


@pytest.mark.parametrize("region", REGIONS)
def test_every_price_says_where_it_is_from_or_why_there_is_none(region):
    assert re.fullmatch(r"20\d\d-\d\d-\d\d", REGIONS[region]["dated"])
    for name, entry in REGIONS[region]["prices"].items():
        (price,) = {entry.get("per_gb"), entry.get("per_million")} - {None} or {None}
        assert ("source" in entry) == (price is not None), name
        assert price is not None or entry["note"], name


def test_regions_price_the_same_things():
    (one, *others) = [set(region["prices"]) for region in REGIONS.values()]
    assert all(other == one for other in others)


def test_a_bill_leaves_out_what_has_no_price_and_says_so():
    units = {"lambda_request": 2.0, "sqs_request_64kb": 1.0, "cloudwatch_logs_gb": 1e-6}
    yuan, unpriced = month.in_currency(units, "cn-north-1")
    assert unpriced == ["sqs_request_64kb"]
    assert yuan == pytest.approx(2 * 1.36 + 6.228)


@pytest.mark.parametrize("service", month.PEERS["services"], ids=lambda it: it["name"])
def test_list_prices_of_others_are_complete(service):
    assert set(service["included"]) == set(service["each_usd"]) == set(month.WORK)
    assert service["source"]
    assert service["quality"] in {"page", "account"}


def test_the_month_adds_up():
    way = {"batch": 10, "usd_per_million": 1.5, "stored_bytes": 400 + ROW_OVERHEAD}
    told = {
        "events": {"ways": [way]},
        "journeys": {"clocks": [{"clock": "due_index", "usd_per_million": 5.0}]},
        "messages": {"usd_per_million": 110.0, "usd_by_price": {"ses_message": 100.0}},
    }
    usd = {line.what: line.usd for line in month.ours(told)}
    storage = 10_000_000 * 500 / 1e9 * 0.25
    assert sum(usd.values()) == pytest.approx(15 + 5 + 330 + storage + month.IDLE_USD)
