"""Channels of a Wi-Fi adapter: what it can tune to, tuning, monitor mode, and where to listen next.

The adapter is asked through ``iw`` (nl80211's own tool), behind ``Tuner``, so that tests and adapters that
cannot be tuned put something else there. The interface is put back as it was: an added monitor interface is
removed, a tuned one returns to its frequency.
"""

from __future__ import annotations

import contextlib
import re
import subprocess
from collections.abc import Callable, Sequence
from typing import Protocol

from sweeper.errors import Reason, Unavailable
from sweeper.text import say

IW_S = 5.0
"""``iw`` answers at once; a driver that hangs is not waited for longer."""

LONGEST = 4
"""A busy channel is listened to at most so many times the base dwell."""

BUSY_PER_S = 100.0
"""Frames a second at which a channel gets twice the base dwell."""

Run = Callable[..., str]


class Tuner(Protocol):
    """What a capture needs of an adapter's channel control. Frequencies in MHz."""

    def frequencies(self) -> list[int]:
        """What the adapter may listen to; empty where it cannot be tuned."""
        ...

    def tune(self, freq_mhz: int) -> bool:
        """Go there; ``False`` where the adapter refuses."""
        ...

    def restore(self) -> None:
        """Put everything back as it was."""
        ...


class Fixed:
    """An adapter that stays where it is."""

    def frequencies(self) -> list[int]:
        return []

    def tune(self, freq_mhz: int) -> bool:
        return False

    def restore(self) -> None:
        return


def run_iw(*words: str) -> str:
    """What ``iw`` prints. Raises ``Unavailable`` if it is missing, refuses or hangs."""
    try:
        done = subprocess.run(  # noqa: S603  words are ours and the interface's name, no shell
            ["iw", *words],  # noqa: S607  wherever the distribution put it
            capture_output=True,
            text=True,
            timeout=IW_S,
            check=False,
        )
    except FileNotFoundError:
        mend = say("sudo apt install iw")
        raise Unavailable("wifi", Reason.DRIVER_MISSING, say("the program 'iw' is missing"), mend) from None
    except subprocess.TimeoutExpired:
        raise Unavailable(
            "wifi", Reason.STALLED, say("'iw {list}' does not answer", list=" ".join(words))
        ) from None
    if done.returncode:
        said = done.stderr.strip().splitlines()[-1:] or ["refused"]
        reason = Reason.NO_PERMISSION if "not permitted" in said[0] else Reason.REFUSED
        raise Unavailable("wifi", reason, say("iw {list}: {said}", list=" ".join(words), said=said[0]))
    return done.stdout


class IwTuner:
    """One interface, tuned by ``iw``."""

    def __init__(self, interface: str, run: Run = run_iw) -> None:
        self.interface = interface
        self._run = run
        self._began_mhz: int | None = None
        self._added = False

    def monitor(self) -> str:
        """The name of an interface in monitor mode: this one, or one added beside it."""
        about = self._run("dev", self.interface, "info")
        found = re.search(r"channel \d+ \((\d+) MHz\)", about)
        self._began_mhz = int(found[1]) if found else None
        if re.search(r"\btype monitor\b", about):
            return self.interface
        name = f"{self.interface[:11]}-mon"
        self._run("dev", self.interface, "interface", "add", name, "type", "monitor")
        self.interface, self._added = name, True
        return name

    def frequencies(self) -> list[int]:
        try:
            found = re.search(r"\bwiphy (\d+)", self._run("dev", self.interface, "info"))
            listing = self._run("phy", f"phy{found[1]}", "info") if found else ""
        except Unavailable:
            return []
        lines = re.findall(r"\* (\d{4,5})(?:\.\d)? MHz \[\d+\](.*)", listing)
        return [int(mhz) for mhz, rest in lines if "disabled" not in rest]

    def tune(self, freq_mhz: int) -> bool:
        try:
            self._run("dev", self.interface, "set", "freq", str(freq_mhz))
        except Unavailable:
            return False
        return True

    def restore(self) -> None:
        with contextlib.suppress(Unavailable):
            if self._added:
                self._run("dev", self.interface, "del")
            elif self._began_mhz is not None:
                self._run("dev", self.interface, "set", "freq", str(self._began_mhz))


class Hopper:
    """Where to listen next, and for how long: every channel in turn, longer where more is heard.

    Neighbours in the list overlap on 2.4 GHz, so the order strides over them: what one visit misses of a
    device, the next visits hear.
    """

    def __init__(self, frequencies: Sequence[int], dwell_s: float) -> None:
        stride = next(s for s in (5, 7, 3, 2, 1) if len(frequencies) % s or s == 1)
        self.order = [frequencies[i * stride % len(frequencies)] for i in range(len(frequencies))]
        self.dwell_s = dwell_s
        self._rates: dict[int, float] = {}
        self._next = 0

    def next(self) -> tuple[int, float]:
        """The next frequency in MHz, and seconds to stay."""
        freq = self.order[self._next % len(self.order)]
        self._next += 1
        return freq, self.dwell_s * min(LONGEST, 1 + self._rates.get(freq, 0.0) / BUSY_PER_S)

    def without(self, freq_mhz: int) -> Hopper | None:
        """The same without a frequency that was refused; ``None`` where none is left."""
        self.order = [freq for freq in self.order if freq != freq_mhz]
        return self if self.order else None

    def heard(self, freq_mhz: int, frames: int, seconds: float) -> None:
        """What a visit brought; older visits count half."""
        rate = frames / seconds if seconds > 0 else 0.0
        self._rates[freq_mhz] = (self._rates.get(freq_mhz, rate) + rate) / 2
