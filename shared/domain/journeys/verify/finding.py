"""What was found in a journey: an error blocks publishing, a warning explains."""

from dataclasses import dataclass, replace
from typing import Final, Literal

from shared.domain.journeys.problem import Problem
from shared.domain.journeys.verify.words import WORDS, Warned
from shared.domain.messages.reasons import Text
from shared.domain.workspace.answers import FindingState

Severity = Literal["error", "warning"]

_NO_HINT: Final = Text("", "")


@dataclass(frozen=True, slots=True)
class Finding:
    """One finding at a place; `code` stays the same when the words change.

    The words are for operators, in English and Chinese; `hint` says what to do, unless the message
    does.
    """

    severity: Severity
    code: str
    path: str
    message: Text
    hint: Text = _NO_HINT

    def softened(self) -> "Finding":
        """The same as a warning."""
        return replace(self, severity="warning")


def warned(code: Warned, path: str, **values: object) -> Finding:
    """A warning in the words for its code, with these values in their places."""
    words = WORDS[code]
    texts = (Text(one.en.format(**values), one.zh.format(**values)) for one in words)
    return Finding("warning", code, path, *texts)


def error_of(problem: Problem) -> Finding:
    """A problem as a finding; one without Chinese words is said in English alone."""
    message = Text(problem.message, problem.zh or problem.message)
    return Finding("error", problem.code, problem.path, message)


def finding_state(finding: Finding) -> FindingState:
    """A finding as it is answered."""
    hint = finding.hint
    return {
        "severity": finding.severity,
        "code": finding.code,
        "path": finding.path,
        "message": {"en": finding.message.en, "zh": finding.message.zh},
        "hint": {"en": hint.en, "zh": hint.zh} if hint.en else None,
    }
