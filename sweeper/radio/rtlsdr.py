"""RTL-SDR dongles: the parent's side of the driver's own process (``rtlsdr_child.py``).

Looks are sent ahead, so that the child tunes and reads the next while the consumer computes on this one. Each
look has its place in memory that both processes map: an anonymous file, which leaves nothing behind however
either of them ends. A watchdog waits for every answer; a child that stays silent is killed.
"""

from __future__ import annotations

import asyncio
import contextlib
import mmap
import os
import subprocess
import sys
import tempfile
from collections.abc import AsyncGenerator, Sequence
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from sweeper.errors import Reason, Unavailable
from sweeper.radio.receiver import (
    Facts,
    Heard,
    Look,
    RateRefused,
    ReceiverLost,
    Refused,
    clipped_share,
    complex_of,
)
from sweeper.text import Phrase, english, say

CHILD = Path(__file__).with_name("rtlsdr_child.py")

MEMORY = 64 << 20
"""Bytes mapped by both: eight looks of a second at 2.4 MS/s fit; a page that is not used costs nothing."""

AHEAD = 8
"""Looks sent ahead: at 12 ms a hop 0.1 s of computing does not stop the dongle."""

STREAM_SLOTS = 16
"""Blocks of a stream that may wait; at 2.4 MS/s and 64 Ki samples half a second."""

START_S = 30.0
"""For the child to start and import pyrtlsdr on a slow machine."""

ANSWER_S = 3.0
"""For an answer, beyond the time that the samples take: a retune takes 0.1 s at worst, then it hangs."""

READ_STEP = 512
"""Bytes of one USB packet; a read is whole packets."""

TUNERS = {1: "E4000", 2: "FC0012", 3: "FC0013", 4: "FC2580", 5: "R820T", 6: "R828D"}
"""``enum rtlsdr_tuner`` of rtl-sdr.h; rtl_tcp sends the same numbers."""

MENDS = {
    Reason.LIBRARY_MISSING: say("install it: pip install 'sweeper[rtlsdr]'"),
    Reason.DRIVER_MISSING: say(
        "pip install pyrtlsdrlib, or apt install librtlsdr0, or check SWEEPER_LIBRTLSDR"
    ),
    Reason.DRIVER_TOO_OLD: say(
        "pip install pyrtlsdrlib brings a newer one; or name one in SWEEPER_LIBRTLSDR"
    ),
    Reason.NO_DEVICE: say("plug the dongle in; a USB hub may lack power"),
    Reason.NO_PERMISSION: say("see 'sweeper sources' for the udev rule"),
    Reason.BUSY: say(
        "end the other program that uses the dongle, or see 'sweeper sources' for the kernel driver"
    ),
}


def program() -> list[str]:
    """How the child is started: a plain script; in the self-contained archive a program beside this one."""
    if getattr(sys, "frozen", False):
        return [str(Path(sys.executable).with_name("sweeper-rtlsdr"))]
    return [sys.executable, "-P", str(CHILD)]


