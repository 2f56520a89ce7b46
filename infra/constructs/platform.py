"""The platform that functions run on: processor and Python version, and how to install for it."""

import platform
import sys
from dataclasses import dataclass
from typing import Final

HOST: Final = "host"

# Our names of processors (Lambda's own) and uv's names of a Linux that is not newer than Lambda's.
_UV_PLATFORMS: Final = {
    "arm64": "aarch64-manylinux_2_28",
    "x86_64": "x86_64-manylinux_2_28",
}
_ARM_MACHINES: Final = frozenset({"arm64", "aarch64"})


@dataclass(frozen=True, slots=True)
class Platform:
    """What a function runs on.

    `is_host` is true when that is this very machine with this very Python, as on the local stack,
    where functions run as child processes. Nothing else differs between local and cloud.
    """

    architecture: str  # `arm64` or `x86_64`
    python: str  # `3.13`
    is_host: bool = False

    @classmethod
    def of(cls, architecture: str, python: str) -> "Platform":
        """The platform named by context values; `host` names this machine and this Python."""
        if architecture == HOST:
            machine = "arm64" if platform.machine() in _ARM_MACHINES else "x86_64"
            return cls(machine, f"{sys.version_info.major}.{sys.version_info.minor}", is_host=True)
        if architecture not in _UV_PLATFORMS:
            known = ", ".join([*_UV_PLATFORMS, HOST])
            raise ValueError(f"architecture must be one of {known}, not {architecture!r}")
        return cls(architecture, python)

    @property
    def install_arguments(self) -> tuple[str, ...]:
        """What `uv pip install` needs to choose the wheels of this platform."""
        if self.is_host:
            return ("--python", sys.executable)
        return (
            *("--python-platform", _UV_PLATFORMS[self.architecture]),
            *("--python-version", self.python),
        )

    def __str__(self) -> str:
        name = f"{self.architecture}-{self.python}"
        return f"{name}-{sys.platform}" if self.is_host else name
