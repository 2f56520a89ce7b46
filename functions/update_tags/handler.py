"""Judges people whom the stream, the queue of those who are due, or a build brings.

The stream brings enrolments as well, of which it tells the timelines, and which it counts.
"""

from collections import Counter
from datetime import UTC, datetime
from typing import Any

from functions.update_tags.batch import Outcome, judge_people, must_come_again, update_people
from functions.update_tags.wiring import enrolment_news, log, wiring
from shared.domain.due.batches import decode
from shared.runtime.batch import each_message
from shared.runtime.observability import count, flush, metrics

_metrics = metrics("update_tags")


@log.inject_lambda_context
def handle(event: dict[str, Any], context: object) -> Any:  # noqa: ANN401, ARG001 - as asked
    """Raises TransientError when a batch of the stream, or of a build, must come again."""
    try:
        match event:
            case {"Records": [{"eventSource": "aws:sqs"}, *_]}:
                return each_message(event, _judge_due, log)
            case {"Records": records}:
                outcome = update_people(records, *wiring(), _now, log)
                outcome.failed += enrolment_news().take_in(records, _now, log)
                _measure(outcome)
                must_come_again(outcome)
                return None
            case _:
                return _build(event["workspace_id"], event["profile_ids"])
    finally:
        flush(_metrics)


def _judge_due(record: dict[str, Any]) -> None:
    batch = decode(record["body"])
    now = max(_now(), batch.due_at)
    outcome = judge_people(batch.workspace_id, batch.names, *wiring(), lambda: now, log)
    _measure(outcome)
    must_come_again(outcome)


def _build(workspace_id: str, profile_ids: list[str]) -> dict[str, Any]:
    outcome = judge_people(workspace_id, profile_ids, *wiring(), _now, log)
    _measure(outcome)
    if outcome.failed > len(outcome.hopeless):
        must_come_again(outcome)
    members = dict(outcome.members)
    return {"people": outcome.people, "failed": outcome.hopeless, "members": members}


def _measure(outcome: Outcome) -> None:
    for name, times in Counter(fact.name for fact in outcome.facts).items():
        count(_metrics, f"{name}Published", times)
    count(_metrics, "PeopleFailed", outcome.failed)


def _now() -> datetime:
    """The instant in whole milliseconds, as rows keep it."""
    now = datetime.now(UTC)
    return now.replace(microsecond=now.microsecond // 1000 * 1000)
