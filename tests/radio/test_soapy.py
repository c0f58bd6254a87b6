"""SoapySDR: the module that the distribution brings is played here, with its names and return codes."""

from __future__ import annotations

import importlib.util
from types import SimpleNamespace
from typing import Any, ClassVar

import numpy as np
import pytest

from sweeper.errors import Reason, Unavailable
from sweeper.radio import soapy
from sweeper.radio.soapy import Soapy
from sweeper.radio.sweep import SweepSource
from tests.radio.virtual import blocks, closed, covered, gaps, heard, limited, plan_of, states


class Device:
    """As much of ``SoapySDR.Device`` as a receiver needs. ``results`` are given before the samples flow."""

    results: ClassVar[list[int]] = []
    waiting: ClassVar[list[int]] = []
    refuses_above = 6e9
    living: int = 0
    streams: int = 0

    def __init__(self, args: str) -> None:
        if "missing" in args:
            raise RuntimeError("SoapySDR::Device::make() no match")
        self.rate = self.gain = 0.0
        Device.living += 1

    def getHardwareKey(self) -> str:
        return "HackRF One"

    def getGainRange(self, *_: int) -> Any:
        return SimpleNamespace(minimum=lambda: 0.0, maximum=lambda: 116.0)

    def setGainMode(self, *_: int) -> None: ...

    def getStreamArgsInfo(self, *_: int) -> list[Any]:
        return [SimpleNamespace(key="buffers")]

    def setupStream(self, _rx: int, _format: str, channels: list[int], args: dict[str, str]) -> str:
        assert channels == [0]
        assert args == {"buffers": "64"}
        assert self.rate, "some drivers refuse a stream before the rate is set"
        Device.streams += 1
        return "stream"

    def getStreamMTU(self, _: str) -> int:
        return 5000

    def activateStream(self, _: str) -> None: ...

    def deactivateStream(self, _: str) -> None: ...

    def closeStream(self, _: str) -> None:
        Device.streams -= 1

    def close(self) -> None:
        Device.living -= 1

    def setSampleRate(self, _rx: int, _channel: int, hz: float) -> None:
        if hz < 2e6:
            raise RuntimeError("rate too low")
        self.rate = hz

    def getSampleRate(self, *_: int) -> float:
        return self.rate

    def setGain(self, _rx: int, _channel: int, db: float) -> None:
        self.gain = db

    def getGain(self, *_: int) -> float:
        return self.gain

    def setFrequency(self, _rx: int, _channel: int, hz: float) -> None:
        if hz > self.refuses_above:
            raise RuntimeError("setFrequency failed")

    def readStream(self, _stream: str, buffers: list[Any], count: int, timeoutUs: int) -> Any:  # noqa: N803  SoapySDR's name
        if timeoutUs == 0:  # what has arrived so far: nothing, after one buffer at most
            return SimpleNamespace(ret=self.waiting.pop() if self.waiting else soapy.TIMEOUT)
        if self.results:
            return SimpleNamespace(ret=self.results.pop(0))
        count = min(count, 5000)
        noise = np.random.default_rng(1).standard_normal((count, 2)) * (0.05 if self.gain < 100 else 5)
        buffers[0][:count] = np.clip(noise, -1, 1).astype(np.float32).view(np.complex64)[:, 0]
        return SimpleNamespace(ret=count)


MODULE = SimpleNamespace(Device=Device, SOAPY_SDR_RX=1, SOAPY_SDR_CF32="CF32")
PLAN = plan_of((430, 436))


def source(args: str = "driver=hackrf") -> SweepSource:
    return SweepSource(f"soapy:{args}", lambda: Soapy(args, MODULE), retries_s=(0.0,))


def test_a_sweep_above_what_an_rtlsdr_reaches() -> None:
    swept = source()
    records = heard(swept, plan_of((2400, 2404)))
    assert gaps(covered(records), 2400e6, 2404e6) == []
    assert swept.stats.gain_db is not None
    assert swept.stats.gain_db < 100  # where it clips
    assert (Device.living, Device.streams) == (0, 0)


def test_overflow_begins_the_look_anew_and_silence_is_a_loss(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Device, "results", [soapy.OVERFLOW] * 3)
    records = heard(source(), PLAN)
    assert gaps(covered(records), 430e6, 436e6) == []
    monkeypatch.setattr(Device, "results", [soapy.TIMEOUT] * 100)
    records = heard(source(), PLAN)
    assert blocks(records) == []
    assert states(records)[-1].reason is Reason.STALLED
    assert Device.living == 0


def test_a_machine_that_never_keeps_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Device, "results", [soapy.OVERFLOW] * 1000)
    records = heard(source(), PLAN)
    assert states(records)[-1].reason is Reason.DROPPED


def test_refused_tuning(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Device, "refuses_above", 433e6)
    records = heard(source(), PLAN)
    assert closed(records).problems[0].endswith("436.00 MHz not swept: setFrequency failed")


def test_a_ring_that_never_empties_is_a_loss(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(soapy, "EMPTYING_S", 0.0)
    monkeypatch.setattr(Device, "waiting", [5000] * 1000)
    assert states(heard(source(), PLAN))[-1].reason is Reason.DROPPED


def test_no_such_device() -> None:
    with pytest.raises(Unavailable) as why:
        limited(Soapy("driver=missing", MODULE).open())
    assert why.value.reason is Reason.NO_DEVICE


def test_a_device_of_no_driver_is_not_looked_for() -> None:
    with pytest.raises(Unavailable, match="driver=") as why:
        limited(Soapy("serial=1", MODULE).open())
    assert why.value.reason is Reason.NO_DEVICE


def test_without_the_library_it_is_said() -> None:
    if importlib.util.find_spec("SoapySDR") is not None:
        pytest.skip("SoapySDR is installed here")
    with pytest.raises(Unavailable, match="python3-soapysdr") as why:
        soapy.found()
    assert why.value.reason is Reason.LIBRARY_MISSING
