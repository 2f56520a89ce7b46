"""A real browser for tests: the Chromium that ships inside an npm package, driven by Playwright.

Nothing is downloaded but what `package-lock.json` and `requirements/dev.txt` lock. The package
brings the few system libraries that Chromium needs too, so a machine with nothing but Python can
run it. It is built for x86-64 Linux; elsewhere these tests are skipped, except where the variable
`CI` is set: there they fail.

Import the fixtures where they are used: `from tests.browser import browser, page  # noqa: F401`.
"""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from shutil import rmtree
from tempfile import mkdtemp
from typing import Any, Final

import pytest
from playwright.sync_api import Browser, Error, Page, sync_playwright

_ROOT: Final = Path(__file__).parents[1]
_MODULES: Final = _ROOT / "node_modules"
_PACKAGE: Final = _MODULES / "@sparticuz" / "chromium"
_NODE: Final = Path(sys.executable).parent / "node"
_INFLATE: Final = """
import { inflate } from "@sparticuz/chromium";
import { readdirSync } from "node:fs";
const bin = "node_modules/@sparticuz/chromium/bin/";
await Promise.all(readdirSync(bin).map((name) => inflate(bin + name)));
"""
_FONTS: Final = """<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig><dir>{home}/fonts</dir><dir>/usr/share/fonts</dir>
<cachedir>{home}/fonts-cache</cachedir></fontconfig>
"""


def _unpacked() -> Path:
    """The folder with the unpacked Chromium, made once for each version of the package."""
    version = json.loads((_PACKAGE / "package.json").read_text())["version"]
    home = _MODULES / ".chromium" / version
    if home.exists():
        return home
    home.parent.mkdir(exist_ok=True)
    draft = Path(mkdtemp(dir=home.parent))
    subprocess.run(
        [_NODE, "--input-type=module", "-e", _INFLATE],
        cwd=_ROOT,
        env={**os.environ, "TMPDIR": str(draft)},
        check=True,
    )
    (draft / "fonts" / "fonts.conf").write_text(_FONTS.format(home=home))
    try:
        draft.rename(home)
    except OSError:  # another process was first; its copy is the same
        if not home.exists():
            raise
        rmtree(draft)
    return home


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A headless Chromium, one for the tests of a file."""
    if not _PACKAGE.exists():
        pytest.fail("node_modules is missing: `make test` installs it, as `npm ci` does")
    home = _unpacked()
    env = {
        "HOME": str(home),
        "LD_LIBRARY_PATH": str(home / "al2023" / "lib"),
        "FONTCONFIG_PATH": str(home / "fonts"),
    }
    with sync_playwright() as playwright:
        try:
            running = playwright.chromium.launch(
                executable_path=home / "chromium", args=["--no-sandbox"], env=env
            )
        except Error as error:
            if "CI" in os.environ:
                raise
            pytest.skip(f"Chromium cannot start on this machine: {error.message.splitlines()[0]}")
        yield running
        running.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A page of its own: no cookies, no storage; 10 seconds are its patience.

    The test fails afterwards when something was thrown on the page and nobody caught it.
    """
    context = browser.new_context(viewport={"width": 1280, "height": 800}, reduced_motion="reduce")
    context.set_default_timeout(10_000)
    opened = context.new_page()
    thrown: list[str] = []
    opened.on("pageerror", lambda error: thrown.append(str(error)))
    yield opened
    context.close()
    assert not thrown, thrown


def serious_faults(page: Page, within: str = "html") -> list[dict[str, Any]]:
    """What axe-core finds serious or critical in a part of the page, open shadow roots included.

    Each has `id`, `help`, and the `nodes` that it is about. axe is put in by the debugger, which a
    strict content security policy does not hinder.
    """
    page.evaluate((_MODULES / "axe-core" / "axe.min.js").read_text())
    found = page.evaluate("(within) => axe.run(within, {resultTypes: ['violations']})", within)
    return [
        {"id": each["id"], "help": each["help"], "nodes": [n["html"] for n in each["nodes"]]}
        for each in found["violations"]
        if each["impact"] in {"serious", "critical"}
    ]
