"""How people are told apart: the rules, reviews of them, and the key of user hashes."""

from typing import Any, Final

from pydantic import TypeAdapter

from functions.manage_workspace.parsing import parse
from functions.manage_workspace.ports import Call, Ports
from shared.domain.identity.review import Review
from shared.domain.identity.rules import DEFAULT_RULES, IdentityRules
from shared.domain.instants import format_instant
from shared.domain.text import to_text
from shared.domain.workspace import identity_answers as answers
from shared.domain.workspace.bodies import NewReview
from shared.errors import InvalidInputError

_RULES: Final[TypeAdapter[IdentityRules]] = TypeAdapter(IdentityRules)
_NEW_REVIEW: Final[TypeAdapter[NewReview]] = TypeAdapter(NewReview)


def get_identity_rules(ports: Ports, call: Call) -> answers.IdentityRulesAnswer:  # noqa: ARG001
    """The rules, or the defaults."""
    return {"success": True, "rules": _plain(ports.edit().identity_rules() or DEFAULT_RULES)}


def put_identity_rules(ports: Ports, call: Call) -> answers.IdentityRulesChanged:
    """Replace the rules; what is stored is decided again by a review, not here."""
    rules = parse(_RULES, call.body)
    edit = ports.edit()
    before = edit.identity_rules()
    if before != rules:
        edit.put_identity_rules(to_text(_plain(rules)))
        edit.commit()
    outcome: answers.Outcome = "updated" if before else "created"
    return {
        "success": True,
        "outcome": "unchanged" if before == rules else outcome,
        "rules": _plain(rules),
    }


def create_review(ports: Ports, call: Call) -> answers.ReviewAnswer:
    """Ask for a trial of other rules, or for the rules in force to decide again on everybody."""
    wanted = parse(_NEW_REVIEW, call.body)
    if wanted.purpose == "trial" and wanted.rules is None:
        raise InvalidInputError("a trial needs the rules to try", where="rules")
    if wanted.purpose == "adoption" and wanted.rules is not None:
        raise InvalidInputError(
            "an adoption takes the rules in force", where="rules", hint="PUT them first"
        )
    rules = wanted.rules or ports.edit().identity_rules() or DEFAULT_RULES
    review = ports.identity.reviews.put(
        ports.workspace_id,
        Review(
            review_id=ports.new_id(),
            purpose=wanted.purpose,
            rules=to_text(_plain(rules)),
            requested_at=ports.now(),
        ),
    )
    ports.identity.review_queue.send_json(
        {"workspace_id": ports.workspace_id, "review_id": review.review_id}
    )
    return {"success": True, "review": _review(review)}


def get_review(ports: Ports, call: Call) -> answers.ReviewAnswer:
    """One review."""
    review = ports.identity.reviews.load(ports.workspace_id, call.path["review_id"])
    return {"success": True, "review": _review(review)}


def get_user_hash_key(ports: Ports, call: Call) -> answers.UserHashKeyAnswer:  # noqa: ARG001
    """The key of user hashes."""
    return {"success": True, "user_hash_key": ports.user_hashes.key(ports.workspace_id)}


def _plain(rules: IdentityRules) -> dict[str, Any]:
    return rules.model_dump(mode="json")


def _review(review: Review) -> answers.ReviewState:
    return {
        "review_id": review.review_id,
        "purpose": review.purpose,
        "stage": review.stage,
        "requested_at": format_instant(review.requested_at),
        "finished_at": format_instant(review.finished_at) if review.finished_at else None,
        "counts": dict(review.counts),
        "report": dict(review.report) or None,
    }
