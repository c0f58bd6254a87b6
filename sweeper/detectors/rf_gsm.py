"""GSM in the RF stage: the channels of its raster, whose they are, and what their skirts are.

In the bands of GSM everything that was heard is sorted into channels 200 kHz apart, however the detection cut
it up, and each channel is asked for GSM's own mark (``sweeper.dsp.gsm_mark``). A carrier that stands is a
base station's; with correction bursts it is a first carrier, C0, and is read further (``rf_cells``): a single
correction burst is not believed before another comes in time or the SCH beside it is read. Bursts are a
handset's, or a bug's: their slots are asked together. Where a recording does not tell its frequency, each
signal about as wide as GSM is a channel.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from sweeper.detectors.rf_cells import Cell, Cells
from sweeper.detectors.rf_heard import Heard
from sweeper.dsp import gsm, gsm_burst, gsm_mark
from sweeper.dsp.channel import Spectrum
from sweeper.dsp.crystal import error_ppm
from sweeper.dsp.gsm_mark import Mark
from sweeper.dsp.spectrum import Complex
from sweeper.records import Value

GSM_SKIRT_HZ = 260e3
"""How far beside a carrier its slots still show: the spectrum of GMSK falls slowly to 400 kHz (TS 45.005
§4.2)."""

RASTER_HZ = 200e3
HALF_HZ = 100e3
"""Half a channel; what lies inside belongs to it."""

CORE_HZ = 70e3
"""What reaches within so much of a channel's middle may be that channel."""

WIDTHS_HZ = (90e3, 420e3)
"""One carrier, as the detection sees it; what is wider may be several side by side."""

FILLED = 0.6
"""A wide signal of which that share is GSM channels is those channels."""

LEAST_BURST_HZ, MOST_BURST_HZ = 50e3, 600e3
"""A slot, alone or beside two others at the same time; a burst of DECT is twice as wide."""

LONG_S = 0.02
"""What lasts longer than four frames is a carrier and no handset's slot."""

SLOT_S = (0.3e-3, 0.9e-3)
"""A normal burst lasts 0.55 ms."""

MOST_BURSTS = 12
"""The strongest slots of a channel that are looked at together."""

CUT_HZ, CUT_RATE_HZ = 230e3, 2 * gsm.SYMBOL_RATE_HZ

FIRST_LOOKS, LATER = 3, 16
"""A steady channel is asked in the first segments of a frequency, and then in one of so many."""

TRAINING_FIT = 0.66
"""A training sequence explains this much at 6 dB; the best of eight on noise stays below 0.6."""

TRAINING_REACH = 24.0


@dataclass(frozen=True)
class _Part:
    """One segment: its samples, their transform, and where and when they were taken."""

    samples: Complex
    spectrum: Spectrum
    rate_hz: float
    center_hz: float
    time_s: float


