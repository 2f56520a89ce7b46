"""Typed settings: a frozen dataclass per function, filled from the environment.

The field `profiles_table` is the environment variable `PROFILES_TABLE`; CDK derives the
environment of each function from the same dataclass, so the two cannot drift apart.
"""

from collections.abc import Mapping
from dataclasses import MISSING, fields
from typing import Any, TypeVar, get_type_hints

T = TypeVar("T")


def environment_name(field_name: str) -> str:
    """The environment variable of a settings field."""
    return field_name.upper()


def load(cls: type[T], environ: Mapping[str, str]) -> T:
    """Fill `cls` from `environ`; raises KeyError naming the variables that are missing."""
    hints = get_type_hints(cls)
    values: dict[str, Any] = {}
    missing: list[str] = []
    for spec in fields(cls):  # type: ignore[arg-type]
        name = environment_name(spec.name)
        if name in environ:
            values[spec.name] = hints[spec.name](environ[name])
        elif spec.default is MISSING:
            missing.append(name)
    if missing:
        raise KeyError(f"environment variables missing: {', '.join(missing)}")
    return cls(**values)
