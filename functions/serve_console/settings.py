"""The environment of serve_console."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Settings:
    """It needs none: the page asks the admin API by itself, with the operator's key."""
