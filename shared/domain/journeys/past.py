"""The closed sets of what can be said of somebody's past in a journey."""

from typing import Literal

Outcome = Literal[
    "entered",
    "held_out",
    "filtered",
    "too_old",
    "inside",
    "reentry",
    "before_it_was",
    "not_published",
    "paused",
    "not_yet",
]
"""What came of something that could have begun a journey."""

Status = Literal["draft", "published", "paused", "archived"]

By = Literal["definition", "timeline", "facts", "trace"]
"""What a decision followed from when it was made again: the definition and the clock alone; events
that the timeline still holds; the facts in the trace; or nothing any more, so that the trace was
believed."""
