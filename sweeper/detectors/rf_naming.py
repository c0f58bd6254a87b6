"""Naming what a segment holds: vetoes first, then general modulation, then what only one system does.

A name is a claim with figures: each function returns the kind and the features that decided. The general
names come from ``sweeper.dsp.modulation``; a system's name is given only for a system's own mark
(the FCCH and 270.833 kbit/s of GSM, BLE's access address, 802.11's training field, LTE's cyclic prefix,
the lines
of analogue video, DECT's 1.152 Mbit/s), never for a frequency alone.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import Any

import numpy as np

from sweeper.detectors.rf_cut import Lazy, channel_of, finer
from sweeper.detectors.rf_gsm import GsmNamer
from sweeper.detectors.rf_gsm import without_skirts as without_gsm_skirts
from sweeper.detectors.rf_heard import Heard
from sweeper.detectors.rf_mixed import Mixtures
from sweeper.detectors.rf_receiver import own_line, without_images
from sweeper.detectors.rf_tones import Tones
from sweeper.detectors.rf_track import SURE
from sweeper.detectors.rf_tracker import Tracker
from sweeper.dsp import chirp, modulation, ofdm, preambles, sidebands, video
from sweeper.dsp.channel import Channel
from sweeper.dsp.features import measure
from sweeper.dsp.spectrum import Complex, Real, cell_size, line_size
from sweeper.records import Value

MOST_NAMED = 16
"""Signals named per segment, the clearest first; the tracker knows most of them already."""

LEAST_SNR_DB = 4.0
"""Below this a modulation cannot be told."""

ANALOGUE = {"am", "nfm", "wfm"}
LEAST_ANALOGUE_S = 0.03
"""A voice or programme carrier lasts; what is shorter and unclear stays unknown."""

COARSE = 5.0
"""Bursts of fewer cells than this are measured again."""

WIDE_HZ = 1.0e6
"""A capture this wide may hold OFDM or video that fills it, so it is asked about as a whole."""

LEAST_OFDM_HZ = 380e6
"""No mobile or television OFDM and no camera transmits below; asking costs as much as all the rest of a
hop."""

CHIRPED_HZ = (75e3, 800e3)
"""Widths that LoRa's chirps of 125 to 500 kHz may be measured with."""

SYSTEMS_HZ = {
    "ble": ((2.4e9, 2.4835e9),),
    "dect": ((1.78e9, 1.94e9),),
    "wifi": ((2.4e9, 2.5e9), (4.9e9, 7.2e9)),
}
"""Where these systems send at all (ITU regions 1 to 3); their marks elsewhere are chance."""

SAME, MOST_SHAPES = 4, 4096
"""Bursts alike that are measured before their like take the name, and one in so many after them; and how
many kinds of bursts are remembered."""

FIRST, EVERY, AGREED = 8, 16, 4
"""Segments in which a steady signal is named: the first ones and then one in so many; and how many of the
first are enough where all told the same of what is ``PLAIN``."""

PLAIN = {"fsk", "ook", "psk", "wfm", "ofdm"}
"""Names that a later look does not refine: a carrier may yet begin to speak, and narrow FM to be wide."""

ENOUGH_SAMPLES = 64
"""Fewer in a signal's own band, cut at both ends, are not enough to measure it."""

SHORT_S = 0.03
"""A look or a rest of one shorter than this may miss what fills the span."""

MOST_LOOKS = 4096
"""Centres of which something is kept for signals wider than a look: the whole tuning range, shifted twice."""

LINE_PLACE_HZ, SOUND_WIDTH_HZ, SOUND_PROOFS = 2e3, 10e3, 2
"""Lines as near as that are one; the band that is asked for sound around one; how often it must be heard."""

ASK_FIRST, ASK_EVERY = 3, 64
"""Segments of a look in which that is asked: the first ones, then one in so many."""


