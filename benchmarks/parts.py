"""The parts of the bench: what is measured, each in a process of its own.

`python -m benchmarks.parts NAME FILE` measures one and writes its figures to a file. What a part
needs is imported when it runs, so that one that is broken takes no other with it.
"""

import json
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from benchmarks.emulated_aws import EmulatedAws
    from benchmarks.meter import Meter

Figures = dict[str, Any]
MANY_SEGMENTS: Final = 50


@contextmanager
def _metered() -> "Iterator[tuple[EmulatedAws, Meter]]":
    """An emulated AWS, and what it bills to the functions."""
    from benchmarks.emulated_aws import emulated_aws
    from benchmarks.meter import Meter

    meter = Meter()
    meter.attach()  # before the first client is made
    with emulated_aws() as aws:
        yield aws, meter


# --- the bill -----------------------------------------------------------------------------------


def _events() -> Figures:
    """A thousand events from HTTP to segments, in four ways of sending them."""
    from benchmarks import bare, live_segments
    from benchmarks.spine import WAYS, Spine

    with _metered() as (aws, meter):
        spine = Spine(aws, meter)
        bills = [spine.run(batch, one, f"bench{n}") for n, (batch, one) in enumerate(WAYS)]
        baseline = bare.cpu_us_per_call(aws)
        spine.publish(live_segments.segments(MANY_SEGMENTS))
        many = spine.run(10, True, "many")
    return {
        "bare_cpu_us_per_call": baseline,
        "ways": [asdict(bill) for bill in bills],
        "many_segments": {"published": MANY_SEGMENTS, **asdict(many)},
    }


def _journeys() -> Figures:
    """People in a journey of ten steps, by each clock and as they come."""
    from benchmarks import journeys
    from benchmarks.emulated_aws import PROFILES
    from benchmarks.partitions import Partitions
    from shared.domain.due.timing import SHARDS

    partitions = Partitions(PROFILES)
    partitions.attach()
    with _metered() as (aws, meter):
        bench = journeys.JourneyBench(aws, meter)
        partitions.reset()
        bills = [bench.bill("due_index")]
        shared = partitions.shared(journeys.PEOPLE + 1, SHARDS)
        bills += [bench.bill("due_index", way) for way in journeys.ARRIVALS[1:]]
        bills.append(bench.bill("step_functions"))
    return {
        "clocks": [asdict(bill) for bill in bills],
        "partitions": [asdict(each) for each in shared],
    }


def _messages() -> Figures:
    """Emails from the queue to SES, what comes back of them included."""
    from benchmarks import dispatching

    with _metered() as (aws, meter):
        return asdict(dispatching.measure(aws, meter))


def _identity() -> Figures:
    """What DynamoDB bills for knowing a person."""
    from benchmarks.identity_bill import IdentityBill

    with _metered() as (_, meter):
        return {"costs": [asdict(cost) for cost in IdentityBill(meter).costs()]}


# --- speed --------------------------------------------------------------------------------------


def _start() -> Figures:
    """Cold start, memory and package of every function."""
    from benchmarks import cold_imports

    return cold_imports.figures()


def _memory() -> Figures:
    """The peak of every function on its heaviest work."""
    from benchmarks import memory

    return {"peaks": memory.rows()}


def _flip() -> Figures:
    """One event until a message is claimed, everything by itself."""
    from benchmarks import flip

    with _metered() as (aws, meter):
        return flip.measure(aws, meter)


# --- growth -------------------------------------------------------------------------------------


def _growth() -> Figures:
    """An event by what was there before: events of the person, and segments."""
    from benchmarks import growth

    with _metered() as (aws, meter):
        return growth.measure(aws, meter)


def _people() -> Figures:
    """An event by how many people there are."""
    from benchmarks import growth
    from benchmarks.meter import Meter

    meter = Meter()
    meter.attach()
    return {"events": growth.EVENTS, "people": growth.measure_people(meter)}


def _live_segments() -> Figures:
    """Judging an event in memory, by segments and by history."""
    from benchmarks import live_segments

    return live_segments.measure()


def _million_wakes() -> Figures:
    """Waits of a million people that end in one minute."""
    from benchmarks import million_wakes

    return {"crowds": [asdict(crowd) for crowd in million_wakes.measure()]}


# --- peers --------------------------------------------------------------------------------------


def _ten_steps() -> Figures:
    """The interpreter, and who else goes through the same ten steps."""
    from benchmarks import journey_peers, journeys

    ours = journeys.steps_a_second()
    return {"steps_a_second": ours, "peers": [asdict(peer) for peer in journey_peers.measure()]}


def _decisions() -> Figures:
    """Who is who, beside what only finds connected parts."""
    from benchmarks import identity

    return identity.measure()


def _rebuilt_segments() -> Figures:
    """Segments by generated SQL, by hand, and by ClickHouse."""
    from benchmarks import segments_sql

    return segments_sql.measure()


def _rendering() -> Figures:
    """One email by several engines, and templates that never end."""
    from benchmarks import rendering

    return {
        "renderers": [asdict(each) for each in rendering.measure()],
        "bombs": [asdict(each) for each in rendering.bombs()],
    }


def _backtest() -> Figures:
    """A million events played again."""
    from benchmarks import backtests

    return backtests.measure()


def _check() -> Figures:
    """How long the full check takes."""
    from benchmarks import checking

    return checking.measure()


PARTS: Final[Mapping[str, Callable[[], Figures]]] = {
    "events": _events,
    "journeys": _journeys,
    "messages": _messages,
    "identity": _identity,
    "start": _start,
    "flip": _flip,
    "growth": _growth,
    "people": _people,
    "live_segments": _live_segments,
    "million_wakes": _million_wakes,
    "ten_steps": _ten_steps,
    "decisions": _decisions,
    "rebuilt_segments": _rebuilt_segments,
    "rendering": _rendering,
    "backtest": _backtest,
    "memory": _memory,
    "check": _check,
}


def main(name: str, file: str) -> None:
    """Measure one part."""
    Path(file).write_text(json.dumps(PARTS[name]()))


if __name__ == "__main__":
    main(*sys.argv[1:])
