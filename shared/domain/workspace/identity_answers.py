"""What the admin API answers about identity."""

from typing import Annotated, Any, Literal

from typing_extensions import TypedDict

from shared.domain.identity.rules import IdentityRules
from shared.domain.workspace.answers import Outcome as Outcome
from shared.domain.workspace.answers import Shaped


class IdentityRulesAnswer(TypedDict):
    """The rules as they are now."""

    success: Literal[True]
    rules: Annotated[dict[str, Any], Shaped(IdentityRules)]


class IdentityRulesChanged(IdentityRulesAnswer):
    """The rules after a change."""

    outcome: Outcome


class UserHashKeyAnswer(TypedDict):
    """The key of user hashes; it belongs on servers only."""

    success: Literal[True]
    user_hash_key: str
