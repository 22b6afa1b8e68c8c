"""What the tests of the package share."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="session")
def program() -> Path:
    """The command line of the same source: $CRISTAE_BIN, or build/cristae."""
    path = Path(os.environ.get("CRISTAE_BIN", ROOT / "build" / "cristae"))
    if not path.exists():
        if os.environ.get("CI"):
            pytest.fail(f"{path} is not there: build it first")
        pytest.skip(f"{path} is not there")
    return path


@pytest.fixture(autouse=True)
def in_a_folder_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No test leaves files behind."""
    monkeypatch.chdir(tmp_path)
