"""What a cut-out signal is: a name from measured features, by physics and not by sample rate.

The order of the questions:

1. Is most of the power in one line?                     carrier; AM if symmetric sidebands stand beside it
2. Does the envelope switch between two levels on a symbol grid?           ook
3. Is the envelope constant, and does the frequency switch on a grid?      fsk (h = 1/2: two lines squared)
4. Does the square (or fourth power) have a line that the signal has not?  psk
5. Is the envelope constant and the frequency continuous?                  nfm, wfm
6. Is the envelope Rayleigh's?                           noise-like (ofdm where a cyclic prefix is found)
"""

from __future__ import annotations

from sweeper.dsp.features import Measured
from sweeper.dsp.symbols import Clock

FIT = 0.72
"""What a clock must reach where the two levels of frequency are not apart (GMSK), as analogue FM's are
not."""

PILOT = 12.0
"""A stereo pilot against the median of the lines around it."""

MINIMUM_SHIFT_HZ = (13e6 / 48, 1.152e6, 1e6, 2e6, 9600.0)
"""GSM, DECT, Bluetooth LE at 1 and 2 Mbit/s, AIS."""

SHAPED = (1.08, 1.7)
"""Kurtosis of the envelope of shaped phase keying (1.2 for four phases); frequency keying has 1.0."""

LINE = 20.0
"""How far the symbol rate's line must stand over the lines around it; the highest of noise stands at 4."""

FAINT_LINE, DIPS, FOUR_PHASES = 5.0, 0.15, 0.3
"""The same of slow keying, eighty symbols in a segment: its line stands at 5 to 18, its envelope varies by
0.2 to 0.3 (that of FM by less than 0.1) and its fourth power has a line of 0.3 to 0.7."""

TWO_TONES = 0.7
"""Frequency keying leaves the middle between its tones emptier than that (0.74 and more on real bursts)."""

FOUR_TONES, UNTURNED = 0.8, 0.3
"""Phases that turn by an eighth and three eighths (pi/4) leave it as empty as 0.71; their square has no line,
as that of FSK of index 1/2 and 1 has."""

NARROW_HZ, NARROW_SWING_HZ = 30e3, 10e3
"""Narrow FM lives in channels of 25 kHz at most and swings by 5 kHz; what is wider in either is wide FM."""

TWO_PHASES = 0.5
"""A line of the square as high as that is two phases, which have a clock of their own."""

LEVEL = 0.2
"""The envelope of FM varies by less (0.15 at 9 dB), that of phase keying by 0.26 and more."""

NOISE_LINE, SAME = 4.0, 0.01
"""The highest line of noise; and how near two rates found apart from each other are one."""

FOUR_HZ = (2.5e3, 16e3)
"""Widths of channels of 6.25 and 12.5 kHz, as they are measured."""

ONE_LINE = 0.75
"""Frequencies that are keyed share the power; more of it in one line is a carrier on which noise turns."""

REPEATS = 0.8
"""So alike is a held vowel to itself a period later; data are not (0.5 and less)."""

CLEAR = 0.9
"""A clock that fits this well decides by itself."""


def name(m: Measured, width_hz: float) -> tuple[str, dict[str, float]]:
    """The kind and the figures that decided. Kinds: carrier am nfm wfm ook fsk psk noise-like unknown."""
    figures: dict[str, float] = {"envelope_kurtosis": round(m.envelope_kurtosis, 3)}
    turning = m.line_share < 0.5 and m.square_line > 0.55
    if turning and m.phase_clock is not None and m.phase_clock.fit > CLEAR:
        return "psk", figures | _rate(m.phase_clock) | {"square_line": round(m.square_line, 3)}
    keying = m.keying
    if keying is not None and keying.holds and _one_tone(m):
        return "ook", figures | _rate(keying) | {
            "on_share": round(m.on_share, 3),
            "step_db": round(m.step_db, 1),
        }
    if m.line_share > 0.85 and m.depth < 0.15:
        return "carrier", figures | {"line_share": round(m.line_share, 3)}
    if m.step_db <= 0 and m.line_share < 0.3 and _shaped(m):
        rate_hz, standing = m.envelope_line
        return "psk", figures | {"symbol_rate_hz": round(rate_hz, 1), "envelope_line": round(standing, 1)}
    constant = m.envelope_kurtosis < 1.35
    if constant and m.pilot > PILOT:
        return "wfm", figures | {"deviation_hz": round(m.swing_hz, 0), "stereo_pilot": True}
    shifted = (_four(m, width_hz) or _shifted(m)) if constant else None
    if shifted is not None:
        return "fsk", figures | shifted
    if turning and m.phase_clock is not None and m.phase_clock.holds:
        return "psk", figures | _rate(m.phase_clock) | {"square_line": round(m.square_line, 3)}
    beside = m.line_share > 0.3 and m.asymmetry < 0.35 and m.depth > 0.12
    if beside and m.step_db < 6 and m.snr_db > 9 and m.sound is not None and m.sound.holds:
        return "am", figures | {"depth": round(m.depth, 3)}
    if m.line_share > 0.7:
        return "carrier", figures | {"line_share": round(m.line_share, 3)}
    if (jumps := _agreeing(m)) is not None:
        return "psk", figures | jumps
    if constant and m.snr_db > 6 and m.depth < LEVEL:
        wide = width_hz > NARROW_HZ or m.swing_hz > NARROW_SWING_HZ
        return ("wfm" if wide else "nfm"), figures | {"deviation_hz": round(m.swing_hz, 0)}
    if m.fourth_line > 0.4 and m.line_share < 0.3:
        return "psk", figures | {"fourth_line": round(m.fourth_line, 3)}
    if 1.7 < m.envelope_kurtosis < 2.4:
        return "noise-like", figures
    return "unknown", figures


