"""What the admin API does about identity."""

from typing import Final

from shared.domain.identity.rules import IdentityRules
from shared.domain.workspace import identity_answers as answers
from shared.domain.workspace.bodies import Cut, Mending, NewReview
from shared.domain.workspace.operation import Operation

OPERATIONS: Final[tuple[Operation, ...]] = (
    Operation("get_identity_rules", "GET", "/identity/rules",
              "By which rules people are told apart: kinds of identifiers in the order of their "
              "priority, limits, values that name nobody.", answers.IdentityRulesAnswer),
    Operation("put_identity_rules", "PUT", "/identity/rules",
              "Replace the rules. They hold for every event from now on; people who are known "
              "already are decided again by a review.",
              answers.IdentityRulesChanged, IdentityRules),
    Operation("create_review", "POST", "/identity/reviews",
              "Hold rules against everything that is stored. A trial of other rules says who would "
              "merge and who would part, and changes nothing; an adoption lets the rules in force "
              "decide again on people who are known already.",
              answers.ReviewAnswer, NewReview),
    Operation("get_review", "GET", "/identity/reviews/{review_id}",
              "How far a review is, and what came of it.", answers.ReviewAnswer),
    Operation("get_user_hash_key", "GET", "/identity/user-hash-key",
              "The key with which your servers sign user ids: context.userHash is the hexadecimal "
              "HMAC-SHA256 of the userId under it.", answers.UserHashKeyAnswer),
    Operation("explain_profile", "GET", "/profiles/{profile_id}/explanation",
              "Why these identifiers are one person, link by link with the evidence, and why "
              "others are not.", answers.ExplanationAnswer),
    Operation("unmerge_profile", "POST", "/profiles/{profile_id}/unmerge",
              "Take an identifier out of a person, or cut the link between two. Events, traits, "
              "counters and consents go back to whom they belong; evidence that comes later does "
              "not join them again.", answers.IdentityChanged, Cut),
    Operation("remerge_profile", "POST", "/profiles/{profile_id}/remerge",
              "Let cut links count again, as far as the rules let them.",
              answers.IdentityChanged, Mending),
)  # fmt: skip