class Namer:
    """Names signals of one source; remembers how often a place was named, so that steady ones cost little."""

    def __init__(self) -> None:
        self._seen: Counter[tuple[float, ...]] = Counter()
        self._bursts: dict[tuple[float, ...], list[tuple[str, dict[str, Value]]]] = {}
        self._told: dict[tuple[float, ...], set[str]] = {}
        """By place of a steady signal, the names that its first looks gave it."""
        self._asked: Counter[float] = Counter()
        self._sounds: dict[tuple[float, int], tuple[int, float]] = {}
        """By centre and place of a line: how often sound was heard on it, and how deep at most."""
        self._whole_known: dict[float, list[Heard]] = {}
        self.rhythms: dict[float, list[ofdm.Rhythm]] = {}
        """By centre, what each look of a sweep showed of OFDM: for signals wider than a look."""
        self._gsm = GsmNamer()
        self._mixtures = Mixtures()
        self._tones = Tones()

    def name(
        self,
        heard: tuple[Heard, ...],
        samples: Complex,
        rate_hz: float,
        center_hz: float,
        time_s: float,
        continues: bool = False,
    ) -> list[Heard]:
        """The same signals with kind and features where they could be told, vetoed ones marked or left
        out. ``continues`` says that the samples follow those of the call before without a gap."""
        if not continues:
            self._gsm.new_look()
        spectrum = Lazy(samples, rate_hz)
        whole = self._whole(samples, rate_hz, center_hz)
        left = [h for h in heard if not _inside(h, whole)]
        left = without_images(left, spectrum)
        out = list(whole)
        if self._gsm.possible(left, rate_hz, center_hz):
            found, left = self._gsm.name(left, samples, spectrum.get(), rate_hz, center_hz, time_s)
            out += found
        left = self._tones.joined(left, samples, spectrum, rate_hz, center_hz)
        named = 0
        for one in sorted(left, key=lambda h: (-h.snr_db, h.low_hz)):
            veto = own_line(one, rate_hz, center_hz, len(samples), spectrum)
            if veto:
                out.append(replace(one, kind="spur", features={"veto": veto}))
            elif one.steady and one.width_hz < 3.5 * rate_hz / line_size(rate_hz, len(samples)):
                out.append(self._line(one, spectrum, center_hz))
            elif one.snr_db < LEAST_SNR_DB or named >= MOST_NAMED or not self._due(one, center_hz):
                out.append(one)
            elif (known := self._like(one, center_hz)) is not None:
                out.append(replace(one, kind=known[0], features=known[1]))
            else:
                named += 1
                out.append(self._one(one, samples, spectrum, rate_hz, center_hz))
                self._remember(out[-1], center_hz)
                self._mixtures.named(out[-1], center_hz)
        return sorted(without_gsm_skirts(out), key=lambda h: (h.start_s, h.low_hz))

    def _due(self, one: Heard, center_hz: float) -> bool:
        """Steady signals are named in the first segments and then ever more rarely, and so is what a burst
        makes of them."""
        if not one.steady:
            return not self._mixtures.hold(one, center_hz)
        key = _steady_place(one, center_hz)
        self._seen[key] += 1
        count = self._seen[key]
        told = self._told.get(key, set())
        agreed = count > AGREED and len(told) == 1 and told <= PLAIN
        return (count <= FIRST and not agreed) or count % EVERY == 0

    def _line(self, one: Heard, spectrum: Lazy, center_hz: float) -> Heard:
        """A steady line: a carrier, or one with sound on it if that was heard more than once."""
        place = (center_hz, round(one.center_hz / LINE_PLACE_HZ))
        proofs, depth = self._sounds.get(place, (0, 0.0))
        if one.snr_db > LEAST_SNR_DB and self._due(one, center_hz):
            channel = spectrum.get().cut(one.center_hz, SOUND_WIDTH_HZ, 2.0)
            heard = sidebands.sound(channel.samples, channel.rate_hz)
            if heard is not None and heard.holds:
                proofs, depth = proofs + 1, max(depth, heard.depth)
                self._sounds[place] = (proofs, depth)
        if proofs < SOUND_PROOFS:
            return replace(one, kind="carrier")
        return replace(one, kind="am", features={"depth": round(depth, 3)})

    def _like(self, one: Heard, center_hz: float) -> tuple[str, dict[str, Value]] | None:
        """The name of a burst whose like (place, width, length) was measured often, always the same."""
        if one.steady or one.opens or one.ends:
            return None
        row = self._bursts.get(_shape(one, center_hz))
        if row is None or len(row) < SAME or any(kind != row[0][0] for kind, _ in row):
            return None
        self._seen[_shape(one, center_hz)] += 1
        return None if self._seen[_shape(one, center_hz)] % SAME == 0 else row[-1]

    def _remember(self, one: Heard, center_hz: float) -> None:
        """Keeps the last few names of a burst's like, and the first ones of a steady signal."""
        if one.steady:
            key = _steady_place(one, center_hz)
            if self._seen[key] <= FIRST:
                self._told.setdefault(key, set()).add(one.kind)
        elif not (one.opens or one.ends) and len(self._bursts) < MOST_SHAPES:
            key = _shape(one, center_hz)
            self._bursts[key] = [*self._bursts.get(key, [])[1 - SAME :], (one.kind, one.features)]

    def _whole(self, samples: Complex, rate_hz: float, center_hz: float) -> list[Heard]:
        """OFDM and video that may fill the span, whatever the floor says."""
        if rate_hz < WIDE_HZ or (center_hz and center_hz + rate_hz / 2 < LEAST_OFDM_HZ):
            return []
        length = len(samples) / rate_hz
        self._asked[center_hz] += 1
        count = self._asked[center_hz]
        if count > ASK_FIRST and count % ASK_EVERY:
            return [
                replace(w, stop_s=length, on_s=length, kind="") for w in self._whole_known.get(center_hz, [])
            ]
        found = self._ask(samples, rate_hz, center_hz, length)
        known = self._whole_known.get(center_hz, [])
        if not found and length < SHORT_S:
            return [
                replace(w, stop_s=length, on_s=length, kind="") for w in known
            ]  # too short to say it ended
        found = [_with(one, known) for one in found]
        self._whole_known[center_hz] = found
        return found

    def _ask(self, samples: Complex, rate_hz: float, center_hz: float, length: float) -> list[Heard]:
        power = float(np.mean(np.abs(samples[: 1 << 18]) ** 2))
        base = Heard(0, 0, 0.0, length, power, 0.0, True, True, True, on_s=length)
        prefixed, rhythms = ofdm.look(samples, rate_hz)
        if center_hz and (center_hz in self.rhythms or len(self.rhythms) < MOST_LOOKS):
            self.rhythms[center_hz] = rhythms
        for found in prefixed:
            kind = found.system if found.system in ("lte", "nr") else "ofdm"
            features: dict[str, Value] = {
                "useful_symbol_us": round(1e6 * found.useful_s, 2),
                "agreement": round(found.agreement, 4),
                "system": found.system,
            }
            share = min(0.95, max(0.1, found.agreement / 0.067))
            snr = 10 * np.log10(share / (1 - share))
            return [
                replace(
                    base,
                    low_hz=found.low_hz,
                    high_hz=found.high_hz,
                    power=power * _share(samples, rate_hz, found.low_hz, found.high_hz),
                    snr_db=float(snr),
                    kind=kind,
                    features=features,
                )
            ]
        lines = video.find(samples, rate_hz) if rate_hz >= 4e6 and power > 0 else None
        if lines is not None:
            low, high = _spread(samples, rate_hz)
            return [
                replace(
                    base,
                    low_hz=low,
                    high_hz=high,
                    snr_db=15.0,
                    kind="analog-video",
                    features=_video_features(lines),
                )
            ]
        return []

    def _one(
        self,
        one: Heard,
        samples: Complex,
        spectrum: Lazy,
        rate_hz: float,
        center_hz: float,
    ) -> Heard:
        """The signal with its name; a narrow burst's band is measured anew on its own samples."""
        channel = channel_of(one, samples, spectrum, rate_hz)
        if not one.steady and one.width_hz < COARSE * rate_hz / cell_size(rate_hz):
            narrowed = finer(one, channel)
            if narrowed is not one:
                one = narrowed
                own = channel_of(one, samples, spectrum, rate_hz)
                if len(own.samples) >= ENOUGH_SAMPLES:  # a line's own band has few samples in a short burst
                    channel = own
        measured = measure(channel, one.width_hz, one.snr_db)
        if measured is None:
            return one
        kind, figures = modulation.name(measured, one.width_hz)
        features: dict[str, Value] = dict(figures)
        if kind in ANALOGUE and one.stop_s - one.start_s < LEAST_ANALOGUE_S and not one.steady:
            kind = "unknown"
        refined = self._system(one, kind, features, channel, samples, rate_hz, center_hz)
        kind, features = refined if refined is not None else (kind, features)
        return replace(one, kind=kind, features=features)

    def _system(
        self,
        one: Heard,
        kind: str,
        features: dict[str, Value],
        channel: Channel,
        samples: Complex,
        rate_hz: float,
        center_hz: float,
    ) -> tuple[str, dict[str, Value]] | None:
        """A system's own name, where its mark is found."""
        width = one.width_hz
        rate = features.get("symbol_rate_hz")
        symbol = float(rate) if isinstance(rate, int | float) else 0.0
        if 0.6e6 < width < 2.6e6 and kind in ("fsk", "wfm", "unknown", "noise-like"):
            if _may_be("ble", one, center_hz) and preambles.ble_address(channel):
                return "ble", features | {"access_address": "8e89bed6"}
            rated = abs(symbol / 1.152e6 - 1) < 0.01 and _may_be("dect", one, center_hz)
            if rated and one.stop_s - one.start_s < 1.2e-3:
                return "dect", features
        if CHIRPED_HZ[0] < width < CHIRPED_HZ[1] and kind not in ("ook", "am", "carrier", "psk"):
            chirped = chirp.find(channel, width)
            if chirped is not None:
                return "unknown", {
                    "modulation": "chirp",
                    "spreading_factor": chirped.spreading_factor,
                    "bandwidth_hz": chirped.bandwidth_hz,
                    "chirp_share": chirped.share,
                }
        if width > 8e6 and rate_hz >= 15e6 and _may_be("wifi", one, center_hz):
            agreement = _training(one, samples, rate_hz)
            if agreement > preambles.LEAST_AGREEMENT:
                return "wifi", features | {"training": round(agreement, 3)}
        if width > 2e6 and one.steady:
            lines = video.find(channel.samples, channel.rate_hz)
            if lines is not None:
                return "analog-video", features | _video_features(lines)
        return None

    def conclude(self, tracker: Tracker) -> None:
        """Last corrections, when the source has ended."""
        for track in tracker.tracks:
            if track.kind in SURE:
                continue
            brief = track.last_s - track.first_s < LEAST_ANALOGUE_S and not track.steady_hits
            if track.kind in ANALOGUE and brief:
                track.kinds["unknown"] += track.kinds[track.kind] + 1
            elif track.kind == "nfm" and track.width_hz > modulation.NARROW_HZ and track.steady_hits:
                track.kinds["wfm"] += track.kinds["nfm"] + 1  # narrow now and then only, as speech is
                track.features["wfm"] = track.features["nfm"] | track.features.get("wfm", {})


