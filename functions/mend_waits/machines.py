"""What starts executions anew: the ports of journeys, and machines that begin anywhere."""

from functions.mend_waits.settings import Settings
from shared.aws.executions import publish_machine
from shared.aws.journey_ports import JourneyPorts
from shared.aws.outbox import RequestsOutbox
from shared.aws.session import client
from shared.domain.journeys.definition import Journey
from shared.domain.journeys.restarting import Restarter
from shared.domain.workspace.model import DEFAULT_WORKSPACE


def open_restarter(settings: Settings) -> Restarter:
    """That of a function that has just started."""
    ports = JourneyPorts.open(settings.profiles_table, settings.catalog_table)
    machines = ports.machine_clock()
    outbox = RequestsOutbox.open(
        settings.messages_queue_url, settings.broadcast_queue_url, settings.actions_queue_url
    )
    publishing = _Publishing(settings)
    progress = ports.progress({"step_functions": machines})
    return Restarter(progress, machines, outbox, publishing.machine)


class _Publishing:
    """Machines that begin anywhere, of whichever version of a journey; each is made once."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._made: dict[tuple[str, int], str] = {}

    def machine(self, journey: Journey, version: int) -> str:
        """The ARN of the one of this version; raises TransientError."""
        name = journey.journey_id, version
        if name not in self._made:
            self._made[name] = self._publish(journey, version)
        return self._made[name]

    def _publish(self, journey: Journey, version: int) -> str:
        return publish_machine(
            client("stepfunctions"),
            workspace_id=DEFAULT_WORKSPACE,
            journey=journey,
            version=version,
            role_arn=self._settings.journey_role_arn,
            run_step_arn=self._settings.run_step_arn,
            resumes=True,
        )
