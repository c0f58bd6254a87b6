"""Builds the virtual dongle with the machine's C compiler; the library is kept by content in a temp folder.

``build()`` gives the path of a ``librtlsdr.so.0`` (soname and all) in a folder of its own, fit for
``LD_LIBRARY_PATH`` and ``SWEEPER_LIBRTLSDR``. The scene that it plays is a text file named by the
environment variable ``VDONGLE_SCENE``; its language is described at the top of ``scene.c``.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).parent
SOURCES = ("vdongle.c", "scene.c", "render.c")
FLAGS = (
    "-std=gnu11",
    "-O3",
    "-march=native",
    "-ffast-math",
    "-fPIC",
    "-shared",
    "-fvisibility=hidden",
    "-Wall",
    "-Wextra",
)
SONAME = "librtlsdr.so.0"


def compiler() -> str | None:
    """The C compiler of this machine, or ``None``; elsewhere than on Linux there is no virtual dongle."""
    if sys.platform != "linux":
        return None
    return os.environ.get("CC") or shutil.which("cc") or shutil.which("gcc")


def build() -> Path:
    """The compiled library; raises ``RuntimeError`` with the compiler's words if it does not compile."""
    cc = compiler()
    if cc is None:
        raise RuntimeError("no C compiler (cc) on this machine")
    text = b"".join((HERE / name).read_bytes() for name in (*SOURCES, "world.h"))
    key = hashlib.sha256(text + " ".join((cc, *FLAGS)).encode()).hexdigest()[:16]
    folder = Path(tempfile.gettempdir()) / f"sweeper-vdongle-{os.getuid()}-{key}"
    library = folder / SONAME
    if library.exists():
        return library
    folder.mkdir(exist_ok=True)
    fresh = folder / f"{SONAME}.{os.getpid()}"
    command = [cc, *FLAGS, f"-Wl,-soname,{SONAME}", "-o", str(fresh), *(str(HERE / s) for s in SOURCES)]
    made = subprocess.run([*command, "-lm", "-lpthread"], capture_output=True, text=True, check=False)
    if made.returncode:
        raise RuntimeError(f"the virtual dongle does not compile:\n{made.stderr}")
    fresh.replace(library)
    plain = folder / "librtlsdr.so"
    if not plain.is_symlink():
        plain.symlink_to(SONAME)
    return library


if __name__ == "__main__":
    print(build())
