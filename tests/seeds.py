"""Seeds of generated stories: a few with each change, more at night."""

from typing import Any

import pytest


def seeds(few: int, at_night: int) -> list[Any]:
    """The first `few` numbers, and those up to `at_night` for `make nightly`, as parameters."""
    late = (pytest.param(seed, marks=pytest.mark.nightly) for seed in range(few, at_night))
    return [*range(few), *late]
