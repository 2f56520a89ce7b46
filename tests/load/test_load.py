"""Events under load and faults: each is somewhere, once, and nothing else is.

A fifth of all attempts of AWS calls fails. What must come of a story is counted by its generator.
"""

import gc
import json
import logging
import os
import tracemalloc
from base64 import b64decode
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from typing import Any

import pytest
from botocore.exceptions import ClientError

from shared.aws import keys
from shared.aws.items import to_item
from tests.conftest import CATALOG_TABLE, PROFILES_TABLE
from tests.load.__main__ import main
from tests.load.oracle import balance
from tests.load.run import Run
from tests.load.story import Story

FAULTS = 0.2
SMALL, MIDDLE, MILLION = 400, 5_000, 1_000_000
PARTS = 8  # of the million, each a deployment of its own
# What Python itself keeps more of with time: interned names, caches of patterns and types.
GIVE = 256 * 1024


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    """Each of many thousand faults would be in the log."""
    logging.disable(logging.CRITICAL)
    yield
    logging.disable(logging.NOTSET)


def lived(size: int, *, seed: int = 1, rate: float = FAULTS, **more: Any) -> Run:
    run = Run(Story(seed, size), rate, **more)
    run.go()
    return run


@pytest.mark.slow
def test_thousands_of_events_add_up(record_property: Callable[[str, object], None]) -> None:
    run = lived(MIDDLE, whole=False)
    record_property("counted", balance(run))
    assert run.weather.met.total() > 0.18 * run.weather.attempts
    assert min(run.weather.met.values()) > 0.04 * run.weather.attempts
    assert run.counts["messages again"]
    assert run.counts["stream batches again"]
    assert run.answers["503"], "no client was ever told to come again"
    assert run.rejected.total() + len(run.story.nobodys) > MIDDLE * 0.005
    assert run.story.told["duplicates"] > MIDDLE * 0.08
    assert run.story.told["late"] > MIDDLE * 0.04


@pytest.mark.slow
def test_they_add_up_through_all_of_botocore(
    record_property: Callable[[str, object], None],
) -> None:
    run = lived(SMALL, seed=2)
    record_property("counted", balance(run))
    assert run.weather.met.total() > 0.15 * run.weather.attempts


@pytest.mark.slow
def test_what_is_kept_does_not_grow_with_what_has_passed(
    record_property: Callable[[str, object], None],
) -> None:
    record_property("counted", kept_stays_flat(begin=700, step=80))


@pytest.mark.nightly
def test_what_is_kept_does_not_grow_with_very_much(
    record_property: Callable[[str, object], None],
) -> None:
    record_property("counted", kept_stays_flat(begin=2_000, step=6_000))


def kept_stays_flat(begin: int, step: int) -> str:
    """Weigh what is kept after so many events, when all clients are made, and after more."""
    kept: list[int] = []

    def weigh(run: Run, request: int) -> None:
        if len(kept) < 4 and run.story.told["good"] >= begin + step * len(kept):
            kept.append(beside_the_store())

    tracemalloc.start()
    try:
        size = 100 + (begin + 3 * step) * 5 // 4  # not all of them are good
        lived(size, seed=3, whole=False, every=weigh)
    finally:
        tracemalloc.stop()
    assert len(kept) == 4
    assert kept[3] < kept[0] + GIVE, kept
    texts = ", ".join(f"{each / 1024:,.0f}" for each in kept)
    return f"KB kept beside the store after {begin:,} events and each {step:,} more: {texts}"


def beside_the_store() -> int:
    """Bytes that are held by anything but these tests, which hold store and story."""
    gc.collect()
    ours = [tracemalloc.Filter(False, f"*/tests/{room}/*") for room in ("load", "crash")]
    snapshot = tracemalloc.take_snapshot().filter_traces(
        [*ours, tracemalloc.Filter(False, tracemalloc.__file__)]
    )
    return sum(each.size for each in snapshot.traces)


# --- whether the tests could fail -----------------------------------------------------------------


def lose_an_event(run: Run, pk: str, rows: dict[str, Any]) -> None:
    del rows[next(sk for sk in rows if sk.startswith(keys.EVENT_PREFIX))]


