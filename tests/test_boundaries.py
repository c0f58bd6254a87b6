"""The walls of ``docs/security.md`` that a test can touch: nothing evaluated, no shell, no socket."""

from __future__ import annotations

import ast
import shutil
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from sweeper.synth import recordings_folder

PACKAGE = Path(__file__).parent.parent / "sweeper"

FORBIDDEN = {"eval", "exec", "compile", "__import__", "execfile"}
FORBIDDEN_ATTRIBUTES = {
    ("os", "system"),
    ("os", "popen"),
    ("subprocess", "getoutput"),
    ("subprocess", "getstatusoutput"),
    ("tempfile", "mktemp"),
    ("yaml", "load"),
    ("np", "frompyfunc"),
}
FORBIDDEN_MODULES = {"pickle", "cPickle", "dill", "marshal", "shelve", "commands", "telnetlib", "xmlrpc"}


@cache
def parsed() -> list[tuple[str, ast.Module]]:
    files = sorted(PACKAGE.rglob("*.py"))
    return [(str(p.relative_to(PACKAGE.parent)), ast.parse(p.read_text("utf-8"))) for p in files]


def trees() -> Iterator[tuple[str, ast.Module]]:
    return iter(parsed())


def test_nothing_from_outside_is_ever_evaluated() -> None:
    wrong = []
    for name, tree in trees():
        for node in ast.walk(tree):
            if isinstance(node, ast.Import | ast.ImportFrom):
                modules = (
                    [alias.name for alias in node.names] if isinstance(node, ast.Import) else [node.module]
                )
                wrong += [f"{name}: {m}" for m in modules if str(m).split(".")[0] in FORBIDDEN_MODULES]
            if not isinstance(node, ast.Call):
                continue
            function = node.func
            if isinstance(function, ast.Name) and function.id in FORBIDDEN:
                wrong.append(f"{name}:{node.lineno}: {function.id}")
            owner = function.value if isinstance(function, ast.Attribute) else None
            if isinstance(owner, ast.Name) and (owner.id, function.attr) in FORBIDDEN_ATTRIBUTES:
                wrong.append(f"{name}:{node.lineno}: {function.attr}")
    assert wrong == []


def test_no_program_is_started_through_a_shell() -> None:
    wrong = []
    for name, tree in trees():
        for node in ast.walk(tree):
            if isinstance(node, ast.Call):
                wrong += [
                    f"{name}:{node.lineno}"
                    for word in node.keywords
                    if word.arg == "shell"
                    and not (isinstance(word.value, ast.Constant) and not word.value.value)
                ]
                if isinstance(node.func, ast.Attribute) and node.func.attr == "create_subprocess_shell":
                    wrong.append(f"{name}:{node.lineno}")
    assert wrong == []


def test_no_wait_swallows_a_cancellation() -> None:
    """Python 3.11's ``asyncio.wait_for`` does where the answer comes in the same moment: with a driver faster
    than the analysis, six of fifteen cancelled sweeps went on. ``asyncio.timeout`` does not."""
    wrong = [
        f"{name}:{node.lineno}"
        for name, tree in trees()
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute | ast.Name)
        and (node.attr if isinstance(node, ast.Attribute) else node.id) == "wait_for"
    ]
    assert wrong == []


def test_numpy_never_unpickles() -> None:
    """``np.load`` is pickle unless told otherwise; its default refuses, and nobody asks."""
    wrong = [
        f"{name}:{node.lineno}"
        for name, tree in trees()
        for node in ast.walk(tree)
        if isinstance(node, ast.keyword) and node.arg == "allow_pickle"
        if not (isinstance(node.value, ast.Constant) and node.value.value is False)
    ]
    assert wrong == []


WATCH = """
import sys
seen = []
def hook(event, arguments):
    if event in ("socket.connect", "socket.bind", "socket.sendto", "socket.getaddrinfo"):
        seen.append((event, repr(arguments)))
sys.addaudithook(hook)
from sweeper.cli import main
code = main(sys.argv[1:])
for event in seen:
    print("SOCKET", *event, file=sys.stderr)
print("CODE", code, file=sys.stderr)
"""


