"""What the admin API does about replays of the lake."""

from typing import Final

from shared.domain.workspace import replay_answers as answers
from shared.domain.workspace.operation import Operation

OPERATIONS: Final[tuple[Operation, ...]] = (
    Operation("start_replay", "POST", "/replays",
              "Make people again from the lake, in whole or from a day on. What is there stays as "
              "it is. Nobody is told anything only while the settings say restoring: true.",
              answers.ReplayChanged, answers.NewReplay),
    Operation("list_replays", "GET", "/replays", "All replays.", answers.ReplayList),
    Operation("get_replay", "GET", "/replays/{replay_id}", "How far a replay is.",
              answers.ReplayAnswer),
)  # fmt: skip
