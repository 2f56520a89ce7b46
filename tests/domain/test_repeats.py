"""What comes more than once is found by looking at every name a few times, not at every pair."""

from collections.abc import Callable
from typing import Any

import pytest

from functions.manage_workspace import parsing
from shared.domain.imports import reading
from shared.domain.imports.definition import ImportDefinition
from shared.domain.repeats import repeated

NAMES = 1_000


class Watched(str):
    """A name that counts how often it is compared with another."""

    compared = 0
    __slots__ = ()
    __hash__ = str.__hash__

    def __eq__(self, other: object) -> bool:
        Watched.compared += 1
        return str.__eq__(self, other)


def test_names_are_given_once_each_in_their_order():
    assert repeated(["a", "b", "c", "b", "d", "a", "b"]) == ["a", "b"]
    assert repeated([]) == []


def _body(names: list[Any]) -> str:
    with pytest.raises(ValueError, match="twice") as refused:
        parsing._distinct([(name, 1) for name in names])
    return str(refused.value)


def _columns(names: list[Any]) -> str:
    with pytest.raises(Exception, match="twice") as refused:
        reading._require_columns(tuple(names), ImportDefinition(kind="events"))
    return str(refused.value)


@pytest.mark.parametrize("seek", [_body, _columns])
def test_the_work_grows_with_the_names(seek: Callable[[list[Any]], str]):
    names = [Watched(f"n{number}") for number in range(NAMES - 1)]
    Watched.compared = 0
    assert f"n{NAMES - 2}" in seek([*names, Watched(names[-1])])
    assert Watched.compared < 20 * NAMES
