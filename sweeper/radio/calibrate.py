"""The crystal's error from GSM base stations, which hold their own frequency to 0.05 ppm.

The GSM-900 downlink is heard hop by hop, each long enough for two frequency correction bursts (46 or 51 ms
apart). Every carrier of the 200 kHz raster that stands out is searched for their tone; where it is found
tells the error. Cheap dongles are off by up to 100 ppm, 94 kHz at 940 MHz: the tone is looked for that far.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import aclosing

import numpy as np

from sweeper.dsp import gsm
from sweeper.dsp.channel import Spectrum
from sweeper.dsp.crystal import Crystal, from_signals
from sweeper.errors import Reason, Unavailable
from sweeper.plan import Band, SweepPlan
from sweeper.radio.hops import hops
from sweeper.radio.receiver import RATES_HZ, USABLE, Heard, Look, RateRefused, Receiver, ReceiverLost, nearest
from sweeper.records import Samples
from sweeper.text import say

DOWNLINK_HZ = (925.2e6, 959.8e6)
RASTER_HZ = 200e3

DWELL_S = 0.115
"""Two correction bursts in any case: 2 * 50.77 ms and a slot."""

STRONGEST = 5
"""Carriers searched in one hop: C0 carriers, on all the time, are among the strongest."""

CLEAR_DB = 8.0
"""A carrier this far above the hop's quiet channels is worth searching."""

SHIFTS_HZ = (0.0, 45e3, -45e3, 90e3, -90e3)
"""The search reaches 25 kHz to either side: together they cover 115 kHz, 120 ppm."""

ENOUGH = 6
"""Carriers after which more would add nothing."""

GAIN_DB = 36.0
"""Base stations are strong, but indoors not always: a gain between."""


SPAN_PPM = 150.0
"""The cheapest dongles are off by 100 ppm."""

BESIDE_HZ = 150e3
"""A known carrier is listened to from so far below: clear of the receiver's own spike."""

CARRIER_LOOK_S, CARRIER_LOOKS = 0.05, 5
"""Bins of 20 Hz: 0.05 ppm at 433 MHz; of five looks three must agree."""

LINE_DB = 18.0
"""Noise of one transform reaches 13 dB over its median in one of a million bins."""


async def calibrate(make: Callable[[], Receiver], gain_db: float | None = None) -> Crystal | None:
    """The receiver's crystal error, or ``None`` where no base station is heard. Raises ``Unavailable``."""
    receiver = make()
    try:
        facts = await receiver.open()
        rate_hz = await _set_rate(receiver)
        if facts.gains_db:
            await receiver.set_gain(nearest(facts.gains_db, GAIN_DB if gain_db is None else gain_db))
        plan = SweepPlan(bands=(Band(*DOWNLINK_HZ, dwell_s=DWELL_S),))
        settle = round((facts.settle_window_s / 2 + facts.settle_margin_s) * rate_hz)
        looks = [Look(hop.center_hz, round(DWELL_S * rate_hz), settle) for hop in hops(plan, rate_hz)]
        seen: list[tuple[float, float]] = []
        index = 0
        async with aclosing(receiver.look(looks)) as outcomes:
            async for outcome in outcomes:
                if isinstance(outcome, Heard):
                    seen += correction_tones(outcome.samples, rate_hz, looks[index].center_hz)
                index += 1
                if len(seen) >= ENOUGH:
                    break
        return from_signals(seen)
    except ReceiverLost as lost:
        raise Unavailable(receiver.name, lost.reason, lost.said) from lost
    finally:
        await receiver.close()


