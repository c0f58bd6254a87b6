"""The Debian package: the program in an environment of its own under ``/usr/lib/sweeper``.

Debian 12 has neither PySide6 nor msgspec, so the package carries the wheels, as dh-virtualenv would lay them
out; the interpreter and Qt's system libraries are Debian's. Its environment sees no other site-packages.

    /usr/lib/sweeper/            the environment; bin/python is a link to Debian's python3.N
    /usr/bin/sweeper …           small starters: python -I, so that no PYTHONPATH and no user's site is read
    /usr/lib/udev, modprobe.d    the receiver for whoever sits there; the television driver kept away
    /usr/share                   desktop file, metainfo, icon, manual pages, completions
"""

from __future__ import annotations

import compileall
import gzip
import os
import shutil
import sys
from pathlib import Path
from py_compile import PycInvalidationMode

from sweeper import __version__
from sweeper.packaging import wheels

MINOR = f"{sys.version_info.major}.{sys.version_info.minor}"
NEXT = f"{sys.version_info.major}.{sys.version_info.minor + 1}"
PACKAGES = Path(f"usr/lib/sweeper/lib/python{MINOR}/site-packages")

DEPENDS = (
    f"python3 (>= {MINOR}~), python3 (<< {NEXT}), libc6 (>= 2.34), libstdc++6 (>= 11), "
    "libegl1, libgl1, libdbus-1-3, libfontconfig1, libglib2.0-0, libxkbcommon0, "
    "libxkbcommon-x11-0, libxcb-cursor0, libxcb-icccm4, libxcb-image0, "
    "libxcb-keysyms1, libxcb-randr0, libxcb-render-util0, libxcb-shape0, libxcb-xinerama0, libxcb-xkb1, "
    "libusb-1.0-0"
)
"""Interpreter of the same minor version and C libraries as the wheels were compiled for; what Qt's xcb
plug-in and libusb load."""

STARTERS = {
    "sweeper": "from sweeper.cli import main; sys.exit(main())",
    "sweeper-gui": "from sweeper.cli import main_gui; sys.exit(main_gui())",
    "sweeper-capture": "from sweeper.radio.capture_helper import main; sys.exit(main())",
}

NOT_NEEDED = (
    *("PySide6/Qt/qml", "PySide6/Qt/libexec", "PySide6/Qt/metatypes", "PySide6/Qt/translations"),
    *("PySide6/Qt/lib/libQt6Q*", "PySide6/Qt/lib/libQt6Designer*", "PySide6/Qt/lib/libQt6Labs*"),
    *("PySide6/QtQ*", "PySide6/QtDesigner*", "PySide6/QtHelp*", "PySide6/libpyside6qml*", "PySide6/*.pyi"),
    *("PySide6/include", "PySide6/typesystems", "PySide6/glue", "PySide6/scripts", "PySide6/doc"),
    *("PySide6/assistant", "PySide6/designer", "PySide6/linguist", "PySide6/lrelease", "PySide6/lupdate"),
    *("PySide6/qml*", "PySide6/balsam*", "PySide6/svgtoqml"),
    *("numpy/**/tests", "scipy/**/tests", "scapy/tools", "bin"),
    *("pyqtgraph/examples", "bumble/apps"),
)
"""Tools and languages of Qt that the window does not use, tests and examples of the libraries: a third of it.
``selftest`` opens the window, which shows that nothing needed went."""

CONTROL = """Package: sweeper
Version: {version}
Architecture: {architecture}
Maintainer: The sweeper authors <sweeper@localhost>
Installed-Size: {size}
Depends: {depends}
Recommends: iw, bluez, rtl-433, fonts-dejavu-core
Section: hamradio
Priority: optional
Description: finds hidden surveillance devices by what they transmit
 sweeper looks for radio bugs and GSM beacons with an RTL-SDR receiver, for
 Bluetooth trackers, recorders and camera glasses with Bluetooth, and for hidden
 cameras with Wi-Fi. It only receives, explains what it heard, names innocent
 causes, and prints what it could not hear.
"""

