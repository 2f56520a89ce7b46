"""What the admin API says of the past of one person in a journey."""

from typing import Final

from shared.domain.workspace import past_answers as answers
from shared.domain.workspace.operation import Operation, Query

_PERSON: Final = (
    Query("kind", "kind of the identifier: user_id, anonymous_id, or profile_id itself", True),
    Query("value", "the identifier", True),
)

OPERATIONS: Final[tuple[Operation, ...]] = (
    Operation("explain_journey", "GET", "/journeys/{journey_id}/why",
              "Why somebody entered a journey or did not, by which rule, where the person stands, "
              "and what was decided because of what, each message with its outcome.",
              answers.WhyAnswer,
              query=(*_PERSON, Query("step", "of one step only"))),
    Operation("replay_enrolment", "GET", "/profiles/{profile_id}/enrolments/{enrolment_id}/replay",
              "Run an enrolment again from its trace and what is still known of the past, and "
              "compare it line by line. The profile is the one in which the enrolment lies.",
              answers.ReplayAnswer),
)  # fmt: skip
