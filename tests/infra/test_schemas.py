"""The committed contracts are those that the code writes, and a drift is found."""

from pathlib import Path

import pytest

from infra import schemas


def test_the_committed_contracts_fit_the_code():
    assert schemas.drifted() == []


@pytest.fixture
def root(tmp_path: Path) -> Path:
    schemas.write(tmp_path)
    return tmp_path


@pytest.mark.slow
def test_what_was_written_does_not_drift(root):
    assert schemas.drifted(root) == []


@pytest.mark.slow
def test_a_change_a_loss_and_a_leftover_are_found(root):
    changed = Path("docs/schemas/journey.json")
    (root / changed).write_text((root / changed).read_text().replace("P1D", "P2D"))
    lost = Path("docs/openapi/ingest.json")
    (root / lost).unlink()
    leftover = Path("events/schemas/GoneEvent.json")
    (root / leftover).write_text("{}")
    assert schemas.drifted(root) == sorted([changed, lost, leftover])


@pytest.mark.slow
def test_the_check_says_which_file_and_what_to_do(root, capsys):
    assert schemas.main(["--check"], root) == 0
    assert capsys.readouterr().err == ""
    (root / "docs/openapi/admin.json").write_text("{}")
    assert schemas.main(["--check"], root) == 1
    message = capsys.readouterr().err
    assert "docs/openapi/admin.json" in message
    assert "make schemas" in message
    assert schemas.main([], root) == 0
    assert schemas.main(["--check"], root) == 0
