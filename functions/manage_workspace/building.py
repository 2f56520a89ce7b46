"""Builds from the admin API: everybody is judged by what is new or has another meaning now.

The definition is stored first. When the build could not be begun, the operator hears of it, puts
the same definition again, and then it is begun.
"""

from functions.manage_workspace.ports import Ports
from shared.aws.build_desk import BuildDesk


def build_desk(ports: Ports) -> BuildDesk:
    """Where the workspace's builds are begun."""
    desk = ports.audiences
    return BuildDesk(desk.builds, desk.machine, ports.now)