class GsmNamer:
    """Finds GSM among what was heard; remembers the cells and how often a channel was asked."""

    def __init__(self) -> None:
        self._cells = Cells()
        self._asked: Counter[tuple[float, int]] = Counter()
        self._known: set[tuple[float, int]] = set()
        self._first_carriers: set[tuple[float, int]] = set()

    def new_look(self) -> None:
        """The samples that follow do not continue those before."""
        self._cells.new_look()

    def possible(self, heard: list[Heard], rate_hz: float, center_hz: float) -> bool:
        """Whether any of what was heard may be GSM: cheap, and mostly no."""
        return any(True for one in heard for _ in _channels(one, rate_hz, center_hz))

    def name(
        self,
        heard: list[Heard],
        samples: Complex,
        spectrum: Spectrum,
        rate_hz: float,
        center_hz: float,
        time_s: float,
    ) -> tuple[list[Heard], list[Heard]]:
        """The GSM signals among ``heard``, named, and the rest as it was."""
        part = _Part(samples, spectrum, rate_hz, center_hz, time_s)
        standing: dict[float, list[Heard]] = defaultdict(list)
        slots: dict[float, list[Heard]] = defaultdict(list)
        for one in heard:
            lasts = one.steady or one.stop_s - one.start_s > LONG_S
            for carrier in _channels(one, rate_hz, center_hz):
                (standing if lasts else slots)[carrier].append(one)
        named: list[Heard] = []
        taken: set[int] = set()
        for carrier in sorted(slots):
            named += self._slots(slots[carrier], carrier, part, taken)
        carriers = []
        for carrier in sorted(standing):
            found = self._standing(standing[carrier], carrier, part, taken)
            if found:
                named += found
                carriers.append(carrier)
                taken |= {id(one) for one in slots[carrier] if one.width_hz < WIDTHS_HZ[1]}
        for one in heard:
            inside = sum(one.low_hz - CORE_HZ <= c <= one.high_hz + CORE_HZ for c in carriers)
            if one.width_hz >= WIDTHS_HZ[1] and inside * RASTER_HZ > FILLED * one.width_hz:
                taken.add(id(one))
        return named, [one for one in heard if id(one) not in taken]

    def _slots(self, bursts: list[Heard], carrier: float, part: _Part, taken: set[int]) -> list[Heard]:
        """The bursts of one channel, named together; their band is the strongest one's, about the carrier."""
        left = [b for b in bursts if id(b) not in taken and LEAST_BURST_HZ < b.width_hz < MOST_BURST_HZ]
        left = sorted(left, key=lambda b: (-b.power, b.start_s))
        if not part.center_hz:
            left = [b for b in left if SLOT_S[0] < b.on_s / max(1, b.pulses) < SLOT_S[1]]
        if not left:
            return []
        cut = part.spectrum.cut(carrier, CUT_HZ, CUT_RATE_HZ / CUT_HZ)
        middles = np.array([(b.start_s + b.stop_s) / 2 for b in left[:MOST_BURSTS]])
        windows = np.round((middles - gsm_mark.WINDOW_S / 2) * cut.rate_hz).astype(np.intp)
        mark = gsm_mark.mark(cut, carrier, windows)
        if mark is None or not mark.holds:
            return []
        features = _marked(mark)
        at_s = float(middles[0]) - gsm.BURST_S / 2
        sequence, fit = gsm_burst.training_of(
            part.samples, part.rate_hz, carrier + mark.offset_hz, at_s, TRAINING_REACH
        )
        if fit > TRAINING_FIT:
            features |= {"training_sequence": sequence}
        kind = "gsm-uplink"
        if part.center_hz and gsm.inside(gsm.DOWNLINKS_HZ, part.center_hz + carrier):
            kind = "gsm-downlink"
        taken |= {id(b) for b in left}
        half = left[0].width_hz / 2
        low, high = carrier + mark.offset_hz - half, carrier + mark.offset_hz + half
        features |= {"burst_rate_hz": 216.68}
        return [replace(b, low_hz=low, high_hz=high, kind=kind, features=features) for b in left]

    def _standing(self, members: list[Heard], carrier: float, part: _Part, taken: set[int]) -> list[Heard]:
        """One channel that is on the air all the time."""
        members = [m for m in members if id(m) not in taken]
        if not members:
            return []
        key = (part.center_hz, round((part.center_hz + carrier) / 1e4))
        self._asked[key] += 1
        features: dict[str, Value] | None = {}
        if self._asked[key] <= FIRST_LOOKS or self._asked[key] % LATER == 0 or key in self._first_carriers:
            features = self._ask(carrier, key, part)
            if features is None:
                self._known.discard(key)
                return []
            self._known.add(key)
        elif key not in self._known:
            return []
        kind = "gsm-c0" if key in self._first_carriers else "gsm-downlink"
        if part.center_hz and gsm.inside(gsm.UPLINKS_HZ, part.center_hz + carrier):
            kind = "gsm-uplink"
        for member in members:
            if member.width_hz < WIDTHS_HZ[1] or not part.center_hz:
                taken.add(id(member))
        whole = _as_one(members, carrier)
        return [replace(whole, kind=kind if features else "", features=features or {})]

    def _ask(self, carrier: float, key: tuple[float, int], part: _Part) -> dict[str, Value] | None:
        """The features of a GSM carrier; ``None`` where it is none."""
        cut = part.spectrum.cut(carrier, CUT_HZ, CUT_RATE_HZ / CUT_HZ)
        mark = gsm_mark.mark(cut, carrier)
        holds = mark is not None and mark.holds
        if mark is not None and holds and not part.center_hz:
            carrier += mark.offset_hz
        cell = self._hear(carrier, part)
        if cell.first is not None or (holds and len(cell.look) > 1 and cell.plausible()):
            self._first_carriers.add(key)
            return (_marked(mark) if mark is not None and holds else {}) | c0(cell, part.center_hz, carrier)
        return _marked(mark) if mark is not None and holds else None

    def _hear(self, carrier: float, part: _Part) -> Cell:
        bursts = gsm.correction_bursts(part.spectrum, carrier)
        key = round((part.center_hz + carrier) / (1e3 if part.center_hz else 5e4))
        return self._cells.hear(key, bursts, part.samples, part.rate_hz, carrier, part.time_s)


