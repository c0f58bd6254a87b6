"""Giving up rights: what the capture helper does before it hears the first frame. Linux only.

Started by sudo, a process holds every right of root. To tune an adapter it needs one, CAP_NET_ADMIN, also in
the program ``iw`` that it calls; the open socket needs none. So the process becomes the user who called sudo
(or *nobody*), keeps that one capability in all its sets, the ambient one included, and forbids itself and its
children to gain others (``no_new_privs``, bounding set). See capabilities(7) and prctl(2).

    before   Uid 0     CapEff 000001ffffffffff
    after    Uid user  CapEff 0000000000001000  CapBnd 0000000000001000  CapAmb 0000000000001000  NoNewPrivs 1
"""

from __future__ import annotations

import ctypes
import os
from collections.abc import Mapping

CAP_NET_ADMIN = 12
LAST_CAP = 63
"""Capabilities are bits of a 64-bit set; those that the kernel does not know are refused one by one."""

PR_SET_KEEPCAPS, PR_CAPBSET_DROP, PR_SET_NO_NEW_PRIVS, PR_CAP_AMBIENT = 8, 24, 38, 47
PR_CAP_AMBIENT_RAISE = 2
VERSION_3 = 0x20080522
"""Of ``capset``: two words of 32 capabilities."""

NOBODY = 65534


class _Header(ctypes.Structure):
    _fields_ = (("version", ctypes.c_uint32), ("pid", ctypes.c_int))


class _Words(ctypes.Structure):
    _fields_ = (
        ("effective", ctypes.c_uint32),
        ("permitted", ctypes.c_uint32),
        ("inheritable", ctypes.c_uint32),
    )


def give_up(environ: Mapping[str, str] = os.environ) -> None:
    """Keep CAP_NET_ADMIN and nothing else. Does nothing where this process is not root's.

    Raises ``OSError`` if the kernel refuses: better no capture than one with all rights.
    """
    if os.geteuid() != 0:
        return
    user, group = (int(environ.get(name) or 0) or NOBODY for name in ("SUDO_UID", "SUDO_GID"))
    libc = ctypes.CDLL(None, use_errno=True)
    for capability in range(LAST_CAP + 1):
        if capability != CAP_NET_ADMIN:
            libc.prctl(PR_CAPBSET_DROP, capability, 0, 0, 0)  # refused for those above the kernel's last
    _done(libc.prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0))
    os.setgroups([])
    os.setresgid(group, group, group)
    os.setresuid(user, user, user)
    bit = 1 << CAP_NET_ADMIN
    words = (_Words * 2)(_Words(bit, bit, bit), _Words(0, 0, 0))
    _done(libc.capset(ctypes.byref(_Header(VERSION_3, 0)), words))
    _done(libc.prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_NET_ADMIN, 0, 0))
    _done(libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))


def _done(answer: int) -> None:
    if answer != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"rights could not be given up: {os.strerror(number)}")