class Child:
    """The process with the driver. Every question has a deadline; who does not answer is killed."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._process: asyncio.subprocess.Process | None = None
        self.memory: mmap.mmap | None = None

    async def start(self) -> None:
        """Start it and wait until the driver is loaded. Raises ``Unavailable``."""
        with tempfile.TemporaryFile() as shared:
            os.ftruncate(shared.fileno(), MEMORY)
            self.memory = mmap.mmap(shared.fileno(), MEMORY)
            os.set_inheritable(shared.fileno(), True)
            self._process = await asyncio.create_subprocess_exec(
                *program(),
                str(shared.fileno()),
                str(MEMORY),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                pass_fds=(shared.fileno(),),
                start_new_session=True,
            )
        ready = False
        try:
            await self.answer(START_S)
            ready = True
        except (ReceiverLost, Failed) as error:
            raise self.unavailable(error) from error
        finally:
            if not ready:  # also when cancelled: a child must not outlive who started it
                await self.stop()

    def unavailable(self, error: ReceiverLost | Failed) -> Unavailable:
        """The same, as the reason why the source cannot start."""
        return Unavailable(self._name, error.reason, error.said, MENDS.get(error.reason, ""))

    def send(self, **order: Any) -> None:
        """An order; its answer comes by ``answer``, in turn."""
        if self._process is None or self._process.stdin is None or self._process.stdin.is_closing():
            raise ReceiverLost(Reason.STALLED, say("the driver's process has ended"))
        self._process.stdin.write(msgspec.json.encode(order) + b"\n")

    async def answer(self, within_s: float) -> dict[str, Any]:
        """The next answer. Raises ``Failed`` as the child says, ``ReceiverLost`` if it says nothing."""
        assert self._process is not None
        assert self._process.stdout is not None
        try:
            async with asyncio.timeout(within_s):
                line = await self._process.stdout.readline()
        except TimeoutError:
            await self.stop()
            raise ReceiverLost(
                Reason.STALLED, say("no answer from the dongle in {seconds:.0f} s", seconds=within_s)
            ) from None
        if not line.endswith(b"\n"):
            code = await self._process.wait()
            raise ReceiverLost(Reason.STALLED, say("the driver's process ended with code {code}", code=code))
        try:
            said = msgspec.json.decode(line, type=dict[str, Any])
        except (ValueError, RecursionError):  # a driver library that prints where the answers go
            await self.stop()
            raise ReceiverLost(
                Reason.BAD_DATA, say("the driver's process does not answer in its form")
            ) from None
        if not said["ok"]:
            raise Failed(Reason(said["reason"]), msgspec.convert(said["said"], Phrase))
        return said

    async def ask(self, within_s: float = ANSWER_S, **order: Any) -> dict[str, Any]:
        """Order and answer."""
        self.send(**order)
        return await self.answer(within_s)

    async def stop(self) -> None:
        """End it, kindly at first (the dongle is then closed by the system), and wait until it is gone."""
        process, self._process = self._process, None
        if process is not None:
            if process.stdin is not None:
                process.stdin.close()
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()
            if process.stdout is not None:  # reading to the end lets asyncio close the pipe
                await process.stdout.read()
        if self.memory is not None:
            with contextlib.suppress(BufferError):  # a view still held by a consumer keeps the map alive
                self.memory.close()
            self.memory = None


class Failed(Exception):  # noqa: N818
    """The child's answer is a refusal or a failure."""

    def __init__(self, reason: Reason, said: Phrase) -> None:
        super().__init__(english(said))
        self.reason = reason
        self.said = said


