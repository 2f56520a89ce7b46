"""How people are told apart, and the key that proves who a browser's user is."""

from typing import Any, Final

from pydantic import TypeAdapter

from functions.manage_workspace.parsing import parse
from functions.manage_workspace.ports import Call, Ports
from shared.domain.identity.rules import DEFAULT_RULES, IdentityRules
from shared.domain.text import to_text
from shared.domain.workspace import identity_answers as answers

_RULES: Final[TypeAdapter[IdentityRules]] = TypeAdapter(IdentityRules)


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


def get_user_hash_key(ports: Ports, call: Call) -> answers.UserHashKeyAnswer:  # noqa: ARG001
    """The key of user hashes."""
    return {"success": True, "user_hash_key": ports.user_hashes.key(ports.workspace_id)}


def _plain(rules: IdentityRules) -> dict[str, Any]:
    return rules.model_dump(mode="json")