POSTINST = """#!/bin/sh
set -e
if [ "$1" = configure ] && command -v udevadm >/dev/null 2>&1; then
    udevadm control --reload-rules || true
    udevadm trigger --subsystem-match=usb --attr-match=idVendor=0bda || true
fi
"""

COPYRIGHT = """Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/
Upstream-Name: sweeper
Files: *
Copyright: 2026 the sweeper authors
License: GPL-2+
Comment: The libraries under /usr/lib/sweeper/lib carry their own licences in their dist-info folders.
 pyrtlsdr (GPL-3) is used by a program of its own only, which sweeper starts.
License: GPL-2+
 On Debian systems the text is in /usr/share/common-licenses/GPL-2.
"""


def build(checkout: Path, work: Path, out: Path) -> Path:
    """Build the package from the wheels in ``work / "wheels"``; the ``.deb`` written."""
    ours = wheels.collect(checkout, work / "wheels")
    root = wheels.empty(work / "debian")
    _environment(root / "usr/lib/sweeper", ours)
    for name, code in STARTERS.items():
        _file(root / "usr/bin" / name, f"#!/usr/lib/sweeper/bin/python -I\nimport sys\n{code}\n", 0o755)
    wheels.share(root / PACKAGES, root / "usr")
    doc = root / "usr/share/doc/sweeper"
    _file(doc / "copyright", COPYRIGHT)
    (doc / "changelog.gz").write_bytes(gzip.compress((checkout / "CHANGELOG.md").read_bytes(), mtime=0))
    size = sum(path.lstat().st_size for path in root.rglob("*") if not path.is_dir()) // 1024
    architecture = {"x86_64": "amd64", "aarch64": "arm64"}.get(os.uname().machine, os.uname().machine)
    fields = {"version": __version__, "architecture": architecture, "size": size, "depends": DEPENDS}
    _file(root / "DEBIAN/control", CONTROL.format(**fields))
    _file(root / "DEBIAN/postinst", POSTINST, 0o755)
    _plain(root)
    made = out / f"sweeper_{__version__}_{architecture}.deb"
    out.mkdir(parents=True, exist_ok=True)
    wheels.run(["dpkg-deb", "--root-owner-group", "-Zzstd", "-z3", "--build", str(root), str(made)])
    return made


def _environment(folder: Path, ours: Path) -> None:
    """A virtual environment whose interpreter is Debian's own, wherever this one lies."""
    packages = folder.parents[2] / PACKAGES
    packages.mkdir(parents=True)
    (folder / "bin").mkdir()
    _file(
        folder / "pyvenv.cfg", f"home = /usr/bin\ninclude-system-site-packages = false\nversion = {MINOR}\n"
    )
    options = ["--no-index", "--find-links", str(ours.parent), "--no-compile", "--target", str(packages)]
    wheels.pip("install", *options, f"{ours}[{wheels.EXTRAS}]")
    for pattern in NOT_NEEDED:
        for path in list(packages.glob(pattern)):
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    (folder / "bin/python").symlink_to(f"/usr/bin/python{MINOR}")
    mode = PycInvalidationMode.UNCHECKED_HASH  # the files belong to the package and carry no dates
    compileall.compile_dir(packages, quiet=2, stripdir=str(folder.parents[2]), invalidation_mode=mode)


def _file(path: Path, text: str, mode: int = 0o644) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")
    path.chmod(mode)


def _plain(root: Path) -> None:
    """The modes that Debian's policy asks for, whatever this user's mask."""
    for path in root.rglob("*"):
        if path.is_dir():
            path.chmod(0o755)
        elif not path.is_symlink():
            run = path.stat().st_mode & 0o100 and ".so" not in path.suffixes  # libraries are loaded, not run
            path.chmod(0o755 if run else 0o644)
