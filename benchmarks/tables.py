"""The tables that `make bench` prints; what misses its budget is red."""

from typing import Any

from rich.table import Table

from benchmarks import identity as who
from benchmarks.dispatching import BUDGET_SHARE, Dispatched
from benchmarks.identity_bill import Cost
from benchmarks.journey_peers import STEPS, Peer
from benchmarks.journeys import BUDGET_STEPS, JourneyBill
from benchmarks.million_wakes import WRITES_A_PARTITION, Crowd
from benchmarks.partitions import Shared
from benchmarks.rendering import BOMB_BUDGET_MS, Renderer, Stopped
from benchmarks.spine import Bill

BUDGET_USD = 1.60  # for a million events in batches of 10


def imports(rows: list[dict[str, Any]]) -> Table:
    """Start-up of each function."""
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


def memory(rows: list[dict[str, Any]]) -> Table:
    """The peak of each function."""
    table = Table("function", "heaviest work", "peak MB", "budget")
    for row in rows:
        over = row["peak_mb"] > row["budget_mb"]
        peak = f"[red]{row['peak_mb']}[/]" if over else str(row["peak_mb"])
        table.add_row(row["function"], row["what"], peak, str(row["budget_mb"]))
    return table


def identity(costs: list[Cost]) -> Table:
    """What it costs to know a person."""
    table = Table("one of", "events before", "read units", "write units", "dollars a million")
    for cost in costs:
        figures = (cost.read_units, cost.write_units, cost.usd_per_million)
        table.add_row(cost.what, f"{cost.events_before:,}", *map(str, figures))
    return table


def decisions(figures: dict[str, Any]) -> Table:
    """How fast it is decided who is who."""
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


def live(figures: dict[str, Any]) -> Table:
    """What judging an event takes."""
    table = Table("one event, five segments touched", "CPU µs")
    for published, us in figures["us_an_event_by_published"].items():
        table.add_row(f"of {published:,} published", str(us))
    for events, us in figures["us_an_event_by_history"].items():
        table.add_row(f"of 1,000 published, {events:,} events before", str(us))
    return table


def rebuilds(figures: dict[str, Any]) -> Table:
    """What rebuilding segments takes, in three ways."""
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


def journeys(bills: list[JourneyBill]) -> Table:
    """What a million people in a journey cost."""
    names = [f"{bill.clock}, {bill.arrivals}" for bill in bills]
    table = Table("dollars a million people", *names)
    for name in sorted({name for bill in bills for name in bill.usd_by_price}):
        table.add_row(name, *[f"{bill.usd_by_price.get(name, 0):.2f}" for bill in bills])
    totals = [
        f"{bill.usd_per_million:.2f}"
        + (f" (budget {bill.budget_usd:.0f})" if bill.budget_usd else "")
        for bill in bills
    ]
    table.add_row("[bold]total[/]", *totals)
    rates = [f"{STEPS / bill.cpu_us * 1_000_000:,.0f}" for bill in bills]
    table.add_row("steps a CPU second with all that is stored, of the functions alone", *rates)
    return table


def _way(bill: Bill) -> str:
    return f"batches of {bill.batch}, {bill.people}" if bill.batch > 1 else "one event a request"


def cpu(bills: list[Bill], baseline: dict[str, float]) -> Table:
    """Processor time of an event."""
    table = Table("CPU µs an event", *bills[0].cpu_us, "together")
    for bill in bills:
        figures = [str(figure) for figure in bill.cpu_us.values()]
        table.add_row(_way(bill), *figures, str(round(sum(bill.cpu_us.values()), 1)))
    for name, figure in baseline.items():
        table.add_row(f"[dim]bare: {name}, one call[/]", *[""] * len(bills[0].cpu_us), str(figure))
    return table


def bill(bills: list[Bill]) -> Table:
    """Dollars of a million events."""
    table = Table("dollars a million events", *map(_way, bills))
    names = sorted({name for bill in bills for name in bill.usd_by_price})
    for name in names:
        table.add_row(name, *[f"{bill.usd_by_price.get(name, 0):.3f}" for bill in bills])
    table.add_row(
        f"[bold]total[/] (budget {BUDGET_USD:.2f} in batches of 10)",
        *[f"[bold]{bill.usd_per_million:.2f}[/]" for bill in bills],
    )
    return table