@pytest.mark.parametrize(
    "words",
    [
        ["replay", "{recordings}/devices", "--json", "-"],
        ["replay", "{recordings}/devices/airtag-separated.jsonl", "--report", "{tmp}/report.html"],
        ["identify", "ble", "1eff4c00121910", "--json", "-"],
        ["signatures", "list"],
        ["plugins"],
        ["batch", "{recordings}/devices/airtag-separated.jsonl", "--out", "{tmp}/batch", "--workers", "1"],
        ["synth", "{recordings}/scenes/devices/airtag-separated.toml", "--out", "{tmp}/made"],
    ],
    ids=lambda words: words[0],
)
def test_no_socket_is_opened_unless_asked(words: list[str], tmp_path: Path) -> None:
    """The interpreter's own audit hook sees every connection, name look-up and datagram of the process."""
    filled = [word.format(recordings=recordings_folder(), tmp=tmp_path) for word in words]
    done = subprocess.run(
        [sys.executable, "-c", WATCH, *filled], capture_output=True, text=True, check=False, timeout=600
    )
    told = done.stderr.splitlines()
    assert any(line.startswith("CODE") for line in told), done.stderr
    assert [line for line in told if line.startswith("SOCKET")] == []


def test_the_watch_would_see_one() -> None:
    """The same hook on a command that does connect: a receiver at an address where nobody answers."""
    words = ["sweep", "--source", "rtltcp:127.0.0.1:9", "--range", "433M:434M"]
    done = subprocess.run(
        [sys.executable, "-c", WATCH, *words], capture_output=True, text=True, check=False, timeout=600
    )
    assert "SOCKET socket.connect" in done.stderr
    assert "Traceback" not in done.stderr


def test_the_window_opens_no_network_connection(tmp_path: Path) -> None:
    """Qt's sockets are none of Python's: strace sees the whole process with its demo on screen."""
    if shutil.which("strace") is None:
        pytest.skip("strace is not installed here")
    code = (
        "from PySide6.QtCore import QTimer\nfrom sweeper.ui import app\n"
        "QTimer.singleShot(8000, app.application().quit)\n"
        "raise SystemExit(app.run(['--demo']))"
    )
    command = ["strace", "-f", "-qq", "-e", "trace=connect,bind,sendto", sys.executable, "-c", code]
    environment = {"QT_QPA_PLATFORM": "offscreen", "PATH": "/usr/bin:/bin", "HOME": str(tmp_path)}
    done = subprocess.run(
        command, capture_output=True, text=True, check=False, timeout=600, env=environment, cwd=PACKAGE.parent
    )
    if "ptrace" in done.stderr and "not permitted" in done.stderr:
        pytest.skip("this container forbids tracing")
    assert "Traceback" not in done.stderr
    reached = [line for line in done.stderr.splitlines() if "AF_INET" in line]
    assert reached == []


LINUX_MODULES = {"fcntl", "termios", "tty", "pty", "pwd", "grp", "resource", "syslog", "posix"}
LINUX_CALLS = {
    "fork",
    "fchmod",
    "chown",
    "geteuid",
    "getuid",
    "setuid",
    "setgroups",
    "mkfifo",
    "setsid",
    "killpg",
    "openpty",
    "statvfs",
    "sysconf",
    "uname",
    "SIGKILL",
    "SIGHUP",
    "SIGALRM",
    "SIGUSR1",
    "alarm",
    "setitimer",
}
LINUX_PLACES = ("/proc", "/sys/", "/dev/", "/etc/", "/run/", "/var/")
LINUX_ONLY = ("sweeper/radio/", "sweeper/packaging/")
NAMED = {
    "sweeper/cli/wifi.py": {"/sys/class/net"},
    "sweeper/batch/run.py": {"/dev/shm", "/proc/self/ns/pid", "/proc"},
    "sweeper/memory.py": {"sysconf"},
}
"""Places and questions outside: each is looked for, and its absence is an answer."""


def test_outside_the_radios_nothing_asks_for_linux() -> None:
    """Windows and macOS are untested, but what they lack is asked for in the radios only."""
    wrong = []
    for name, tree in trees():
        if name.startswith(LINUX_ONLY):
            continue
        for node in ast.walk(tree):
            if isinstance(node, ast.Import):
                wrong += [f"{name}: {alias.name}" for alias in node.names if alias.name in LINUX_MODULES]
            elif isinstance(node, ast.ImportFrom) and node.module in LINUX_MODULES:
                wrong.append(f"{name}: {node.module}")
            elif isinstance(node, ast.Attribute) and node.attr in LINUX_CALLS:
                owner = getattr(node.value, "id", "")
                if owner in ("os", "signal") and node.attr not in NAMED.get(name, ()):
                    wrong.append(f"{name}:{node.lineno}: {node.attr}")
            elif isinstance(node, ast.Constant) and str(node.value).startswith(LINUX_PLACES):
                wrong += (
                    [f"{name}:{node.lineno}: {node.value}"] if node.value not in NAMED.get(name, ()) else []
                )
    assert wrong == []
