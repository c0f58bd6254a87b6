"""Shared fixtures: where the corpus of real captures lies, if it does."""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

settings.register_profile("no deadline", deadline=None)  # tests state no times: the machine may be busy
settings.load_profile("no deadline")

ROOT = Path(__file__).parent.parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The slow ones first, so that none is left over at the end."""
    items.sort(key=lambda item: item.get_closest_marker("slow") is None)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """With several workers a module whose fixtures are made once stays with one of them.

    pytest-xdist's own ``loadgroup`` (3.8) writes its groups where pytest 9 no longer reads them, and so
    groups nothing: a module's fixture is then made in every worker.
    """
    from xdist.scheduler import LoadScopeScheduling

    class Scheduling(LoadScopeScheduling):  # type: ignore[misc]
        def _split_scope(self, nodeid: str) -> str:
            path = nodeid.partition("::")[0]
            return path if _shares(ROOT / path) else nodeid

    return Scheduling(config, log) if config.getvalue("dist") == "loadgroup" else None


@cache
def _shares(path: Path) -> bool:
    """Whether a module of tests has fixtures that are made once for all of them."""
    return path.is_file() and 'scope="module"' in path.read_text("utf-8")


@pytest.fixture(scope="session")
def corpus_path() -> Path:
    """The folder of real captures; the test is skipped, saying so, where it is absent."""
    path = Path(os.environ.get("SWEEPER_CORPUS", ROOT.parent / "shared" / "corpus"))
    if not path.is_dir():
        pytest.skip(f"no corpus of real captures at {path} (set SWEEPER_CORPUS)")
    return path


@pytest.fixture
def little_work(monkeypatch: pytest.MonkeyPatch) -> None:
    """Passwords lock with little work, so that a test does not spend a second in each scrypt."""
    from tests.jobs import weak_age

    weak_age.instead(monkeypatch)
