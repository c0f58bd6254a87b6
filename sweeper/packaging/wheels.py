"""The program and everything it needs as wheels in one folder, and environments made of them offline."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

EXTRAS = "gui,report,rtlsdr,ble,ble-hci,wifi"
"""What a package carries: all that one computer can use. The cluster extra belongs to machine rooms."""


def collect(checkout: Path, folder: Path) -> Path:
    """Our wheel, freshly built, and those it needs; what is there already is not fetched again. Our wheel."""
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob("sweeper-*.whl"):
        old.unlink()
    pip("wheel", "--no-deps", "--no-build-isolation", "--wheel-dir", str(folder), str(checkout))
    (ours,) = folder.glob("sweeper-*.whl")
    pip("wheel", "--find-links", str(folder), "--wheel-dir", str(folder), f"{ours}[{EXTRAS}]")
    return ours


def install(ours: Path, python: Path, *more: str) -> None:
    """Install our wheel with all extras for ``python``, from the wheels beside it only."""
    options = ["--no-index", "--find-links", str(ours.parent), "--no-compile", "--no-warn-script-location"]
    pip("--python", str(python), "install", "--ignore-installed", *options, f"{ours}[{EXTRAS}]", *more)


def pip(*words: str) -> None:
    """Run pip quietly; its errors are shown as they are."""
    run([sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check", *words])


def run(words: Sequence[str], packages: Path | None = None, folder: Path | None = None) -> None:
    """Run a program of the build, with these site-packages, in this folder. Raises ``CalledProcessError``."""
    environment = {**os.environ, "PYTHONPATH": str(packages)} if packages else None
    done = subprocess.run(list(words), check=False, env=environment, cwd=folder)  # noqa: S603  no shell
    done.check_returncode()


def share(packages: Path, prefix: Path) -> None:
    """The files beside the program, from the packed program's own definitions, not from this checkout's."""
    run([sys.executable, "-P", "-m", "sweeper.packaging", "share", str(prefix)], packages)


def empty(folder: Path) -> Path:
    """An empty folder at that place, whatever was there."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder
