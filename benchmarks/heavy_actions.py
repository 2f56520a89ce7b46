"""The heaviest work of what journeys do beside sending."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Final

from benchmarks.heavy_events import LONG
from benchmarks.stage import WORKSPACE, Peak, Stage
from shared.domain.events.own import LISTED, TAGGED, UPDATED, WEBHOOK_CALLED
from shared.domain.events.packing import decode
from shared.domain.journeys.actions import Action, ActionRequest, Update, Webhook

_ACTIONS: Final = 5  # a batch of perform_action
_WRITTEN: Final = 20  # traits, tags and lists, of each as many as an update may have
_SENT: Final = 50  # values of the body of a webhook
_LONG: Final = "x" * 1_000
# Not an address of the public internet: the whole call is made ready, and nobody is called.
_NOWHERE: Final = "https://127.0.0.1/hook"


def perform_action(stage: Stage) -> Iterator[Peak]:
    """A full batch of the longest updates, and one of the longest calls of a server."""
    names = [f"written-{n}" for n in range(_WRITTEN)]
    update = Update(
        traits=dict.fromkeys(names, _LONG),
        tags=dict.fromkeys(names, _LONG),
        lists=dict.fromkeys(names, True),
    )
    webhook = Webhook(url=_NOWHERE, body={f"value-{n}": _LONG for n in range(_SENT)})
    for _ in stage.aws.drain("events"):  # of the works before
        pass
    ran = stage.from_queue("perform_action", _batch(stage, update), _batch(stage, webhook))
    bodies = (record["body"] for batch in stage.aws.drain("events") for record in batch)
    told = [event.name for body in bodies for event in decode(body)]
    expected = {UPDATED: 1, TAGGED: _WRITTEN, LISTED: _WRITTEN, WEBHOOK_CALLED: 1}
    counted = {name: told.count(name) for name in expected}
    assert counted == {name: _ACTIONS * times for name, times in expected.items()}, counted
    what = f"{_ACTIONS} updates of {3 * _WRITTEN} things, and {_ACTIONS} calls of {_SENT} values"
    yield Peak("perform_action", what, ran.peak_mb)


def _batch(stage: Stage, action: Action) -> list[str]:
    strand = stage.strand(LONG)
    return [
        ActionRequest(
            workspace_id=WORKSPACE,
            profile_id=strand,
            action_id=f"{action.type}-{n}",
            enrolment_id=f"heavy-{n}",
            journey_id="heavy",
            journey_version=1,
            step="act",
            visit=1,
            asked_at=datetime.now(UTC),
            action=action,
        ).to_body()
        for n in range(_ACTIONS)
    ]
