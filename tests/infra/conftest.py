"""The synthesized templates, made once for all processes of a run, and without the layer's wheels.

The same synthesis is what the packs of cdk-nag look at.
"""

import fcntl
import json
import os
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from aws_cdk import IPolicyValidationPlugin, Validations
from cdk_nag import AwsSolutionsChecks, ServerlessChecks

from infra.app import DATA_STACK, ENGINE_STACK, FRONT_STACK, build
from infra.constructs.bundle import LOCK, Bundles
from infra.constructs.platform import Platform


class PaperLayer(Bundles):
    """Real code of functions, and a layer with nothing in it."""

    def layer(self, lock: Path = LOCK) -> Path:
        path = self.folder / f"{lock.stem}.zip"
        self.folder.mkdir(parents=True, exist_ok=True)
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("python/empty.txt", "")
        return path


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """To make the app takes each worker half of what all of the fast gate may take."""
    for item in items:
        if {"synthesize", "assembly"} & set(getattr(item, "fixturenames", ())):
            item.add_marker(pytest.mark.slow)


@pytest.fixture(scope="session")
def synthesize(synthesized: Path) -> Callable[..., dict[str, dict]]:
    """Synthesize with a context, once with each; gives the template of each stack by its name."""

    def make(**context):
        name = "-".join(f"{key}={context[key]}" for key in sorted(context)).replace("/", "_")
        return templates_in(_once(synthesized / f"with-{name}", context, packs=False))

    return make


@pytest.fixture(scope="session")
def assembly(synthesized: Path) -> Path:
    """The folder of the app as it is deployed by default, with what the packs said of it."""
    return _once(synthesized / "by-default", {}, packs=True)


@pytest.fixture(scope="session")
def synthesized(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of this run, the same for all its processes."""
    base = tmp_path_factory.getbasetemp()
    folder = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "synthesized"
    folder.mkdir(exist_ok=True)
    return folder


def _once(folder: Path, context: dict, *, packs: bool) -> Path:
    """The assembly of a context: made by who comes first, the others wait for it."""
    made = folder / "made"
    with folder.with_name(f"{folder.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not made.exists():
            _synthesize(folder, context, packs=packs)
            made.touch()
    return folder / "out"


def _synthesize(folder: Path, context: dict, *, packs: bool) -> None:
    # CDK's own check of the templates takes half of the time, and cfn-lint says the same.
    os.environ["CDK_VALIDATION"] = "false"
    out = folder / "out"
    platform = Platform.of(context.get("architecture", "arm64"), "3.13")
    app = build(context, str(out), PaperLayer(platform, folder / "assets"))
    if packs:
        plugins: list[IPolicyValidationPlugin] = [AwsSolutionsChecks(app), ServerlessChecks(app)]
        Validations.of(app).add_plugins(*plugins)
    try:
        app.synth()
    except RuntimeError:
        # Findings end the synthesis when everything is written; their test tells them.
        if not (out / REPORT).exists():
            raise


REPORT = "validation-report.json"


def templates_in(folder: Path) -> dict[str, dict]:
    """The template of each stack of an assembly, by its name."""
    paths = {name: folder / f"{name}.template.json" for name in STACKS}
    return {name: json.loads(path.read_text()) for name, path in paths.items() if path.exists()}


STACKS = (DATA_STACK, ENGINE_STACK, FRONT_STACK)


@pytest.fixture(scope="session")
def templates(assembly):
    return templates_in(assembly)


@pytest.fixture(scope="session")
def engine(templates):
    return templates[ENGINE_STACK]


@pytest.fixture(scope="session")
def data(templates):
    return templates[DATA_STACK]