class RtlSdr:
    """One dongle as a ``Receiver``; ``serial`` empty means the first that is free."""

    def __init__(self, serial: str = "") -> None:
        self.name = f"rtlsdr:{serial}" if serial else "rtlsdr"
        self._serial = serial
        self._child = Child(self.name)
        self._rate_hz = 0.0

    async def open(self) -> Facts:
        """Take the dongle. Raises ``Unavailable``."""
        await self._child.start()
        try:
            said = await self._child.ask(START_S, do="open", serial=self._serial)
        except (Failed, ReceiverLost) as error:
            await self._child.stop()
            raise self._child.unavailable(error) from error
        maker = " ".join(part for part in (said["maker"], said["product"]) if part) or said["name"]
        tuner = TUNERS.get(said["tuner"], "unknown tuner")
        serial = f", serial {said['serial']}" if said["serial"] else ""
        return Facts(label=f"{maker} ({tuner}{serial})", gains_db=tuple(said["gains"]))

    async def set_rate(self, rate_hz: float) -> float:
        """Hertz that the driver set. Raises ``RateRefused`` or ``ReceiverLost``."""
        try:
            said = await self._ask(do="rate", hz=round(rate_hz))
        except Failed as failed:
            raise RateRefused(failed.said) from failed
        self._rate_hz = float(said["rate"])
        return self._rate_hz

    async def set_gain(self, gain_db: float) -> float:
        """Decibels that the driver set. Raises ``ReceiverLost``."""
        try:
            return float((await self._ask(do="gain", db=gain_db))["gain"])
        except Failed as failed:
            raise ReceiverLost(failed.reason, failed.said) from failed

    async def look(self, looks: Sequence[Look]) -> AsyncGenerator[Heard | Refused, None]:
        """One outcome a look, in order; up to ``AHEAD`` looks are under way. Raises ``ReceiverLost``."""
        sizes = [_bytes(look.settle + look.samples) for look in looks]
        slot = max(sizes, default=READ_STEP)
        slots = min(AHEAD, MEMORY // slot)
        if not slots:
            raise ReceiverLost(Reason.REFUSED, say("a look of {count} samples is too long", count=slot // 2))
        try:
            for index, look in enumerate(looks):
                if index == 0:
                    for early in range(min(slots, len(looks))):
                        self._send(looks[early], early % slots * slot, sizes[early])
                seconds = sizes[index] / 2 / self._rate_hz
                try:
                    said = await self._child.answer(ANSWER_S + 2 * seconds)
                    outcome: Heard | Refused = self._heard(look, index % slots * slot, said)
                except Failed as failed:
                    if failed.reason is not Reason.REFUSED:
                        raise
                    outcome = Refused(failed.said)
                if index + slots < len(looks):
                    self._send(looks[index + slots], index % slots * slot, sizes[index + slots])
                yield outcome
        except (Failed, ReceiverLost) as error:
            raise await self._lost(error) from error

    def _send(self, look: Look, at: int, size: int) -> None:
        self._child.send(do="look", hz=round(look.center_hz), at=at, bytes=size)

    def _heard(self, look: Look, at: int, said: dict[str, Any]) -> Heard:
        """Copy a look out of the shared memory. The read goes on past the last sample that was asked for."""
        assert self._child.memory is not None
        if said["bytes"] < 2 * (look.settle + look.samples):
            raise ReceiverLost(Reason.STALLED, say("only {count} bytes of a look came", count=said["bytes"]))
        raw = np.frombuffer(self._child.memory, np.uint8, 2 * look.samples, at + 2 * look.settle)
        beyond_s = (said["bytes"] / 2 - look.settle - look.samples) / self._rate_hz
        return Heard(complex_of(raw), said["end_s"] - beyond_s, clipped_share(raw))

    async def stream(self, center_hz: float, samples: int) -> AsyncGenerator[Heard | Refused, None]:
        """Blocks without a gap from one frequency. Raises ``ReceiverLost``."""
        size = _bytes(samples)
        slots = max(2, min(STREAM_SLOTS, MEMORY // size))
        try:
            self._child.send(do="stream", hz=round(center_hz), bytes=size, slots=slots)
            while True:
                said = await self._child.answer(ANSWER_S + size / self._rate_hz)
                assert self._child.memory is not None
                raw = np.frombuffer(self._child.memory, np.uint8, size, said["slot"] * size)
                heard = Heard(complex_of(raw), said["end_s"], clipped_share(raw))
                self._child.send(do="free")
                yield heard
        except (Failed, ReceiverLost) as error:
            if isinstance(error, Failed) and error.reason is Reason.REFUSED:
                yield Refused(error.said)
                return
            raise await self._lost(error) from error

    async def close(self) -> None:
        """Let go of the dongle."""
        await self._child.stop()

    async def _ask(self, **order: Any) -> dict[str, Any]:
        try:
            return await self._child.ask(**order)
        except ReceiverLost as lost:
            raise await self._lost(lost) from lost

    async def _lost(self, error: Failed | ReceiverLost) -> ReceiverLost:
        """What happened, once the child is gone: a dongle no longer on the bus was unplugged."""
        await self._child.stop()
        reason, detail = error.reason, error.said
        if reason is Reason.STALLED:
            try:
                found = await present()
            except Unavailable:
                found = []
            gone = not any(not self._serial or one["serial"] == self._serial for one in found)
            if gone:
                reason, detail = Reason.UNPLUGGED, say("the dongle was unplugged")
        return ReceiverLost(reason, detail)


async def present(order: str = "list") -> list[dict[str, Any]]:
    """The dongles on the bus, as a driver process of its own lists them; with ``order`` "probe" each is also
    opened for a moment. Raises ``Unavailable``."""
    child = Child("rtlsdr")
    await child.start()
    try:
        said = await child.ask(START_S, do=order)
    except (Failed, ReceiverLost) as error:
        raise child.unavailable(error) from error
    finally:
        await child.stop()
    dongles: list[dict[str, Any]] = said["dongles"]
    return dongles


def _bytes(samples: int) -> int:
    """Bytes of a read that holds so many samples, in whole USB packets."""
    return -(-2 * samples // READ_STEP) * READ_STEP
