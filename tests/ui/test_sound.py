"""Ticks by arithmetic: pitch, rate, silence; the stream drops what is too old; without sound it says so."""

from __future__ import annotations

import sys

import numpy as np
import pytest

from sweeper.ui.sound import AHEAD_S, RATE_HZ, TICK_S, Speaker, Stream, Ticker, pitch_hz, tick, ticks_hz


@pytest.mark.parametrize("share", [0.0, 0.5, 1.0])
def test_pitch_and_rate_rise_with_the_level(share: float) -> None:
    """220 Hz to 1,760 Hz is three octaves, 1 to 16 ticks a second is four doublings."""
    assert pitch_hz(share) == pytest.approx(220 * 2 ** (3 * share))
    assert ticks_hz(share) == pytest.approx(2 ** (4 * share))
    ticker = Ticker()
    ticker.share = share
    sound = np.concatenate([ticker.frames(480) for _turn in range(400)]).astype(float)
    loud = np.abs(sound) > 200
    starts = np.flatnonzero(np.diff(np.concatenate([[0], np.convolve(loud, np.ones(480), "same") > 0])) > 0)
    assert len(starts) == pytest.approx(4 * ticks_hz(share), abs=1)
    crossings = np.count_nonzero(np.diff(np.signbit(tick(pitch_hz(share))[1:].astype(int))))
    assert crossings / TICK_S / 2 == pytest.approx(pitch_hz(share), rel=0.12)


def test_ticks_have_no_clicks_and_silence_is_silent() -> None:
    made = tick(1000.0)
    assert abs(int(made[0])) < 10
    assert abs(int(made[-1])) < 400
    ticker = Ticker()
    assert not ticker.frames(RATE_HZ).any()
    ticker.share = 0.0
    assert ticker.frames(RATE_HZ).any()


def test_the_stream_keeps_order_and_drops_what_is_too_old() -> None:
    stream = Stream()
    stream.put(np.full(100, 0.25))
    stream.put(np.full(100, -2.0))
    heard = stream.frames(250)
    assert heard[:100].tolist() == [8192] * 100
    assert heard[100:200].tolist() == [-32767] * 100
    assert not heard[200:].any()
    for _turn in range(100):
        stream.put(np.ones(RATE_HZ // 20))
    kept = np.count_nonzero(stream.frames(5 * RATE_HZ))
    assert kept <= AHEAD_S * RATE_HZ


def test_without_the_library_it_says_so(monkeypatch) -> None:
    monkeypatch.setitem(sys.modules, "miniaudio", None)
    speaker = Speaker()
    assert not speaker.play(Ticker())
    assert "miniaudio" in speaker.problem
    assert not speaker.playing
    speaker.stop()
