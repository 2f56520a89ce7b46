"""What can be wrong with a definition."""

from typing import NamedTuple


class Problem(NamedTuple):
    """One thing wrong: a path such as `steps[2].next`, and what, with a way out of it."""

    path: str
    message: str
