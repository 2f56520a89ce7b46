"""`python -m tests.mutants`: small mistakes in the pure core, and which ones no test sees.

`MUTANTS=200` tries so many of each package, drawn by `SEED` from all of them; without it, all are
tried. It works on a copy of the files as they are now, and writes to `.local/mutants`.
"""

import argparse
import os
import shutil
import subprocess
import sys
from pathlib import Path

from tests.mutants.covering import PACKAGES


def main() -> int:
    """Copy what is in the checkout, and run inside of the copy."""
    parser = argparse.ArgumentParser(prog="python -m tests.mutants", description=__doc__)
    parser.add_argument("packages", nargs="*", default=PACKAGES)
    parser.add_argument("--number", type=int, default=int(os.environ.get("MUTANTS") or 0))
    parser.add_argument("--seed", type=int, default=int(os.environ.get("SEED") or 1))
    parser.add_argument("--budget", type=float, default=10.0, help="seconds of tests for a mutant")
    parser.add_argument("--kept", type=Path, default=Path(".local/mutants"))
    parser.add_argument("--part", choices=["all", "functions", "data"], default="all")
    parser.add_argument("--only", action="append", default=[], help="a part of the names to try")
    parser.add_argument("--rooms", nargs="*", default=[], help="try them on these tests alone")
    options = parser.parse_args()
    kept = options.kept.resolve()
    tree = kept / "tree"
    _copy(tree)
    command = [
        *(sys.executable, "-m", "tests.mutants.inside", *options.packages),
        *("--number", str(options.number), "--seed", str(options.seed), "--kept", str(kept)),
        *("--budget", str(options.budget), "--part", options.part),
        *(part for name in options.only for part in ("--only", name)),
        *(("--rooms", *options.rooms) if options.rooms else ()),
    ]
    return subprocess.run(command, cwd=tree, check=False).returncode


def _copy(tree: Path) -> None:
    """The files that git knows or would take, as they are now."""
    shutil.rmtree(tree, ignore_errors=True)
    listed = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard", "-z"], check=True, capture_output=True
    )
    for name in filter(None, listed.stdout.decode().split("\0")):
        if Path(name).is_file():
            (tree / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(name, tree / name)
    for built in ("functions/serve_console/pages",):
        if Path(built).is_dir():
            shutil.copytree(built, tree / built, dirs_exist_ok=True)
    for linked in ("node_modules", ".venv"):
        if Path(linked).is_dir():
            (tree / linked).symlink_to(Path(linked).resolve())


if __name__ == "__main__":
    sys.exit(main())
