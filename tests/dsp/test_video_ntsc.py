"""An NTSC camera from its standard's own numbers (SMPTE 170M), through the detector and to the still picture.

Nothing of the program's synthesiser is used. 525 lines of 63.556 µs in two fields of 262.5; each field
begins with six equalising pulses (2.3 µs), six broad ones (27.1 µs between serrations of 4.7 µs) and six
equalising ones again, all at half lines; the first broad pulse is at the beginning of line 4. Sync 4.7 µs,
colour burst of nine cycles 5.3 µs after its edge, picture from 9.4 to 62.0 µs after it; lines 21 to 263 and
284 to 525 are seen. Levels in IRE: sync −40, blanking 0, black 7.5, white 100.
"""

from __future__ import annotations

import functools

import numpy as np
import numpy.typing as npt
import pytest

from sweeper.dsp import video
from sweeper.dsp.video_still import still
from tests.dsp.signals import Samples, emissions, noise

Floats = npt.NDArray[np.float64]

LINE_HZ = 15_734.2657
LINE_S = 63.5556e-6
LINES, FIELD = 525, 262.5
COLOUR_HZ = 3_579_545.0
BROAD_AT = 3.0
"""Lines from the frame's beginning to its first broad pulse."""
RATE = 12e6
IRE_HZ = 40e3
"""Deviation for one IRE: 5.6 MHz from sync to white."""


def scene(across: Floats, down: Floats) -> Floats:
    """Brightness of the room, 0 to 1; ``across`` and ``down`` from 0 to 1."""
    shade = 0.2 + 0.4 * across + 0.2 * np.sin(7 * down)
    window = (across > 0.55) & (across < 0.8) & (down > 0.2) & (down < 0.45)
    lamp = (across - 0.25) ** 2 / 0.01 + (down - 0.7) ** 2 / 0.04 < 1
    return np.clip(shade + 0.3 * window - 0.2 * lamp, 0.0, 1.0)


def row_of(line: Floats) -> Floats:
    """Row of the picture, from its top, of a line of the frame (counted from 0); the second field's lines lie
    between those of the first."""
    second = line >= FIELD
    return np.where(second, 2 * (line - 283) + 1, 2 * (line - 20))


def ire(time_s: Floats) -> Floats:
    """The composite signal at these times."""
    lines = time_s / LINE_S % LINES
    line = np.floor(lines)
    x = (lines - line) * LINE_S
    level = np.zeros(len(time_s))
    level[x < 4.7e-6] = -40
    burst = (x > 5.3e-6) & (x < 5.3e-6 + 9 / COLOUR_HZ)
    level[burst] = 20 * np.sin(2 * np.pi * COLOUR_HZ * time_s[burst])
    seen = ((line >= 20) & (line <= 262)) | ((line >= 283) & (line <= 524))
    active = seen & (x > 9.4e-6) & (x < 62.0e-6)
    picture = scene((x - 9.4e-6) / 52.6e-6, row_of(line) / 485)
    level[active] = (7.5 + 92.5 * picture + 5 * np.sin(2 * np.pi * COLOUR_HZ * time_s))[active]
    for begin in (0.0, FIELD):
        half = (lines - begin) * 2
        inside = (half >= 0) & (half < 18)
        y = (half - np.floor(half)) * LINE_S / 2
        broad = (half >= 6) & (half < 12)
        level[inside] = np.where(y < np.where(broad, 27.1e-6, 2.3e-6), -40.0, 0.0)[inside]
    return level


@functools.cache
def camera(seconds: float, start_s: float, snr_db: float = 25.0) -> Samples:
    """What a receiver of 12 MS/s hears of the camera."""
    at = start_s + np.arange(int(seconds * RATE)) / RATE
    phase = 2 * np.pi * IRE_HZ * np.cumsum(ire(at) - 30) / RATE
    air = np.exp(1j * phase).astype(np.complex64)
    return air + noise(len(air), RATE, 10 ** (-snr_db / 10) / RATE)


def test_the_numbers_of_the_standard_agree_with_each_other() -> None:
    assert abs(LINE_HZ * LINE_S - 1) < 1e-5
    assert abs(COLOUR_HZ / LINE_HZ / 227.5 - 1) < 1e-6
    assert abs(LINE_HZ / FIELD / (60 / 1.001) - 1) < 1e-6


def test_its_line_rate_is_measured_and_is_not_pals() -> None:
    found = video.find(camera(0.02, 0.004), RATE)
    assert found is not None
    assert found.standard == "ntsc"
    assert found.line_rate_hz == pytest.approx(LINE_HZ, abs=2.0)  # PAL's is 109 Hz lower


def test_the_detector_names_it_analogue_video() -> None:
    heard = [one for one in emissions(camera(0.02, 0.004), RATE, 1_160e6) if one.kind == "analog-video"]
    assert len(heard) == 1
    assert heard[0].features["line_rate_hz"] == pytest.approx(LINE_HZ, rel=5e-4)
    assert heard[0].center_hz == pytest.approx(1_160e6, abs=1.5e6)


@pytest.mark.parametrize(
    ("start_s", "inverted"),
    [(0.0, False), (0.0091, True), (0.0214, False)],
    ids=["first", "second", "within"],
)
def test_the_picture_that_was_sent_is_seen_row_by_row(start_s: float, inverted: bool) -> None:
    """486 rows of the frame, the second field's between the first's, wherever listening begins."""
    samples = camera(0.06, start_s)
    found = still(np.conj(samples) if inverted else samples, RATE)
    assert found is not None
    assert (found.standard, found.fields, found.picture.shape) == ("ntsc", 2, (486, 720))
    across = (np.linspace(10.5e-6, 62e-6, 720) - 9.4e-6) / 52.6e-6
    sent = scene(across[None, :], np.arange(486)[:, None] / 485)
    middle = slice(20, -20)
    seen = found.picture.astype(float)
    assert np.corrcoef(seen[2:-4, middle].ravel(), sent[2:-4, middle].ravel())[0, 1] > 0.96
    off = {by: _likeness(seen, sent, by) for by in range(-6, 7)}
    assert max(off, key=lambda by: off[by]) == 0


def _likeness(seen: Floats, sent: Floats, by: int) -> float:
    """How well the window's upper and lower edges agree when the picture is moved by so many rows."""
    window = slice(400, 570)
    moved = np.diff(np.roll(seen, by, 0)[:, window].mean(axis=1))
    true = np.diff(sent[:, window].mean(axis=1))
    return float(np.dot(moved[60:250], true[60:250]))
