"""What may not be read or written: one line that names it, exit code 2, nothing lost, never a traceback.

For an ordinary user mode 0 is enough. Root passes every mode by two capabilities; taken out of the bounding
set, the program that is started has them no more, and a file of somebody else is as closed to it as to us.
All commands run one after the other in one process: most of a command's time is its start.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pytest

from sweeper.synth import recordings_folder

CODE = """
import contextlib, io, json, sys
from sweeper.cli import main
said = []
for words in json.loads(sys.argv[1]):
    err = io.StringIO()
    with contextlib.redirect_stderr(err):
        code = main(["--lang", "en", *words])
    said.append((code, err.getvalue()))
print(json.dumps(said))
"""
TAG = recordings_folder() / "devices" / "airtag-separated.jsonl"
NOBODY = 65534

pytestmark = pytest.mark.skipif(not hasattr(os, "geteuid"), reason="modes and users are POSIX's")


class Done(NamedTuple):
    """How a command ended and what it said."""

    code: int
    err: str


def sweeper(*commands: list[str], **environment: str) -> list[Done]:
    """The program as somebody who passes no closed door."""
    without: list[str] = []
    if os.geteuid() == 0:
        if shutil.which("setpriv") is None:
            pytest.skip("root opens every file, and there is no setpriv (util-linux) to prevent it")
        without = ["setpriv", "--bounding-set", "-dac_override,-dac_read_search"]
    done = subprocess.run(
        [*without, sys.executable, "-c", CODE, json.dumps(commands)],
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
        env={**os.environ, **environment},
    )
    assert done.stderr == ""
    return [Done(*each) for each in json.loads(done.stdout.splitlines()[-1])]


def close(path: Path) -> Path:
    """Nobody may do anything with it; root's own would still be root's."""
    path.chmod(0)
    if os.geteuid() == 0:
        os.chown(path, NOBODY, NOBODY)
    return path


def lines(done: Done) -> list[str]:
    found = [line for line in done.err.splitlines() if line and not line.startswith("Written: ")]
    for line in found:
        assert line.startswith("sweeper: ")
        assert "internal error" not in line
    return found


def test_what_may_not_be_read_in_a_folder_is_told_and_the_rest_is_heard(tmp_path: Path) -> None:
    shutil.copy(TAG, tmp_path / "open.jsonl")
    close(Path(shutil.copy(TAG, tmp_path / "closed.jsonl")))
    (tmp_path / "below").mkdir()
    close(tmp_path / "below")
    document = tmp_path / "results"
    (done,) = sweeper(["replay", str(tmp_path), "--json", str(document)])
    (tmp_path / "below").chmod(0o700)
    assert done.code == 2
    assert "tracker" in {finding["kind"] for finding in json.loads(document.read_bytes())["findings"]}
    below, closed = sorted(lines(done))
    assert str(tmp_path / "below") in below
    assert str(tmp_path / "closed.jsonl") in closed
    assert "permission denied" in below
    assert "permission denied" in closed


def test_a_folder_that_may_not_be_entered_is_named(tmp_path: Path) -> None:
    """By every command that reads or writes there; one's own signatures, too, are not silently left out."""
    closed, made = tmp_path / "closed", str(tmp_path / "made")
    closed.mkdir()
    close(closed)
    commands = [
        ["replay", str(TAG), "--json", f"{closed}/results.json"],
        ["replay", str(TAG), "--report", f"{closed}/report.html"],
        ["replay", str(closed)],
        ["replay", str(TAG), "--signatures", f"{closed}/mine"],
        ["job", "show", f"{closed}/job"],
        ["report", f"{closed}/job", "--out", f"{made}.html"],
        ["evidence", "verify", f"{closed}/job"],
        ["batch", str(TAG), "--out", f"{closed}/out"],
        ["signatures", "check", f"{closed}/mine.toml"],
        ["synth", f"{closed}/scene.toml", "--out", made],
        ["wifi", "scan", "--reference", f"{closed}/outside.json"],
    ]
    ended = sweeper(*commands)
    closed.chmod(0o700)
    for words, done in zip(commands, ended, strict=True):
        assert (done.code, words) == (2, words)
        (line,) = lines(done)
        assert str(closed) in line
    assert list(closed.iterdir()) == []
    close(closed)
    (done,) = sweeper(["replay", str(TAG), "--json", made], XDG_DATA_HOME=str(closed))
    closed.chmod(0o700)
    assert done.code == 2
    assert str(closed) in lines(done)[0]
