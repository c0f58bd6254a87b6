"""Listening and following on the virtual dongle: the tone that is sent is the tone that is heard."""

from __future__ import annotations

from contextlib import aclosing
from pathlib import Path

import numpy as np
import pytest

from sweeper.dsp.demod import AUDIO_HZ, Mode
from sweeper.dsp.locate import Reading
from sweeper.errors import Reason
from sweeper.radio import rtlsdr
from sweeper.radio.inventory import receiver
from sweeper.radio.listening import Sound, Target, band_dbfs, follow, listen
from sweeper.records import State, Status
from tests.radio.virtual import children, limited, rtl_tcp, scene

DONGLE = "device serial=00000042\nnoise -100\n"


def heard(
    target: Target, mode: Mode, pieces: int, name: str = "rtlsdr", squelch: float | None = None
) -> list[Sound | Status]:
    async def work() -> list[Sound | Status]:
        made: list[Sound | Status] = []
        async with aclosing(
            listen(receiver(name), target, mode, squelch, retries_s=(0.1, 0.5, 1.0, 1.0))
        ) as sounds:
            async for sound in sounds:
                made.append(sound)
                if sum(isinstance(one, Sound) for one in made) >= pieces:
                    break
        return made

    return limited(work())


def tone_hz(made: list[Sound | Status]) -> float:
    audio = np.concatenate([one.audio for one in made if isinstance(one, Sound)])
    part = audio[len(audio) // 3 :]
    power = np.abs(np.fft.rfft(part * np.hanning(len(part)))) ** 2
    return float(np.fft.rfftfreq(len(part), 1 / AUDIO_HZ)[int(np.argmax(power))])


@pytest.mark.parametrize(
    ("signal", "mode"),
    [
        ("fm f=446.00625e6 level=-30 dev=2500 tone=900\n", Mode.NFM),
        ("am f=446.00625e6 level=-30 tone=900 depth=0.8\n", Mode.AM),
        ("fm f=446.00625e6 level=-20 dev=40000 tone=900\n", Mode.WFM),
    ],
)
def test_the_tone_on_the_air(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, signal: str, mode: Mode
) -> None:
    scene(tmp_path, monkeypatch, DONGLE + "ppm 20\n" + signal)
    before = children()
    made = heard(Target(446.00625e6, ppm=20.0), mode, 12)
    assert tone_hz(made) == pytest.approx(900, abs=10)
    assert children() == before


def test_through_the_real_rtl_tcp(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = scene(tmp_path, monkeypatch, DONGLE + "paced 1\nfm f=446e6 level=-30 dev=2500 tone=1200\n")
    with rtl_tcp(folder) as port:
        made = heard(Target(446e6), Mode.NFM, 20, f"rtltcp:127.0.0.1:{port}")
    assert tone_hz(made) == pytest.approx(1200, abs=10)


def test_the_squelch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    scene(tmp_path, monkeypatch, DONGLE)
    made = heard(Target(446e6), Mode.NFM, 6, squelch=-35.0)
    assert all(np.abs(one.audio).max() < 1e-6 for one in made if isinstance(one, Sound))


def test_a_dongle_lost_and_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    scene(
        tmp_path,
        monkeypatch,
        DONGLE + "unplug_after 10\nunplug_for 1\nfm f=446e6 level=-30 dev=2500 tone=900\n",
    )
    monkeypatch.setattr(rtlsdr, "ANSWER_S", 2.0)
    made = heard(Target(446e6), Mode.NFM, 20)
    told = [one.state for one in made if isinstance(one, Status)]
    assert told == [State.DEGRADED, State.LISTENING]
    assert sum(isinstance(one, Sound) for one in made) == 20


def test_out_of_reach(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    scene(tmp_path, monkeypatch, DONGLE + "range 24e6 1766e6\n")
    (told,) = heard(Target(2.4e9), Mode.AM, 5)
    assert isinstance(told, Status)
    assert (told.state, told.reason) == (State.FAILED, Reason.REFUSED)


def test_following_a_level(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    scene(tmp_path, monkeypatch, DONGLE + "carrier f=433.9e6 level=-30\n")

    async def work() -> list[Reading]:
        made: list[Reading] = []
        async with aclosing(follow(receiver("rtlsdr"), Target(433.9e6, 10e3, 29.7))) as readings:
            async for reading in readings:
                assert isinstance(reading, Reading)
                made.append(reading)
                if len(made) == 10:
                    break
        return made

    made = limited(work())
    assert [one.level_db for one in made] == pytest.approx([-30.0] * 10, abs=0.5)
    assert made[-1].trend == 0


def test_band_power_is_that_of_the_tone() -> None:
    n = np.arange(51_200)
    tone = (0.1 * np.exp(2j * np.pi * 0.125 * n)).astype(np.complex64)
    assert band_dbfs(tone, 1e6, 125e3, 1e3) == pytest.approx(-20.0, abs=0.02)
    assert band_dbfs(tone, 1e6, 250e3, 1e3) < -100
    assert band_dbfs(np.zeros(4096, np.complex64), 1e6, 0.0, 1e3) == -200.0
