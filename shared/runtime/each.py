"""The same for each of several, none of which stands in the way of the others."""

from collections.abc import Callable, Iterable
from typing import TypeVar

Name = TypeVar("Name")
Done = TypeVar("Done")


def each(names: Iterable[Name], do: Callable[[Name], Done]) -> list[Done]:
    """Do it for every one, and only then raise the first error that there was."""
    done: list[Done] = []
    failures: list[Exception] = []
    for name in names:
        try:
            done.append(do(name))
        except Exception as error:
            failures.append(error)
    if failures:
        raise failures[0]
    return done
