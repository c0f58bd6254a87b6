"""The capture helper's rights, as the kernel tells them in ``/proc/self/status`` after they were given up."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

pytestmark = pytest.mark.skipif(
    not sys.platform.startswith("linux") or os.geteuid() != 0, reason="giving up root needs root, on Linux"
)

CODE = """
import os, socket, subprocess
from sweeper.radio import rights
rights.give_up()
print(open("/proc/self/status").read())
print("--")
print(subprocess.run(["cat", "/proc/self/status"], capture_output=True, text=True).stdout)
print("--")
for path, flags in (("/etc/shadow", os.O_RDONLY), ("/etc/sweeper-was-here", os.O_WRONLY | os.O_CREAT)):
    try:
        os.open(path, flags)
        print("opened", path)
    except PermissionError:
        print("refused")
try:
    os.setuid(0)
    print("root again")
except PermissionError:
    print("refused")
try:
    socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
    print("a second socket")
except PermissionError:
    print("refused")
"""


def told(**more: str) -> list[str]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("SUDO_")}
    done = subprocess.run(
        [sys.executable, "-c", CODE],
        capture_output=True,
        text=True,
        check=True,
        env={**environment, **more},
    )
    return done.stdout.split("--\n")


def fields(status: str) -> dict[str, str]:
    return {name: rest.strip() for name, _, rest in (line.partition(":") for line in status.splitlines())}


ADMIN = f"{1 << 12:016x}"
"""CAP_NET_ADMIN is number 12 (linux/capability.h)."""


@pytest.mark.parametrize(("more", "user"), [({"SUDO_UID": "1234", "SUDO_GID": "1235"}, 1234), ({}, 65534)])
def test_one_capability_is_left_to_the_process_and_to_its_children(more: dict[str, str], user: int) -> None:
    own, child, _tried = told(**more)
    for status in (fields(own), fields(child)):
        assert set(status["Uid"].split()) == {str(user)}
        assert set(status["Gid"].split()) == {"1235" if more else "65534"}
        assert status["Groups"] == ""
        assert {status[name] for name in ("CapEff", "CapPrm", "CapInh", "CapBnd", "CapAmb")} == {ADMIN}
        assert status["NoNewPrivs"] == "1"


def test_what_root_could_do_is_refused() -> None:
    """Secrets read, system files written, root taken back, a further capture socket opened."""
    _own, _child, tried = told(SUDO_UID="1234", SUDO_GID="1234")
    assert tried.split("\n")[:4] == ["refused"] * 4
    assert not os.path.exists("/etc/sweeper-was-here")


def test_sudo_by_root_itself_ends_as_nobody() -> None:
    own, _child, _tried = told(SUDO_UID="0", SUDO_GID="0")
    assert fields(own)["Uid"].split()[0] == "65534"
