"""Source archive and wheel: the one makes the other, and nothing is lost on the way."""

from __future__ import annotations

import subprocess
import sys
import tarfile
import zipfile
from importlib.util import find_spec
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """``hatchling`` builds the source archive here, and the wheel from the archive alone."""
    if find_spec("hatchling") is None:
        pytest.skip("hatchling is not installed here")
    folder = tmp_path_factory.mktemp("dist")
    build = [sys.executable, "-m", "hatchling", "build", "--directory", str(folder)]
    subprocess.run([*build, "--target", "sdist"], cwd=ROOT, check=True, capture_output=True)
    (archive,) = folder.glob("*.tar.gz")
    with tarfile.open(archive) as packed:
        packed.extractall(folder / "source", filter="data")
    (source,) = (folder / "source").iterdir()
    subprocess.run([*build, "--target", "wheel"], cwd=source, check=True, capture_output=True)
    return folder


def names(wheel: Path) -> set[str]:
    with zipfile.ZipFile(wheel) as packed:
        return set(packed.namelist())


def test_the_wheel_of_the_source_archive_has_every_file_of_the_program(built: Path) -> None:
    (wheel,) = built.glob("*.whl")
    there = names(wheel)
    tracked = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False)
    if tracked.returncode:
        pytest.skip("this is no checkout")
    lost = []
    for name in tracked.stdout.splitlines():
        inside = name if name.startswith("sweeper/") else f"sweeper/data/{name}"
        if name.startswith(("sweeper/", "signatures/", "recordings/")) and (ROOT / name).exists():
            lost += [name] if inside not in there else []
    assert lost == []


def test_the_source_archive_has_tests_documentation_and_licence_and_nothing_built(built: Path) -> None:
    (archive,) = built.glob("*.tar.gz")
    with tarfile.open(archive) as packed:
        there = {name.partition("/")[2] for name in packed.getnames()}
    assert {"LICENSE", "README.md", "CHANGELOG.md", "Makefile", "pyproject.toml", "docs/index.md"} <= there
    assert {"tests/packaging/test_dist.py", "recordings/selftest.json", ".ci/run"} <= there
    assert not [name for name in there if name.startswith(("build/", "dist/", ".venv/", ".git/"))]
    assert not [name for name in there if name.endswith((".pyc", ".deb", ".whl"))]
