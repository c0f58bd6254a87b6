"""Other receivers (HackRF, Airspy, LimeSDR…) through SoapySDR, where the system has it.

SoapySDR is no package of the Python index: the distribution brings it (``apt install python3-soapysdr`` and
a ``soapysdr-module-…``), so it is optional and imported here only, when asked for. ``soapy:ARGS`` takes
SoapySDR's own device arguments, e.g. ``soapy:driver=hackrf,serial=…``. Reads have a time-out of their own.

Its drivers stream without pause into buffers of their own, so after a retune old samples come first:

    ring of full buffers ──┐  emptied without waiting
    buffer being filled ───┤  one buffer's length is thrown away
    tuner that settles ────┘  measured by the sweep, as for any receiver

Asking SoapySDR for "all devices" makes some of its modules (remote, RFspace, Red Pitaya, UHD) call over the
network. So only drivers of what is plugged in here are asked; others open when they are named.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, Sequence
from typing import Any

import numpy as np

from sweeper.errors import Reason, Unavailable
from sweeper.radio import clock
from sweeper.radio.receiver import Facts, Heard, Look, RateRefused, ReceiverLost, Refused
from sweeper.records import Samples
from sweeper.text import say

READ_TIMEOUT_US = 1_000_000
"""A read that brings nothing for a second has stalled: the slowest rate here fills a buffer in 0.1 s."""

LOCAL = ("airspy", "airspyhf", "bladerf", "hackrf", "lime", "miri", "osmosdr", "sdrplay", "uhd,type=b200")
"""Drivers that look for their devices on USB alone. ``rtlsdr`` has a source of its own; ``lime`` looks for
its own boards and ``uhd`` without a type would broadcast, as ``strace -e trace=network`` shows."""

SHORT = {"bufflen": "16384", "buffers": "64"}
"""Stream arguments, for drivers that list them: with buffers of 8,192 samples instead of 131,072 a retune
costs 3 ms instead of 51 (at 2.56 MS/s), and 64 of them bridge 0.2 s."""

MARGIN_S = 0.003
"""Added to the settling that was measured: as much of it as lies in the buffer thrown away is not seen then,
and that is by chance. Tuners of this kind are quiet within 3 ms."""

EMPTYING_S = 1.0
"""A ring that is not empty after so long fills faster than it is read."""

RAIL = 0.999
"""Samples come as floats of full scale 1.0 from converters of 8 to 16 bits: at a rail is above this."""

OVERFLOW, TIMEOUT = -4, -1
"""``SOAPY_SDR_OVERFLOW`` and ``SOAPY_SDR_TIMEOUT`` of SoapySDR/Errors.h: overflow loses samples, no more."""


def driver() -> Any:
    """The SoapySDR module. Raises ``Unavailable``."""
    try:
        import SoapySDR
    except ImportError as error:
        raise Unavailable(
            "soapy",
            Reason.LIBRARY_MISSING,
            say("SoapySDR is not installed"),
            say("apt install python3-soapysdr soapysdr-module-all, and a venv that sees system packages"),
        ) from error
    SoapySDR.setLogLevel(SoapySDR.SOAPY_SDR_ERROR)
    return SoapySDR


def found() -> list[str]:
    """Device arguments of what is plugged in here, RTL-SDR dongles left out: they have their own source.
    Sends nothing over a network. Raises ``Unavailable``."""
    soapy = driver()
    devices = [dict(one) for kind in LOCAL for one in soapy.Device.enumerate(f"driver={kind}")]
    names = set()
    for one in devices:
        serial = f",serial={one['serial']}" if one.get("serial") else ""
        names.add(f"driver={one.get('driver', '')}{serial}")
    return sorted(names)


OVERFLOWS = 20
"""Tries at one look: a busy machine overflows now and then, not twenty times in a row."""


class Soapy:
    """One SoapySDR device as a ``Receiver``. ``module`` stands in for the library in tests."""

    def __init__(self, args: str, module: Any = None) -> None:
        self.name = f"soapy:{args}"
        self._args = args
        self._module = module
        self._device: Any = None
        self._stream: Any = None
        self._buffer = 0
        self._rate_hz = 0.0

    async def open(self) -> Facts:
        """Take the device. Raises ``Unavailable``."""
        soapy = self._module = self._module or driver()
        if "driver=" not in self._args:
            raise Unavailable(
                self.name,
                Reason.NO_DEVICE,
                say("without 'driver=' SoapySDR would ask every driver, and some call over the network"),
                say("name it: soapy:driver=hackrf"),
            )
        try:
            self._device = await asyncio.to_thread(soapy.Device, self._args)
            self._device.setGainMode(soapy.SOAPY_SDR_RX, 0, False)
            gains = self._device.getGainRange(soapy.SOAPY_SDR_RX, 0)
            label = str(self._device.getHardwareKey())
        except RuntimeError as error:
            await self.close()
            raise Unavailable(
                self.name, Reason.NO_DEVICE, str(error), say("SoapySDRUtil --find lists them")
            ) from error
        low, high = gains.minimum(), gains.maximum()
        steps = tuple(float(step) for step in np.linspace(low, high, max(2, round((high - low) / 2) + 1)))
        return Facts(
            label=f"SoapySDR {label}",
            gains_db=steps,
            settle_window_s=0.05,
            settle_margin_s=MARGIN_S,
            settle_fallback_s=0.01,
        )

    async def set_rate(self, rate_hz: float) -> float:
        """Hertz that the driver set. Raises ``RateRefused``."""
        rx = self._module.SOAPY_SDR_RX
        self._stop()
        try:
            self._device.setSampleRate(rx, 0, rate_hz)
            got = float(self._device.getSampleRate(rx, 0))
            self._start()
        except RuntimeError as error:
            raise RateRefused(str(error)) from error
        if not 0.8 * rate_hz <= got <= 1.25 * rate_hz:
            raise RateRefused(
                say(
                    "it runs at {got:.0f} instead of {rate_hz:.0f} samples a second", got=got, rate_hz=rate_hz
                )
            )
        self._rate_hz = got
        return got

    async def set_gain(self, gain_db: float) -> float:
        """Decibels that the driver set. Raises ``ReceiverLost``."""
        rx = self._module.SOAPY_SDR_RX
        try:
            self._device.setGain(rx, 0, gain_db)
            return float(self._device.getGain(rx, 0))
        except RuntimeError as error:
            raise ReceiverLost(Reason.UNPLUGGED, str(error)) from error

    async def look(self, looks: Sequence[Look]) -> AsyncGenerator[Heard | Refused, None]:
        """One outcome a look, in order; a thread waits for the device. Raises ``ReceiverLost``."""
        for look in looks:
            yield await asyncio.to_thread(self._at, look.center_hz, look.settle, look.samples)

    async def stream(self, center_hz: float, samples: int) -> AsyncGenerator[Heard | Refused, None]:
        """Blocks from one frequency. Raises ``ReceiverLost``."""
        first = await asyncio.to_thread(self._at, center_hz, round(0.05 * self._rate_hz), samples)
        yield first
        while isinstance(first, Heard):
            yield await asyncio.to_thread(self._read, 0, samples)

    async def close(self) -> None:
        """Let go of the device."""
        device = self._device
        if device is not None:
            self._stop()
            self._device = None
            device.close()

    def _start(self) -> None:
        """Streams at the rate that is set: some drivers refuse, or start with none, when it comes later."""
        rx = self._module.SOAPY_SDR_RX
        known = {one.key for one in self._device.getStreamArgsInfo(rx, 0)}
        short = {key: value for key, value in SHORT.items() if key in known}
        self._stream = self._device.setupStream(rx, self._module.SOAPY_SDR_CF32, [0], short)
        self._buffer = int(self._device.getStreamMTU(self._stream))
        self._device.activateStream(self._stream)

    def _stop(self) -> None:
        stream, self._stream = self._stream, None
        if stream is not None:
            self._device.deactivateStream(stream)
            self._device.closeStream(stream)

    def _at(self, hz: float, settle: int, samples: int) -> Heard | Refused:
        """Tune, let what is old go by, hear. Blocks; for a thread. Raises ``ReceiverLost``."""
        try:
            self._device.setFrequency(self._module.SOAPY_SDR_RX, 0, hz)
        except RuntimeError as error:
            self._read(0, 1)  # a device that went away refuses too, and gives no samples any more
            return Refused(str(error))
        self._empty()
        return self._read(self._buffer + settle, samples)

    def _empty(self) -> None:
        """Throw away what waits in the driver's ring. Raises ``ReceiverLost``."""
        waste: Samples = np.empty(max(self._buffer, 1), np.complex64)
        until_s = time.monotonic() + EMPTYING_S
        while self._device.readStream(self._stream, [waste], len(waste), timeoutUs=0).ret not in (TIMEOUT, 0):
            if time.monotonic() > until_s:
                raise ReceiverLost(Reason.DROPPED, say("this machine does not keep up with the device"))

    def _read(self, settle: int, samples: int) -> Heard:
        total = settle + samples
        buffer: Samples = np.empty(total, np.complex64)
        got = overflows = 0
        while got < total:
            result = self._device.readStream(
                self._stream, [buffer[got:]], total - got, timeoutUs=READ_TIMEOUT_US
            )
            if result.ret == OVERFLOW:
                got = min(got, settle)  # a look has no gap in it: begin its samples anew
                overflows += 1
                if overflows > OVERFLOWS:
                    raise ReceiverLost(Reason.DROPPED, say("this machine does not keep up with the device"))
            elif result.ret == TIMEOUT or result.ret == 0:
                raise ReceiverLost(Reason.STALLED, say("no samples from the device in a second"))
            elif result.ret < 0:
                raise ReceiverLost(Reason.UNPLUGGED, say("SoapySDR error {ret}", ret=result.ret))
            else:
                got += result.ret
        heard = buffer[settle:]
        rails = (np.abs(heard.real) > RAIL) | (np.abs(heard.imag) > RAIL)
        return Heard(heard, clock.now_s(), float(np.mean(rails)) if samples else 0.0)
