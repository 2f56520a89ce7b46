"""What is looked at once when all scenarios of a session are over."""

import os
from collections.abc import Collection
from typing import Any, Final

from tests.scenarios import privileges
from tests.scenarios.leaks import leaks, people_of, places_of

LOOK_BACK: Final = "RAPPORT_LOOK_BACK"
"""The variable that lets every session look back, whatever its value."""


def look_back(stack: Any, modules: Collection[str], digest: str) -> None:
    """Nobody is named where nobody may be; and note which permissions were needed.

    `digest` says of which code the stack is made.
    """
    privileges.record(stack, modules, digest, os.getpid())
    people = people_of(stack.client, [stack.outputs["ProfilesTable"]])
    found = leaks(people, places_of(stack))
    assert found == [], f"{len(people)} names were looked for: {found[:20]}"
