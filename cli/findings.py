"""One thing that the doctor looked at."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from cli.doctor_words import SAID
from cli.story_words import Language

Finding = Literal["ok", "note", "problem"]


@dataclass(frozen=True, slots=True)
class Check:
    """What was found: a key of the words, and what they tell; `remedy` says what to do about it."""

    finding: Finding
    code: str
    facts: Mapping[str, Any] = field(default_factory=dict)

    def text(self, language: Language = "en") -> str:
        """What was found."""
        return SAID[language][self.code].text.format(**self.facts)

    def remedy(self, language: Language = "en") -> str:
        """What to do; empty where there is nothing to do."""
        return SAID[language][self.code].remedy.format(**self.facts)


def ok(code: str, **facts: Any) -> Check:  # noqa: ANN401
    """All is well."""
    return Check("ok", code, facts)


def note(code: str, **facts: Any) -> Check:  # noqa: ANN401
    """Something to know, which keeps nobody from hearing of it."""
    return Check("note", code, facts)


def problem(code: str, **facts: Any) -> Check:  # noqa: ANN401
    """Something that keeps people from hearing of it, or would."""
    return Check("problem", code, facts)
