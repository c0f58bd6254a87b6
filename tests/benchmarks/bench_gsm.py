"""GSM at the edge: how often a handset is named, and a base station read, over signal to noise.

    python -m tests.benchmarks.bench_gsm [LOOKS]

The bits are those of a real call (the corpus's ``call_bursts``), modulated anew, with noise. Signal
to noise is a burst's power over the noise in 200 kHz. A handset (one slot in eight, the real call's idle
frames left silent) is asked for in one look of 60 ms, and in the 5.2 ms looks of a burst-safe sweep, of one
pass and of two. A base station (all slots as captured) is listened to for 160 ms and for 1 s.
"""

from __future__ import annotations

import bz2
import os
import sys
from collections.abc import Iterable
from pathlib import Path

import numpy as np

from sweeper.dsp.gsm import FRAME_S, SYMBOL_RATE_HZ
from sweeper.plan import UPLINK_DWELL_S
from sweeper.records import IqBlock
from sweeper.synth.gmsk import Keyed, signs
from tests.dsp.signals import Samples, analysed, blocks, noise

CORPUS = Path(os.environ.get("SWEEPER_CORPUS", Path(__file__).parents[3] / "shared" / "corpus"))
N0 = 1e-10
RATE = 2.4e6
CENTER = 900e6
FCCH, SCH, NORMAL, DUMMY = 1, 3, 6, 7
WHOLE = 1490
"""Frames before the stretch in which the capturing receiver lost slot 0 (its SCH there are none)."""


class Call:
    """The captured bursts by slot: frame numbers, kinds, bits."""

    def __init__(self, corpus: Path = CORPUS) -> None:
        packed = (corpus / "rf/gsm/call_bursts.bz2").read_bytes()
        raw = np.frombuffer(bz2.decompress(packed), np.uint8).reshape(-1, 174)
        head = raw[:, 10:26]
        self.slots, self.kinds, self.bits = head[:, 3], head[:, 12], raw[:, 26:]
        self.frames = head[:, 8:12].astype(np.int64) @ np.array([1 << 24, 1 << 16, 1 << 8, 1])

    def slot(self, number: int) -> tuple[np.ndarray, np.ndarray]:
        """Kinds and bits of one slot, frame after frame."""
        own = self.slots == number
        return self.kinds[own], self.bits[own]


def add(air: Samples, rate: float, bits: np.ndarray, at_s: float, hz: float, snr_db: float) -> bool:
    """One burst with its ramps; ``False`` where it does not lie wholly in ``air``."""
    first, count = (
        round(at_s * rate) - round(15e-6 * rate),
        int(np.ceil((148 / SYMBOL_RATE_HZ + 30e-6) * rate)),
    )
    if first < 0 or first + count > len(air):
        return False
    at = np.arange(first, first + count) / rate
    into = at - at_s
    room = np.minimum(into + 12e-6, 148 / SYMBOL_RATE_HZ + 12e-6 - into)
    ramp = np.sin(np.clip(room / 12e-6, 0, 1) * np.pi / 2) ** 2
    turns = Keyed(signs(bits), 0.3).turns(into * SYMBOL_RATE_HZ) + hz * at
    power = N0 * 2e5 * 10 ** (snr_db / 10)
    air[first : first + count] += (np.sqrt(power) * ramp * np.exp(2j * np.pi * turns)).astype(np.complex64)
    return True


def handset(call: Call, seconds: float, snr_db: float, seed: int) -> tuple[Samples, float, int]:
    """A call somewhere in the span, its true offset (crystal error included), and its whole bursts."""
    random = np.random.default_rng(seed)
    hz = 2e5 * random.integers(-4, 5) + random.uniform(-10e3, 10e3)
    air = noise(int(seconds * RATE), RATE, N0, seed)
    kinds, bits = call.slot(2)
    start = random.uniform(-FRAME_S, 0)
    first = int(random.integers(0, 1900))
    count = 0
    for frame in range(int(seconds / FRAME_S) + 2):
        if kinds[first + frame] == NORMAL:
            count += add(air, RATE, bits[first + frame], start + frame * FRAME_S, hz, snr_db)
    return air, hz, count