def _four(m: Measured, width_hz: float) -> dict[str, float] | None:
    """The figures of four frequencies, where the middle between the outer two is not empty."""
    if m.two_tone >= TWO_TONES or not FOUR_HZ[0] < width_hz < FOUR_HZ[1] or m.depth >= LEVEL:
        return None
    found = m.four_levels
    if found is None:
        return None
    return {"symbol_rate_hz": found.rate_bd, "deviation_hz": round(found.deviation_hz, 0), "levels": 4.0}


def _agreeing(m: Measured) -> dict[str, float] | None:
    """The figures of phase keying too faint for a clear line or clock: the envelope dips, the phase jumps,
    and both have the same rate."""
    varies = 1 + 2 * (SHAPED[0] - 1) < m.envelope_kurtosis < SHAPED[1] and m.depth > LEVEL
    if not varies or m.step_db > 0 or m.line_share > 0.3:
        return None
    jumps = m.phase_clock
    if jumps is None or not jumps.holds:
        return None
    rate_hz, standing = m.envelope_line
    same = abs(rate_hz * jumps.period - 1) < SAME
    return _rate(jumps) | {"envelope_line": round(standing, 1)} if same and standing > NOISE_LINE else None


def _shaped(m: Measured) -> bool:
    """Whether the envelope dips between symbols, as shaped phase keying's does, and the frequency has no two
    levels (a filtered FSK's envelope has the symbol's line too). Where the symbols are too few for a high
    line, four phases must show in the fourth power as well."""
    varies = SHAPED[0] < m.envelope_kurtosis < SHAPED[1] and m.snr_db > 9
    if not varies or m.two_tone >= FOUR_TONES:
        return False
    standing = m.envelope_line[1]
    if standing > LINE and m.two_tone < TWO_TONES:
        return True
    if m.square_line > (UNTURNED if m.two_tone >= TWO_TONES else TWO_PHASES):
        return False
    four = standing > FAINT_LINE and m.depth > DIPS and m.fourth_line > FOUR_PHASES
    half = m.half_index_rate_hz
    return four and not (half is not None and _minimum_shift(half, None))


def _shifted(m: Measured) -> dict[str, float] | None:
    """The figures of frequency shift keying, if the frequency of a constant envelope changes on a grid."""
    if m.line_share > ONE_LINE:
        return None
    shifting = m.shifting
    clear = shifting is not None and shifting.holds and (m.two_tone > 0.6 or shifting.fit > FIT)
    sung = clear and m.two_tone < TWO_TONES and m.repeating > REPEATS  # it has a grid of its own
    if shifting is not None and clear and m.two_tone > 0.35 and not sung:
        index = round(2 * m.deviation_hz * shifting.period, 2)
        return _rate(shifting) | {"deviation_hz": round(m.deviation_hz, 0), "index": index}
    half = m.half_index_rate_hz
    if half is not None and m.line_share < 0.5 and _minimum_shift(half, shifting):
        return {"symbol_rate_hz": round(half, 1), "deviation_hz": round(half / 4, 1), "index": 0.5}
    return None


def _minimum_shift(rate_hz: float, shifting: Clock | None) -> bool:
    """Whether two lines of the square are a symbol clock: a known system's, or the one the changes show.

    Voice on FM has two such lines as well, at its usual extremes.
    """
    if any(abs(rate_hz / known - 1) < 0.005 for known in MINIMUM_SHIFT_HZ):
        return True
    return shifting is not None and shifting.fit > 0.5 and abs(rate_hz * shifting.period - 1) < 0.03


def _one_tone(m: Measured) -> bool:
    """While on, the signal stays at one frequency."""
    return m.line_share > 0.15 or m.square_line > 0.6 or m.two_tone < 0.35


def _rate(found: Clock) -> dict[str, float]:
    return {"symbol_rate_hz": round(1 / found.period, 1), "clock_fit": round(found.fit, 3)}
