"""Shared fixtures: where the corpus of real captures lies, if it does."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import settings

settings.register_profile("no deadline", deadline=None)  # tests state no times: the machine may be busy
settings.load_profile("no deadline")

ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="session")
def corpus_path() -> Path:
    """The folder of real captures; the test is skipped, saying so, where it is absent."""
    path = Path(os.environ.get("SWEEPER_CORPUS", ROOT.parent / "shared" / "corpus"))
    if not path.is_dir():
        pytest.skip(f"no corpus of real captures at {path} (set SWEEPER_CORPUS)")
    return path
