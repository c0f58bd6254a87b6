"""The packages in a clean Debian: installed, tested, started under Xvfb, removed. Needs root.

    python -m tests.packaging.chroot dist [--work build]

debootstrap unpacks a minimal Debian once; each package gets a copy. In it, as an ordinary user,
``sweeper selftest`` must pass and its window must appear on a virtual display. The Debian package is
installed with apt, so its dependencies must name all it needs, and removed again; the archive gets a Debian
without Python, with the X11 libraries it asks for. Without root or debootstrap it says so and ends with 3.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
from pathlib import Path

SUITE, MIRROR = "bookworm", "http://deb.debian.org/debian"
TOOLS = "xvfb xauth xdotool"
X11 = "libegl1 libgl1 libdbus-1-3 libfontconfig1 libglib2.0-0 libxkbcommon-x11-0 libxcb-cursor0 libxcb-icccm4 libxcb-image0 libxcb-keysyms1 libxcb-randr0 libxcb-render-util0 libxcb-shape0 libxcb-xinerama0 libxcb-xkb1"  # noqa: E501

LOOK = """
{gui} --demo & program=$!
for second in $(seq 90); do
    sleep 1
    xdotool search --onlyvisible --pid $program >/dev/null 2>&1 && echo WINDOW && break
    xdotool search --onlyvisible --name sweeper >/dev/null 2>&1 && echo WINDOW && break
done
sleep 5
kill -0 $program && echo ALIVE
kill $program
"""

EVERYTHING = "--require gui --require report --require rtlsdr --require ble --require ble-hci --require wifi"


class Failed(Exception):  # noqa: N818
    """A package that does not do what it should."""


def prepared(work: Path) -> Path:
    """The minimal Debian with the tools of the test, made once."""
    base = work / "chroot-base"
    if not (base / "usr/bin/xdotool").exists():
        shutil.rmtree(base, ignore_errors=True)
        subprocess.run(["debootstrap", "--variant=minbase", SUITE, str(base), MIRROR], check=True)
        apt(base, "update")
        apt(base, f"install -y --no-install-recommends {TOOLS}")
    return base


def fresh(work: Path, name: str) -> Path:
    """A copy of it."""
    root = work / f"chroot-{name}"
    shutil.rmtree(root, ignore_errors=True)
    subprocess.run(["cp", "-a", "--reflink=auto", str(prepared(work)), str(root)], check=True)
    within(root, "useradd -m person")
    return root


def apt(root: Path, words: str) -> None:
    within(root, f"DEBIAN_FRONTEND=noninteractive apt-get -q {words}")


def within(root: Path, script: str, *, user: str = "root", timeout: float = 900) -> str:
    """Run a script inside; what it printed. Raises ``Failed`` with the output."""
    words = ["chroot", str(root), "su", "-s", "/bin/sh", "-c", script, user]
    environment = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LANG": "C.UTF-8"}
    done = subprocess.run(
        words, capture_output=True, text=True, check=False, timeout=timeout, env=environment
    )
    if done.returncode:
        raise Failed(f"{script}\n{done.stdout[-4000:]}{done.stderr[-4000:]}")
    return done.stdout


def proven(root: Path, program: str, gui: str) -> None:
    """The selftest, the command line's demo and the window, as an ordinary user."""
    print(within(root, f"cd && {program} selftest {EVERYTHING}", user="person"))
    said = within(root, f"cd && {program} demo --terminal --report demo.pdf", user="person")
    if "4 findings" not in said or within(root, "head -c5 /home/person/demo.pdf") != "%PDF-":
        raise Failed(f"the demo: {said}")
    script = root / "home/person/look.sh"
    script.write_text(LOOK.format(gui=gui), "utf-8")
    seen = within(root, "cd && QT_QPA_PLATFORM=xcb xvfb-run -a sh look.sh", user="person")
    if "WINDOW" not in seen or "ALIVE" not in seen:
        raise Failed(f"no window under Xvfb: {seen}")
    print("window: seen under Xvfb, and alive five seconds later")


def debian(package: Path, work: Path) -> None:
    """Install by apt, prove, look for what a system wants, remove, look for what is left."""
    root = fresh(work, "deb")
    shutil.copy(package, root / "root")
    apt(root, f"install -y --no-install-recommends /root/{package.name}")
    proven(root, "sweeper", "sweeper-gui")
    within(root, "sweeper-capture --help && su -c 'sweeper sources' person")
    files = within(root, "dpkg -L sweeper").splitlines()
    for wanted in ("udev/rules.d/60-sweeper", "modprobe.d/sweeper", "man1/sweeper-replay.1.gz", ".desktop"):
        if not any(wanted in path for path in files):
            raise Failed(f"the package has no {wanted}")
    apt(root, "purge -y sweeper")
    left = within(
        root, "find / -xdev -path /home -prune -o -path '*sweeper*' -print | grep -v ^/root || true"
    )
    if left.strip():
        raise Failed(f"left behind: {left}")
    shutil.rmtree(root)


def archive(package: Path, work: Path) -> None:
    """Unpack into a home, prove. There is no Python in this Debian."""
    root = fresh(work, "archive")
    apt(root, f"install -y --no-install-recommends {X11}")
    within(root, "! command -v python3")
    subprocess.run(["tar", "-xzf", str(package), "-C", str(root / "opt")], check=True)
    (folder,) = (root / "opt").glob("sweeper-*")
    inside = f"/opt/{folder.name}"
    proven(root, f"{inside}/sweeper", f"{inside}/sweeper-gui")
    within(root, f"{inside}/sweeper-capture --help")
    shutil.rmtree(root)


def main() -> int:
    """Test what lies in the folder given."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("dist", type=Path)
    parser.add_argument("--work", type=Path, default=Path("build"))
    chosen = parser.parse_args()
    if os.geteuid() != 0 or shutil.which("debootstrap") is None:
        print("skipped: a clean chroot needs root and debootstrap", file=sys.stderr)
        return 3
    try:
        for package in sorted(chosen.dist.glob("*.deb")):
            print(f"== {package.name}")
            debian(package, chosen.work)
        for package in sorted(chosen.dist.glob("*-linux-*.tar.gz")):
            print(f"== {package.name}")
            archive(package, chosen.work)
    except Failed as failure:
        print(failure, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
