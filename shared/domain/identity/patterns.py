"""RE2 patterns, which no text can make slow; the engine is loaded with the first that is used."""

from collections.abc import Callable, Iterable
from functools import cache
from typing import Any

from pydantic_core import PydanticCustomError


def check_pattern(pattern: str) -> str:
    """Give the pattern back; raises a pydantic error that says what RE2 has against it."""
    try:
        _compiled(pattern)
    except ValueError as error:
        raise PydanticCustomError(
            "re2_pattern",
            "{pattern} is not a pattern of RE2: {reason}",
            {"pattern": pattern, "reason": str(error)},
        ) from error
    return pattern


def whole_match(patterns: Iterable[str]) -> Callable[[str], bool]:
    """Give a test for texts that one of the patterns matches from end to end, in any case."""
    joined = "|".join(f"(?:{pattern})" for pattern in patterns)
    if not joined:
        return lambda _: False

    def matches(text: str) -> bool:
        return _compiled(joined).fullmatch(text) is not None

    return matches


@cache
def _compiled(pattern: str) -> Any:  # noqa: ANN401 (the engine has no types)
    import re2

    options = re2.Options()
    options.case_sensitive = False
    options.log_errors = False
    try:
        return re2.compile(pattern, options=options)
    except re2.error as error:
        reason = error.args[0] if error.args else "malformed"
        raise ValueError(reason.decode() if isinstance(reason, bytes) else reason) from error
