"""What the receiver makes itself is told from what is sent, and sound on a carrier from a bare one."""

from __future__ import annotations

import numpy as np
import pytest

from sweeper.records import Emission
from tests.dsp.signals import bits, emissions, fsk, noise, ook, put, tone, voice

RATE = 250e3
N0 = 1e-10
CENTER = 433e6
OFFSET = np.complex64(np.sqrt(N0 * 10**3.6))
"""An offset 36 dB over the noise of 1 Hz: too weak to be found all the time, often for a while."""


def kinds(found: list[Emission]) -> set[tuple[str, object]]:
    return {(one.kind, one.features.get("veto")) for one in found}


@pytest.mark.parametrize("seed", [1, 2, 3])
@pytest.mark.parametrize("strength", [0.6, 1.0, 1.5])
def test_an_offset_that_noise_lets_through_for_a_while_is_the_receivers(seed: int, strength: float) -> None:
    air = noise(int(RATE * 0.5), RATE, seed=seed) + np.complex64(strength) * OFFSET
    assert kinds(emissions(air, RATE, CENTER)) <= {("spur", "dc")}


def test_a_keyed_sender_at_the_centre_is_none_of_it() -> None:
    air = noise(int(RATE * 0.5), RATE) + OFFSET
    put(air, 0.11, ook(bits(80), 2e3, 0.0, N0 * 4e3 * 100, RATE), RATE)
    assert "ook" in {kind for kind, _veto in kinds(emissions(air, RATE, CENTER))}


def test_a_short_tone_beside_the_centre_is_none_of_it() -> None:
    air = noise(int(RATE * 0.5), RATE) + OFFSET
    put(air, 0.11, tone(int(RATE * 0.02), 4e3, N0 * 1e3 * 100, RATE), RATE)
    assert any(kind != "spur" for kind, _veto in kinds(emissions(air, RATE, CENTER)))


def test_an_image_of_which_only_two_lines_stand_out_of_the_noise() -> None:
    """Slow keying between two frequencies; its image, 30 dB weaker, is two lines with noise between."""
    count = int(RATE * 0.5)
    sent = fsk(bits(100), 200.0, 12e3, 60e3, N0 * 25e3 * 1e3, RATE)
    air = noise(count, RATE) + sent + np.float32(0.03) * np.conj(sent)
    assert all(one.center_hz > CENTER for one in emissions(air, RATE, CENTER))


def spoken(depth: float) -> list[Emission]:
    """A carrier 20 dB over the noise of 7 kHz with speech of that depth at most."""
    count = int(RATE * 0.8)
    sent = (1 + depth * voice(count, RATE)) * tone(count, 31e3, N0 * 7e3 * 100, RATE)
    return emissions((noise(count, RATE) + sent).astype(np.complex64), RATE, CENTER)


@pytest.mark.parametrize(("depth", "kind"), [(0.0, "carrier"), (0.3, "am"), (0.5, "am"), (0.9, "am")])
def test_speech_that_drowns_in_the_noise_is_heard_on_its_carrier(depth: float, kind: str) -> None:
    assert [one.kind for one in spoken(depth)] == [kind]
