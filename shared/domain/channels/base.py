"""The skeleton of every channel: its template, what of that is Liquid, and its addresses."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Final, Literal, NamedTuple, TypeVar

from pydantic import BaseModel, ConfigDict, Field

# What a message is about, as people agree to or refuse it; empty is nothing in particular.
Topic = Annotated[str, Field(pattern=r"^([a-z][a-z0-9_-]{0,63})?$")]

MOST_LINK_CHARACTERS: Final = 1_024
# Values of a provider's registered template, by the names that they have there, in its order.
Fields = Annotated[
    dict[
        Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9_]{0,31}$")],
        Annotated[str, Field(min_length=1, max_length=1_000)],
    ],
    Field(max_length=20),
]
Pairs = tuple[tuple[str, str], ...]

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

AnyContent = TypeVar("AnyContent", bound="DataclassInstance")


class Form(NamedTuple):
    """Patterns of RE2 that an address matches, every one, and those that it never matches."""

    every: tuple[str, ...]
    never: tuple[str, ...] = ()


class Address(NamedTuple):
    """Where the address of a person on a channel comes from, and what it looks like.

    `source` says whose it is: a `trait` of the person, named by `trait`; the `person`, found by the
    profile itself; the `template`, which names a server. An address that matches one of `nobodys`
    (on its canonical form) can never reach anybody. Where `folds_case` spellings in capitals and
    small letters are one address.
    """

    form: Form
    source: Literal["trait", "person", "template"] = "trait"
    trait: str = ""
    nobodys: tuple[str, ...] = ()
    folds_case: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A piece of a template that is Liquid, and what must be true of it once it is rendered.

    `noun` is what it is called in errors. `most` counts characters, `most_bytes` those of UTF-8.
    """

    name: str
    source: str
    noun: str = ""
    is_html: bool = False
    is_one_line: bool = False
    is_link: bool = False
    may_be_empty: bool = False
    most: int | None = None
    most_bytes: int | None = None


class TemplateBase(BaseModel):
    """What every template has.

    `topic` is what consent is asked about, unless the journey names one. A template gives its
    `parts`, and makes of the rendered ones, by their names, its content.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    ADDRESS: ClassVar[Address]

    template_id: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_-]{0,63}$")]
    title: Annotated[str, Field(max_length=200)] = ""
    topic: Topic = ""

    def parts(self) -> tuple[Part, ...]:
        """What is Liquid."""
        raise NotImplementedError

    def address_in(self, traits: Mapping[str, Any], profile_id: str) -> object:
        """The address to which this goes, as it stands in the traits; None when there is none."""
        if self.ADDRESS.source == "person":
            return profile_id
        return traits.get(self.ADDRESS.trait)


def field_parts(values: Mapping[str, str], most: Mapping[str, int] | None = None) -> list[Part]:
    """The parts of the `fields` of a template, each one line.

    `most` says by what a name begins with how many characters it may have.
    """
    limits = most or {}
    return [
        Part(
            name=f"fields.{name}",
            source=source,
            noun="a field",
            is_one_line=True,
            most=next((n for kind, n in limits.items() if name.rstrip("0123456789") == kind), None),
        )
        for name, source in values.items()
    ]


def rendered_fields(values: Mapping[str, str], rendered: Mapping[str, str]) -> Pairs:
    """The rendered values of the `fields`, in their order."""
    return tuple((name, rendered[f"fields.{name}"]) for name in values)


def with_texts(content: AnyContent, change: Callable[[str], str]) -> AnyContent:
    """The same content with every text in it changed, values of fields included."""
    found: dict[str, Any] = {one.name: getattr(content, one.name) for one in fields(content)}
    for name, value in found.items():
        match value:
            case str():
                found[name] = change(value)
            case tuple():
                found[name] = tuple((key, change(each)) for key, each in value)
            case _:
                pass
    return replace(content, **found)
