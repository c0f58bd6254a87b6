"""The window on a real X server, with a real mouse and keyboard."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

NEEDED = ("Xvfb", "xdotool")
GEOMETRY = (1280, 800)


@pytest.fixture
def display(tmp_path: Path) -> Iterator[str]:
    """An X server of our own; its number is one that it chose itself."""
    missing = [name for name in NEEDED if shutil.which(name) is None]
    if missing:
        pytest.skip(f"not installed: {', '.join(missing)}")
    reading, writing = os.pipe()
    server = subprocess.Popen(
        ["Xvfb", "-displayfd", str(writing), "-screen", "0", "1280x800x24", "-nolisten", "tcp"],
        pass_fds=(writing,),
        stderr=subprocess.DEVNULL,
    )
    os.close(writing)
    with os.fdopen(reading) as line:
        number = line.readline().strip()
    if not number:
        server.wait(5)
        pytest.skip("Xvfb does not start here")
    yield f":{number}"
    server.terminate()
    server.wait(10)


class Hand:
    """Mouse and keyboard."""

    def __init__(self, display: str) -> None:
        self._environ = {**os.environ, "DISPLAY": display}

    def __call__(self, *words: str) -> str:
        done = subprocess.run(
            ["xdotool", *words], env=self._environ, capture_output=True, text=True, timeout=120, check=False
        )
        return done.stdout.strip()

    def wait_for(self, title: str, seconds: float = 120.0) -> str:
        """The window whose title contains ``title``."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            found = self("search", "--onlyvisible", "--name", title).split()
            if found:
                return found[0]
            time.sleep(0.1)
        raise AssertionError(f"no window {title!r}")

    def wait_until_gone(self, title: str, seconds: float = 120.0) -> None:
        end = time.monotonic() + seconds
        while self("search", "--onlyvisible", "--name", title).split():
            assert time.monotonic() < end, f"{title!r} stays"
            time.sleep(0.1)


def test_a_recording_is_opened_played_and_closed_by_hand(display: str, tmp_path: Path) -> None:
    """Open by the command line, pause with the keyboard, choose a view with the mouse, quit with a key."""
    recording = tmp_path / "tone_433.92M_250k.cu8"
    recording.write_bytes(bytes([127, 128]) * 250_000)
    environ = {
        **os.environ,
        "DISPLAY": display,
        "QT_QPA_PLATFORM": "xcb",
        "HOME": str(tmp_path),
        "XDG_CONFIG_HOME": str(tmp_path / "config"),
        "LANG": "en_US.UTF-8",
        "SWEEPER_LANGUAGE": "en",
    }
    code = "import sys; from sweeper.ui import main; sys.exit(main(sys.argv[1:]))"
    program = subprocess.Popen(
        [sys.executable, "-c", code, str(recording)],
        env=environ,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    out = err = ""
    try:
        hand = Hand(display)
        window = hand.wait_for("tone_433.92M_250k.cu8")
        sheet = hand.wait_for("Risks and safe use")  # at the first run
        hand("windowfocus", sheet)
        hand("key", "--window", sheet, "Escape")
        hand.wait_until_gone("Risks and safe use")
        hand("windowsize", window, *map(str, GEOMETRY))
        hand("windowmove", window, "0", "0")
        hand("windowfocus", window)
        time.sleep(0.5)
        hand("key", "--window", window, "space")
        hand("key", "--window", window, "ctrl+3")
        time.sleep(1.0)
        for x in ("200", "290", "380"):
            hand("mousemove", x, "81", "click", "1")
            time.sleep(0.2)
        hand("mousemove", "640", "300", "click", "4", "click", "4")
        assert program.poll() is None
        hand("key", "--window", window, "ctrl+q")
        out, err = program.communicate(timeout=120)
    finally:
        if program.poll() is None:
            program.kill()
            out, err = program.communicate()
            print(out, err)
    assert program.returncode == 0, err
    assert "Traceback" not in out + err
    kept = (tmp_path / "config" / "sweeper" / "sweeper.ini").read_text("utf-8")
    assert "curves=" in kept, "the mouse pressed no curve's button"
