"""A second, naive reading of values: JSON values compared by what the documents say."""

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

Data = Mapping[str, Any]


def text(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


def scalar(value: object) -> bool:
    return type(value) in (bool, int, float, str)


def counts(value: object) -> bool:
    number = type(value) in (int, float)
    return number and bool(re.fullmatch(r"-?[0-9]{1,12}(\.[0-9]{1,18})?", text(value)))


def compares(comparison: str, found: Any, wanted: Any) -> bool:
    return {
        "at_least": not found < wanted,
        "at_most": not found > wanted,
        "exactly": found == wanted,
        "more_than": found > wanted,
        "less_than": found < wanted,
    }[comparison]


def passes(test: Data, value: Any) -> bool:
    operator, wanted = test["operator"], test.get("value")
    if value is None or operator in ("exists", "not_exists"):
        return operator == ("not_exists" if value is None else "exists")
    if operator == "equals":
        return _alike(value, wanted) and value == wanted
    if operator == "not_equals":
        return not (_alike(value, wanted) and value == wanted)
    if operator == "one_of":
        return _among(value, wanted)
    if operator == "contains":
        if type(value) is list:
            return _among(wanted, value)
        return type(value) is str and type(wanted) is str and value.find(wanted) >= 0
    if operator in ("contains_any", "contains_all"):
        found = type(value) is list and [_among(each, value) for each in wanted]
        return bool(found) and (True in found if operator == "contains_any" else False not in found)
    if operator == "matches":
        return type(value) is str and bool(re.search(wanted, value))
    if not _alike(value, wanted) or type(value) is bool:
        return False
    first = sorted([value, wanted])[0]
    return {
        "greater": value != wanted and first == wanted,
        "greater_or_equal": first == wanted,
        "less": value != wanted and first == value,
        "less_or_equal": first == value,
    }[operator]


def _among(value: Any, several: Sequence[Any]) -> bool:
    return any(_alike(each, value) and each == value for each in several)


def _alike(left: object, right: object) -> bool:
    groups = ({bool}, {int, float}, {str})
    return any(type(left) in group and type(right) in group for group in groups)
