"""Other receivers (HackRF, Airspy, LimeSDR…) through SoapySDR, where the system has it.

SoapySDR is no package of the Python index: the distribution brings it (``apt install python3-soapysdr`` and
a ``soapysdr-module-…``), so it is optional and imported here only, when asked for. ``soapy:ARGS`` takes
SoapySDR's own device arguments, e.g. ``soapy:driver=hackrf,serial=…``. Reads have a time-out of their own.
"""

from __future__ import annotations

import asyncio
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
    return SoapySDR


def found() -> list[str]:
    """Device arguments of what SoapySDR sees, RTL-SDR dongles left out: they have their own source."""
    devices = [dict(one) for one in driver().Device.enumerate()]
    names = []
    for one in devices:
        if one.get("driver") not in ("rtlsdr", "audio", "null"):
            serial = f",serial={one['serial']}" if one.get("serial") else ""
            names.append(f"driver={one.get('driver', '')}{serial}")
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
        self._rate_hz = 0.0

    async def open(self) -> Facts:
        """Take the device. Raises ``Unavailable``."""
        soapy = self._module = self._module or driver()
        try:
            self._device = await asyncio.to_thread(soapy.Device, self._args)
            self._device.setGainMode(soapy.SOAPY_SDR_RX, 0, False)
            self._stream = self._device.setupStream(soapy.SOAPY_SDR_RX, soapy.SOAPY_SDR_CF32)
            self._device.activateStream(self._stream)
            gains = self._device.getGainRange(soapy.SOAPY_SDR_RX, 0)
            label = str(self._device.getHardwareKey())
        except RuntimeError as error:
            await self.close()
            raise Unavailable(
                self.name, Reason.NO_DEVICE, str(error), say("SoapySDRUtil --find lists them")
            ) from error
        low, high = gains.minimum(), gains.maximum()
        steps = tuple(float(step) for step in np.linspace(low, high, max(2, round((high - low) / 2) + 1)))
        return Facts(label=f"SoapySDR {label}", gains_db=steps, settle_window_s=0.05, settle_fallback_s=0.01)

    async def set_rate(self, rate_hz: float) -> float:
        """Hertz that the driver set. Raises ``RateRefused``."""
        rx = self._module.SOAPY_SDR_RX
        try:
            self._device.setSampleRate(rx, 0, rate_hz)
            got = float(self._device.getSampleRate(rx, 0))
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
            refused = self._tune(look.center_hz)
            if refused is not None:
                yield refused
            else:
                yield await asyncio.to_thread(self._read, look.settle, look.samples)

    async def stream(self, center_hz: float, samples: int) -> AsyncGenerator[Heard | Refused, None]:
        """Blocks from one frequency. Raises ``ReceiverLost``."""
        refused = self._tune(center_hz)
        if refused is not None:
            yield refused
            return
        settle = round(0.05 * self._rate_hz)
        while True:
            yield await asyncio.to_thread(self._read, settle, samples)
            settle = 0

    async def close(self) -> None:
        """Let go of the device."""
        device, self._device = self._device, None
        if device is not None and self._stream is not None:
            device.deactivateStream(self._stream)
            device.closeStream(self._stream)
            self._stream = None

    def _tune(self, hz: float) -> Refused | None:
        try:
            self._device.setFrequency(self._module.SOAPY_SDR_RX, 0, hz)
        except RuntimeError as error:
            return Refused(str(error))
        return None

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
