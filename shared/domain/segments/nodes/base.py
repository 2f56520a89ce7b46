"""What all nodes of a condition tree share: strictness, and tests of one JSON value."""

from typing import Annotated, Final, Literal, Self, assert_never, get_args

from pydantic import BaseModel, ConfigDict, Field, model_validator

from shared.domain.patterns import bounded

MAX_PARTS: Final = 50  # of one group, and of one list of values

# A condition's number is compared as a double by both back-ends; these are exact in one.
MAX_NUMBER: Final = 2**53 - 1

Number = (
    Annotated[int, Field(ge=-MAX_NUMBER, le=MAX_NUMBER)]
    | Annotated[float, Field(ge=-MAX_NUMBER, le=MAX_NUMBER)]
)
# Text has its own bound, so that one condition cannot fill a catalog row of 400 KB.
Text = Annotated[str, Field(max_length=1_000)]
Scalar = bool | Number | Text
Name = Annotated[str, Field(min_length=1, max_length=200)]
DefinitionId = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_-]{0,63}$")]

Operator = Literal[
    "equals", "not_equals", "greater", "greater_or_equal", "less", "less_or_equal",
    "contains", "contains_any", "contains_all", "one_of", "matches", "exists", "not_exists",
]  # fmt: skip
OPERATORS: Final[tuple[Operator, ...]] = get_args(Operator)
Comparison = Literal["at_least", "at_most", "exactly"]
AmountComparison = Literal["at_least", "at_most", "more_than", "less_than", "exactly"]


class StrictModel(BaseModel):
    """A part of a definition: nothing unknown in it, nothing changes after it was read."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False, defer_build=True)


class ValueTest(StrictModel):
    """Compares one JSON value, of a trait or of an event's property.

    A value that is missing or null passes `not_exists` and nothing else, so `not_equals` asks for
    another value, not for none. Values are compared within their kind (number, text, true/false)
    and never converted: `"1"` is not `1`, and `true` is not `1`. Texts are ordered by code point,
    so ISO dates are ordered by time. `contains` finds a text within a text, or an element in a
    list; `contains_any` and `contains_all` look for elements of a list. `matches` seeks an RE2
    pattern anywhere in a text, of the part of RE2 that means the same to every engine: characters,
    `.`, `^`, `$`, classes and ranges, digits, words and spaces in ASCII, alternatives, repetitions
    and groups.
    """

    operator: Operator
    value: Scalar | Annotated[tuple[Scalar, ...], Field(max_length=MAX_PARTS)] | None = None

    @model_validator(mode="after")
    def _value_fits_operator(self) -> Self:
        problem = _problem(self.operator, self.value)
        if problem:
            raise ValueError(f"{self.operator} {problem}")
        if self.operator == "matches":
            bounded(str(self.value))
        return self


def _problem(operator: Operator, value: object) -> str | None:
    """What is wrong with the value for this operator."""
    match operator:
        case "exists" | "not_exists":
            return None if value is None else "takes no value"
        case "one_of" | "contains_any" | "contains_all":
            return None if isinstance(value, tuple) and value else "takes a list of values"
        case "equals" | "not_equals" | "contains":
            return "takes one value" if value is None or isinstance(value, tuple) else None
        case "greater" | "greater_or_equal" | "less" | "less_or_equal":
            fits = isinstance(value, int | float | str) and not isinstance(value, bool)
            return None if fits else "takes one number or one text"
        case "matches":
            return None if isinstance(value, str) else "takes an RE2 pattern"
        case _:
            assert_never(operator)
