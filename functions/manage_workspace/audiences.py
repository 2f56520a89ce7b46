"""What the routes of audiences and builds work with."""

from dataclasses import dataclass

from shared.aws.archives import Archives
from shared.aws.audience_queries import AudienceQueries
from shared.aws.audience_store import AudienceStore
from shared.aws.build_machine import BuildMachine
from shared.aws.build_store import BuildStore
from shared.aws.queues import Queue


@dataclass(frozen=True, slots=True)
class AudienceDesk:
    """Builds and their machine; audiences, where they are counted and who writes them down."""

    builds: BuildStore
    machine: BuildMachine
    queries: AudienceQueries
    audiences: AudienceStore
    archives: Archives
    queue: Queue
