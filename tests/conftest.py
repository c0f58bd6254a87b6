"""Shared fixtures: where the corpus of real captures lies, if it does."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import settings

settings.register_profile("no deadline", deadline=None)  # tests state no times: the machine may be busy
settings.load_profile("no deadline")

ROOT = Path(__file__).parent.parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The slow ones first, so that none is left over at the end; what shares a module's fixture, together.

    With several workers (``--dist loadgroup``) a module's fixture is otherwise made once in each of them.
    """
    items.sort(key=lambda item: item.get_closest_marker("slow") is None)
    for item in items:
        shares = _shared(item)
        if shares and item.get_closest_marker("xdist_group") is None:
            item.add_marker(pytest.mark.xdist_group(item.nodeid.partition("::")[0]))


def _shared(item: pytest.Item) -> bool:
    """Whether a test uses a fixture of its module that is made once."""
    found = getattr(item, "_fixtureinfo", None)
    if found is None:
        return False
    return any(
        fixture.scope == "module" and fixture.baseid == item.nodeid.partition("::")[0]
        for fixtures in found.name2fixturedefs.values()
        for fixture in fixtures
    )


@pytest.fixture(scope="session")
def corpus_path() -> Path:
    """The folder of real captures; the test is skipped, saying so, where it is absent."""
    path = Path(os.environ.get("SWEEPER_CORPUS", ROOT.parent / "shared" / "corpus"))
    if not path.is_dir():
        pytest.skip(f"no corpus of real captures at {path} (set SWEEPER_CORPUS)")
    return path
