"""`make bench`: measures, prints, and writes `benchmarks/results.json`."""

import json
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from rich.console import Console

from benchmarks import (
    backtests,
    bare,
    cold_imports,
    dispatching,
    journey_peers,
    journeys,
    live_segments,
    memory,
    million_wakes,
    rendering,
    segments_sql,
    tables,
)
from benchmarks import identity as who
from benchmarks.emulated_aws import PROFILES, EmulatedAws, emulated_aws
from benchmarks.identity_bill import IdentityBill
from benchmarks.meter import Meter
from benchmarks.partitions import Partitions
from benchmarks.spine import EVENTS, Spine
from shared.domain.due.timing import SHARDS

RESULTS = Path(__file__).parent / "results.json"
MANY_SEGMENTS = 50
WAYS = ((1, True), (10, True), (100, True), (10, False))
Figures = dict[str, Any]


def main() -> None:
    """Measure everything that there is to measure today."""
    console = Console()
    figures = {part.__name__.removeprefix("_"): part(console) for part in ALONE}
    figures |= _on_emulated_aws(console)
    RESULTS.write_text(json.dumps(figures, indent=2) + "\n")
    console.print(f"written to {RESULTS.relative_to(Path.cwd())}")


# --- what needs no AWS --------------------------------------------------------------------------


def _cold_imports(console: Console) -> list[Figures]:
    console.print(
        "[bold]Cold start[/] (import and clients) against a bare interpreter, CPU, best of seven"
    )
    rows = cold_imports.rows()
    console.print(tables.imports(rows))
    return rows


def _memory(console: Console) -> list[Figures]:
    console.print("[bold]Memory[/] of each function at most, on its heaviest work")
    peaks = memory.rows()
    console.print(tables.memory(peaks))
    return peaks


def _decisions(console: Console) -> Figures:
    console.print(f"[bold]Who is who[/]: {who.LINKS:,} identify and alias calls, one core")
    decisions = who.measure()
    console.print(tables.decisions(decisions))
    return decisions


def _live_segments(console: Console) -> Figures:
    console.print("[bold]Judging live[/]: an event against its segments, processor time")
    live = live_segments.measure()
    console.print(tables.live(live))
    return live


def _rebuilt_segments(console: Console) -> Figures:
    console.print(
        f"[bold]Rebuilding[/]: 10 segments over {segments_sql.EVENTS:,} events of "
        f"{segments_sql.PEOPLE:,} people, each in SQL"
    )
    rebuilds = segments_sql.measure()
    console.print(tables.rebuilds(rebuilds))
    return rebuilds


def _ten_steps(console: Console) -> Figures:
    console.print("[bold]Ten steps[/] of a journey, and who else goes through them")
    ours = journeys.steps_a_second()
    peers = journey_peers.measure()
    console.print(tables.ten_steps(ours, peers))
    return {"interpreter_steps_a_second": ours, "peers": [asdict(peer) for peer in peers]}


def _million_wakes(console: Console) -> list[Figures]:
    console.print("[bold]A million waits[/] that end in one minute, by the due index")
    crowds = million_wakes.measure()
    console.print(tables.million_wakes(crowds))
    return [asdict(crowd) for crowd in crowds]


def _rendering(console: Console) -> Figures:
    console.print("[bold]Rendering[/] one email, and stopping templates that never end")
    renderers, bombs = rendering.measure(), rendering.bombs()
    console.print(tables.renderers(renderers))
    console.print(tables.bombs(bombs))
    return {
        "renderers": [asdict(each) for each in renderers],
        "bombs": [asdict(each) for each in bombs],
    }


def _backtest(console: Console) -> Figures:
    console.print("[bold]A backtest[/], from the rows of its query to the report")
    figures = backtests.measure()
    console.print(
        f"{figures['events']:,} events in {figures['cpu_seconds']} CPU seconds,"
        f" {figures['enrolments']:,} runs, {figures['peak_mb']} MB at most"
    )
    return figures


ALONE: tuple[Callable[[Console], Any], ...] = (
    _cold_imports,
    _memory,
    _decisions,
    _live_segments,
    _rebuilt_segments,
    _ten_steps,
    _million_wakes,
    _backtest,
    _rendering,
)


# --- what is billed by an emulated AWS ----------------------------------------------------------


def _on_emulated_aws(console: Console) -> Figures:
    meter, partitions = Meter(), Partitions(PROFILES)
    meter.attach()
    partitions.attach()
    with emulated_aws() as aws:
        return {
            **_events(console, aws, meter),
            **_journeys(console, aws, meter, partitions),
            **_identity(console, meter),
            **_emails(console, aws, meter),
        }


def _events(console: Console, aws: EmulatedAws, meter: Meter) -> Figures:
    console.print(f"[bold]{EVENTS} events[/] from HTTP to segments, billed as AWS would")
    spine = Spine(aws, meter)
    bills = [
        spine.run(batch, one_person, f"bench{n}") for n, (batch, one_person) in enumerate(WAYS)
    ]
    baseline = bare.cpu_us_per_call(aws)
    spine.publish(live_segments.segments(MANY_SEGMENTS))
    many = [spine.run(10, True, "many")]
    console.print(tables.cpu(bills, baseline))
    console.print(tables.bill(bills))
    console.print(f"The same with {MANY_SEGMENTS} segments more, {live_segments.TOUCHED} touched")
    console.print(tables.bill(many))
    return {
        "bare_cpu_us_per_call": baseline,
        "events": [asdict(bill) for bill in bills],
        "events_with_many_segments": [asdict(bill) for bill in many],
    }


def _journeys(console: Console, aws: EmulatedAws, meter: Meter, partitions: Partitions) -> Figures:
    console.print(
        "[bold]A journey of ten steps[/] by each clock, and as people come, without delivery"
    )
    bench = journeys.JourneyBench(aws, meter)
    bills = []
    for clock in journeys.BUDGET_USD:
        partitions.reset()
        bills.append(bench.bill(clock))
        if clock == "due_index":
            shared = partitions.shared(journeys.PEOPLE + 1, SHARDS)
            bills += [bench.bill(clock, way) for way in journeys.ARRIVALS[1:]]
    console.print(tables.journeys(bills))
    console.print("Partitions that its people share by the due index, when a million write at once")
    console.print(tables.partitions(shared))
    return {
        "journeys": [asdict(bill) for bill in bills],
        "journey_partitions": [asdict(each) for each in shared],
    }


def _identity(console: Console, meter: Meter) -> Figures:
    console.print("[bold]Knowing a person[/], billed by DynamoDB")
    costs = IdentityBill(meter).costs()
    console.print(tables.identity(costs))
    return {"identity_bill": [asdict(cost) for cost in costs]}


def _emails(console: Console, aws: EmulatedAws, meter: Meter) -> Figures:
    console.print("[bold]Emails[/] from the queue to SES")
    done = dispatching.measure(aws, meter)
    console.print(tables.dispatched(done))
    return {"dispatched": {**asdict(done), "share": done.share}}


if __name__ == "__main__":
    main()
