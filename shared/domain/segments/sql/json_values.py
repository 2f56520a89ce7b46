"""Tests of a JSON value in SQL: the rules of `ValueTest`, for a value in a column of JSON text.

A test says TRUE, or else FALSE or NULL.
"""

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, assert_never

from shared.domain.measures.model import MAX_VALUE
from shared.domain.portable_patterns import portable
from shared.domain.segments.nodes.base import Scalar, ValueTest
from shared.domain.segments.sql.literals import AMOUNT, both, double, either, one_of, text

# What a number, a truth, a list or an object may begin with; other texts are no text of theirs.
_LOOKS_OTHERWISE: Final = re.compile(r"[-0-9tf\[{]|$")
_CONTROL: Final = re.compile(r"\\u00[01][0-9a-f]")
_ORDER: Final = {"greater": ">", "greater_or_equal": ">=", "less": "<", "less_or_equal": "<="}
_NUMBER: Final = "^-?[0-9]{1,12}([.][0-9]{1,18})?$"
# Nearly all numbers are so short, and engines read these many times faster.
_SHORT_NUMBER: Final = "^-?[0-9]{1,12}([.][0-9]{1,6})?$"


@dataclass(frozen=True, slots=True)
class JsonValue:
    """Expressions of one value: its JSON text, the text or number in it, and its elements.

    `raw` is NULL or 'null' where there is none. `scalar` of a list or object means nothing.
    """

    raw: str
    scalar: str
    elements: str

    @classmethod
    def whole(cls, column: str) -> "JsonValue":
        """A column that holds one value's JSON text."""
        return cls(
            column,
            f"json_extract_scalar({column}, '$')",
            f"TRY_CAST(json_extract({column}, '$') AS ARRAY(JSON))",
        )

    @classmethod
    def member(cls, column: str, name: str) -> "JsonValue":
        """A value by its name at the top level of a column of JSON text.

        Names that no path can say on every engine are looked up in a map, which costs more.
        """
        if name == "*" or not name.isprintable():
            found = f"element_at(CAST(json_parse({column}) AS MAP(VARCHAR, JSON)), {text(name)})"
            raw = f"json_format({found})"
            return cls(raw, f"json_extract_scalar({raw}, '$')", f"TRY_CAST({found} AS ARRAY(JSON))")
        quoted = name.replace("\\", "\\\\").replace('"', '\\"')
        path = text(f'$["{quoted}"]')
        value = f"json_extract({column}, {path})"
        return cls(
            f"json_format({value})",
            f"json_extract_scalar({column}, {path})",
            f"TRY_CAST({value} AS ARRAY(JSON))",
        )

    @property
    def is_text(self) -> str:
        """Whether it is a text."""
        return f"{self.raw} LIKE '\"%'"

    @property
    def kept(self) -> str:
        """The JSON text of what is kept of it: of a scalar, a long text cut; else NULL."""
        cut = f"CAST(ARRAY[substr({self.scalar}, 1, {MAX_VALUE})] AS JSON)"
        return (
            f"CASE WHEN {self.raw} = 'null' OR {self.raw} LIKE '[%' OR {self.raw} LIKE '{{%'"
            f" THEN NULL WHEN length({self.raw}) > {MAX_VALUE + 2} AND {self.is_text}"
            f" THEN json_format(json_extract({cut}, '$[0]')) ELSE {self.raw} END"
        )

    @property
    def amount(self) -> str:
        """The exact number that it is, or NULL.

        Engines write numbers below 0.0001 in digits that the lake has with an exponent; these do
        not count. JSON texts that begin with a quote are texts, whatever they say.
        """
        digits, is_text = self.scalar, self.is_text
        return (
            f"CASE WHEN NOT {digits} LIKE '0.0000%' AND NOT {digits} LIKE '-0.0000%'"
            f" AND NOT {is_text} THEN CASE"
            f" WHEN regexp_like({digits}, '{_SHORT_NUMBER}')"
            f" THEN CAST(TRY_CAST({digits} AS DECIMAL(18, 6)) AS {AMOUNT})"
            f" WHEN regexp_like({digits}, '{_NUMBER}') THEN TRY_CAST({digits} AS {AMOUNT})"
            " END END"
        )