def named(records: Iterable[IqBlock], hz: float) -> bool:
    found, _ = analysed(records)
    return any(e.kind == "gsm-uplink" and abs(e.center_hz - CENTER - hz) < 100e3 for e in found)


def in_one_look(call: Call, snr_db: float, looks: int) -> float:
    """Share of 60 ms looks in which the handset is found and named."""
    hits = 0
    for seed in range(looks):
        air, hz, _ = handset(call, 0.06, snr_db, seed)
        hits += named(blocks(air, RATE, CENTER), hz)
    return hits / looks


def in_a_sweep(call: Call, snr_db: float, passes: int, looks: int) -> float:
    """The same for the looks of a burst-safe sweep, one a pass, at any phase of the call."""
    hits = 0
    for seed in range(looks):
        records, hz = [], 0.0
        offset = np.random.default_rng(seed).integers(-4, 5)
        for number in range(passes):
            air = noise(int(UPLINK_DWELL_S * RATE), RATE, N0, seed * 16 + number)
            random = np.random.default_rng([seed, number])
            kinds, bits = call.slot(2)
            first, start = int(random.integers(0, 1900)), random.uniform(-FRAME_S, 0)
            hz = 2e5 * offset + np.random.default_rng(seed).uniform(-10e3, 10e3)
            for frame in range(4):
                if kinds[first + frame] == NORMAL:
                    add(air, RATE, bits[first + frame], start + frame * FRAME_S, hz, snr_db)
            records += list(blocks(air, RATE, CENTER, start_s=20.0 * number))
        hits += named(records, hz)
    return hits / looks


def station(call: Call, seconds: float, snr_db: float, seed: int) -> Samples:
    """The captured cell: slot 0 as it was, slots 1 to 7 as they were, 8.4 kHz beside its place."""
    rate = 1e6
    air = noise(int(seconds * rate), rate, N0, seed)
    first = int(np.random.default_rng(seed).integers(0, WHOLE - int(seconds / FRAME_S)))
    for slot in range(8):
        kinds, bits = call.slot(slot)
        for frame in range(int(seconds / FRAME_S)):
            at_s = frame * FRAME_S + slot * FRAME_S / 8
            if kinds[first + frame] in (FCCH, SCH, NORMAL, DUMMY):
                add(air, rate, bits[first + frame], at_s, 8.4e3, snr_db)
    return air


def read(call: Call, seconds: float, snr_db: float, looks: int) -> tuple[float, float]:
    """Shares of looks in which the cell's BSIC, and its country, network, area and cell were read."""
    synced = whole = 0
    for seed in range(looks):
        air = station(call, seconds, snr_db, seed)
        found, _ = analysed(blocks(air, 1e6, 935.2e6))
        features = [e.features for e in found if e.kind == "gsm-c0"]
        synced += any(f.get("bsic") == 48 for f in features)
        whole += any(f.get("ci") == 11225 and f.get("lac") == 318 and f.get("mcc") == "262" for f in features)
    return synced / looks, whole / looks


def main() -> int:
    if not CORPUS.is_dir():
        print(f"no corpus of real captures at {CORPUS} (set SWEEPER_CORPUS)")
        return 0
    looks = int(sys.argv[1]) if len(sys.argv) > 1 else 100
    call = Call()
    for snr_db in (4, 6, 8, 10, 15):
        whole = in_one_look(call, snr_db, looks)
        one, two = (in_a_sweep(call, snr_db, passes, looks) for passes in (1, 2))
        print(
            f"handset at {snr_db} dB: found and named in {whole:.3f} of {looks} looks of 60 ms (wanted 0.95 "
            f"at 10 dB); burst-safe sweep, {one:.3f} after one pass (silent in 0.055), {two:.3f} after two"
        )
    few = max(3, looks // 10)
    for snr_db in (0, 2, 4, 6, 10):
        synced, _ = read(call, 0.16, snr_db, few)
        _, name = read(call, 1.0, snr_db, max(3, few // 3))
        print(f"base station at {snr_db} dB: BSIC in {synced:.2f} of 160 ms, its name in {name:.2f} of 1 s")
    return 0


if __name__ == "__main__":
    sys.exit(main())
