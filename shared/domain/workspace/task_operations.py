"""What the admin API does with tasks, and with journeys that are entered by call."""

from typing import Final

from shared.domain.workspace.bodies import NewCall
from shared.domain.workspace.operation import PAGE, Operation, Query
from shared.domain.workspace.tag_answers import Said
from shared.domain.workspace.task_answers import TaskDone, TaskList

OPERATIONS: Final[tuple[Operation, ...]] = (
    Operation("call_journey", "POST", "/journeys/{journey_id}/calls",
              "Let people enter a journey that is entered by call; each gets an event of it.",
              Said, NewCall),
    Operation("list_tasks", "GET", "/tasks",
              "A page of the tasks that journeys gave and that are not done, those that are due "
              "first in front.", TaskList,
              query=(Query("to", "only those of this person or team"), *PAGE)),
    Operation("finish_task", "POST", "/tasks/{task_id}/done",
              "A task is done: the journey that waits for it goes on.", TaskDone),
)  # fmt: skip
