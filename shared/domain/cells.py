"""Cells of CSV files: whoever opens one in a spreadsheet must not run what a customer wrote."""

import re
from typing import Final

# What spreadsheets take for the beginning of a formula; some do so of the wide signs, too.
_BEGINS_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
# A telephone number has to stay one that can be uploaded elsewhere.
_NUMBER: Final = re.compile(r"[+-]?[0-9 .]+")


def harmless(text: str) -> str:
    """A text with an apostrophe in front where a spreadsheet would take it for a formula."""
    if text.startswith(_BEGINS_FORMULA) and not _NUMBER.fullmatch(text):
        return f"'{text}"
    return text
