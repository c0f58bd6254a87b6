"""A still picture from a camera's signal, against the picture that the synthesiser sent."""

from __future__ import annotations

import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from sweeper.cli.still import png, still_picture
from sweeper.dsp.video_still import still
from sweeper.synth.analogue import LINE_S, VIDEO_RATE_HZ, VideoWave, _picture
from sweeper.synth.dice import Dice
from tests.dsp.signals import Samples, from_frequency, noise, voice

RATE = 12e6


def camera(seconds: float, start_s: float, snr_db: float = 20, rate: float = RATE) -> Samples:
    at = np.arange(int(seconds * rate)) / rate + start_s
    turns, _ = VideoWave(4e6, 6.5e6, Dice(3)).at(at, (0.0, 0.0))
    clean = np.exp(2j * np.pi * turns).astype(np.complex64)
    return clean + noise(len(clean), rate, 10 ** (-snr_db / 10) / rate)


def sent(field: int) -> np.ndarray:
    """The lines of one field that the synthesiser drew (0.5 lines of offset lie between the two)."""
    frame = _picture(Dice(3))
    rows = np.arange(23, 23 + 288) * LINE_S + field * 312.5 * LINE_S
    at = rows[:, None] + np.linspace(10.5e-6, 62e-6, 720)[None, :]
    return np.interp(at.ravel() * VIDEO_RATE_HZ % len(frame), np.arange(len(frame)), frame).reshape(288, 720)


@pytest.mark.parametrize("start_s", [0.0, 0.0123, 0.031])
@pytest.mark.parametrize("inverted", [False, True])
def test_the_picture_that_was_sent(start_s: float, inverted: bool) -> None:
    """Some transmitters modulate upwards, some downwards."""
    samples = camera(0.1, start_s)
    found = still(np.conj(samples) if inverted else samples, RATE)
    assert found is not None
    assert (found.standard, found.fields, found.picture.shape) == ("pal", 2, (576, 720))
    upper = found.picture[0::2].astype(float)[4:-4]
    assert np.corrcoef(upper.ravel(), sent(0)[4:-4].ravel())[0, 1] > 0.93


def test_sound_noise_and_a_short_stretch_have_no_picture() -> None:
    assert still(noise(int(0.06 * RATE), RATE), RATE) is None
    sound = voice(int(0.06 * RATE), RATE, low=50, high=15e3)
    assert still(from_frequency(75e3 * sound, 1.0, RATE), RATE) is None
    assert still(camera(0.02, 0.0), RATE) is None


def test_a_png_is_one() -> None:
    picture = np.arange(12, dtype=np.uint8).reshape(3, 4)
    data = png(picture)
    assert data[:8] == b"\x89PNG\r\n\x1a\n"
    assert struct.unpack(">II", data[16:24]) == (4, 3)
    length = struct.unpack(">I", data[33:37])[0]
    assert zlib.decompress(data[41 : 41 + length]) == b"\0\0\1\2\3\0\4\5\6\7\0\x08\x09\x0a\x0b"


def test_the_command_warns_and_writes_only_what_was_asked(tmp_path: Path) -> None:
    path = tmp_path / "camera_1160M_12M.cf32"
    camera(0.1, 0.0).tofile(path)
    out = tmp_path / "still.png"
    done = CliRunner().invoke(
        still_picture,
        [str(path), "--save", str(out), "--rate", "12M", "--center", "1160M", "--format", "cf32"],
    )
    assert done.exit_code == 0 or done.return_value == 0, done.output
    assert out.read_bytes()[:4] == b"\x89PNG"
    assert "private" in done.output
    assert sorted(p.name for p in tmp_path.iterdir()) == ["camera_1160M_12M.cf32", "still.png"]
