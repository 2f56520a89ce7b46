"""What the admin API does with lists."""

from typing import Final

from shared.domain.lists.model import ListDefinition
from shared.domain.workspace import list_answers as answers
from shared.domain.workspace.bodies import ListChange
from shared.domain.workspace.operation import Operation
from shared.domain.workspace.tag_answers import Deleted, Said

OPERATIONS: Final[tuple[Operation, ...]] = (
    Operation("list_lists", "GET", "/lists", "All lists.", answers.ListOfLists),
    Operation("get_list", "GET", "/lists/{list_id}", "One list.", answers.ListAnswer),
    Operation("put_list", "PUT", "/lists/{list_id}", "Create or replace a list; its members stay.",
              answers.ListChanged, ListDefinition),
    Operation("delete_list", "DELETE", "/lists/{list_id}",
              "Delete a list, unless something refers to it.", Deleted),
    Operation("change_members", "POST", "/lists/{list_id}/members",
              "Put people on a list and take others off it: an event in each one's timeline.",
              Said, ListChange),
)  # fmt: skip
