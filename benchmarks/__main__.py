"""`make bench`: measures, prints, and writes `benchmarks/results.json`."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from benchmarks import bare, cold_imports, journeys, live_segments, memory, segments_sql
from benchmarks import identity as who
from benchmarks.emulated_aws import emulated_aws
from benchmarks.identity_bill import Cost, IdentityBill
from benchmarks.meter import Meter
from benchmarks.spine import EVENTS, Bill, Spine

RESULTS = Path(__file__).parent / "results.json"
BUDGET_USD = 1.60  # for a million events in batches of 10
MANY_SEGMENTS = 50
WAYS = ((1, True), (10, True), (100, True), (10, False))


def main() -> None:
    """Measure everything that there is to measure today."""
    console = Console()
    console.print(
        "[bold]Cold start[/] (import and clients) against a bare interpreter, CPU, best of seven"
    )
    imports = cold_imports.rows()
    console.print(_imports_table(imports))
    console.print("[bold]Memory[/] of each function at most, on its heaviest work")
    peaks = memory.rows()
    console.print(_memory_table(peaks))
    console.print(f"[bold]Who is who[/]: {who.LINKS:,} identify and alias calls, one core")
    decisions = who.measure()
    console.print(_decisions_table(decisions))
    console.print("[bold]Judging live[/]: an event against its segments, processor time")
    live = live_segments.measure()
    console.print(_live_table(live))
    console.print(
        f"[bold]Rebuilding[/]: 10 segments over {segments_sql.EVENTS:,} events of "
        f"{segments_sql.PEOPLE:,} people, each in SQL"
    )
    rebuilds = segments_sql.measure()
    console.print(_rebuilds_table(rebuilds))
    steps = journeys.steps_a_second()
    meter = Meter()
    meter.attach()
    with emulated_aws() as aws:
        console.print(f"[bold]{EVENTS} events[/] from HTTP to segments, billed as AWS would")
        spine = Spine(aws, meter)
        bills = [
            spine.run(batch, one_person, f"bench{n}") for n, (batch, one_person) in enumerate(WAYS)
        ]
        baseline = bare.cpu_us_per_call(aws)
        spine.publish(live_segments.segments(MANY_SEGMENTS))
        many = [spine.run(10, True, "many")]
        console.print(
            f"[bold]A journey of ten steps[/], {journeys.PEOPLE} people by each clock, without"
            f" delivery; the interpreter takes {steps:,} steps a second"
        )
        bench = journeys.JourneyBench(aws, meter)
        journey_bills = [bench.bill(clock) for clock in journeys.BUDGET_USD]
        console.print(_journeys_table(journey_bills))
        console.print("[bold]Knowing a person[/], billed by DynamoDB")
        identity = IdentityBill(meter).costs()
    console.print(_identity_table(identity))
    console.print(_cpu_table(bills, baseline))
    console.print(_bill_table(bills))
    console.print(f"The same with {MANY_SEGMENTS} segments more, {live_segments.TOUCHED} touched")
    console.print(_bill_table(many))
    RESULTS.write_text(
        json.dumps(
            {
                "cold_imports": imports,
                "memory": peaks,
                "decisions": decisions,
                "bare_cpu_us_per_call": baseline,
                "events": [asdict(bill) for bill in bills],
                "events_with_many_segments": [asdict(bill) for bill in many],
                "live_segments": live,
                "rebuilt_segments": rebuilds,
                "interpreter_steps_a_second": steps,
                "journeys": [asdict(bill) for bill in journey_bills],
                "identity_bill": [asdict(cost) for cost in identity],
            },
            indent=2,
        )
        + "\n"
    )
    console.print(f"written to {RESULTS.relative_to(Path.cwd())}")


def _imports_table(rows: list[dict[str, Any]]) -> Table:
    table = Table("function", "× bare interpreter", "budget", "CPU seconds", "peak MB")
    for row in rows:
        over = row["ratio"] > row["budget"]
        ratio = f"[red]{row['ratio']}[/]" if over else str(row["ratio"])
        table.add_row(
            row["function"],
            ratio,
            str(row["budget"]),
            str(row["cpu_seconds"]),
            str(row["peak_mb"]),
        )
    return table


def _memory_table(rows: list[dict[str, Any]]) -> Table:
    table = Table("function", "heaviest work", "peak MB", "budget")
    for row in rows:
        over = row["peak_mb"] > row["budget_mb"]
        peak = f"[red]{row['peak_mb']}[/]" if over else str(row["peak_mb"])
        table.add_row(row["function"], row["what"], peak, str(row["budget_mb"]))
    return table


def _identity_table(costs: list[Cost]) -> Table:
    table = Table("one of", "events before", "read units", "write units", "dollars a million")
    for cost in costs:
        figures = (cost.read_units, cost.write_units, cost.usd_per_million)
        table.add_row(cost.what, f"{cost.events_before:,}", *map(str, figures))
    return table


def _decisions_table(figures: dict[str, Any]) -> Table:
    table = Table("decides", "calls a second", "time, union-find in Python = 1")
    floor = figures["peers_links_a_second"]["union-find in Python"]
    ours = {
        f"whole history at once (budget {who.BUDGET:,} a second)": "bulk_decisions_a_second",
        "one call at a time, people change": "one_at_a_time_decisions_a_second",
        "one call at a time, all is known": "known_already_decisions_a_second",
    }
    for words, name in ours.items():
        table.add_row(words, f"{figures[name]:,}", f"{floor / figures[name]:.2f}")
    for name, rate in figures["peers_links_a_second"].items():
        table.add_row(f"[dim]connects only: {name}[/]", f"{rate:,}", f"{floor / rate:.2f}")
    return table


def _live_table(figures: dict[str, Any]) -> Table:
    table = Table("one event, five segments touched", "CPU µs")
    for published, us in figures["us_an_event_by_published"].items():
        table.add_row(f"of {published:,} published", str(us))
    for events, us in figures["us_an_event_by_history"].items():
        table.add_row(f"of 1,000 published, {events:,} events before", str(us))
    return table


def _rebuilds_table(figures: dict[str, Any]) -> Table:
    ways = list(figures["seconds"])
    table = Table("CPU seconds", *ways)
    for row in figures["segments"]:
        table.add_row(row["name"], *[f"{row['seconds'][way]:.2f}" for way in ways])
    table.add_row("[bold]together[/]", *[f"{figures['seconds'][way]:.2f}" for way in ways])
    ratios = [figures["generated_to"].get(way) for way in ways]
    budget = figures["budget_to_by_hand"]
    table.add_row(
        f"generated to it (budget {budget} to by hand)",
        *["" if r is None else str(r) for r in ratios],
    )
    return table


def _journeys_table(bills: list[journeys.JourneyBill]) -> Table:
    table = Table("dollars a million people", *[bill.clock for bill in bills])
    for name in sorted({name for bill in bills for name in bill.usd_by_price}):
        table.add_row(name, *[f"{bill.usd_by_price.get(name, 0):.2f}" for bill in bills])
    totals = [f"{bill.usd_per_million:.2f} (budget {bill.budget_usd:.0f})" for bill in bills]
    table.add_row("[bold]total[/]", *totals)
    return table


def _way(bill: Bill) -> str:
    return f"batches of {bill.batch}, {bill.people}" if bill.batch > 1 else "one event a request"


def _cpu_table(bills: list[Bill], baseline: dict[str, float]) -> Table:
    table = Table("CPU µs an event", *bills[0].cpu_us, "together")
    for bill in bills:
        figures = [str(figure) for figure in bill.cpu_us.values()]
        table.add_row(_way(bill), *figures, str(round(sum(bill.cpu_us.values()), 1)))
    for name, figure in baseline.items():
        table.add_row(f"[dim]bare: {name}, one call[/]", *[""] * len(bills[0].cpu_us), str(figure))
    return table


def _bill_table(bills: list[Bill]) -> Table:
    table = Table("dollars a million events", *map(_way, bills))
    names = sorted({name for bill in bills for name in bill.usd_by_price})
    for name in names:
        table.add_row(name, *[f"{bill.usd_by_price.get(name, 0):.3f}" for bill in bills])
    table.add_row(
        f"[bold]total[/] (budget {BUDGET_USD:.2f} in batches of 10)",
        *[f"[bold]{bill.usd_per_million:.2f}[/]" for bill in bills],
    )
    return table


if __name__ == "__main__":
    main()
