"""Who makes a request of the admin API, as the gateway proved it.

A group of the user pool is named `<workspace>:<role>`; whoever is in several has the strongest role
in each workspace. The gateway has checked signature, issuer, audience and expiry of the token when
it hands over claims; what is read here is only what they mean.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from shared.domain.access.roles import GRANTED, LADDER, Role

GROUPS_CLAIM: Final = "cognito:groups"
MAX_NAME: Final = 128


@dataclass(frozen=True, slots=True)
class Operator:
    """Who acts: `operator_id` is for ever, `name` is to be read, `role` is in a workspace."""

    operator_id: str
    name: str
    role: Role


MACHINE: Final = Operator("admin-key", "admin key", "machine")


class NoOperatorError(ValueError):
    """The claims are none of an operator's access token; the text says why."""


def operator_of(claims: Mapping[str, str], workspace_id: str) -> Operator | None:
    """Who the claims speak of, None for somebody without a role in this workspace.

    Raises NoOperatorError for a token that is not meant for the API, such as an ID token.
    """
    if claims.get("token_use") != "access":
        raise NoOperatorError("this is no access token")
    subject = claims.get("sub", "")
    if not subject:
        raise NoOperatorError("the token names nobody")
    role = role_in(groups_of(claims.get(GROUPS_CLAIM, "")), workspace_id)
    if role is None:
        return None
    name = claims.get("username") or subject
    return Operator(subject[:MAX_NAME], name[:MAX_NAME], role)


def groups_of(claim: str) -> tuple[str, ...]:
    """The groups in a claim, which the gateway writes as `[a b]`; no group has a space in it."""
    return tuple(claim.strip().removeprefix("[").removesuffix("]").split())


def role_in(groups: Iterable[str], workspace_id: str) -> Role | None:
    """The strongest role that the groups give in a workspace."""
    named = set(groups)
    held = [role for role in GRANTED if group_of(workspace_id, role) in named]
    return max(held, key=LADDER.index, default=None)


def group_of(workspace_id: str, role: Role) -> str:
    """The name of the group whose members have a role in a workspace."""
    return f"{workspace_id}:{role}"
