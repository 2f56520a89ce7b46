"""What the routes of identity work with."""

from dataclasses import dataclass

from shared.aws.identity_judge import IdentityJudge
from shared.aws.identity_store import IdentityStore
from shared.aws.person_reader import PersonReader
from shared.aws.queues import Queue
from shared.aws.review_store import ReviewStore


@dataclass(frozen=True, slots=True)
class IdentityDesk:
    """People as identifiers and links, what may cut and mend these, and reviews of the rules."""

    people: PersonReader
    store: IdentityStore
    judge: IdentityJudge
    reviews: ReviewStore
    review_queue: Queue
