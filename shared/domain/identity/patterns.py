"""Patterns of identifiers that name nobody: checked as people type them, and matched whole."""

from collections.abc import Callable, Iterable

from pydantic_core import PydanticCustomError

from shared.domain.patterns import compiled


def check_pattern(pattern: str) -> str:
    """Give the pattern back; raises a pydantic error that says what RE2 has against it."""
    try:
        compiled(pattern, case_sensitive=False)
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
        return compiled(joined, case_sensitive=False).fullmatch(text) is not None

    return matches
