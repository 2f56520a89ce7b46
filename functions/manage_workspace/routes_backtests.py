"""Backtests of journeys, and what a journey costs before anybody is in it."""

from contextlib import suppress
from datetime import UTC, timedelta
from graphlib import CycleError
from typing import Final

from pydantic import TypeAdapter

from functions.manage_workspace.definitions import find
from functions.manage_workspace.parsing import parse
from functions.manage_workspace.ports import Call, Ports
from shared.domain.access.needs import needed_for
from shared.domain.access.roles import may
from shared.domain.backtests.model import Backtest, runs_key
from shared.domain.days import day_start
from shared.domain.instants import format_instant
from shared.domain.journeys.clock import to_milliseconds
from shared.domain.journeys.definition import Journey
from shared.domain.messages.model import AnyTemplate
from shared.domain.workspace import backtest_answers as answers
from shared.errors import InvalidInputError, NotFoundError

_ASKED: Final = TypeAdapter(answers.BacktestAsked)
_COST: Final = TypeAdapter(answers.CostAsked)
_JSON_LINES: Final = "application/x-ndjson"
_DAY: Final = timedelta(days=1)


def backtest_journey(ports: Ports, call: Call) -> answers.BacktestAnswer:
    """Ask for a backtest."""
    asked, now = parse(_ASKED, call.body), to_milliseconds(ports.now())
    journey, version = _version(ports, call.path["journey_id"], asked.version)
    zone = ports.published.settings(ports.workspace_id).zone
    since = day_start(asked.first_day, zone)
    until = min(day_start(asked.last_day + _DAY, zone), now)
    if since >= until:
        raise InvalidInputError("that day is still to come", where="first_day")
    backtest = Backtest(
        backtest_id=ports.new_id(),
        journey_id=journey.journey_id,
        version=version,
        first_day=asked.first_day,
        last_day=asked.last_day,
        since=since,
        until=until,
        requested_at=now,
        runs=asked.runs,
    )
    ports.backtests.backtests.put(ports.workspace_id, backtest)
    work = {"workspace_id": ports.workspace_id, "backtest_id": backtest.backtest_id}
    ports.backtests.queue.send_json(work)
    return {"success": True, "backtest": _state(ports, backtest)}


def get_backtest(ports: Ports, call: Call) -> answers.BacktestAnswer:
    """One backtest."""
    found = ports.backtests.backtests.load(ports.workspace_id, call.path["backtest_id"])
    return {"success": True, "backtest": _state(ports, found)}


def preview_cost(ports: Ports, call: Call) -> answers.CostAnswer:
    """What a journey costs for so many people, whichever ways they take."""
    # What renders and weighs is needed here and nowhere else in this function.
    from shared.domain.backtests.telling import told_cost
    from shared.domain.costs.preview import preview

    asked = parse(_COST, call.body)
    journey, version = _version(ports, call.path["journey_id"], asked.version)
    settings = ports.published.settings(ports.workspace_id)
    now, templates = ports.now().astimezone(settings.zone), _templates(ports, journey)
    try:
        found = preview(journey, templates, asked.traits, now, settings.public_url)
    except CycleError as error:
        raise InvalidInputError("it goes in a circle: check the journey", where="steps") from error
    told = told_cost(journey, version, found, asked.people, asked.budget_usd)
    return {"success": True, "cost": told}


def _version(ports: Ports, journey_id: str, version: int | None) -> tuple[Journey, int]:
    """A version of a journey, the newest unless told; raises NotFoundError."""
    newest = find(ports.edit(), "JOURNEY", journey_id).version
    wanted = version or newest
    return ports.published.journey(ports.workspace_id, journey_id, wanted).journey, wanted


def _templates(ports: Ports, journey: Journey) -> dict[str, AnyTemplate]:
    from shared.domain.costs.preview import templates_of

    found: dict[str, AnyTemplate] = {}
    for name in templates_of(journey):
        with suppress(NotFoundError):  # the preview says so
            pinned = journey.template_versions.get(name, 0)
            found[name] = ports.published.template(ports.workspace_id, name, pinned)
    return found


def _state(ports: Ports, backtest: Backtest) -> answers.BacktestState:
    report = None
    if backtest.status == "done":
        from shared.domain.backtests.telling import told

        found = ports.backtests.backtests.report(ports.workspace_id, backtest.backtest_id)
        report = told(found) if found else None
    return {
        "backtest_id": backtest.backtest_id,
        "journey_id": backtest.journey_id,
        "version": backtest.version,
        "first_day": backtest.first_day.isoformat(),
        "last_day": backtest.last_day.isoformat(),
        "until": format_instant(backtest.until.astimezone(UTC)),
        "status": backtest.status,
        "reason": backtest.reason,
        "requested_at": format_instant(backtest.requested_at),
        "finished_at": format_instant(backtest.finished_at) if backtest.finished_at else None,
        "expires_at": format_instant(backtest.expires_at),
        "people": backtest.people,
        "events": backtest.events,
        "done_share": backtest.done_share,
        "report": report,
        "runs_urls": _links(ports, backtest) if report else [],
    }


def _links(ports: Ports, backtest: Backtest) -> list[str]:
    """The files of runs, which hold people: for those who may ask for them."""
    if not may(ports.operator.role, needed_for("backtest_journey")):
        return []
    places = (runs_key(ports.workspace_id, backtest.backtest_id, n) for n in range(backtest.pieces))
    return [ports.backtests.archives.link(place, _JSON_LINES) for place in places]
