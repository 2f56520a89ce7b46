"""The skeleton of every channel: its template, what of that is Liquid, and its addresses."""

from abc import abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, replace
from typing import (
    TYPE_CHECKING,
    Annotated,
    Any,
    ClassVar,
    Final,
    Literal,
    NamedTuple,
    Self,
    TypeVar,
)

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

# What a message is about, as people agree to or refuse it; empty is nothing in particular.
Topic = Annotated[str, Field(pattern=r"^([a-z][a-z0-9_-]{0,63})?$")]

# A language as BCP 47 names it, such as `zh-Hant-HK`.
LanguageTag = Annotated[str, Field(pattern=r"^[A-Za-z]{2,3}(-[A-Za-z0-9]{1,8})*$", max_length=35)]
# What a template is in every language.
NOT_BY_LANGUAGE: Final = frozenset(
    {"template_id", "title", "topic", "channel", "language", "languages"}
)

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
    `parts`, and makes of the rendered ones, by their names, its content. `language` says what it is
    written in; `languages` holds, by their tags, the fields that are others in other languages.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    ADDRESS: ClassVar[Address]

    template_id: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_-]{0,63}$")]
    title: Annotated[str, Field(max_length=200)] = ""
    topic: Topic = ""
    language: Annotated[str, Field(pattern=r"^([A-Za-z]{2,3}(-[A-Za-z0-9]{1,8})*)?$")] = ""
    languages: Annotated[dict[LanguageTag, dict[str, Any]], Field(max_length=20)] = Field(
        default_factory=dict
    )

    @model_validator(mode="after")
    def _holds_in_every_language(self) -> Self:
        if len({tag.lower() for tag in self.languages}) < len(self.languages):
            raise ValueError("the same language is there twice")
        for tag, own in self.languages.items():
            if fixed := sorted(NOT_BY_LANGUAGE.intersection(own)):
                raise ValueError(f"languages.{tag}: {fixed[0]} is the same in every language")
            try:
                self.variant_in(tag)
            except ValidationError as error:
                first = error.errors(include_url=False, include_input=False)[0]
                path = ".".join(str(part) for part in ("languages", tag, *first["loc"]))
                raise ValueError(f"{path}: {first['msg']}") from None
        return self

    def variant_in(self, tag: str) -> Self:
        """The template in one of its languages, by a tag of `languages`."""
        own = self.languages[tag]
        rest = self.model_dump(exclude={"languages", *self.displaced_by(own)})
        return type(self).model_validate({**rest, **own, "language": tag})

    def displaced_by(self, own: Mapping[str, Any]) -> frozenset[str]:  # noqa: ARG002
        """The fields that make way for these of another language, beside those of the same name."""
        return frozenset()

    @abstractmethod
    def parts(self) -> tuple[Part, ...]:
        """What is Liquid."""

    def address_in(self, traits: Mapping[str, Any], profile_id: str) -> object:
        """The address to which this goes, as it stands in the traits; None when there is none."""
        if self.ADDRESS.source == "person":
            return profile_id
        return traits.get(self.ADDRESS.trait)


def link_part(source: str, name: str = "link") -> Part:
    """A part that is a link, or nothing."""
    return Part(
        name=name,
        source=source,
        noun="a link",
        is_link=True,
        may_be_empty=True,
        most=MOST_LINK_CHARACTERS,
    )


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
