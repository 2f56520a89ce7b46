"""Content blocks: pieces that templates share, put in their places when a template is saved.

`{% render "footer" %}` stands for the block's text, so the block sees the template's variables and
loops. What goes out is one text that never changes: dispatch reads no block, and another text of a
block makes a new version of every template that shows it.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Final, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from shared.domain.channels.base import LanguageTag
from shared.domain.messages.languages import pick
from shared.errors import InvalidInputError

Kind = Literal["html", "mjml", "text"]

MAX_DEPTH: Final = 5
MAX_CHARACTERS: Final = 200_000  # of a text with all its blocks in their places

_RENDER: Final = re.compile(
    r"(?P<before>\s*)\{%(?P<open>-?)\s*render\s+(?P<quote>[\"'])(?P<name>[a-z][a-z0-9_-]{0,63})(?P=quote)"
    r"\s*(?P<close>-?)%\}(?P<after>\s*)"
)
_ANY_RENDER: Final = re.compile(r"\{%-?\s*render\b")

Text = Annotated[str, Field(max_length=50_000)]


class BlockTexts(BaseModel):
    """A block in one language: what it is in HTML, in MJML and in plain text."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    html: Text = ""
    mjml: Text = ""
    text: Text = ""


class Block(BlockTexts):
    """A piece that templates share; `languages` holds it in others, by their tags."""

    block_id: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_-]{0,63}$")]
    title: Annotated[str, Field(max_length=200)] = ""
    languages: Annotated[dict[LanguageTag, BlockTexts], Field(max_length=20)] = Field(
        default_factory=dict
    )

    @model_validator(mode="after")
    def _is_something(self) -> Self:
        if not (self.html or self.mjml or self.text):
            raise ValueError("a block needs `html`, `mjml` or `text`")
        return self

    def source(self, kind: Kind, language: str) -> str:
        """Its text of one kind, in a language or as it stands; empty where there is none."""
        tag = pick(self.languages, language)
        own = getattr(self.languages[tag], kind) if tag else ""
        return own or getattr(self, kind)


def in_place(
    source: str, kind: Kind, blocks: Mapping[str, Block], language: str, where: str
) -> str:
    """The text with every block in its place; `where` names the text in errors.

    Raises InvalidInputError for a block that is not there or has nothing of the kind, for blocks
    that show each other in a circle, and for what becomes too long.
    """
    return _in_place(source, kind, blocks, language, where, ())


def shown_in(texts: object) -> frozenset[str]:
    """The ids of the blocks that any text of a definition shows."""
    return frozenset(found["name"] for text in _texts(texts) for found in _RENDER.finditer(text))


def users_of(block_id: str, blocks: Mapping[str, Block]) -> frozenset[str]:
    """The blocks that show a block, through however many others; itself is among them."""
    shows = {name: shown_in(block.model_dump()) for name, block in blocks.items()}
    found, waiting = {block_id}, [block_id]
    while waiting:
        one = waiting.pop()
        for name, shown in shows.items():
            if one in shown and name not in found:
                found.add(name)
                waiting.append(name)
    return frozenset(found)


def _in_place(
    source: str,
    kind: Kind,
    blocks: Mapping[str, Block],
    language: str,
    where: str,
    within: tuple[str, ...],
) -> str:
    def text_of(found: re.Match[str]) -> str:
        name = found["name"]
        path = (*within, name)
        if name in within:
            raise InvalidInputError(f"blocks go in a circle: {' → '.join(path)}", where=where)
        if len(path) > MAX_DEPTH:
            raise InvalidInputError(
                f"blocks are at most {MAX_DEPTH} levels deep: {' → '.join(path)}", where=where
            )
        if name not in blocks:
            raise InvalidInputError(f'there is no block "{name}"', where=where)
        own = blocks[name].source(kind, language)
        if not own:
            raise InvalidInputError(
                f'block "{name}" has no {kind}', where=where, hint=f"give the block its `{kind}`"
            )
        text = _in_place(own, kind, blocks, language, where, path)
        before = "" if found["open"] else found["before"]
        return before + text + ("" if found["close"] else found["after"])

    text = _RENDER.sub(text_of, source)
    if len(text) > MAX_CHARACTERS:
        raise InvalidInputError(
            f"with its blocks this has more than {MAX_CHARACTERS:,} characters", where=where
        )
    if _ANY_RENDER.search(text):
        raise InvalidInputError(
            "a block is shown by its name alone", where=where, hint='write {% render "name" %}'
        )
    return text


def _texts(value: Any) -> Iterator[str]:  # noqa: ANN401
    match value:
        case str():
            yield value
        case dict():
            for each in value.values():
                yield from _texts(each)
