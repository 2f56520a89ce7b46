"""The synthesized templates, made once for all tests; without the layer, which needs wheels."""

import json
import os
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from infra.app import DATA_STACK, ENGINE_STACK, build
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


@pytest.fixture(scope="session")
def synthesize(tmp_path_factory) -> Callable[..., dict[str, dict]]:
    """Synthesize with some context; gives the template of each stack by its name."""

    def make(**context):
        folder = tmp_path_factory.mktemp("cdk")
        os.environ["CDK_VALIDATION"] = "false"
        platform = Platform.of(context.get("architecture", "arm64"), "3.13")
        build(context, str(folder / "out"), PaperLayer(platform, folder / "assets")).synth()
        return {
            name: json.loads((folder / "out" / f"{name}.template.json").read_text())
            for name in (DATA_STACK, ENGINE_STACK)
        }

    return make


@pytest.fixture(scope="session")
def templates(synthesize):
    return synthesize()


@pytest.fixture(scope="session")
def engine(templates):
    return templates[ENGINE_STACK]


@pytest.fixture(scope="session")
def data(templates):
    return templates[DATA_STACK]
