"""RE2 patterns that people type, which no text can make slow; loaded when first needed.

Those of identifiers may be anything that RE2 knows. Those of conditions are matched by the engines
of SQL too, and have to mean the same there.
"""

from functools import lru_cache
from typing import Any, Final

from shared.domain.portable_patterns import portable

MAX_PATTERN: Final = 200  # characters of a pattern in a condition
_MAX_MEMORY: Final = 1 << 20  # bytes that such a pattern may take once compiled
_RE2_MEMORY: Final = 8 << 20  # what RE2 allows unless told otherwise


@lru_cache(maxsize=1_000)
def compiled(pattern: str, *, case_sensitive: bool = True, max_memory: int = _RE2_MEMORY) -> Any:  # noqa: ANN401 (the engine has no types)
    """A pattern ready to use; raises ValueError with what RE2 has against it."""
    import re2

    options = re2.Options()
    options.case_sensitive = case_sensitive
    options.log_errors = False
    options.max_mem = max_memory
    try:
        return re2.compile(pattern, options=options)
    except re2.error as error:
        reason = error.args[0] if error.args else "malformed"
        said = reason.decode(errors="replace") if isinstance(reason, bytes) else reason
        raise ValueError(said) from error


@lru_cache(maxsize=1_000)
def bounded(pattern: str) -> Any:  # noqa: ANN401 (the engine has no types)
    """A pattern of a condition, ready to use.

    Raises ValueError, also where it is too large or not the same for every engine.
    """
    if not 0 < len(pattern) <= MAX_PATTERN:
        raise ValueError(f"a pattern has 1 to {MAX_PATTERN} characters")
    try:
        found = compiled(pattern, max_memory=_MAX_MEMORY)
    except ValueError as error:
        raise ValueError(f"{pattern} is not a pattern of RE2: {error}") from error
    portable(pattern)
    return found
