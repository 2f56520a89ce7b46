"""What the admin API does with those inside a journey, and with journeys that are over."""

from typing import Final

from shared.domain.workspace import move_answers as answers
from shared.domain.workspace.operation import Operation

OPERATIONS: Final[tuple[Operation, ...]] = (
    Operation("plan_move", "POST", "/journeys/{journey_id}/moves",
              "Count who stands where under older versions of a journey, and say where each would "
              "go in the published one. Ask for the move until it is `counted`.",
              answers.MoveAnswer),
    Operation("list_moves", "GET", "/journeys/{journey_id}/moves",
              "The latest moves of a journey.", answers.MoveList),
    Operation("get_move", "GET", "/journeys/{journey_id}/moves/{move}",
              "One move: who stands where, and how far it is.", answers.MoveAnswer),
    Operation("run_move", "POST", "/journeys/{journey_id}/moves/{move}/run",
              "Move those who were counted. Every step that is not kept needs a choice.",
              answers.MoveAnswer, answers.MoveChoices, body_required=False),
    Operation("retry_move", "POST", "/journeys/{journey_id}/moves/{move}/retry",
              "Carry a move on that failed, from where it stands.", answers.MoveAnswer),
    Operation("archive_journey", "POST", "/journeys/{journey_id}/archive",
              "Let nobody enter any more. Those inside stay and go on, or end now.",
              answers.JourneyArchived, answers.Archiving, body_required=False),
    Operation("delete_journey", "DELETE", "/journeys/{journey_id}",
              "Delete a journey with its state machines. It was never published, or it is archived "
              "and a move that was begun since has found nobody inside.",
              answers.JourneyDeleted),
)  # fmt: skip
