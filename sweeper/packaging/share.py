"""The files that a Linux system wants beside the program, laid out as under ``/usr``."""

from __future__ import annotations

import gzip
from pathlib import Path

from sweeper.packaging import APP_ID, LINUX, completions, manual

ICON = Path(__file__).parent.parent / "ui" / "icons" / "sweeper.svg"


def write(prefix: Path, *, system: bool = True) -> list[Path]:
    """Write them under ``prefix`` and name them. ``system`` adds the udev rules and the DVB blacklist."""
    share = prefix / "share"
    files: dict[Path, bytes] = {
        share / "applications" / f"{APP_ID}.desktop": (LINUX / f"{APP_ID}.desktop").read_bytes(),
        share / "metainfo" / f"{APP_ID}.metainfo.xml": (LINUX / f"{APP_ID}.metainfo.xml").read_bytes(),
        share / f"icons/hicolor/scalable/apps/{APP_ID}.svg": ICON.read_bytes(),
    }
    for name, page in manual.pages().items():
        files[share / "man" / "man1" / f"{name}.gz"] = gzip.compress(page.encode(), mtime=0)
    for where, script in completions.scripts().items():
        files[share / where] = script.encode()
    if system:
        rules, blacklist = "60-sweeper-rtlsdr.rules", "sweeper-rtlsdr.conf"
        files[prefix / "lib/udev/rules.d" / rules] = (LINUX / rules).read_bytes()
        files[prefix / "lib/modprobe.d" / blacklist] = (LINUX / blacklist).read_bytes()
    for path, content in files.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return sorted(files)
