"""The roles of those who operate a workspace, each of which may do what those before it may."""

from typing import Final, Literal

Role = Literal["viewer", "editor", "approver", "admin", "machine"]
"""viewer 查看者 looks; editor 编辑者 prepares, and stops; approver 审批者 lets things reach people,
and erases; admin 管理员 decides who gets in and where data goes; machine 机器 holds the admin key:
what deploys, and whoever sets a deployment up. No token carries the role machine.
"""

LADDER: Final[tuple[Role, ...]] = ("viewer", "editor", "approver", "admin", "machine")
GRANTED: Final[tuple[Role, ...]] = LADDER[:-1]  # those that a token can carry


def may(role: Role, needed: Role) -> bool:
    """Whether a role is as good as the needed one."""
    return LADDER.index(role) >= LADDER.index(needed)
