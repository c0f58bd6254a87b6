"""The wheel carries all that an installed program needs, and works away from the checkout."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="module")
def unpacked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built from this checkout without the network, unpacked as an installer would."""
    folder = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation"]
    done = subprocess.run(
        [*build, "--wheel-dir", str(folder), str(ROOT)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    (wheel,) = folder.glob("sweeper-*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder / "site")
    return folder / "site"


def run(unpacked: Path, code: str) -> str:
    """Run ``code`` with the unpacked wheel first on the path, in a folder far from the checkout."""
    environment = {**os.environ, "PYTHONPATH": str(unpacked)}
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=False,
        cwd=unpacked,
        env=environment,
        timeout=600,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_signatures_and_demo_are_found_in_the_wheel(unpacked: Path) -> None:
    code = (
        "from sweeper.signatures import Library, builtin_folder\n"
        "from sweeper.synth import demo_scene\n"
        "library = Library.load()\n"
        "print(builtin_folder()); print(demo_scene()); print(len(library.signatures), library.sha256)"
    )
    folder, scene, counted = run(unpacked, code).splitlines()
    assert Path(folder).is_relative_to(unpacked)
    assert Path(scene).is_relative_to(unpacked)
    from sweeper.signatures import Library

    here = Library.load()
    assert counted == f"{len(here.signatures)} {here.sha256}"


def test_entry_points_templates_catalogues_and_icons_are_in_the_wheel(unpacked: Path) -> None:
    (entry,) = unpacked.glob("*.dist-info/entry_points.txt")
    text = entry.read_text()
    assert "sweeper = sweeper.cli:main" in text
    assert "sweeper-gui = sweeper.cli:main_gui" in text
    for needed in (
        "sweeper/report/templates/*.html*",
        "sweeper/locale/ru/LC_MESSAGES/sweeper.mo",
        "sweeper/locale/kk/LC_MESSAGES/sweeper.mo",
        "sweeper/ui/icons/*.svg",
    ):
        assert list(unpacked.glob(needed)), needed
    assert list(unpacked.glob("*.dist-info/licenses/LICENSE"))


def test_the_command_line_answers_from_the_wheel(unpacked: Path) -> None:
    from sweeper import __version__

    out = run(unpacked, "import sys; from sweeper.cli import main; sys.exit(main(['--version']))")
    assert __version__ in out
