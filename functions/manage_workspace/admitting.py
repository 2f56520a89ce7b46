"""Who a request is from: the holder of the admin key, or an operator whom the gateway knows.

A token is checked by the gateway, on the routes of operators and nowhere else; what it found stands
in the request's context, where no client can write. So claims count on those routes only, a token
counts nowhere else, and where the gateway says nothing nobody comes in.
"""

from functions.manage_workspace.wiring import Wiring
from shared.domain.access.operators import MACHINE, NoOperatorError, Operator, operator_of
from shared.domain.workspace.operation import OPERATOR_PREFIX, PREFIX
from shared.errors import ForbiddenError, UnauthorizedError
from shared.runtime.http import Request


def who(wiring: Wiring, request: Request) -> Operator:
    """Who asks; raises UnauthorizedError, or ForbiddenError for somebody without any role here."""
    if not _is_of_operators(request.path):
        return _machine(wiring, request.headers.get("authorization", ""))
    if request.claims is None:
        raise UnauthorizedError("this needs an operator's access token")
    try:
        operator = operator_of(request.claims, wiring.ports.workspace_id)
    except NoOperatorError as error:
        raise UnauthorizedError(
            str(error), hint="send `Authorization: Bearer <access token>` of the user pool"
        ) from None
    if operator is None:
        raise ForbiddenError(
            f"you have no role in the workspace {wiring.ports.workspace_id!r}",
            hint="an admin gives roles by groups of the user pool: docs/access.md",
        )
    return operator


def admin_path(path: str) -> str:
    """The path under which an operation is known, whichever way it is asked for."""
    return PREFIX + path.removeprefix(OPERATOR_PREFIX) if _is_of_operators(path) else path


def _is_of_operators(path: str) -> bool:
    return path == OPERATOR_PREFIX or path.startswith(f"{OPERATOR_PREFIX}/")


def _machine(wiring: Wiring, authorization: str) -> Operator:
    scheme, _, key = authorization.partition(" ")
    if scheme.lower() != "bearer" or not wiring.admin_key.fits(key.strip()):
        raise UnauthorizedError(
            "this needs the admin key",
            hint="send `Authorization: Bearer <key>`; the key is the secret that the stack's "
            "output AdminKeySecretArn names; a write key is never accepted, and a token of an "
            f"operator at {OPERATOR_PREFIX} only",
        )
    return MACHINE
