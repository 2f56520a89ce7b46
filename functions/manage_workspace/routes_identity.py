"""How people are told apart, and the key that proves who a browser's user is."""

from functions.manage_workspace.ports import Call, Ports
from shared.domain.workspace import identity_answers as answers


def get_user_hash_key(ports: Ports, call: Call) -> answers.UserHashKeyAnswer:  # noqa: ARG001
    """The key of user hashes."""
    return {"success": True, "user_hash_key": ports.user_hashes.key(ports.workspace_id)}
