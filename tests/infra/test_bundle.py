"""What ships to Lambda: the code of one function, and dependencies without dead weight."""

import sys
import zipfile
from pathlib import Path

import botocore
import pytest

from infra.constructs.bundle import AWS_SERVICES, LOCK, PARQUET_LOCK, Bundles
from infra.constructs.platform import Platform

pytestmark = pytest.mark.slow

HOST = Platform.of("host", "")


def names(path):
    with zipfile.ZipFile(path) as archive:
        return set(archive.namelist())


def test_a_function_ships_its_folder_and_what_all_share_and_nothing_else(tmp_path):
    shipped = names(Bundles(HOST, tmp_path).function("ingest_events"))
    assert {name.rsplit(".", 1)[1] for name in shipped} == {"py", "pyc"}
    sources = {name for name in shipped if name.endswith(".py")}
    assert {"functions/__init__.py", "functions/ingest_events/handler.py"} <= sources
    rooms = {name.split("/")[0] for name in sources}
    assert rooms == {"events", "functions", "shared"}
    functions = {name.split("/")[1] for name in sources if name.startswith("functions/")}
    assert functions == {"__init__.py", "ingest_events"}


def test_bytecode_is_shipped_for_the_python_that_will_run_it(tmp_path):
    shipped = names(Bundles(HOST, tmp_path).function("ingest_events"))
    compiled = [name for name in shipped if name.endswith(".pyc")]
    tag = f".{sys.implementation.cache_tag}.pyc"
    assert len(compiled) * 2 == len(shipped)
    assert all(name.endswith(tag) for name in compiled)


def test_without_a_python_of_the_target_version_the_sources_go_alone(tmp_path):
    nobody_has_it = Platform("arm64", "3.99")
    shipped = names(Bundles(nobody_has_it, tmp_path).function("ingest_events"))
    assert {name.rsplit(".", 1)[1] for name in shipped} == {"py"}


def test_the_same_code_gives_the_same_bytes(tmp_path):
    first = Bundles(HOST, tmp_path / "first").function("run_step")
    second = Bundles(HOST, tmp_path / "second").function("run_step")
    assert first.name == second.name
    assert first.read_bytes() == second.read_bytes()


def test_a_bundle_is_made_once(tmp_path):
    bundles = Bundles(HOST, tmp_path)
    made = bundles.function("run_step").stat().st_mtime_ns
    assert bundles.function("run_step").stat().st_mtime_ns == made


def test_another_platform_is_another_bundle(tmp_path):
    for platform in (HOST, Platform.of("arm64", "3.13")):
        Bundles(platform, tmp_path).function("run_step")
    assert len(list(tmp_path.glob("run_step-*.zip"))) == 2


def test_an_unknown_architecture_is_named():
    with pytest.raises(ValueError, match=r"one of arm64, x86_64, host, not 'sparc'"):
        Platform.of("sparc", "3.13")


MACHINE_OF_ELF, AARCH64 = slice(18, 20), b"\xb7\x00"


@pytest.mark.stack
def test_the_layer_has_every_dependency_and_only_the_services_that_we_call():
    layer = Bundles(Platform.of("arm64", "3.13")).layer()
    shipped = names(layer)
    packages = {name.split("/")[1] for name in shipped}
    assert {"aws_lambda_powertools", "botocore", "liquid", "pydantic", "tzdata"} <= packages
    assert not any("/tests/" in name for name in shipped)
    services = {
        name.split("/")[3]
        for name in shipped
        if name.startswith("python/botocore/data/") and name.count("/") > 3
    }
    assert services == AWS_SERVICES
    native = [name for name in shipped if name.endswith(".so")]
    assert native
    with zipfile.ZipFile(layer) as archive:
        machines = {name: archive.read(name)[MACHINE_OF_ELF] for name in native}
    assert set(machines.values()) == {AARCH64}, machines


@pytest.mark.stack
def test_making_a_layer_changes_nothing_outside_it(tmp_path):
    installed = Path(botocore.__file__).parent / "data"
    before = {path: path.stat().st_mtime_ns for path in installed.rglob("*")}
    Bundles(HOST, tmp_path).layer()
    assert {path: path.stat().st_mtime_ns for path in installed.rglob("*")} == before


@pytest.mark.stack
def test_the_layer_of_parquet_fits_beside_the_other_one():
    bundles = Bundles(Platform.of("arm64", "3.13"))
    unpacked = 0
    for lock in (LOCK, PARQUET_LOCK):
        with zipfile.ZipFile(bundles.layer(lock)) as archive:
            unpacked += sum(each.file_size for each in archive.infolist())
    assert any(name.endswith("aarch64-linux-gnu.so") for name in names(bundles.layer(PARQUET_LOCK)))
    assert unpacked < 250_000_000  # what Lambda takes of a function with all of its layers