def _channels(one: Heard, rate_hz: float, center_hz: float) -> Iterator[float]:
    """Offsets of the GSM channels that a signal reaches into and that lie wholly in the span."""
    if not center_hz:
        if WIDTHS_HZ[0] < one.width_hz < WIDTHS_HZ[1] and abs(one.center_hz) + HALF_HZ <= 0.49 * rate_hz:
            yield one.center_hz
        return
    bands = gsm.DOWNLINKS_HZ + gsm.UPLINKS_HZ
    if one.width_hz < WIDTHS_HZ[1]:
        numbers = [round((center_hz + one.center_hz) / RASTER_HZ)]
    else:
        first = int(np.ceil((center_hz + one.low_hz - CORE_HZ) / RASTER_HZ))
        numbers = list(range(first, int(np.floor((center_hz + one.high_hz + CORE_HZ) / RASTER_HZ)) + 1))
    for number in numbers:
        carrier = number * RASTER_HZ - center_hz
        if gsm.inside(bands, center_hz + carrier) and abs(carrier) + HALF_HZ <= 0.49 * rate_hz:
            yield carrier


def _as_one(members: list[Heard], carrier: float) -> Heard:
    """The members of a channel as one signal, a channel wide unless one of them is about as wide."""
    strong = max(members, key=lambda m: (m.power, -m.low_hz))
    if WIDTHS_HZ[0] < strong.width_hz < WIDTHS_HZ[1]:
        return strong
    inside = [m for m in members if m.width_hz < WIDTHS_HZ[1]]
    power = sum(m.power for m in inside) or strong.power * 2 * HALF_HZ / strong.width_hz
    return replace(
        strong, low_hz=carrier - HALF_HZ, high_hz=carrier + HALF_HZ, power=power, steady=True, kind=""
    )


def _marked(mark: Mark) -> dict[str, Value]:
    """What the mark itself says: rate and index follow from it."""
    return {
        "symbol_rate_hz": round(gsm.SYMBOL_RATE_HZ, 1),
        "deviation_hz": round(gsm.SYMBOL_RATE_HZ / 4, 1),
        "index": 0.5,
        "gmsk_strength": round(mark.strength, 2),
        "carrier_error_hz": round(mark.offset_hz),
    }


def without_skirts(heard: list[Heard]) -> list[Heard]:
    """Leaves out what the slots of a GSM carrier put beside it: its spectrum falls slowly to 400 kHz."""
    gsm_carriers = [h for h in heard if h.kind.startswith("gsm")]
    return [
        h
        for h in heard
        if h.kind.startswith("gsm")
        or not any(
            abs(h.center_hz - g.center_hz) < GSM_SKIRT_HZ and h.power < 0.2 * g.power for g in gsm_carriers
        )
    ]


def c0(cell: Cell, center_hz: float, carrier: float) -> dict[str, Value]:
    """What is told of a base station's first carrier: its correction bursts, and what was decoded of it."""
    tone = cell.tone_hz
    out: dict[str, Value] = {
        "fcch_s": [round(at, 5) for at, _ in cell.fcch],
        "offset_hz": round(tone, 1),
        "symbol_rate_hz": round(gsm.SYMBOL_RATE_HZ, 1),
    }
    if center_hz:
        out["carrier_hz"] = round(center_hz + carrier, 1)
        out["crystal_error_hz"] = round(tone - gsm.TONE_HZ, 1)
        carrier_hz = center_hz + carrier
        out["ppm"] = round(error_ppm(carrier_hz + gsm.TONE_HZ, carrier_hz + tone), 2)  # as --ppm takes it
        number = gsm.arfcn(center_hz + carrier)
        if number is not None:
            out["arfcn"] = number
    return out | cell.features()
