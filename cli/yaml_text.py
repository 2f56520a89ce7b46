"""Definitions as YAML that people read and diff: blocks, long texts as they are, one order."""

import re
from collections.abc import Mapping
from typing import Any, Final

import yaml

from cli.documents import Loader

_WIDTH: Final = 100
# Breaks of lines by YAML 1.1, which would come back as others, and what nobody can see.
_ODD: Final = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ufeff]")


class _Dumper(yaml.SafeDumper):
    """Quotes whatever any reader of YAML would take for something else than text."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:  # noqa: ARG002
        """Indent lists below their key."""
        super().increase_indent(flow, indentless=False)

    def ignore_aliases(self, data: object) -> bool:  # noqa: ARG002
        """Write equal parts out each time."""
        return True


# What version 1.2 takes for a number or truth, beside what 1.1 does: 1e5 is a text in 1.1 only.
_Dumper.yaml_implicit_resolvers = {
    first: [
        *yaml.SafeDumper.yaml_implicit_resolvers.get(first, ()),
        *Loader.yaml_implicit_resolvers.get(first, ()),
    ]
    for first in {*yaml.SafeDumper.yaml_implicit_resolvers, *Loader.yaml_implicit_resolvers}
}


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    style = '"' if _ODD.search(text) else "|" if "\n" in text else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Dumper.add_representer(str, _text)


def yaml_of(document: Mapping[str, Any]) -> str:
    """One document as YAML, with its fields as they come."""
    text: str = yaml.dump(
        dict(document), Dumper=_Dumper, allow_unicode=True, sort_keys=False, width=_WIDTH
    )
    return text
