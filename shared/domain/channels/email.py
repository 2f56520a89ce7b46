"""Email: HTML with a text part, to the trait `email`."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, ClassVar, Final, Literal, Self

from pydantic import Field, model_validator

from shared.domain.channels.base import Address, Form, Part, TemplateBase
from shared.errors import InvalidInputError

MAX_SUBJECT_CHARACTERS: Final = 500
MAX_HTML_CHARACTERS: Final = 200_000

_ATOM: Final = "[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_LABEL: Final = "[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?"

ADDRESS: Final = Address(
    # ASCII, one `@`, at most 254 characters, a domain of two labels or more that is no number.
    Form(
        (
            r"^.{3,254}\z",
            r"^[^@]{1,64}@",
            rf"^{_ATOM}(\.{_ATOM})*@[^@]*\z",
            rf"@({_LABEL}\.)+{_LABEL}\z",
        ),
        (r"\.[0-9]+\z",),
    ),
    trait="email",
    # RFC 2606 and RFC 6761 keep these for documentation and tests; one is SES's own simulator.
    nobodys=(
        r"@example\.(com|net|org)\z",
        r"@simulator\.amazonses\.com\z",
        r"[@.](example|test|invalid)\z",
    ),
    # Mail to `Ada@Example.com` and `ada@example.com` reaches one mailbox with every provider that
    # matters, so whoever is suppressed under one spelling is under all of them.
    folds_case=True,
)


@dataclass(frozen=True, slots=True)
class EmailContent:
    """An email as the person will see it; `text` is never empty, `headers` are beside the usual."""

    subject: str
    html: str
    text: str
    headers: Mapping[str, str] = field(default_factory=dict)


class EmailTemplate(TemplateBase):
    """An email in Liquid; `html` is escaped by default, `text` and `subject` are plain.

    It is written as `html`, or as `mjml`, of which the HTML is made when the template is saved.
    `topic` is what consent is asked about, unless the journey names one.
    """

    ADDRESS: ClassVar[Address] = ADDRESS

    channel: Literal["email"] = "email"
    subject: Annotated[str, Field(min_length=1, max_length=500)]
    html: Annotated[str, Field(max_length=MAX_HTML_CHARACTERS)] = ""
    mjml: Annotated[str, Field(max_length=100_000)] = ""
    text: Annotated[str, Field(max_length=100_000)] = ""

    @model_validator(mode="after")
    def _is_written_one_way(self) -> Self:
        if bool(self.html) == bool(self.mjml):
            raise ValueError("an email is `html` or `mjml`, and not both")
        return self

    def displaced_by(self, own: Mapping[str, Any]) -> frozenset[str]:
        """HTML takes the place of MJML, and the other way round."""
        written = {"html", "mjml"}
        return frozenset(written) if written & own.keys() else frozenset()

    def parts(self) -> tuple[Part, ...]:
        """What is Liquid."""
        return (
            Part(
                name="subject",
                source=self.subject,
                noun="a subject",
                is_one_line=True,
                most=MAX_SUBJECT_CHARACTERS,
            ),
            Part(name="html", source=self.html, is_html=True, may_be_empty=True),
            Part(name="text", source=self.text, may_be_empty=True),
        )

    def content(self, rendered: Mapping[str, str]) -> EmailContent:
        """The email; without a text part of its own it has that of the HTML."""
        if self.mjml:
            raise InvalidInputError(
                "MJML is compiled before it is sent", where=f"template {self.template_id}, mjml"
            )
        text = rendered["text"]
        if not text.strip():
            from shared.domain.messages import markup

            text = markup.to_text(rendered["html"])
        return EmailContent(rendered["subject"], rendered["html"], text)
