"""What a template needs: the variables without which it cannot be rendered."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final, NamedTuple

from shared.domain.messages import liquid_engine
from shared.domain.messages.lean_liquid import LiquidError, UndefinedError
from shared.domain.messages.liquid_engine import parse
from shared.domain.messages.model import AnyTemplate
from shared.domain.messages.render import (
    COUPON,
    ITEMS,
    LINKS,
    RECOMMENDED,
    check,
    in_every_language,
)
from shared.errors import InvalidInputError

# Any instant will do: what is asked is which variables are missed, not what is shown.
_SOME_TIME: Final = datetime(2026, 1, 5, 9, tzinfo=UTC)
_SOMETHING: Final = "1"  # a text, and a number to filters that reckon
_REST: Final[dict[str, Any]] = {
    "workspace": {"workspace_id": _SOMETHING},
    "journey": {"journey_id": _SOMETHING, "step": _SOMETHING},
    "links": LINKS,
}
_NAMED: Final = ("profile", "entry")  # roots of which templates name what they show


class _Anything(dict[str, str]):
    """An item that has whatever a template looks for in it."""

    def __missing__(self, name: str) -> str:
        return _SOMETHING


class Variable(NamedTuple):
    """A variable by its root and its name there; `coupon` and `items` are named by their roots."""

    root: str
    name: str = ""


@dataclass(frozen=True, slots=True)
class Needs:
    """The traits, in order, without which a template fails, and what a step has to hand it.

    `broken` says what is wrong with it.
    """

    traits: tuple[str, ...] = ()
    values: tuple[str, ...] = ()
    broken: str = ""


def needs_of(template: AnyTemplate) -> Needs:
    """What a template needs; what it shows with a default, or behind an `if`, it does not.

    It is found out by rendering for somebody who has everything but one.
    """
    try:
        check(template)
    except InvalidInputError as error:
        return Needs(broken=str(error))
    found = dict.fromkeys(
        variable
        for variant in in_every_language(template)
        for part in variant.parts()
        for variable in _missed(part.source)
    )
    traits = tuple(name for root, name in found if root == "profile")
    return Needs(traits, tuple(_handed(one) for one in found if one.root != "profile"))


def variable_of(value: str) -> str:
    """How templates write a value that a step hands them."""
    return {COUPON: "coupon.code", ITEMS: ITEMS}.get(value, f"entry.{value}")


def sample_of(template: AnyTemplate) -> dict[str, Any]:
    """Variables with which a template that is whole shows something in every place."""
    found: dict[str, Any] = {}
    for part in template.parts():
        for root, values in _everything(part.source)[0].items():
            found[root] = {**found.get(root, {}), **values} if root in _NAMED else values
    return {**{root: {} for root in _NAMED}, **found, **_REST}


def _handed(variable: Variable) -> str:
    return variable.name if variable.root == "entry" else variable.root


def _missed(source: str) -> Iterator[Variable]:
    everything, variables = _everything(source)
    for variable in variables:
        try:
            _render(source, _without(everything, variable))
        except UndefinedError:
            if not _fails(source, everything):
                yield variable
        except LiquidError:
            continue  # such as a date that is none: nothing can be told


def _everything(source: str) -> tuple[dict[str, Any], list[Variable]]:
    """Variables that hold all that a text looks for, and which these are."""
    used = parse(source, html=False).analyze().globals
    found: dict[str, Any] = {}
    variables: list[Variable] = []
    for root in _NAMED:
        paths = [each.segments for each in used.get(root, ())]
        named = {part for path in paths for part in path[1:2] if isinstance(part, str)}
        found[root] = {name: _value(name, paths) for name in sorted(named)}
        variables += [Variable(root, name) for name in found[root]]
    if COUPON in used:
        found[COUPON] = {"code": _SOMETHING}
        variables.append(Variable(COUPON))
    if ITEMS in used:
        found[ITEMS] = [_Anything()]
        variables.append(Variable(ITEMS))
    return found, variables


def _without(everything: dict[str, Any], variable: Variable) -> dict[str, Any]:
    if variable.root in _NAMED:
        rest = {
            name: one for name, one in everything[variable.root].items() if name != variable.name
        }
        return {**everything, variable.root: rest}
    return {root: one for root, one in everything.items() if root != variable.root}


def _render(source: str, variables: dict[str, Any]) -> str:
    # Whether it is HTML makes no difference to what it looks for.
    return liquid_engine.render(source, {**variables, **_REST}, _SOME_TIME, html=False)


def _fails(source: str, everything: dict[str, Any]) -> bool:
    """Whether it fails with everything as well, so that what is missing need not be to blame."""
    try:
        _render(source, everything)
    except LiquidError:
        return True
    return False


def _value(name: str, paths: list[Any]) -> object:
    """A text, or what the template looks for inside of it."""
    if name in (ITEMS, RECOMMENDED):
        return [_Anything()]
    deeper = [part for path in paths if path[1:2] == [name] for part in path[2:3]]
    inside = {part: _SOMETHING for part in deeper if isinstance(part, str)}
    return inside or _SOMETHING
