"""Every small mistake that could be made in a file: mutmut's operators, on functions and data.

A mutant has a name that stays as long as its function does: `path:function#number`. Not tried,
since no behaviour hangs on them: annotations, docstrings, the words of errors (all that follows
`raise`) and words for people (`Text`, `Words`), what only the type checker reads (`cast`,
`assert_never`, `TypeVar`), `strict=` of `zip` and how a dataclass is made.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import unified_diff
from pathlib import Path

import libcst as cst
from libcst.metadata import MetadataWrapper, ParentNodeProvider, PositionProvider
from mutmut.mutation.mutators import mutation_operators

# Calls whose arguments no behaviour hangs on, or (len, isinstance) where a mutant only raises.
_PASSED_BY = {
    *("assert_never", "cast", "TypeVar", "NewType", "dataclass"),
    *("isinstance", "len", "Text", "Words"),
}
# Sentences of the operator's language; which sentence is said is tried, its spelling is not.
_SPEECH = ("segments/describing/", "verify/words.py", "messages/lint_words.py")


@dataclass(frozen=True)
class Mutant:
    """One mistake: the lines of its statement, and whether it is outside of any function."""

    name: str
    path: str
    number: int  # among all of its file
    first: int
    last: int
    in_function: bool


@dataclass(frozen=True)
class _Found:
    mutant: Mutant
    original: cst.CSTNode
    mutated: cst.CSTNode


def mutants_of(path: str) -> list[Mutant]:
    """All mutants of a file, in the order of the text."""
    return [found.mutant for found in _find(path, _wrapped(path))]


def sources_of(path: str, numbers: set[int]) -> dict[int, str]:
    """The text of the whole file for each of these mutants."""
    wrapped = _wrapped(path)
    made = {}
    for found in _find(path, wrapped):
        if found.mutant.number in numbers:
            module = wrapped.module.deep_replace(found.original, found.mutated)
            assert isinstance(module, cst.Module)
            made[found.mutant.number] = module.code
    return made


def difference(path: str, mutated: str) -> str:
    """The lines that differ, as a patch without its head."""
    original = Path(path).read_text()
    lines = unified_diff(original.splitlines(), mutated.splitlines(), lineterm="", n=0)
    return "\n".join(line for line in lines if not line.startswith(("---", "+++")))


def _wrapped(path: str) -> MetadataWrapper:
    return MetadataWrapper(cst.parse_module(Path(path).read_text()))


def _find(path: str, wrapped: MetadataWrapper) -> Iterator[_Found]:
    finder = _Finder(path)
    wrapped.visit(finder)
    return iter(finder.found)


class _Finder(cst.CSTVisitor):
    METADATA_DEPENDENCIES = (PositionProvider, ParentNodeProvider)

    def __init__(self, path: str) -> None:
        super().__init__()
        self.path = path
        self.found: list[_Found] = []
        self.numbers: Counter[str] = Counter()

    def on_visit(self, node: cst.CSTNode) -> bool:
        if self._passed_by(node):
            return False
        speech = isinstance(node, cst.BaseString) and any(part in self.path for part in _SPEECH)
        for kind, operator in mutation_operators:
            if isinstance(node, kind) and not speech:
                for mutated in operator(node):
                    self._add(node, mutated)
        return True

    def _passed_by(self, node: cst.CSTNode) -> bool:
        match node:
            case cst.Annotation() | cst.Raise() | cst.Import() | cst.ImportFrom():
                return True
            case cst.Call(func=cst.Name(value=name)):
                return name in _PASSED_BY
            case cst.Arg(keyword=cst.Name(value="strict")):
                return True
            case cst.Tuple(elements=[cst.Element(cst.SimpleString(value=en)), cst.Element(zh)]):
                # One thing in English and in Chinese.
                return en.isascii() and isinstance(zh, cst.SimpleString) and _has_chinese(zh.value)
            case cst.If(test=cst.Name(value="TYPE_CHECKING")):
                return True
            case cst.Assign(targets=[cst.AssignTarget(target=cst.Name(value=name))]):
                return name == "__all__"
            case cst.MatchCase(pattern=cst.MatchAs(pattern=None)):  # case _ and case other
                return "assert_never" in cst.Module([]).code_for_node(node)
            case _:
                return False

    def _add(self, node: cst.CSTNode, mutated: cst.CSTNode) -> None:
        if isinstance(node, cst.Match) and _drops_the_impossible(node, mutated):
            return
        name, in_function = self._where(node)
        self.numbers[name] += 1
        first, last = self._lines(node)
        mutant = Mutant(
            name=f"{self.path}:{name}#{self.numbers[name]}",
            path=self.path,
            number=len(self.found),
            first=first,
            last=last,
            in_function=in_function,
        )
        self.found.append(_Found(mutant, node, mutated))

    def _where(self, node: cst.CSTNode) -> tuple[str, bool]:
        """The function or class of the node, and whether it runs when that is called."""
        names: list[str] = []
        in_function = False
        above, below = self.get_metadata(ParentNodeProvider, node, None), node
        while above is not None:
            if isinstance(above, cst.FunctionDef | cst.ClassDef):
                names.append(above.name.value)
                in_function |= isinstance(above, cst.FunctionDef) and below is above.body
            above, below = self.get_metadata(ParentNodeProvider, above, None), above
        return ".".join(reversed(names)) or "module", in_function

    def _lines(self, node: cst.CSTNode) -> tuple[int, int]:
        """Lines that run when the mutant makes a difference: its statement, or the head of it."""
        own = self.get_metadata(PositionProvider, node)
        if isinstance(node, cst.BaseCompoundStatement):
            return own.start.line, own.end.line
        above: cst.CSTNode | None = node
        while above is not None:
            if isinstance(above, cst.SimpleStatementLine):
                lines = self.get_metadata(PositionProvider, above)
                return lines.start.line, lines.end.line
            if isinstance(above, cst.BaseCompoundStatement | cst.MatchCase):
                begun = self.get_metadata(PositionProvider, above).start.line
                return begun, max(begun, own.end.line)
            above = self.get_metadata(ParentNodeProvider, above, None)
        return own.start.line, own.end.line


def _has_chinese(text: str) -> bool:
    return any("\u4e00" <= character <= "\u9fff" for character in text)


def _drops_the_impossible(node: cst.Match, mutated: cst.CSTNode) -> bool:
    """Whether the case that is gone is the one that only the type checker reads."""
    assert isinstance(mutated, cst.Match)
    gone = next(case for case in node.cases if all(case is not kept for kept in mutated.cases))
    return "assert_never" in cst.Module([]).code_for_node(gone)
