"""How many, over all people: summed from the tallies that the transactions keep."""

from typing import Final

from functions.manage_workspace.ports import Call, Ports
from shared.aws.catalog_writer import Definition
from shared.domain.workspace import answers

# Messages that ended before a channel was known are counted under `none`.
CHANNELS: Final = ("email", "sms", "none")


def get_figures(ports: Ports, call: Call) -> answers.FiguresAnswer:  # noqa: ARG001
    """Segment sizes, enrolments by journey and outcome, messages by channel and status."""
    edit = ports.edit()
    messages = {
        channel: ports.figures.of(ports.workspace_id, "MESSAGE", channel) for channel in CHANNELS
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
