"""python-liquid imported without its extra filters and its translations, which nothing here uses.

They bring Babel and its locale data along, which costs several times a bare interpreter's start in
every cold start (`make bench`). Empty modules stand in for them while the package is imported.
"""

import sys
from types import ModuleType
from typing import Final

_LEFT_OUT: Final = {
    "liquid.extra": ("add_tags_and_filters",),
    "liquid.messages": ("MessageTuple", "Translations", "extract_from_template"),
}

_stand_ins = {}
if "liquid" not in sys.modules:
    for _name, _members in _LEFT_OUT.items():
        _stand_ins[_name] = sys.modules[_name] = ModuleType(_name)
        _stand_ins[_name].__dict__.update(dict.fromkeys(_members))

from liquid import (  # noqa: E402
    BoundTemplate,
    Environment,
    RenderContext,
    StrictUndefined,
    Token,
)
from liquid.builtin.expressions import LoopExpression, Path  # noqa: E402
from liquid.builtin.expressions import primitive as _primitive  # noqa: E402
from liquid.exceptions import LiquidError, ResourceLimitError, UndefinedError  # noqa: E402
from liquid.expression import Expression  # noqa: E402
from liquid.filter import string_filter, with_context  # noqa: E402
from liquid.output import LimitedStringIO  # noqa: E402
from liquid.undefined import is_undefined  # noqa: E402

for _name in _stand_ins:
    del sys.modules[_name]  # whoever asks for them later gets the real ones

EXPRESSIONS: Final[tuple[type[Expression], ...]] = (
    Path,
    _primitive.RangeLiteral,
    _primitive.IntegerLiteral,
    _primitive.FloatLiteral,
    _primitive.StringLiteral,
    _primitive.TrueLiteral,
    _primitive.FalseLiteral,
    _primitive.Nil,
    _primitive.Empty,
    _primitive.Blank,
)
"""Those that have a value of their own; all others put values together."""

__all__ = [
    "EXPRESSIONS",
    "BoundTemplate",
    "Environment",
    "Expression",
    "LimitedStringIO",
    "LiquidError",
    "LoopExpression",
    "RenderContext",
    "ResourceLimitError",
    "StrictUndefined",
    "Token",
    "UndefinedError",
    "is_undefined",
    "string_filter",
    "with_context",
]