async def calibrate_on(
    make: Callable[[], Receiver], carrier_hz: float, gain_db: float | None = None
) -> Crystal | None:
    """The error from a carrier whose frequency is known: a time signal, a broadcast carrier, a calibrator's.

    The strongest line within ``SPAN_PPM`` of it is taken for it; ``None`` where none stands out. Raises
    ``Unavailable``.
    """
    receiver = make()
    try:
        facts = await receiver.open()
        rate_hz = await _set_rate(receiver)
        if facts.gains_db:
            await receiver.set_gain(nearest(facts.gains_db, GAIN_DB if gain_db is None else gain_db))
        settle = round((facts.settle_window_s / 2 + facts.settle_margin_s) * rate_hz)
        center_hz = carrier_hz - BESIDE_HZ
        look = Look(center_hz, round(CARRIER_LOOK_S * rate_hz), settle)
        seen: list[tuple[float, float]] = []
        async with aclosing(receiver.look([look] * CARRIER_LOOKS)) as outcomes:
            async for outcome in outcomes:
                if isinstance(outcome, Heard):
                    shown = line_near(outcome.samples, rate_hz, BESIDE_HZ, SPAN_PPM * 1e-6 * carrier_hz)
                    seen += [(carrier_hz, center_hz + shown)] if shown is not None else []
        return from_signals(seen) if 2 * len(seen) > CARRIER_LOOKS else None
    except ReceiverLost as lost:
        raise Unavailable(receiver.name, lost.reason, lost.said) from lost
    finally:
        await receiver.close()


def line_near(samples: Samples, rate_hz: float, want_hz: float, reach_hz: float) -> float | None:
    """Offset in hertz of the strongest line within ``reach_hz`` of ``want_hz``, to a tenth of a bin; ``None``
    where nothing stands ``LINE_DB`` over the median there."""
    window = np.hanning(len(samples)).astype(np.float32)
    power = np.abs(np.fft.fft(samples * window)) ** 2
    hz = np.fft.fftfreq(len(samples), 1 / rate_hz)
    near = np.flatnonzero(np.abs(hz - want_hz) <= max(reach_hz, 8 * rate_hz / len(samples)))
    at = int(near[np.argmax(power[near])])
    if power[at] < np.median(power[near]) * 10 ** (LINE_DB / 10):
        return None
    left, mid, right = (float(np.log(power[i % len(power)] + 1e-30)) for i in (at - 1, at, at + 1))
    bend = left - 2 * mid + right
    return float(hz[at]) + (0.5 * (left - right) / bend if bend < 0 else 0.0) * rate_hz / len(samples)


def correction_tones(samples: Samples, rate_hz: float, center_hz: float) -> list[tuple[float, float]]:
    """(true, shown) frequencies of the FCCH tones of every base station in a look, in hertz."""
    spectrum = Spectrum(samples, rate_hz)
    found = []
    for carrier_hz in _carriers(samples, rate_hz, center_hz):
        for shift_hz in SHIFTS_HZ:
            bursts = gsm.correction_bursts(spectrum, carrier_hz - center_hz + shift_hz)
            if len(bursts) >= 2 and gsm.plausible([burst.start_s for burst in bursts]):
                tone = float(np.median([burst.tone_hz for burst in bursts])) + shift_hz
                found.append((carrier_hz + gsm.TONE_HZ, carrier_hz + tone))
                break
    return found


def _carriers(samples: Samples, rate_hz: float, center_hz: float) -> list[float]:
    """The raster frequencies whose channels stand out, strongest first."""
    size = 1 << int(np.log2(rate_hz / 5e3))
    frames = samples[: len(samples) // size * size].reshape(-1, size) * np.hanning(size).astype(np.float32)
    power = np.fft.fftshift(np.mean(np.abs(np.fft.fft(frames, axis=1)) ** 2, axis=0))
    hz = center_hz + np.fft.fftshift(np.fft.fftfreq(size, 1 / rate_hz))
    half = USABLE * rate_hz / 2
    first = int(np.ceil((center_hz - half) / RASTER_HZ))
    raster = RASTER_HZ * np.arange(first, int((center_hz + half) // RASTER_HZ) + 1)
    levels = np.array([power[np.abs(hz - one) < RASTER_HZ / 2].mean() for one in raster])
    clear = np.flatnonzero(levels > np.percentile(levels, 20) * 10 ** (CLEAR_DB / 10))
    best = sorted(clear.tolist(), key=lambda i: -levels[i])[:STRONGEST]
    return [float(raster[i]) for i in best]


async def _set_rate(receiver: Receiver) -> float:
    for wanted in RATES_HZ:
        try:
            return await receiver.set_rate(wanted)
        except RateRefused:
            continue
    raise Unavailable(receiver.name, Reason.REFUSED, say("it takes none of the sample rates"))
