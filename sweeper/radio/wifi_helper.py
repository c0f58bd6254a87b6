"""Frames from ``sweeper-capture``, the small privileged program, read through a pipe.

    wifi:helper            wifi:helper,wlan0mon            wifi:helper,wlan0mon@2437

A thread reads the helper's pcap stream without pause, so that the pipe never fills; a second one its counts
of what was lost. The helper hops by itself.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import shutil
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Sequence
from pathlib import Path
from typing import cast

from sweeper.errors import ProtocolError, Reason, Unavailable
from sweeper.protocols.pcap import Packet, packets
from sweeper.protocols.radiotap import DLT_RADIOTAP
from sweeper.radio.wifi_socket import MOST, Heard
from sweeper.text import say

START_S = 20.0
"""Opening a socket and an interface takes a second, most of it scapy's import; slow machines take longer."""

END_S = 2.0
"""A helper that does not end when asked is ended."""

MOST_HELD = 200_000
"""Frames held for a slow consumer; more are dropped and counted."""


def command(rest: str) -> list[str]:
    """How the helper is started: by itself where it has the rights, else by sudo without a question."""
    beside = Path(sys.executable).parent / "sweeper-capture"  # of this very installation, on the path or not
    program = str(beside) if os.access(beside, os.X_OK) else shutil.which("sweeper-capture")
    if program is None:
        mend = say("install the package so that its program sweeper-capture is found")
        raise Unavailable("wifi:helper", Reason.DRIVER_MISSING, say("sweeper-capture is not installed"), mend)
    return ["sudo", "-n", program, rest] if shutil.which("sudo") else [program, rest]


class HelperEar:
    """A running helper: what ``MonitorSocket`` offers, without rights of one's own."""

    def __init__(self, words: Sequence[str]) -> None:
        self._process = subprocess.Popen(  # noqa: S603  our own program
            list(words), stdout=subprocess.PIPE, stderr=subprocess.PIPE, bufsize=1 << 16
        )
        self._held: deque[Packet] = deque()
        self._lost = 0
        self._said = ""
        self._began = threading.Event()
        self.link_type = DLT_RADIOTAP
        self._threads = [threading.Thread(target=work, daemon=True) for work in (self._frames, self._counts)]
        for thread in self._threads:
            thread.start()
        self._began.wait(START_S)
        self._threads[0].join(0.05)  # a stream that ended at once ends its thread
        if not self._threads[0].is_alive() or not self._began.is_set():
            self.close()
            mend = say("sudo setcap is not enough for a script; allow it with sudo, see the manual")
            detail = self._said or say("it ended at once")
            raise Unavailable("wifi:helper", Reason.NO_PERMISSION, detail, mend)

    def _frames(self) -> None:
        stream = cast(io.BufferedReader, self._process.stdout)
        stream.peek(1)  # the stream's header comes as soon as the socket stands
        self._began.set()
        with contextlib.suppress(ProtocolError, ValueError):
            for packet in packets(stream):
                self.link_type = packet.link_type
                if len(self._held) < MOST_HELD:
                    self._held.append(packet)
                else:
                    self._lost += 1

    def _counts(self) -> None:
        assert self._process.stderr is not None
        for line in self._process.stderr:
            text = line.decode("utf-8", "replace").strip()
            try:
                self._lost += int(json.loads(text)["lost"])
            except (ValueError, KeyError, TypeError, RecursionError):
                self._said = text

    def read(self, seconds: float) -> Heard:
        """Frames of the next ``seconds``. Raises ``OSError`` once the helper has ended."""
        if self._process.poll() is not None and not self._held:
            raise OSError(f"sweeper-capture ended: {self._said or self._process.returncode}")
        time.sleep(seconds)
        taken = [self._held.popleft() for _ in range(min(len(self._held), MOST))]
        lost, self._lost = self._lost, 0
        return Heard([p.time_s for p in taken], [p.data for p in taken], [p.length for p in taken], lost)

    def close(self) -> None:
        """End the helper and wait for it."""
        self._process.terminate()
        try:
            self._process.wait(END_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        for thread in self._threads:
            thread.join()
        for stream in (self._process.stdout, self._process.stderr):
            if stream is not None:
                stream.close()