def _with(one: Heard, known: list[Heard]) -> Heard:
    """A signal that fills the span, at least as wide as before: one stretch shows less of its edges."""
    for other in known:
        if other.kind == one.kind and other.low_hz < one.high_hz and one.low_hz < other.high_hz:
            low, high = min(one.low_hz, other.low_hz), max(one.high_hz, other.high_hz)
            return replace(one, low_hz=low, high_hz=high)
    return one


def _may_be(kind: str, one: Heard, center_hz: float) -> bool:
    """Whether a system sends at that frequency; an unknown centre may be anything."""
    return not center_hz or any(low <= center_hz + one.center_hz <= high for low, high in SYSTEMS_HZ[kind])


def _shape(one: Heard, center_hz: float) -> tuple[float, ...]:
    """Place in steps of half a width, width and length in steps of an octave."""
    octave = round(np.log2(max(one.width_hz, 1e3)))
    length = round(np.log2(max(one.stop_s - one.start_s, 1e-5)))
    return center_hz, round(one.center_hz / 2.0 ** (octave - 1)), octave, length


def _steady_place(one: Heard, center_hz: float) -> tuple[float, ...]:
    """A steady signal's place, in its widths."""
    return center_hz, round(one.center_hz / max(one.width_hz, 1e3))


def _training(one: Heard, samples: Complex, rate_hz: float) -> float:
    start = max(0, int((one.start_s - 30e-6) * rate_hz))
    return preambles.short_training(samples[start : start + int(400e-6 * rate_hz)], rate_hz)


