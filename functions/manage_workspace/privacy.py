"""What the routes of exports and erasures work with."""

from dataclasses import dataclass

from shared.aws.archives import Archives
from shared.aws.erasure_store import ErasureStore
from shared.aws.export_store import ExportStore
from shared.aws.person_reader import PersonReader
from shared.aws.queues import Queue


@dataclass(frozen=True, slots=True)
class Privacy:
    """Exports, erasures, and the queues of those who carry them out."""

    people: PersonReader
    exports: ExportStore
    archives: Archives
    export_queue: Queue
    erasures: ErasureStore
    erasure_queue: Queue
