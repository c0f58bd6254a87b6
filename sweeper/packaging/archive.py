"""The self-contained archive: the program with its interpreter and all libraries, by PyInstaller.

sweeper-VERSION-linux-x86_64/       unpack anywhere, run ./sweeper
    sweeper                         the program; it looks at the name by which it was called:
    sweeper-gui, sweeper-capture    links to it
    sweeper-rtlsdr                  the RTL-SDR driver's own program, with pyrtlsdr (GPL-3)
    share/                          what ``share.write`` makes; LICENSE; INSTALL.txt
"""

from __future__ import annotations

import os
import shutil
import tarfile
import venv
from pathlib import Path

from sweeper import __version__
from sweeper.packaging import wheels

SPEC = "sweeper.spec"

INSTALL = """sweeper {version}, self-contained: ./sweeper selftest, ./sweeper demo, ./sweeper-gui

It needs glibc {glibc} or newer and, for the window, the system's X11 or Wayland, EGL and fontconfig
libraries.
For the RTL-SDR receiver, as root:
    cp share/lib/udev/rules.d/* /etc/udev/rules.d/ && cp share/lib/modprobe.d/* /etc/modprobe.d/
    udevadm control --reload-rules && udevadm trigger
Menu entry, manual pages and completions:
    cp -r share/share/. ~/.local/share/        and put a link to ./sweeper and ./sweeper-gui into ~/.local/bin
"""


def build(checkout: Path, work: Path, out: Path) -> Path:
    """Build the archive from the wheels in ``work / "wheels"``; the ``.tar.gz`` written."""
    ours = wheels.collect(checkout, work.resolve() / "wheels")
    frozen = wheels.empty(work.resolve() / "frozen")
    venv.create(frozen / "env", with_pip=False)
    python = frozen / "env" / "bin" / "python"
    wheels.pip("wheel", "--find-links", str(ours.parent), "--wheel-dir", str(ours.parent), "pyinstaller")
    wheels.install(ours, python, "pyinstaller")
    (packages,) = (frozen / "env/lib").glob("python*/site-packages")
    where = ["--distpath", str(frozen / "dist"), "--workpath", str(frozen / "build")]
    # Not in the checkout: PyInstaller would find its sources there before the wheel that was installed.
    words = [str(python), "-P", "-m", "PyInstaller", "--noconfirm", "--log-level", "ERROR"]
    wheels.run([*words, *where, str(packages / "sweeper/packaging" / SPEC)], folder=frozen)
    name = f"sweeper-{__version__}-linux-{os.uname().machine}"
    folder = frozen / "dist" / name
    (frozen / "dist" / "sweeper").rename(folder)
    for other in ("sweeper-gui", "sweeper-capture"):
        (folder / other).symlink_to("sweeper")
    wheels.share(packages, folder / "share")
    shutil.copy(checkout / "LICENSE", folder)
    glibc = os.confstr("CS_GNU_LIBC_VERSION") or "glibc"
    (folder / "INSTALL.txt").write_text(INSTALL.format(version=__version__, glibc=glibc.split()[-1]), "utf-8")
    out.mkdir(parents=True, exist_ok=True)
    made = out / f"{name}.tar.gz"
    with tarfile.open(made, "w:gz", compresslevel=6) as archive:
        archive.add(folder, name, filter=_plain)
    return made


def _plain(entry: tarfile.TarInfo) -> tarfile.TarInfo:
    """Nobody's name and no date of the build machine."""
    entry.uid = entry.gid = 0
    entry.uname = entry.gname = "root"
    entry.mtime = 0
    return entry
