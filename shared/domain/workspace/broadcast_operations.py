"""What the admin API does with broadcasts."""

from typing import Final

from shared.domain.workspace import broadcast_answers as answers
from shared.domain.workspace.operation import Operation

OPERATIONS: Final[tuple[Operation, ...]] = (
    Operation("list_broadcasts", "GET", "/broadcasts", "The latest broadcasts.",
              answers.BroadcastList),
    Operation("preview_broadcast", "POST", "/broadcasts/preview",
              "Say how many a broadcast would ask if it began now, and when, and begin nothing.",
              answers.BroadcastPreview, answers.NewBroadcast),
    Operation("start_broadcast", "PUT", "/broadcasts/{broadcast_id}",
              "Ask an audience into a journey that is entered by call, once for each id.",
              answers.BroadcastStarted, answers.NewBroadcast),
    Operation("get_broadcast", "GET", "/broadcasts/{broadcast_id}",
              "One broadcast: how far it is, by wave, and what came of its sample.",
              answers.BroadcastAnswer),
    Operation("pause_broadcast", "POST", "/broadcasts/{broadcast_id}/pause",
              "Stop asking people, within a batch too.", answers.BroadcastAnswer),
    Operation("resume_broadcast", "POST", "/broadcasts/{broadcast_id}/resume",
              "Go on with the first person who was not asked.", answers.BroadcastAnswer),
    Operation("cancel_broadcast", "POST", "/broadcasts/{broadcast_id}/cancel",
              "Ask nobody any more; who was asked stays in the journey.", answers.BroadcastAnswer),
)  # fmt: skip