def apply_an_event_twice(run: Run, pk: str, rows: dict[str, Any]) -> None:
    sk = next(sk for sk in rows if sk.startswith(keys.EVENT_PREFIX))
    rows[f"{keys.EVENT_PREFIX}undated#{sk}"] = run.store.pack(
        {**run.store.unpack(rows[sk]), "sk": {"S": f"{keys.EVENT_PREFIX}undated#{sk}"}}
    )


def count_an_event_twice(run: Run, pk: str, rows: dict[str, Any]) -> None:
    sk = next(sk for sk in rows if sk.startswith(keys.COUNTER_PREFIX))
    row = run.store.unpack(rows[sk])
    day = next(name for name in row if name.startswith("d"))
    rows[sk] = run.store.pack({**row, day: {"N": str(int(row[day]["N"]) + 1)}})


def reject_without_a_reason(run: Run, pk: str, rows: dict[str, Any]) -> None:
    run.unsaid += 1


def bury_without_a_reason(run: Run, pk: str, rows: dict[str, Any]) -> None:
    run.letters['{"body":"?"}'] = ""


def forget_a_message(run: Run, pk: str, rows: dict[str, Any]) -> None:
    run.accepted += 1


@pytest.mark.parametrize(
    "spoil",
    [
        *(lose_an_event, apply_an_event_twice, count_an_event_twice),
        *(reject_without_a_reason, bury_without_a_reason, forget_a_message),
    ],
)
def test_the_balance_finds(spoil: Callable[[Run, str, dict[str, Any]], None]) -> None:
    run = lived(60, rate=0, whole=False)
    balance(run)
    found = run.store.tables[PROFILES_TABLE].items()
    pk, rows = next((pk, rows) for pk, rows in found if "#P#" in pk and keys.STATE in rows)
    spoil(run, pk, rows)
    with pytest.raises(AssertionError):
        balance(run)


@pytest.mark.slow
def test_the_store_answers_as_dynamodb_does(
    mocked_aws: Callable[[], Any], record_property: Callable[[str, object], None]
) -> None:
    run = Run(Story(5, 80), FAULTS)
    run.wire.journal = journal = []
    run.go()
    with mocked_aws() as judge:
        for each in run.definitions():
            judge.put_item(TableName=CATALOG_TABLE, Item=to_item(each))
        done: set[str] = set()
        for operation, asked, said in journal:
            # The mock knows no tokens: what was asked for twice is one transaction.
            if token := asked.pop("ClientRequestToken", ""):
                if token in done:
                    continue
                done.add(token)
            name = "".join(f"_{c.lower()}" if c.isupper() else c for c in operation)[1:]
            found = answer_of(getattr(judge, name), bytes_in(asked))
            assert plain(found) == plain(bytes_in(said)), (operation, asked)
    record_property("counted", f"{len(journal)} calls, all answered as DynamoDB does")


def answer_of(call: Callable[..., Any], asked: dict[str, Any]) -> Any:
    try:
        return call(**asked)
    except ClientError as error:
        return error.response["Error"]["Code"]


def bytes_in(node: Any) -> Any:
    """The same as the clients see it: on the wire bytes are base64."""
    match node:
        case {"B": str(text)}:
            return {"B": b64decode(text)}
        case dict():
            return {name: bytes_in(each) for name, each in node.items()}
        case list():
            return [bytes_in(each) for each in node]
        case _:
            return node


def plain(answer: Any) -> Any:
    """What we look at in an answer, without an order where there is none."""
    if isinstance(answer, str):
        return answer
    looked = {name: answer.get(name) for name in ("Item", "Items", "Attributes")}
    several = [item for items in answer.get("Responses", {}).values() for item in items]
    return json.dumps({**looked, "several": sorted(map(str, several))}, default=str)


# --- at night -------------------------------------------------------------------------------------


@pytest.mark.nightly
def test_a_million_events_add_up(record_property: Callable[[str, object], None]) -> None:
    size = int(os.environ.get("RAPPORT_LOAD_EVENTS", MILLION)) // PARTS
    with ProcessPoolExecutor(os.cpu_count(), get_context("spawn")) as pool:
        for said in pool.map(main, [size] * PARTS, range(100, 100 + PARTS)):
            record_property("counted", said)
