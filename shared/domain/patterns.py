"""RE2 patterns that people type, which no text can make slow; loaded when first needed."""

from functools import lru_cache
from typing import Any, Final

MAX_PATTERN: Final = 200  # characters
_MAX_MEMORY: Final = 1 << 20  # bytes that a compiled pattern may take


@lru_cache(maxsize=1_000)
def compiled(pattern: str, *, case_sensitive: bool = True) -> Any:  # noqa: ANN401 (has no types)
    """A pattern ready to use; raises ValueError that says what RE2 has against it."""
    import re2

    if not 0 < len(pattern) <= MAX_PATTERN:
        raise ValueError(f"a pattern has 1 to {MAX_PATTERN} characters")
    options = re2.Options()
    options.case_sensitive = case_sensitive
    options.log_errors = False
    options.max_mem = _MAX_MEMORY
    try:
        return re2.compile(pattern, options=options)
    except re2.error as error:
        reason = error.args[0] if error.args else "malformed"
        said = reason.decode(errors="replace") if isinstance(reason, bytes) else reason
        raise ValueError(f"{pattern} is not a pattern of RE2: {said}") from error