def ten_steps(ours: int, peers: list[Peer]) -> Table:
    """Steps a second of processor time, ours and theirs, and what differs."""
    table = Table("ten steps", "steps a CPU second", "by the clock", "Rapport is", "what it does")
    mine = f"{ours:,} (budget {BUDGET_STEPS:,})"
    table.add_row(
        "Rapport's interpreter",
        f"[red]{mine}[/]" if ours < BUDGET_STEPS else mine,
        "",
        "",
        "decides and writes the trace, in memory; nothing is kept",
    )
    for peer in peers:
        rates = (f"{peer.steps_a_second:,}", f"{peer.steps_a_second_by_the_clock:,}")
        ratio = f"{ours / peer.steps_a_second:,.1f} times as fast"
        table.add_row(peer.name, *rates, ratio, peer.difference)
    return table


def million_wakes(crowds: list[Crowd]) -> Table:
    """What a crowd asks of the due index, and of the sweep that brings it."""
    sizes = [f"{crowd.people:,}, {crowd.together} to a row" for crowd in crowds]
    table = Table("waits that end in one minute", *sizes)
    budget = f"(of {WRITES_A_PARTITION:,})"
    for words, told in (
        ("partitions", [crowd.partitions for crowd in crowds]),
        (
            f"write units a second in the fullest {budget}",
            [crowd.writes_a_second for crowd in crowds],
        ),
        ("sweeps, one a minute", [crowd.sweeps for crowd in crowds]),
        ("pages read", [crowd.calls["query"] for crowd in crowds]),
        ("calls of SQS", [crowd.calls["send_message_batch"] for crowd in crowds]),
        ("messages", [crowd.messages for crowd in crowds]),
        ("CPU seconds of all sweeps", [crowd.cpu_seconds for crowd in crowds]),
        ("seconds with the calls, if they take what is assumed", [c.seconds for c in crowds]),
        ("peak MB of a sweep", [crowd.peak_mb for crowd in crowds]),
    ):
        table.add_row(words, *[f"{figure:,}" for figure in told])
    return table


def renderers(all_of_them: list[Renderer]) -> Table:
    """What one email takes with each, and beside ours."""
    table = Table("renders one email", "CPU µs", "beside ours", "what is different")
    ours = all_of_them[0].us_per_email
    for each in all_of_them:
        beside = f"{each.us_per_email / ours:,.2f}"
        table.add_row(each.name, f"{each.us_per_email:,}", beside, each.difference)
    return table


def dispatched(done: Dispatched) -> Table:
    """What emails take from the queue to SES, beside a bare call of SES."""
    table = Table(
        "emails by dispatch_message", "a second of CPU", "CPU µs", "bare SES call, CPU µs"
    )
    table.add_column(f"computing, of the SES bill (budget {BUDGET_SHARE:.0%})")
    table.add_row(
        f"{done.emails:,}",
        f"{done.per_second:,}",
        f"{done.cpu_us:,}",
        f"{done.bare_cpu_us:,}",
        f"{done.share:.2%}",
    )
    return table


def bombs(stopped: list[Stopped]) -> Table:
    """How soon a template that never ends is refused."""
    table = Table("a bomb by", f"CPU ms until it is refused (budget {BOMB_BUDGET_MS})")
    for each in stopped:
        over = each.milliseconds >= BOMB_BUDGET_MS
        table.add_row(each.bomb, f"[red]{each.milliseconds}[/]" if over else f"{each.milliseconds}")
    return table


def partitions(shared: list[Shared]) -> Table:
    """Which partitions are nobody's own, and whether they take a million at once."""
    table = Table("partition", "of them", "writes a person", "writes a second each")
    for each in shared:
        over = each.writes_a_second > WRITES_A_PARTITION
        rate = f"{each.writes_a_second:,}"
        figures = (str(each.partitions), str(each.writes_a_person))
        table.add_row(each.name, *figures, f"[red]{rate}[/]" if over else rate)
    return table
