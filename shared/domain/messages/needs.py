"""What a template needs of a person: the traits without which it cannot be rendered."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from shared.domain.messages import liquid_engine
from shared.domain.messages.lean_liquid import LiquidError, UndefinedError
from shared.domain.messages.liquid_engine import parse
from shared.domain.messages.model import AnyTemplate
from shared.domain.messages.render import check
from shared.errors import InvalidInputError

# Any instant will do: what is asked is which traits are missed, not what is shown.
_SOME_TIME: Final = datetime(2026, 1, 5, 9, tzinfo=UTC)
_SOMETHING: Final = "1"  # a text, and a number to filters that reckon
_REST: Final[dict[str, Any]] = {
    "workspace": {"workspace_id": _SOMETHING},
    "journey": {"journey_id": _SOMETHING, "step": _SOMETHING},
}


@dataclass(frozen=True, slots=True)
class Needs:
    """The traits, in order, without which a template fails; `broken` says what is wrong with it."""

    traits: tuple[str, ...] = ()
    broken: str = ""


def needs_of(template: AnyTemplate) -> Needs:
    """What a template needs; a trait that it shows with a default, or behind an `if`, it does not.

    It is found out by rendering for somebody who has every trait but one.
    """
    try:
        check(template)
    except InvalidInputError as error:
        return Needs(broken=str(error))
    found = (
        trait for part in template.parts() for trait in _missed(part.source, html=part.is_html)
    )
    return Needs(tuple(dict.fromkeys(found)))


def _missed(source: str, *, html: bool) -> Iterator[str]:
    used = parse(source, html=html).analyze(include_partials=False).globals
    paths = [each.segments for each in used.get("profile", ())]
    names = sorted({str(path[1]) for path in paths if len(path) > 1 and isinstance(path[1], str)})
    everything: dict[str, Any] = {name: _value(name, paths) for name in names}
    for name in names:
        rest = {each: value for each, value in everything.items() if each != name}
        try:
            liquid_engine.render(source, {"profile": rest, **_REST}, _SOME_TIME, html=html)
        except UndefinedError:
            if not _fails(source, everything, html=html):
                yield name
        except LiquidError:
            continue  # such as a date that is none: nothing can be told


def _fails(source: str, traits: dict[str, Any], *, html: bool) -> bool:
    """Whether it fails with every trait as well, so that the missing one need not be to blame."""
    try:
        liquid_engine.render(source, {"profile": traits, **_REST}, _SOME_TIME, html=html)
    except LiquidError:
        return True
    return False


def _value(name: str, paths: list[Any]) -> object:
    """A text, or what the template looks for inside of it."""
    deeper = [path[2] for path in paths if len(path) > 2 and path[1] == name]
    inside = {str(each): _SOMETHING for each in deeper if isinstance(each, str)}
    return inside or _SOMETHING