def passes(test: ValueTest, value: JsonValue) -> str:
    """Whether a value passes a test."""
    wanted = test.value
    match test.operator:
        case "exists":
            return f"{value.raw} <> 'null'"
        case "not_exists":
            return f"COALESCE({value.raw}, 'null') = 'null'"
        case "equals" | "one_of":
            return _is_one_of(value, _several(wanted))
        case "not_equals":
            same = _is_one_of(value, _several(wanted))
            return f"({value.raw} <> 'null' AND NOT COALESCE({same}, FALSE))"
        case "contains":
            return _contains(value, wanted)
        case "contains_any":
            return _has_any(value, _several(wanted))
        case "contains_all":
            return both(_has_any(value, (each,)) for each in _several(wanted))
        case "matches":
            pattern = text(portable(str(wanted)))
            return f"({value.is_text} AND regexp_like({value.scalar}, {pattern}))"
        case "greater" | "greater_or_equal" | "less" | "less_or_equal":
            return _ordered(_ORDER[test.operator], value, wanted)
        case _:
            assert_never(test.operator)


def _several(wanted: object) -> tuple[Scalar, ...]:
    return wanted if isinstance(wanted, tuple) else (wanted,)


def _is_one_of(value: JsonValue, wanted: Iterable[Scalar]) -> str:
    """Equal to one of some scalars, of the same kind."""
    texts = [each for each in wanted if isinstance(each, str)]
    plain = [each for each in texts if not _LOOKS_OTHERWISE.match(each)]
    other = [each for each in texts if _LOOKS_OTHERWISE.match(each)]
    found = []
    if plain:
        found.append(one_of(value.scalar, plain))
    if other:
        found.append(f"({value.is_text} AND {one_of(value.scalar, other)})")
    return either([*found, *_in_text(value.raw, [e for e in wanted if not isinstance(e, str)])])


def _in_text(raw: str, wanted: Iterable[Scalar]) -> list[str]:
    """Equal to one of some scalars, by the JSON text alone."""
    wanted = tuple(wanted)
    said = [_json_text(each) for each in wanted if isinstance(each, bool | str)]
    found = [one_of(raw, said)] if said else []
    numbers = [each for each in wanted if not isinstance(each, bool | str)]
    if numbers:
        listed = ", ".join(double(each) for each in numbers)
        found.append(f"TRY_CAST({raw} AS DOUBLE) IN ({listed})")
    return found


def _contains(value: JsonValue, wanted: object) -> str:
    in_list = _has_any(value, _several(wanted))
    if not isinstance(wanted, str):
        return in_list
    within = f" AND strpos({value.scalar}, {text(wanted)}) > 0" if wanted else ""
    return f"(({value.is_text}{within}) OR COALESCE({in_list}, FALSE))"


def _has_any(value: JsonValue, wanted: tuple[Scalar, ...]) -> str:
    test = either(_in_text("json_format(element)", wanted))
    return f"cardinality(filter({value.elements}, element -> {test})) > 0"


def _ordered(sign: str, value: JsonValue, wanted: object) -> str:
    if isinstance(wanted, str):
        return f"({value.is_text} AND {value.scalar} {sign} {text(wanted)})"
    assert isinstance(wanted, int | float)  # noqa: S101 - ValueTest refuses anything else
    return f"TRY_CAST({value.raw} AS DOUBLE) {sign} {double(wanted)}"


def _json_text(value: bool | str) -> str:
    """JSON as the engines write it: as we do, but with control characters in upper case."""
    said = json.dumps(value, ensure_ascii=False)
    return _CONTROL.sub(lambda found: f"\\u{found[0][2:].upper()}", said)
