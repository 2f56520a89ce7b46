"""The console's sources: types hold, its own tests pass, and what is shipped is small."""

import gzip
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
CONSOLE = ROOT / "console"
NODE = Path(sys.executable).parent / "node"
PAGES = ROOT / "functions" / "serve_console" / "pages"
MOST_BYTES = 110_000  # of the script, packed; what it is built from is half of it


def run(*command):
    ran = subprocess.run(command, cwd=CONSOLE, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stdout + ran.stderr


def test_types_hold():
    run(NODE, ROOT / "node_modules" / "typescript" / "bin" / "tsc", "--project", CONSOLE)


@pytest.mark.parametrize("file", sorted(CONSOLE.glob("test/*.test.ts")), ids=lambda path: path.stem)
def test_its_own_tests_pass(file):
    run(NODE, "--test", file)


def test_every_word_that_is_looked_up_is_there_and_every_one_that_is_there_is_used():
    """Types know that each is there, in both languages; nobody else knows that each is used."""
    words = (CONSOLE / "src" / "words.ts").read_text(encoding="utf-8")
    table = words[words.index("export const WORDS") : words.index("as const satisfies")]
    names = re.findall(r"\b(\w+): pair\(", table)
    assert len(names) == len(set(names))
    sources = [path for path in CONSOLE.rglob("src/**/*.ts*") if path.name != "words.ts"]
    text = "".join(path.read_text(encoding="utf-8") for path in sources)
    put_together = re.findall(r"[`\"](\w+_)\$\{", text)
    unused = [
        name
        for name in names
        if not re.search(rf"\b{name}\b", text) and not name.startswith(tuple(put_together))
    ]
    assert unused == []


def test_the_script_stays_small():
    (script,) = PAGES.glob("app-*.js")
    assert len(gzip.compress(script.read_bytes())) < MOST_BYTES
