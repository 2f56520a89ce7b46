"""What the admin API does with destinations of events."""

from typing import Final

from shared.domain.outbound.model import Destination
from shared.domain.workspace import destination_answers as answers
from shared.domain.workspace.operation import Operation
from shared.domain.workspace.tag_answers import Deleted

OPERATIONS: Final[tuple[Operation, ...]] = (
    Operation("list_destinations", "GET", "/destinations",
              "Where events go outside, and which.", answers.DestinationList),
    Operation("get_destination", "GET", "/destinations/{destination_id}",
              "Where some events go.", answers.DestinationAnswer),
    Operation("put_destination", "PUT", "/destinations/{destination_id}",
              "Let events go to a bus, a server or a bucket from now on.",
              answers.DestinationChanged, Destination),
    Operation("delete_destination", "DELETE", "/destinations/{destination_id}",
              "Let nothing go there any more, what is on its way included.", Deleted),
)  # fmt: skip
