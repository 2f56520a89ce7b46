"""The two kinds of write keys."""

from typing import Literal

WriteKeyKind = Literal["public", "server"]
"""public: it stands in a page or an app, where anybody can read it. server: only a server has it,
so what comes with it may join two people.
"""
