"""The heaviest work of the function that replays the past: everybody, each run written down."""

import json
from collections.abc import Iterator
from typing import Final

from benchmarks.backtests import CART, OF_ONE, write_histories
from benchmarks.emulated_aws import LAKE
from benchmarks.stage import WORKSPACE, Peak, Stage

PEOPLE: Final = 20_000
_RESULT: Final = "results/histories.csv"


def backtest_journey(stage: Stage) -> Iterator[Peak]:
    """A month of everybody; memory does not depend on how many there are."""
    body = {**CART.model_dump(mode="json", exclude={"journey_id"}), "journey_id": CART.journey_id}
    stage.ask("PUT", f"/journeys/{CART.journey_id}", body)
    path = stage.folder / "histories.csv"
    write_histories(path, PEOPLE)
    with path.open("rb") as file:
        stage.aws.client("s3").put_object(Bucket=LAKE, Key=_RESULT, Body=file)
    stage.athena.answers(f"s3://{LAKE}/{_RESULT}")
    asked = {"first_day": "2026-11-03", "last_day": "2026-11-28", "runs": True}
    made = stage.ask("POST", f"/journeys/{CART.journey_id}/backtests", asked)["backtest"]
    work = json.dumps({"workspace_id": WORKSPACE, "backtest_id": made["backtest_id"]})
    ran = stage.from_queue("backtest_journey", [work], seconds=900)
    done = stage.ask("GET", f"/backtests/{made['backtest_id']}")["backtest"]
    assert done["status"] == "done", done
    assert done["events"] == PEOPLE * OF_ONE, done
    what = f"{done['events']:,} events, {done['report']['enrolments']:,} runs written down"
    yield Peak("backtest_journey", what, ran.peak_mb)