def _inside(one: Heard, whole: list[Heard]) -> bool:
    """What lies in the band of an OFDM signal and is not far above it is that signal."""
    return any(
        w.low_hz - 0.05 * w.width_hz <= one.center_hz <= w.high_hz + 0.05 * w.width_hz
        and not (one.snr_db > 25 and one.width_hz < 0.01 * w.width_hz)
        for w in whole
    )


SPREAD = 1024
"""Bins in which the power of what fills the span is measured."""


def _densities(samples: Complex) -> Real:
    rows = samples[: len(samples) // SPREAD * SPREAD].reshape(-1, SPREAD)[:256]
    power = np.abs(np.fft.fft(rows * np.hanning(SPREAD), axis=1)) ** 2
    return np.asarray(np.fft.fftshift(power.mean(axis=0)))


def _share(samples: Complex, rate_hz: float, low_hz: float, high_hz: float) -> float:
    """The share of all power that lies in a band (offsets)."""
    power = _densities(samples)
    a, b = (int(np.clip(hz / rate_hz * SPREAD + SPREAD / 2, 0, SPREAD)) for hz in (low_hz, high_hz))
    return float(power[a : max(b, a + 1)].sum() / max(power.sum(), 1e-30))


def _spread(samples: Complex, rate_hz: float) -> tuple[float, float]:
    """The band that holds 98 % of the power."""
    size = SPREAD
    power = _densities(samples)
    steps = np.cumsum(power) / max(power.sum(), 1e-30)
    low, high = int(np.searchsorted(steps, 0.01)), int(np.searchsorted(steps, 0.99))
    return (low - size // 2) * rate_hz / size, (high + 1 - size // 2) * rate_hz / size


def _video_features(lines: video.Lines) -> dict[str, Any]:
    return {
        "line_rate_hz": round(lines.line_rate_hz, 2),
        "standard": lines.standard,
        "line_correlation": round(lines.correlation, 3),
    }
