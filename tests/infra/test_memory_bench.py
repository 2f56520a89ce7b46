"""The bench knows a heavy work for every function that there is."""

from benchmarks.cold_imports import FUNCTIONS
from benchmarks.memory import WORKS


def test_every_function_has_its_heaviest_work() -> None:
    assert sorted(WORKS) == sorted(FUNCTIONS)
