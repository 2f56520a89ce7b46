"""How many, over all people: summed from the tallies."""

from collections.abc import Mapping
from typing import Final

from functions.manage_workspace import definitions
from functions.manage_workspace.parsing import whole_number
from functions.manage_workspace.ports import Call, Ports
from shared.aws.catalog_writer import Definition
from shared.aws.journey_counts import steps_subject
from shared.domain.journeys.counting import HERE, WENT
from shared.domain.messages.channels import CHANNELS
from shared.domain.workspace import answers
from shared.errors import NotFoundError

# Messages that ended before a channel was known are counted under `none`.
COUNTED: Final = (*CHANNELS, "none")


def get_figures(ports: Ports, call: Call) -> answers.FiguresAnswer:  # noqa: ARG001
    """Segment sizes, enrolments by journey and outcome, messages by channel and status."""
    edit = ports.edit()
    messages = {
        channel: ports.figures.of(ports.workspace_id, "MESSAGE", channel) for channel in COUNTED
    }
    return {
        "success": True,
        "figures": {
            "segments": {
                one.definition_id: ports.figures.of(
                    ports.workspace_id, "SEGMENT", one.definition_id
                ).get("members", 0)
                for one in edit.all("SEGMENT")
            },
            "journeys": {one.definition_id: _journey(ports, one) for one in edit.all("JOURNEY")},
            "messages": {channel: counted for channel, counted in messages.items() if counted},
        },
    }


def get_journey_figures(ports: Ports, call: Call) -> answers.JourneySteps:
    """What became of people at each step; raises NotFoundError for a version that is not there."""
    journey = definitions.find(ports.edit(), "JOURNEY", call.path["journey_id"])
    journey_id = journey.definition_id
    wanted = call.query.get("version")
    version = (
        whole_number(wanted, "version", journey.version) if wanted else journey.published_version
    )
    if version is None:
        raise NotFoundError(f'nobody has ever entered "{journey_id}"', hint="publish it first")
    known = ports.published.journey(ports.workspace_id, journey_id, version).journey
    counted = ports.figures.of(ports.workspace_id, "STEPS", steps_subject(journey_id, version))
    return {
        "success": True,
        "journey_id": journey_id,
        "version": version,
        "figures": _journey(ports, journey),
        "steps": [_step(step.name, counted) for step in known.steps],
    }


def _step(name: str, counted: Mapping[str, int]) -> answers.StepFigures:
    way = f"{WENT}:{name}:"
    ways = {key.removeprefix(way): n for key, n in counted.items() if key.startswith(way)}
    here = counted.get(f"{HERE}:{name}", 0)
    return {"step": name, "here": here, "passed": sum(ways.values()), "ways": ways}


def _journey(ports: Ports, journey: Definition) -> answers.JourneyFigures:
    tally = ports.figures.of(ports.workspace_id, "JOURNEY", journey.definition_id)
    exited = {
        name.removeprefix("exited:"): n for name, n in tally.items() if name.startswith("exited:")
    }
    started, completed = tally.get("started", 0), tally.get("completed", 0)
    return {
        "status": journey.status,
        "started": started,
        "active": started - completed - sum(exited.values()),
        "completed": completed,
        "exited": exited,
    }
