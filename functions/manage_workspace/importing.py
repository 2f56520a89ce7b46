"""What the routes of imports work with."""

from dataclasses import dataclass

from shared.aws.import_store import ImportStore
from shared.aws.import_store_files import ImportFiles
from shared.aws.queues import Queue


@dataclass(frozen=True, slots=True)
class Importing:
    """Imports, their files, and the queue by which they go on."""

    jobs: ImportStore
    files: ImportFiles
    queue: Queue
