"""Full and read-only disks, readers that went away: one line, exit code 2, never a traceback."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from sweeper.synth import recordings_folder

RECORDING = str(recordings_folder() / "devices" / "airtag-separated.jsonl")
CODE = "import sys; from sweeper.cli import main; sys.exit(main(sys.argv[1:]))"
FULL = Path("/dev/full")

pytestmark = pytest.mark.skipif(not FULL.exists(), reason="/dev/full is Linux's own")


def sweeper(*words: str, stdout: int | None = subprocess.PIPE) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", CODE, "--lang", "en", *words],
        stdout=stdout,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
        timeout=600,
    )


def one_line(done: subprocess.CompletedProcess[str]) -> str:
    assert "Traceback" not in done.stderr
    lines = [line for line in done.stderr.splitlines() if line.strip()]
    assert len(lines) == 1, lines
    assert lines[0].startswith("sweeper: ")
    assert "internal error" not in lines[0]
    return lines[0]


@pytest.mark.parametrize("option", ["--json", "--report"])
def test_a_full_disk(option: str) -> None:
    done = sweeper("replay", RECORDING, option, str(FULL))
    assert done.returncode == 2
    assert "No space left" in one_line(done)


def test_a_full_disk_behind_standard_output() -> None:
    with FULL.open("wb") as full:
        done = sweeper("replay", RECORDING, "--json", "-", stdout=full.fileno())
    assert done.returncode == 2
    assert "No space left" in one_line(done)


@pytest.mark.parametrize("option", ["--json", "--report"])
def test_a_place_where_nothing_can_be_written(option: str) -> None:
    """``/proc`` refuses new files to everybody, to root too."""
    done = sweeper("replay", RECORDING, option, "/proc/sweeper/results.out")
    assert done.returncode == 2
    assert "/proc/sweeper" in one_line(done)


def test_a_folder_in_the_place_of_a_file(tmp_path: Path) -> None:
    done = sweeper("replay", RECORDING, "--json", str(tmp_path))
    assert done.returncode == 2
    assert str(tmp_path) in one_line(done)


def test_a_reader_that_goes_away_is_no_error() -> None:
    """``sweeper … --json - | head -c 10``: the shell's everyday case."""
    program = [sys.executable, "-c", CODE, "replay", RECORDING, "--json", "-"]
    with subprocess.Popen(program, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.read(10)
        process.stdout.close()
        said = process.stderr.read().decode()
        code = process.wait(60)
    assert said == ""
    assert code in (0, 1)
