"""The most memory that each function takes, on the heaviest work that it can be handed.

Functions run in processes of their own, from the zips that ship, against an AWS that is emulated in
another process. Each work is looked at afterwards: what was not really done fails the bench.
"""

import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

from benchmarks import (
    heavy_actions,
    heavy_backtest,
    heavy_broadcasts,
    heavy_events,
    heavy_feedback,
    heavy_journeys,
    heavy_moves,
    heavy_outside,
    heavy_people,
    heavy_person,
    heavy_recovery,
)
from benchmarks.emulated_aws import LAKE, emulated_aws
from benchmarks.lake_stub import stubbed_athena
from benchmarks.stage import ARCHIVES, IMPORTS, WORKSPACE, Peak, Stage
from infra.constructs.bundle import Bundles
from infra.constructs.platform import Platform

BUDGET_MB: Final = 256

Work = Callable[[Stage], Iterator[Peak]]
# By function, in this order: later works stand on what earlier ones have left behind.
WORKS: Final[Mapping[str, Work]] = {
    "ingest_events": heavy_events.ingest_events,
    "review_identity": heavy_people.review_identity,
    "gather_audience": heavy_people.gather_audience,
    "sweep_due": heavy_people.sweep_due,
    "merge_identity": heavy_events.merge_identity,
    "update_tags": heavy_events.update_tags,
    "write_lake": heavy_events.write_lake,
    "build_segments": heavy_people.build_segments,
    "advance_journeys": heavy_journeys.advance_journeys,
    "run_step": heavy_journeys.run_step,
    "dispatch_message": heavy_journeys.dispatch_message,
    "answer_links": heavy_feedback.answer_links,
    "record_feedback": heavy_feedback.record_feedback,
    "perform_action": heavy_actions.perform_action,
    "wake_enrolments": heavy_journeys.wake_enrolments,
    "move_enrolments": heavy_moves.move_enrolments,
    "manage_workspace": heavy_person.manage_workspace,
    "run_broadcasts": heavy_broadcasts.run_broadcasts,
    "backtest_journey": heavy_backtest.backtest_journey,
    "import_records": heavy_person.import_records,
    "serve_inbox": heavy_outside.serve_inbox,
    "serve_console": heavy_outside.serve_console,
    "receive_callbacks": heavy_outside.receive_callbacks,
    "forward_events": heavy_outside.forward_events,
    "replay_lake": heavy_recovery.replay_lake,
    "mend_waits": heavy_recovery.mend_waits,
    "export_person": heavy_person.export_person,
    "erase_person": heavy_person.erase_person,
}


def measure() -> Iterator[Peak]:
    """The peaks of all functions; raises AssertionError when one has not done its work."""
    with (
        tempfile.TemporaryDirectory() as folder,
        emulated_aws() as aws,
        stubbed_athena() as athena,
    ):
        for bucket in (IMPORTS, ARCHIVES):
            aws.client("s3").create_bucket(Bucket=bucket)
        aws.queues["wakes"] = aws.client("sqs").create_queue(QueueName="wakes")["QueueUrl"]
        settings = {
            "AWS_ENDPOINT_URL_ATHENA": athena.endpoint,
            "IMPORTS_BUCKET": IMPORTS,
            "ARCHIVE_BUCKET": ARCHIVES,
            "LAKE_BUCKET": LAKE,
            "QUEUE_URL": aws.queues["events"],
            "DEAD_LETTER_QUEUE_URLS": aws.queues["events-dead"],
            "SETTLE_SECONDS": "0",
            "WAKES_QUEUE_URL": aws.queues["wakes"],
            "WORKSPACE_IDS": WORKSPACE,
        }
        stage = Stage(aws, athena, Bundles(Platform.of("host", "")), Path(folder), settings)
        heavy_events.publish(stage)
        heavy_journeys.publish(stage)
        heavy_people.gather(stage)
        for work in WORKS.values():
            yield from work(stage)


def rows() -> list[dict[str, Any]]:
    """The measurement as plain data, in the order of the functions' names."""
    peaks = sorted(measure(), key=lambda peak: peak.function)
    return [
        {**asdict(peak), "peak_mb": round(peak.peak_mb, 1), "budget_mb": BUDGET_MB}
        for peak in peaks
    ]
